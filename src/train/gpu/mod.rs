//! Updates on a graphics processor.
//!
//! What is large is computed there: embeddings, cells and the vocabulary, with their weights, gradients and
//! moments, which stay there from update to update. Everything else (moments of z, z, what is made once a
//! sentence, the objective) is small and goes through the same code as without one: a new family that is
//! made of the same cells needs nothing here. Sums are added in one order, so the same processor makes the
//! same bytes; another one may round otherwise.

mod device;
mod passes;
mod work;

pub use device::Device;

use super::adam::{Adam, norm_squared, scale_by};
use super::backward::{Backward, Forward};
use super::batch::Batch;
use super::flow::flow_divergence;
use super::machine::Update;
use super::objective::{Losses, divergence, start_excess};
use super::update::{Draws, Training};
use crate::config::Train;
use crate::model::{BlockId, FloatNet, ModelError, Network, Op, Over, Pass, Random, Trace};
use device::{Kernel, Matrix};
use ndarray::Array2;
use passes::Passes;

/// Sums of squares of one tensor that are added up here.
const SQUARES: usize = 256;

/// A tensor that lives there.
pub struct Resident {
    weight: Matrix,
    gradient: Matrix,
    first: Matrix,
    second: Matrix,
    squares: Matrix,
}

impl Resident {
    /// How many numbers it has.
    fn count(&self) -> u32 {
        (self.weight.rows * self.weight.columns) as u32
    }
}

/// A graphics processor with the large tensors of a network.
pub struct Gpu {
    device: Device,
    /// In the order of the net's tensors.
    tensors: Vec<Option<Resident>>,
    /// The net here is older than the one there.
    ahead: bool,
}

/// Why `device` cannot make updates of this network with this objective, if so.
pub fn refusal(device: &Device, network: &Network, train: &Train) -> Option<String> {
    if train.hardware_every > 0 {
        return Some("hardware_every > 0: cells and converters are simulated by the processor".into());
    }
    if train.zero_pads {
        return Some("zero_pads: the embedding of pads is held by the processor".into());
    }
    if train.code_noise > 0.0 {
        return Some("code_noise > 0: the noise is drawn by the processor".into());
    }
    if network.label_beside_words().is_some() {
        return Some("labels beside words are learned by the processor".into());
    }
    if network.converses() {
        return Some("conversations are learned by the processor".into());
    }
    if network.draw().is_some() || network.blocks.iter().any(|block| block.only_train) {
        return Some("latents of steps are learned by the processor".into());
    }
    if network.vocabulary_block().is_none() {
        return Some("labels, numbers and frames are learned by the processor".into());
    }
    let bytes = |shape: &[usize]| 4 * shape.iter().product::<usize>() as u64;
    let most = device.largest();
    if let Some((name, shape)) = network.tensors().into_iter().find(|(_, shape)| bytes(shape) > most) {
        return Some(format!("`{name}` has {} bytes, its largest matrix {most}", bytes(&shape)));
    }
    network.blocks.iter().enumerate().find_map(|(id, block)| {
        let there = lives_there(network, id);
        let ok = |&source: &BlockId| {
            let made = &network.blocks[source];
            let (made_there, is_cell) = (lives_there(network, source), matches!(made.op, Op::Cell { .. }));
            network.is_once(source)
                || made.within == block.within && made_there == there
                || network.over(source) == Over::Positions && !there && (is_cell || !made_there)
        };
        let before = network.edges(id).iter().any(|edge| edge.before);
        let plain = block.tied.is_none() && !before && network.over(id) != Over::Backwards;
        let fits = network.inputs(id).iter().all(ok) && (there || network.over(id) != Over::Written) && plain;
        (!fits).then(|| format!("`{}` would go back and forth at every step", block.name))
    })
}

/// Embeddings, cells and the vocabulary.
fn lives_there(network: &Network, id: BlockId) -> bool {
    let block = &network.blocks[id];
    let large = matches!(block.op, Op::Embedding { .. } | Op::Cell { .. } | Op::Vocabulary { .. });
    large && !network.is_once(id)
}

impl Gpu {
    /// Brings the weights of `net` and the moments of `adam` there.
    pub fn new(device: Device, net: &FloatNet, adam: &Adam) -> Gpu {
        let network = net.network();
        let mut tensors: Vec<Option<Resident>> = net.tensors().iter().map(|_| None).collect();
        for id in (0..network.blocks.len()).filter(|&id| lives_there(network, id)) {
            for index in net.indices(id) {
                let weight = &net.tensors()[index];
                tensors[index] = Some(Resident {
                    weight: device.upload(weight),
                    gradient: device.zeros(weight.nrows(), weight.ncols()),
                    first: device.upload(&adam.first[index]),
                    second: device.upload(&adam.second[index]),
                    squares: device.zeros(1, SQUARES.min(weight.len().div_ceil(SQUARES))),
                });
            }
        }
        Gpu { device, tensors, ahead: false }
    }

