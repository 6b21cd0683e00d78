//! Sentences whose latents are drawn at every step, as the jobs do it.

use super::{GoldenEngine, seed_of};
use crate::golden::net::Machine;
use crate::golden::{Drawing, LatentMode, NoiseSource};
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
        let example = Example::sentence(sentence.to_vec());
        self.scored((&example, &input), seed, |step, logits| score_logits(logits, sentence[step + 1])).0
    }

    /// A piece scored as SCORE does it, with latents drawn by the seed, and the logits of its bits [frames, bits].
    pub(super) fn drawn_piece(&mut self, piece: &Example, seed: u64) -> (Drawn, Array2<f32>) {
        let mut rows = Array2::zeros((0, piece.frames.ncols()));
        let input = self.golden.packet(piece);
        let (mut drawn, z) = self.scored((piece, &input), Some(seed), |step, logits| {
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

    /// What is written of `input`, step by step, latents drawn by the seed or at their means: `score` makes a figure of the
    /// logits of each step. With z of the sequence and what it was drawn from, where there is one.
    fn scored(
        &mut self,
        (example, input): (&Example, &[i32]),
        seed: Option<u64>,
        mut score: impl FnMut(usize, &[f32]) -> Score,
    ) -> (Drawn, Option<(Latent, Vec<f32>)>) {
        let quant = &self.golden.quant;
        let (head, logit_frac) = self.written_head();
        let format = quant.moment_format();
        let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
        let mut machine = Machine::new(self.golden, seed.unwrap_or_else(|| seed_of(input)));
        if let (Some(seed), true) = (seed, self.float_draws) {
            machine.own_draws = Some(Rc::new(Draws::of(&quant.network, example, seed)));
        }
        let noise = seed.map(NoiseSource::new);
        let mode = noise.as_ref().map_or(LatentMode::Mean, LatentMode::Posterior);
        self.follow(&mut machine, JobKind::Score, input, mode, |_, _| ());
        let z = quant.network.latent().map(|z| {
            let (means, log_variances) = machine.moments(z);
            (Latent { mean: real(&means), log_variance: real(&log_variances) }, real(&machine.words[z]))
        });
        machine.drawing = Drawing { known: true, noise };
        let scale = libm::ldexp(1.0, -logit_frac) as f32;
        let draw = quant.network.draw();
        let size = draw.map_or(0, |(z, ..)| quant.network.width(z));
        let mut drawn = Drawn::of(Vec::new(), size);
        let frame = self.golden.shape.frame;
        for (t, words) in input.chunks_exact(frame).take(input.len() / frame - 1).enumerate() {
            machine.position = t;
            machine.frame(words);
            self.step(&mut machine, self.written(), words[0] as u32, (t, true));
            let logits: Vec<f32> = machine.words[head].iter().map(|&l| l as f32 * scale).collect();
            drawn.scores.push(score(t, &logits));
            let Some((z, posterior, prior)) = draw else { continue };
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
