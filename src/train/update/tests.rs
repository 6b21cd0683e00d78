//! Gradients against slopes of the loss.

use super::*;
use crate::config::{CellKind, Family, LatentFrom, LatentSteps, Model, Prior};
use crate::model::{Activation, Example, Network, measure_answers};
use crate::train::adam::{Adam, Part, clip, initial};
use std::collections::HashMap;

mod conversations;
mod flows;

fn objective(losses: &Losses, train: &Train) -> f64 {
    let kl = f64::from(train.step_kl) * losses.step_kl + f64::from(train.last_step_kl) * losses.last_kl;
    let start = f64::from(train.start_penalty) * losses.start_excess;
    let trained = f64::from(AUXILIARY) * (losses.auxiliary + losses.reverse);
    let label = f64::from(train.label_weight) * losses.label;
    (losses.reconstruction + label + kl + losses.draw_kl + trained + start) / losses.sentences as f64
}

/// Of the terms that are there for training alone.
const AUXILIARY: f32 = 0.3;
const WEIGHTS: TermWeights = TermWeights { kl: 1.0, auxiliary: AUXILIARY };

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
            check(&Network::hsr_vae(&model(LatentFrom::Both, LatentSteps::Last), 0.5), &train, &sentences);
        }
    }
}

/// A latent at every step, with a prior and without, with what it must foretell and without, with one level and
/// two, and where clamps hold and where they do not.
#[test]
fn gradients_of_latents_of_steps_are_slopes_too() {
    let sentences: [&[u32]; 3] = [&[2, 5, 6, 7, 3], &[2, 4, 4, 3], &[2, 8, 3]];
    let plain = Train { mask_pads: true, embedding_dropout: 0.3, level_dropout: 0.3, ..Train::default() };
    for (cells, prior, auxiliary) in [
        (vec![CellKind::Lstm], Prior::Learned, true),
        (vec![CellKind::Gru], Prior::Standard, true),
        (vec![CellKind::Gru, CellKind::Lstm], Prior::Learned, false),
        (vec![CellKind::Rnn], Prior::Standard, false),
    ] {
        let model = Model {
            cells,
            prior,
            auxiliary,
            embedding: 5,
            hidden: 6,
            latent: 3,
            dense: 4,
            vocabulary: 9,
            ..Model::default()
        };
        let network = Network::z_forcing(&model);
        let smooth = smooth(&network);
        for mask_pads in [true, false] {
            check(&smooth, &Train { mask_pads, ..plain.clone() }, &sentences);
        }
        // The same without what is foretold: then the level behind it has slopes too.
        check(&without(&smooth, &["aux_hidden", "aux"]), &plain, &sentences);
        // Where there are corners, a slope is that of both sides.
        check_within(&network, &plain, &sentences, 4e-2);
        // So narrow that some are cut and some are not.
        let cut = smooth.changed(|net| {
            for block in &mut net.blocks {
                if let Op::Moments { clamp, .. } = &mut block.op {
                    *clamp = Some(0.15);
                }
            }
        });
        check_within(&cut.unwrap(), &plain, &sentences, 4e-2);
    }
}

/// The level that reads backwards learns nothing of what is foretold of it.
#[test]
fn what_is_foretold_has_no_gradient_of_it() {
    let model = Model { embedding: 5, hidden: 6, latent: 3, dense: 4, vocabulary: 9, ..Model::default() };
    let network = Network::z_forcing(&model);
    let train = Train { mask_pads: true, embedding_dropout: 0.0, level_dropout: 0.0, ..Train::default() };
    let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
    let batch = Batch::new(&[&[2, 5, 6, 3], &[2, 4, 3]], &train, &mut Random::keyed(&[7]));
    let moments_of = |name: &str| network.find(name).unwrap();
    // The posterior does not see it, and no reverse word is learned: only the auxiliary term is left of it.
    // Its first rows are the state before, the last ones the level behind.
    assert_eq!(network.width(moments_of("bwd1")), 6);
    let index = net.index(moments_of("post_hidden"), 0);
    net.tensors_mut()[index].slice_mut(ndarray::s![.., 6..12]).fill(0.0);
    let reverse = net.index(moments_of("bwd_vocab"), 0);
    net.tensors_mut()[reverse].fill(0.0);
    let weights = TermWeights { kl: 0.0, auxiliary: 1.0 };
    let (losses, gradients) = loss_and_gradients(&net, &batch, &train, weights, Random::keyed(&[8]));
    assert!(losses.auxiliary != 0.0);
    let size = |index: usize| gradients[index].iter().map(|g| g.abs()).sum::<f32>();
    for index in net.indices(moments_of("bwd1")) {
        assert_eq!(size(index), 0.0);
    }
    assert!(size(net.index(moments_of("aux"), 0)) > 0.0 && size(net.index(moments_of("post"), 0)) > 0.0);
    // Of what moves, the loss moves too.
    let table = net.index(moments_of("bwd_embed"), 0);
    let cell = net.index(moments_of("bwd1"), 0);
    assert!(size(table) > 0.0, "the table is that of the text as well");
    net.tensors_mut()[cell] *= 2.0;
    let (moved, _) = loss_and_gradients(&net, &batch, &train, weights, Random::keyed(&[8]));
    assert!(moved.auxiliary != losses.auxiliary && moved.reconstruction == losses.reconstruction);
}

