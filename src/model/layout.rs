//! How the steps of several sentences lie in one matrix.

use std::ops::Range;

/// Rows of a batch, step by step: step 0 of every sentence, then step 1 of every sentence that
/// has one, and so on. Sentences stand longest first, so the sentences alive at a step are a
/// prefix of the batch and no row is padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    lengths: Vec<usize>,
    offsets: Vec<usize>,
}

impl Layout {
    /// The layout of sentences with these many steps, longest first.
    ///
    /// # Panics
    /// If the lengths rise anywhere.
    pub fn new(lengths: Vec<usize>) -> Self {
        assert!(lengths.is_sorted_by(|a, b| a >= b), "longest first, got {lengths:?}");
        let steps = lengths.first().copied().unwrap_or(0);
        let mut offsets = vec![0];
        for step in 0..steps {
            let alive = lengths.partition_point(|&length| length > step);
            offsets.push(offsets[step] + alive);
        }
        Layout { lengths, offsets }
    }

    /// Sentences.
    pub fn batch(&self) -> usize {
        self.lengths.len()
    }

    /// Steps of the longest sentence.
    pub fn steps(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Rows of the matrix: steps of all sentences together.
    pub fn rows(&self) -> usize {
        self.offsets[self.steps()]
    }

    /// Steps of sentence `sentence`.
    pub fn length(&self, sentence: usize) -> usize {
        self.lengths[sentence]
    }

    /// The rows of step `step`; row `i` of them is sentence `i`.
    pub fn step(&self, step: usize) -> Range<usize> {
        self.offsets[step]..self.offsets[step + 1]
    }

    /// The row of sentence `sentence` at step `step`.
    pub fn row(&self, sentence: usize, step: usize) -> usize {
        debug_assert!(step < self.lengths[sentence]);
        self.offsets[step] + sentence
    }

    /// The row of the last step of sentence `sentence`.
    pub fn last(&self, sentence: usize) -> usize {
        self.row(sentence, self.lengths[sentence] - 1)
    }

    /// The rows that sentence `sentence` owns, first step first.
    pub fn rows_of(&self, sentence: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.lengths[sentence]).map(move |step| self.row(sentence, step))
    }

    /// One value per row from one value per sentence and step.
    pub fn pack<T>(&self, mut value: impl FnMut(usize, usize) -> T) -> Vec<T> {
        let mut packed = Vec::with_capacity(self.rows());
        for step in 0..self.steps() {
            for sentence in 0..self.step(step).len() {
                packed.push(value(sentence, step));
            }
        }
        packed
    }
}

/// The order that puts `lengths` longest first, equal ones in their own order.
pub fn longest_first(lengths: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(lengths[i]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_ragged_batch() {
        let layout = Layout::new(vec![3, 2, 2]);
        assert_eq!((layout.batch(), layout.steps(), layout.rows()), (3, 3, 7));
        assert_eq!(layout.step(1), 3..6);
        assert_eq!(layout.step(2), 6..7);
        assert_eq!(layout.last(2), 5);
        assert_eq!(layout.rows_of(0).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(
            layout.pack(|sentence, step| (sentence, step)),
            [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2)]
        );
        assert_eq!(longest_first(&[1, 3, 2, 3]), [1, 3, 2, 0]);
    }
}
