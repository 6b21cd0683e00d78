//! The golden model as an engine of the metrics, beside the float network.

use super::choice::Chooser;
use super::net::{LatentMode, Machine};
use super::{Golden, NoiseSource};
use crate::model::{
    BlockId, Body, EOS, Engine, JobKind, Latent, Moments, Network, Posterior, SOS, Score, Step, When,
    fingerprint, score_logits,
};
use crate::quant::{MatVec, QuantBlock};

/// Integers (ideal or tiled) behind the interface of the metrics.
pub struct GoldenEngine<'a, M> {
    golden: &'a Golden<M>,
    /// Conversions clipped so far.
    pub adc_clips: u64,
    /// Numbers saturated so far.
    pub saturations: u64,
    /// Cycles in which tiles converted so far, summed over tiles.
    pub tile_samples: u64,
}

impl<'a, M: MatVec> GoldenEngine<'a, M> {
    pub fn new(golden: &'a Golden<M>) -> Self {
        GoldenEngine { golden, adc_clips: 0, saturations: 0, tile_samples: 0 }
    }

    /// z from the prior and tokens at a temperature, as GENERATE would.
    pub fn generate(&mut self, noise: &NoiseSource, inverse_temperature: u16, limit: usize) -> Vec<u32> {
        let mut machine = Machine::new(self.golden, noise.seed());
        self.start(&mut machine, LatentMode::Prior(noise));
        self.write(&mut machine, Some((noise, inverse_temperature)), limit)
    }

    fn body(&self, over: When) -> &'a Body {
        self.golden.schedule.body(over)
    }

    /// Token number `step` of a loop; in a wave, the stages behind the first are a beat later each.
    fn step(&self, machine: &mut Machine<M>, over: When, token: u32, (step, wave): (usize, bool)) {
        let body = self.body(over);
        for &id in &body.lookups {
            machine.embed(id, token);
        }
        for (depth, id) in body.staged() {
            machine.beat = if wave { step + depth } else { step };
            machine.step(id);
        }
    }

    /// What DECODE does before it writes: z, then the states that the decoder starts from.
    fn start(&self, machine: &mut Machine<M>, mode: LatentMode) {
        machine.beat = 0;
        for step in self.golden.schedule.plan(JobKind::Decode) {
            match step {
                Step::Draw(latents) => latents.iter().for_each(|&id| machine.latent(id, mode)),
                Step::Once(stages) => stages.iter().for_each(|&id| machine.step(id)),
                Step::Load(cells) => cells.iter().for_each(|&id| machine.load(id)),
                // Token by token, as the caller has them.
                Step::Read(_) | Step::Predict(_) | Step::Statistics(_) | Step::Write(_) => {}
            }
        }
    }

    fn start_from(&self, z: &[f32]) -> Machine<'a, M> {
        let format = self.golden.quant.moment_format();
        let codes: Vec<i32> = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&codes));
        self.start(&mut machine, LatentMode::Given(&codes));
        machine
    }

    fn vocabulary(&self) -> (BlockId, i32) {
        let blocks = &self.golden.quant.blocks;
        let found = blocks.iter().enumerate().find_map(|(id, b)| match b {
            QuantBlock::Vocabulary { logit, .. } => Some((id, logit.frac)),
            _ => None,
        });
        found.expect("a text model has a vocabulary product")
    }

    fn write(
        &mut self,
        machine: &mut Machine<M>,
        sampling: Option<(&NoiseSource, u16)>,
        limit: usize,
    ) -> Vec<u32> {
        let (vocabulary, logit_frac) = self.vocabulary();
        let gumbel = &self.golden.quant.gumbel;
        let chooser = Chooser {
            logit_frac,
            noise: sampling.map(|(source, _)| (source, gumbel)),
            beta: sampling.map_or(super::choice::UNIT_BETA, |(_, beta)| beta),
        };
        let mut written = Vec::new();
        let mut token = SOS;
        while written.len() < limit && token != EOS {
            self.step(machine, When::DecoderStep, token, (written.len(), false));
            token = chooser.choose(&machine.words[vocabulary], written.len() as u32);
            written.push(token);
        }
        self.count(machine);
        written
    }

    fn count(&mut self, machine: &Machine<M>) {
        self.adc_clips += machine.adc_clips;
        self.saturations += machine.places.clipped();
        self.tile_samples += machine.tile_samples;
    }
}

impl<M: MatVec> Engine for GoldenEngine<'_, M> {
    fn network(&self) -> &Network {
        &self.golden.quant.network
    }

    fn encode(&mut self, sentence: &[u32]) -> Posterior {
        let tokens: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&tokens));
        let format = self.golden.quant.moment_format();
        let mut moments: Vec<Moments> = self
            .body(When::EncoderStep)
            .stages()
            .filter_map(|block| match self.golden.quant.blocks[block] {
                QuantBlock::Moments { size, .. } => {
                    Some(Moments { block, size, mean: Vec::new(), log_variance: Vec::new() })
                }
                _ => None,
            })
            .collect();
        for (t, &token) in sentence.iter().enumerate() {
            self.step(&mut machine, When::EncoderStep, token, (t, true));
            for m in &mut moments {
                let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
                let (mean, log_variance) = machine.words[m.block].split_at(m.size);
                m.mean.extend(real(mean));
                m.log_variance.extend(real(log_variance));
            }
        }
        self.count(&machine);
        Posterior { moments }
    }

    fn score(&mut self, sentence: &[u32], z: &[f32]) -> Vec<Score> {
        let (vocabulary, logit_frac) = self.vocabulary();
        let mut machine = self.start_from(z);
        let scale = libm::ldexp(1.0, -logit_frac) as f32;
        let scores = sentence
            .windows(2)
            .enumerate()
            .map(|(t, pair)| {
                self.step(&mut machine, When::DecoderStep, pair[0], (t, true));
                let logits = machine.words[vocabulary].iter().map(|&l| l as f32 * scale);
                score_logits(&logits.collect::<Vec<f32>>(), pair[1])
            })
            .collect();
        self.count(&machine);
        scores
    }

    fn greedy(&mut self, z: &[f32], limit: usize) -> Vec<u32> {
        let mut machine = self.start_from(z);
        self.write(&mut machine, None, limit)
    }

    /// Those given the means: a network whose z is drawn from the top down is not made of integers
    /// (`QuantError::TopDown`).
    fn latents_drawn(&mut self, _: &[&[u32]], of_means: &[Latent], _: &[Vec<f32>]) -> Vec<Latent> {
        assert!(self.network().latent_drawn_at_once(), "integers of a network that has none");
        of_means.to_vec()
    }
}

/// The seed of a job that nobody gave one: of what it reads, so that another sentence sees other
/// noise and the order of the sentences does not matter.
fn seed_of(input: &[i32]) -> u64 {
    fingerprint(input.iter().map(|&x| u64::from(x as u32)))
}
