//! Sentences in batches of similar length.

use crate::config::Train;
use crate::model::{Layout, Over, PAD, Random, UNK, longest_first};

/// The sentences of one update, longest first.
#[derive(Debug, Clone)]
pub struct Batch {
    /// How the encoder's steps lie: every token, or every sentence to the longest one's length.
    pub encoder: Layout,
    pub encoder_tokens: Vec<u32>,
    /// How the decoder's steps lie: one per predicted token, never padded.
    pub decoder: Layout,
    pub decoder_tokens: Vec<u32>,
    /// What each decoder row must predict.
    pub targets: Vec<u32>,
}

impl Batch {
    /// Joins sentences (token ids, `<sos>` and `<eos>` included); `random` draws word dropout.
    pub fn new(sentences: &[&[u32]], train: &Train, random: &mut Random) -> Self {
        let order = longest_first(&sentences.iter().map(|s| s.len()).collect::<Vec<_>>());
        let sorted: Vec<&[u32]> = order.iter().map(|&i| sentences[i]).collect();
        let longest = sorted[0].len();
        let steps = |s: &&[u32]| if train.mask_pads { s.len() } else { longest };
        let encoder = Layout::new(sorted.iter().map(steps).collect());
        let decoder = Layout::new(sorted.iter().map(|s| s.len() - 1).collect());
        let dropped = |token: u32, step: usize, random: &mut Random| {
            let drop = train.word_dropout > 0.0 && random.uniform() < train.word_dropout;
            if drop && step > 0 { UNK } else { token }
        };
        Batch {
            encoder_tokens: encoder.pack(|s, step| sorted[s].get(step).copied().unwrap_or(PAD)),
            decoder_tokens: decoder.pack(|s, step| dropped(sorted[s][step], step, random)),
            targets: decoder.pack(|s, step| sorted[s][step + 1]),
            encoder,
            decoder,
        }
    }

    /// What the embeddings of a loop read, a token per row of its layout.
    pub fn tokens(&self, over: Over) -> &[u32] {
        match over {
            Over::Positions | Over::Backwards => &self.encoder_tokens,
            Over::Once => &[],
            Over::Written => &self.decoder_tokens,
        }
    }
}

/// Index ranges of the batches of an epoch into sentences sorted by length, in the order in which
/// they are taken.
pub fn order_of_epoch(sentences: usize, train: &Train, epoch: usize) -> Vec<std::ops::Range<usize>> {
    let starts = (0..sentences).step_by(train.batch);
    let mut batches: Vec<_> = starts.map(|s| s..sentences.min(s + train.batch)).collect();
    if train.shuffle {
        Random::keyed(&[train.seed, epoch as u64]).shuffle(&mut batches);
    }
    batches
}

/// Sorts sentences by rising length; with `shuffle`, sentences of equal length are mixed anew
/// every epoch.
pub fn sort_for_epoch(sentences: &[Vec<u32>], train: &Train, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    if train.shuffle {
        Random::keyed(&[train.seed, epoch as u64, 1]).shuffle(&mut order);
    }
    order.sort_by_key(|&i| sentences[i].len());
    order
}
