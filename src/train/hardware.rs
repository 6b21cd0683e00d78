//! Training that knows its hardware: the forward pass sees the weights that cells would hold, the
//! gradient changes the exact ones (straight-through).

use crate::model::{Distort, FloatNet, ModelError};
use ndarray::Array2;
use std::sync::Arc;

/// The net as cells hold it, programmed for the given update.
pub type Program<'a> = &'a mut dyn FnMut(&FloatNet, u64) -> Result<FloatNet, ModelError>;

/// Programs nothing: for runs without `[train] hardware_every`. Where that asks for cells, the run ends.
///
/// # Errors
///
/// Always.
pub fn no_cells(_: &FloatNet, _: u64) -> Result<FloatNet, ModelError> {
    Err(ModelError::new(
        "[train] hardware_every",
        "0 in a run that was given nothing to program cells with",
        "another number",
        "set it to 0, or give the run what programs cells (pipeline::hardware_net)",
    ))
}

/// The cells that a run trains for, if it does: every update asks it what net to look at.
pub struct Hardware<'a>(Option<Cells<'a>>);

/// What the cells of the last programming miss of every weight.
struct Cells<'a> {
    program: Program<'a>,
    /// Batches from one programming to the next, counted in every epoch.
    every: usize,
    misses: Vec<Array2<f32>>,
    /// What its converters make of products.
    distort: Option<Arc<dyn Distort>>,
}

impl<'a> Hardware<'a> {
    /// Cells that are programmed anew every so many batches; 0: none.
    pub fn new(program: Program<'a>, every: usize) -> Self {
        Hardware((every > 0).then(|| Cells { program, every, misses: Vec::new(), distort: None }))
    }

    /// No cells: the net as it is.
    pub fn exact() -> Self {
        Hardware(None)
    }

    /// Programs the cells if that is due before batch number `batch` of its epoch.
    ///
    /// # Errors
    ///
    /// Those of the program.
    pub fn programmed(&mut self, net: &FloatNet, batch: usize, update: u64) -> Result<(), ModelError> {
        let Some(cells) = &mut self.0 else { return Ok(()) };
        if cells.misses.is_empty() || batch.is_multiple_of(cells.every) {
            let held = (cells.program)(net, update)?;
            cells.misses =
                held.tensors().iter().zip(net.tensors()).map(|(held, exact)| held - exact).collect();
            cells.distort = held.distortion();
        }
        Ok(())
    }

    /// The net that a forward pass sees, where it is not `net` itself: what the cells miss is missing.
    pub fn seen(&self, net: &FloatNet) -> Option<FloatNet> {
        let cells = self.0.as_ref()?;
        let tensors = net.tensors().iter().zip(&cells.misses).map(|(exact, miss)| exact + miss).collect();
        Some(FloatNet::with_tensors(net.network(), tensors).distorted(cells.distort.clone()))
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
        let mut hardware = Hardware::new(&mut program, 2);
        // Programmed at 8 times the weights: 2 of 8 are missing, also when the weights have moved.
        for (batch, update, factor, seen) in [(0, 10, 8.0, 6.0), (1, 11, 16.0, 14.0), (2, 12, 16.0, 12.0)] {
            hardware.programmed(&net(factor), batch, update).unwrap();
            let got = hardware.seen(&net(factor)).expect("cells are seen");
            for (got, want) in got.tensors().iter().zip(net(seen).tensors()) {
                assert!((got - want).iter().all(|d| d.abs() < 1e-4), "batch {batch}");
            }
        }
        assert_eq!(updates, [10, 12]);
        assert!(Hardware::new(&mut no_cells, 0).seen(&net(1.0)).is_none());
        let refused = Hardware::new(&mut no_cells, 2).programmed(&net(1.0), 0, 0).unwrap_err().to_string();
        assert!(refused.starts_with("[train] hardware_every: expected 0"), "{refused}");
    }
}
