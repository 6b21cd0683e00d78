//! Reverse-mode differentiation over the description of the network: the blocks in reverse order,
//! each [`Op`] with one rule.

use super::cell_gradient::{StepBack, step_back};
use super::dropout::Dropout;
use super::objective::MomentGradients;
use crate::config::CellKind;
use crate::model::{BlockId, FloatNet, Op, Role, Trace, When};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};

/// What the rules read: the net, what it computed, and what was done to it on the way.
pub struct Forward<'a> {
    pub net: &'a FloatNet,
    pub trace: &'a Trace,
    pub dropout: &'a Dropout<'a>,
    pub encoder_tokens: &'a [u32],
    pub decoder_tokens: &'a [u32],
    /// Draws of the latents [batch, width of z].
    pub epsilon: &'a Array2<f32>,
}

/// Gradients on their way back: per tensor, and per block with respect to its output.
struct Backward<'a> {
    forward: &'a Forward<'a>,
    tensors: Vec<Array2<f32>>,
    outputs: Vec<Option<Array2<f32>>>,
    moments: MomentGradients,
}

/// Gradient of the loss with respect to every tensor, in the order of the net's tensors, from its
/// gradients with respect to the logits and the moments.
pub fn backward(forward: &Forward<'_>, d_logits: Array2<f32>, moments: MomentGradients) -> Vec<Array2<f32>> {
    let network = forward.net.network();
    let tensors = forward.net.tensors().iter().map(|t| Array2::zeros(t.dim())).collect();
    let mut outputs = vec![None; network.blocks.len()];
    outputs[network.vocabulary_block()] = Some(d_logits);
    let mut back = Backward { forward, tensors, outputs, moments };
    for id in (0..network.blocks.len()).rev() {
        back.block(id);
    }
    back.tensors
}