/// Without a term of their own, moments pass on the gradient of who reads their means.
#[test]
fn moments_without_an_objective_pass_their_gradient_on() {
    let model = Model { embedding: 5, hidden: 6, latent: 3, vocabulary: 9, ..Model::default() };
    let network = Network::hsr_vae(&model, 1.0);
    let train = Train::default();
    let net = FloatNet::with_tensors(&network, initial(&network, 3));
    let batch = Batch::new(&[&[2, 5, 6, 3]], &train, &mut Random::keyed(&[7]));
    let (Draws { epsilon, noise }, mut training) =
        Training::new(&network, &batch, &train, Random::keyed(&[8]));
    let mut trace = Trace::new(&network, batch.encoder.clone(), batch.decoder.clone());
    for body in net.schedule().bodies() {
        let tokens = batch.tokens(body.over);
        let pass = Pass { over: body.id, tokens, epsilon: Some(&epsilon), ..Pass::default() };
        net.run(&pass, &mut trace, &mut training);
    }
    let (trace, dropout, norm) = (&trace, &training.dropout, training.norm.as_ref());
    let (batch, epsilon, noise) = (&batch, &epsilon, &noise);
    let forward = Forward { net: &net, trace, dropout, norm, batch, epsilon, noise };
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
        let (losses, mut gradients) =
            loss_and_gradients(&net, &batch, &train, TermWeights::of_kl(1.0), Random::keyed(&[8]));
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
    for (prior, auxiliary) in [(Prior::Learned, true), (Prior::Standard, false)] {
        let model = Model { hidden: 6, dense: 4, latent: 3, frame: 5, prior, auxiliary, ..Model::default() };
        // The steps below are wide enough to meet a corner.
        networks.push(smooth(&Network::z_forcing(&model)));
    }
    for network in networks {
        let batch = Batch::of(&network, &pieces, &train, &mut Random::keyed(&[7]));
        check_batch(&network, &train, &batch, 4e-3);
        // What is learned is what is measured.
        let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
        let plain =
            Train { embedding_dropout: 0.0, level_dropout: 0.0, output_dropout: 0.0, ..train.clone() };
        let weights = TermWeights::of_kl(1.0);
        let (losses, _) = loss_and_gradients(&net, &batch, &plain, weights, Random::keyed(&[8]));
        let all: Vec<Example> = pieces.iter().map(|&piece| piece.clone()).collect();
        let nats = 10.0 * measure_answers(&mut net, &all).nll();
        let drawn = network.latent().is_some() || network.draw().is_some();
        assert!(drawn || (losses.reconstruction - nats).abs() < 1e-4, "{nats}");
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

/// The network with activations that have a slope everywhere.
fn smooth(network: &Network) -> Network {
    let changed = network.changed(|net| {
        for block in &mut net.blocks {
            if let Op::Linear { activation, .. } = &mut block.op {
                *activation = Activation::Tanh;
            }
        }
    });
    changed.unwrap()
}

/// The network without some of its blocks.
fn without(network: &Network, names: &[&str]) -> Network {
    let text = network.to_text();
    let named = |block: &&str| names.iter().any(|name| block.contains(&format!("name = \"{name}\"\n")));
    let kept: Vec<&str> = text.split("[[block]]").filter(|block| !named(block)).collect();
    Network::from_text("the rest", &kept.join("[[block]]"), network.vocabulary).unwrap()
}

/// What is foretold moves with the weights of the level that makes it, and has no gradient of it.
fn is_foretold(network: &Network, tensor: &str) -> bool {
    let foretells = network.blocks.iter().any(|block| matches!(block.op, Op::Auxiliary { .. }));
    foretells && ["bwd_embed.", "bwd1.", "bwd2."].iter().any(|block| tensor.starts_with(block))
}

fn check(network: &Network, train: &Train, sentences: &[&[u32]]) {
    check_within(network, train, sentences, 4e-3);
}

fn check_within(network: &Network, train: &Train, sentences: &[&[u32]], within: f64) {
    let batch = Batch::new(sentences, train, &mut Random::keyed(&[7]));
    check_batch(network, train, &batch, within);
}

fn check_batch(network: &Network, train: &Train, batch: &Batch, within: f64) {
    let random = || Random::keyed(&[7]);
    let mut net = FloatNet::with_tensors(network, initial(network, 3));
    let (_, gradients) = loss_and_gradients(&net, batch, train, WEIGHTS, random());
    let mut draw = Random::keyed(&[11]);
    let tensors = network.tensors();
    for (index, (name, _)) in tensors.iter().enumerate().filter(|(_, t)| !is_foretold(network, &t.0)) {
        let start = net.tensors()[index].clone();
        let sign = |draw: &mut Random| if draw.uniform() < 0.5 { -1.0 } else { 1.0 };
        let direction = Array2::from_shape_simple_fn(start.dim(), || sign(&mut draw));
        let mut loss_at = |distance: f32| {
            net.tensors_mut()[index] = &start + &(&direction * distance);
            let (losses, _) = loss_and_gradients(&net, batch, train, WEIGHTS, random());
            objective(&losses, train)
        };
        let mut slope = |step: f32| (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
        // Without the term in the square of the step (Richardson).
        let slope = (4.0 * slope(3e-3) - slope(6e-3)) / 3.0;
        net.tensors_mut()[index] = start;
        let expected = f64::from((&gradients[index] * &direction).sum());
        let tolerance = within * (1.0 + expected.abs());
        assert!((slope - expected).abs() < tolerance, "{name}: {slope} and {expected}");
    }
}
