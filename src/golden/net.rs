//! The network in integers, block by block, over any kind of matrix.

use super::cell::{UnitInput, unit};
use super::combine::{Operand, combined};
use super::sums::Sums;
use super::views::views;
use super::{Converted, Drawing, Place, Places, Shape, Timing, unpacked};
use crate::config::Accelerator;
use crate::crossbar::{CrossbarNet, TileGeometry, TiledMatrix, Turns, job_key, product_key};
use crate::model::{BlockId, Draws, Edge, Schedule};
use crate::quant::{IntMatrix, MatVec, QuantBlock, QuantCell, QuantNet, requant_to, saturating_add};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The golden model: a network, its matrices (ideal or tiled), its schedule and its timing.
#[derive(Debug, Clone)]
pub struct Golden<M> {
    /// The network in integers.
    pub quant: QuantNet,
    /// Matrices of each block; of a cell one per part.
    matrices: Vec<Vec<M>>,
    /// Cycles of every stage.
    pub timing: Timing,
    /// When stages work.
    pub schedule: Schedule,
    /// Which jobs it takes.
    pub shape: Shape,
    geometry: TileGeometry,
    skip_zero_phases: bool,
    /// By block: the views that show it.
    pub(super) views: Vec<Vec<BlockId>>,
    /// Seed of `[noise]`, where conversions draw.
    noise_seed: Option<u32>,
}

impl Golden<IntMatrix> {
    /// Exact integer products: what ideal devices and a lossless ADC must equal.
    pub fn ideal(quant: &QuantNet, g: &TileGeometry, accelerator: &Accelerator) -> Self {
        let timing = Timing::new(quant, g, &Turns::none(quant.blocks.len()), accelerator);
        let schedule = Schedule::new(&quant.network);
        Self::build(quant, g, (schedule, timing), accelerator, |_, matrix| matrix.clone())
    }
}

impl Golden<TiledMatrix> {
    /// Products as the tiles compute them.
    pub fn tiled(net: &CrossbarNet, accelerator: &Accelerator) -> Self {
        let make = |name: &str, _: &IntMatrix| net.matrices[name].clone();
        let golden = Self::build(&net.quant, &net.geometry, runs(net, accelerator), accelerator, make);
        Golden { noise_seed: net.converters.finest().noise.as_ref().map(|n| n.seed), ..golden }
    }
}

impl<M: MatVec> Golden<M> {
    /// Products as `make` computes them, given the name of the matrix.
    pub fn with(net: &CrossbarNet, accelerator: &Accelerator, make: impl Fn(&str) -> M) -> Self {
        Self::build(&net.quant, &net.geometry, runs(net, accelerator), accelerator, |name, _| make(name))
    }
}

impl<M: MatVec> Golden<M> {
    fn build(
        quant: &QuantNet,
        g: &TileGeometry,
        (schedule, timing): (Schedule, Timing),
        accelerator: &Accelerator,
        make: impl Fn(&str, &IntMatrix) -> M,
    ) -> Self {
        let block = |(block, quant): (&crate::model::Block, &QuantBlock)| {
            let named = quant.matrix_names(&block.name).into_iter().zip(quant.matrices());
            named.map(|(name, matrix)| make(&name, matrix)).collect()
        };
        let matrices = quant.network.blocks.iter().zip(&quant.blocks).map(block).collect();
        Golden {
            quant: quant.clone(),
            matrices,
            timing,
            shape: Shape::new(quant, &schedule, accelerator),
            schedule,
            geometry: g.clone(),
            views: views(&quant.network),
            skip_zero_phases: accelerator.skip_zero_phases,
            noise_seed: None,
        }
    }

    /// Cycles in which the tiles of a product convert, summed over tiles, and those left out.
    fn tile_samples(&self, matrix: &IntMatrix, input: &[i32]) -> (u64, u64) {
        let g = &self.geometry;
        let row_tiles = matrix.rows().div_ceil(g.rows);
        let all = row_tiles * g.all_reads();
        let live = if self.skip_zero_phases {
            (0..row_tiles).map(|r| live_reads(g, matrix, input, r)).sum()
        } else {
            all
        };
        // A physical tile that has no columns in a round is idle.
        let column_tiles = matrix.weights.nrows().div_ceil(g.logical_columns());
        ((live * g.slots * column_tiles) as u64, ((all - live) * g.slots * column_tiles) as u64)
    }
}

/// When the blocks of a mapped network work, and for how long.
fn runs(net: &CrossbarNet, accelerator: &Accelerator) -> (Schedule, Timing) {
    (net.schedule(), Timing::new(&net.quant, &net.geometry, &net.turns(), accelerator))
}

