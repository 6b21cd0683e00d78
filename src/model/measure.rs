//! The figures of a model on held-out sentences, the same code for every engine (models.md 4.5).

use super::engine::{Engine, Posterior, Score};
use super::random::Random;
use super::vocabulary::{EOS, SPECIAL};
use super::{Network, Op};
use crate::config::Protocol;
use serde::{Deserialize, Serialize};

/// What `evaluate` may spend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Seed of every draw.
    pub seed: u64,
    /// Samples per sentence of the importance-weighted bound (honest protocol); 0: leave it out.
    pub importance_samples: usize,
    /// Sentences whose z are compared with each other for the mutual information, which cannot
    /// exceed ln of this.
    pub mi_batch: usize,
    /// Longest greedy reconstruction in tokens; 0: leave reconstructions out.
    pub reconstruction_limit: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { seed: 1, importance_samples: 0, mi_batch: 128, reconstruction_limit: 64 }
    }
}

/// One row of `hvae eval`. NLL, KL, MI in nats per sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub protocol: Protocol,
    pub nll: f64,
    pub ppl: f64,
    pub kl: f64,
    /// Mutual information of sentence and z, estimated in batches.
    pub mi: f64,
    /// Dimensions of z whose posterior mean varies over the sentences by more than 0.01.
    pub active_units: usize,
    /// Share of next tokens that were the most probable one, teacher-forced.
    pub token_accuracy: f64,
    /// Share of words that a greedy reconstruction from the mean has in common with its source.
    pub word_overlap: Option<f64>,
    /// The same against the source of the next sentence: what chance gives.
    pub chance_overlap: Option<f64>,
    /// Importance-weighted bound (honest protocol).
    pub iwae_nll: Option<f64>,
    pub iwae_ppl: Option<f64>,
    pub sentences: usize,
    /// What PPL divides by.
    pub tokens: usize,
}

/// Measures `engine` on `sentences` (token ids, `<sos>` and `<eos>` included).
///
/// # Panics
/// If there are no sentences.
pub fn evaluate(
    engine: &mut dyn Engine,
    sentences: &[Vec<u32>],
    protocol: Protocol,
    effort: &Effort,
) -> Evaluation {
    assert!(!sentences.is_empty(), "at least one sentence to measure on");
    let network = engine.network().clone();
    let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
    let posteriors = engine.encode_all(&views);
    let latents: Vec<Latent> = posteriors.iter().map(|p| Latent::last(&network, p)).collect();
    let means: Vec<Vec<f32>> = latents.iter().map(|l| l.mean.clone()).collect();

    let z = match protocol {
        Protocol::Paper => means.clone(),
        Protocol::Honest => {
            let mut random = Random::keyed(&[effort.seed, 0]);
            latents.iter().map(|l| l.sample(&mut random)).collect()
        }
    };
    let scores = engine.score_all(&views, &z);
    let reconstruction: f64 = scores.iter().map(|s| -log_likelihood(s)).sum();
    let kl: f64 = match protocol {
        Protocol::Paper => posteriors.iter().map(|p| kl_of_steps(&network, p)).sum(),
        Protocol::Honest => latents.iter().map(Latent::kl).sum(),
    };
    let predicted: usize = scores.iter().map(Vec::len).sum();
    let tokens = match protocol {
        Protocol::Paper => predicted + sentences.len(),
        Protocol::Honest => predicted,
    };
    let count = sentences.len() as f64;
    let nll = reconstruction + kl;

    let iwae = (protocol == Protocol::Honest && effort.importance_samples > 0)
        .then(|| -importance_weighted(engine, &views, &latents, effort));
    let overlaps = (effort.reconstruction_limit > 0).then(|| {
        let written = engine.greedy_all(&means, effort.reconstruction_limit);
        let shared = |shift: usize| {
            let pairs = written.iter().enumerate();
            let each = pairs.map(|(i, w)| word_overlap(&views[(i + shift) % views.len()], w));
            each.sum::<f64>() / count
        };
        (shared(0), shared(1))
    });
    Evaluation {
        protocol,
        nll: nll / count,
        ppl: (nll / tokens as f64).exp(),
        kl: kl / count,
        mi: mutual_information(&latents, effort),
        active_units: active_units(&means),
        token_accuracy: accuracy(&views, &scores),
        word_overlap: overlaps.map(|o| o.0),
        chance_overlap: overlaps.map(|o| o.1),
        iwae_nll: iwae.map(|total| total / count),
        iwae_ppl: iwae.map(|total| (total / tokens as f64).exp()),
        sentences: sentences.len(),
        tokens,
    }
}

