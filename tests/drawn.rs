//! Latents of steps: against exact values, what sees what, and the same from the hardware's answers.

use crate::common::tiny;
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::{Config, Family, Prior};
use hvae_mnn::golden::{Golden, GoldenEngine, Job, scored};
use hvae_mnn::model::{
    Engine, Exact, Example, FloatNet, JobKind, Layout, Network, Pass, Random, Role, Trace, Weights,
    kl_between, likeliest,
};
use hvae_mnn::pipeline::{map, map_on, random_pieces, random_sentences, random_weights};
use hvae_mnn::sample::frames;
use ndarray::{Array2, s};

fn forcing(prior: Prior, latent: usize) -> Config {
    let mut config = tiny(&[Gru]);
    config.model.family = Family::ZForcing;
    (config.model.prior, config.model.dense, config.model.latent) = (prior, 7, latent);
    config
}

/// Random weights, so large that posterior and prior differ.
fn net(config: &Config, scale: f32) -> FloatNet {
    let network = Network::describe(&config.model, 1.0).unwrap();
    let weights: Weights = random_weights(&network, 3);
    let mut net = FloatNet::new(&network, &weights).unwrap();
    net.tensors_mut().iter_mut().for_each(|tensor| *tensor *= scale);
    net
}

fn log_mean_exp(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + (values.iter().map(|v| (v - top).exp()).sum::<f64>() / values.len() as f64).ln()
}

/// ln p(x) by quadrature over both z of two steps; the bounds rise to it with the number of samples.
#[test]
fn bounds_rise_to_the_exact_value() {
    for prior in [Prior::Learned, Prior::Standard] {
        let config = forcing(prior, 1);
        let mut net = net(&config, 1.3);
        let sentence: &[u32] = &[2, 5, 3];
        // 81 points from -5 to 5 in each dimension, weighed by the standard normal.
        let points: Vec<f32> = (-40..=40).map(|i| i as f32 / 8.0).collect();
        let pairs: Vec<(f32, f32)> =
            points.iter().flat_map(|&a| points.iter().map(move |&b| (a, b))).collect();
        let layout = Layout::new(vec![2; pairs.len()]);
        let noise = layout.pack(|pair, step| if step == 0 { pairs[pair].0 } else { pairs[pair].1 });
        let noise = Array2::from_shape_vec((layout.rows(), 1), noise).unwrap();
        let tokens = layout.pack(|_, step| sentence[step]);
        let mut trace = Trace::new(net.network(), layout.clone(), layout.clone());
        for over in 0..net.network().loops.len() {
            let pass = Pass { over, tokens: &tokens, noise: Some(&noise), given: true, ..Pass::default() };
            net.run(&pass, &mut trace, &mut Exact);
        }
        let logits = trace.get(net.network().vocabulary_block().unwrap(), Role::Output);
        let log_softmax = |row: usize, token: u32| {
            let row: Vec<f64> = logits.row(row).iter().map(|&l| f64::from(l)).collect();
            row[token as usize] - log_mean_exp(&row) - (row.len() as f64).ln()
        };
        let normal = |x: f32| (-0.5 * f64::from(x * x)).exp() / std::f64::consts::TAU.sqrt() / 8.0;
        let of_pair = |(pair, &(a, b)): (usize, &(f32, f32))| {
            let ll: f64 = (0..2).map(|t| log_softmax(layout.row(pair, t), sentence[t + 1])).sum();
            ll.exp() * normal(a) * normal(b)
        };
        let exact = pairs.iter().enumerate().map(of_pair).sum::<f64>().ln();

        let draws: Vec<_> = (0..4000).map(|seed| net.drawn_all(&[sentence], Some(seed)).remove(0)).collect();
        let kl: f64 = draws.iter().map(|d| d.kl.iter().sum::<f64>()).sum::<f64>() / draws.len() as f64;
        let elbo = draws.iter().map(|d| d.log_likelihood()).sum::<f64>() / draws.len() as f64 - kl;
        let weights: Vec<f64> = draws.iter().map(|d| d.log_weight()).collect();
        let of = |k: usize| {
            let groups: Vec<f64> = weights.chunks_exact(k).map(log_mean_exp).collect();
            groups.iter().sum::<f64>() / groups.len() as f64
        };
        let bounds = [elbo, of(2), of(20), of(500)];
        assert!(kl > 5e-3, "posterior and prior differ: {kl}");
        assert!(bounds.is_sorted(), "{prior:?}: {bounds:?} of {exact}");
        assert!((of(500) - exact).abs() < 1e-2, "{prior:?}: {bounds:?} of {exact}");
        assert!(exact - elbo > 1e-3, "{prior:?}: {bounds:?} of {exact}");
    }
}

