//! The float forward pass, written once over the description of the network.

use super::product::add_product;
use super::{BlockId, Layout, ModelError, Network, Op, Role, Schedule, Trace, Values, Weights, When};
use crate::config::LatentSteps;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, CowArray, Ix2, s};
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
    /// May change `values` [rows, width of `source`], which `reader` is about to read.
    fn read(&mut self, reader: BlockId, source: BlockId, values: ArrayViewMut2<'_, f32>);

    /// May change the means of moments `block`, a row per row of `layout`, which hold its `bias`.
    fn mean(&mut self, _block: BlockId, _means: ArrayViewMut2<'_, f32>, _bias: &Array2<f32>, _: &Layout) {}
}

/// No perturbation.
pub struct Exact;

impl Perturb for Exact {
    fn read(&mut self, _: BlockId, _: BlockId, _: ArrayViewMut2<'_, f32>) {}
}

/// What a pass over the blocks of one [`When`] starts from.
pub struct Pass<'a> {
    pub when: When,
    /// Tokens of the embeddings, one per row of the layout (none for [`When::Sentence`]).
    pub tokens: &'a [u32],
    /// Standard normal draws of the latents [batch, width of z]; absent: z is the mean.
    pub epsilon: Option<&'a Array2<f32>>,
    /// States to go on from instead of the initial ones, by cell.
    pub carry: Option<&'a Carry>,
}

/// h and c [batch, hidden] of the cells of a phase, by block.
pub type Carry = BTreeMap<BlockId, (Array2<f32>, Option<Array2<f32>>)>;

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
        let names = network.tensors();
        assert_eq!(names.len(), tensors.len(), "one matrix per tensor of the network");
        let mut end = 0;
        let of_block = network.blocks.iter().map(|block| {
            let mine = |(name, _): &&(String, Vec<usize>)| {
                name.strip_prefix(&block.name).is_some_and(|rest| rest.starts_with('.'))
            };
            let start = end;
            end += names[start..].iter().take_while(mine).count();
            start..end
        });
        let of_block = of_block.collect();
        let schedule = Schedule::new(network);
        FloatNet { network: network.clone(), schedule, tensors, of_block, distort: None }
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

    /// Evaluates, in the order of the schedule, every block of `pass.when` that has no values in `trace`
    /// yet; where z was given, not what leads to it.
    ///
    /// # Panics
    /// If a token is outside the vocabulary or a phase it reads was not evaluated.
    pub fn run(&self, pass: &Pass<'_>, trace: &mut Trace, perturb: &mut dyn Perturb) {
        let z = self.network.latent();
        let first = if trace.has(z) && pass.when == When::Sentence { z } else { 0 };
        for id in self.schedule.body(pass.when).blocks() {
            if id < first || trace.has(id) {
                continue;
            }
            let values = match &self.network.blocks[id].op {
                Op::Embedding { .. } => Values::output(self.embed(id, pass.tokens)),
                Op::Cell { kind, inputs, init, .. } => {
                    let input = self.cell_input(id, inputs, trace, perturb);
                    let start = match (pass.carry, init) {
                        (Some(carry), _) => Some(carry[&id].clone()),
                        (None, Some(init)) => {
                            let h = trace.get(*init, Role::Output).clone();
                            Some((h.clone(), Some(h)))
                        }
                        (None, None) => None,
                    };
                    self.cell(id, *kind, input, start, trace.layout(pass.when))
                }
                Op::Moments { .. } => {
                    let input = self.read_all(trace, id);
                    let head = |k| self.affine(id, k, Some(k + 1), input.view());
                    let mut mean = head(0);
                    perturb.mean(id, mean.view_mut(), self.tensor(id, 1), trace.layout(pass.when));
                    Values::output(mean).with(Role::LogVariance, head(2))
                }
                Op::Latent { moments, steps } => self.latent(moments, *steps, trace, pass),
                Op::Linear { input, bias, .. } => {
                    let input = self.read(trace, *input, Role::Output, pass.when);
                    Values::output(self.affine(id, 0, bias.then_some(1), input.view()))
                }
                Op::Vocabulary { input } => {
                    let mut read = self.read(trace, *input, Role::Output, pass.when).into_owned();
                    perturb.read(id, *input, read.view_mut());
                    let logits = self.affine(id, 0, Some(1), read.view());
                    Values::output(logits).with(Role::Input, read)
                }
            };
            trace.set(id, values);
        }
    }

    fn embed(&self, id: BlockId, tokens: &[u32]) -> Array2<f32> {
        let rows: Vec<usize> = tokens.iter().map(|&t| t as usize).collect();
        self.tensor(id, 0).select(Axis(0), &rows)
    }

    /// The matrix of `source` with a row per row of a reader evaluated at `when`: a value made
    /// once per sentence is read at every step, a value made at every step is read once per
    /// sentence at the last step.
    pub fn read<'a>(
        &self,
        trace: &'a Trace,
        source: BlockId,
        role: Role,
        when: When,
    ) -> CowArray<'a, f32, Ix2> {
        let values = trace.get(source, role);
        let made = self.network.blocks[source].when;
        if made == when {
            return values.view().into();
        }
        let rows: Vec<usize> = match (made, when) {
            (When::Sentence, _) => trace.layout(when).pack(|sentence, _| sentence),
            (_, When::Sentence) => {
                let layout = trace.layout(made);
                (0..layout.batch()).map(|sentence| layout.last(sentence)).collect()
            }
            _ => panic!("a {when:?} block cannot read the {made:?} block {source}"),
        };
        values.select(Axis(0), &rows).into()
    }

    /// What block `id` reads, its inputs side by side.
    pub fn read_all<'a>(&self, trace: &'a Trace, id: BlockId) -> CowArray<'a, f32, Ix2> {
        let when = self.network.blocks[id].when;
        let inputs = self.network.inputs(id).into_iter();
        let mut parts: Vec<_> = inputs.map(|i| self.read(trace, i, Role::Output, when)).collect();
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(1), &views).expect("one layout").into()
    }

    fn cell_input(
        &self,
        id: BlockId,
        inputs: &[BlockId],
        trace: &Trace,
        perturb: &mut dyn Perturb,
    ) -> Array2<f32> {
        let when = self.network.blocks[id].when;
        let width = inputs.iter().map(|&i| self.network.width(i)).sum();
        let mut input = Array2::zeros((trace.layout(when).rows(), width));
        let mut from = 0;
        for &source in inputs {
            let to = from + self.network.width(source);
            let mut part = input.slice_mut(s![.., from..to]);
            part.assign(&self.read(trace, source, Role::Output, when));
            perturb.read(id, source, part);
            from = to;
        }
        input
    }

    /// z = mean + exp(log_variance / 2) * epsilon of each moments block, at the last step; or the
    /// mean or sum of such a z of every step, which is as one draw from what they come to.
    fn latent(&self, moments: &[BlockId], steps: LatentSteps, trace: &Trace, pass: &Pass<'_>) -> Values {
        let part = |role| {
            let parts: Vec<_> = moments.iter().map(|&m| self.of_steps(trace, m, role, steps)).collect();
            let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
            ndarray::concatenate(Axis(1), &views).expect("one batch")
        };
        let mut z = part(Role::Output);
        if let Some(epsilon) = pass.epsilon {
            let log_variance = part(Role::LogVariance);
            let first = self.network.latent_part(moments[0]).start;
            ndarray::Zip::from(&mut z)
                .and(&log_variance)
                .and(epsilon.slice(s![.., first..first + log_variance.ncols()]))
                .for_each(|z, lv, e| *z += (0.5 * lv).exp() * e);
        }
        Values::output(z)
    }

    /// Means or log-variances of the z of each sentence, of one moments block.
    pub fn of_steps(&self, trace: &Trace, block: BlockId, role: Role, steps: LatentSteps) -> Array2<f32> {
        if steps.is_last() {
            return self.read(trace, block, role, When::Sentence).into_owned();
        }
        let (values, layout) = (trace.get(block, role), trace.layout(self.network.blocks[block].when));
        let mut sums = Array2::zeros((layout.batch(), values.ncols()));
        for (sentence, row) in layout.pack(|sentence, _| sentence).into_iter().zip(values.outer_iter()) {
            let share = steps.share(layout.length(sentence));
            let add = |sum: &mut f32, v: &f32| match role {
                Role::LogVariance => *sum += share * share * v.exp(),
                _ => *sum += share * v,
            };
            ndarray::Zip::from(sums.row_mut(sentence)).and(&row).for_each(add);
        }
        if role == Role::LogVariance {
            sums.mapv_inplace(f32::ln);
        }
        sums
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
