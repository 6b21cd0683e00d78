//! Sentences that were written again beside those that were read.

use super::diversity::words;

/// How well sentences were written again. Unknown words of what was read do not count, nor do the marks of begin and end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rewriting {
    /// [`word_overlap`], its mean.
    pub word_overlap: f64,
    /// The same against the source of the next sentence: what chance gives.
    pub chance_overlap: f64,
    /// Share of the sentences that [`exact_match`] finds.
    pub exact: f64,
}

impl Rewriting {
    /// Of token ids, `written[i]` of `sources[i]`.
    ///
    /// # Panics
    /// If there are not as many of the one as of the other.
    pub fn of(sources: &[&[u32]], written: &[Vec<u32>]) -> Rewriting {
        assert_eq!(sources.len(), written.len(), "an answer to every sentence");
        let mean = |sum: f64| sum / sources.len() as f64;
        let shared = |shift: usize| {
            let pairs = written.iter().enumerate();
            mean(pairs.map(|(i, w)| word_overlap(sources[(i + shift) % sources.len()], w)).sum())
        };
        let exact = sources.iter().zip(written).filter(|(source, written)| exact_match(source, written));
        Rewriting { word_overlap: shared(0), chance_overlap: shared(1), exact: mean(exact.count() as f64) }
    }
}

/// Words that source and reconstruction share, as a multiset, over the words of the longer one.
/// `<eos>` and the other special tokens do not count.
pub fn word_overlap(source: &[u32], written: &[u32]) -> f64 {
    let (source, mut rest) = (words(source), words(written));
    let longer = source.len().max(rest.len()).max(1);
    let mut shared = 0;
    for word in source {
        if let Some(at) = rest.iter().position(|&w| w == word) {
            rest.swap_remove(at);
            shared += 1;
        }
    }
    shared as f64 / longer as f64
}

/// Whether the reconstruction is its source: the same words in the same order. Of a source with unknown words those that the
/// vocabulary has, as [`word_overlap`] counts them; a source without any word is never met.
pub fn exact_match(source: &[u32], written: &[u32]) -> bool {
    let source = words(source);
    !source.is_empty() && source == words(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_counts_words_once() {
        assert_eq!(word_overlap(&[2, 4, 5, 5, 3], &[5, 6, 3, 4]), 1.0 / 3.0);
        assert_eq!(word_overlap(&[2, 4, 3], &[4, 3]), 1.0);
        assert_eq!(word_overlap(&[2, 3], &[3]), 0.0);
    }

    /// Token 1 is the unknown word, 2 and 3 begin and end a sentence.
    #[test]
    fn exact_is_the_same_words_in_the_same_order() {
        let cases: [(&[u32], &[u32], bool); 10] = [
            (&[2, 4, 5, 3], &[4, 5, 3], true),
            (&[2, 4, 5, 3], &[4, 5], true),
            (&[2, 4, 5, 3], &[4, 5, 3, 9], true),
            (&[2, 4, 5, 3], &[5, 4, 3], false),
            (&[2, 4, 5, 3], &[4, 3], false),
            (&[2, 4, 5, 3], &[4, 5, 5, 3], false),
            (&[2, 4, 1, 5, 3], &[4, 5, 3], true),
            (&[2, 4, 1, 5, 3], &[4, 6, 5, 3], false),
            (&[2, 1, 3], &[3], false),
            (&[2, 3], &[3], false),
        ];
        for (source, written, exact) in cases {
            assert_eq!(exact_match(source, written), exact, "{source:?} and {written:?}");
        }
        let sources = cases.map(|(source, ..)| source);
        let found = Rewriting::of(&sources, &cases.map(|(_, written, _)| written.to_vec()));
        assert_eq!(found.exact, 0.4);
        let swapped = Rewriting::of(&[&[2, 4, 5, 3], &[2, 6, 3]], &[vec![5, 4, 3], vec![6, 3]]);
        assert_eq!(swapped, Rewriting { word_overlap: 1.0, chance_overlap: 0.0, exact: 0.5 });
    }
}
