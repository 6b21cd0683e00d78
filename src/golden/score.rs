//! The log-probability of a given token (`rtl/hvae_log_prob.sv`).

use crate::quant::{Table, requant};

/// Fraction bits of a score, in nats.
pub const SCORE_FRAC: u32 = 16;
/// log2(e) and ln(2) with 16 fraction bits.
const LOG2_E: i64 = 94_548;
const LN_2: i64 = Scorer::LN_2;
/// Fraction bits of the terms of the sum.
const TERM_FRAC: u32 = 32;
/// Bits of the sum: at most 2^16 terms of at most 1, and room.
const SUM_BITS: u32 = TERM_FRAC + 18;
/// Signed width of an exponent in octaves; longer ones saturate, and their terms vanish.
const OCTAVE_BITS: u32 = 24;

/// The softmax in integers, in two passes over the logits.
pub struct Scorer<'a> {
    /// Fraction bits of the logits.
    pub logit_frac: i32,
    /// 2^-f.
    pub exp2: &'a Table,
    /// log2(1 + f).
    pub log2: &'a Table,
}

impl Scorer<'_> {
    /// ln(2) with 16 fraction bits.
    pub const LN_2: i64 = 45_426;

    /// log2 of a whole number, at least 1 and less than 2^50, with 16 fraction bits (`rtl/hvae_log2.sv`).
    pub fn log2(&self, value: u64) -> i64 {
        self.log2_of(value) + (i64::from(TERM_FRAC) << 16)
    }

    /// ln softmax(logits)\[target\] with [`SCORE_FRAC`] fraction bits.
    ///
    /// Each term is rounded alone and the sum is exact, so no order of the tokens matters.
    pub fn score(&self, logits: &[i64], target: usize) -> i32 {
        let max = *logits.iter().max().expect("a vocabulary is never empty");
        let sum: u64 = logits.iter().map(|&l| self.term(max - l)).sum();
        let ln = requant(self.log2_of(sum) * LN_2, 16, 32).0;
        let below = requant(max - logits[target], self.logit_frac - SCORE_FRAC as i32, 32).0;
        // 32 bits, as the register wraps.
        -((below + ln) as i32)
    }

    /// e^-below with [`TERM_FRAC`] fraction bits.
    fn term(&self, below: i64) -> u64 {
        let octaves = requant(below * LOG2_E, self.logit_frac, OCTAVE_BITS).0;
        let mantissa = self.exp2.lookup((octaves & 0xffff) - 0x8000) as u64;
        (mantissa << (TERM_FRAC - 16)).checked_shr((octaves >> 16) as u32).unwrap_or(0)
    }

    /// log2 of a sum of terms, at least 1, with 16 fraction bits.
    fn log2_of(&self, sum: u64) -> i64 {
        let zeros = sum.leading_zeros() - (u64::BITS - SUM_BITS);
        let fraction = (sum << zeros >> (SUM_BITS - 17)) & 0xffff;
        let power = i64::from(SUM_BITS - 1 - TERM_FRAC) - i64::from(zeros);
        (power << 16) + self.log2.lookup(fraction as i64 - 0x8000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::Function;

    #[test]
    fn scores_are_log_softmax_to_a_ten_thousandth() {
        let (exp2, log2) =
            (Table::of_fraction(Function::Exp2Fraction), Table::of_fraction(Function::Log2Fraction));
        let mut state = 1u64;
        for (logit_frac, count) in [(10, 2000), (6, 50), (14, 20_000), (11, 1)] {
            let scorer = Scorer { logit_frac, exp2: &exp2, log2: &log2 };
            let logits: Vec<i64> = (0..count)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    i64::from((state >> 48) as i16) / 4
                })
                .collect();
            let real: Vec<f64> = logits.iter().map(|&l| l as f64 / f64::powi(2.0, logit_frac)).collect();
            let max = real.iter().copied().fold(f64::MIN, f64::max);
            let ln = max + real.iter().map(|l| (l - max).exp()).sum::<f64>().ln();
            for target in [0, count / 2, count - 1] {
                let score = f64::from(scorer.score(&logits, target)) / 65536.0;
                assert!((score - (real[target] - ln)).abs() < 1e-4, "{score} {}", real[target] - ln);
            }
        }
    }
}