    /// Brings weights and moments back.
    pub fn settle(&mut self, net: &mut FloatNet, adam: &mut Adam) -> Result<(), ModelError> {
        if !self.ahead {
            return Ok(());
        }
        for (index, tensor) in self.tensors.iter().enumerate() {
            let Some(tensor) = tensor else { continue };
            let mut all = self.device.read(&[&tensor.weight, &tensor.first, &tensor.second])?.into_iter();
            for into in [&mut net.tensors_mut()[index], &mut adam.first[index], &mut adam.second[index]] {
                *into = all.next().expect("as many as asked for");
            }
        }
        self.ahead = false;
        Ok(())
    }

    /// Makes an update; returns the losses and the joint norm that the gradients had. Changes nothing if that
    /// is not finite.
    pub fn update(
        &mut self,
        net: &mut FloatNet,
        adam: &mut Adam,
        update: Update<'_>,
    ) -> Result<(Losses, f32), ModelError> {
        let Update { batch, train, weights, learning_rate, parts, random } = update;
        let (losses, mut gradients) = self.gradients(net, batch, train, weights.kl, random)?;
        for tensor in self.tensors.iter().flatten() {
            let bound = [&tensor.gradient, &tensor.squares];
            self.device.ask(Kernel::Squares, &bound, &[tensor.count()], [tensor.squares.columns, 1]);
        }
        let squares: Vec<&Matrix> = self.tensors.iter().flatten().map(|t| &t.squares).collect();
        let there: f64 = self.device.read(&squares)?.iter().flatten().map(|&s| f64::from(s)).sum();
        let norm = (norm_squared(&gradients) + there).sqrt() as f32;
        if !norm.is_finite() {
            return Ok((losses, norm));
        }
        let clip = scale_by(norm, train.clip_norm);
        gradients.iter_mut().for_each(|gradient| *gradient *= clip);
        let steps = adam.begin(parts, learning_rate, train);
        for (index, step) in steps.into_iter().enumerate() {
            let Some(step) = step else { continue };
            let Some(tensor) = &self.tensors[index] else {
                adam.change(index, &mut net.tensors_mut()[index], &gradients[index], step);
                continue;
            };
            let mut numbers = vec![tensor.count(), clip.to_bits()];
            numbers.extend(step.numbers().map(f32::to_bits));
            let bound = [&tensor.gradient, &tensor.weight, &tensor.first, &tensor.second];
            self.device.ask(Kernel::Adam, &bound, &numbers, [tensor.count().div_ceil(256) as usize, 1]);
        }
        self.ahead = true;
        Ok((losses, norm))
    }

    /// Losses and gradients; those of tensors that live there stay there, and are empty here.
    fn gradients(
        &mut self,
        net: &FloatNet,
        batch: &Batch,
        train: &Train,
        kl_weight: f32,
        random: Random,
    ) -> Result<(Losses, Vec<Array2<f32>>), ModelError> {
        let network = net.network();
        let sentences = batch.encoder.batch();
        let scale = 1.0 / sentences as f32;
        for tensor in self.tensors.iter().flatten() {
            self.device.clear(&tensor.gradient);
        }
        let (Draws { epsilon, noise }, mut training) = Training::new(network, batch, train, random);
        let mut trace = Trace::new(network, batch.encoder.clone(), batch.decoder.clone());
        let mut passes = Passes::new(&mut self.device, &self.tensors, net, batch);

        passes.forward(Over::Positions, &trace, &mut training.dropout, scale);
        passes.bring_states(&mut trace)?;
        for body in net.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let pass = Pass { over: body.id, epsilon: Some(&epsilon), ..Pass::default() };
            net.run(&pass, &mut trace, &mut training);
        }
        passes.forward(Over::Written, &trace, &mut training.dropout, scale);

        let mut losses = Losses { sentences, tokens: batch.targets.len(), ..Losses::default() };
        let mut moments = divergence(network, &trace, train, scale * kl_weight, &mut losses);
        let mut d_outputs = start_excess(network, &trace, train, scale, &mut losses);
        let of_kl = scale * kl_weight;
        d_outputs.extend(flow_divergence(network, &trace, train, &epsilon, of_kl, &mut losses, &mut moments));
        let forward = Forward {
            net,
            trace: &trace,
            dropout: &training.dropout,
            norm: training.norm.as_ref(),
            batch,
            epsilon: &epsilon,
            noise: &noise,
        };
        let mut back = Backward::new(&forward, d_outputs, moments, |index| self.tensors[index].is_none());
        let (reconstruction, d_sentence) = passes.back_to_sentences()?;
        losses.reconstruction = reconstruction;
        for (block, d) in d_sentence {
            back.add(block, d);
        }
        for id in net.schedule().order().rev() {
            match network.blocks[id].op {
                _ if !lives_there(network, id) => back.rule(id, &back.all(id)),
                Op::Cell { kind, init, .. } => passes.back(id, kind, init, back.take(id)),
                _ => {}
            }
        }
        Ok((losses, back.tensors))
    }
}

#[cfg(test)]
mod tests;
