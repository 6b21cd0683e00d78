//! The figures of a model on held-out sentences, the same code for every engine (models.md 4.5).

use super::diversity::Diversity;
use super::engine::{Engine, Posterior, Score};
use super::flow::{Flowed, flow_kl};
use super::latent::{Latent, LogMean, active_units, gaussian_kl, mutual_information};
use super::losses::{SentenceLoss, batches_by_length, encode};
use super::random::Random;
use super::rewriting::Rewriting;
use super::{Drawn, Example, Network, Schedule, fingerprint};
use crate::config::Protocol;
use serde::{Deserialize, Serialize};

/// What `evaluate` may spend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Seed of every draw.
    pub seed: u64,
    /// Samples per sentence of the importance-weighted bound (honest protocol); 0: leave it out.
    pub importance_samples: usize,
    /// Sentences whose z are compared with each other for the mutual information, whose expected
    /// value cannot exceed ln of this.
    pub mi_batch: usize,
    /// Longest sentence to write in tokens; 0: leave reconstructions out, and sentences of the prior.
    pub reconstruction_limit: usize,
    /// Sentences to write from the prior; 0: leave them out.
    pub generations: usize,
    /// Sentences of a batch of the padded protocol, which also are those that its mutual information compares.
    pub padded_batch: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Effort {
            seed: 1,
            importance_samples: 0,
            mi_batch: 128,
            reconstruction_limit: 64,
            generations: 0,
            padded_batch: 64,
        }
    }
}

/// One row of `hvae eval`. NLL, KL, MI in nats per sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// How it was measured.
    pub protocol: Protocol,
    /// Of a sentence.
    pub nll: f64,
    /// e to the NLL of a token.
    pub ppl: f64,
    /// Of a sentence.
    pub kl: f64,
    /// Mutual information of sentence and z, estimated in batches; of a z drawn from the top down,
    /// that of its top level (no more than that of all); of one before its flow (which keeps it); 0 of latents of steps, where it is not measured.
    pub mi: f64,
    /// Dimensions of z whose posterior mean varies over the sentences by more than 0.01.
    pub active_units: usize,
    /// Share of next tokens that were the most probable one, teacher-forced.
    pub token_accuracy: f64,
    /// Share of words that a greedy reconstruction from the mean has in common with its source.
    pub word_overlap: Option<f64>,
    /// The same against the source of the next sentence: what chance gives.
    pub chance_overlap: Option<f64>,
    /// Share of sentences of which that reconstruction is the source, word by word ([`exact_match`](super::exact_match);
    /// unknown words count as for `word_overlap`: not).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<f64>,
    /// Of sentences written from the prior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversity: Option<Diversity>,
    /// Importance-weighted bound (honest protocol).
    pub iwae_nll: Option<f64>,
    /// Perplexity of that bound.
    pub iwae_ppl: Option<f64>,
    /// Sentences measured.
    pub sentences: usize,
    /// What PPL divides by.
    pub tokens: usize,
}

/// Measures `engine` on `sentences` (token ids, `<sos>` and `<eos>` included). Latents of steps are of sentences without pads,
/// whatever the protocol.
///
/// # Panics
/// If there are no sentences.
pub fn evaluate(
    engine: &mut dyn Engine,
    sentences: &[Vec<u32>],
    protocol: Protocol,
    effort: &Effort,
) -> Evaluation {
    evaluate_each(engine, sentences, protocol, effort).0
}

