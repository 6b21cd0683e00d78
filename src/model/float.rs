//! The float forward pass, written once over the description of the network.

use super::activation::{activated, combined};
use super::product::add_product;
use super::unroll::Way;
use super::{BlockId, Layout, LoopId, ModelError, Network, Op, Over, Role, Schedule, Trace, Values, Weights};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A network with its weights in single precision.
#[derive(Debug, Clone)]
pub struct FloatNet {
    network: Network,
    schedule: Schedule,
    /// In the order of [`Network::tensors`]; a bias is one row.
    tensors: Vec<Array2<f32>>,
    /// Per block the indices of its tensors.
    of_block: Vec<Range<usize>>,
    distort: Option<Arc<dyn Distort>>,
}

/// What becomes of products that are not exact: those of converters.
pub trait Distort: std::fmt::Debug + Send + Sync {
    /// Adds to `products` [rows, outputs], which are those of `x` [rows, inputs] and matrix `tensor`
    /// with its bias, what they are off by.
    fn add(&self, tensor: usize, x: ArrayView2<'_, f32>, products: ArrayViewMut2<'_, f32>);
}

/// What training does to the values a cell or the vocabulary reads (dropout). Evaluation is
/// [`Exact`].
pub trait Perturb {
    /// May change `values` [rows, width], which `reader` is about to read as its input number `input` for the
    /// rows of its layout from `first` on.
    fn read(&mut self, reader: BlockId, input: usize, first: usize, values: ArrayViewMut2<'_, f32>);

    /// May change the means of moments `block`, a row per row of `layout`, which hold its `bias`.
    fn mean(&mut self, _block: BlockId, _means: ArrayViewMut2<'_, f32>, _bias: &Array2<f32>, _: &Layout) {}
}

/// No perturbation.
pub struct Exact;

impl Perturb for Exact {
    fn read(&mut self, _: BlockId, _: usize, _: usize, _: ArrayViewMut2<'_, f32>) {}
}

/// What a pass over the blocks of one loop starts from.
#[derive(Clone, Default)]
pub struct Pass<'a> {
    /// Which loop.
    pub over: LoopId,
    /// Tokens of the embeddings, one per row of the layout (none for a loop that runs once).
    pub tokens: &'a [u32],
    /// What inputs read, a frame per row of the layout.
    pub frames: Option<&'a Array2<f32>>,
    /// Standard normal draws of the latents [batch, width of z]; absent: z is the mean.
    pub epsilon: Option<&'a Array2<f32>>,
    /// The step before the first one; absent: initial states, and zeros.
    pub carry: Option<&'a Carry>,
    /// Draws were given: only what leads from them, or past them, to what is written. Latents of steps are drawn
    /// from their prior.
    pub given: bool,
    /// Standard normal draws of the latents of steps [rows, width of the draw]; absent: each is its mean.
    pub noise: Option<&'a Array2<f32>>,
    /// What latents of steps go towards [rows, width of the draw], and how far, one number a row, from 0 (not at all) to 1 (all the way).
    pub towards: Option<(&'a Array2<f32>, &'a [f32])>,
    /// The network is trained: what is there for that works too.
    pub training: bool,
}

/// What a loop goes on from: outputs [batch, width] of cells and of what is read a step later, and c of LSTMs.
pub type Carry = BTreeMap<BlockId, (Array2<f32>, Option<Array2<f32>>)>;

/// The rows of a layout that are evaluated together: all, or those of one step.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub range: Range<usize>,
    /// `None`: all steps.
    pub step: Option<usize>,
}

impl FloatNet {
    /// Joins a network and the weights checked against it.
    ///
    /// # Errors
    ///
    /// The weights are not those of the network.
    pub fn new(network: &Network, weights: &Weights) -> Result<Self, ModelError> {
        let tensors = weights.iter().map(|(name, t)| (name.to_string(), t.clone())).collect();
        let weights = Weights::checked("weights", tensors, network)?;
        let matrix = |(name, shape): (String, Vec<usize>)| {
            let rows = if shape.len() == 1 { 1 } else { shape[0] };
            let flat = weights.get(&name).to_shape((rows, shape[shape.len() - 1]));
            flat.expect("checked shapes").to_owned()
        };
        let tensors = network.tensors().into_iter().map(matrix).collect();
        Ok(Self::with_tensors(network, tensors))
    }

