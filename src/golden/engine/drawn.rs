//! Sentences whose latents are drawn at every step, as the jobs do it.

use super::{GoldenEngine, seed_of};
use crate::golden::net::Machine;
use crate::golden::{Drawing, LatentMode, NoiseSource};
use crate::model::{BlockId, Example, Drawn, DrawnStep, JobKind, score_logits};
use crate::quant::MatVec;

impl<M: MatVec> GoldenEngine<'_, M> {
    /// A sentence scored as SCORE does it, with latents of steps drawn by the seed, or at their means.
    pub(super) fn drawn(&mut self, sentence: &[u32], seed: Option<u64>) -> Drawn {
        let quant = &self.golden.quant;
        let (z, posterior, prior) = quant.network.draw().expect("a network with a draw");
        let (vocabulary, logit_frac) = self.vocabulary();
        let format = quant.moment_format();
        let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed.unwrap_or_else(|| seed_of(&input)));
        self.follow(&mut machine, JobKind::Score, &input, LatentMode::Mean, |_, _| ());
        machine.drawing = Drawing { known: true, noise: seed.map(NoiseSource::new) };
        let scale = libm::ldexp(1.0, -logit_frac) as f32;
        let size = quant.network.width(z);
        let mut drawn = Drawn::of(Vec::new(), size);
        for (t, pair) in sentence.windows(2).enumerate() {
            machine.position = t;
            self.step(&mut machine, self.written(), pair[0], (t, true));
            let logits: Vec<f32> = machine.words[vocabulary].iter().map(|&l| l as f32 * scale).collect();
            drawn.scores.push(score_logits(&logits, pair[1]));
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
        drawn
    }

    /// A piece.
    pub(super) fn drawn_piece(&mut self, _piece: &Example, _seed: Option<u64>) -> Drawn {
        todo!()
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
