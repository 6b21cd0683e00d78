//! One update: loss and gradients of a batch.

use super::backward::{Forward, backward};
use super::batch::Batch;
use super::batch_norm::BatchNorm;
use super::dropout::Dropout;
use super::objective::{Losses, binary_cross_entropy, cross_entropy, divergence, misfit, start_excess};
use crate::config::Train;
use crate::model::{BlockId, FloatNet, Layout, Network, Op, Pass, Perturb, Random, Role, Trace};
use ndarray::{Array2, ArrayViewMut2};

/// Losses of the batch (sums over its sentences) and the gradient of the objective's mean over
/// them, per tensor. `kl_weight` scales all KL terms; `random` draws dropout and z.
pub fn loss_and_gradients(
    net: &FloatNet,
    batch: &Batch,
    train: &Train,
    kl_weight: f32,
    random: Random,
) -> (Losses, Vec<Array2<f32>>) {
    let network = net.network();
    let sentences = batch.encoder.batch();
    let (epsilon, mut training) = Training::new(network, sentences, train, random);
    let mut trace = Trace::new(network, batch.encoder.clone(), batch.decoder.clone());
    for body in net.schedule().bodies() {
        let tokens = batch.tokens(body.over);
        let (epsilon, frames) = (Some(&epsilon), Some(batch.frames(body.over)));
        let pass = Pass { over: body.id, tokens, frames, epsilon, ..Pass::default() };
        net.run(&pass, &mut trace, &mut training);
    }

    let tokens = batch.targets.len() + batch.values.len();
    let mut losses = Losses { sentences, tokens, ..Losses::default() };
    let scale = 1.0 / sentences as f32;
    let moments = divergence(network, &trace, train, scale * kl_weight, &mut losses);
    let mut d_outputs = start_excess(network, &trace, train, scale, &mut losses);
    for head in network.heads() {
        let mut output = trace.take(head, Role::Output);
        match network.blocks[head].op {
            Op::Values { .. } => {
                let log_variance = trace.take(head, Role::LogVariance);
                let (loss, gradient) = misfit(&output, &log_variance, &batch.values, scale);
                losses.reconstruction = loss;
                d_outputs.push((head, gradient));
            }
            Op::Bits { .. } => {
                losses.reconstruction = binary_cross_entropy(&mut output, &batch.values, scale);
                d_outputs.push((head, output));
            }
            _ => {
                losses.reconstruction = cross_entropy(&mut output, &batch.targets, scale);
                d_outputs.push((head, output));
            }
        }
    }
    let forward = Forward {
        net,
        trace: &trace,
        dropout: &training.dropout,
        norm: training.norm.as_ref(),
        batch,
        epsilon: &epsilon,
    };
    let gradients = backward(&forward, d_outputs, moments);
    (losses, gradients)
}

/// What a pass does when it trains.
pub(super) struct Training<'a> {
    pub(super) dropout: Dropout<'a>,
    pub(super) norm: Option<BatchNorm>,
}

impl<'a> Training<'a> {
    /// With the draws of the latents [sentences, width of z].
    pub(super) fn new(
        network: &'a Network,
        sentences: usize,
        train: &'a Train,
        mut random: Random,
    ) -> (Array2<f32>, Self) {
        let width = network.latent_width();
        let epsilon = Array2::from_shape_simple_fn((sentences, width), || random.normal());
        let norm = (train.batch_norm > 0.0).then(|| BatchNorm::new(train.batch_norm, network));
        (epsilon, Training { dropout: Dropout::new(network, train, random), norm })
    }
}