/// Posterior of z, diagonal Gaussian.
#[derive(Debug, Clone, PartialEq)]
pub struct Latent {
    pub mean: Vec<f32>,
    pub log_variance: Vec<f32>,
}

impl Latent {
    /// The posterior at the last step, its parts in the order in which z joins them.
    pub fn last(network: &Network, posterior: &Posterior) -> Self {
        let mut latent = Latent { mean: Vec::new(), log_variance: Vec::new() };
        for &block in network.latent_moments() {
            let of_block = posterior.moments.iter().find(|m| m.block == block);
            let moments = of_block.expect("the posterior of every moments block");
            let last = (posterior.steps - 1) * moments.size..posterior.steps * moments.size;
            latent.mean.extend(&moments.mean[last.clone()]);
            latent.log_variance.extend(&moments.log_variance[last]);
        }
        latent
    }

    /// mean + exp(log_variance / 2) * epsilon.
    pub fn sample(&self, random: &mut Random) -> Vec<f32> {
        let parts = self.mean.iter().zip(&self.log_variance);
        parts.map(|(m, lv)| m + (0.5 * lv).exp() * random.normal()).collect()
    }

    /// KL to the standard normal prior in nats.
    pub fn kl(&self) -> f64 {
        gaussian_kl(&self.mean, &self.log_variance)
    }

    /// ln of the density at `z`.
    fn log_density(&self, z: &[f32]) -> f64 {
        let terms = z.iter().zip(self.mean.iter().zip(&self.log_variance));
        let each = terms.map(|(z, (m, lv))| {
            let (z, m, lv) = (f64::from(*z), f64::from(*m), f64::from(*lv));
            -0.5 * (LN_TAU + lv + (z - m).powi(2) / lv.exp())
        });
        each.sum()
    }
}

/// ln(2 pi).
const LN_TAU: f64 = 1.837_877_066_409_345_3;

/// KL of a diagonal Gaussian to the standard normal: 1/2 sum(mean^2 + variance - 1 - ln variance).
fn gaussian_kl(mean: &[f32], log_variance: &[f32]) -> f64 {
    let term = |(m, lv): (&f32, &f32)| {
        let (m, lv) = (f64::from(*m), f64::from(*lv));
        0.5 * (m * m + lv.exp() - 1.0 - lv)
    };
    mean.iter().zip(log_variance).map(term).sum()
}

/// KL averaged over the steps, summed over moments blocks with their `kl_weight`.
fn kl_of_steps(network: &Network, posterior: &Posterior) -> f64 {
    let weighted = posterior.moments.iter().map(|m| {
        let Op::Moments { kl_weight, .. } = network.blocks[m.block].op else {
            unreachable!("a posterior holds moments blocks only")
        };
        f64::from(kl_weight) * gaussian_kl(&m.mean, &m.log_variance)
    });
    weighted.sum::<f64>() / posterior.steps as f64
}

fn log_likelihood(scores: &[Score]) -> f64 {
    scores.iter().map(|s| s.log_probability).sum()
}

fn log_mean_exp(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + (values.iter().map(|v| (v - top).exp()).sum::<f64>() / values.len() as f64).ln()
}

