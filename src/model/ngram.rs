//! Baselines that a network must beat: unigram and bigram models of the same vocabulary.

use super::vocabulary::{PAD, SOS};
use std::collections::{HashMap, HashSet};

/// Bigram model with interpolated Kneser-Ney smoothing, and its unigram model.
///
/// Both predict what the network predicts: every token after `<sos>`, `<eos>` included, over all
/// tokens but `<pad>` and `<sos>`.
#[derive(Debug, Clone)]
pub struct Ngram {
    unigram: Vec<f64>,
    continuation: Vec<f64>,
    pairs: HashMap<(u32, u32), f64>,
    /// Per history: occurrences and different followers.
    histories: HashMap<u32, (f64, f64)>,
    discount: f64,
}

/// Perplexities of the two baselines on the same tokens.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Baselines {
    /// Of words by their frequency alone.
    pub unigram_ppl: f64,
    /// Of words given the one before.
    pub bigram_ppl: f64,
    /// Tokens predicted.
    pub tokens: usize,
}

impl Ngram {
    /// Counts `sentences` (token ids, `<sos>` and `<eos>` included) over `vocabulary` words.
    pub fn fit(sentences: &[Vec<u32>], vocabulary: usize) -> Self {
        let mut counts = vec![1.0; vocabulary];
        let mut pairs: HashMap<(u32, u32), f64> = HashMap::new();
        for sentence in sentences {
            for pair in sentence.windows(2) {
                counts[pair[1] as usize] += 1.0;
                *pairs.entry((pair[0], pair[1])).or_default() += 1.0;
            }
        }
        let once = pairs.values().filter(|&&n| n == 1.0).count() as f64;
        let twice = pairs.values().filter(|&&n| n == 2.0).count() as f64;
        let discount = if once > 0.0 { once / (once + 2.0 * twice) } else { 0.5 };
        let mut histories: HashMap<u32, (f64, f64)> = HashMap::new();
        let mut preceding = vec![0.0; vocabulary];
        for (&(history, word), &count) in &pairs {
            let entry = histories.entry(history).or_default();
            entry.0 += count;
            entry.1 += 1.0;
            preceding[word as usize] += 1.0;
        }
        let predicted: HashSet<u32> = (0..vocabulary as u32).filter(|&t| t != PAD && t != SOS).collect();
        let normalise = |mass: &[f64]| -> Vec<f64> {
            let allowed = |t: usize| {
                if predicted.contains(&(t as u32)) { mass[t] } else { 0.0 }
            };
            let total: f64 = (0..vocabulary).map(allowed).sum();
            (0..vocabulary).map(|t| allowed(t) / total).collect()
        };
        // The continuation distribution is discounted towards uniform in the same way.
        let types: f64 = preceding.iter().sum();
        let seen = preceding.iter().filter(|&&n| n > 0.0).count() as f64;
        let floor = discount * seen / types / predicted.len() as f64;
        let smooth: Vec<f64> = preceding.iter().map(|n| (n - discount).max(0.0) / types + floor).collect();
        Ngram { unigram: normalise(&counts), continuation: normalise(&smooth), pairs, histories, discount }
    }

    /// p(word), add-one smoothed.
    pub fn unigram(&self, word: u32) -> f64 {
        self.unigram[word as usize]
    }

    /// p(word | history), interpolated Kneser-Ney.
    pub fn bigram(&self, history: u32, word: u32) -> f64 {
        let lower = self.continuation[word as usize];
        let Some(&(total, followers)) = self.histories.get(&history) else {
            return lower;
        };
        let count = self.pairs.get(&(history, word)).copied().unwrap_or(0.0);
        ((count - self.discount).max(0.0) + self.discount * followers * lower) / total
    }

    /// Perplexities over the tokens of `sentences` after `<sos>`.
    pub fn measure(&self, sentences: &[Vec<u32>]) -> Baselines {
        let pairs = || sentences.iter().flat_map(|s| s.windows(2));
        let tokens = pairs().count();
        let ppl = |log: f64| (-log / tokens as f64).exp();
        Baselines {
            unigram_ppl: ppl(pairs().map(|p| self.unigram(p[1]).ln()).sum()),
            bigram_ppl: ppl(pairs().map(|p| self.bigram(p[0], p[1]).ln()).sum()),
            tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one() {
        let text = [vec![2, 4, 5, 6, 3], vec![2, 4, 5, 3], vec![2, 7, 5, 5, 3]];
        let model = Ngram::fit(&text, 9);
        assert!(((0..9).map(|w| model.unigram(w)).sum::<f64>() - 1.0).abs() < 1e-12);
        for history in 0..9 {
            let sum: f64 = (0..9).map(|w| model.bigram(history, w)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "history {history}: {sum}");
        }
        let figures = model.measure(&text);
        assert_eq!(figures.tokens, 11);
        assert!(figures.bigram_ppl < figures.unigram_ppl);
    }
}
