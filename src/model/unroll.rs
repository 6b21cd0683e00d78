//! A recurrent cell over the steps of a batch.

use super::{BlockId, FloatNet, Layout, Role, Trace, Values, cell};
use crate::config::CellKind;
use ndarray::{Array2, s};
use std::ops::Range;

/// h and, of an LSTM, c that a cell starts from; absent: zero.
type Start = Option<(Array2<f32>, Option<Array2<f32>>)>;

/// The steps of a layout, and the way through them.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// How the rows lie.
    pub layout: &'a Layout,
    /// From the last step to the first.
    pub backwards: bool,
}

impl Way<'_> {
    /// The steps in the order in which they are made.
    pub fn steps(self) -> impl Iterator<Item = usize> {
        let (count, backwards) = (self.layout.steps(), self.backwards);
        (0..count).map(move |at| if backwards { count - 1 - at } else { at })
    }

    /// The rows of the step made before `step`, whose first row is that of the first sentence; none at the first.
    pub fn before(self, step: usize) -> Option<Range<usize>> {
        let before = if self.backwards {
            Some(step + 1).filter(|&s| s < self.layout.steps())
        } else {
            step.checked_sub(1)
        };
        before.map(|s| self.layout.step(s))
    }
}

impl Way<'_> {
    /// By row: how many steps of its sequence have been made with it.
    pub fn counts(self) -> Vec<usize> {
        let count = |sentence: usize, step: usize| match self.backwards {
            true => self.layout.length(sentence) - step,
            false => step + 1,
        };
        self.layout.pack(count)
    }
}

/// What a cell makes of some rows.
struct Made {
    pre_input: Array2<f32>,
    pre_recurrent: Array2<f32>,
    gates: Array2<f32>,
    state: Array2<f32>,
    memory: Array2<f32>,
}

impl Made {
    fn values(self, kind: CellKind, input: Array2<f32>) -> Values {
        let values = Values::output(self.state)
            .with(Role::Input, input)
            .with(Role::PreInput, self.pre_input)
            .with(Role::PreRecurrent, self.pre_recurrent)
            .with(Role::Gates, self.gates);
        if kind == CellKind::Lstm { values.with(Role::Cell, self.memory) } else { values }
    }
}

impl FloatNet {
    /// A cell over every step of a batch, from `start`.
    pub(super) fn cell(
        &self,
        id: BlockId,
        kind: CellKind,
        input: Array2<f32>,
        start: Start,
        way: Way<'_>,
    ) -> Values {
        let layout = way.layout;
        let (mut h, mut c) = self.start(id, kind, start, layout.batch());
        let mut made = self.begun(id, kind, &input);
        for step in way.steps() {
            let range = layout.step(step);
            let alive = range.len();
            self.advance(id, kind, (&h, &c), range.clone(), &mut made);
            h.slice_mut(s![..alive, ..]).assign(&made.state.slice(s![range.clone(), ..]));
            c.slice_mut(s![..alive, ..]).assign(&made.memory.slice(s![range, ..]));
        }
        made.values(kind, input)
    }

    /// One step of a cell whose steps before stand in `trace`.
    pub(super) fn cell_step(
        &self,
        id: BlockId,
        kind: CellKind,
        input: Array2<f32>,
        (start, trace): (Start, &Trace),
        way: Way<'_>,
        step: usize,
    ) -> Values {
        let range = way.layout.step(step);
        let (mut h, mut c) = self.start(id, kind, start, way.layout.batch());
        if let Some(before) = way.before(step) {
            let alive = range.len().min(before.len());
            let rows = before.start..before.start + alive;
            h.slice_mut(s![..alive, ..]).assign(&trace.get(id, Role::Output).slice(s![rows.clone(), ..]));
            if kind == CellKind::Lstm {
                c.slice_mut(s![..alive, ..]).assign(&trace.get(id, Role::Cell).slice(s![rows, ..]));
            }
        }
        let mut made = self.begun(id, kind, &input);
        self.advance(id, kind, (&h, &c), 0..range.len(), &mut made);
        made.values(kind, input)
    }

    fn start(&self, id: BlockId, kind: CellKind, start: Start, batch: usize) -> (Array2<f32>, Array2<f32>) {
        let hidden = self.network().width(id);
        let cell_width = if kind == CellKind::Lstm { hidden } else { 0 };
        let (h, c) = start.unwrap_or_else(|| (Array2::zeros((batch, hidden)), None));
        let c = c.filter(|_| cell_width > 0).unwrap_or_else(|| Array2::zeros((batch, cell_width)));
        (h, c)
    }

    /// The products of the input, and room for the rest.
    fn begun(&self, id: BlockId, kind: CellKind, input: &Array2<f32>) -> Made {
        let hidden = self.network().width(id);
        let (rows, wide) = (input.nrows(), kind.gates() * hidden);
        let cell_width = if kind == CellKind::Lstm { hidden } else { 0 };
        Made {
            pre_input: self.affine(id, 0, Some(2), input.view()),
            pre_recurrent: Array2::zeros((rows, wide)),
            gates: Array2::zeros((rows, wide)),
            state: Array2::zeros((rows, hidden)),
            memory: Array2::zeros((rows, cell_width)),
        }
    }

    /// The rows `range` of `made`, which follow on the first of `h` and `c`.
    fn advance(
        &self,
        id: BlockId,
        kind: CellKind,
        (h, c): (&Array2<f32>, &Array2<f32>),
        range: Range<usize>,
        made: &mut Made,
    ) {
        let alive = range.len();
        let mut recurrent = made.pre_recurrent.slice_mut(s![range.clone(), ..]);
        recurrent.assign(self.tensor(id, 3));
        self.add_affine(id, 1, h.slice(s![..alive, ..]), recurrent);
        for (i, row) in range.enumerate() {
            cell::step(
                kind,
                cell::Step {
                    input: slice(&made.pre_input, row),
                    recurrent: slice(&made.pre_recurrent, row),
                    state: slice(h, i),
                    cell: slice(c, i),
                    gates: slice_mut(&mut made.gates, row),
                    new_state: slice_mut(&mut made.state, row),
                    new_cell: slice_mut(&mut made.memory, row),
                },
            );
        }
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