/// Sum over sentences of ln mean_k p(x | z_k) p(z_k) / q(z_k | x) (Burda 2016).
fn importance_weighted(
    engine: &mut dyn Engine,
    sentences: &[&[u32]],
    latents: &[Latent],
    effort: &Effort,
) -> f64 {
    let mut weights = vec![Vec::new(); sentences.len()];
    for sample in 0..effort.importance_samples {
        let mut random = Random::keyed(&[effort.seed, 1 + sample as u64]);
        let z: Vec<Vec<f32>> = latents.iter().map(|l| l.sample(&mut random)).collect();
        let scores = engine.score_all(sentences, &z);
        for (i, (latent, z)) in latents.iter().zip(&z).enumerate() {
            let prior = Latent { mean: vec![0.0; z.len()], log_variance: vec![0.0; z.len()] };
            let ratio = prior.log_density(z) - latent.log_density(z);
            weights[i].push(log_likelihood(&scores[i]) + ratio);
        }
    }
    weights.iter().map(|w| log_mean_exp(w)).sum()
}

/// E[ln q(z|x)] - E[ln mean_k q(z|x_k)] in batches of consecutive sentences, one z per sentence.
fn mutual_information(latents: &[Latent], effort: &Effort) -> f64 {
    let mut random = Random::keyed(&[effort.seed, u64::MAX]);
    let mut total = 0.0;
    for batch in latents.chunks(effort.mi_batch.max(1)) {
        for latent in batch {
            let entropy: f64 =
                latent.log_variance.iter().map(|lv| 0.5 * (LN_TAU + 1.0 + f64::from(*lv))).sum();
            let z = latent.sample(&mut random);
            let densities: Vec<f64> = batch.iter().map(|other| other.log_density(&z)).collect();
            total += -entropy - log_mean_exp(&densities);
        }
    }
    total / latents.len() as f64
}

fn active_units(means: &[Vec<f32>]) -> usize {
    let count = means.len() as f64;
    let varies = |dimension: &usize| {
        let values = || means.iter().map(|m| f64::from(m[*dimension]));
        let mean = values().sum::<f64>() / count;
        values().map(|v| (v - mean).powi(2)).sum::<f64>() / count > 0.01
    };
    (0..means[0].len()).filter(varies).count()
}

fn accuracy(sentences: &[&[u32]], scores: &[Vec<Score>]) -> f64 {
    let pairs = || sentences.iter().zip(scores).flat_map(|(s, p)| s[1..].iter().zip(p));
    pairs().filter(|(token, score)| **token == score.best).count() as f64 / pairs().count() as f64
}

/// Words that source and reconstruction share, as a multiset, over the words of the longer one.
/// `<eos>` and the other special tokens do not count.
pub fn word_overlap(source: &[u32], written: &[u32]) -> f64 {
    let words = |tokens: &[u32]| -> Vec<u32> {
        let end = tokens.iter().position(|&t| t == EOS).unwrap_or(tokens.len());
        tokens[..end].iter().copied().filter(|&t| t as usize >= SPECIAL.len()).collect()
    };
    let (source, mut rest) = (words(source), words(written));
    let longer = source.len().max(rest.len()).max(1);
    let mut shared = 0;
    for word in source {
        if let Some(at) = rest.iter().position(|&w| w == word) {
            rest.swap_remove(at);
            shared += 1;
        }
    }
    shared as f64 / longer as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_counts_words_once() {
        assert_eq!(word_overlap(&[2, 4, 5, 5, 3], &[5, 6, 3, 4]), 1.0 / 3.0);
        assert_eq!(word_overlap(&[2, 4, 3], &[4, 3]), 1.0);
        assert_eq!(word_overlap(&[2, 3], &[3]), 0.0);
    }

    #[test]
    fn information_of_distinct_codes_is_the_log_of_the_batch() {
        let apart = |i: i32| Latent { mean: vec![100.0 * i as f32], log_variance: vec![0.0] };
        let latents: Vec<Latent> = (0..8).map(apart).collect();
        let effort = Effort { mi_batch: 4, ..Effort::default() };
        let mi = mutual_information(&latents, &effort);
        // One draw a sentence: the entropy is exact, the density is not.
        assert!((mi - 4f64.ln()).abs() < 1.0, "{mi}");
        let same = vec![Latent { mean: vec![0.5], log_variance: vec![0.0] }; 4000];
        assert!(mutual_information(&same, &effort).abs() < 0.05);
    }
}