/// Reads of a column in the phases in which the digit of some row of a row of tiles is not 0.
fn live_reads(g: &TileGeometry, matrix: &IntMatrix, input: &[i32], row_tile: usize) -> usize {
    let rows = row_tile * g.rows..((row_tile + 1) * g.rows).min(matrix.rows());
    let any = rows.fold(0, |any, k| any | matrix.drive(input, k));
    // A digit beyond the input's width repeats its sign.
    let bit = |b: u32| any >> b.min(g.input_bits - 1) & 1 == 1;
    let live = |digit: &usize| (0..g.dac_bits).any(|j| bit(*digit as u32 * g.dac_bits + j));
    (0..g.phases).filter(live).map(|digit| g.reads(g.phases - 1 - digit)).sum()
}

/// A vector as it drives word lines, and as it was computed.
type CodesAndWords = (Vec<i32>, Vec<i64>);

/// The registers of the accelerator while it works on a sentence.
#[derive(Debug, Clone)]
pub struct Machine<'a, M> {
    pub(super) golden: &'a Golden<M>,
    /// Of the draws of conversions; see [`Converter::noise`](crate::crossbar::Converter::noise).
    key: u32,
    /// The sequencer's step: beat of a wave, or number of the token that is written.
    pub beat: usize,
    /// The position of the step in what is read.
    pub position: usize,
    /// How latents of steps are drawn there.
    pub drawing: Drawing,
    /// Draws for latents in place of the hardware's, where something is drawn.
    pub(super) own_draws: Option<Rc<Draws>>,
    /// z has been drawn of its posterior: the flow has made something of it.
    pub(super) flows: bool,
    /// The frame at that position.
    frame: Vec<i64>,
    /// Codes and words by position, of blocks that a later loop reads position by position.
    pub(super) stored: BTreeMap<BlockId, BTreeMap<usize, CodesAndWords>>,
    /// What has been added up over the steps of a loop, by block.
    pub(super) sums: BTreeMap<BlockId, Sums>,
    /// Latest vector of each block: h, mean then log-variance, z, h_0, words or logits.
    pub words: Vec<Vec<i64>>,
    /// Latest c of each LSTM, and c_0 of each bridge.
    pub c: Vec<Vec<i64>>,
    /// Latest pre-activations of each cell: of its inputs, and of its own state.
    pub pres: Vec<[Vec<i64>; 2]>,
    /// The codes that drive word lines with the block's vector.
    pub codes: Vec<Vec<i32>>,
    /// Where numbers were clipped so far.
    pub places: Places,
    /// What converters have done so far, by block.
    pub converted: Vec<Converted>,
    /// Conversions, as their cycles, that were left out because no row of a tile was driven.
    pub tile_samples_skipped: u64,
    /// Sums of products that stay the same in a sentence, by block and part, from the first step on.
    kept: BTreeMap<(BlockId, usize), (Vec<i64>, i32)>,
}