/// The same, with what each sentence costs.
///
/// # Panics
/// If there are no sentences.
pub fn evaluate_each(
    engine: &mut dyn Engine,
    sentences: &[Vec<u32>],
    protocol: Protocol,
    effort: &Effort,
) -> (Evaluation, Vec<SentenceLoss>) {
    assert!(!sentences.is_empty(), "at least one sentence to measure on");
    if engine.network().draw().is_some() {
        let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        let (figures, losses) = of_draws(&views, protocol, effort, |seed| engine.drawn_all(&views, seed));
        let rewriting = (effort.reconstruction_limit > 0)
            .then(|| Rewriting::of(&views, &engine.rewrite_all(&views, effort.reconstruction_limit)));
        let diversity = (effort.generations > 0 && effort.reconstruction_limit > 0).then(|| {
            let seed = |i: u64| seed_of_sample(effort, u64::MAX - i);
            let seeds: Vec<u64> = (0..effort.generations as u64).map(seed).collect();
            Diversity::of(&engine.dream_all(&seeds, effort.reconstruction_limit))
        });
        return (Evaluation { diversity, ..figures }.rewriting(rewriting), losses);
    }
    let network = engine.network().clone();
    let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
    let batches = (protocol == Protocol::Padded).then(|| batches_by_length(&views, effort.padded_batch));
    let posteriors = encode(engine, &views, batches.as_deref());
    let latents: Vec<Latent> = posteriors.iter().map(|p| Latent::of(&network, p)).collect();
    let means: Vec<Vec<f32>> = latents.iter().map(|l| l.mean.clone()).collect();

    let random = || Random::keyed(&[effort.seed, 0]);
    let (drawn, z) = match protocol {
        Protocol::Paper | Protocol::Padded => (latents.clone(), means.clone()),
        Protocol::Honest => draw(engine, &views, &latents, random()),
    };
    let z = behind(engine.flowed_all(&views, &z));
    let scores = engine.score_all(&views, &z);
    let kl_of_each: Vec<f64> = match protocol {
        // What a flow makes has no KL in closed form: that of one draw of each sentence.
        _ if network.flow().is_some() => kl_of_flow(engine, &views, &latents, random()),
        Protocol::Paper | Protocol::Padded => posteriors.iter().map(|p| kl_of_steps(&network, p)).collect(),
        Protocol::Honest => drawn.iter().map(Latent::kl).collect(),
    };
    let losses = losses_of(protocol, &scores, &kl_of_each);
    let reconstruction: f64 = losses.iter().map(|loss| loss.reconstruction).sum();
    let kl: f64 = kl_of_each.iter().sum();
    let tokens: usize = losses.iter().map(|loss| loss.tokens).sum();
    let count = sentences.len() as f64;
    let nll = reconstruction + kl;

    let iwae = (protocol == Protocol::Honest && effort.importance_samples > 0)
        .then(|| -importance_weighted(engine, &views, &latents, effort));
    let first = |i: usize| latents[i].part(network.latent_drawn_first());
    let (compared, first): (usize, Vec<Latent>) = match &batches {
        Some(batches) => (effort.padded_batch, batches.iter().flatten().map(|&i| first(i)).collect()),
        None => (effort.mi_batch, (0..latents.len()).map(first).collect()),
    };
    // What is written of z alone can be compared with what z was read off, and can come from the prior.
    let by_z = network.latent().is_some() && !Schedule::new(&network).writes_of_what_is_read();
    let rewriting = (effort.reconstruction_limit > 0 && by_z).then(|| {
        let z = behind(engine.flowed_all(&views, &means));
        Rewriting::of(&views, &engine.greedy_all(&z, effort.reconstruction_limit))
    });
    let diversity = (effort.generations > 0 && effort.reconstruction_limit > 0 && by_z).then(|| {
        let mut random = Random::keyed(&[effort.seed, u64::MAX - 1]);
        let prior = (0..effort.generations).map(|_| random.normals(means[0].len()));
        Diversity::of(&engine.greedy_all(&prior.collect::<Vec<_>>(), effort.reconstruction_limit))
    });
    let figures = Evaluation {
        protocol,
        nll: nll / count,
        ppl: (nll / tokens as f64).exp(),
        // Of no latent, not -0.
        kl: kl / count + 0.0,
        mi: mutual_information(&first, compared, effort.seed),
        active_units: active_units(&means),
        token_accuracy: accuracy(&views, &scores),
        word_overlap: None,
        chance_overlap: None,
        exact: None,
        diversity,
        iwae_nll: iwae.map(|total| total / count),
        iwae_ppl: iwae.map(|total| (total / tokens as f64).exp()),
        sentences: sentences.len(),
        tokens,
    };
    (figures.rewriting(rewriting), losses)
}

