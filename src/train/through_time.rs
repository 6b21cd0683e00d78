//! A recurrent cell back through time.

use super::backward::{Backward, Forward};
use super::cell_gradient::{StepBack, step_back};
use crate::config::CellKind;
use crate::model::{BlockId, Role, Way, add_product};
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
        let way = self.way(id);
        let layout = way.layout;
        let hidden = net.network().width(id);
        let wide = kind.gates() * hidden;
        let before = before_each_step(self.forward, id, Role::Output, init, way);
        let is_lstm = kind == CellKind::Lstm;
        let memory_start = net.network().memory_start(id);
        let no_cell = Array2::zeros((layout.rows(), 0));
        let cell_width = if is_lstm { hidden } else { 0 };
        let cell_before = is_lstm.then(|| before_each_step(self.forward, id, Role::Cell, memory_start, way));
        let cell_before = cell_before.as_ref().unwrap_or(&no_cell);
        let cell_after = trace.find(id, Role::Cell).unwrap_or(&no_cell);
        let (gates, recurrent) = (trace.get(id, Role::Gates), trace.get(id, Role::PreRecurrent));

        let mut d_input = Array2::zeros((layout.rows(), wide));
        let mut d_recurrent = Array2::zeros((layout.rows(), wide));
        let mut d_state = Array2::zeros((layout.batch(), hidden));
        let mut d_cell = Array2::zeros((layout.batch(), cell_width));
        let steps: Vec<usize> = way.steps().collect();
        for &step in steps.iter().rev() {
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
            if memory_start.is_some() {
                d_state += &d_cell;
            }
            self.add(init, d_state);
        }
        let d_weight = &mut self.tensors[net.index(id, 1)];
        add_product(d_recurrent.t(), before.view(), d_weight.view_mut());
        let mut d_bias = self.tensors[net.index(id, 3)].row_mut(0);
        d_bias += &d_recurrent.sum_axis(Axis(0));
        self.of_product(id, 0, Some(2), &d_input, trace.get(id, Role::Input))
    }

    /// One step of a cell back; what reached its state stands with its outputs.
    pub(super) fn of_cell_step(
        &mut self,
        id: BlockId,
        kind: CellKind,
        init: Option<BlockId>,
        (step, way): (usize, Way<'_>),
    ) {
        let Forward { net, trace, .. } = *self.forward;
        let hidden = net.network().width(id);
        let rows = way.layout.step(step);
        let count = rows.len();
        let (is_lstm, wide) = (kind == CellKind::Lstm, kind.gates() * hidden);
        let memory_start = net.network().memory_start(id);
        let cell_width = if is_lstm { hidden } else { 0 };
        let cut = |role| trace.find(id, role).map(|m| m.slice(s![rows.clone(), ..]).to_owned());
        let none = || Array2::zeros((count, 0));
        let before = before_step(self.forward, id, Role::Output, init, (step, way));
        let cell_before = if is_lstm {
            before_step(self.forward, id, Role::Cell, memory_start, (step, way))
        } else {
            none()
        };
        let cell_after = cut(Role::Cell).unwrap_or_else(none);
        let [gates, recurrent, input] =
            [Role::Gates, Role::PreRecurrent, Role::Input].map(|role| cut(role).expect("a cell has it"));
        let mut d_state = match &self.outputs[id] {
            Some(d) => d.slice(s![rows.clone(), ..]).to_owned(),
            None => Array2::zeros((count, hidden)),
        };
        let batch = way.layout.batch();
        let memory = self.memories.entry(id).or_insert_with(|| Array2::zeros((batch, cell_width)));
        let mut d_input = Array2::zeros((count, wide));
        let mut d_recurrent = Array2::zeros((count, wide));
        for i in 0..count {
            step_back(
                kind,
                StepBack {
                    gates: slice(&gates, i),
                    recurrent: slice(&recurrent, i),
                    state: slice(&before, i),
                    cell: slice(&cell_before, i),
                    new_cell: slice(&cell_after, i),
                    d_state: slice_mut(&mut d_state, i),
                    d_cell: slice_mut(memory, i),
                    d_input: slice_mut(&mut d_input, i),
                    d_recurrent: slice_mut(&mut d_recurrent, i),
                },
            );
        }
        add_product(d_recurrent.view(), net.tensor(id, 1).view(), d_state.view_mut());
        // To the step before, or to the start.
        let earlier =
            way.before(step).map_or(0..0, |before| before.start..before.start + before.len().min(count));
        let alive = earlier.len();
        if alive > 0 {
            let all = way.layout.rows();
            let outputs = self.outputs[id].get_or_insert_with(|| Array2::zeros((all, hidden)));
            let mut outputs = outputs.slice_mut(s![earlier, ..]);
            outputs += &d_state.slice(s![..alive, ..]);
        }
        if let Some(init) = init.filter(|_| alive < count) {
            let mut d_start = Array2::zeros((batch, hidden));
            d_start.slice_mut(s![alive..count, ..]).assign(&d_state.slice(s![alive.., ..]));
            if memory_start.is_some() {
                let mut rows = d_start.slice_mut(s![alive..count, ..]);
                rows += &self.memories[&id].slice(s![alive..count, ..]);
            }
            self.add(init, d_start);
        }
        add_product(d_recurrent.t(), before.view(), self.tensors[net.index(id, 1)].view_mut());
        let mut d_bias = self.tensors[net.index(id, 3)].row_mut(0);
        d_bias += &d_recurrent.sum_axis(Axis(0));
        let d_read = self.of_product(id, 0, Some(2), &d_input, &input);
        self.read_back(id, rows.start, &d_read);
    }
}

/// h (or c) before each step: that of the step before, or the initial one.
fn before_each_step(
    forward: &Forward<'_>,
    id: BlockId,
    role: Role,
    init: Option<BlockId>,
    way: Way<'_>,
) -> Array2<f32> {
    let hidden = forward.net.network().width(id);
    let mut before = Array2::zeros((way.layout.rows(), hidden));
    for step in way.steps() {
        let rows = before_step(forward, id, role, init, (step, way));
        before.slice_mut(s![way.layout.step(step), ..]).assign(&rows);
    }
    before
}

/// The same of one step.
fn before_step(
    forward: &Forward<'_>,
    id: BlockId,
    role: Role,
    init: Option<BlockId>,
    (step, way): (usize, Way<'_>),
) -> Array2<f32> {
    let Forward { net, trace, .. } = *forward;
    let count = way.layout.step(step).len();
    let mut before = Array2::zeros((count, net.network().width(id)));
    let earlier = way.before(step).map_or(0..0, |rows| rows.start..rows.start + rows.len().min(count));
    let alive = earlier.len();
    before.slice_mut(s![..alive, ..]).assign(&trace.get(id, role).slice(s![earlier, ..]));
    if let Some(init) = init {
        let start = trace.get(init, Role::Output);
        before.slice_mut(s![alive.., ..]).assign(&start.slice(s![alive..count, ..]));
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
