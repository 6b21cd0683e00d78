//! Embeddings, cells and the vocabulary of a batch on a graphics processor, and their way back.

use super::device::{Device, Kernel, Matrix};
use super::work::{Onto, Reading};
use super::{Resident, lives_there};
use crate::config::CellKind;
use crate::model::{BlockId, FloatNet, Layout, ModelError, Op, Over, Role, Trace, Values};
use crate::train::batch::Batch;
use crate::train::dropout::Dropout;
use ndarray::Array2;
use std::collections::BTreeMap;

/// Bytes of logits that exist at a time: the rows of a batch take turns, in tests several.
const LOGITS: usize = if cfg!(test) { 1 << 10 } else { 1 << 26 };
/// Rows that one request may have.
const ROWS: usize = 1 << 15;

/// One batch on its way forward and back.
pub struct Passes<'a> {
    device: &'a mut Device,
    tensors: &'a [Option<Resident>],
    net: &'a FloatNet,
    batch: &'a Batch,
    cells: BTreeMap<BlockId, Cell>,
    /// Gradients of what is made once a sentence, by the block that makes it.
    d_sentence: BTreeMap<BlockId, Matrix>,
    /// Of every predicted token.
    losses: Matrix,
}

/// What a cell made. States and memory [batch + rows, hidden], the initial ones first.
struct Cell {
    readings: Vec<(BlockId, Reading)>,
    input: Matrix,
    recurrent: Matrix,
    gates: Matrix,
    state: Matrix,
    memory: Matrix,
    d_state: Matrix,
}

/// Gradients of what blocks made.
type OfBlocks = Vec<(BlockId, Array2<f32>)>;

impl<'a> Passes<'a> {
    pub fn new(
        device: &'a mut Device,
        tensors: &'a [Option<Resident>],
        net: &'a FloatNet,
        batch: &'a Batch,
    ) -> Self {
        let losses = device.zeros(1, batch.targets.len());
        Passes { device, tensors, net, batch, cells: BTreeMap::new(), d_sentence: BTreeMap::new(), losses }
    }

    /// The blocks of loops over `over` that are computed here. Of the vocabulary both the losses, their gradient times
    /// `scale`, and its way back.
    pub fn forward(&mut self, over: Over, trace: &Trace, dropout: &mut Dropout<'_>, scale: f32) {
        let net = self.net;
        let network = net.network();
        for (id, block) in network.blocks.iter().enumerate().filter(|(id, _)| network.over(*id) == over) {
            match &block.op {
                Op::Cell { kind, init, .. } => {
                    let init = init.map(|init| trace.get(init, Role::Output));
                    self.cell(id, *kind, init, trace, dropout);
                }
                Op::Vocabulary { .. } => self.vocabulary(id, trace, dropout, scale),
                _ => {}
            }
        }
    }

    /// The states of the encoder that somebody reads here, in `trace`; what is not read here is empty there.
    pub fn bring_states(&mut self, trace: &mut Trace) -> Result<(), ModelError> {
        let network = self.net.network();
        let blocks = || 0..network.blocks.len();
        let read_here = |id: &BlockId| {
            let mut readers = blocks().filter(|&reader| !lives_there(network, reader));
            readers.any(|reader| network.inputs(reader).contains(id))
        };
        for id in blocks().filter(|&id| lives_there(network, id)) {
            trace.set(id, Values::output(Array2::zeros((0, 0))));
        }
        let (batch, rows) = (self.batch.encoder.batch(), self.batch.encoder.rows());
        let wanted: Vec<BlockId> = self.cells.keys().copied().filter(read_here).collect();
        let mut states = Vec::new();
        for &id in &wanted {
            let state = &self.cells[&id].state;
            let without_initial = self.device.zeros(rows, state.columns);
            self.device.copy((state, batch), rows, (&without_initial, 0));
            states.push(without_initial);
        }
        let states = self.device.read(&states.iter().collect::<Vec<_>>())?;
        for (id, states) in wanted.into_iter().zip(states) {
            trace.set(id, Values::output(states));
        }
        Ok(())
    }

    /// The decoder back through time: the sum of the losses, and the gradients of what is made once a sentence.
    pub fn back_to_sentences(&mut self) -> Result<(f64, OfBlocks), ModelError> {
        let network = self.net.network();
        let cells: Vec<BlockId> = self.cells.keys().rev().copied().collect();
        for id in cells.into_iter().filter(|&id| network.over(id) == Over::Written) {
            if let Op::Cell { kind, init, .. } = network.blocks[id].op {
                self.back(id, kind, init, None);
            }
        }
        let d_sentence = std::mem::take(&mut self.d_sentence);
        let all: Vec<&Matrix> = std::iter::once(&self.losses).chain(d_sentence.values()).collect();
        let mut read = self.device.read(&all)?.into_iter();
        let losses = read.next().expect("as many as asked for").iter().map(|&loss| f64::from(loss)).sum();
        Ok((losses, d_sentence.into_keys().zip(read).collect()))
    }