    /// Joins a network and its tensors in the order of [`Network::tensors`], a bias as one row.
    pub fn with_tensors(network: &Network, tensors: Vec<Array2<f32>>) -> Self {
        assert_eq!(network.tensors().len(), tensors.len(), "one matrix per tensor of the network");
        let mut of_block: Vec<Range<usize>> = Vec::new();
        let mut end = 0;
        for (id, block) in network.blocks.iter().enumerate() {
            let start = end;
            end += network.tensors_of(id).len();
            of_block.push(block.tied.map_or(start..end, |owner| of_block[owner].clone()));
        }
        let schedule = Schedule::new(network);
        FloatNet { network: network.clone(), schedule, tensors, of_block, distort: None }
    }

    /// The net of the network as it works when it has been trained.
    pub fn deployed(&self) -> FloatNet {
        let kept = (0..self.network.blocks.len()).filter(|&id| !self.network.blocks[id].only_train);
        let own = kept.filter(|&id| self.network.blocks[id].tied.is_none());
        let tensors = own.flat_map(|id| self.tensors[self.indices(id)].to_vec()).collect();
        FloatNet::with_tensors(&self.network.deployed(), tensors).distorted(self.distort.clone())
    }

    /// The same net with products that are off.
    pub fn distorted(self, distort: Option<Arc<dyn Distort>>) -> Self {
        FloatNet { distort, ..self }
    }

    /// What its products are off by.
    pub fn distortion(&self) -> Option<Arc<dyn Distort>> {
        self.distort.clone()
    }

    /// The description this net evaluates.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// When its blocks work.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// All tensors in the order of [`Network::tensors`], a bias as one row.
    pub fn tensors(&self) -> &[Array2<f32>] {
        &self.tensors
    }

    /// The same, for the optimiser to change.
    pub fn tensors_mut(&mut self) -> &mut [Array2<f32>] {
        &mut self.tensors
    }

    /// Index in [`Self::tensors`] of tensor `k` of `block`, in the order of [`Network::tensors`].
    pub fn index(&self, block: BlockId, k: usize) -> usize {
        self.of_block[block].start + k
    }

    /// The indices of all tensors of `block`.
    pub fn indices(&self, block: BlockId) -> Range<usize> {
        self.of_block[block].clone()
    }

    /// Tensor `k` of `block`.
    pub fn tensor(&self, block: BlockId, k: usize) -> &Array2<f32> {
        &self.tensors[self.index(block, k)]
    }

    /// The weights by name, as a checkpoint holds them.
    pub fn weights(&self) -> Weights {
        let names = self.network.tensors().into_iter();
        let tensors = names.zip(&self.tensors).map(|((name, shape), tensor)| {
            let shaped = tensor.to_shape(shape).expect("as built").to_owned();
            (name, shaped)
        });
        Weights::trusted(tensors.collect())
    }

    /// Evaluates, in the order of the schedule, every block of the loop of `pass` that has no values in `trace`
    /// yet; where z was given, not what leads to it alone.
    ///
    /// # Panics
    /// If a token is outside the vocabulary or a loop it reads was not evaluated.
    pub fn run(&self, pass: &Pass<'_>, trace: &mut Trace, perturb: &mut dyn Perturb) {
        let body = self.schedule.body(pass.over);
        for group in &body.groups {
            let open = |&id: &BlockId| {
                !trace.has(id)
                    && (!pass.given || self.schedule.writes(id))
                    && (pass.training || !self.network.blocks[id].only_train)
            };
            let open: Vec<BlockId> = group.blocks.iter().copied().filter(open).collect();
            if open.is_empty() {
                continue;
            }
            if group.stepwise {
                self.stepwise(&open, pass, trace, perturb);
                continue;
            }
            let rows = Rows { range: 0..trace.layout(pass.over).rows(), step: None };
            for id in open {
                let values = self.evaluate(id, pass, trace, &rows, perturb);
                trace.set(id, values);
            }
        }
    }

