//! How far the float pass is from what is expected of it.

use super::{Expected, Samples};
use crate::model::{
    Exact, Example, FloatNet, Layout, Op, Over, Pass, Trace, Values, frames_of_examples, longest_first,
};
use ndarray::{Array2, ArrayView2, Axis, s};

/// Sequences evaluated together.
const BATCH: usize = 64;

/// The largest difference of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockParity {
    /// As the file calls it.
    pub name: String,
    /// The largest number, without its sign, that is expected.
    pub scale: f32,
    /// The largest difference.
    pub difference: f32,
    /// Where that is: sequence, step (by position, from 0), unit.
    pub at: [usize; 3],
    /// What is expected there.
    pub expected: f32,
    /// What our pass makes there.
    pub found: f32,
    /// Numbers compared.
    pub compared: usize,
    /// The largest difference of each step, in the order in which they are made.
    by_step: Vec<f32>,
    group: Option<usize>,
    backwards: bool,
}

impl BlockParity {
    /// The largest difference as a share of the largest number of the block.
    pub fn relative(&self) -> f32 {
        match (self.difference, self.scale) {
            (0.0, _) => 0.0,
            (difference, scale) => difference / scale,
        }
    }

    /// It is no further off than `tolerance`.
    pub fn within(&self, tolerance: f32) -> bool {
        self.relative() <= tolerance
    }

    /// The first step made that is further off than `tolerance`.
    fn first_step(&self, tolerance: f32) -> Option<usize> {
        self.by_step.iter().position(|&off| off > tolerance * self.scale)
    }
}

/// The largest difference of every block that something is expected of.
#[derive(Debug, Clone, PartialEq)]
pub struct Parity {
    /// In the order in which they are evaluated.
    pub blocks: Vec<BlockParity>,
}

impl Parity {
    /// The first block, in the order of evaluation, that is further off than `tolerance`: of blocks that are evaluated
    /// together, one step after the other, that of the first such step.
    pub fn first_beyond(&self, tolerance: f32) -> Option<&BlockParity> {
        self.index_beyond(tolerance).map(|index| &self.blocks[index])
    }

    /// Where that is in `blocks`.
    pub(super) fn index_beyond(&self, tolerance: f32) -> Option<usize> {
        let first = self.blocks.iter().position(|block| !block.within(tolerance))?;
        let Some(group) = self.blocks[first].group else { return Some(first) };
        let together = (first..self.blocks.len()).filter(|&i| self.blocks[i].group == Some(group));
        together
            .filter(|&i| !self.blocks[i].within(tolerance))
            .min_by_key(|&i| self.blocks[i].first_step(tolerance))
    }
}

impl Samples {
    /// Evaluates the samples, and compares.
    ///
    /// # Panics
    /// If they are of another network.
    pub fn compare(&self, net: &FloatNet) -> Parity {
        let lengths: Vec<usize> = self.examples.iter().map(Example::steps).collect();
        let mut blocks: Vec<BlockParity> = self.expected.iter().map(BlockParity::none_yet).collect();
        for chosen in longest_first(&lengths).chunks(BATCH) {
            let trace = self.pass(net, chosen);
            for (expected, parity) in self.expected.iter().zip(&mut blocks) {
                expected.compare(net, &trace, chosen, parity);
            }
        }
        Parity { blocks }
    }

    /// Every vector of every loop over some of the sequences, longest first.
    pub(super) fn pass(&self, net: &FloatNet, chosen: &[usize]) -> Trace {
        let network = net.network();
        let examples: Vec<&Example> = chosen.iter().map(|&i| &self.examples[i]).collect();
        let read = Layout::new(examples.iter().map(|e| e.steps()).collect());
        let written = Layout::new(examples.iter().map(|e| e.steps() - 1).collect());
        let tokens = |layout: &Layout| match examples.iter().any(|e| e.tokens.is_empty()) {
            true => Vec::new(),
            false => layout.pack(|sequence, step| examples[sequence].tokens[step]),
        };
        let (read_tokens, written_tokens) = (tokens(&read), tokens(&written));
        let (read_frames, written_frames) =
            (frames_of_examples(&read, &examples), frames_of_examples(&written, &examples));
        let mut trace = Trace::new(network, read, written);
        self.give(net, chosen, &mut trace);
        for body in net.schedule().bodies() {
            let (tokens, frames) = match body.over {
                Over::Once | Over::Turns | Over::Heard => (&[][..], &read_frames),
                Over::Positions | Over::Backwards => (&read_tokens[..], &read_frames),
                Over::Written => (&written_tokens[..], &written_frames),
            };
            let pass = Pass { over: body.id, tokens, frames: Some(frames), ..Pass::default() };
            net.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// Puts z where it is drawn, if it is given.
    fn give(&self, net: &FloatNet, chosen: &[usize], trace: &mut Trace) {
        let (Some(z), network) = (&self.z, net.network()) else { return };
        for id in 0..network.blocks.len() {
            let op = &network.blocks[id].op;
            let part = if matches!(op, Op::Latent { .. }) {
                network.latent_end(id)
            } else if matches!(op, Op::Draw { .. }) {
                0..network.width(id)
            } else {
                continue;
            };
            let rows = net.layout_of(trace, id).pack(|sequence, step| z[chosen[sequence]].row(step));
            let mut given = Array2::zeros((rows.len(), part.len()));
            for (mut row, z) in given.outer_iter_mut().zip(rows) {
                row.assign(&z.slice(s![part.clone()]));
            }
            trace.set(id, Values::output(given));
        }
    }
}

impl BlockParity {
    /// Of a block of which nothing was compared yet.
    pub(super) fn none_yet(expected: &Expected) -> BlockParity {
        BlockParity {
            name: expected.name.clone(),
            scale: 0.0,
            difference: 0.0,
            at: [0; 3],
            expected: 0.0,
            found: 0.0,
            compared: 0,
            by_step: Vec::new(),
            group: expected.group,
            backwards: expected.backwards,
        }
    }

    /// Compares one sequence. Numbers that are none differ by infinity.
    pub(super) fn add(&mut self, sequence: usize, expected: &Array2<f32>, made: ArrayView2<'_, f32>) {
        for (((step, unit), &wanted), &found) in expected.indexed_iter().zip(made) {
            let off = (wanted - found).abs();
            let off = if off.is_nan() { f32::INFINITY } else { off };
            let made_at = if self.backwards { expected.nrows() - 1 - step } else { step };
            self.by_step.resize(self.by_step.len().max(made_at + 1), 0.0);
            self.by_step[made_at] = self.by_step[made_at].max(off);
            self.scale = self.scale.max(wanted.abs());
            if off > self.difference || self.compared == 0 {
                (self.difference, self.at) = (off, [sequence, step, unit]);
                (self.expected, self.found) = (wanted, found);
            }
            self.compared += 1;
        }
    }
}

impl Expected {
    /// Compares the sequences `chosen`, which `trace` was made of.
    pub(super) fn compare(&self, net: &FloatNet, trace: &Trace, chosen: &[usize], parity: &mut BlockParity) {
        let (values, layout) = (trace.get(self.block, self.role), net.layout_of(trace, self.block));
        for (at, &sequence) in chosen.iter().enumerate() {
            let rows: Vec<usize> = layout.rows_of(at).collect();
            parity.add(sequence, &self.values[sequence], values.select(Axis(0), &rows).view());
        }
    }
}