    fn resident(&self, id: BlockId, k: usize) -> &'a Resident {
        self.tensors[self.net.index(id, k)].as_ref().expect("a tensor of this block is here")
    }

    /// What block `id` reads, side by side.
    fn read(
        &mut self,
        id: BlockId,
        trace: &Trace,
        dropout: &mut Dropout<'_>,
    ) -> (Vec<(BlockId, Reading)>, Matrix) {
        let network = self.net.network();
        let layout = trace.layout(network.blocks[id].within);
        let input = self.device.zeros(layout.rows(), network.fan_in(id));
        let (mut readings, mut column) = (Vec::new(), 0);
        for (number, source) in network.inputs(id).into_iter().enumerate() {
            let width = network.width(source);
            let mask =
                dropout.mask((id, number), 0, (layout.rows(), width)).map(|mask| self.device.upload(mask));
            let (from, rows) = match &network.blocks[source] {
                _ if network.is_once(source) => {
                    let rows = layout.pack(|sentence, _| sentence as u32);
                    (self.device.upload(trace.get(source, Role::Output)), rows)
                }
                block if matches!(block.op, Op::Embedding { .. }) => {
                    (self.resident(source, 0).weight.clone(), self.batch.tokens(network.over(id)).to_vec())
                }
                _ => {
                    let first = layout.batch() as u32;
                    let rows = (first..first + layout.rows() as u32).collect();
                    (self.cells[&source].state.clone(), rows)
                }
            };
            let reading = self.device.reading(&from, column, &rows, mask);
            self.device.gather(&reading, &input);
            readings.push((source, reading));
            column += width;
        }
        (readings, input)
    }

    fn cell(
        &mut self,
        id: BlockId,
        kind: CellKind,
        init: Option<&Array2<f32>>,
        trace: &Trace,
        dropout: &mut Dropout<'_>,
    ) {
        let (readings, input) = self.read(id, trace, dropout);
        let layout = trace.layout(self.net.network().blocks[id].within);
        let hidden = self.net.network().width(id);
        let (rows, with_initial) = (layout.rows(), layout.batch() + layout.rows());
        let [pre_input, recurrent, gates] = [0; 3].map(|_| self.device.zeros(rows, kind.gates() * hidden));
        let [state, d_state] = [0; 2].map(|_| self.device.zeros(with_initial, hidden));
        let is_lstm = kind == CellKind::Lstm;
        let memory = self.device.zeros(if is_lstm { with_initial } else { 0 }, hidden);
        if let Some(init) = init {
            let init = self.device.upload(init);
            self.device.copy((&init, 0), init.rows, (&state, 0));
            if self.net.network().memory_start(id).is_some() {
                self.device.copy((&init, 0), init.rows, (&memory, 0));
            }
        }
        let [w_ih, w_hh, b_ih, b_hh] = [0, 1, 2, 3].map(|k| &self.resident(id, k).weight);
        self.device.product(input.whole(), w_ih.whole().t(), Onto::Bias(b_ih), (&pre_input, 0));
        for step in 0..layout.steps() {
            let at = Step::of(layout, step);
            let h = state.part(at.before, at.alive);
            self.device.product(h, w_hh.whole().t(), Onto::Bias(b_hh), (&recurrent, at.row));
            let (kernel, bound) = match kind {
                CellKind::Rnn => (Kernel::Rnn, vec![&gates, &recurrent, &state, &pre_input]),
                CellKind::Gru => (Kernel::Gru, vec![&gates, &recurrent, &state, &pre_input]),
                CellKind::Lstm => (Kernel::Lstm, vec![&gates, &recurrent, &state, &memory, &pre_input]),
            };
            self.device.ask(kernel, &bound, &at.numbers(hidden), at.groups(hidden));
        }
        self.cells.insert(id, Cell { readings, input, recurrent, gates, state, memory, d_state });
    }

    /// Losses and their gradients, some rows at a time.
    fn vocabulary(&mut self, id: BlockId, trace: &Trace, dropout: &mut Dropout<'_>, scale: f32) {
        let (readings, input) = self.read(id, trace, dropout);
        let (weight, bias) = (self.resident(id, 0), self.resident(id, 1));
        let words = weight.weight.rows;
        let targets = self.device.indices(&self.batch.targets);
        let d_input = self.device.zeros(input.rows, input.columns);
        let most = (LOGITS / (4 * words)).clamp(1, ROWS);
        for first in (0..input.rows).step_by(most) {
            let rows = most.min(input.rows - first);
            let x = input.part(first, rows);
            let logits = self.device.zeros(rows, words);
            self.device.product(x, weight.weight.whole().t(), Onto::Bias(&bias.weight), (&logits, 0));
            let numbers = [words as u32, first as u32, scale.to_bits()];
            self.device.ask(Kernel::Entropy, &[&logits, &targets, &self.losses], &numbers, [rows, 1]);
            self.device.product(logits.whole().t(), x, Onto::Itself, (&weight.gradient, 0));
            self.device.add_columns(&logits, &bias.gradient);
            self.device.product(logits.whole(), weight.weight.whole(), Onto::Nothing, (&d_input, first));
        }
        self.back_to_sources(&readings, &d_input);
    }

    /// Cell `id` back through time; `d_states` is the gradient of its states that was made elsewhere.
    /// Leaves that of its initial ones with the block that makes them.
    pub fn back(
        &mut self,
        id: BlockId,
        kind: CellKind,
        init: Option<BlockId>,
        d_states: Option<Array2<f32>>,
    ) {
        let Some(cell) = self.cells.remove(&id) else { return };
        let Cell { readings, input, recurrent, gates, state, memory, d_state } = cell;
        let layout = match self.net.network().over(id) {
            Over::Written => &self.batch.decoder,
            Over::Positions | Over::Backwards | Over::Once | Over::Turns | Over::Heard => &self.batch.encoder,
        };
        if let Some(d) = d_states {
            let d = self.device.upload(&d);
            self.device.add(&d, d.rows, (&d_state, layout.batch()));
        }
        let hidden = state.columns;
        let d_memory = self.device.zeros(memory.rows, hidden);
        let [d_input, d_recurrent] = [0; 2].map(|_| self.device.zeros(layout.rows(), gates.columns));
        let w_hh = &self.resident(id, 1).weight;
        for step in (0..layout.steps()).rev() {
            let at = Step::of(layout, step);
            let (kernel, bound) = match kind {
                CellKind::Rnn => (Kernel::RnnBack, vec![&gates, &d_state, &d_input, &d_recurrent]),
                CellKind::Gru => {
                    (Kernel::GruBack, vec![&gates, &recurrent, &state, &d_state, &d_input, &d_recurrent])
                }
                CellKind::Lstm => {
                    (Kernel::LstmBack, vec![&gates, &memory, &d_state, &d_memory, &d_input, &d_recurrent])
                }
            };
            self.device.ask(kernel, &bound, &at.numbers(hidden), at.groups(hidden));
            let d = d_recurrent.part(at.row, at.alive);
            self.device.product(d, w_hh.whole(), Onto::Itself, (&d_state, at.before));
        }
        if let Some(init) = init {
            let d_init = self.d_sentence(init, layout.batch());
            self.device.add(&d_state, layout.batch(), (&d_init, 0));
            if self.net.network().memory_start(id).is_some() {
                self.device.add(&d_memory, layout.batch(), (&d_init, 0));
            }
        }
        let before = self.device.zeros(layout.rows(), hidden);
        for at in (0..layout.steps()).map(|step| Step::of(layout, step)) {
            self.device.copy((&state, at.before), at.alive, (&before, at.row));
        }
        let gradient = [0, 1, 2, 3].map(|k| &self.resident(id, k).gradient);
        for (d, x, weight, bias) in [(&d_input, &input, 0, 2), (&d_recurrent, &before, 1, 3)] {
            self.device.product(d.whole().t(), x.whole(), Onto::Itself, (gradient[weight], 0));
            self.device.add_columns(d, gradient[bias]);
        }
        let d_read = self.device.zeros(input.rows, input.columns);
        let w_ih = &self.resident(id, 0).weight;
        self.device.product(d_input.whole(), w_ih.whole(), Onto::Nothing, (&d_read, 0));
        self.back_to_sources(&readings, &d_read);
    }

    /// Adds the gradient of what was read to those of what it was read from.
    fn back_to_sources(&mut self, readings: &[(BlockId, Reading)], d_read: &Matrix) {
        for &(source, ref reading) in readings {
            let block = &self.net.network().blocks[source];
            let into = match block.op {
                _ if self.net.network().is_once(source) => {
                    self.d_sentence(source, self.batch.encoder.batch())
                }
                Op::Embedding { .. } => self.resident(source, 0).gradient.clone(),
                _ => self.cells[&source].d_state.clone(),
            };
            self.device.scatter(reading, d_read, &into);
        }
    }

    fn d_sentence(&mut self, block: BlockId, batch: usize) -> Matrix {
        let width = self.net.network().width(block);
        let zeros = || self.device.zeros(batch, width);
        self.d_sentence.entry(block).or_insert_with(zeros).clone()
    }
}

/// Where a step lies: its sentences, its first row, and the rows of the states before and after it.
struct Step {
    alive: usize,
    row: usize,
    before: usize,
    after: usize,
}

impl Step {
    fn of(layout: &Layout, step: usize) -> Step {
        let range = layout.step(step);
        let before = if step == 0 { 0 } else { layout.batch() + layout.step(step - 1).start };
        Step { alive: range.len(), row: range.start, before, after: layout.batch() + range.start }
    }

    fn numbers(&self, hidden: usize) -> [u32; 5] {
        [hidden, self.alive, self.row, self.before, self.after].map(|n| n as u32)
    }

    fn groups(&self, hidden: usize) -> [usize; 2] {
        [hidden.div_ceil(64), self.alive]
    }
}
