//! Reverse-mode differentiation over the description of the network: the blocks in reverse order,
//! each [`Op`] with one rule.

use super::batch::Batch;
use super::batch_norm::BatchNorm;
use super::dropout::Dropout;
use super::objective::MomentGradients;
use crate::config::LatentSteps;
use crate::model::{BlockId, FloatNet, Op, Role, Trace, When, add_product};
use ndarray::{Array2, Axis, s};

/// What the rules read: the net, what it computed, and what was done to it on the way.
pub struct Forward<'a> {
    pub net: &'a FloatNet,
    pub trace: &'a Trace,
    pub dropout: &'a Dropout<'a>,
    /// Of the means of z, where they are normalised.
    pub norm: Option<&'a BatchNorm>,
    pub batch: &'a Batch,
    /// Draws of the latents [batch, width of z].
    pub epsilon: &'a Array2<f32>,
}

/// Gradients on their way back: per tensor, and per block with respect to its output.
pub(super) struct Backward<'a> {
    pub(super) forward: &'a Forward<'a>,
    pub(super) tensors: Vec<Array2<f32>>,
    outputs: Vec<Option<Array2<f32>>>,
    moments: MomentGradients,
}

/// Gradient of the loss with respect to every tensor, in the order of the net's tensors, from its
/// gradients with respect to the outputs of some blocks and to the moments.
pub fn backward(
    forward: &Forward<'_>,
    d_outputs: Vec<(BlockId, Array2<f32>)>,
    moments: MomentGradients,
) -> Vec<Array2<f32>> {
    let mut back = Backward::new(forward, d_outputs, moments, |_| true);
    for id in forward.net.schedule().order().rev() {
        back.block(id);
    }
    back.tensors
}

impl<'a> Backward<'a> {
    /// Nothing on its way yet but `d_outputs` and `moments`. Tensors that are not `wanted` have no place.
    pub(super) fn new(
        forward: &'a Forward<'a>,
        d_outputs: Vec<(BlockId, Array2<f32>)>,
        moments: MomentGradients,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let net = forward.net;
        let place = |(index, tensor): (usize, &Array2<f32>)| {
            Array2::zeros(if wanted(index) { tensor.dim() } else { (0, 0) })
        };
        let tensors = net.tensors().iter().enumerate().map(place).collect();
        let mut outputs = vec![None; net.network().blocks.len()];
        for (block, gradient) in d_outputs {
            outputs[block] = Some(gradient);
        }
        Backward { forward, tensors, outputs, moments }
    }
}

