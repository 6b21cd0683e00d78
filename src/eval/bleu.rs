//! BLEU of one sentence, up to three words in a row, smoothed as NLTK's `method7`: to the last bits that NLTK gives.

use std::collections::HashMap;
use std::hash::Hash;

/// Words in a row that are compared at most.
const ORDERS: usize = 3;
/// NLTK's constant of `method4`.
const K: f64 = 5.0;

/// What NLTK puts in the place of a precision of 0 (`method4`) before it averages neighbours (`method5`); together they are
/// `method7`. It changed twice, and publications do not say which they used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Smoothing {
    /// From NLTK 3.6 on: ln(words) / (2^k K) over the n-grams there are, for the k-th precision that is 0.
    #[default]
    Nltk36,
    /// NLTK 3.5: (n - 1 + K / ln(words)) over the n-grams there are.
    Nltk35,
    /// NLTK 3.4 and before: 1 / (n - 1 + K / ln(words)).
    Nltk34,
}

impl Smoothing {
    /// All of them, the newest first.
    pub const ALL: [Smoothing; 3] = [Smoothing::Nltk36, Smoothing::Nltk35, Smoothing::Nltk34];

    /// As it is written in files.
    pub const fn name(self) -> &'static str {
        match self {
            Smoothing::Nltk36 => "nltk36",
            Smoothing::Nltk35 => "nltk35",
            Smoothing::Nltk34 => "nltk34",
        }
    }

    /// In place of the `zeros`-th precision (from 1) that is 0, which is that of `order` words in a row; none where NLTK
    /// leaves 0.
    fn instead(self, order: usize, zeros: i32, words: usize, grams: usize) -> Option<f64> {
        let log = libm::log(words as f64);
        let before = || (order - 1) as f64 + K / log;
        match self {
            Smoothing::Nltk36 => {
                (words > 1).then(|| log / (f64::from(2i32.pow(zeros as u32)) * K) / grams as f64)
            }
            Smoothing::Nltk35 => Some(before() / grams as f64),
            Smoothing::Nltk34 => Some(1.0 / before()),
        }
    }
}

/// BLEU of `said` against one `reference`: the geometric mean of the smoothed precisions of one, two and three words in a
/// row, times the penalty of what is too short. 0 where no word is right. It is above 1 where all is right: so is NLTK's.
///
/// Where NLTK divides by zero (one word, before 3.6) it is 0, as the programs that use it count what fails.
pub fn bleu<T: Eq + Hash>(said: &[T], reference: &[T], smoothing: Smoothing) -> f64 {
    let counts: Vec<(usize, usize)> = (1..=ORDERS).map(|order| matches(said, reference, order)).collect();
    if counts[0].0 == 0 || (smoothing != Smoothing::Nltk36 && said.len() == 1) {
        return 0.0;
    }
    let mut zeros = 0;
    let mut precisions: Vec<f64> = Vec::with_capacity(ORDERS + 1);
    for (i, &(right, grams)) in counts.iter().enumerate() {
        let precision = right as f64 / grams as f64;
        zeros += i32::from(right == 0);
        let instead = if right == 0 { smoothing.instead(i + 1, zeros, said.len(), grams) } else { None };
        precisions.push(instead.unwrap_or(precision));
    }
    // The order above the last is always 5 in NLTK, whatever the last is.
    let (right, grams) = matches(said, reference, 5);
    precisions.push(right as f64 / grams as f64);
    let mut before = precisions[0] + 1.0;
    let mut logs = 0.0;
    for pair in precisions.windows(2) {
        before = (before + pair[0] + pair[1]) / 3.0;
        logs += libm::log(before) / ORDERS as f64;
    }
    let short = match said.len() > reference.len() {
        true => 1.0,
        false => libm::exp(1.0 - reference.len() as f64 / said.len() as f64),
    };
    short * libm::exp(logs)
}

/// Runs of `order` words that are in the reference as well, each as often as it stands there at most, and all such runs of
/// `said`, counted as 1 where there are none.
fn matches<T: Eq + Hash>(said: &[T], reference: &[T], order: usize) -> (usize, usize) {
    let mut left: HashMap<&[T], usize> = HashMap::new();
    reference.windows(order).for_each(|gram| *left.entry(gram).or_default() += 1);
    let mut right = 0;
    for gram in said.windows(order) {
        if let Some(count) = left.get_mut(gram).filter(|count| **count > 0) {
            *count -= 1;
            right += 1;
        }
    }
    (right, (said.len() + 1).saturating_sub(order).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: a b c of a b c d. Precisions 1, 1, 1 and of 5 words 0: (2 + 1 + 1) / 3, (4/3 + 1 + 1) / 3, (10/9 + 1 + 0) / 3.
    #[test]
    fn of_a_sentence_that_is_short_by_one() {
        let found = bleu(&[1, 2, 3], &[1, 2, 3, 4], Smoothing::Nltk36);
        let expected = (1.0f64 - 4.0 / 3.0).exp() * (4.0 / 3.0 * 10.0 / 9.0 * 19.0 / 27.0f64).cbrt();
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }

    #[test]
    fn a_word_counts_as_often_as_the_reference_has_it() {
        assert_eq!(matches(&[7, 7, 7, 7], &[7, 1, 7], 1), (2, 4));
        assert_eq!(matches(&[7, 7, 7, 7], &[7, 1, 7], 2), (0, 3));
        assert_eq!(matches(&[7], &[7, 1, 7], 2), (0, 1));
        assert_eq!(matches::<u32>(&[], &[], 1), (0, 1));
    }
}