impl Evaluation {
    /// With the figures of reconstructions, where there are any.
    fn rewriting(self, found: Option<Rewriting>) -> Evaluation {
        Evaluation {
            word_overlap: found.map(|f| f.word_overlap),
            chance_overlap: found.map(|f| f.chance_overlap),
            exact: found.map(|f| f.exact),
            ..self
        }
    }
}

/// What each sentence costs, of its scores and its KL.
fn losses_of(protocol: Protocol, scores: &[Vec<Score>], kl: &[f64]) -> Vec<SentenceLoss> {
    let of_each = scores.iter().zip(kl);
    of_each
        .map(|(scores, &kl)| SentenceLoss {
            tokens: scores.len() + usize::from(protocol.is_of_papers()),
            reconstruction: -log_likelihood(scores),
            kl,
        })
        .collect()
}

/// Measures `engine` on conversations: every sentence given those before it.
///
/// # Panics
/// If there are none, or the network holds none.
pub fn evaluate_conversations(
    engine: &mut dyn Engine,
    conversations: &[Example],
    protocol: Protocol,
    effort: &Effort,
) -> Evaluation {
    let examples: Vec<&Example> = conversations.iter().collect();
    let sentences: Vec<&[u32]> =
        conversations.iter().flat_map(|c| c.turns.iter().map(Vec::as_slice)).collect();
    assert!(!sentences.is_empty(), "at least one sentence to measure on");
    of_draws(&sentences, protocol, effort, |seed| {
        engine.drawn_conversations(&examples, seed).into_iter().flatten().collect()
    })
    .0
}

/// The seed of a sample of the latents of a whole set.
fn seed_of_sample(effort: &Effort, sample: u64) -> u64 {
    fingerprint([effort.seed, sample])
}

/// Figures of sentences whose latents are drawn at every step, or one for each given the sentences before it: at the means
/// (paper) or at one draw of all of them (honest). KL is that of all draws to their priors; dimensions are active whose KL is
/// more than 0.01 nats a step.
fn of_draws(
    sentences: &[&[u32]],
    protocol: Protocol,
    effort: &Effort,
    mut draw: impl FnMut(Option<u64>) -> Vec<Drawn>,
) -> (Evaluation, Vec<SentenceLoss>) {
    let drawn = draw((protocol == Protocol::Honest).then(|| seed_of_sample(effort, 0)));
    let (count, tokens) = (sentences.len() as f64, drawn.iter().map(|d| d.scores.len()).sum::<usize>());
    let draws: usize = drawn.iter().map(|d| d.kl.len()).sum();
    let reconstruction: f64 = drawn.iter().map(|d| -d.log_likelihood()).sum();
    let kl: f64 = drawn.iter().flat_map(|d| &d.kl).sum();
    let nll = reconstruction + kl;
    let of_dimension = |j: usize| drawn.iter().map(|d| d.kl_by_dimension[j]).sum::<f64>();
    let active = (0..drawn[0].kl_by_dimension.len()).filter(|&j| of_dimension(j) > 0.01 * draws as f64);
    let iwae = (protocol == Protocol::Honest && effort.importance_samples > 0).then(|| {
        let mut weights = vec![LogMean::default(); sentences.len()];
        for sample in 0..effort.importance_samples as u64 {
            let drawn = draw(Some(seed_of_sample(effort, 1 + sample)));
            weights.iter_mut().zip(&drawn).for_each(|(mean, drawn)| mean.add(drawn.log_weight()));
        }
        -weights.into_iter().map(LogMean::value).sum::<f64>()
    });
    let scores: Vec<Vec<Score>> = drawn.iter().map(|d| d.scores.clone()).collect();
    let of_each: Vec<f64> = drawn.iter().map(|d| d.kl.iter().sum()).collect();
    // Nothing is said of <sos>, and PPL does not divide by it.
    let losses = losses_of(Protocol::Honest, &scores, &of_each);
    let figures = Evaluation {
        protocol,
        nll: nll / count,
        ppl: (nll / tokens as f64).exp(),
        kl: kl / count,
        mi: 0.0,
        active_units: active.count(),
        token_accuracy: accuracy(sentences, &scores),
        word_overlap: None,
        chance_overlap: None,
        exact: None,
        diversity: None,
        iwae_nll: iwae.map(|total| total / count),
        iwae_ppl: iwae.map(|total| (total / tokens as f64).exp()),
        sentences: sentences.len(),
        tokens,
    };
    (figures, losses)
}

