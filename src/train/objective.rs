//! The loss of a batch and its gradients at the outputs of the network (models.md 1a, 1b).

use crate::config::{KlSchedule, KlShape, Train};
use crate::model::{
    BlockId, LOG_VARIANCE_LIMIT, Layout, Network, Op, Over, Role, Trace, bits_nll, exponentials,
    gaussian_nll, kl_between, largest, tanh,
};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Sums over the sentences of a batch or an epoch, in nats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// -ln p(what is predicted | z).
    pub reconstruction: f64,
    /// KL averaged over the steps, levels weighted.
    pub step_kl: f64,
    /// KL of z at the last step.
    pub last_kl: f64,
    /// KL of the latents of all steps to their priors.
    #[serde(default)]
    pub draw_kl: f64,
    /// -ln of the density of what latents must foretell.
    #[serde(default)]
    pub auxiliary: f64,
    /// -ln p(the word that a level comes to next, going backwards).
    #[serde(default)]
    pub reverse: f64,
    /// -ln p(the label of a sentence that has one), beside its words.
    #[serde(default)]
    pub label: f64,
    /// Squares by which initial states exceed the limit.
    #[serde(default)]
    pub start_excess: f64,
    /// That it is the sum over.
    pub sentences: usize,
    /// Tokens, labels or numbers predicted.
    pub tokens: usize,
}

impl Losses {
    /// Adds those of another batch.
    pub fn add(&mut self, other: &Losses) {
        self.reconstruction += other.reconstruction;
        self.step_kl += other.step_kl;
        self.last_kl += other.last_kl;
        self.draw_kl += other.draw_kl;
        self.auxiliary += other.auxiliary;
        self.reverse += other.reverse;
        self.label += other.label;
        self.start_excess += other.start_excess;
        self.sentences += other.sentences;
        self.tokens += other.tokens;
    }
}

/// Weight of all KL terms after `epochs` (a fraction of epochs done).
pub fn kl_weight(train: &Train, epochs: f32) -> f32 {
    let warm = train.kl_warmup_epochs.max(f32::MIN_POSITIVE);
    let risen = match train.kl_schedule {
        KlSchedule::Constant => 1.0,
        KlSchedule::Linear => epochs / warm,
        KlSchedule::Cyclical if train.kl_cycles > 0 && epochs >= warm * train.kl_cycles as f32 => 1.0,
        KlSchedule::Cyclical => (epochs % warm) / warm / train.kl_ratio,
    };
    if risen >= 1.0 {
        return 1.0;
    }
    let linear = train.kl_start + (1.0 - train.kl_start) * risen;
    match train.kl_shape {
        KlShape::Linear => linear,
        KlShape::Sigmoid => 1.0 / (1.0 + (6.0 - 12.0 * linear).exp()),
        KlShape::Cosine => 0.5 - 0.5 * (std::f32::consts::PI * linear).cos(),
    }
}

/// What scales the terms of the objective beside the likelihood, at one moment of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TermWeights {
    /// Of all KL terms.
    pub kl: f32,
    /// Of what is there for training alone.
    pub auxiliary: f32,
}

impl TermWeights {
    /// Those after `epochs` (a fraction of epochs done).
    pub fn at(train: &Train, epochs: f32) -> TermWeights {
        let risen = match train.auxiliary_epochs {
            none if none <= 0.0 => 0.0,
            all => (epochs / all).min(1.0),
        };
        let auxiliary = train.auxiliary + (train.auxiliary_end - train.auxiliary) * risen;
        TermWeights { kl: kl_weight(train, epochs), auxiliary }
    }

    /// Of the KL terms alone.
    pub const fn of_kl(kl: f32) -> TermWeights {
        TermWeights { kl, auxiliary: 0.0 }
    }
}

/// What nothing is predicted of.
pub const NO_TARGET: u32 = u32::MAX;

/// Cross entropy of `targets` under `logits`, summed, and its gradient with respect to the
/// logits, times `scale`, in their place. A row whose target is [`NO_TARGET`] counts for nothing.
pub fn cross_entropy(logits: &mut Array2<f32>, targets: &[u32], scale: f32) -> f64 {
    let of_row = |(mut row, &target): (ArrayViewMut1<'_, f32>, &u32)| {
        let row = row.as_slice_mut().expect("built row by row");
        if target == NO_TARGET {
            row.fill(0.0);
            return 0.0;
        }
        let top = largest(row);
        let wanted = row[target as usize] - top;
        let sum = exponentials(row, top);
        let normal = scale / sum as f32;
        row.iter_mut().for_each(|value| *value *= normal);
        row[target as usize] -= scale;
        sum.ln() - f64::from(wanted)
    };
    let rows = logits.axis_iter_mut(Axis(0)).into_par_iter().zip(targets);
    // Summed in one order, whoever made them.
    rows.map(of_row).collect::<Vec<f64>>().iter().sum()
}

