//! What drives every matrix while the network reads sentences: weights are rounded for that.

use super::CALIBRATION_SENTENCES;
use crate::model::{Draws, Example, FloatNet};
use crate::quant::{Driven, Fits, QuantNet};
use std::collections::BTreeMap;

/// What drives the matrices of `float` while it reads `examples`, latents at their means and drawn, beside the codes that
/// `quant` has for it. Codes of these vectors, and not those that the integers would come to: what a matrix is to make good is
/// its own error. Those of others drift through a recurrent network, and would be gone when others had made good theirs.
pub(super) fn fits(float: &FloatNet, quant: &QuantNet, examples: &[Example]) -> Fits {
    let network = float.network();
    let draws = network.latent().is_some() || network.draw().is_some();
    let mut driven: BTreeMap<(usize, usize), Driven> = BTreeMap::new();
    for example in examples.iter().take(CALIBRATION_SENTENCES) {
        let drawn = draws.then(|| Some(Draws::of(network, example, 1)));
        for draws in [None].into_iter().chain(drawn) {
            let traces = float.forced(example, draws.as_ref());
            for (id, block) in quant.blocks.iter().enumerate().filter(|(_, b)| !b.matrices().is_empty()) {
                let Some(trace) = traces.iter().rev().find(|trace| trace.has(id)) else { continue };
                let parts = float.driving(trace, id).into_iter().zip(block.matrices()).enumerate();
                for (part, (vectors, matrix)) in parts {
                    let sums = driven.entry((id, part)).or_insert_with(|| Driven::new(matrix.inputs));
                    vectors.outer_iter().for_each(|vector| sums.add(vector, matrix.input));
                }
            }
        }
    }
    driven.into_iter().filter_map(|(place, driven)| Some((place, driven.statistics()?))).collect()
}