impl<'a, M: MatVec> Machine<'a, M> {
    /// All states zero; `seed` of the job.
    pub fn new(golden: &'a Golden<M>, seed: u64) -> Self {
        let quant = &golden.quant;
        let zeros = |id: BlockId| match &quant.blocks[id] {
            QuantBlock::Moments { size, .. } | QuantBlock::Values { size, .. } => vec![0; 2 * size],
            QuantBlock::Embedding { .. }
            | QuantBlock::Cell(_)
            | QuantBlock::Draw { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Vocabulary { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Elementwise { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Label { .. }
            | QuantBlock::Bits { .. } => vec![0; quant.network.width(id)],
        };
        let schedule = &golden.schedule;
        let stored = schedule.stored(&quant.network).map(|id| (id, BTreeMap::new())).collect();
        let ids = 0..quant.blocks.len();
        Machine {
            golden,
            key: golden.noise_seed.map_or(0, |own| job_key(seed, own)),
            beat: 0,
            position: 0,
            drawing: Drawing::default(),
            own_draws: None,
            flows: true,
            frame: Vec::new(),
            stored,
            sums: BTreeMap::new(),
            words: ids.clone().map(zeros).collect(),
            c: ids.clone().map(zeros).collect(),
            pres: vec![Default::default(); quant.blocks.len()],
            codes: ids.map(|id| vec![0; quant.network.width(id)]).collect(),
            places: Places::default(),
            converted: vec![Converted::default(); quant.blocks.len()],
            tile_samples_skipped: 0,
            kept: BTreeMap::new(),
        }
    }

    /// Reads the embedding of `token`, if the block is one.
    pub fn embed(&mut self, id: BlockId, token: u32) {
        if let QuantBlock::Embedding { codes } = &self.golden.quant.blocks[id] {
            self.codes[id] = codes.row(token as usize).to_vec();
            self.words[id] = self.codes[id].iter().map(|&code| code.into()).collect();
            self.store(id);
        }
    }

    /// The words of the frame that inputs read next: they keep the one before until they work.
    pub fn frame(&mut self, words: &[i32]) {
        let quant = &self.golden.quant;
        if let (Some(bits), Some(one)) = (quant.network.bits_block(), quant.one()) {
            let words: Vec<u32> = words.iter().map(|&w| w as u32).collect();
            let bits = unpacked(&words, quant.network.width(bits)).into_iter();
            self.frame = bits.map(|bit| if bit { one } else { 0 }).collect();
            return;
        }
        // The word's low bits, as the hardware takes them.
        let unused = 64 - self.golden.quant.fixed.state_bits;
        self.frame = words.iter().map(|&w| i64::from(w) << unused >> unused).collect();
    }

    /// One step of a stage.
    pub fn step(&mut self, id: BlockId) {
        let quant = &self.golden.quant;
        let (state, pre) = (quant.fixed.state_bits, quant.fixed.pre_bits);
        match &quant.blocks[id] {
            QuantBlock::Cell(cell) => self.cell(id, cell),
            QuantBlock::Moments { shift, .. } | QuantBlock::Values { shift, .. } => {
                let (sums, more) = self.product(id, 0, &self.joined(id));
                self.words[id] = self.requantised(&sums, *shift + more, state, Place::Moment);
                self.pool(id);
            }
            QuantBlock::Linear { shift, shift_c, .. } => {
                let (sums, more) = self.product(id, 0, &self.joined(id));
                self.words[id] = self.requantised(&sums, *shift + more, state, Place::Bridge);
                if let Some(shift) = shift_c {
                    self.c[id] = self.requantised(&sums, *shift + more, state, Place::BridgeCell);
                }
            }
            QuantBlock::Dense { shift, activation, word, .. } => {
                let (sums, more) = self.product(id, 0, &self.joined(id));
                let pres = self.requantised(&sums, *shift + more, pre, Place::DensePre);
                let table = quant.table(*activation);
                let frac = table.map_or(quant.fixed.pre_frac as i32, |t| t.output.frac);
                let made: Vec<i64> = pres.iter().map(|&p| table.map_or(p, |t| t.lookup(p))).collect();
                let words = self.requantised(&made, frac - word.frac, word.bits, Place::DenseWord);
                self.set_vector(id, words, word.frac);
            }
            QuantBlock::Elementwise { function, word } => {
                let edges = quant.network.edges(id);
                let seen = |&edge: &Edge| (self.seen_words(id, edge), quant.word_frac(edge.block));
                let seen: Vec<(Vec<i64>, i32)> = edges.iter().map(seen).collect();
                let inputs: Vec<Operand<'_>> =
                    seen.iter().map(|(words, frac)| Operand { words, frac: *frac }).collect();
                let (wide, frac) = combined(*function, &inputs);
                let words = self.requantised(&wide, frac - word.frac, word.bits, Place::Combined);
                self.set_vector(id, words, word.frac);
            }
            QuantBlock::Accumulate { steps, word } => {
                let words = self.accumulated(id, *steps, *word);
                self.set_vector(id, words, word.frac);
            }
            QuantBlock::Input { word } => self.set_vector(id, self.frame.clone(), word.frac),
            QuantBlock::Vocabulary { logit, shift, .. }
            | QuantBlock::Label { logit, shift, .. }
            | QuantBlock::Bits { logit, shift, .. } => {
                let (sums, more) = self.product(id, 0, &self.joined(id));
                self.words[id] = self.requantised(&sums, *shift + more, logit.bits, Place::Logit);
            }
            QuantBlock::Draw { posterior, prior } => self.draw(id, (*posterior, *prior)),
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Flow { .. } => {}
        }
        self.store(id);
    }

    /// Loads h_0 (and c_0) of the decoder cell `id` from its bridge.
    pub fn load(&mut self, id: BlockId) {
        let cell = self.golden.quant.cell(id);
        let Some(bridge) = cell.init else { return };
        if cell.c.is_some() {
            self.c[id] = match self.golden.quant.network.memory_start(id) {
                Some(bridge) => self.c[bridge].clone(),
                None => vec![0; cell.hidden],
            };
        }
        self.set_vector(id, self.words[bridge].clone(), cell.h.frac);
    }

    /// Accumulators, corrected, and the fraction bits that the correction added.
    fn product(&mut self, id: BlockId, part: usize, codes: &[i32]) -> (Vec<i64>, i32) {
        let matrix = &self.golden.matrices[id][part];
        let mut sums = vec![0; matrix.outputs()];
        let number = self.golden.quant.first_matrix(id) + part;
        let key = product_key(self.key, number as u32, self.beat as u32);
        let clips = matrix.apply(codes, &mut sums, key);
        let (done, skipped) = self.golden.tile_samples(matrix.integers(), codes);
        self.converted[id].add(&Converted { clips, tile_samples: done });
        self.tile_samples_skipped += skipped;
        let more = matrix.correct(&mut sums);
        (sums, more)
    }

    /// The same of a part of a cell; where its source does not change in the loop, converted at the first step alone.
    fn product_of_part(&mut self, id: BlockId, part: usize, edge: Edge) -> (Vec<i64>, i32) {
        if !self.golden.schedule.constant(edge.block, id) {
            return self.product(id, part, &self.seen(id, edge));
        }
        if let Some(kept) = self.kept.get(&(id, part)) {
            return kept.clone();
        }
        let made = self.product(id, part, &self.seen(id, edge));
        self.kept.insert((id, part), made.clone());
        made
    }

    fn requantised(&mut self, sums: &[i64], shift: i32, bits: u32, place: Place) -> Vec<i64> {
        let count = self.places.at(place);
        sums.iter().map(|&s| requant_to(s, shift, bits, count)).collect()
    }

    fn cell(&mut self, id: BlockId, cell: &QuantCell) {
        let quant = &self.golden.quant;
        let pre_bits = quant.fixed.pre_bits;
        let mut pres = Vec::with_capacity(cell.parts.len());
        for (i, part) in cell.parts.iter().enumerate() {
            let (sums, more) = self.product_of_part(id, i, part.edge);
            pres.push(self.requantised(&sums, part.shift + more, pre_bits, Place::Part));
        }
        let recurrent = pres.pop().expect("a cell has a recurrent part");
        let mut inputs = pres.into_iter();
        let mut x = inputs.next().expect("a cell has an input");
        for part in inputs {
            for (sum, p) in x.iter_mut().zip(part) {
                *sum = saturating_add(*sum, p, pre_bits, self.places.at(Place::PartSum));
            }
        }
        let (gates, hidden) = (cell.kind.gates(), cell.hidden);
        let of_unit =
            |pre: &[i64], j: usize| -> Vec<i64> { (0..gates).map(|g| pre[g * hidden + j]).collect() };
        let mut next = Vec::with_capacity(hidden);
        for j in 0..hidden {
            let (x, h) = (of_unit(&x, j), of_unit(&recurrent, j));
            let input = UnitInput { x: &x, h: &h, h_prev: self.words[id][j], c_prev: self.c[id][j] };
            let (h, c) = unit(quant, cell, &input, &mut self.places);
            self.c[id][j] = c;
            next.push(h);
        }
        self.pres[id] = [x, recurrent];
        self.set_vector(id, next, cell.h.frac);
    }

    /// Stores a vector and the codes that it drives word lines with.
    pub(super) fn set_vector(&mut self, id: BlockId, words: Vec<i64>, frac: i32) {
        if let Some(dac) = self.golden.quant.dac[id] {
            let count = self.places.at(Place::Code);
            let code = |&w: &i64| requant_to(w, frac - dac.frac, dac.bits, count) as i32;
            self.codes[id] = words.iter().map(code).collect();
        }
        self.words[id] = words;
        self.show(id);
    }

    /// What views show of block `id`.
    pub(super) fn show(&mut self, id: BlockId) {
        let golden = self.golden;
        for &view in &golden.views[id] {
            match &golden.quant.blocks[view] {
                QuantBlock::Slice { from, .. } => {
                    let part = *from..from + golden.quant.network.width(view);
                    self.words[view] = self.words[id][part.clone()].to_vec();
                    self.codes[view] = self.codes[id][part].to_vec();
                }
                QuantBlock::Flow { latent } => {
                    let made = if self.flows { golden.quant.network.inputs(view) } else { vec![*latent] };
                    self.words[view] = made.iter().flat_map(|&part| self.words[part].clone()).collect();
                    self.codes[view] = made.iter().flat_map(|&part| self.codes[part].clone()).collect();
                }
                _ => {}
            }
            self.show(view);
        }
    }
}
