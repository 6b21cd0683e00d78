//! Noise by inversion: a uniform integer picks an octave by its leading zeros and
//! a segment by the bits below, so the tails keep their resolution.

use serde::Serialize;

/// Bits below the leading one that pick a segment.
const MANTISSA_BITS: u32 = 6;
/// Fraction bits of Gaussian and Gumbel noise.
pub const NOISE_FRAC: i32 = 12;

/// 32 octaves of 64 segments, one output each (`rtl/hvae_octave_table.sv`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OctaveTable {
    /// Signed width of a word.
    pub bits: u32,
    /// Index = leading zeros * 64 + mantissa.
    pub words: Vec<i32>,
}

impl OctaveTable {
    /// |epsilon| of a standard normal: P(|N| > x) = v / 2^32. The sign is a bit of its own.
    pub fn half_normal() -> OctaveTable {
        Self::build(16, inverse_two_sided_tail)
    }

    /// Standard Gumbel noise, -ln(-ln(1 - v / 2^32)): small v is the upper tail.
    pub fn gumbel() -> OctaveTable {
        Self::build(20, |p| -libm::log(-libm::log1p(-p)))
    }

    /// |l| of standard logistic noise, ln(u / (1 - u)): P(|L| > x) = v / 2^32. The sign is a bit of its own.
    pub fn half_logistic() -> OctaveTable {
        Self::build(20, |p| libm::log(2.0 / p - 1.0))
    }

    fn build(bits: u32, quantile: impl Fn(f64) -> f64) -> OctaveTable {
        let format = super::Format::new(bits, NOISE_FRAC);
        let mut words = Vec::with_capacity(32 << MANTISSA_BITS);
        for octave in 0..32u32 {
            for mantissa in 0..1u32 << MANTISSA_BITS {
                // The middle of the segment, as a probability in (0, 1).
                let significand = 1.0 + (f64::from(mantissa) + 0.5) / f64::from(1 << MANTISSA_BITS);
                let p = libm::ldexp(significand, -(octave as i32) - 1);
                words.push(format.encode(quantile(p)) as i32);
            }
        }
        OctaveTable { bits, words }
    }

    /// The word a uniform 32-bit integer picks; 0 counts as 1.
    pub fn lookup(&self, v: u32) -> i64 {
        let v = v.max(1);
        let octave = v.leading_zeros();
        let below = (v << octave) & 0x7fff_ffff;
        let mantissa = below >> (31 - MANTISSA_BITS);
        i64::from(self.words[((octave << MANTISSA_BITS) | mantissa) as usize])
    }

    /// The same of a magnitude whose sign is the lowest bit of the integer.
    pub fn signed(&self, v: u32) -> i64 {
        let magnitude = self.lookup(v | 1);
        if v & 1 == 1 { -magnitude } else { magnitude }
    }
}

/// x with P(|N(0,1)| > x) = p, by bisection on erfc (exact to the last bit used).
fn inverse_two_sided_tail(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..80 {
        let x = 0.5 * (low + high);
        if libm::erfc(x / core::f64::consts::SQRT_2) > p { low = x } else { high = x }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests;
