//! Inverted dropout on what cells and the vocabulary read, with the masks kept for the way back.

use crate::config::Train;
use crate::model::{BlockId, Network, Op, Perturb, Random};
use ndarray::{Array2, ArrayViewMut2};
use std::collections::HashMap;

/// Draws masks on the way forward and applies the same ones to gradients.
pub struct Dropout<'a> {
    network: &'a Network,
    train: &'a Train,
    random: Random,
    /// By reader, number of its input, and the first row that is read.
    masks: HashMap<(BlockId, usize, usize), Array2<f32>>,
}

impl<'a> Dropout<'a> {
    pub fn new(network: &'a Network, train: &'a Train, random: Random) -> Self {
        Dropout { network, train, random, masks: HashMap::new() }
    }

    /// Share of the values of input number `input` that `reader` does not see.
    fn rate(&self, reader: BlockId, input: usize) -> f32 {
        let source = self.network.edges(reader)[input].block;
        match (&self.network.blocks[reader].op, &self.network.blocks[source].op) {
            (Op::Vocabulary { .. } | Op::Label { .. } | Op::Values { .. }, _) => self.train.output_dropout,
            (Op::Bits { .. }, _) => self.train.output_dropout,
            (Op::Cell { .. }, Op::Embedding { .. } | Op::Input { .. }) => self.train.embedding_dropout,
            (Op::Cell { .. }, Op::Cell { .. }) => self.train.level_dropout,
            _ => 0.0,
        }
    }

    /// Draws what `reader` sees of an input in its rows from `first` on: 0 where it is hidden, what the rest is multiplied by
    /// elsewhere. None where it sees all.
    pub fn mask(
        &mut self,
        (reader, input): (BlockId, usize),
        first: usize,
        dim: (usize, usize),
    ) -> Option<&Array2<f32>> {
        let rate = self.rate(reader, input);
        let kept = 1.0 / (1.0 - rate);
        let random = &mut self.random;
        let draw = || if random.uniform() < rate { 0.0 } else { kept };
        let mask = (rate > 0.0).then(|| Array2::from_shape_simple_fn(dim, draw))?;
        self.masks.insert((reader, input, first), mask);
        self.masks.get(&(reader, input, first))
    }

    /// Turns the gradient of what `reader` saw into that of what its source made.
    pub fn backward(
        &self,
        (reader, input): (BlockId, usize),
        first: usize,
        mut gradient: ArrayViewMut2<'_, f32>,
    ) {
        if let Some(mask) = self.masks.get(&(reader, input, first)) {
            gradient *= mask;
        }
    }
}

impl Perturb for Dropout<'_> {
    fn read(&mut self, reader: BlockId, input: usize, first: usize, mut values: ArrayViewMut2<'_, f32>) {
        if let Some(mask) = self.mask((reader, input), first, values.dim()) {
            values *= mask;
        }
    }
}
