//! A recurrent cell back through time.

use super::backward::{Backward, Forward};
use super::cell_gradient::{StepBack, step_back};
use crate::config::CellKind;
use crate::model::{BlockId, Role, When, add_product};
use ndarray::{Array2, Axis, s};

impl Backward<'_> {
    /// Back through time; returns the gradient of the cell's input.
    pub(super) fn of_cell(
        &mut self,
        id: BlockId,
        kind: CellKind,
        init: Option<BlockId>,
        d_output: Array2<f32>,
    ) -> Array2<f32> {
        let Forward { net, trace, .. } = *self.forward;
        let layout = trace.layout(net.network().blocks[id].when);
        let hidden = net.network().width(id);
        let wide = kind.gates() * hidden;
        let before = before_each_step(self.forward, id, Role::Output, init, hidden);
        let is_lstm = kind == CellKind::Lstm;
        let no_cell = Array2::zeros((layout.rows(), 0));
        let cell_width = if is_lstm { hidden } else { 0 };
        let cell_before = is_lstm.then(|| before_each_step(self.forward, id, Role::Cell, init, hidden));
        let cell_before = cell_before.as_ref().unwrap_or(&no_cell);
        let cell_after = trace.find(id, Role::Cell).unwrap_or(&no_cell);
        let (gates, recurrent) = (trace.get(id, Role::Gates), trace.get(id, Role::PreRecurrent));

        let mut d_input = Array2::zeros((layout.rows(), wide));
        let mut d_recurrent = Array2::zeros((layout.rows(), wide));
        let mut d_state = Array2::zeros((layout.batch(), hidden));
        let mut d_cell = Array2::zeros((layout.batch(), cell_width));
        for step in (0..layout.steps()).rev() {
            let range = layout.step(step);
            let alive = range.len();
            let mut d_alive = d_state.slice_mut(s![..alive, ..]);
            d_alive += &d_output.slice(s![range.clone(), ..]);
            for (i, row) in range.clone().enumerate() {
                step_back(
                    kind,
                    StepBack {
                        gates: slice(gates, row),
                        recurrent: slice(recurrent, row),
                        state: slice(&before, row),
                        cell: slice(cell_before, row),
                        new_cell: slice(cell_after, row),
                        d_state: slice_mut(&mut d_state, i),
                        d_cell: slice_mut(&mut d_cell, i),
                        d_input: slice_mut(&mut d_input, row),
                        d_recurrent: slice_mut(&mut d_recurrent, row),
                    },
                );
            }
            let d_step = d_recurrent.slice(s![range, ..]);
            add_product(d_step, net.tensor(id, 1).view(), d_state.slice_mut(s![..alive, ..]));
        }
        if let Some(init) = init {
            if is_lstm {
                d_state += &d_cell;
            }
            self.pass(init, When::Sentence, d_state);
        }
        let d_weight = &mut self.tensors[net.index(id, 1)];
        add_product(d_recurrent.t(), before.view(), d_weight.view_mut());
        let mut d_bias = self.tensors[net.index(id, 3)].row_mut(0);
        d_bias += &d_recurrent.sum_axis(Axis(0));
        self.of_product(id, 0, Some(2), &d_input, trace.get(id, Role::Input))
    }
}

/// h (or c) before each step: that of the step before, or the initial one.
fn before_each_step(
    forward: &Forward<'_>,
    id: BlockId,
    role: Role,
    init: Option<BlockId>,
    hidden: usize,
) -> Array2<f32> {
    let Forward { net, trace, .. } = *forward;
    let layout = trace.layout(net.network().blocks[id].when);
    let after = trace.get(id, role);
    let mut before = Array2::zeros((layout.rows(), hidden));
    for step in 0..layout.steps() {
        let range = layout.step(step);
        let alive = range.len();
        let mut target = before.slice_mut(s![range, ..]);
        if step > 0 {
            let from = layout.step(step - 1).start;
            target.assign(&after.slice(s![from..from + alive, ..]));
        } else if let Some(init) = init {
            target.assign(&trace.get(init, Role::Output).slice(s![..alive, ..]));
        }
    }
    before
}

fn slice(matrix: &Array2<f32>, row: usize) -> &[f32] {
    let width = matrix.ncols();
    &matrix.as_slice().expect("built row by row")[row * width..(row + 1) * width]
}

fn slice_mut(matrix: &mut Array2<f32>, row: usize) -> &mut [f32] {
    let width = matrix.ncols();
    &mut matrix.as_slice_mut().expect("built row by row")[row * width..(row + 1) * width]
}