/// -ln of the probability of `bits` (0 or 1) under independent logits, summed, and its gradient with respect to the
/// logits, times `scale`, in their place: (1 / (1 + e^-l) - x) `scale`. A row without bits counts for nothing.
pub fn binary_cross_entropy(
    logits: &mut Array2<f32>,
    bits: &[Option<ArrayView1<'_, f32>>],
    scale: f32,
) -> f64 {
    let of_row = |(mut row, bits): (ArrayViewMut1<'_, f32>, &Option<ArrayView1<'_, f32>>)| {
        let Some(bits) = *bits else {
            row.fill(0.0);
            return 0.0;
        };
        let loss = bits_nll(row.view(), bits);
        ndarray::Zip::from(&mut row).and(bits).for_each(|l, x| *l = scale * (1.0 / (1.0 + (-*l).exp()) - x));
        loss
    };
    let rows = logits.axis_iter_mut(Axis(0)).into_par_iter().zip(bits);
    // Summed in one order, whoever made them.
    rows.map(of_row).collect::<Vec<f64>>().iter().sum()
}

/// -ln of the density of `values` under Gaussians, summed, and its gradients with respect to means and
/// log-variances, side by side, times `scale`.
pub fn misfit(
    mean: &Array2<f32>,
    log_variance: &Array2<f32>,
    values: ArrayView2<'_, f32>,
    scale: f32,
) -> (f64, Array2<f32>) {
    let width = mean.ncols();
    let (mut sum, mut gradient) = (0.0, Array2::zeros((mean.nrows(), 2 * width)));
    for ((row, j), &m) in mean.indexed_iter() {
        let (lv, y) = (log_variance[[row, j]], values[[row, j]]);
        sum += gaussian_nll(m, lv, y);
        let inside = lv.abs() < LOG_VARIANCE_LIMIT;
        let precision = (-lv.clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)).exp();
        gradient[[row, j]] = scale * (m - y) * precision;
        gradient[[row, width + j]] =
            if inside { scale * 0.5 * (1.0 - (m - y) * (m - y) * precision) } else { 0.0 };
    }
    (sum, gradient)
}

/// Gradients of the KL terms with respect to mean and log-variance of each moments block.
pub type MomentGradients = HashMap<BlockId, (Array2<f32>, Array2<f32>)>;

/// The KL terms of a batch, added to `losses`, and their gradients times `scale`.
///
/// step: 1/T sum over blocks and their steps of `kl_weight` KL_t, times `step_kl`; last: KL of z, times
/// `last_step_kl`, but not for a dimension whose batch mean is below `free_nats`, and not at all
/// while the batch mean of all dimensions is below `free_nats_of_z`.
pub fn divergence(
    network: &Network,
    trace: &Trace,
    train: &Train,
    scale: f32,
    losses: &mut Losses,
) -> MomentGradients {
    let Some(z) = network.latent() else { return MomentGradients::new() };
    let batch = trace.layout(network.blocks[z].within).batch() as f32;
    let last: HashMap<BlockId, Vec<f32>> =
        network.latent_moments().iter().map(|&block| (block, last_kl(network, trace, block))).collect();
    let of_z: f32 = network.latent_moments().iter().flat_map(|block| &last[block]).sum();
    // What a flow makes of z has a divergence of its own.
    let flows = network.flow().is_some();
    losses.last_kl += if flows { 0.0 } else { f64::from(of_z) };
    let z_is_charged = !flows && of_z / batch >= train.free_nats_of_z;

    let mut gradients = MomentGradients::new();
    for block in network.moments() {
        let kl_weight = network.kl_weight(block);
        let layout = trace.layout(network.blocks[block].within);
        let step_scale = layout.pack(|sentence, _| 1.0 / layout.length(sentence) as f32);
        let mean = trace.get(block, Role::Output);
        let log_variance = trace.get(block, Role::LogVariance);
        let mut d_mean = Array2::zeros(mean.dim());
        let mut d_log_variance = Array2::zeros(mean.dim());
        let mut charge = |row: usize, dimension: usize, weight: f32| {
            let (m, lv) = (mean[[row, dimension]], log_variance[[row, dimension]]);
            d_mean[[row, dimension]] += weight * m;
            d_log_variance[[row, dimension]] += weight * 0.5 * (lv.exp() - 1.0);
        };
        for row in 0..layout.rows() {
            let per_step = kl_weight * step_scale[row];
            for dimension in 0..mean.ncols() {
                let kl = kl_term(mean[[row, dimension]], log_variance[[row, dimension]]);
                losses.step_kl += f64::from(per_step * kl);
                charge(row, dimension, scale * train.step_kl * per_step);
            }
        }
        for (dimension, kl) in last.get(&block).into_iter().flatten().enumerate() {
            if z_is_charged && kl / batch >= train.free_nats {
                for sentence in 0..layout.batch() {
                    charge(last_row(network, layout, block, sentence), dimension, scale * train.last_step_kl);
                }
            }
        }
        gradients.insert(block, (d_mean, d_log_variance));
    }
    gradients
}

