//! What a measurement needs from anything that computes the network.

use super::exponential::{largest, sum_of_exponentials};
use super::{BlockId, Drawn, Example, Flowed, Latent, Network};
use ndarray::Array2;

/// Posterior moments of one moments block at every step at which it is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Which block.
    pub block: BlockId,
    /// Dimensions of the latent state.
    pub size: usize,
    /// [steps * size], step after step as they were made.
    pub mean: Vec<f32>,
    /// Log-variances [steps, size], row by row.
    pub log_variance: Vec<f32>,
}

impl Moments {
    /// How many there are: the steps of the sentence, or one of a block evaluated once.
    pub fn steps(&self) -> usize {
        self.mean.len() / self.size
    }
}

/// What the encoder says of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// One per moments block, in block order.
    pub moments: Vec<Moments>,
}

/// One predicted token of a teacher-forced sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// ln p(next token | tokens so far, z).
    pub log_probability: f64,
    /// The most probable next token.
    pub best: u32,
}

/// What a head of labels, numbers or bits says of a sequence, position by position, or once; of a piece whose frames are
/// written each step has read the frames before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Logits of labels or bits, or means of numbers [steps, width].
    pub output: Array2<f32>,
    /// Log-variances of numbers; empty for others.
    pub log_variance: Array2<f32>,
    /// Of a head of bits with latents: nats from their priors to their posteriors. 0 for others.
    pub kl: f64,
    /// Of that, what the latent of the first step has.
    pub first_kl: f64,
}

/// A computation of the network: in floating point, in integers, on tiles, or simulated.
/// Sentences are token ids from `<sos>` to `<eos>`, both included.
pub trait Engine {
    /// The network it computes.
    fn network(&self) -> &Network;

    /// Runs the encoder over every token of a sentence.
    fn encode(&mut self, sentence: &[u32]) -> Posterior;

    /// What the flow makes of draws of z [width of z], a sentence each: what scoring and writing take for z.
    fn flowed_all(&mut self, sentences: &[&[u32]], z: &[Vec<f32>]) -> Vec<Flowed>;

    /// Scores tokens 1.. of `sentence`, each given the tokens before it and z, behind the flow where there is one
    /// (`sentence.len() - 1` of them).
    fn score(&mut self, sentence: &[u32], z: &[f32]) -> Vec<Score>;

    /// Writes from z, behind the flow where there is one, the most probable token at a time, until `<eos>` (included) or `limit`
    /// tokens; `<sos>` is not part of the answer.
    fn greedy(&mut self, z: &[f32], limit: usize) -> Vec<u32>;

    /// What the head says of a sequence, z at its mean; of one whose frames are written, at a draw of its posterior.
    ///
    /// # Panics
    /// If the network writes words.
    fn answer(&mut self, example: &Example) -> Answer;

    /// `answer` of many.
    fn answer_all(&mut self, examples: &[&Example]) -> Vec<Answer> {
        examples.iter().map(|e| self.answer(e)).collect()
    }

    /// `encode` of many sentences; engines that can do them together override it.
    fn encode_all(&mut self, sentences: &[&[u32]]) -> Vec<Posterior> {
        sentences.iter().map(|s| self.encode(s)).collect()
    }

    /// The posteriors of z for these draws [width of z] of its noise: of a z drawn from the top down,
    /// each part's given the draws above it. `of_means` are those given the means, and the answer where z is
    /// [drawn at once](Network::latent_drawn_at_once).
    fn latents_drawn(&mut self, sentences: &[&[u32]], of_means: &[Latent], noise: &[Vec<f32>])
    -> Vec<Latent>;

    /// `score` of many sentences.
    fn score_all(&mut self, sentences: &[&[u32]], z: &[Vec<f32>]) -> Vec<Vec<Score>> {
        sentences.iter().zip(z).map(|(s, z)| self.score(s, z)).collect()
    }

    /// Scores sentences whose latents of all steps are drawn from their posteriors by the seed, or at their means.
    ///
    /// # Panics
    /// If the network draws no latent at every step.
    fn drawn_all(&mut self, sentences: &[&[u32]], seed: Option<u64>) -> Vec<Drawn>;

    /// Scores every sentence of conversations given those before it, with latents drawn from their posteriors by the seed,
    /// or at their means.
    ///
    /// # Panics
    /// If the network holds no conversations.
    fn drawn_conversations(&mut self, conversations: &[&Example], seed: Option<u64>) -> Vec<Vec<Drawn>>;

    /// So many answers to each of these contexts, sentences in the order in which they were said, the most probable word
    /// at a time, each with a latent of the prior drawn by the seed; until `<eos>` (included) or `limit` tokens.
    ///
    /// # Panics
    /// If the network holds no conversations.
    fn answers_to(
        &mut self,
        contexts: &[&[Vec<u32>]],
        count_and_seed: (usize, u64),
        limit: usize,
    ) -> Vec<Vec<Vec<u32>>>;

    /// Scores pieces whose frames are written, frame by frame, with all latents drawn from their posteriors by the seed.
    ///
    /// # Panics
    /// If the network writes no frames.
    fn drawn_pieces(&mut self, pieces: &[&Example], seed: u64) -> Vec<Drawn>;

    /// Writes, the most probable token at a time, with latents of steps at the means of their posteriors as long as
    /// the sentences say what is written, then of their priors.
    ///
    /// # Panics
    /// If the network draws no latent at every step.
    fn rewrite_all(&mut self, sentences: &[&[u32]], limit: usize) -> Vec<Vec<u32>>;

    /// Writes, the most probable token at a time, with latents of steps drawn from their priors, a sentence a seed.
    ///
    /// # Panics
    /// If the network draws no latent at every step.
    fn dream_all(&mut self, seeds: &[u64], limit: usize) -> Vec<Vec<u32>>;

    /// `greedy` from many z.
    fn greedy_all(&mut self, z: &[Vec<f32>], limit: usize) -> Vec<Vec<u32>> {
        z.iter().map(|z| self.greedy(z, limit)).collect()
    }
}

/// The log-probability of `token` under a row of logits, and the most probable token, the first of equals.
pub fn score_logits(logits: &[f32], token: u32) -> Score {
    let top = largest(logits);
    let best = logits.iter().position(|&logit| logit == top).unwrap_or(0);
    let chosen = f64::from(logits[token as usize] - top);
    Score { log_probability: chosen - sum_of_exponentials(logits, top).ln(), best: best as u32 }
}
