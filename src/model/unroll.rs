//! A recurrent cell over the steps of a batch.

use super::{BlockId, FloatNet, Layout, Role, Values, cell};
use crate::config::CellKind;
use ndarray::{Array2, s};

impl FloatNet {
    /// A cell over every step of a batch, from `start` (h and c; absent: zero).
    pub(super) fn cell(
        &self,
        id: BlockId,
        kind: CellKind,
        input: Array2<f32>,
        start: Option<(Array2<f32>, Option<Array2<f32>>)>,
        layout: &Layout,
    ) -> Values {
        let hidden = self.network().width(id);
        let (rows, wide) = (layout.rows(), kind.gates() * hidden);
        let pre_input = self.affine(id, 0, Some(2), input.view());
        let mut pre_recurrent = Array2::zeros((rows, wide));
        let mut gates = Array2::zeros((rows, wide));
        let mut state = Array2::zeros((rows, hidden));
        let cell_width = if kind == CellKind::Lstm { hidden } else { 0 };
        let mut memory = Array2::zeros((rows, cell_width));
        let zero = || Array2::zeros((layout.batch(), hidden));
        let (mut h, c) = start.unwrap_or_else(|| (zero(), None));
        let mut c =
            c.filter(|_| cell_width > 0).unwrap_or_else(|| Array2::zeros((layout.batch(), cell_width)));
        for step in 0..layout.steps() {
            let range = layout.step(step);
            let alive = range.len();
            let mut recurrent = pre_recurrent.slice_mut(s![range.clone(), ..]);
            recurrent.assign(self.tensor(id, 3));
            let before = h.slice(s![..alive, ..]);
            self.add_affine(id, 1, before, recurrent);
            for (i, row) in range.clone().enumerate() {
                cell::step(
                    kind,
                    cell::Step {
                        input: slice(&pre_input, row),
                        recurrent: slice(&pre_recurrent, row),
                        state: slice(&h, i),
                        cell: slice(&c, i),
                        gates: slice_mut(&mut gates, row),
                        new_state: slice_mut(&mut state, row),
                        new_cell: slice_mut(&mut memory, row),
                    },
                );
            }
            h.slice_mut(s![..alive, ..]).assign(&state.slice(s![range.clone(), ..]));
            c.slice_mut(s![..alive, ..]).assign(&memory.slice(s![range, ..]));
        }
        let values = Values::output(state)
            .with(Role::Input, input)
            .with(Role::PreInput, pre_input)
            .with(Role::PreRecurrent, pre_recurrent)
            .with(Role::Gates, gates);
        if kind == CellKind::Lstm { values.with(Role::Cell, memory) } else { values }
    }
}

fn slice(matrix: &Array2<f32>, row: usize) -> &[f32] {
    let width = matrix.ncols();
    &matrix.as_slice().expect("built row by row")[row * width..(row + 1) * width]
}

fn slice_mut(matrix: &mut Array2<f32>, row: usize) -> &mut [f32] {
    let width = matrix.ncols();
    &mut matrix.as_slice_mut().expect("built row by row")[row * width..(row + 1) * width]
}