/// KL of two Gaussians by quadrature; 0 of one and the same.
#[test]
fn kl_is_that_of_the_integral() {
    assert_eq!(kl_between((0.3, -0.7), (0.3, -0.7)), 0.0);
    for (q, p) in [((0.4, -0.5), (-0.2, 0.3)), ((-1.0, 0.8), (0.0, 0.0)), ((0.1, 1.0), (0.5, -0.6))] {
        let density = |x: f64, (m, lv): (f32, f32)| {
            let (m, lv) = (f64::from(m), f64::from(lv));
            (-0.5 * (lv + (x - m).powi(2) * (-lv).exp())).exp() / std::f64::consts::TAU.sqrt()
        };
        let term = |i: i32| {
            let x = f64::from(i) * 1e-3;
            density(x, q) * (density(x, q) / density(x, p)).ln() * 1e-3
        };
        let integral: f64 = (-12_000..12_000).map(term).sum();
        assert!((integral - kl_between(q, p)).abs() < 1e-6, "{q:?} {p:?}: {integral}");
    }
}

/// The posterior of a step has seen what the step predicts and all behind it, the prior only what is before it.
#[test]
fn a_step_sees_what_it_should() {
    let net = net(&forcing(Prior::Learned, 3), 2.0);
    let sentence = [2, 5, 6, 7, 8, 3];
    let whole = net.inferred_batch(&[&sentence], None);
    let of = |trace: &Trace, name: &str| trace.get(net.network().find(name).unwrap(), Role::Output).clone();
    for changed in 1..sentence.len() {
        let mut other = sentence;
        other[changed] = 9;
        let trace = net.inferred_batch(&[&other], None);
        let (bwd, bwd_other) = (of(&whole, "bwd1"), of(&trace, "bwd1"));
        let (prior, prior_other) = (of(&whole, "prior"), of(&trace, "prior"));
        for step in 0..sentence.len() - 1 {
            // Step t predicts token t + 1 and reads the level that stands there.
            let seen = bwd.row(step + 1) != bwd_other.row(step + 1);
            assert_eq!(seen, changed > step, "token {changed}, step {step}");
        }
        // z of step 0 has seen it, so the state behind that step, and priors from step 1 on.
        assert_eq!(prior.row(0), prior_other.row(0));
        assert_ne!(prior.row(1), prior_other.row(1), "through z of the posterior");
        // From z of the prior alone, nothing of a word before it has been read.
        let (guess, guess_other) = (net.teacher_forced(&sentence, &[]), net.teacher_forced(&other, &[]));
        let (guess, guess_other) = (of(&guess, "prior"), of(&guess_other, "prior"));
        for step in 0..sentence.len() - 1 {
            assert_eq!(
                guess.row(step) != guess_other.row(step),
                changed < step,
                "token {changed}, step {step}"
            );
        }
    }
}

/// What is written from latents of the prior is what those latents make likeliest, word by word.
#[test]
fn what_is_dreamt_is_what_the_prior_path_makes_of_it() {
    let mut net = net(&forcing(Prior::Learned, 3), 3.0);
    let written = net.dream_all(&[7, 8], 12);
    assert_ne!(written[0], written[1]);
    for (seed, written) in [7, 8].into_iter().zip(written) {
        let read: Vec<u32> = [2].into_iter().chain(written[..written.len() - 1].to_vec()).collect();
        let layout = Layout::new(vec![read.len()]);
        let noise = Random::keyed(&[seed]).normals(3 * read.len());
        let noise = Array2::from_shape_vec((read.len(), 3), noise).unwrap();
        let mut trace = Trace::new(net.network(), layout.clone(), layout);
        for over in 0..net.network().loops.len() {
            let pass = Pass { over, tokens: &read, noise: Some(&noise), given: true, ..Pass::default() };
            net.run(&pass, &mut trace, &mut Exact);
        }
        let logits = trace.get(net.network().vocabulary_block().unwrap(), Role::Output);
        let likeliest: Vec<u32> = logits.outer_iter().map(hvae_mnn::model::argmax).collect();
        assert_eq!(likeliest, written);
    }
}

