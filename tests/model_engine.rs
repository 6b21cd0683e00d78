//! Every switch of `[model]` gives a network that runs, and doing sentences together changes
//! nothing.

use hvae_mnn::config::{CellKind, LatentFrom, Model};
use hvae_mnn::model::{
    Effort, Engine, FloatNet, Latent, Network, Ngram, Op, Protocol, Random, Role, SOS, UNK, Weights, argmax,
    evaluate,
};
use ndarray::{ArrayD, ArrayView1, IxDyn};

fn random_net(model: &Model, seed: u64) -> FloatNet {
    let network = Network::describe(model, 0.5).unwrap();
    let mut random = Random::keyed(&[seed]);
    let mut fill = |shape: Vec<usize>| {
        let count = shape.iter().product();
        let values = (0..count).map(|_| 0.6 * random.normal()).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap()
    };
    let tensors = network.tensors().into_iter().map(|(name, shape)| (name, fill(shape))).collect();
    let weights = Weights::checked("random", tensors, &network).unwrap();
    FloatNet::new(&network, &weights).unwrap()
}

fn small() -> Model {
    Model { embedding: 4, hidden: 5, latent: 3, vocabulary: 12, ..Model::default() }
}

fn sentences() -> Vec<Vec<u32>> {
    let mut random = Random::keyed(&[9]);
    let mut sentence = || {
        let words = 1 + random.below(6);
        let body: Vec<u32> = (0..words).map(|_| 4 + random.below(8) as u32).collect();
        [vec![2], body, vec![3]].concat()
    };
    (0..150).map(|_| sentence()).collect()
}

#[test]
fn every_switch_gives_a_network_that_runs() {
    use CellKind::{Gru, Lstm};
    for below in CellKind::ALL {
        for above in CellKind::ALL {
            for latent_from in [LatentFrom::Both, LatentFrom::Top, LatentFrom::TopDown] {
                for decoder_cells in [None, Some(vec![Gru]), Some(vec![Lstm, above])] {
                    let cells = vec![below, above];
                    runs(&Model { cells, latent_from, decoder_cells, ..small() });
                }
            }
        }
    }
    runs(&Model { cells: vec![Gru], ..small() });
    runs(&Model { cells: vec![Gru, Lstm, Gru], ..small() });
    runs(&Model { cells: vec![Gru, Lstm, Gru], latent_from: LatentFrom::TopDown, ..small() });
}

/// Free-running steps choose what teacher forcing on the same tokens finds most probable.
fn runs(model: &Model) {
    let mut net = random_net(model, 1);
    let sentence = [2, 4, 5, 11, 6, 3];
    let posterior = Engine::encode(&mut net, &sentence);
    assert_eq!(posterior.moments[0].steps(), 6);
    let given = if model.latent_from == LatentFrom::TopDown { model.cells.len() - 1 } else { 0 };
    assert_eq!(posterior.moments.len(), model.cells.len() + given);
    let z = Latent::of(net.network(), &posterior).mean;
    let levels = if model.latent_from == LatentFrom::Top { 1 } else { model.cells.len() };
    assert_eq!(z.len(), levels * model.latent);
    let written = net.greedy(&z, 7);
    let read = [vec![SOS], written.clone()].concat();
    let forced = net.teacher_forced(&read, &z);
    let logits = forced.get(net.network().vocabulary_block().unwrap(), Role::Output);
    // The unknown word is never written.
    let known = |row: ArrayView1<'_, f32>| {
        let mut row = row.to_owned();
        row[UNK as usize] = f32::NEG_INFINITY;
        argmax(row.view())
    };
    let best: Vec<u32> = logits.outer_iter().map(known).collect();
    assert_eq!(best, written, "{model:?}");
}

#[test]
fn the_lower_levels_carry_their_weight_in_the_objective() {
    let network = Network::describe(&small(), 0.25).unwrap();
    let weight = |name| match network.blocks[network.find(name).unwrap()].op {
        Op::Moments { kl_weight, .. } => kl_weight,
        _ => panic!("{name} is a moments block"),
    };
    assert_eq!([weight("q1"), weight("q2")], [0.25, 1.0]);
}