impl Perturb for Training<'_> {
    fn read(&mut self, reader: BlockId, input: usize, first: usize, values: ArrayViewMut2<'_, f32>) {
        self.dropout.read(reader, input, first, values);
    }

    fn mean(&mut self, block: BlockId, means: ArrayViewMut2<'_, f32>, bias: &Array2<f32>, layout: &Layout) {
        if let Some(norm) = &mut self.norm {
            norm.forward(block, means, bias, layout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CellKind, Family, LatentFrom, LatentSteps, Model};
    use crate::model::{Example, Network, measure_answers};
    use crate::train::adam::{Adam, Part, clip, initial};
    use std::collections::HashMap;

    fn objective(losses: &Losses, train: &Train) -> f64 {
        let kl = f64::from(train.step_kl) * losses.step_kl + f64::from(train.last_step_kl) * losses.last_kl;
        let start = f64::from(train.start_penalty) * losses.start_excess;
        (losses.reconstruction + kl + start) / losses.sentences as f64
    }

    /// Every gradient agrees with the slope of the loss along a random direction, for every pair
    /// of cells, with dropout, sampled z and ragged lengths.
    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let sentences: [&[u32]; 3] = [&[2, 5, 6, 7, 3], &[2, 4, 4, 3], &[2, 8, 3]];
        for mask_pads in [true, false] {
            for below in CellKind::ALL {
                for above in CellKind::ALL {
                    let model = Model {
                        cells: vec![below, above],
                        embedding: 5,
                        hidden: 6,
                        latent: 3,
                        vocabulary: 9,
                        ..Model::default()
                    };
                    let train = Train {
                        mask_pads,
                        last_step_kl: 0.7,
                        embedding_dropout: 0.3,
                        level_dropout: 0.3,
                        output_dropout: 0.3,
                        start_penalty: 0.5,
                        start_limit: 0.1,
                        ..Train::default()
                    };
                    check(&Network::hsr_vae(&model, 0.5), &train, &sentences);
                }
            }
        }
    }

    /// The same with normalised means, with a z of all steps, and with a z drawn from the top down.
    #[test]
    fn gradients_of_the_variants_are_slopes_too() {
        let sentences: [&[u32]; 3] = [&[2, 5, 6, 7, 3], &[2, 4, 4, 3], &[2, 8, 3]];
        let model = |latent_from, latent_steps| Model {
            latent_from,
            latent_steps,
            embedding: 5,
            hidden: 6,
            latent: 3,
            vocabulary: 9,
            ..Model::default()
        };
        let plain = Train { embedding_dropout: 0.3, level_dropout: 0.3, ..Train::default() };
        for mask_pads in [true, false] {
            let train = Train { mask_pads, ..plain.clone() };
            for steps in [LatentSteps::Mean, LatentSteps::Sum] {
                check(&Network::hsr_vae(&model(LatentFrom::Both, steps), 0.5), &train, &sentences);
            }
            let levels = [vec![CellKind::Gru, CellKind::Lstm], vec![CellKind::Rnn; 3]];
            for cells in levels {
                let train = Train { last_step_kl: 0.4, ..train.clone() };
                for steps in [LatentSteps::Last, LatentSteps::Mean] {
                    let model = Model { cells: cells.clone(), ..model(LatentFrom::TopDown, steps) };
                    check(&Network::hsr_vae(&model, 0.5), &train, &sentences);
                }
            }
            for (step_kl, last_step_kl) in [(0.0, 1.0), (1.0, 0.3)] {
                let train = Train { batch_norm: 0.6, step_kl, last_step_kl, ..train.clone() };
                check(
                    &Network::hsr_vae(&model(LatentFrom::Both, LatentSteps::Last), 0.5),
                    &train,
                    &sentences,
                );
            }
        }
    }

    /// Without a term of their own, moments pass on the gradient of who reads their means.
    #[test]
    fn moments_without_an_objective_pass_their_gradient_on() {
        let model = Model { embedding: 5, hidden: 6, latent: 3, vocabulary: 9, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let train = Train::default();
        let net = FloatNet::with_tensors(&network, initial(&network, 3));
        let batch = Batch::new(&[&[2, 5, 6, 3]], &train, &mut Random::keyed(&[7]));
        let (epsilon, mut training) = Training::new(&network, 1, &train, Random::keyed(&[8]));
        let mut trace = Trace::new(&network, batch.encoder.clone(), batch.decoder.clone());
        for body in net.schedule().bodies() {
            let tokens = batch.tokens(body.over);
            let pass = Pass { over: body.id, tokens, epsilon: Some(&epsilon), ..Pass::default() };
            net.run(&pass, &mut trace, &mut training);
        }
        let (trace, dropout, norm) = (&trace, &training.dropout, training.norm.as_ref());
        let forward = Forward { net: &net, trace, dropout, norm, batch: &batch, epsilon: &epsilon };
        let block = network.latent_moments()[0];
        let read = Array2::ones(trace.get(block, Role::Output).dim());
        let gradients = backward(&forward, vec![(block, read)], HashMap::new());
        let size = |tensor: usize| gradients[net.index(block, tensor)].iter().map(|g| g.abs()).sum::<f32>();
        // Weights and bias of the mean; those of the variance, which nobody reads, have none.
        assert!(size(0) > 0.0 && size(1) > 0.0 && size(2) == 0.0);
    }

    /// An update is the same, bit by bit, by any number of threads.
    #[test]
    fn threads_do_not_change_an_update() {
        let model = Model { embedding: 32, hidden: 96, latent: 8, vocabulary: 3000, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let mut random = Random::keyed(&[2]);
        let mut word = || 4 + random.below(2996) as u32;
        let sentences: Vec<Vec<u32>> =
            (0..16).map(|i| [vec![2], (0..i).map(|_| word()).collect(), vec![3]].concat()).collect();
        let sentences: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        let train = Train { clip_norm: 0.1, ..Train::default() };
        let update = || {
            let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
            let batch = Batch::new(&sentences, &train, &mut Random::keyed(&[7]));
            let (losses, mut gradients) = loss_and_gradients(&net, &batch, &train, 1.0, Random::keyed(&[8]));
            clip(&mut gradients, train.clip_norm);
            let mut adam = Adam::new(&network, net.tensors());
            adam.update(net.tensors_mut(), &gradients, &[Part::Encoder, Part::Decoder], 1e-3, &train);
            (losses, net.tensors().to_vec())
        };
        let by = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(update)
        };
        assert!(by(1) == by(3));
    }

    /// Frames that are written, and with a z of frames that are read.
    #[test]
    fn gradients_of_frames_are_slopes_too() {
        let mut random = Random::keyed(&[4]);
        let mut piece = |steps: usize| {
            Example::piece(&Array2::from_shape_simple_fn((steps, 5), || f32::from(random.uniform() < 0.4)))
        };
        let pieces = [piece(2), piece(5), piece(3)];
        let pieces: Vec<&Example> = pieces.iter().collect();
        let train = Train {
            mask_pads: true,
            embedding_dropout: 0.3,
            level_dropout: 0.3,
            output_dropout: 0.3,
            ..Train::default()
        };
        let with_z = Network::from_text("music.toml", WITH_Z, 0).unwrap();
        let mut networks = vec![with_z];
        for kind in CellKind::ALL {
            let family = Family::LanguageModel;
            let model = Model { family, cells: vec![kind, kind], hidden: 6, frame: 5, ..Model::default() };
            networks.push(Network::language_model(&model));
        }
        for network in networks {
            let batch = Batch::of(&network, &pieces, &train, &mut Random::keyed(&[7]));
            check_batch(&network, &train, &batch);
            // What is learned is what is measured.
            let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
            let plain =
                Train { embedding_dropout: 0.0, level_dropout: 0.0, output_dropout: 0.0, ..train.clone() };
            let (losses, _) = loss_and_gradients(&net, &batch, &plain, 1.0, Random::keyed(&[8]));
            let all: Vec<Example> = pieces.iter().map(|&piece| piece.clone()).collect();
            let nats = 10.0 * measure_answers(&mut net, &all).nll();
            assert!(network.latent().is_some() || (losses.reconstruction - nats).abs() < 1e-4, "{nats}");
        }
    }

    const WITH_Z: &str = r#"
        loop = [{ name = "read", over = "backwards" }, { name = "once", over = "once" }, { name = "write", over = "written" }]
        block = [
            { name = "heard", loop = "read", op = "input", size = 5 },
            { name = "enc", loop = "read", op = "cell", kind = "gru", size = 4, inputs = ["heard"] },
            { name = "q", loop = "read", op = "moments", size = 3, inputs = ["enc"] },
            { name = "z", loop = "once", op = "latent", moments = ["q"] },
            { name = "start", loop = "once", op = "linear", size = 6, inputs = ["z"] },
            { name = "before", loop = "write", op = "input", size = 5 },
            { name = "dec", loop = "write", op = "cell", kind = "lstm", size = 6, inputs = ["before", "z"], init = "start" },
            { name = "next", loop = "write", op = "bits", size = 5, inputs = ["dec"] },
        ]
    "#;

    fn check(network: &Network, train: &Train, sentences: &[&[u32]]) {
        check_batch(network, train, &Batch::new(sentences, train, &mut Random::keyed(&[7])));
    }

    fn check_batch(network: &Network, train: &Train, batch: &Batch) {
        let random = || Random::keyed(&[7]);
        let mut net = FloatNet::with_tensors(network, initial(network, 3));
        let (_, gradients) = loss_and_gradients(&net, batch, train, 1.0, random());
        let mut draw = Random::keyed(&[11]);
        for (index, (name, _)) in network.tensors().iter().enumerate() {
            let start = net.tensors()[index].clone();
            let sign = |draw: &mut Random| if draw.uniform() < 0.5 { -1.0 } else { 1.0 };
            let direction = Array2::from_shape_simple_fn(start.dim(), || sign(&mut draw));
            let mut loss_at = |distance: f32| {
                net.tensors_mut()[index] = &start + &(&direction * distance);
                let (losses, _) = loss_and_gradients(&net, batch, train, 1.0, random());
                objective(&losses, train)
            };
            let mut slope = |step: f32| (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
            // Without the term in the square of the step (Richardson).
            let slope = (4.0 * slope(3e-3) - slope(6e-3)) / 3.0;
            net.tensors_mut()[index] = start;
            let expected = f64::from((&gradients[index] * &direction).sum());
            let tolerance = 4e-3 * (1.0 + expected.abs());
            assert!((slope - expected).abs() < tolerance, "{name}: {slope} and {expected}");
        }
    }
}
