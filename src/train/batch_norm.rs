//! Means of z that keep their deviation within a batch (BN-VAE: Zhu et al., ACL 2020): mean =
//! gamma (u - E u) / sqrt(Var u) + bias, with u = W h of the last steps of the batch's sentences.
//!
//! gamma is fixed, so the KL of a dimension is at least gamma^2 / 2 on average. What is trained is an
//! ordinary head: with the statistics of training sentences the normalisation folds into its weights
//! ([`folded`]), and neither the model folder nor the hardware knows of it.

use crate::model::{BlockId, Exact, FloatNet, Layout, Network, Over, Pass, Role, Trace};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};
use std::collections::HashMap;

/// Added to variances. PyTorch's modules add 1e-5; a small head that starts below that would be free
/// to shrink, and its KL with it.
const EPSILON: f32 = 1e-10;
/// Sentences whose statistics a head is folded with.
const SENTENCES: usize = 1024;

/// The normalisation of one batch, kept for the way back.
pub struct BatchNorm {
    gamma: f32,
    /// With what their loops go over.
    blocks: HashMap<BlockId, Over>,
    seen: HashMap<BlockId, Seen>,
}

struct Seen {
    /// (u - E u) / sqrt(Var u) of every row.
    normal: Array2<f32>,
    deviation: Array1<f32>,
    last: Vec<usize>,
}

impl BatchNorm {
    /// Of the moments `blocks` that z is made of.
    pub fn new(gamma: f32, network: &Network) -> Self {
        let blocks = network.latent_moments().iter().map(|&block| (block, network.over(block))).collect();
        BatchNorm { gamma, blocks, seen: HashMap::new() }
    }

    pub fn forward(
        &mut self,
        block: BlockId,
        mut means: ArrayViewMut2<'_, f32>,
        bias: &Array2<f32>,
        layout: &Layout,
    ) {
        let Some(&over) = self.blocks.get(&block) else { return };
        means -= bias;
        let last: Vec<usize> = (0..layout.batch()).map(|sentence| last(layout, over, sentence)).collect();
        let (mean, deviation) = statistics(means.select(Axis(0), &last).view());
        let normal = (&means - &mean) / &deviation;
        means.assign(&(&normal * self.gamma + bias));
        self.seen.insert(block, Seen { normal, deviation, last });
    }

    /// Turns the gradient of the means of `block` into that of u; returns that of the bias. `None`
    /// for a block that is not normalised.
    pub fn backward(&self, block: BlockId, d: &mut Array2<f32>) -> Option<Array2<f32>> {
        let Seen { normal, deviation, last } = self.seen.get(&block)?;
        let d_bias = d.sum_axis(Axis(0)).insert_axis(Axis(0));
        // All rows move with the statistics, which only the last rows make.
        let d_mean = &d_bias / last.len() as f32;
        let d_deviation = (&*d * normal).sum_axis(Axis(0)) / last.len() as f32;
        for &row in last {
            let shift = &d_mean.row(0) + &(&d_deviation * &normal.row(row));
            let mut row = d.row_mut(row);
            row -= &shift;
        }
        *d *= &(self.gamma / deviation);
        Some(d_bias)
    }
}

/// The row of a sentence that is made last.
fn last(layout: &Layout, over: Over, sentence: usize) -> usize {
    match over {
        Over::Backwards => layout.row(sentence, 0),
        Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => layout.last(sentence),
    }
}

/// Mean and deviation of every column.
fn statistics(rows: ArrayView2<'_, f32>) -> (Array1<f32>, Array1<f32>) {
    let mean = rows.mean_axis(Axis(0)).expect("a batch has sentences");
    let variance = rows.var_axis(Axis(0), 0.0);
    (mean, variance.mapv(|v| (v + EPSILON).sqrt()))
}

/// `net` with heads that make by themselves what the normalisation makes of these sentences.
pub fn folded(net: &FloatNet, gamma: f32, sentences: &[Vec<u32>]) -> FloatNet {
    let every = sentences.len().div_ceil(SENTENCES).max(1);
    let chosen: Vec<&Vec<u32>> = sentences.iter().step_by(every).collect();
    let network = net.network();
    let mut lasts: HashMap<BlockId, Vec<f32>> = HashMap::new();
    for sentence in &chosen {
        let layout = Layout::new(vec![sentence.len()]);
        let mut trace = Trace::new(network, layout, Layout::new(vec![1]));
        for body in net.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            net.run(&Pass { over: body.id, tokens: sentence, ..Pass::default() }, &mut trace, &mut Exact);
        }
        for &block in network.latent_moments() {
            let means = trace.get(block, Role::Output);
            let row = last(net.layout_of(&trace, block), network.over(block), 0);
            lasts.entry(block).or_default().extend(means.row(row));
        }
    }
    let mut folded = net.clone();
    for (block, values) in lasts {
        let bias = net.tensor(block, 1).clone();
        let rows = Array2::from_shape_vec((chosen.len(), bias.ncols()), values).expect("a row a sentence");
        let (mean, deviation) = statistics((rows - &bias).view());
        let scale = gamma / &deviation;
        let (weight, at) = (net.index(block, 0), net.index(block, 1));
        folded.tensors_mut()[weight] *= &scale.clone().insert_axis(Axis(1));
        folded.tensors_mut()[at] -= &(mean * scale);
    }
    folded
}
