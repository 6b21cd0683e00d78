//! The posterior of z, and what it says about the use of z.

use super::Network;
use super::engine::Posterior;
use super::random::Random;
use std::ops::Range;

/// Posterior of z, diagonal Gaussian.
#[derive(Debug, Clone, PartialEq)]
pub struct Latent {
    /// By dimension of z.
    pub mean: Vec<f32>,
    /// By dimension of z.
    pub log_variance: Vec<f32>,
}

impl Latent {
    /// The posterior of z, its parts in the order in which z joins them. The mean or sum of
    /// independent Gaussians is one: means and variances add up.
    pub fn of(network: &Network, posterior: &Posterior) -> Self {
        let steps = network.latent_steps();
        let mut latent = Latent { mean: Vec::new(), log_variance: Vec::new() };
        for &block in network.latent_moments() {
            let of_block = posterior.moments.iter().find(|m| m.block == block);
            let moments = of_block.expect("the posterior of every moments block");
            let from = if steps.is_last() { moments.steps() - 1 } else { 0 };
            let of_all = |values: &[f32], j: usize, f: fn(f32) -> f32| -> f32 {
                (from..moments.steps()).map(|t| f(values[t * moments.size + j])).sum()
            };
            let share = steps.share(moments.steps());
            for j in 0..moments.size {
                latent.mean.push(share * of_all(&moments.mean, j, |m| m));
                latent.log_variance.push(match steps.is_last() {
                    true => of_all(&moments.log_variance, j, |lv| lv),
                    false => (share * share * of_all(&moments.log_variance, j, f32::exp)).ln(),
                });
            }
        }
        latent
    }

    /// mean + exp(log_variance / 2) * `noise`.
    pub fn at(&self, noise: &[f32]) -> Vec<f32> {
        let parts = self.mean.iter().zip(&self.log_variance).zip(noise);
        parts.map(|((m, lv), e)| m + (0.5 * lv).exp() * e).collect()
    }

    /// z at noise of a standard normal.
    pub fn sample(&self, random: &mut Random) -> Vec<f32> {
        self.at(&random.normals(self.mean.len()))
    }

    /// The posterior of some dimensions of z.
    pub fn part(&self, dimensions: Range<usize>) -> Latent {
        let cut = |values: &[f32]| values[dimensions.clone()].to_vec();
        Latent { mean: cut(&self.mean), log_variance: cut(&self.log_variance) }
    }

    /// KL to the standard normal prior in nats.
    pub fn kl(&self) -> f64 {
        gaussian_kl(&self.mean, &self.log_variance)
    }

    /// ln p(z) - ln q(z) at `z`, p the standard normal.
    pub fn log_ratio(&self, z: &[f32]) -> f64 {
        let prior = Latent { mean: vec![0.0; z.len()], log_variance: vec![0.0; z.len()] };
        prior.log_density(z) - self.log_density(z)
    }

    /// ln of the density at `z`.
    pub(super) fn log_density(&self, z: &[f32]) -> f64 {
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
pub(super) fn gaussian_kl(mean: &[f32], log_variance: &[f32]) -> f64 {
    let term = |(m, lv): (&f32, &f32)| {
        let (m, lv) = (f64::from(*m), f64::from(*lv));
        0.5 * (m * m + lv.exp() - 1.0 - lv)
    };
    mean.iter().zip(log_variance).map(term).sum()
}

/// ln of the mean of e^values.
fn log_mean_exp(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + (values.iter().map(|v| (v - top).exp()).sum::<f64>() / values.len() as f64).ln()
}

/// The logarithm of a mean of exponentials, in bounded memory.
#[derive(Debug, Clone, Default)]
pub(super) struct LogMean {
    /// Those that are not in `before`.
    recent: Vec<f64>,
    /// Logarithm of the sum of all before.
    before: Option<f64>,
    count: usize,
}

/// Values kept before they are summed.
const KEPT: usize = 4096;

impl LogMean {
    pub(super) fn add(&mut self, value: f64) {
        self.recent.push(value);
        self.count += 1;
        if self.recent.len() == KEPT {
            self.before = Some(self.sum());
            self.recent.clear();
        }
    }

    /// Logarithm of the sum of all.
    fn sum(&self) -> f64 {
        let all: Vec<f64> = self.before.iter().chain(&self.recent).copied().collect();
        log_mean_exp(&all) + (all.len() as f64).ln()
    }

    pub(super) fn value(self) -> f64 {
        match self.before {
            None => log_mean_exp(&self.recent),
            Some(_) => self.sum() - (self.count as f64).ln(),
        }
    }
}

/// E[ln q(z|x)] - E[ln mean_k q(z|x_k)] in batches of consecutive sentences, one z per sentence.
pub(super) fn mutual_information(latents: &[Latent], batch: usize, seed: u64) -> f64 {
    let mut random = Random::keyed(&[seed, u64::MAX]);
    let mut total = 0.0;
    for near in latents.chunks(batch.max(1)) {
        for latent in near {
            let entropy: f64 =
                latent.log_variance.iter().map(|lv| 0.5 * (LN_TAU + 1.0 + f64::from(*lv))).sum();
            let z = latent.sample(&mut random);
            let densities: Vec<f64> = near.iter().map(|other| other.log_density(&z)).collect();
            total += -entropy - log_mean_exp(&densities);
        }
    }
    total / latents.len() as f64
}

/// Dimensions whose mean varies over the sentences by more than 0.01.
pub(super) fn active_units(means: &[Vec<f32>]) -> usize {
    let count = means.len() as f64;
    let varies = |dimension: &usize| {
        let values = || means.iter().map(|m| f64::from(m[*dimension]));
        let mean = values().sum::<f64>() / count;
        values().map(|v| (v - mean).powi(2)).sum::<f64>() / count > 0.01
    };
    (0..means[0].len()).filter(varies).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_many_exponentials_is_that_of_all_of_them() {
        for count in [1, 7, KEPT - 1, KEPT, KEPT + 1, 3 * KEPT + 5] {
            let values: Vec<f64> = (0..count).map(|i| -700.0 + ((i * 7919) % 1000) as f64 * 0.1).collect();
            let mut mean = LogMean::default();
            values.iter().for_each(|&v| mean.add(v));
            assert!(mean.recent.len() < KEPT);
            let (found, wanted) = (mean.value(), log_mean_exp(&values));
            assert!((found - wanted).abs() < 1e-9, "{count}: {found}, {wanted}");
            assert!(count >= KEPT || found == wanted);
        }
    }

    #[test]
    fn information_of_distinct_codes_is_the_log_of_the_batch() {
        let apart = |i: i32| Latent { mean: vec![100.0 * i as f32], log_variance: vec![0.0] };
        let latents: Vec<Latent> = (0..8).map(apart).collect();
        let mi = mutual_information(&latents, 4, 1);
        // One draw a sentence: the entropy is exact, the density is not.
        assert!((mi - 4f64.ln()).abs() < 1.0, "{mi}");
        let same = vec![Latent { mean: vec![0.5], log_variance: vec![0.0] }; 4000];
        assert!(mutual_information(&same, 4, 1).abs() < 0.05);
    }
}
