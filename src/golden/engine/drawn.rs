//! Sentences whose latents are drawn at every step, as the jobs do it.

use super::{GoldenEngine, seed_of};
use crate::golden::net::Machine;
use crate::golden::{Context, Drawing, LatentMode, NoiseSource};
use crate::model::{
    BlockId, Drawn, DrawnStep, Draws, Example, JobKind, Latent, Score, bits_nll, score_logits,
};
use crate::quant::MatVec;
use ndarray::{Array2, ArrayView1};
use std::rc::Rc;

impl<M: MatVec> GoldenEngine<'_, M> {
    /// A sentence scored as SCORE does it, with latents of steps drawn by the seed, or at their means.
    pub(super) fn drawn(&mut self, sentence: &[u32], seed: Option<u64>) -> Drawn {
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let own = self.own_draws(&Example::sentence(sentence.to_vec()), seed);
        let context = Context::default();
        self.scored(&input, (seed, own), &context, |step, logits| score_logits(logits, sentence[step + 1])).0
    }

    /// A piece scored as SCORE does it, with latents drawn by the seed, and the logits of its bits [frames, bits].
    pub(super) fn drawn_piece(&mut self, piece: &Example, seed: u64) -> (Drawn, Array2<f32>) {
        let mut rows = Array2::zeros((0, piece.frames.ncols()));
        let input = self.golden.packet(piece);
        let own = self.own_draws(piece, Some(seed));
        let (mut drawn, z) = self.scored(&input, (Some(seed), own), &Context::default(), |step, logits| {
            let logits = ArrayView1::from(logits);
            rows.push_row(logits).expect("a row of bits");
            let log_probability = -bits_nll(logits, piece.frames.row(step + 1));
            Score { log_probability, best: 0 }
        });
        if let Some((latent, z)) = z {
            drawn.kl.insert(0, latent.kl());
            drawn.log_ratio += latent.log_ratio(&z);
        }
        (drawn, rows)
    }

    /// The draws of the float network for `example` in place of the hardware's, where they are asked for.
    pub(super) fn own_draws(&self, example: &Example, seed: Option<u64>) -> Option<Draws> {
        let network = &self.golden.quant.network;
        seed.filter(|_| self.float_draws).map(|seed| Draws::of(network, example, seed))
    }

    /// What is written of `input` behind what has been heard, step by step, latents drawn by the seed (or by these draws of
    /// one's `own`) or at their means: `score` makes a figure of the logits of each step. With z of the sequence and what it was drawn from, where there is one.
    pub(super) fn scored(
        &mut self,
        input: &[i32],
        (seed, own): (Option<u64>, Option<Draws>),
        context: &Context,
        mut score: impl FnMut(usize, &[f32]) -> Score,
    ) -> (Drawn, Option<(Latent, Vec<f32>)>) {
        let quant = &self.golden.quant;
        let (head, logit_frac) = self.written_head();
        let format = quant.moment_format();
        let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
        let mut machine = Machine::new(self.golden, seed.unwrap_or_else(|| seed_of(input)));
        machine.own_draws = own.map(Rc::new);
        machine.recall(context);
        let noise = seed.map(NoiseSource::new);
        machine.drawing = Drawing { known: true, noise: noise.clone() };
        let mode = noise.as_ref().map_or(LatentMode::Mean, LatentMode::Posterior);
        self.follow(&mut machine, JobKind::Score, input, mode, |_, _| ());
        let z = quant.network.latent().map(|z| {
            let (means, log_variances) = machine.moments(z);
            (Latent { mean: real(&means), log_variance: real(&log_variances) }, real(&machine.words[z]))
        });
        let scale = libm::ldexp(1.0, -logit_frac) as f32;
        let draw = quant.network.draw();
        let size = draw.map_or(0, |(z, ..)| quant.network.width(z));
        let mut drawn = Drawn::of(Vec::new(), size);
        let count = |drawn: &mut Drawn, machine: &Machine<M>| {
            let Some((z, posterior, prior)) = draw else { return };
            let moments = |block: BlockId| {
                let (means, log_variances) = machine.words[block].split_at(size);
                (real(means), real(log_variances))
            };
            let (of_posterior, of_prior) = (moments(posterior), prior.map(moments));
            drawn.add(&DrawnStep {
                posterior: (&of_posterior.0, &of_posterior.1),
                prior: of_prior.as_ref().map(|(means, log_variances)| (&means[..], &log_variances[..])),
                z: &real(&machine.words[z]),
            });
        };
        let at_once = draw.is_some_and(|(z, ..)| quant.network.is_once(z));
        if at_once {
            count(&mut drawn, &machine);
        }
        let frame = self.golden.shape.frame;
        for (t, words) in input.chunks_exact(frame).take(input.len() / frame - 1).enumerate() {
            machine.position = t;
            machine.frame(words);
            self.step(&mut machine, self.written(), words[0] as u32, (t, true));
            let logits: Vec<f32> = machine.words[head].iter().map(|&l| l as f32 * scale).collect();
            drawn.scores.push(score(t, &logits));
            if !at_once {
                count(&mut drawn, &machine);
            }
        }
        self.count(&machine);
        (drawn, z)
    }

    /// A sentence written as RECONSTRUCT does it, latents at their means.
    pub(super) fn rewrite(&mut self, sentence: &[u32], limit: usize) -> Vec<u32> {
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&input));
        self.follow(&mut machine, JobKind::Reconstruct, &input, LatentMode::Mean, |_, _| ());
        self.write_known(&mut machine, None, limit, sentence.len())
    }

    /// A sentence written as GENERATE does it, the likeliest word at a time.
    pub(super) fn dream(&mut self, seed: u64, limit: usize) -> Vec<u32> {
        let mut machine = Machine::new(self.golden, seed);
        machine.drawing.noise = Some(NoiseSource::new(seed));
        self.start(&mut machine, LatentMode::Mean);
        self.write(&mut machine, None, limit)
    }
}
