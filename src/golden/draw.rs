//! Latents: z of a sentence, and of a step.

use super::net::Machine;
use super::{NoiseKind, NoiseSource, Place, Places};
use crate::model::BlockId;
use crate::quant::{Format, MatVec, NOISE_FRAC, QuantNet, requant_to, saturating_add};

/// mean + exp(log_variance / 2) * epsilon.
fn scaled(quant: &QuantNet, (mean, log_variance): (i64, i64), epsilon: i64, count: &mut Places) -> i64 {
    let format = quant.moment_format();
    let product = quant.exp_half.lookup(log_variance) * epsilon;
    let shift = quant.exp_half.output.frac + NOISE_FRAC - format.frac;
    let noise = requant_to(product, shift, format.bits, count.at(Place::LatentScaled));
    saturating_add(mean, noise, format.bits, count.at(Place::LatentSum))
}

/// A draw that the caller gives, as the table of noise would give it.
fn epsilon_code(epsilon: f32) -> i64 {
    Format::new(16, NOISE_FRAC).encode(epsilon.into())
}

/// How the latents of steps are drawn.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// What is written at this step is known: the posterior is drawn, else the prior.
    pub known: bool,
    /// Absent: at its mean.
    pub noise: Option<NoiseSource>,
}

/// Where z comes from.
#[derive(Debug, Clone, Copy)]
pub enum LatentMode<'a> {
    /// The mean of the posterior.
    Mean,
    /// Drawn of the posterior.
    Posterior(&'a NoiseSource),
    /// Drawn of the prior.
    Prior(&'a NoiseSource),
    /// Codes given by the caller.
    Given(&'a [i32]),
    /// Codes that the caller has drawn of the posterior.
    Drawn(&'a [i32]),
}

impl<M: MatVec> Machine<'_, M> {
    /// z of the sentence.
    pub fn latent(&mut self, id: BlockId, mode: LatentMode) {
        let quant = &self.golden.quant;
        let format = quant.moment_format();
        let mut count = std::mem::take(&mut self.places);
        let (means, log_variances) = self.moments_of_z(id, &mut count);
        // A latent that is an end of z has that end's noise.
        let first = quant.network.latent_part(quant.network.inputs(id)[0]).start;
        let own = self.own_draws.clone();
        let epsilon = |source: &NoiseSource, j: usize| match &own {
            Some(own) => epsilon_code(own.z[first + j]),
            None => quant.half_normal.signed(source.uniform(NoiseKind::Latent, 0, (first + j) as u32)),
        };
        self.flows = !matches!(mode, LatentMode::Prior(_) | LatentMode::Given(_));
        let z = (0..means.len())
            .map(|j| match mode {
                LatentMode::Mean => means[j],
                // The word's low bits, as the hardware takes them.
                LatentMode::Given(codes) | LatentMode::Drawn(codes) => {
                    let unused = 64 - format.bits;
                    i64::from(codes[j]) << unused >> unused
                }
                LatentMode::Prior(source) => {
                    let shift = NOISE_FRAC - format.frac;
                    requant_to(epsilon(source, j), shift, format.bits, count.at(Place::LatentPlain))
                }
                LatentMode::Posterior(source) => {
                    scaled(quant, (means[j], log_variances[j]), epsilon(source, j), &mut count)
                }
            })
            .collect();
        self.places = count;
        self.set_vector(id, z, format.frac);
    }

    /// z of a step: of the posterior where what is written is known, else of the prior.
    pub(super) fn draw(&mut self, id: BlockId, (posterior, prior): (BlockId, Option<BlockId>)) {
        let quant = &self.golden.quant;
        let format = quant.moment_format();
        let size = quant.network.width(id);
        let source = if self.drawing.known { Some(posterior) } else { prior };
        let moments = source.map(|block| self.words[block].split_at(size));
        let step = self.position as u32;
        let own = self.own_draws.clone();
        let epsilon = |j: usize| {
            let noise = self.drawing.noise.as_ref()?;
            Some(match &own {
                Some(own) => epsilon_code(own.steps[[step as usize, j]]),
                None => quant.half_normal.signed(noise.uniform(NoiseKind::Latent, step, j as u32)),
            })
        };
        let mut count = std::mem::take(&mut self.places);
        let z = (0..size).map(|j| match (moments, epsilon(j)) {
            (Some((means, _)), None) => means[j],
            (Some((means, log_variances)), Some(e)) => {
                scaled(quant, (means[j], log_variances[j]), e, &mut count)
            }
            (None, None) => 0,
            (None, Some(e)) => {
                requant_to(e, NOISE_FRAC - format.frac, format.bits, count.at(Place::LatentPlain))
            }
        });
        let z = z.collect();
        self.places = count;
        self.set_vector(id, z, format.frac);
    }

    /// Means and log-variances of the dimensions of the latent block `id`, in z's order.
    pub fn moments(&self, id: BlockId) -> (Vec<i64>, Vec<i64>) {
        // What is rounded for them is counted where z is made of them.
        self.moments_of_z(id, &mut Places::default())
    }

    fn moments_of_z(&self, id: BlockId, count: &mut Places) -> (Vec<i64>, Vec<i64>) {
        let (mut means, mut log_variances) = (Vec::new(), Vec::new());
        for block in self.golden.quant.network.inputs(id) {
            let (mean, log_variance) = self.moments_of(block, count);
            means.extend(mean);
            log_variances.extend(log_variance);
        }
        (means, log_variances)
    }
}
