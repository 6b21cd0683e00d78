//! Conversations, sentence by sentence, as LISTEN, SCORE and GENERATE do them.

use super::{GoldenEngine, seed_of};
use crate::golden::net::Machine;
use crate::golden::{Context, Drawing, LatentMode, NoiseSource};
use crate::model::{Drawn, Example, JobKind, fingerprint, score_logits};
use crate::quant::MatVec;

impl<M: MatVec> GoldenEngine<'_, M> {
    /// Hears a sentence, as LISTEN does.
    fn listen(&mut self, context: &mut Context, sentence: &[u32]) {
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&input));
        machine.recall(context);
        self.follow(&mut machine, JobKind::Listen, &input, LatentMode::Mean, |_, _| ());
        self.count(&machine);
        *context = machine.kept();
    }

    /// Every sentence scored given those before it, with its latent drawn by the seed, or at its mean.
    pub(super) fn drawn_conversation(&mut self, turns: &[Vec<u32>], seed: Option<u64>) -> Vec<Drawn> {
        let mut context = Context::default();
        let mut said = Example::default();
        let mut scored = |sentence: &Vec<u32>| {
            said.tokens.extend(sentence);
            let own = self.own_draws(&said, seed);
            let words = said.tokens.iter().map(|&token| u64::from(token));
            let seed = seed.map(|seed| fingerprint([seed, fingerprint(words)]));
            let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
            let score = |step: usize, logits: &[f32]| score_logits(logits, sentence[step + 1]);
            let drawn = self.scored(&input, (seed, own), &context, score).0;
            self.listen(&mut context, sentence);
            drawn
        };
        turns.iter().map(&mut scored).collect()
    }

    /// Answers to what has been said, the likeliest word at a time, as GENERATE does it, each with a seed of its own.
    pub(super) fn answers(
        &mut self,
        said: &[Vec<u32>],
        (count, seed): (usize, u64),
        limit: usize,
    ) -> Vec<Vec<u32>> {
        let mut context = Context::default();
        said.iter().for_each(|sentence| self.listen(&mut context, sentence));
        let words = fingerprint(said.iter().flatten().map(|&token| u64::from(token)));
        let answer = |number: usize| {
            let seed = fingerprint([seed, words, number as u64]);
            let mut machine = Machine::new(self.golden, seed);
            machine.recall(&context);
            machine.drawing = Drawing { known: false, noise: Some(NoiseSource::new(seed)) };
            self.follow(&mut machine, JobKind::Generate, &[], LatentMode::Mean, |_, _| ());
            self.write(&mut machine, None, limit)
        };
        (0..count).map(answer).collect()
    }
}