/// A z of every sentence, and the posteriors it was drawn from.
fn draw(
    engine: &mut dyn Engine,
    sentences: &[&[u32]],
    of_means: &[Latent],
    mut random: Random,
) -> (Vec<Latent>, Vec<Vec<f32>>) {
    let noise: Vec<Vec<f32>> = of_means.iter().map(|l| random.normals(l.mean.len())).collect();
    let latents = engine.latents_drawn(sentences, of_means, &noise);
    let z = latents.iter().zip(&noise).map(|(latent, noise)| latent.at(noise)).collect();
    (latents, z)
}

/// z as scoring and writing take it.
fn behind(flowed: Vec<Flowed>) -> Vec<Vec<f32>> {
    flowed.into_iter().map(|flowed| flowed.z).collect()
}

/// Of each sentence ln q(z | x) - ln p(z) of one z that the flow has made.
fn kl_of_flow(
    engine: &mut dyn Engine,
    sentences: &[&[u32]],
    latents: &[Latent],
    mut random: Random,
) -> Vec<f64> {
    let noise: Vec<Vec<f32>> = latents.iter().map(|l| random.normals(l.mean.len())).collect();
    let z: Vec<Vec<f32>> = latents.iter().zip(&noise).map(|(latent, noise)| latent.at(noise)).collect();
    let flowed = engine.flowed_all(sentences, &z);
    let of_each = latents.iter().zip(&noise).zip(&flowed);
    of_each.map(|((latent, noise), flowed)| flow_kl(&latent.log_variance, noise, flowed)).collect()
}

/// KL averaged over the steps, summed over moments blocks with their `kl_weight`.
fn kl_of_steps(network: &Network, posterior: &Posterior) -> f64 {
    let weighted = posterior.moments.iter().map(|m| {
        f64::from(network.kl_weight(m.block)) * gaussian_kl(&m.mean, &m.log_variance) / m.steps() as f64
    });
    weighted.sum::<f64>()
}

fn log_likelihood(scores: &[Score]) -> f64 {
    scores.iter().map(|s| s.log_probability).sum()
}

/// Sum over sentences of ln mean_k p(x | z_k) p(z_k) / q(z_k | x) (Burda 2016), z_k behind the flow where there is one.
fn importance_weighted(
    engine: &mut dyn Engine,
    sentences: &[&[u32]],
    latents: &[Latent],
    effort: &Effort,
) -> f64 {
    let mut weights = vec![LogMean::default(); sentences.len()];
    for sample in 0..effort.importance_samples {
        let random = Random::keyed(&[effort.seed, 1 + sample as u64]);
        let (drawn, z) = draw(engine, sentences, latents, random);
        let flowed = engine.flowed_all(sentences, &z);
        let determinants: Vec<f64> = flowed.iter().map(|flowed| flowed.log_determinant).collect();
        let made = behind(flowed);
        let scores = engine.score_all(sentences, &made);
        for (i, (latent, z)) in drawn.iter().zip(&z).enumerate() {
            let prior = Latent { mean: vec![0.0; z.len()], log_variance: vec![0.0; z.len()] };
            let ratio = prior.log_density(&made[i]) - (latent.log_density(z) - determinants[i]);
            weights[i].add(log_likelihood(&scores[i]) + ratio);
        }
    }
    weights.into_iter().map(LogMean::value).sum()
}

fn accuracy(sentences: &[&[u32]], scores: &[Vec<Score>]) -> f64 {
    let pairs = || sentences.iter().zip(scores).flat_map(|(s, p)| s[1..].iter().zip(p));
    pairs().filter(|(token, score)| **token == score.best).count() as f64 / pairs().count() as f64
}
