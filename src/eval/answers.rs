//! What the answers of a dialogue model are worth: several for each context, beside the one that was given.

use super::bleu::{Smoothing, bleu};
use crate::model::{EOS, SOS};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Answers written for a context, as publications count (DialogWAE, TWR-VAE, HSR-VAE).
pub const ANSWERS: usize = 10;

/// The figures of Table 5 of HSR-VAE (Hu & Yang, JEIT 45(2), 2023) that need no word vectors, computed as the programs of
/// DialogWAE and TWR-VAE do. All are means over contexts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AnswerQuality {
    /// Contexts that were answered.
    pub contexts: usize,
    /// Best BLEU of the answers to a context ("recall").
    pub bleu_recall: f64,
    /// Mean BLEU of the answers to a context ("precision").
    pub bleu_precision: f64,
    /// Of the two means, twice the product over the sum.
    pub bleu_f1: f64,
    /// Different words over words within an answer, then pairs of neighbours.
    pub intra_distinct_1: f64,
    /// See `intra_distinct_1`.
    pub intra_distinct_2: f64,
    /// Different words over words within all answers to a context, then pairs of neighbours.
    pub inter_distinct_1: f64,
    /// See `inter_distinct_1`.
    pub inter_distinct_2: f64,
    /// Words of an answer, without `<eos>`.
    pub words: f64,
    /// Which BLEU.
    pub smoothing: Smoothing,
}

impl AnswerQuality {
    /// What tables call its [`figures`](Self::figures).
    pub const FIGURES: [&'static str; 8] =
        ["BLEU R", "P", "F1", "intra 1", "intra 2", "inter 1", "inter 2", "words"];

    /// In the order of a table.
    pub const fn figures(&self) -> [f64; 8] {
        [
            self.bleu_recall,
            self.bleu_precision,
            self.bleu_f1,
            self.intra_distinct_1,
            self.intra_distinct_2,
            self.inter_distinct_1,
            self.inter_distinct_2,
            self.words,
        ]
    }
}

/// Adds contexts up to an [`AnswerQuality`].
#[derive(Debug, Clone, Default)]
pub struct AnswerMeter {
    smoothing: Smoothing,
    contexts: usize,
    /// In the order of the fields of [`AnswerQuality`]: recall, precision, intra 1 and 2, inter 1 and 2, words.
    sums: [f64; 7],
}

impl AnswerMeter {
    /// Nothing counted yet.
    pub fn new(smoothing: Smoothing) -> AnswerMeter {
        AnswerMeter { smoothing, ..AnswerMeter::default() }
    }

    /// Counts a context: the tokens of the `answers` that were written for it, and of the one that was given. A leading
    /// `<sos>` and what stands behind `<eos>` do not count. BLEU compares `<eos>` as a word, in the answers that end with it
    /// and in the reference; the shares of different words leave it out.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn add(&mut self, answers: &[Vec<u32>], reference: &[u32]) {
        assert!(!answers.is_empty(), "a context with an answer at least");
        let reference = said(reference);
        let answers: Vec<&[u32]> = answers.iter().map(|answer| said(answer)).collect();
        let scores: Vec<f64> = answers.iter().map(|answer| bleu(answer, reference, self.smoothing)).collect();
        let words: Vec<&[u32]> =
            answers.iter().map(|answer| answer.strip_suffix(&[EOS]).unwrap_or(answer)).collect();
        let mean = |sum: f64| sum / answers.len() as f64;
        let intra = |length: usize| mean(words.iter().map(|answer| distinct(&[answer], length)).sum());
        let figures = [
            scores.iter().copied().fold(0.0, f64::max),
            mean(scores.iter().sum()),
            intra(1),
            intra(2),
            distinct(&words, 1),
            distinct(&words, 2),
            mean(words.iter().map(|answer| answer.len() as f64).sum()),
        ];
        self.sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        self.contexts += 1;
    }

    /// What was counted so far; none before the first context.
    pub fn quality(&self) -> Option<AnswerQuality> {
        if self.contexts == 0 {
            return None;
        }
        let [recall, precision, intra_1, intra_2, inter_1, inter_2, words] =
            self.sums.map(|sum| sum / self.contexts as f64);
        Some(AnswerQuality {
            contexts: self.contexts,
            bleu_recall: recall,
            bleu_precision: precision,
            // What is added keeps 0 over 0 at 0.
            bleu_f1: 2.0 * precision * recall / (precision + recall + 1e-11),
            intra_distinct_1: intra_1,
            intra_distinct_2: intra_2,
            inter_distinct_1: inter_1,
            inter_distinct_2: inter_2,
            words,
            smoothing: self.smoothing,
        })
    }
}

/// Without a leading `<sos>`, up to the first `<eos>` and with it.
fn said(tokens: &[u32]) -> &[u32] {
    let tokens = tokens.strip_prefix(&[SOS]).unwrap_or(tokens);
    let end = tokens.iter().position(|&token| token == EOS).map_or(tokens.len(), |eos| eos + 1);
    &tokens[..end]
}

/// Different runs of `length` words over all of them, with what keeps 0 over 0 finite (DialogWAE's `div_distinct`).
fn distinct(answers: &[&[u32]], length: usize) -> f64 {
    let all = || answers.iter().flat_map(|words| words.windows(length));
    let different = all().collect::<HashSet<_>>().len();
    (different as f64 + 1e-12) / (all().count() as f64 + 1e-5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs do not go over the end of an answer, `<eos>` is no word, and what stands behind it does not count.
    #[test]
    fn words_are_counted_up_to_the_end() {
        let mut meter = AnswerMeter::new(Smoothing::Nltk36);
        assert_eq!(meter.quality(), None);
        meter.add(&[vec![SOS, 4, 5, 4, 5, EOS, 9, 9], vec![4, 5], vec![EOS]], &[SOS, 4, 5, EOS, 7]);
        let found = meter.quality().unwrap();
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        near(found.intra_distinct_1, (0.5 + 1.0 + 0.0) / 3.0);
        near(found.intra_distinct_2, (2.0 / 3.0 + 1.0 + 0.0) / 3.0);
        near(found.inter_distinct_1, 2.0 / 6.0);
        near(found.inter_distinct_2, 2.0 / 4.0);
        near(found.words, 2.0);
        let of = |answer: &[u32]| bleu(answer, &[4, 5, EOS], Smoothing::Nltk36);
        let all = [of(&[4, 5, 4, 5, EOS]), of(&[4, 5]), of(&[EOS])];
        near(found.bleu_recall, all[0]);
        near(found.bleu_precision, all.iter().sum::<f64>() / 3.0);
    }

    #[test]
    fn figures_are_means_over_contexts_and_f1_is_of_the_means() {
        let mut meter = AnswerMeter::new(Smoothing::Nltk36);
        meter.add(&[vec![4, 5, 6, EOS], vec![9, EOS]], &[4, 5, 6, EOS]);
        let first = meter.quality().unwrap();
        meter.add(&[vec![7], vec![8]], &[4, 5]);
        let both = meter.quality().unwrap();
        assert_eq!((both.contexts, both.bleu_recall), (2, first.bleu_recall / 2.0));
        let (p, r) = (both.bleu_precision, both.bleu_recall);
        assert!(p < r && (both.bleu_f1 - 2.0 * p * r / (p + r)).abs() < 1e-10);
        let text = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<AnswerQuality>(&text).unwrap(), both);
        assert!(text.contains("\"smoothing\":\"nltk36\""), "{text}");
    }
}