/// The importance-weighted bound from the words that SCORE sends is that of the golden model.
#[test]
fn the_bound_comes_from_what_the_hardware_sends() {
    for prior in [Prior::Learned, Prior::Standard] {
        let mut config = forcing(prior, 3);
        config.model.cells = vec![Lstm];
        let network = Network::describe(&config.model, 1.0).unwrap();
        let mapped =
            map(&network, &random_weights(&network, 3), &config, &random_sentences(23, 8, 1)).unwrap();
        let golden = Golden::tiled(&mapped, &config.accelerator);
        let mut engine = GoldenEngine::new(&golden);
        let sentence: Vec<u32> = vec![2, 5, 9, 14, 3];
        let (mut sent, mut own) = (Vec::new(), Vec::new());
        for seed in 0..25 {
            let input = sentence.iter().map(|&t| t as i32).collect();
            let job = Job { sample_z: true, seed, ..Job::new(JobKind::Score, input, 16) };
            let answer = golden.run(&job).output;
            assert_eq!(answer.len(), 4 * (3 * 3 + 1));
            let (words, drawn) =
                (scored(&mapped.quant, &answer), engine.drawn_all(&[&sentence], Some(seed)).remove(0));
            assert_eq!(words.log_ratio, drawn.log_ratio);
            assert_eq!(words.kl, drawn.kl);
            sent.push(words.log_weight());
            own.push(drawn.log_weight());
        }
        assert!(sent.iter().any(|w| *w != sent[0]), "seeds differ");
        // Log-probabilities are rounded to 2^-16 on their way, and come by tables.
        let (sent, own) = (log_mean_exp(&sent), log_mean_exp(&own));
        assert!((sent - own).abs() < 4e-3, "{prior:?}: {sent}, {own}");
    }
}

/// Frames of 19 bits with a latent at every step.
fn forcing_frames(prior: Prior) -> Config {
    let mut config = forcing(prior, 3);
    (config.model.cells, config.model.frame) = (vec![Lstm], 19);
    config
}

fn pieces() -> Vec<Example> {
    // As long as the design takes.
    random_pieces(19, 9, 5).into_iter().filter(|piece| piece.steps() <= 12).collect()
}

/// The same of frames: what SCORE sends of them makes the bound of the golden model.
#[test]
fn the_bound_of_frames_comes_from_what_the_hardware_sends() {
    for prior in [Prior::Learned, Prior::Standard] {
        let config = forcing_frames(prior);
        let network = Network::describe(&config.model, 1.0).unwrap();
        let mapped = map_on(&network, &random_weights(&network, 3), &config, &pieces()).unwrap();
        let golden = Golden::tiled(&mapped, &config.accelerator);
        let mut engine = GoldenEngine::new(&golden);
        let piece = &pieces()[0];
        let (mut sent, mut own) = (Vec::new(), Vec::new());
        for seed in 0..25 {
            let job = frames(JobKind::Score, &piece.frames, &golden, (1.0, seed), 16).unwrap();
            let answer = golden.run(&Job { sample_z: true, seed, ..job }).output;
            assert_eq!(answer.len(), (piece.steps() - 1) * (3 * 3 + 1));
            let words = scored(&mapped.quant, &answer);
            let drawn = engine.drawn_pieces(&[piece], seed).remove(0);
            assert_eq!((words.log_ratio, &words.kl), (drawn.log_ratio, &drawn.kl));
            sent.push(words.log_weight());
            own.push(drawn.log_weight());
        }
        assert!(sent.iter().any(|w| *w != sent[0]), "seeds differ");
        let (sent, own) = (log_mean_exp(&sent), log_mean_exp(&own));
        // Every bit is rounded to 2^-16 and its logit's magnitude to 2^-12.
        assert!((sent - own).abs() < 1e-2, "{prior:?}: {sent}, {own}");
    }
}

