//! Sentences and other sequences in batches of similar length.

use super::objective::NO_TARGET;
use crate::config::Train;
use crate::model::{
    Example, Layout, Network, Op, Over, PAD, Random, Turns, UNK, flattened, frames_of_examples, longest_first,
};
use ndarray::{Array2, ArrayView1, Axis};

/// The sentences of one update, longest first.
#[derive(Debug, Clone)]
pub struct Batch {
    /// How the encoder's steps lie: every token, or every sentence to the longest one's length.
    pub encoder: Layout,
    /// Tokens of its rows.
    pub encoder_tokens: Vec<u32>,
    /// How the decoder's steps lie: one per predicted token, never padded.
    pub decoder: Layout,
    /// Tokens of its rows.
    pub decoder_tokens: Vec<u32>,
    /// What each row of the head of words or labels must predict.
    pub targets: Vec<u32>,
    /// Of every sentence what a label beside its words must be; empty where none is said.
    pub labels: Vec<u32>,
    /// What inputs read, a row per row of the encoder.
    pub frames: Array2<f32>,
    /// What each row of a head of numbers or bits must predict.
    pub values: Array2<f32>,
    /// What inputs of a loop over what is written read, a row per row of the decoder.
    pub written_frames: Array2<f32>,
    /// How its sentences follow on each other.
    pub turns: Turns,
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
            labels: Vec::new(),
            frames: Array2::zeros((0, 0)),
            values: Array2::zeros((0, 0)),
            written_frames: Array2::zeros((0, 0)),
            turns: Turns::alone(encoder.batch()),
            encoder,
            decoder,
        }
    }

    /// Joins conversations: their sentences, each of which goes on from those before.
    fn of_conversations(conversations: &[&Example], train: &Train, random: &mut Random) -> Self {
        let (sentences, followers) = flattened(conversations);
        let turns = Turns::new(sentences.len(), &followers);
        Batch { turns, ..Batch::new(&sentences, train, random) }
    }

    /// Joins pieces whose frames are written: step t reads row t and predicts row t + 1.
    fn of_pieces(pieces: &[&Example]) -> Self {
        let order = longest_first(&pieces.iter().map(|p| p.steps()).collect::<Vec<_>>());
        let sorted: Vec<&Example> = order.iter().map(|&i| pieces[i]).collect();
        let encoder = Layout::new(sorted.iter().map(|p| p.steps()).collect());
        let decoder = Layout::new(sorted.iter().map(|p| p.steps() - 1).collect());
        let next = decoder.pack(|p, step| sorted[p].frames.row(step + 1));
        Batch {
            encoder_tokens: Vec::new(),
            decoder_tokens: Vec::new(),
            targets: Vec::new(),
            labels: Vec::new(),
            frames: frames_of_examples(&encoder, &sorted),
            values: ndarray::stack(Axis(0), &next).expect("rows of one width"),
            written_frames: frames_of_examples(&decoder, &sorted),
            turns: Turns::alone(sorted.len()),
            encoder,
            decoder,
        }
    }

    /// Joins what `network` is to learn from: sentences where it writes words, else sequences with labels or
    /// numbers, which are never padded.
    pub fn of(network: &Network, examples: &[&Example], train: &Train, random: &mut Random) -> Self {
        if network.converses() {
            return Batch::of_conversations(examples, train, random);
        }
        if network.label_beside_words().is_some() {
            let sentences: Vec<&[u32]> = examples.iter().map(|e| e.tokens.as_slice()).collect();
            let order = longest_first(&sentences.iter().map(|s| s.len()).collect::<Vec<_>>());
            let label = |&i: &usize| examples[i].labels.last().copied().unwrap_or(NO_TARGET);
            let labels = order.iter().map(label).collect();
            return Batch { labels, ..Batch::new(&sentences, train, random) };
        }
        let Some(head) = network.heads().find(|&id| !matches!(network.blocks[id].op, Op::Vocabulary { .. }))
        else {
            return Batch::new(
                &examples.iter().map(|e| e.tokens.as_slice()).collect::<Vec<_>>(),
                train,
                random,
            );
        };
        if network.bits_block().is_some() {
            return Batch::of_pieces(examples);
        }
        let order = longest_first(&examples.iter().map(|e| e.steps()).collect::<Vec<_>>());
        let sorted: Vec<&Example> = order.iter().map(|&i| examples[i]).collect();
        let layout = Layout::new(sorted.iter().map(|e| e.steps()).collect());
        let of_head = match network.is_once(head) {
            true => Layout::new(vec![1; sorted.len()]),
            false => layout.clone(),
        };
        let frames = frames_of_examples(&layout, &sorted);
        let told = |e: usize, step| sorted[e].told(network, head, step);
        let is_label = matches!(network.blocks[head].op, Op::Label { .. });
        let (targets, rows) = match is_label {
            true => (of_head.pack(|e, step| sorted[e].labels[told(e, step)]), Vec::new()),
            false => (Vec::new(), of_head.pack(|e, step| sorted[e].values.row(told(e, step)))),
        };
        let values = match rows.is_empty() {
            true => Array2::zeros((0, 0)),
            false => ndarray::stack(Axis(0), &rows).expect("rows of one width"),
        };
        Batch {
            encoder_tokens: match frames.ncols() {
                0 => layout.pack(|e, step| sorted[e].tokens[step]),
                _ => Vec::new(),
            },
            decoder_tokens: Vec::new(),
            decoder: layout.clone(),
            encoder: layout,
            targets,
            labels: Vec::new(),
            frames,
            values,
            written_frames: Array2::zeros((0, 0)),
            turns: Turns::alone(sorted.len()),
        }
    }

    /// What the inputs of a loop read, a frame per row of its layout.
    pub fn frames(&self, over: Over) -> &Array2<f32> {
        match over {
            Over::Positions | Over::Backwards | Over::Once | Over::Turns | Over::Heard => &self.frames,
            Over::Written => &self.written_frames,
        }
    }

    /// The row that a loop over what is read comes to next, by row of its layout; none at its end.
    fn next_rows(&self, over: Over) -> Vec<Option<usize>> {
        let next = |sentence: usize, step: usize| match over {
            Over::Backwards => step.checked_sub(1),
            Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => {
                Some(step + 1).filter(|&next| next < self.encoder.length(sentence))
            }
        };
        self.encoder.pack(|sentence, step| next(sentence, step).map(|s| self.encoder.row(sentence, s)))
    }

    /// The token that a loop over what is read comes to next, by row of its layout.
    pub fn next_read(&self, over: Over) -> Vec<u32> {
        let token = |row: usize| Some(self.encoder_tokens[row]).filter(|&token| token != PAD);
        let next = self.next_rows(over).into_iter();
        next.map(|row| row.and_then(token).unwrap_or(NO_TARGET)).collect()
    }

    /// The frame that a loop over what is read comes to next, by row of its layout; none at its end.
    pub fn next_read_frames(&self, over: Over) -> Vec<Option<ArrayView1<'_, f32>>> {
        self.next_rows(over).into_iter().map(|row| row.map(|row| self.frames.row(row))).collect()
    }

    /// The frame that each row of a head of bits must predict.
    pub fn next_frames(&self) -> Vec<Option<ArrayView1<'_, f32>>> {
        self.values.outer_iter().map(Some).collect()
    }

    /// What the embeddings of a loop read, a token per row of its layout.
    pub fn tokens(&self, over: Over) -> &[u32] {
        match over {
            Over::Positions | Over::Backwards => &self.encoder_tokens,
            Over::Once | Over::Turns | Over::Heard => &[],
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

/// Sorts sequences by rising length; with `shuffle`, those of equal length are mixed anew every epoch.
pub fn sort_for_epoch(examples: &[Example], train: &Train, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    if train.shuffle {
        Random::keyed(&[train.seed, epoch as u64, 1]).shuffle(&mut order);
    }
    order.sort_by_key(|&i| examples[i].steps());
    order
}
