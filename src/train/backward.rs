//! Reverse-mode differentiation over the description of the network: the blocks in reverse order,
//! each [`Op`] with one rule.

use super::batch::Batch;
use super::batch_norm::BatchNorm;
use super::dropout::Dropout;
use super::objective::MomentGradients;
use crate::config::LatentSteps;
use crate::model::{
    BlockId, Combination, Edge, FloatNet, Group, Op, Over, Role, Source, Trace, Way, add_product, uncombined,
};
use ndarray::{Array2, Axis, Zip, s};
use std::collections::HashMap;
use std::ops::Range;

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
    /// Draws of the latents of steps [rows, width of the draw].
    pub noise: &'a Array2<f32>,
}

/// Gradients on their way back: per tensor, and per block with respect to its output.
pub(super) struct Backward<'a> {
    pub(super) forward: &'a Forward<'a>,
    pub(super) tensors: Vec<Array2<f32>>,
    pub(super) outputs: Vec<Option<Array2<f32>>>,
    /// Of the c of LSTMs that are taken back step by step [batch, hidden].
    pub(super) memories: HashMap<BlockId, Array2<f32>>,
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
    for group in forward.net.schedule().bodies().iter().rev().flat_map(|body| body.groups.iter().rev()) {
        back.group(group);
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
        Backward { forward, tensors, outputs, memories: HashMap::new(), moments }
    }
}

impl<'a> Backward<'a> {
    /// The gradient of the output of `id` so far, which the caller takes care of.
    pub(super) fn take(&mut self, id: BlockId) -> Option<Array2<f32>> {
        self.outputs[id].take()
    }

    /// The rules of a group; those who read it have had theirs.
    fn group(&mut self, group: &Group) {
        if !group.stepwise {
            for &id in &group.blocks {
                self.rule(id, &self.all(id));
            }
            return;
        }
        let way = self.way(group.blocks[0]);
        let steps: Vec<usize> = way.steps().collect();
        for &step in steps.iter().rev() {
            let rows = way.layout.step(step);
            for &id in group.blocks.iter().rev() {
                match self.forward.net.network().blocks[id].op {
                    Op::Cell { kind, init, .. } => self.of_cell_step(id, kind, init, (step, way)),
                    _ => self.rule(id, &rows),
                }
            }
        }
    }

    /// Every row of block `id`.
    pub(super) fn all(&self, id: BlockId) -> Range<usize> {
        0..self.forward.net.layout_of(self.forward.trace, id).rows()
    }

