//! Signed fixed-point formats and the one rounding rule of the project.

use num_traits::{PrimInt, Signed, clamp};
use serde::{Deserialize, Serialize};

/// Signed two's complement: value = code * 2^-frac, code in `bits` bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    pub bits: u32,
    /// Fraction bits; negative when one step is more than 1.
    pub frac: i32,
}

impl Format {
    pub const fn new(bits: u32, frac: i32) -> Self {
        Format { bits, frac }
    }

    /// Largest code.
    pub const fn max(self) -> i64 {
        (1 << (self.bits - 1)) - 1
    }

    /// Smallest code.
    pub const fn min(self) -> i64 {
        -(1 << (self.bits - 1))
    }

    /// The nearest code (ties away from zero), saturated. `value` must be finite.
    pub fn encode(self, value: f64) -> i64 {
        let scaled = libm::round(libm::ldexp(value, self.frac));
        clamp(scaled, self.min() as f64, self.max() as f64) as i64
    }

    /// The real value of a code.
    pub fn decode(self, code: i64) -> f64 {
        libm::ldexp(code as f64, -self.frac)
    }

    /// One step, in real units.
    pub fn step(self) -> f64 {
        libm::ldexp(1.0, -self.frac)
    }
}

/// How many results were clipped to their format, and how many were not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saturations {
    pub clipped: u64,
    pub fitted: u64,
}

/// `v * 2^-shift`, rounded half up, saturated to `bits` signed bits; the second
/// value says whether it was clipped. Mirrored bit by bit by `rtl/hvae_requant.sv`.
///
/// Negative `shift` multiplies by a power of two, exactly.
pub fn requant<T: PrimInt + Signed>(v: T, shift: i32, bits: u32) -> (T, bool) {
    let one = T::one();
    let scaled = if shift > 0 {
        let half = one << (shift - 1) as usize;
        (v + half) >> shift as usize
    } else {
        v << (-shift) as usize
    };
    let max = (one << (bits - 1) as usize) - one;
    let min = -max - one;
    let clipped = clamp(scaled, min, max);
    (clipped, clipped != scaled)
}

/// [`requant`] that counts its saturation.
pub fn requant_to(v: i64, shift: i32, bits: u32, count: &mut Saturations) -> i64 {
    let (value, clipped) = requant(v, shift, bits);
    count.clipped += u64::from(clipped);
    count.fitted += u64::from(!clipped);
    value
}

/// `a + b` saturated to `bits` signed bits, counted (`rtl/hvae_sat_add.sv`).
pub fn saturating_add(a: i64, b: i64, bits: u32, count: &mut Saturations) -> i64 {
    requant_to(a + b, 0, bits, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up_also_below_zero() {
        let cases = [(3, 1, 2), (-3, 1, -1), (-5, 1, -2), (-1, 1, 0), (5, 2, 1), (-6, 2, -1), (-7, 2, -2)];
        for (v, shift, want) in cases {
            assert_eq!(requant(v, shift, 8), (want, false), "{v} >> {shift}");
        }
    }

    #[test]
    fn saturation_is_counted_once_per_value() {
        let mut count = Saturations::default();
        assert_eq!(requant_to(1000, 0, 8, &mut count), 127);
        assert_eq!(requant_to(-1000, 0, 8, &mut count), -128);
        assert_eq!(requant_to(-128, 0, 8, &mut count), -128);
        assert_eq!(requant_to(3, -4, 8, &mut count), 48);
        assert_eq!(count, Saturations { clipped: 2, fitted: 2 });
    }

    #[test]
    fn decode_inverts_encode_on_every_code() {
        for frac in [-2, 0, 5, 11] {
            let f = Format::new(8, frac);
            for code in f.min()..=f.max() {
                assert_eq!(f.encode(f.decode(code)), code);
            }
        }
    }
}
