//! The sum, or the mean, of a vector over the steps of a loop so far.

use super::unroll::Way;
use super::{BlockId, FloatNet, Over, Role, Rows, Trace, Values};
use crate::config::LatentSteps;
use ndarray::{Array2, s};

impl FloatNet {
    /// What block `id` makes of `input` [rows, width] for some rows of its layout: the output, and the sum behind it as
    /// [`Role::Cell`].
    pub(super) fn accumulate(
        &self,
        id: BlockId,
        steps: LatentSteps,
        input: Array2<f32>,
        trace: &Trace,
        rows: &Rows,
    ) -> Values {
        let layout = self.layout_of(trace, id);
        let way = Way { layout, backwards: self.network().over(id) == Over::Backwards };
        let mut sums = input;
        match rows.step {
            None => {
                for step in way.steps() {
                    let Some(before) = way.before(step) else { continue };
                    let here = layout.step(step);
                    let alive = here.len().min(before.len());
                    let earlier = sums.slice(s![before.start..before.start + alive, ..]).to_owned();
                    let mut sum = sums.slice_mut(s![here.start..here.start + alive, ..]);
                    sum += &earlier;
                }
            }
            Some(step) => {
                if let Some(before) = way.before(step) {
                    let alive = sums.nrows().min(before.len());
                    let earlier = trace.get(id, Role::Cell).slice(s![before.start..before.start + alive, ..]);
                    let mut sum = sums.slice_mut(s![..alive, ..]);
                    sum += &earlier;
                }
            }
        }
        let mut output = sums.clone();
        let counts = way.counts();
        for (mut row, count) in output.outer_iter_mut().zip(&counts[rows.range.clone()]) {
            row *= steps.share(*count);
        }
        Values::output(output).with(Role::Cell, sums)
    }
}