    /// Evaluates those of `wanted` that the loop of `over`, which runs once, has and that have no values in `trace` yet.
    pub(super) fn run_some(&self, over: LoopId, wanted: &[BlockId], trace: &mut Trace) {
        let rows = Rows { range: 0..trace.layout(over).rows(), step: None };
        let pass = Pass { over, ..Pass::default() };
        for id in self.schedule.body(over).blocks().filter(|id| wanted.contains(id)) {
            if !trace.has(id) {
                let values = self.evaluate(id, &pass, trace, &rows, &mut Exact);
                trace.set(id, values);
            }
        }
    }

    /// A group whose blocks read each other's steps before: one step after the other.
    fn stepwise(&self, group: &[BlockId], pass: &Pass<'_>, trace: &mut Trace, perturb: &mut dyn Perturb) {
        let layout = trace.layout(pass.over).clone();
        let over = self.schedule.body(pass.over).over;
        for at in 0..layout.steps() {
            let step = if over == Over::Backwards { layout.steps() - 1 - at } else { at };
            let rows = Rows { range: layout.step(step), step: Some(step) };
            for &id in group {
                let values = self.evaluate(id, pass, trace, &rows, perturb);
                trace.set_rows(id, layout.rows(), rows.range.clone(), values);
            }
        }
    }

    /// The values of block `id` for some rows of its layout.
    fn evaluate(
        &self,
        id: BlockId,
        pass: &Pass<'_>,
        trace: &Trace,
        rows: &Rows,
        perturb: &mut dyn Perturb,
    ) -> Values {
        match &self.network.blocks[id].op {
            Op::Embedding { .. } => Values::output(self.embed(id, &pass.tokens[rows.range.clone()])),
            Op::Input { .. } => {
                let frames = pass.frames.expect("a loop with inputs is given frames");
                Values::output(frames.slice(s![rows.range.clone(), ..]).to_owned())
            }
            Op::Cell { kind, init, .. } => {
                let input = self.joined(id, trace, pass, rows, perturb);
                let state = |h: &Array2<f32>| match self.network.memory_start(id) {
                    Some(start) => (h.clone(), Some(trace.get(start, Role::Output).clone())),
                    None => (h.clone(), Some(Array2::zeros(h.dim()))),
                };
                let start = match (pass.carry.and_then(|carry| carry.get(&id)), init) {
                    (Some(carried), _) => Some(carried.clone()),
                    (None, Some(init)) => Some(state(trace.get(*init, Role::Output))),
                    (None, None) => None,
                };
                let layout = trace.layout(pass.over);
                let backwards = self.schedule.body(pass.over).over == Over::Backwards;
                match rows.step {
                    None => self.cell(id, *kind, input, start, Way { layout, backwards }),
                    Some(step) => {
                        self.cell_step(id, *kind, input, (start, trace), Way { layout, backwards }, step)
                    }
                }
            }
            Op::Moments { clamp, .. } => {
                let input = self.joined(id, trace, pass, rows, perturb);
                let head = |k| self.affine(id, k, Some(k + 1), input.view());
                let (mut mean, mut log_variance) = (head(0), head(2));
                perturb.mean(id, mean.view_mut(), self.tensor(id, 1), trace.layout(pass.over));
                if let Some(limit) = *clamp {
                    mean.mapv_inplace(|m| m.clamp(-limit, limit));
                    log_variance.mapv_inplace(|lv| lv.clamp(-limit, limit));
                }
                Values::output(mean).with(Role::LogVariance, log_variance)
            }
            Op::Draw { posterior, prior } => self.draw(id, (*posterior, *prior), trace, pass, rows),
            Op::Values { .. } | Op::Auxiliary { .. } => {
                let input = self.joined(id, trace, pass, rows, perturb);
                let head = |k| self.affine(id, k, Some(k + 1), input.view());
                Values::output(head(0)).with(Role::LogVariance, head(2)).with(Role::Input, input)
            }
            Op::Latent { moments, steps } => self.latent(id, moments, *steps, trace, pass),
            Op::Linear { bias, activation, .. } => {
                let input = self.joined(id, trace, pass, rows, perturb);
                let product = self.affine(id, 0, bias.then_some(1), input.view());
                Values::output(activated(*activation, product)).with(Role::Input, input)
            }
            Op::Elementwise { function, .. } => {
                let inputs: Vec<Array2<f32>> = self.parts(id, trace, pass.carry, rows);
                Values::output(combined(*function, &inputs))
            }
            Op::Slice { from, size, .. } => {
                let whole = &self.parts(id, trace, pass.carry, rows)[0];
                Values::output(whole.slice(s![.., *from..from + size]).to_owned())
            }
            Op::Flow { latent, .. } if pass.given => {
                Values::output(trace.get(*latent, Role::Output).slice(s![rows.range.clone(), ..]).to_owned())
            }
            Op::Accumulate { steps, .. } => {
                let input = self.parts(id, trace, pass.carry, rows).remove(0);
                self.accumulate(id, *steps, input, trace, rows)
            }
            Op::Flow { .. } | Op::Join { .. } => {
                let parts = self.parts(id, trace, pass.carry, rows);
                let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
                Values::output(ndarray::concatenate(Axis(1), &views).expect("one batch"))
            }
            Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                let input = self.joined(id, trace, pass, rows, perturb);
                let logits = self.affine(id, 0, Some(1), input.view());
                Values::output(logits).with(Role::Input, input)
            }
        }
    }