    /// The steps of the loop of block `id`, as they were made.
    pub(super) fn way(&self, id: BlockId) -> Way<'a> {
        let Forward { net, trace, .. } = *self.forward;
        let backwards = net.network().over(id) == Over::Backwards;
        Way { layout: net.layout_of(trace, id), backwards }
    }

    /// The rule of block `id` for some of its rows.
    pub(super) fn rule(&mut self, id: BlockId, rows: &Range<usize>) {
        let net = self.forward.net;
        let whole = *rows == self.all(id);
        let gradient = match whole {
            true => self.outputs[id].take(),
            false => self.outputs[id].as_ref().map(|d| d.slice(s![rows.clone(), ..]).to_owned()),
        };
        match (&net.network().blocks[id].op, gradient) {
            (Op::Moments { clamp, .. }, gradient) => self.of_moments(id, rows, *clamp, gradient),
            (_, None) | (Op::Input { .. }, Some(_)) => {}
            (Op::Embedding { .. }, Some(d)) => self.of_embedding(id, rows, &d),
            (Op::Cell { kind, init, .. }, Some(d)) => {
                let d_input = self.of_cell(id, *kind, *init, d);
                self.read_back(id, rows.start, &d_input);
            }
            (Op::Latent { moments, steps }, Some(d)) => self.of_latent(id, moments, *steps, &d),
            (Op::Draw { posterior, .. }, Some(d)) => self.of_draw(id, *posterior, rows, &d),
            (Op::Linear { bias, activation, .. }, Some(mut d)) => {
                if !activation.is_none() {
                    let made = self.forward.trace.get(id, Role::Output);
                    let slope = |d: &mut f32, y: &f32| *d *= activation.slope(*y);
                    Zip::from(&mut d).and(made.slice(s![rows.clone(), ..])).for_each(slope);
                }
                self.of_head(id, rows, bias.then_some(1), &d);
            }
            (Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. }, Some(d)) => {
                self.of_head(id, rows, Some(1), &d)
            }
            (Op::Values { .. } | Op::Auxiliary { .. }, Some(d)) => self.of_values(id, &d),
            (Op::Elementwise { function, .. }, Some(d)) => self.of_elementwise(id, rows, *function, &d),
            (Op::Slice { input, from, size }, Some(d)) => {
                let mut whole = Array2::zeros((d.nrows(), net.network().width(input.block)));
                whole.slice_mut(s![.., *from..from + size]).assign(&d);
                self.pass((id, *input), rows.start, whole);
            }
            (Op::Accumulate { input, steps }, Some(d)) => self.of_sum(id, *input, *steps, rows, d),
            (Op::Flow { .. } | Op::Join { .. }, Some(d)) => {
                let mut first = 0;
                for edge in net.network().edges(id) {
                    let end = first + net.network().width(edge.block);
                    self.pass((id, edge), rows.start, d.slice(s![.., first..end]).to_owned());
                    first = end;
                }
            }
        }
    }

    /// A sum over steps so far: what reaches one goes to all steps before it, last step first. `d` is the gradient of the
    /// output in `rows`; that of the sum travels from step to step [batch, width].
    fn of_sum(
        &mut self,
        id: BlockId,
        input: Edge,
        steps: LatentSteps,
        rows: &Range<usize>,
        mut d: Array2<f32>,
    ) {
        let way = self.way(id);
        let counts = way.counts();
        for (mut row, count) in d.outer_iter_mut().zip(&counts[rows.clone()]) {
            row *= steps.share(*count);
        }
        let mut reached =
            self.memories.remove(&id).unwrap_or_else(|| Array2::zeros((way.layout.batch(), d.ncols())));
        let made: Vec<usize> = way.steps().collect();
        for &step in made.iter().rev() {
            let here = way.layout.step(step);
            if here.start < rows.start || here.end > rows.end || here.is_empty() {
                continue;
            }
            let mut sum = reached.slice_mut(s![..here.len(), ..]);
            let mut own = d.slice_mut(s![here.start - rows.start..here.end - rows.start, ..]);
            sum += &own;
            own.assign(&sum);
        }
        self.memories.insert(id, reached);
        self.pass((id, input), rows.start, d);
    }

    /// A product of what the block read, rows `rows`.
    fn of_head(&mut self, id: BlockId, rows: &Range<usize>, bias: Option<usize>, d: &Array2<f32>) {
        let input = self.forward.trace.get(id, Role::Input);
        let d_read = if rows.len() == input.nrows() {
            self.of_product(id, 0, bias, d, input)
        } else {
            self.of_product(id, 0, bias, d, &input.slice(s![rows.clone(), ..]).to_owned())
        };
        self.read_back(id, rows.start, &d_read);
    }

    /// `d` is the gradient of means and log-variances, side by side.
    fn of_values(&mut self, id: BlockId, d: &Array2<f32>) {
        let input = self.forward.trace.get(id, Role::Input);
        let (d_mean, d_log_variance) = d.view().split_at(Axis(1), d.ncols() / 2);
        let mut d_read = self.of_product(id, 0, Some(1), &d_mean.to_owned(), input);
        d_read += &self.of_product(id, 2, Some(3), &d_log_variance.to_owned(), input);
        self.read_back(id, 0, &d_read);
    }

    fn of_elementwise(&mut self, id: BlockId, rows: &Range<usize>, function: Combination, d: &Array2<f32>) {
        let Forward { net, trace, .. } = *self.forward;
        let edges = net.network().edges(id);
        let seen = |&edge: &Edge| net.seen_rows(trace, (id, edge), rows).into_owned();
        let inputs: Vec<Array2<f32>> = edges.iter().map(seen).collect();
        for (edge, d) in edges.into_iter().zip(uncombined(function, &inputs, d.view())) {
            self.pass((id, edge), rows.start, d);
        }
    }

    /// Takes the gradient of what block `id` read in its rows from `first` on back to the blocks that made it.
    pub(super) fn read_back(&mut self, id: BlockId, first: usize, d_read: &Array2<f32>) {
        let network = self.forward.net.network();
        let mut from = 0;
        for (input, edge) in network.edges(id).into_iter().enumerate() {
            let to = from + network.width(edge.block);
            let mut part = d_read.slice(s![.., from..to]).to_owned();
            from = to;
            self.forward.dropout.backward((id, input), first, part.view_mut());
            self.pass((id, edge), first, part);
        }
    }

    /// Adds the gradient of what `reader` saw of an edge, rows `first` on, to that of the source's output.
    pub(super) fn pass(&mut self, (reader, edge): (BlockId, Edge), first: usize, gradient: Array2<f32>) {
        let Forward { net, trace, .. } = *self.forward;
        let rows = net.layout_of(trace, edge.block).rows();
        let same = matches!(net.source(trace, reader, edge), Source::Same) && gradient.nrows() == rows;
        match &mut self.outputs[edge.block] {
            empty @ None if same => *empty = Some(gradient),
            sum => {
                let sum = sum.get_or_insert_with(|| Array2::zeros((rows, gradient.ncols())));
                net.unread(trace, (reader, edge), first, gradient.view(), sum.view_mut());
            }
        }
    }

    /// Adds to the gradient of the output of `block`.
    pub(super) fn add(&mut self, block: BlockId, gradient: Array2<f32>) {
        match &mut self.outputs[block] {
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

    fn of_embedding(&mut self, id: BlockId, rows: &Range<usize>, d: &Array2<f32>) {
        let Forward { net, batch, .. } = *self.forward;
        let tokens = &batch.tokens(net.network().over(id))[rows.clone()];
        let table = &mut self.tensors[net.index(id, 0)];
        for (&token, part) in tokens.iter().zip(d.axis_iter(Axis(0))) {
            let mut row = table.row_mut(token as usize);
            row += &part;
        }
    }

    fn of_moments(
        &mut self,
        id: BlockId,
        rows: &Range<usize>,
        clamp: Option<f32>,
        gradient: Option<Array2<f32>>,
    ) {
        let Forward { net, trace, .. } = *self.forward;
        // Moments without a term of their own still have the gradient of who reads them.
        let own = match *rows == self.all(id) {
            true => self.moments.remove(&id),
            false => self.moments.get(&id).map(|(mean, log_variance)| {
                let cut = |d: &Array2<f32>| d.slice(s![rows.clone(), ..]).to_owned();
                (cut(mean), cut(log_variance))
            }),
        };
        let of_readers =
            || gradient.as_ref().map(|read| (Array2::zeros(read.dim()), Array2::zeros(read.dim())));
        let Some((mut d_mean, mut d_log_variance)) = own.or_else(of_readers) else { return };
        if let Some(read) = gradient {
            d_mean += &read;
        }
        if let Some(limit) = clamp {
            for (d, role) in [(&mut d_mean, Role::Output), (&mut d_log_variance, Role::LogVariance)] {
                let made = trace.get(id, role).slice(s![rows.clone(), ..]);
                Zip::from(d).and(made).for_each(|d, made| *d *= f32::from(u8::from(made.abs() < limit)));
            }
        }
        let x = net.seen_by_rows(trace, id, rows).into_owned();
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
        self.read_back(id, rows.start, &d_x);
    }

    /// z = mean + exp(log_variance / 2) noise of the posterior, step by step, or once a sentence.
    fn of_draw(&mut self, id: BlockId, posterior: BlockId, rows: &Range<usize>, d: &Array2<f32>) {
        let Forward { net, trace, noise, .. } = *self.forward;
        let log_variance = trace.get(posterior, Role::LogVariance);
        let source = net.source(trace, id, posterior.into());
        let (d_mean, d_log_variance) = self.moments.get_mut(&posterior).expect("a draw has a KL term");
        for (row, d) in rows.clone().zip(d.outer_iter()) {
            let made = match &source {
                Source::Same => row,
                Source::At(at) => at[row].expect("a sentence has a posterior at its turn"),
            };
            for (j, d_z) in d.iter().enumerate() {
                d_mean[[made, j]] += d_z;
                d_log_variance[[made, j]] +=
                    d_z * 0.5 * (0.5 * log_variance[[made, j]]).exp() * noise[[row, j]];
            }
        }
    }

    /// z = mean + exp(log_variance / 2) epsilon at the last step, or of the sums over all steps.
    fn of_latent(&mut self, id: BlockId, moments: &[BlockId], steps: LatentSteps, d: &Array2<f32>) {
        let Forward { net, trace, epsilon, .. } = *self.forward;
        let network = net.network();
        let first = network.latent_part(moments[0]).start;
        for &block in moments {
            let of_noise = network.latent_part(block).start;
            let column = of_noise - first;
            let layout = net.layout_of(trace, block);
            let backwards = network.over(block) == Over::Backwards;
            let log_variance = trace.get(block, Role::LogVariance);
            let of_z = net.of_steps(trace, (id, block), Role::LogVariance, steps);
            let (d_mean, d_log_variance) = self.moments.get_mut(&block).expect("every block");
            for (row, sentence) in layout.pack(|sentence, _| sentence).into_iter().enumerate() {
                let last = if backwards { layout.row(sentence, 0) } else { layout.last(sentence) };
                if steps.is_last() && row != last {
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
