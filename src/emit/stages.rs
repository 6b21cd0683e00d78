//! Every block of the network as a stage of the core: its instance, its module if it
//! has one of its own, its probes.

use super::design::ProbeSignal;
use super::draws::Drawn;
use super::files::packed;
use super::frames::Frames;
use super::program::Program;
use super::templates::{EmbeddingStage, Head, LinearStage, MatrixNumbers, Probe, VocabStage};
use crate::config::Config;
use crate::crossbar::CrossbarNet;
use crate::model::{BlockId, Schedule};
use crate::quant::{IntMatrix, QuantBlock, Signal};
use askama::Template;

/// What the blocks of a network become.
pub struct Stages {
    /// When they work.
    pub schedule: Schedule,
    /// What starts them.
    pub program: Program,
    /// Instances in the core, in block order.
    pub instances: Vec<String>,
    /// Modules of their own: name of the file, text.
    pub modules: Vec<(String, String)>,
    pub probes: Vec<Probe>,
    pub signals: Vec<ProbeSignal>,
    /// Stages that raise busy.
    pub count: usize,
    pub overview: Vec<String>,
    /// Nets that stages drive, declared before any of them.
    pub nets: Vec<String>,
    /// The word of a frame that is read.
    pub frame_index: Option<String>,
    /// What leaves step by step.
    pub head: Option<Head>,
    /// Draws that leave while words are scored.
    pub drawn: Option<Drawn>,
    /// Frames of bits that are written.
    pub written_frames: Option<Frames>,
    /// Nets of the core that nobody reads.
    pub unread: Vec<String>,
    /// What stages ask of the tiles that all matrices share.
    pub asks: Vec<String>,
}

impl Stages {
    fn new(schedule: Schedule, program: Program) -> Stages {
        Stages {
            schedule,
            program,
            instances: Vec::new(),
            modules: Vec::new(),
            probes: Vec::new(),
            signals: Vec::new(),
            count: 0,
            overview: Vec::new(),
            nets: Vec::new(),
            frame_index: None,
            head: None,
            drawn: None,
            written_frames: None,
            unread: Vec::new(),
            asks: Vec::new(),
        }
    }
}

pub struct StageBuilder<'a> {
    pub(super) net: &'a CrossbarNet,
    pub(super) config: &'a Config,
    pub(super) banner: &'a str,
    pub(super) out: Stages,
}

impl<'a> StageBuilder<'a> {
    pub fn build(net: &'a CrossbarNet, config: &'a Config, banner: &'a str) -> Stages {
        let network = &net.quant.network;
        let schedule = net.schedule();
        let program = Program::new(network, &schedule, config.accelerator.score);
        let out = Stages::new(schedule, program);
        let mut builder = StageBuilder { net, config, banner, out };
        builder.text_known();
        for id in 0..net.quant.blocks.len() {
            builder.block(id);
        }
        builder.out.count = builder.index(net.quant.blocks.len()) + usize::from(net.engine.is_some());
        (builder.out.frame_index, builder.out.head) = (builder.frame_index(), builder.head());
        (builder.out.drawn, builder.out.written_frames) = (builder.drawn(), builder.written_frames());
        builder.out
    }

