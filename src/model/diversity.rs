//! How different the sentences are that a model writes.

use super::vocabulary::{EOS, SPECIAL};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Of sentences written greedily, each from a z of the prior. A model whose z is not used writes one
/// sentence again and again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Diversity {
    /// Sentences looked at.
    pub sentences: usize,
    /// Share of the sentences that no earlier one equals.
    pub different: f64,
    /// Different words over words, and pairs of neighbours over such pairs (Li et al., NAACL 2016),
    /// over all sentences together; special tokens do not count.
    pub distinct_1: f64,
    /// The same of pairs of words.
    pub distinct_2: f64,
}

impl Diversity {
    /// Of `written` token ids, with or without `<eos>` at the end of each.
    pub fn of(written: &[Vec<u32>]) -> Diversity {
        let words: Vec<Vec<u32>> = written.iter().map(|sentence| words(sentence)).collect();
        let share = |length: usize| {
            let all = || words.iter().flat_map(|sentence| sentence.windows(length));
            all().collect::<HashSet<_>>().len() as f64 / all().count().max(1) as f64
        };
        let different = words.iter().collect::<HashSet<_>>().len();
        Diversity {
            sentences: words.len(),
            different: different as f64 / words.len().max(1) as f64,
            distinct_1: share(1),
            distinct_2: share(2),
        }
    }
}

/// The tokens before `<eos>` that are ordinary words.
pub fn words(tokens: &[u32]) -> Vec<u32> {
    let end = tokens.iter().position(|&t| t == EOS).unwrap_or(tokens.len());
    tokens[..end].iter().copied().filter(|&t| t as usize >= SPECIAL.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_again_and_again_is_not_diverse() {
        let same = Diversity::of(&vec![vec![4, 5, 6, EOS]; 10]);
        assert_eq!(same, Diversity { sentences: 10, different: 0.1, distinct_1: 0.1, distinct_2: 0.1 });
        // Words 4 5 4 and 6; pairs 4-5 and 5-4, none across sentences.
        let mixed = Diversity::of(&[vec![4, 5, 4, EOS, 9], vec![6]]);
        assert_eq!(mixed, Diversity { sentences: 2, different: 1.0, distinct_1: 0.75, distinct_2: 1.0 });
        assert_eq!(Diversity::of(&[]).different, 0.0);
    }
}
