//! The modules of a design, counted block by block of its network.

use super::modules::{self, TileShape};
use super::{Consumer, Fabric, FabricBudget};
use crate::config::{Config, LatentSteps};
use crate::crossbar::{CrossbarNet, Engine, TileGeometry};
use crate::model::{BlockId, Op};
use crate::quant::{IntMatrix, QuantBlock, QuantCell};

/// Estimates the fabric of the whole design.
pub(super) fn fabric(net: &CrossbarNet, config: &Config) -> FabricBudget {
    let mut count = Count { net, config, all: Vec::new() };
    for id in 0..net.quant.blocks.len() {
        count.block(id);
    }
    if let Some(engine) = &net.engine {
        count.engine(engine);
    }
    if config.target.board().is_some() {
        count.add(Consumer::Control, modules::board(net.quant.network.vocabulary));
    }
    let network = &net.quant.network;
    // Words of a position, coming or going.
    let words = network.blocks.iter().map(|block| match block.op {
        Op::Input { size } | Op::Values { size, .. } => size,
        _ => 1,
    });
    let words = net.quant.frame_words().or(words.max()).unwrap_or(1);
    let packet = config.accelerator.max_tokens * words;
    count.add(Consumer::Control, modules::control(packet.max(network.latent_width())));
    FabricBudget::new(count.all)
}

struct Count<'a> {
    net: &'a CrossbarNet,
    config: &'a Config,
    all: Vec<(Consumer, Fabric)>,
}

