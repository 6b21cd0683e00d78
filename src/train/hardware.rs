//! Training that knows its hardware: the forward pass sees the weights that cells would hold, the
//! gradient changes the exact ones (straight-through).

use crate::model::{FloatNet, ModelError};
use ndarray::Array2;

/// The net as cells hold it, programmed for the given update.
pub type Program<'a> = &'a mut dyn FnMut(&FloatNet, u64) -> Result<FloatNet, ModelError>;

/// What the cells of the last programming miss of every weight.
pub(super) struct Hardware<'a> {
    program: Option<Program<'a>>,
    /// Batches from one programming to the next, counted in every epoch.
    every: usize,
    misses: Vec<Array2<f32>>,
}

impl<'a> Hardware<'a> {
    pub fn new(program: Option<Program<'a>>, every: usize) -> Self {
        Hardware { program: program.filter(|_| every > 0), every: every.max(1), misses: Vec::new() }
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
        }
        let tensors = net.tensors().iter().zip(&self.misses).map(|(exact, miss)| exact + miss).collect();
        Ok(Some(FloatNet::with_tensors(net.network(), tensors)))
    }
}