impl Backward<'_> {
    fn block(&mut self, id: BlockId) {
        let Forward { net, trace, .. } = *self.forward;
        let block = &net.network().blocks[id];
        let gradient = self.outputs[id].take();
        match (&block.op, gradient) {
            (Op::Moments { input, .. }, gradient) => self.of_moments(id, *input, gradient),
            (_, None) => {}
            (Op::Embedding { .. }, Some(d)) => self.of_embedding(id, &d),
            (Op::Cell { kind, inputs, init, .. }, Some(d)) => {
                let d_input = self.of_cell(id, *kind, *init, d);
                let mut from = 0;
                for &source in inputs {
                    let to = from + net.network().width(source);
                    let mut part = d_input.slice(s![.., from..to]).to_owned();
                    self.forward.dropout.backward(id, source, part.view_mut());
                    self.pass(source, block.when, part);
                    from = to;
                }
            }
            (Op::Latent { moments }, Some(d)) => self.of_latent(moments, &d),
            (Op::Linear { input, bias, .. }, Some(d)) => {
                let read = net.read(trace, *input, Role::Output, block.when);
                let d_read = self.of_product(id, 0, bias.then_some(1), &d, &read.to_owned());
                self.pass(*input, block.when, d_read);
            }
            (Op::Vocabulary { input }, Some(d)) => {
                let mut d_read = self.of_product(id, 0, Some(1), &d, trace.get(id, Role::Input));
                self.forward.dropout.backward(id, *input, d_read.view_mut());
                self.pass(*input, block.when, d_read);
            }
        }
    }

    /// Adds the gradient of what a reader at `when` saw of `source` to that of `source`'s output.
    fn pass(&mut self, source: BlockId, when: When, gradient: Array2<f32>) {
        let Forward { net, trace, .. } = *self.forward;
        let made = net.network().blocks[source].when;
        let width = gradient.ncols();
        let gradient = if made == when {
            gradient
        } else {
            // The inverse of `FloatNet::read`: rows that were copied are summed.
            let mut sum = Array2::zeros((trace.layout(made).rows(), width));
            let rows: Vec<usize> = match (made, when) {
                (When::Sentence, _) => trace.layout(when).pack(|sentence, _| sentence),
                _ => (0..trace.layout(made).batch()).map(|i| trace.layout(made).last(i)).collect(),
            };
            for (row, part) in rows.into_iter().zip(gradient.axis_iter(Axis(0))) {
                let mut target = sum.row_mut(row);
                target += &part;
            }
            sum
        };
        match &mut self.outputs[source] {
            Some(sum) => *sum += &gradient,
            empty => *empty = Some(gradient),
        }
    }

    /// y = x W^T + b: adds to the gradients of W (tensor `weight`) and b, returns that of x.
    fn of_product(
        &mut self,
        id: BlockId,
        weight: usize,
        bias: Option<usize>,
        d: &Array2<f32>,
        x: &Array2<f32>,
    ) -> Array2<f32> {
        let net = self.forward.net;
        let d_weight = &mut self.tensors[net.index(id, weight)];
        general_mat_mul(1.0, &d.t(), x, 1.0, d_weight);
        if let Some(bias) = bias {
            let mut row = self.tensors[net.index(id, bias)].row_mut(0);
            row += &d.sum_axis(Axis(0));
        }
        d.dot(net.tensor(id, weight))
    }

    fn of_embedding(&mut self, id: BlockId, d: &Array2<f32>) {
        let Forward { net, encoder_tokens, decoder_tokens, .. } = *self.forward;
        let tokens = match net.network().blocks[id].when {
            When::EncoderStep => encoder_tokens,
            _ => decoder_tokens,
        };
        let table = &mut self.tensors[net.index(id, 0)];
        for (&token, part) in tokens.iter().zip(d.axis_iter(Axis(0))) {
            let mut row = table.row_mut(token as usize);
            row += &part;
        }
    }

    fn of_moments(&mut self, id: BlockId, input: BlockId, gradient: Option<Array2<f32>>) {
        let Forward { net, trace, .. } = *self.forward;
        let when = net.network().blocks[id].when;
        let Some((mut d_mean, d_log_variance)) = self.moments.remove(&id) else {
            return;
        };
        if let Some(read) = gradient {
            d_mean += &read;
        }
        let x = net.read(trace, input, Role::Output, when).into_owned();
        let mut d_x = self.of_product(id, 0, Some(1), &d_mean, &x);
        d_x += &self.of_product(id, 2, Some(3), &d_log_variance, &x);
        self.pass(input, when, d_x);
    }

    /// z = mean + exp(log_variance / 2) epsilon at the last step.
    fn of_latent(&mut self, moments: &[BlockId], d: &Array2<f32>) {
        let Forward { net, trace, epsilon, .. } = *self.forward;
        let mut column = 0;
        for &block in moments {
            let layout = trace.layout(net.network().blocks[block].when);
            let log_variance = trace.get(block, Role::LogVariance);
            let (d_mean, d_log_variance) = self.moments.get_mut(&block).expect("every block");
            for sentence in 0..layout.batch() {
                let row = layout.last(sentence);
                for j in 0..log_variance.ncols() {
                    let d_z = d[[sentence, column + j]];
                    let deviation = (0.5 * log_variance[[row, j]]).exp();
                    d_mean[[row, j]] += d_z;
                    d_log_variance[[row, j]] += d_z * 0.5 * deviation * epsilon[[sentence, column + j]];
                }
            }
            column += log_variance.ncols();
        }
    }

    /// Back through time; returns the gradient of the cell's input.
    fn of_cell(
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
            let mut d_alive = d_state.slice_mut(s![..alive, ..]);
            general_mat_mul(1.0, &d_step, net.tensor(id, 1), 1.0, &mut d_alive);
        }
        if let Some(init) = init {
            if is_lstm {
                d_state += &d_cell;
            }
            self.pass(init, When::Sentence, d_state);
        }
        let weights_only = |tensors: &mut [Array2<f32>]| {
            general_mat_mul(1.0, &d_recurrent.t(), &before, 1.0, &mut tensors[net.index(id, 1)]);
            let mut row = tensors[net.index(id, 3)].row_mut(0);
            row += &d_recurrent.sum_axis(Axis(0));
        };
        weights_only(&mut self.tensors);
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
