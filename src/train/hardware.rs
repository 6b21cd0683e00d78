//! Training that knows its hardware: the forward pass sees the weights that cells would hold, the
//! gradient changes the exact ones (straight-through).

use crate::model::{Distort, FloatNet, ModelError};
use ndarray::Array2;
use std::sync::Arc;

/// The net as cells hold it, programmed for the given update.
pub type Program<'a> = &'a mut dyn FnMut(&FloatNet, u64) -> Result<FloatNet, ModelError>;

/// What the cells of the last programming miss of every weight.
pub(super) struct Hardware<'a> {
    program: Option<Program<'a>>,
    /// Batches from one programming to the next, counted in every epoch.
    every: usize,
    misses: Vec<Array2<f32>>,
    /// What its converters make of products.
    distort: Option<Arc<dyn Distort>>,
}

impl<'a> Hardware<'a> {
    pub fn new(program: Option<Program<'a>>, every: usize) -> Self {
        Hardware {
            program: program.filter(|_| every > 0),
            every: every.max(1),
            misses: Vec::new(),
            distort: None,
        }
    }

    /// The net that the forward pass of batch number `batch` of its epoch sees.
    pub fn seen(
        &mut self,
        net: &FloatNet,
        batch: usize,
        update: u64,
    ) -> Result<Option<FloatNet>, ModelError> {
        let Some(program) = &mut self.program else { return Ok(None) };
        if self.misses.is_empty() || batch.is_multiple_of(self.every) {
            let held = program(net, update)?;
            self.misses =
                held.tensors().iter().zip(net.tensors()).map(|(held, exact)| held - exact).collect();
            self.distort = held.distortion();
        }
        let tensors = net.tensors().iter().zip(&self.misses).map(|(exact, miss)| exact + miss).collect();
        Ok(Some(FloatNet::with_tensors(net.network(), tensors).distorted(self.distort.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Model;
    use crate::model::Network;
    use crate::train::adam::initial;

    #[test]
    fn what_cells_miss_is_kept_until_they_are_programmed_again() {
        let model = Model { embedding: 3, hidden: 4, latent: 2, vocabulary: 6, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let net = |factor: f32| {
            let tensors = initial(&network, 3).into_iter().map(|t| t * factor).collect();
            FloatNet::with_tensors(&network, tensors)
        };
        let mut updates = Vec::new();
        let mut program = |net: &FloatNet, update: u64| {
            updates.push(update);
            let tensors = net.tensors().iter().map(|t| t * 0.75).collect();
            Ok(FloatNet::with_tensors(&network, tensors))
        };
        let mut hardware = Hardware::new(Some(&mut program), 2);
        // Programmed at 8 times the weights: 2 of 8 are missing, also when the weights have moved.
        for (batch, update, factor, seen) in [(0, 10, 8.0, 6.0), (1, 11, 16.0, 14.0), (2, 12, 16.0, 12.0)] {
            let got = hardware.seen(&net(factor), batch, update).unwrap().expect("cells are seen");
            for (got, want) in got.tensors().iter().zip(net(seen).tensors()) {
                assert!((got - want).iter().all(|d| d.abs() < 1e-4), "batch {batch}");
            }
        }
        assert_eq!(updates, [10, 12]);
        assert!(Hardware::new(None, 2).seen(&net(1.0), 0, 0).unwrap().is_none());
    }
}