/// The KL of the latents of all steps to their priors, added to `losses`, and its gradients times `scale`
/// with respect to the moments of both. Where a sentence is asked at every turn up to its own, the mean of these: what
/// TWR-VAE charges over the context of an answer (Li et al., 2020).
pub fn draw_divergence(
    network: &Network,
    trace: &Trace,
    scale: f32,
    losses: &mut Losses,
    gradients: &mut MomentGradients,
) {
    let Some((_, posterior, prior)) = network.draw() else { return };
    let of = |block: BlockId| (trace.get(block, Role::Output), trace.get(block, Role::LogVariance));
    let (mean, log_variance) = of(posterior);
    let shares = match network.over(posterior) {
        Over::Heard => {
            let heard = trace.turns().heard();
            heard.pack(|sequence, _| 1.0 / heard.length(sequence) as f32)
        }
        Over::Positions | Over::Backwards | Over::Once | Over::Turns | Over::Written => {
            vec![1.0; mean.nrows()]
        }
    };
    let given = prior.map(of);
    let zeros = || (Array2::<f32>::zeros(mean.dim()), Array2::<f32>::zeros(mean.dim()));
    let (mut d_q, mut d_p) = (zeros(), zeros());
    for (at, &m) in mean.indexed_iter() {
        let lv = log_variance[at];
        let (pm, plv) = given.map_or((0.0, 0.0), |(means, log_variances)| (means[at], log_variances[at]));
        let share = shares[at.0];
        let scale = scale * share;
        losses.draw_kl += f64::from(share) * kl_between((m, lv), (pm, plv));
        let (precision, ratio) = ((-plv).exp(), (lv - plv).exp());
        let pull = scale * (m - pm) * precision;
        d_q.0[at] = pull;
        d_q.1[at] = scale * 0.5 * (ratio - 1.0);
        d_p.0[at] = -pull;
        d_p.1[at] = scale * 0.5 * (1.0 - ratio - (m - pm) * (m - pm) * precision);
    }
    gradients.insert(posterior, d_q);
    if let Some(prior) = prior {
        gradients.insert(prior, d_p);
    }
}

/// -ln of the density of `target` under Gaussians with means tanh(`mean`), summed, and its gradients with respect
/// to `mean` and `log_variance`, side by side, times `scale`.
pub fn foretold(
    mean: &Array2<f32>,
    log_variance: &Array2<f32>,
    target: ArrayView2<'_, f32>,
    scale: f32,
) -> (f64, Array2<f32>) {
    let bent = mean.mapv(tanh);
    let (sum, mut gradient) = misfit(&bent, log_variance, target, scale);
    let width = mean.ncols();
    for ((row, j), y) in bent.indexed_iter() {
        gradient[[row, j]] *= 1.0 - y * y;
    }
    debug_assert_eq!(gradient.ncols(), 2 * width);
    (sum, gradient)
}

/// The squares by which initial states exceed `start_limit`, added to `losses`, and their
/// gradients times `scale` and `start_penalty`, by the block that makes the states.
pub fn start_excess(
    network: &Network,
    trace: &Trace,
    train: &Train,
    scale: f32,
    losses: &mut Losses,
) -> Vec<(BlockId, Array2<f32>)> {
    // Once each, whoever shares it.
    let starts: BTreeSet<BlockId> = network
        .blocks
        .iter()
        .filter_map(|block| match block.op {
            Op::Cell { init, .. } => init,
            _ => None,
        })
        .collect();
    let mut gradients = Vec::new();
    for block in starts.into_iter().filter(|_| train.start_penalty > 0.0) {
        let over =
            trace.get(block, Role::Output).mapv(|h| h - h.clamp(-train.start_limit, train.start_limit));
        losses.start_excess += over.iter().map(|x| f64::from(x * x)).sum::<f64>();
        gradients.push((block, over * (2.0 * scale * train.start_penalty)));
    }
    gradients
}

/// KL of one dimension to the standard normal.
fn kl_term(mean: f32, log_variance: f32) -> f32 {
    0.5 * (mean * mean + log_variance.exp() - 1.0 - log_variance)
}

/// The row that block `block` made last of a sentence.
pub(super) fn last_row(network: &Network, layout: &Layout, block: BlockId, sentence: usize) -> usize {
    match network.over(block) {
        Over::Backwards => layout.row(sentence, 0),
        Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => layout.last(sentence),
    }
}

/// KL of each dimension of a moments block at the last step, summed over the batch.
fn last_kl(network: &Network, trace: &Trace, block: BlockId) -> Vec<f32> {
    let layout = trace.layout(network.blocks[block].within);
    let (mean, log_variance) = (trace.get(block, Role::Output), trace.get(block, Role::LogVariance));
    let last = || (0..layout.batch()).map(|sentence| last_row(network, layout, block, sentence));
    let of = |j| last().map(|row| kl_term(mean[[row, j]], log_variance[[row, j]])).sum();
    (0..mean.ncols()).map(of).collect()
}

#[cfg(test)]
mod tests;