impl Backward<'_> {
    /// The gradient of the output of `id` so far, which the caller takes care of.
    pub(super) fn take(&mut self, id: BlockId) -> Option<Array2<f32>> {
        self.outputs[id].take()
    }

    /// The rule of block `id`; those that read it have had theirs.
    pub(super) fn block(&mut self, id: BlockId) {
        let Forward { net, trace, .. } = *self.forward;
        let block = &net.network().blocks[id];
        let gradient = self.outputs[id].take();
        match (&block.op, gradient) {
            (Op::Moments { .. }, gradient) => self.of_moments(id, gradient),
            (_, None) => {}
            (Op::Embedding { .. }, Some(d)) => self.of_embedding(id, &d),
            (Op::Cell { kind, init, .. }, Some(d)) => {
                let d_input = self.of_cell(id, *kind, *init, d);
                for (source, mut part) in self.parts(id, &d_input) {
                    self.forward.dropout.backward(id, source, part.view_mut());
                    self.pass(source, block.when, part);
                }
            }
            (Op::Latent { moments, steps }, Some(d)) => self.of_latent(moments, *steps, &d),
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

    /// The gradient of what block `id` read, source by source.
    fn parts(&self, id: BlockId, d_read: &Array2<f32>) -> Vec<(BlockId, Array2<f32>)> {
        let network = self.forward.net.network();
        let mut from = 0;
        let cut = |source: BlockId| {
            let part = d_read.slice(s![.., from..from + network.width(source)]).to_owned();
            from += network.width(source);
            (source, part)
        };
        network.inputs(id).into_iter().map(cut).collect()
    }

    /// Adds the gradient of what a reader at `when` saw of `source` to that of `source`'s output.
    pub(super) fn pass(&mut self, source: BlockId, when: When, gradient: Array2<f32>) {
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
    pub(super) fn of_product(
        &mut self,
        id: BlockId,
        weight: usize,
        bias: Option<usize>,
        d: &Array2<f32>,
        x: &Array2<f32>,
    ) -> Array2<f32> {
        let net = self.forward.net;
        let d_weight = &mut self.tensors[net.index(id, weight)];
        add_product(d.t(), x.view(), d_weight.view_mut());
        if let Some(bias) = bias {
            let mut row = self.tensors[net.index(id, bias)].row_mut(0);
            row += &d.sum_axis(Axis(0));
        }
        let mut d_x = Array2::zeros(x.dim());
        add_product(d.view(), net.tensor(id, weight).view(), d_x.view_mut());
        d_x
    }

    fn of_embedding(&mut self, id: BlockId, d: &Array2<f32>) {
        let Forward { net, batch, .. } = *self.forward;
        let tokens = batch.tokens(net.network().blocks[id].when);
        let table = &mut self.tensors[net.index(id, 0)];
        for (&token, part) in tokens.iter().zip(d.axis_iter(Axis(0))) {
            let mut row = table.row_mut(token as usize);
            row += &part;
        }
    }

    fn of_moments(&mut self, id: BlockId, gradient: Option<Array2<f32>>) {
        let Forward { net, trace, .. } = *self.forward;
        let when = net.network().blocks[id].when;
        // Moments without a term of their own still have the gradient of who reads them.
        let own = self.moments.remove(&id);
        let of_readers =
            || gradient.as_ref().map(|read| (Array2::zeros(read.dim()), Array2::zeros(read.dim())));
        let Some((mut d_mean, d_log_variance)) = own.or_else(of_readers) else { return };
        if let Some(read) = gradient {
            d_mean += &read;
        }
        let x = net.read_all(trace, id).into_owned();
        // Normalised means hold the bias, and what the head made does not.
        let bias = match self.forward.norm.and_then(|norm| norm.backward(id, &mut d_mean)) {
            Some(d_bias) => {
                self.tensors[net.index(id, 1)] += &d_bias;
                None
            }
            None => Some(1),
        };
        let mut d_x = self.of_product(id, 0, bias, &d_mean, &x);
        d_x += &self.of_product(id, 2, Some(3), &d_log_variance, &x);
        for (source, part) in self.parts(id, &d_x) {
            self.pass(source, when, part);
        }
    }

    /// z = mean + exp(log_variance / 2) epsilon at the last step, or of the sums over all steps.
    fn of_latent(&mut self, moments: &[BlockId], steps: LatentSteps, d: &Array2<f32>) {
        let Forward { net, trace, epsilon, .. } = *self.forward;
        let network = net.network();
        let first = network.latent_part(moments[0]).start;
        for &block in moments {
            let of_noise = network.latent_part(block).start;
            let column = of_noise - first;
            let layout = trace.layout(network.blocks[block].when);
            let log_variance = trace.get(block, Role::LogVariance);
            let of_z = net.of_steps(trace, block, Role::LogVariance, steps);
            let (d_mean, d_log_variance) = self.moments.get_mut(&block).expect("every block");
            for (row, sentence) in layout.pack(|sentence, _| sentence).into_iter().enumerate() {
                if steps.is_last() && row != layout.last(sentence) {
                    continue;
                }
                let share = steps.share(layout.length(sentence));
                for j in 0..log_variance.ncols() {
                    let d_z = d[[sentence, column + j]];
                    // Of the variance of z, this step has share^2 e^lv.
                    let part = share * share * (log_variance[[row, j]] - 0.5 * of_z[[sentence, j]]).exp();
                    d_mean[[row, j]] += share * d_z;
                    d_log_variance[[row, j]] += d_z * 0.5 * part * epsilon[[sentence, of_noise + j]];
                }
            }
        }
    }
}