    fn embed(&self, id: BlockId, tokens: &[u32]) -> Array2<f32> {
        let rows: Vec<usize> = tokens.iter().map(|&t| t as usize).collect();
        self.tensor(id, 0).select(Axis(0), &rows)
    }

    /// What block `id` reads, its inputs side by side.
    fn joined(
        &self,
        id: BlockId,
        trace: &Trace,
        pass: &Pass<'_>,
        rows: &Rows,
        perturb: &mut dyn Perturb,
    ) -> Array2<f32> {
        let mut parts = self.parts(id, trace, pass.carry, rows);
        for (input, part) in parts.iter_mut().enumerate() {
            perturb.read(id, input, rows.range.start, part.view_mut());
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => {
                let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
                ndarray::concatenate(Axis(1), &views).expect("one layout")
            }
        }
    }

    fn parts(&self, id: BlockId, trace: &Trace, carry: Option<&Carry>, rows: &Rows) -> Vec<Array2<f32>> {
        let edges = self.network.edges(id).into_iter();
        edges.map(|edge| self.read(trace, (id, edge), Role::Output, carry, rows).into_owned()).collect()
    }

    /// x W^T + b with tensors `weight` and `bias` of `block`, a row of x per row of the result.
    pub(super) fn affine(
        &self,
        block: BlockId,
        weight: usize,
        bias: Option<usize>,
        x: ArrayView2<'_, f32>,
    ) -> Array2<f32> {
        let mut product = Array2::zeros((x.nrows(), self.tensor(block, weight).nrows()));
        if let Some(bias) = bias {
            product.assign(self.tensor(block, bias));
        }
        self.add_affine(block, weight, x, product.view_mut());
        product
    }

    /// Adds x W^T to `into`, which holds the bias.
    pub(super) fn add_affine(
        &self,
        block: BlockId,
        weight: usize,
        x: ArrayView2<'_, f32>,
        mut into: ArrayViewMut2<'_, f32>,
    ) {
        add_product(x, self.tensor(block, weight).t(), into.view_mut());
        if let Some(distort) = &self.distort {
            distort.add(self.index(block, weight), x, into);
        }
    }
}