/// q(z1 | h1_T, z2): the moments of the lower level are those of the z2 that was drawn, for every
/// sentence of a batch; z2's own do not change.
#[test]
fn a_z_from_the_top_down_is_drawn_given_the_draws_above() {
    let model = Model { latent_from: LatentFrom::TopDown, ..small() };
    let mut net = random_net(&model, 3);
    let owned = sentences();
    let all: Vec<&[u32]> = owned.iter().map(Vec::as_slice).collect();
    let network = net.network().clone();
    let of_means: Vec<Latent> =
        net.encode_all(&all).iter().map(|posterior| Latent::of(&network, posterior)).collect();
    let mut random = Random::keyed(&[4]);
    let noise: Vec<Vec<f32>> = all.iter().map(|_| random.normals(6)).collect();
    let drawn = net.latents_drawn(&all, &of_means, &noise);
    let (level, heads) = (network.find("enc1").unwrap(), network.find("q1_given_z2").unwrap());
    for (i, sentence) in all.iter().enumerate() {
        assert_eq!(drawn[i].part(3..6), of_means[i].part(3..6));
        let z2 = of_means[i].part(3..6).at(&noise[i][3..]);
        let trace = net.encode(sentence);
        let h1 = trace.vector(&network, level, Role::Output, 0, sentence.len() - 1);
        let read: Vec<f32> = h1.iter().chain(&z2).copied().collect();
        for j in 0..3 {
            let head = |k: usize| -> f32 {
                let weights = net.tensor(heads, k).row(j);
                let product: f32 = weights.iter().zip(&read).map(|(w, x)| w * x).sum();
                product + net.tensor(heads, k + 1)[[0, j]]
            };
            assert!((drawn[i].mean[j] - head(0)).abs() < 1e-4, "sentence {i}");
            assert!((drawn[i].log_variance[j] - head(2)).abs() < 1e-4, "sentence {i}");
        }
    }
}

#[test]
fn together_is_the_same_as_one_by_one() {
    let mut net = random_net(&Model { cells: vec![CellKind::Gru, CellKind::Lstm], ..small() }, 2);
    let owned = sentences();
    let all: Vec<&[u32]> = owned.iter().map(Vec::as_slice).collect();
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    let together = net.encode_all(&all);
    let mut means = Vec::new();
    for (sentence, posterior) in all.iter().zip(&together) {
        let alone = Engine::encode(&mut net, sentence);
        assert_eq!(alone.moments[0].steps(), posterior.moments[0].steps());
        for (a, b) in alone.moments.iter().zip(&posterior.moments) {
            assert!(near(&a.mean, &b.mean) && near(&a.log_variance, &b.log_variance));
        }
        means.push(Latent::of(net.network(), &alone).mean);
    }
    let scores = net.score_all(&all, &means);
    let written = net.greedy_all(&means, 9);
    for (i, sentence) in all.iter().enumerate() {
        let alone = net.score(sentence, &means[i]);
        assert_eq!(alone.len(), sentence.len() - 1);
        for (a, b) in alone.iter().zip(&scores[i]) {
            assert!((a.log_probability - b.log_probability).abs() < 1e-4);
            assert_eq!(a.best, b.best);
        }
        assert_eq!(net.greedy(&means[i], 9), written[i]);
    }
}

#[test]
fn protocols_count_as_they_promise() {
    let mut net = random_net(&small(), 3);
    let text = sentences();
    let effort = Effort { importance_samples: 50, mi_batch: 16, ..Effort::default() };
    let paper = evaluate(&mut net, &text, Protocol::Paper, &effort);
    let honest = evaluate(&mut net, &text, Protocol::Honest, &effort);
    let predicted: usize = text.iter().map(|s| s.len() - 1).sum();
    assert_eq!((honest.tokens, paper.tokens), (predicted, predicted + text.len()));
    let ppl = |nll: f64, tokens: usize| (nll * text.len() as f64 / tokens as f64).exp();
    assert!((honest.ppl - ppl(honest.nll, honest.tokens)).abs() < 1e-9);
    assert!((paper.ppl - ppl(paper.nll, paper.tokens)).abs() < 1e-9);
    assert!(honest.iwae_nll.unwrap() < honest.nll, "the tighter bound is lower");
    assert!(paper.iwae_nll.is_none());
    assert!(honest.mi <= 16f64.ln() + 1e-9 && honest.mi > 0.0);
    assert_eq!(honest, evaluate(&mut net, &text, Protocol::Honest, &effort), "seeded");
    let baselines = Ngram::fit(&text, 12).measure(&text);
    assert_eq!(baselines.tokens, honest.tokens);
}