    pub(super) fn name(&self, id: BlockId) -> &'a str {
        &self.net.quant.network.blocks[id].name
    }

    /// The pulse that sets the states of a block to zero: at the start of every job, but what a conversation keeps.
    pub(super) fn clear(&self, id: BlockId) -> &'static str {
        let network = &self.net.quant.network;
        if network.keepers().any(|keeper| keeper == id) { "forget" } else { "clear" }
    }

    /// Units of gate arithmetic, and outputs of a head or bridge read side by side.
    pub(super) fn lanes(&self) -> usize {
        self.config.accelerator.gate_lanes.count()
    }

    pub(super) fn width(&self, id: BlockId) -> usize {
        self.net.quant.network.width(id)
    }

    /// The pulse that starts a stage, or that a table is read with.
    pub(super) fn start(&self, id: BlockId) -> String {
        let pulse = self.out.program.start(id);
        match self.condition(id) {
            Some(condition) => format!("{pulse} && {condition}"),
            None => pulse,
        }
    }

    pub(super) fn numbers(&self, rom: &str, matrix: &IntMatrix) -> MatrixNumbers {
        let mapped = self.net.matrices[rom].mapped();
        let tree = mapped.row_tiles.next_power_of_two().trailing_zeros();
        let all = self.net.matrix_rounds();
        let number = all.iter().position(|(name, _)| *name == rom).expect("every matrix has a name");
        let finest = mapped.tiles.iter().map(|tile| tile.adc_shift).min().expect("a matrix has a tile");
        // Those that take turns on a physical tile share its range.
        let physical = mapped.column_tiles.div_ceil(all[number].1);
        let ranges: Vec<u32> = (0..mapped.row_tiles)
            .flat_map(|row| (0..physical).map(move |column| mapped.tile(row, column).adc_shift - finest))
            .collect();
        MatrixNumbers {
            matrix: number,
            inputs: matrix.inputs,
            bias_coarse: matrix.bias_coarse,
            bias_fine: matrix.bias_fine,
            coarse_bit: matrix.coarse_bit,
            row_tiles: mapped.row_tiles,
            col_tiles: mapped.column_tiles,
            sum_bits: self.net.geometry.acc_bits + tree,
            adc_shift: finest,
            rounds: match &self.net.engine {
                Some(engine) => engine.rounds(rom),
                None => all[number].1,
            },
            image: self.net.engine.as_ref().map_or(0, |engine| engine.image(rom)),
            ranges: if ranges.iter().all(|r| *r == 0) { "0".into() } else { packed(&ranges, 8) },
        }
    }

    /// The number of a stage: how many stand before it. Tables and views are none.
    pub(super) fn index(&self, id: BlockId) -> usize {
        let before = &self.net.quant.blocks[..id];
        let is_stage = |block: &&QuantBlock| {
            !matches!(
                block,
                QuantBlock::Embedding { .. }
                    | QuantBlock::Slice { .. }
                    | QuantBlock::Join
                    | QuantBlock::Flow { .. }
            )
        };
        before.iter().filter(is_stage).count()
    }

    /// Declares a net.
    pub(super) fn net(&mut self, bits: usize, name: &str) {
        self.out.nets.push(match bits {
            1 => format!("wire {name};"),
            _ => format!("wire [{}:0] {name};", bits - 1),
        });
    }

    /// Declares what a stage with weights asks of the tiles that all matrices share.
    pub(super) fn asks(&mut self, id: BlockId) {
        let net = format!("{}_ask", self.name(id));
        self.out.nets.push(format!("wire [`HVAE_ASK-1:0] {net};"));
        match self.net.engine {
            Some(_) => self.out.asks.push(net),
            None => self.out.unread.push(net),
        }
    }

    pub(super) fn note(&mut self, text: String) {
        self.out.overview.push(text);
    }

    /// A channel of the log with the signals in its data, lanes of each side by side.
    pub(super) fn probe(
        &mut self,
        id: BlockId,
        valid: &str,
        group: &str,
        data: &str,
        lanes: usize,
        signals: &[(Signal, u32)],
    ) {
        let channel = self.out.probes.len();
        let instance = format!("u_{}", self.name(id));
        let path =
            |net: &str| net.strip_prefix('@').map_or_else(|| format!("{instance}.{net}"), String::from);
        self.out.probes.push(Probe {
            channel,
            valid: path(valid),
            group: if group == "0" { "0".into() } else { format!("u_dut.u_core.{}", path(group)) },
            data: path(data),
        });
        for (i, &(role, bits)) in signals.iter().enumerate() {
            self.out.signals.push(ProbeSignal {
                channel,
                block: id,
                role,
                name: format!("{}.{}", self.name(id), role.name()),
                first_lane: i * lanes,
                bits: bits as usize,
            });
        }
    }

    fn block(&mut self, id: BlockId) {
        let fixed = &self.config.fixed;
        let lanes = self.lanes();
        let name = self.name(id);
        if self.net.quant.network.blocks[id].op.multiplies() {
            self.asks(id);
        }
        match &self.net.quant.blocks[id] {
            QuantBlock::Embedding { codes } => {
                self.drives(id);
                let stage = EmbeddingStage {
                    name,
                    size: codes.ncols(),
                    input_bits: fixed.input_bits as usize,
                    start: self.start(id),
                };
                self.note(format!("{name}: word embeddings, {} x {}", codes.nrows(), codes.ncols()));
                self.out.instances.push(render(&stage));
                self.words_of_table(id);
            }
            QuantBlock::Cell(cell) => self.cell(id, cell),
            QuantBlock::Moments { matrix, size, shift } => {
                let stage = self.linear(id, matrix, 2, *size, (*shift, None));
                self.out.instances.push(render(&stage));
                self.note(format!("{name}: mean and log-variance, 2 x {size}, of {}", self.sources(id)));
                let bits = fixed.state_bits;
                self.probe(
                    id,
                    "write_o",
                    "write_group_o",
                    "write_data_o",
                    lanes,
                    &[(Signal::Mean, bits), (Signal::LogVariance, bits)],
                );
                self.out.unread.extend(["write", "group", "data", "c_data"].map(|n| format!("{name}_{n}")));
                let network = &self.net.quant.network;
                if !(0..network.blocks.len()).any(|reader| network.inputs(reader).contains(&id)) {
                    self.out.unread.push(format!("{name}_kept"));
                }
            }
            QuantBlock::Linear { matrix, shift, shift_c } => {
                let stage = self.linear(id, matrix, 1, self.width(id), (*shift, *shift_c));
                self.out.instances.push(render(&stage));
                self.note(format!("{name}: first state of a level, from {}", self.sources(id)));
                self.words(id, lanes);
                let bits = fixed.state_bits;
                self.probe(id, "write_o", "write_group_o", "write_data_o", lanes, &[(Signal::H, bits)]);
                if shift_c.is_some() {
                    self.probe(id, "write_o", "write_group_o", "write_c_data_o", lanes, &[(Signal::C, bits)]);
                }
                self.out.unread.extend([format!("{name}_kept"), format!("{name}_c_data")]);
            }
            QuantBlock::Latent { moments } => self.latent(id, moments),
            QuantBlock::Draw { posterior, prior } => self.draw(id, *posterior, *prior),
            QuantBlock::Input { word } => self.frame(id, *word),
            QuantBlock::Dense { matrix, shift, activation, word } => {
                self.dense(id, matrix, *shift, (*activation, *word));
            }
            QuantBlock::Elementwise { function, word } => self.combine(id, *function, *word),
            QuantBlock::Slice { source, from } => self.slice(id, *source, *from),
            QuantBlock::Flow { latent } => self.flow(id, *latent),
            QuantBlock::Join => self.note(format!("{name}: {} side by side (wires)", self.sources(id))),
            QuantBlock::Accumulate { steps, word } => self.accumulate(id, *steps, *word),
            QuantBlock::Label { matrix, logit, shift } => self.label(id, matrix, *logit, *shift),
            QuantBlock::Bits { matrix, logit, shift } => self.bits(id, matrix, *logit, *shift),
            QuantBlock::Values { matrix, size, shift } => self.values(id, matrix, *size, *shift),
            QuantBlock::Vocabulary { matrix, logit, shift } => {
                let lanes = self.config.accelerator.token_lanes.count();
                let stage = VocabStage {
                    name,
                    index: self.index(id),
                    start: self.start(id),
                    planes: self.planes(id),
                    lanes,
                    logit_bits: logit.bits,
                    logit_frac: logit.frac,
                    shift: *shift,
                    gains: self.config.has_gains(),
                    score: u8::from(self.config.accelerator.score),
                    exp2_delta_bits: self.net.quant.exp2_fraction.delta_bits,
                    log2_delta_bits: self.net.quant.log2_fraction.delta_bits,
                    m: self.numbers(name, matrix),
                };
                self.out.instances.push(render(&stage));
                self.note(format!(
                    "{name}: logits of {} tokens and the choice, {lanes} a cycle",
                    self.width(id)
                ));
                self.probe(
                    id,
                    "write_valid",
                    "write_group",
                    "write_data",
                    lanes,
                    &[(Signal::Logits, logit.bits)],
                );
                self.probe(id, "@token_push", "0", "@chosen", 1, &[(Signal::Token, 16)]);
                if self.config.accelerator.score {
                    self.probe(id, "@score_valid", "0", "@score", 1, &[(Signal::Score, 32)]);
                }
            }
        }
    }

    /// The names of the blocks that block `id` reads.
    pub(super) fn sources(&self, id: BlockId) -> String {
        let names: Vec<&str> =
            self.net.quant.network.inputs(id).into_iter().map(|source| self.name(source)).collect();
        names.join(", ")
    }

    pub(super) fn linear(
        &mut self,
        id: BlockId,
        matrix: &IntMatrix,
        sets: usize,
        size: usize,
        shifts: (i32, Option<i32>),
    ) -> LinearStage<'a> {
        let (name, bits) = (self.name(id), self.config.fixed.state_bits as usize);
        self.net(1, &format!("{name}_write"));
        self.net(18, &format!("{name}_group"));
        self.net(sets * self.lanes() * bits, &format!("{name}_data"));
        self.net(self.lanes() * bits, &format!("{name}_c_data"));
        self.net(sets * size * bits, &format!("{name}_kept"));
        LinearStage {
            name,
            index: self.index(id),
            busy: format!("stage_busy[{}]", self.index(id)),
            start: self.start(id),
            planes: self.planes(id),
            sets,
            size,
            lanes: self.lanes(),
            out_bits: self.config.fixed.state_bits as usize,
            shift: shifts.0,
            shift_c: shifts.1.unwrap_or(0),
            has_c: u8::from(shifts.1.is_some()),
            gains: self.config.has_gains(),
            m: self.numbers(self.name(id), matrix),
        }
    }
}

pub(super) fn render(template: &impl Template) -> String {
    template.render().expect("templates have no failing parts")
}
