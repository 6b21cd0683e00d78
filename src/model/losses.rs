//! What each sentence costs, and the encoder over sentences padded in batches.

use super::{Engine, PAD, Posterior};
use serde::{Deserialize, Serialize};

/// What a sentence costs by a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SentenceLoss {
    /// What PPL divides by.
    pub tokens: usize,
    /// -ln p(sentence | latents) in nats.
    pub reconstruction: f64,
    /// KL in nats.
    pub kl: f64,
}

impl SentenceLoss {
    /// Both together.
    pub fn nll(&self) -> f64 {
        self.reconstruction + self.kl
    }

    /// The numbers of the `count` sentences that cost most, the dearest first, equals in order.
    pub fn worst(losses: &[SentenceLoss], count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&a, &b| losses[b].nll().total_cmp(&losses[a].nll()));
        order.truncate(count);
        order
    }
}

/// Sentences sorted by length, in batches of at most `size`, as the numbers that they have.
pub(super) fn batches_by_length(sentences: &[&[u32]], size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    order.sort_by_key(|&i| sentences[i].len());
    order.chunks(size.max(1)).map(<[usize]>::to_vec).collect()
}

/// Each sentence with pads up to the longest of its batch.
pub(super) fn padded(sentences: &[&[u32]], batches: &[Vec<usize>]) -> Vec<Vec<u32>> {
    let mut padded: Vec<Vec<u32>> = sentences.iter().map(|sentence| sentence.to_vec()).collect();
    for batch in batches {
        let longest = batch.iter().map(|&i| sentences[i].len()).max().unwrap_or(0);
        batch.iter().for_each(|&i| padded[i].resize(longest, PAD));
    }
    padded
}

/// What the encoder says of each sentence; with `batches`, of each with the pads of its batch.
pub(super) fn encode(
    engine: &mut dyn Engine,
    sentences: &[&[u32]],
    batches: Option<&[Vec<usize>]>,
) -> Vec<Posterior> {
    let Some(batches) = batches else { return engine.encode_all(sentences) };
    let padded = padded(sentences, batches);
    engine.encode_all(&padded.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EOS, SOS};

    #[test]
    fn pads_reach_to_the_longest_of_a_batch() {
        let sentence = |words: usize| -> Vec<u32> { [vec![SOS], vec![7; words], vec![EOS]].concat() };
        let all: Vec<Vec<u32>> = [3, 1, 2, 1, 5].map(sentence).into();
        let views: Vec<&[u32]> = all.iter().map(Vec::as_slice).collect();
        let batches = batches_by_length(&views, 2);
        assert_eq!(batches, [vec![1, 3], vec![2, 0], vec![4]]);
        let lengths: Vec<usize> = padded(&views, &batches).iter().map(Vec::len).collect();
        assert_eq!(lengths, [5, 3, 5, 3, 7]);
        assert_eq!(padded(&views, &batches)[2], [SOS, 7, 7, EOS, PAD]);
    }

    #[test]
    fn the_dearest_come_first() {
        let loss = |reconstruction, kl| SentenceLoss { tokens: 1, reconstruction, kl };
        let all = [loss(1.0, 1.0), loss(0.5, 4.0), loss(2.0, 0.0), loss(3.0, 0.0)];
        assert_eq!(SentenceLoss::worst(&all, 3), [1, 3, 0]);
        assert_eq!(SentenceLoss::worst(&all, 9), [1, 3, 0, 2]);
    }
}