impl Count<'_> {
    fn add(&mut self, consumer: Consumer, fabric: Fabric) {
        self.all.push((consumer, fabric));
    }

    fn block(&mut self, id: BlockId) {
        let net = self.net;
        let network = &net.quant.network;
        let fixed = &self.config.fixed;
        let lanes = self.config.accelerator.gate_lanes.count();
        let width = network.width(id);
        match &net.quant.blocks[id] {
            QuantBlock::Embedding { codes } => {
                let bits = codes.ncols() * fixed.input_bits as usize;
                self.add(Consumer::Embeddings, modules::read_only(codes.nrows(), bits));
            }
            QuantBlock::Cell(cell) => self.cell(id, cell),
            QuantBlock::Values { matrix, size, shift } => {
                self.product(id, matrix, 2 * lanes, *shift, fixed.state_bits);
                self.add(Consumer::Control, modules::sender(*size, lanes, fixed.state_bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Dense { matrix, shift, activation, .. } => {
                self.product(id, matrix, lanes, *shift, fixed.pre_bits);
                let made = if activation.is_none() { fixed.pre_bits } else { fixed.table_bits };
                self.add(Consumer::Requantisers, modules::requantisers(lanes, made, fixed.state_bits, 1));
                if !activation.is_none() {
                    self.add(Consumer::Gates, modules::activation(fixed) * lanes);
                }
                self.add(Consumer::States, modules::codes(width, lanes, fixed.input_bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Input { .. } => {
                self.add(Consumer::States, modules::codes(width, 1, fixed.input_bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Elementwise { function, .. } => {
                let inputs = network.inputs(id);
                self.add(Consumer::Gates, modules::combine(width, lanes, *function, inputs.len(), fixed));
                self.words(id);
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Slice { .. } | QuantBlock::Join => {}
            QuantBlock::Accumulate { steps, .. } => {
                let mean = *steps == LatentSteps::Mean;
                let most = self.config.accelerator.max_tokens;
                self.add(Consumer::Gates, modules::accumulate(width, lanes, mean, most, fixed));
                self.words(id);
                self.add(Consumer::Control, modules::stage_control());
            }
            // Either of two in every bit of a code.
            QuantBlock::Flow { .. } => {
                self.add(Consumer::Latent, modules::either(width * fixed.input_bits as usize));
            }
            QuantBlock::Label { matrix, logit, shift } => {
                let lanes = self.config.accelerator.token_lanes.count();
                self.product(id, matrix, lanes, *shift, logit.bits);
                self.add(Consumer::TokenChoice, modules::argmax(lanes, logit.bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Bits { matrix, logit, shift } => {
                let lanes = self.config.accelerator.token_lanes.count();
                self.product(id, matrix, lanes, *shift, logit.bits);
                self.add(Consumer::TokenChoice, modules::bit_choice(width, lanes));
                if self.config.accelerator.score {
                    self.add(Consumer::Scores, modules::bit_scores(width, lanes));
                }
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Moments { matrix, size, shift } => {
                self.product(id, matrix, 2 * lanes, *shift, fixed.state_bits);
                let read = (0..network.blocks.len()).any(|reader| network.inputs(reader).contains(&id));
                if read {
                    self.add(Consumer::States, modules::kept(2 * size, fixed.state_bits));
                }
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Linear { matrix, shift, shift_c } => {
                let sum_bits = self.product(id, matrix, lanes, *shift, fixed.state_bits);
                if let Some(shift) = shift_c {
                    let second = modules::requantisers(lanes, sum_bits, fixed.state_bits, *shift);
                    self.add(Consumer::Requantisers, second);
                }
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Draw { .. } => {
                self.add(Consumer::Latent, modules::latent(width));
                if self.config.accelerator.score {
                    self.add(Consumer::Latent, modules::draw_sender(width, fixed.state_bits));
                }
                self.add(Consumer::States, modules::state(width, 1, fixed.state_bits, fixed.input_bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Latent { moments } => {
                for &block in moments {
                    if let Some(steps) = network.pooled(block) {
                        let (mean, most) = (steps == LatentSteps::Mean, self.config.accelerator.max_tokens);
                        let pool = modules::pool(network.width(block), lanes, mean, most, fixed);
                        self.add(Consumer::Latent, pool);
                    }
                }
                self.add(Consumer::Latent, modules::latent(width));
                self.add(Consumer::States, modules::state(width, 1, fixed.state_bits, fixed.input_bits));
                self.add(Consumer::Control, modules::stage_control());
            }
            QuantBlock::Vocabulary { matrix, logit, shift } => {
                let lanes = self.config.accelerator.token_lanes.count();
                self.product(id, matrix, lanes, *shift, logit.bits);
                self.add(Consumer::TokenChoice, modules::token_choice(lanes));
                if self.config.accelerator.score {
                    self.add(Consumer::Scores, modules::scores(lanes));
                }
                self.add(Consumer::Control, modules::stage_control());
            }
        }
    }

    /// The words that the sources of block `id` keep for it, of those of another loop at every position.
    fn words(&mut self, id: BlockId) {
        let net = self.net;
        let (network, bits) = (&net.quant.network, self.config.fixed.state_bits);
        let lanes = self.config.accelerator.gate_lanes.count();
        for edge in network.edges(id) {
            let width = network.width(edge.block);
            let words = match network.time(id, edge).by_position() {
                true => {
                    let positions = self.config.accelerator.max_tokens.next_power_of_two();
                    modules::read_only(positions * width.div_ceil(lanes), lanes * bits as usize)
                }
                false => modules::cell_state(width, lanes, bits),
            };
            self.add(Consumer::States, words);
        }
    }

    fn cell(&mut self, id: BlockId, cell: &QuantCell) {
        let fixed = &self.config.fixed;
        let lanes = self.config.accelerator.gate_lanes.count();
        let reads = lanes * cell.kind.gates();
        for part in &cell.parts {
            self.product(id, &part.matrix, reads, part.shift, fixed.pre_bits);
        }
        self.add(Consumer::Requantisers, modules::part_sums(reads, cell.parts.len() - 1, fixed.pre_bits));
        // The recurrent part waits for the sum of the others.
        self.add(Consumer::Requantisers, modules::kept(reads, fixed.pre_bits));
        self.add(Consumer::Gates, modules::gate(cell.kind, fixed) * lanes);
        let state = modules::state(cell.hidden, lanes, fixed.state_bits, fixed.input_bits);
        self.add(Consumer::States, state);
        if cell.c.is_some() {
            self.add(Consumer::States, modules::cell_state(cell.hidden, lanes, fixed.state_bits));
        }
        self.add(Consumer::Control, modules::stage_control());
    }

    /// A matrix on its tiles, read by `lanes` lanes; returns the width of a sum.
    fn product(&mut self, id: BlockId, matrix: &IntMatrix, lanes: usize, shift: i32, out_bits: u32) -> u32 {
        let g = &self.net.geometry;
        let (outputs, rows) = (matrix.weights.nrows(), matrix.rows());
        let rounds = self.net.rounds[id];
        let logical = outputs.div_ceil(g.logical_columns());
        let physical = logical.div_ceil(rounds);
        let row_tiles = rows.div_ceil(g.rows);
        let sum_bits = g.acc_bits + row_tiles.next_power_of_two().trailing_zeros();
        self.add(Consumer::Requantisers, modules::requantisers(lanes, sum_bits, out_bits, shift));
        if self.net.engine.is_some() {
            let groups = outputs.div_ceil(lanes);
            self.add(Consumer::WordLines, modules::word_lines(g.rows, g.input_bits, g.dac_bits));
            self.add(
                Consumer::ReadPorts,
                modules::turns(g.rows, row_tiles, g.input_bits, lanes, groups, sum_bits),
            );
            return sum_bits;
        }
        for row_tile in 0..row_tiles {
            let used_rows = g.rows.min(rows - row_tile * g.rows);
            for tile in 0..physical {
                // The first round has the most weights.
                let first = tile * g.logical_columns();
                let weights = outputs.saturating_sub(first).min(g.logical_columns());
                let reference = usize::from(!g.differential());
                let shape = TileShape {
                    used_rows,
                    used_adcs: weights.div_ceil(g.weights_per_group) * g.adcs_per_group + reference,
                    weights: g.logical_columns() * rounds,
                    ..shape(g, g.slots * rounds)
                };
                self.add(Consumer::Tiles, modules::tile(&shape));
            }
            self.add(Consumer::WordLines, modules::word_lines(g.rows, g.input_bits, g.dac_bits));
        }
        self.add(Consumer::ReadPorts, modules::read_port(outputs, lanes, row_tiles, g.acc_bits, sum_bits));
        sum_bits
    }

    /// The tiles that all matrices share.
    fn engine(&mut self, engine: &Engine) {
        let g = &self.net.geometry;
        let words = engine.tiles * g.logical_columns();
        let matrices = self.net.matrices.len();
        let tile = shape(g, g.slots * engine.images());
        self.add(Consumer::Tiles, (modules::tile(&tile) + modules::early(&tile)) * engine.tiles);
        self.add(Consumer::ReadPorts, modules::engine(g.rows, g.dac_bits, matrices, words, g.acc_bits));
    }
}

/// A tile with `columns` columns under a converter, every one of them in use.
fn shape(g: &TileGeometry, columns: usize) -> TileShape {
    let reference = usize::from(!g.differential());
    TileShape {
        used_rows: g.rows,
        used_adcs: g.adcs(),
        adcs: g.adcs(),
        sums: g.weight_adcs() * g.weights_per_group + reference,
        weights: g.logical_columns(),
        columns,
        code_bits: g.code_bits,
        dac_bits: g.dac_bits,
        adc_bits: g.adc_bits,
        acc_bits: g.acc_bits,
        lossless: g.lossless(),
    }
}
