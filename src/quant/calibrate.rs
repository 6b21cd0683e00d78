//! Ranges measured on data: which numbers each vector of the network takes.

use super::{Format, matrix::best_format};
use crate::model::{BlockId, Role, Trace};
use std::collections::BTreeMap;

/// Values kept per vector; the first ones seen, so a calibration set is a prefix of the data.
const KEEP: usize = 1 << 18;

/// Samples of every vector, collected while the float network runs.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    samples: BTreeMap<(BlockId, Role), Vec<f32>>,
    /// A block that made what is no number.
    pub(super) infinite: Option<BlockId>,
}

impl Calibration {
    /// Adds everything a forward pass computed.
    pub fn add(&mut self, trace: &Trace) {
        for (block, role, values) in trace.iter() {
            if !matches!(role, Role::Output | Role::Cell) {
                continue;
            }
            if values.iter().any(|v| !v.is_finite()) {
                self.infinite = self.infinite.or(Some(block));
            }
            let kept = self.samples.entry((block, role)).or_default();
            let room = KEEP.saturating_sub(kept.len());
            kept.extend(values.iter().take(room));
        }
    }

    /// The format of `bits` bits with the least squared error on all that was seen
    /// of these vectors together.
    pub fn format(&self, vectors: &[(BlockId, Role)], bits: u32) -> Format {
        let seen = vectors.iter().filter_map(|key| self.samples.get(key)).flatten();
        best_format(seen.map(|&v| f64::from(v)), bits)
    }
}
