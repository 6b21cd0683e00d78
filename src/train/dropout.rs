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
    masks: HashMap<(BlockId, BlockId), Array2<f32>>,
}

impl<'a> Dropout<'a> {
    pub fn new(network: &'a Network, train: &'a Train, random: Random) -> Self {
        Dropout { network, train, random, masks: HashMap::new() }
    }

    /// Share of the values of `source` that `reader` does not see.
    fn rate(&self, reader: BlockId, source: BlockId) -> f32 {
        match (&self.network.blocks[reader].op, &self.network.blocks[source].op) {
            (Op::Vocabulary { .. }, _) => self.train.output_dropout,
            (_, Op::Embedding { .. }) => self.train.embedding_dropout,
            (_, Op::Cell { .. }) => self.train.level_dropout,
            _ => 0.0,
        }
    }

    /// Turns the gradient of what `reader` saw into that of what `source` made.
    pub fn backward(&self, reader: BlockId, source: BlockId, mut gradient: ArrayViewMut2<'_, f32>) {
        if let Some(mask) = self.masks.get(&(reader, source)) {
            gradient *= mask;
        }
    }
}

impl Perturb for Dropout<'_> {
    fn read(&mut self, reader: BlockId, source: BlockId, mut values: ArrayViewMut2<'_, f32>) {
        let rate = self.rate(reader, source);
        if rate > 0.0 {
            let kept = 1.0 / (1.0 - rate);
            let random = &mut self.random;
            let mask =
                Array2::from_shape_simple_fn(
                    values.dim(),
                    || {
                        if random.uniform() < rate { 0.0 } else { kept }
                    },
                );
            values *= &mask;
            self.masks.insert((reader, source), mask);
        }
    }
}
