//! How the sentences of a batch follow on each other in conversations.

use super::{Layout, longest_first};

/// Which sentence of a batch is which turn of which conversation, and how the rows of loops over turns lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    /// Conversations, longest first; a step is a turn.
    layout: Layout,
    /// By row of that layout: the sentence.
    sentences: Vec<usize>,
    /// By sentence: its row there.
    rows: Vec<usize>,
    /// By sentence: the row of the turn before; none at the first.
    before: Vec<Option<usize>>,
    /// Sentences by their turn, last first; a step is a turn up to their own.
    heard: Layout,
    /// By sequence of that layout: the sentence.
    hearers: Vec<usize>,
    /// By sentence: its sequence there.
    hearing: Vec<usize>,
}

impl Turns {
    /// `conversations`: of each the sentences of the batch that it is made of, in order. Every sentence of `batch` is in one.
    ///
    /// # Panics
    /// If a sentence is in none or in two.
    pub fn new(batch: usize, conversations: &[Vec<usize>]) -> Turns {
        let lengths: Vec<usize> = conversations.iter().map(Vec::len).collect();
        assert_eq!(lengths.iter().sum::<usize>(), batch, "every sentence in one conversation");
        let order = longest_first(&lengths);
        let layout = Layout::new(order.iter().map(|&c| lengths[c]).collect());
        let sentences = layout.pack(|c, turn| conversations[order[c]][turn]);
        let (mut rows, mut turn_of, mut before) =
            (vec![usize::MAX; batch], vec![0; batch], vec![None; batch]);
        for turn in 0..layout.steps() {
            for (c, row) in layout.step(turn).enumerate() {
                let sentence = sentences[row];
                assert_eq!(rows[sentence], usize::MAX, "sentence {sentence} in one conversation");
                (rows[sentence], turn_of[sentence]) = (row, turn);
                before[sentence] = turn.checked_sub(1).map(|turn| layout.row(c, turn));
            }
        }
        let heard: Vec<usize> = turn_of.iter().map(|turn| turn + 1).collect();
        let hearers = longest_first(&heard);
        let mut hearing = vec![0; batch];
        hearers.iter().enumerate().for_each(|(sequence, &sentence)| hearing[sentence] = sequence);
        let heard = Layout::new(hearers.iter().map(|&sentence| heard[sentence]).collect());
        Turns { layout, sentences, rows, before, heard, hearers, hearing }
    }

    /// Every sentence is a conversation.
    pub fn alone(batch: usize) -> Turns {
        Turns::new(batch, &(0..batch).map(|sentence| vec![sentence]).collect::<Vec<_>>())
    }

    /// How the rows of a loop over turns lie: a sequence is a conversation.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How the rows of a loop over what has been heard lie: a sequence is a sentence.
    pub fn heard(&self) -> &Layout {
        &self.heard
    }

    /// The sentence of each row of [`layout`](Self::layout).
    pub fn sentences(&self) -> &[usize] {
        &self.sentences
    }

    /// The row of a sentence in [`layout`](Self::layout).
    pub fn row(&self, sentence: usize) -> usize {
        self.rows[sentence]
    }

    /// The row of the turn before that of a sentence; none at the first.
    pub fn before(&self, sentence: usize) -> Option<usize> {
        self.before[sentence]
    }

    /// The sentence of each row of [`heard`](Self::heard).
    pub fn hearers(&self) -> Vec<usize> {
        self.heard.pack(|sequence, _| self.hearers[sequence])
    }

    /// Of each row of [`heard`](Self::heard): the row of the turn before the one that it stands for; none at the first.
    pub fn before_heard(&self) -> Vec<Option<usize>> {
        self.heard.pack(|sequence, turn| {
            // Back from the turn of the sentence itself.
            let mut row = self.before(self.hearers[sequence]);
            for _ in turn + 1..self.heard.length(sequence) {
                row = row.and_then(|row| self.before(self.sentences[row]));
            }
            row
        })
    }

    /// The row of [`heard`](Self::heard) at a sentence's own turn.
    pub fn last_heard(&self, sentence: usize) -> usize {
        self.heard.last(self.hearing[sentence])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_follow_on_each_other() {
        // 4 then 1 then 3; 0 then 2; 5 alone.
        let turns = Turns::new(6, &[vec![0, 2], vec![4, 1, 3], vec![5]]);
        assert_eq!(turns.sentences(), [4, 0, 5, 1, 2, 3]);
        assert_eq!([0, 1, 2, 3, 4, 5].map(|s| turns.row(s)), [1, 3, 4, 5, 0, 2]);
        let before = [0, 1, 2, 3, 4, 5].map(|s| turns.before(s));
        assert_eq!(before, [None, Some(0), Some(1), Some(3), None, None]);
        // Sentence 3 has three times to be said, 1 and 2 two, the others one.
        assert_eq!(turns.hearers(), [3, 1, 2, 0, 4, 5, 3, 1, 2, 3]);
        let rows = [None, None, None, None, None, None, Some(0), Some(0), Some(1), Some(3)];
        assert_eq!(turns.before_heard(), rows);
        assert_eq!([3, 1, 0].map(|s| turns.last_heard(s)), [9, 7, 3]);
        assert_eq!(Turns::alone(3).sentences(), [0, 1, 2]);
    }

    #[test]
    #[should_panic(expected = "in one conversation")]
    fn a_sentence_is_said_once() {
        Turns::new(3, &[vec![0, 1], vec![1]]);
    }
}
