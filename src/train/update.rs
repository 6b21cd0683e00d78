//! One update: loss and gradients of a batch.

use super::backward::{Forward, backward};
use super::batch::Batch;
use super::batch_norm::BatchNorm;
use super::dropout::Dropout;
use super::flow::flow_divergence;
use super::objective::{
    Losses, TermWeights, binary_cross_entropy, cross_entropy, divergence, draw_divergence, foretold, misfit,
    start_excess,
};
use crate::config::Train;
use crate::model::{BlockId, FloatNet, Layout, Network, Op, Pass, Perturb, Random, Role, Trace};
use ndarray::{Array2, ArrayViewMut2};

/// Losses of the batch (sums over its sentences) and the gradient of the objective's mean over
/// them, per tensor. `weights` scale its terms; `random` draws dropout and latents.
pub fn loss_and_gradients(
    net: &FloatNet,
    batch: &Batch,
    train: &Train,
    weights: TermWeights,
    random: Random,
) -> (Losses, Vec<Array2<f32>>) {
    let network = net.network();
    let sentences = batch.encoder.batch();
    let (Draws { epsilon, noise }, mut training) = Training::new(network, batch, train, random);
    let layouts = (batch.encoder.clone(), batch.decoder.clone());
    let mut trace = Trace::of_turns(network, layouts.0, layouts.1, batch.turns.clone());
    for body in net.schedule().bodies() {
        let tokens = batch.tokens(body.over);
        let (epsilon, noise, frames) = (Some(&epsilon), Some(&noise), Some(batch.frames(body.over)));
        let pass = Pass { over: body.id, tokens, frames, epsilon, noise, training: true, ..Pass::default() };
        net.run(&pass, &mut trace, &mut training);
    }

    let tokens = batch.targets.len() + batch.values.len();
    let mut losses = Losses { sentences, tokens, ..Losses::default() };
    let scale = 1.0 / sentences as f32;
    let mut moments = divergence(network, &trace, train, scale * weights.kl, &mut losses);
    draw_divergence(network, &trace, scale * weights.kl, &mut losses, &mut moments);
    let mut d_outputs = start_excess(network, &trace, train, scale, &mut losses);
    let of_kl = scale * weights.kl;
    d_outputs.extend(flow_divergence(network, &trace, train, &epsilon, of_kl, &mut losses, &mut moments));
    for head in network.heads() {
        let mut output = trace.take(head, Role::Output);
        match network.blocks[head].op {
            Op::Values { .. } => {
                let log_variance = trace.take(head, Role::LogVariance);
                let (loss, gradient) = misfit(&output, &log_variance, batch.values.view(), scale);
                losses.reconstruction = loss;
                d_outputs.push((head, gradient));
            }
            Op::Bits { .. } => {
                losses.reconstruction = binary_cross_entropy(&mut output, &batch.next_frames(), scale);
                d_outputs.push((head, output));
            }
            Op::Label { .. } if !batch.labels.is_empty() => {
                losses.label = cross_entropy(&mut output, &batch.labels, scale * train.label_weight);
                d_outputs.push((head, output));
            }
            _ => {
                losses.reconstruction = cross_entropy(&mut output, &batch.targets, scale);
                d_outputs.push((head, output));
            }
        }
    }
    d_outputs.extend(for_training(net, batch, &mut trace, scale * weights.auxiliary, &mut losses));
    let forward = Forward {
        net,
        trace: &trace,
        dropout: &training.dropout,
        norm: training.norm.as_ref(),
        batch,
        epsilon: &epsilon,
        noise: &noise,
    };
    let gradients = backward(&forward, d_outputs, moments);
    (losses, gradients)
}

/// The terms of the heads that are there for training alone, added to `losses`, and their gradients times `scale`.
fn for_training(
    net: &FloatNet,
    batch: &Batch,
    trace: &mut Trace,
    scale: f32,
    losses: &mut Losses,
) -> Vec<(BlockId, Array2<f32>)> {
    let network = net.network();
    let mut d_outputs = Vec::new();
    for head in network.training_heads() {
        let mut output = trace.take(head, Role::Output);
        match &network.blocks[head].op {
            Op::Auxiliary { target, .. } => {
                let log_variance = trace.take(head, Role::LogVariance);
                // Seen as it is: what is foretold has no gradient of it.
                let target = net.seen(trace, head, *target, Role::Output);
                let (loss, gradient) = foretold(&output, &log_variance, target.view(), scale);
                losses.auxiliary += loss;
                d_outputs.push((head, gradient));
            }
            Op::Bits { .. } => {
                let frames = batch.next_read_frames(network.over(head));
                losses.reverse += binary_cross_entropy(&mut output, &frames, scale);
                d_outputs.push((head, output));
            }
            _ => {
                let targets = batch.next_read(network.over(head));
                losses.reverse += cross_entropy(&mut output, &targets, scale);
                d_outputs.push((head, output));
            }
        }
    }
    d_outputs
}

/// Standard normal draws of an update.
pub(super) struct Draws {
    /// Of z [sentences, width of z].
    pub(super) epsilon: Array2<f32>,
    /// Of the latents of steps [rows of what is written, width of the draw], or of sentences.
    pub(super) noise: Array2<f32>,
}

/// What a pass does when it trains.
pub(super) struct Training<'a> {
    pub(super) dropout: Dropout<'a>,
    pub(super) norm: Option<BatchNorm>,
    network: &'a Network,
    /// Deviation and draws of the noise on what the encoder reads of words.
    code: Option<(f32, Random)>,
}

impl<'a> Training<'a> {
    /// With the draws of the latents.
    pub(super) fn new(
        network: &'a Network,
        batch: &Batch,
        train: &'a Train,
        mut random: Random,
    ) -> (Draws, Self) {
        let mut normal = |rows, width| Array2::from_shape_simple_fn((rows, width), || random.normal());
        let epsilon = normal(batch.encoder.batch(), network.latent_width());
        let (of_step, at_once) =
            network.draw().map_or((0, false), |(z, ..)| (network.width(z), network.is_once(z)));
        let noise = normal(if at_once { batch.encoder.batch() } else { batch.decoder.rows() }, of_step);
        let norm = (train.batch_norm > 0.0).then(|| BatchNorm::new(train.batch_norm, network));
        // A stream of its own: the others stay as they are without it.
        let own = train.code_noise > 0.0;
        let code = own.then(|| (train.code_noise, Random::keyed(&[random.clone().bits(), 1])));
        (
            Draws { epsilon, noise },
            Training { dropout: Dropout::new(network, train, random), norm, network, code },
        )
    }
}

impl Perturb for Training<'_> {
    fn read(&mut self, reader: BlockId, input: usize, first: usize, mut values: ArrayViewMut2<'_, f32>) {
        if let Some((deviation, random)) = &mut self.code {
            let source = self.network.edges(reader)[input].block;
            let is_word = matches!(self.network.blocks[source].op, Op::Embedding { .. });
            if is_word && self.network.over(reader).is_read() {
                values.mapv_inplace(|value| value + *deviation * random.normal());
            }
        }
        self.dropout.read(reader, input, first, values);
    }

    fn mean(&mut self, block: BlockId, means: ArrayViewMut2<'_, f32>, bias: &Array2<f32>, layout: &Layout) {
        if let Some(norm) = &mut self.norm {
            norm.forward(block, means, bias, layout);
        }
    }
}

#[cfg(test)]
mod tests;
