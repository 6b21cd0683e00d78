//! Frames of independent bits: as words of packets, chosen from their logits, and what given ones cost (`rtl/hvae_bits.sv`).

use super::{NoiseKind, NoiseSource, SCORE_FRAC};
use crate::quant::{FRAME_BITS, NOISE_FRAC, OctaveTable, QuantNet, Table, requant};

/// Fraction bits of a logit's magnitude, which is cut at 16.
const MAGNITUDE_FRAC: i32 = 12;
/// Bits of it, with one for a sign that it does not have.
const MAGNITUDE_BITS: u32 = 17;

/// Bits as words of a packet, [`FRAME_BITS`] in each, the first one lowest.
pub fn packed(bits: &[bool]) -> Vec<u32> {
    let word = |bits: &[bool]| bits.iter().rev().fold(0, |word, &bit| word << 1 | u32::from(bit));
    bits.chunks(FRAME_BITS).map(word).collect()
}

/// The first `size` bits of words.
pub fn unpacked(words: &[u32], size: usize) -> Vec<bool> {
    (0..size).map(|j| words[j / FRAME_BITS] >> (j % FRAME_BITS) & 1 == 1).collect()
}

/// The head of bits of a network.
pub struct BitHead<'a> {
    /// Fraction bits of its logits.
    pub logit_frac: i32,
    logistic: &'a OctaveTable,
    softplus: &'a Table,
}

impl<'a> BitHead<'a> {
    /// That of a network with logits of so many fraction bits; none where no bits are written.
    pub fn new(quant: &'a QuantNet, logit_frac: i32) -> Option<BitHead<'a>> {
        let (logistic, softplus) = (quant.half_logistic.as_ref()?, quant.softplus.as_ref()?);
        Some(BitHead { logit_frac, logistic, softplus })
    }

    /// A bit is 1 where beta * logit + logistic noise is above 0: with probability 1 / (1 + e^(-beta * logit)). Without
    /// noise (and with beta = 1) it is the likelier one.
    pub fn choose(&self, logits: &[i64], noise: Option<(&NoiseSource, u16)>, step: u32) -> Vec<bool> {
        let beta = noise.map_or(super::choice::UNIT_BETA, |(_, beta)| beta);
        let chosen = |(j, &logit): (usize, &i64)| {
            let (scaled, _) = requant(logit * i64::from(beta), self.logit_frac, 32);
            let drawn = noise.map_or(0, |(source, _)| {
                self.logistic.signed(source.uniform(NoiseKind::Token, step, j as u32))
            });
            scaled + drawn > 0
        };
        const { assert!(NOISE_FRAC == 12, "beta has as many fraction bits") };
        logits.iter().enumerate().map(chosen).collect()
    }

    /// ln of the probability of `bits` with [`SCORE_FRAC`] fraction bits: the sum of -ln(1 + e^-x), x a logit or, of a bit
    /// that is 0, its negative. Each is rounded alone and the sum is exact.
    pub fn score(&self, logits: &[i64], bits: &[bool]) -> i32 {
        let cost = |(&logit, &bit): (&i64, &bool)| {
            let x = if bit { logit } else { -logit };
            let against = requant((-x).max(0), self.logit_frac - SCORE_FRAC as i32, 32).0;
            let magnitude = requant(x.abs(), self.logit_frac - MAGNITUDE_FRAC, MAGNITUDE_BITS).0;
            against + self.softplus.lookup(magnitude - 0x8000)
        };
        // 32 bits, as the register wraps.
        (logits.iter().zip(bits).map(cost).sum::<i64>() as i32).wrapping_neg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_packed_and_unpacked() {
        for size in [1, 15, 16, 17, 88] {
            let bits: Vec<bool> = (0..size).map(|j| j % 3 == 0 || j % 7 == 2).collect();
            let words = packed(&bits);
            assert_eq!((words.len(), unpacked(&words, size)), (size.div_ceil(16), bits));
        }
        assert_eq!(packed(&[true, false, true]), [0b101]);
    }

    fn head<'a>(logistic: &'a OctaveTable, softplus: &'a Table) -> BitHead<'a> {
        BitHead { logit_frac: 11, logistic, softplus }
    }

    #[test]
    fn scores_are_log_probabilities_to_a_hundred_thousandth_a_bit() {
        let (logistic, softplus) = (OctaveTable::half_logistic(), Table::of_softplus());
        let head = head(&logistic, &softplus);
        for logit in (-32768..32768).step_by(97).chain([0, 1, -1, 32767]) {
            for bit in [false, true] {
                let x = f64::from(logit) / 2048.0 * if bit { 1.0 } else { -1.0 };
                let wanted = -(-x).exp().ln_1p();
                let found = f64::from(head.score(&[logit.into()], &[bit])) / 65536.0;
                // The logit is half a step of 2^-12 off at most, and so is what it costs.
                assert!((found - wanted).abs() < 1.5e-4, "{logit} {bit}: {found}, {wanted}");
            }
        }
    }

    #[test]
    fn bits_are_drawn_with_their_odds() {
        let (logistic, softplus) = (OctaveTable::half_logistic(), Table::of_softplus());
        let head = head(&logistic, &softplus);
        let source = NoiseSource::new(9);
        for (logit, beta) in [(0.0f64, 1.0), (1.0, 1.0), (-2.0, 1.0), (1.0, 2.0), (3.0, 0.5)] {
            let logits = vec![(logit * 2048.0) as i64; 20_000];
            let bits = head.choose(&logits, Some((&source, (beta * 4096.0) as u16)), 3);
            let share = bits.iter().filter(|&&bit| bit).count() as f64 / 20_000.0;
            let wanted = 1.0 / (1.0 + (-logit * beta).exp());
            assert!((share - wanted).abs() < 0.015, "{logit} {beta}: {share}, {wanted}");
        }
        assert_eq!(head.choose(&[1, 0, -1, 900], None, 0), [true, false, false, true]);
    }
}
