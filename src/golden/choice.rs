//! Choosing a token from the logits (`rtl/hvae_token_choice.sv`).

use super::{NoiseKind, NoiseSource};
use crate::model::UNK;
use crate::quant::{NOISE_FRAC, OctaveTable, requant};

/// Inverse temperature 1 in the Q4.12 format of its register.
pub const UNIT_BETA: u16 = 1 << NOISE_FRAC;

/// Gumbel-max: argmax of beta * logit + Gumbel noise is a draw from
/// softmax(beta * logits). Without noise and with beta = 1: argmax.
/// Ties go to the smaller token. The unknown word is no candidate, unless it may be said.
pub struct Chooser<'a> {
    /// Fraction bits of the logits.
    pub logit_frac: i32,
    /// `None`: greedy.
    pub noise: Option<(&'a NoiseSource, &'a OctaveTable)>,
    /// 1 / temperature, with 12 fraction bits.
    pub beta: u16,
    /// `<unk0>` may be chosen.
    pub say_unknown: bool,
}

impl Chooser<'_> {
    /// The token of a step with these logits.
    pub fn choose(&self, logits: &[i64], step: u32) -> u32 {
        let beta = if self.noise.is_some() { self.beta } else { UNIT_BETA };
        let score = |(token, &logit): (usize, &i64)| {
            let (scaled, _) = requant(logit * i64::from(beta), self.logit_frac, 32);
            let noise = self.noise.map_or(0, |(source, gumbel)| {
                gumbel.lookup(source.uniform(NoiseKind::Token, step, token as u32))
            });
            (scaled + noise, std::cmp::Reverse(token))
        };
        let fits = |&(token, _): &(usize, &i64)| self.say_unknown || token != UNK as usize;
        let best = logits.iter().enumerate().filter(fits).map(score).max();
        let best = best.expect("a vocabulary has more than the unknown word");
        best.1.0 as u32
    }
}