/// Row r of a piece is read by step r and foreseen by the posteriors of the steps before it, and by nothing else.
#[test]
fn a_step_of_a_piece_sees_what_it_should() {
    let config = forcing_frames(Prior::Learned);
    let network = Network::describe(&config.model, 1.0).unwrap();
    let net = FloatNet::new(&network, &random_weights(&network, 3)).unwrap();
    let piece = pieces().remove(0);
    let steps = piece.steps() - 1;
    let find = |name: &str| network.find(name).unwrap();
    let values = |piece: &Example, block: &str| {
        // Latents at the means of their priors, so that what is foreseen goes no further than the posterior.
        let layout = Layout::new(vec![piece.steps()]);
        let written = Layout::new(vec![steps]);
        let mut trace = Trace::new(&network, layout, written);
        let still = Array2::zeros((steps, 3));
        for body in net.schedule().bodies() {
            let rows = if network.loops[body.id].name == "music" { steps } else { piece.steps() };
            let seen = piece.frames.slice(s![..rows, ..]).to_owned();
            let pass = Pass { over: body.id, frames: Some(&seen), noise: Some(&still), ..Pass::default() };
            net.run(&pass, &mut trace, &mut Exact);
        }
        trace.get(find(block), Role::Output).clone()
    };
    for row in 1..steps {
        let mut other = piece.clone();
        other.frames.row_mut(row).mapv_inplace(|bit| 1.0 - bit);
        let same =
            |block: &str, step: usize| values(&piece, block).row(step) == values(&other, block).row(step);
        assert!(!same("post", row - 1), "the posterior of step {} foresees row {row}", row - 1);
        assert!((0..row).all(|step| same("frame", step)) && !same("frame", row));
        // What comes before the first step whose posterior sees it: nothing, but the prior of the first step.
        assert!(same("prior", 0) && same("bwd1", row + 1));
    }
}

/// On the way between two sentences: where the prior is standard, z of a step is what a draw of it would be, so the same sentences are
/// written with the way for noise.
#[test]
fn the_way_between_sentences_is_that_of_their_latents() {
    let net = net(&forcing(Prior::Standard, 3), 3.0);
    let (a, b): (&[u32], &[u32]) = (&[2, 5, 3], &[2, 7, 9, 4, 6, 3]);
    let (z, ..) = net.network().draw().unwrap();
    let means = [a, b].map(|end| net.inferred_batch(&[end], None).get(z, Role::Output).clone());
    let shares = [0.0, 0.25, 0.75, 1.0];
    let mut decoder = net.decoder(Array2::zeros((4, 0)));
    let mut tokens = vec![2; 4];
    let mut expected = vec![Vec::new(); 4];
    for step in 0..12 {
        // Its mean, 0, where a sentence has ended.
        let of = |end: usize, j: usize| means[end].get([step, j]).copied().unwrap_or(0.0);
        let goals =
            Array2::from_shape_fn((4, 3), |(i, j)| (1.0 - shares[i]) * of(0, j) + shares[i] * of(1, j));
        let logits = decoder.logits_with(&tokens, Some(&goals)).to_owned();
        for (i, written) in expected.iter_mut().enumerate() {
            tokens[i] = likeliest(logits.row(i));
            if written.last() != Some(&3) {
                written.push(tokens[i]);
            }
        }
    }
    assert_eq!(net.walk([a, b], &shares, 12), expected);
    let different: std::collections::BTreeSet<_> = expected.iter().collect();
    assert!(different.len() > 1, "{expected:?}");

    // A prior that is learned: ends are those of their own sentences, and from a sentence to itself nothing changes.
    let net = self::net(&forcing(Prior::Learned, 3), 3.0);
    let way = |from, to, share: f32| net.walk([from, to], &[share], 12).remove(0);
    assert_eq!(way(a, b, 0.0), way(a, &[2, 8, 3], 0.0));
    assert_eq!(way(a, b, 1.0), way(b, a, 0.0));
    assert_eq!(way(b, b, 0.3), way(b, a, 0.0));
    assert_ne!(way(a, b, 0.0), way(a, b, 1.0));
}
