//! Signed fixed-point formats and the one rounding rule of the project.

use num_traits::{PrimInt, Signed, clamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Formats beyond these are of no number in single precision.
pub const MOST_FRAC: i32 = 200;

/// Signed two's complement: value = code * 2^-frac, code in `bits` bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Format {
    /// Width, sign included.
    pub bits: u32,
    /// Fraction bits; negative when one step is more than 1.
    pub frac: i32,
}

/// Only a format that numbers of 64 bits can have is read back.
impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            bits: u32,
            frac: i32,
        }
        let Read { bits, frac } = Read::deserialize(deserializer)?;
        match (1..=62).contains(&bits) && (-MOST_FRAC..=MOST_FRAC).contains(&frac) {
            true => Ok(Format { bits, frac }),
            false => Err(D::Error::custom(format!(
                "expected a format of 1 to 62 bits and -{MOST_FRAC} to {MOST_FRAC} fraction bits, found {bits} and {frac}"
            ))),
        }
    }
}

impl Format {
    /// `bits` wide, of which `frac` are of a fraction.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Saturations {
    /// Beyond the format.
    pub clipped: u64,
    /// Within it.
    pub fitted: u64,
}

/// `v * 2^-shift`, rounded half up, saturated to `bits` signed bits; the second
/// value says whether it was clipped. Mirrored bit by bit by `rtl/hvae_requant.sv`.
///
/// Negative `shift` multiplies by a power of two, exactly. Right for every shift; `v` must leave the
/// two highest bits of its type alone.
pub fn requant<T: PrimInt + Signed>(v: T, shift: i32, bits: u32) -> (T, bool) {
    let one = T::one();
    let max = (one << (bits - 1) as usize) - one;
    let min = -max - one;
    // So far down nothing is left of any number.
    let room = T::zero().leading_zeros() as i32 - 2;
    let by = shift.unsigned_abs() as usize;
    let scaled = if shift > room {
        T::zero()
    } else if shift > 0 {
        (v + (one << (by - 1))) >> by
    } else if v.is_zero() {
        v
    } else if shift >= -room && (v << by) >> by == v {
        v << by
    } else {
        return (if v.is_negative() { min } else { max }, true);
    };
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
    fn every_shift_is_that_of_exact_arithmetic() {
        let values = [0, 1, -1, 5, -6, 127, -128, 1 << 31, -(1 << 31), (1 << 61) - 1, -(1 << 61)];
        for v in values {
            for shift in -62..=62 {
                let exact = match shift {
                    s if s > 0 => (i128::from(v) + (1 << (s - 1))) >> s,
                    s => i128::from(v) << -s,
                };
                let want = exact.clamp(-128, 127);
                assert_eq!(requant(v, shift, 8), (want as i64, want != exact), "{v} >> {shift}");
            }
            let far = |shift| requant(v, shift, 8);
            assert_eq!((far(63), far(400)), ((0, false), (0, false)), "{v}");
            let end = if v < 0 { -128 } else { 127 };
            assert_eq!(far(-400), if v == 0 { (0, false) } else { (end, true) }, "{v}");
        }
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
