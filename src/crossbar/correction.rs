//! What is left of the errors of columns when each output has a gain and an offset.

pub use crate::quant::GAIN_FRAC;
use serde::{Deserialize, Serialize};

/// Bits of a gain, which is below 2 and never negative.
pub const GAIN_BITS: u32 = 11;

/// Accumulator to accumulator, with [`GAIN_FRAC`] fraction bits more: sum * gain + offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// What a sum is multiplied by, with [`GAIN_FRAC`] fraction bits.
    pub gain: u32,
    /// In accumulator steps.
    pub offset: i64,
}

impl Correction {
    /// A sum as it is.
    pub const NONE: Correction = Correction { gain: 1 << GAIN_FRAC, offset: 0 };

    /// As [`Fit::correction`] makes them for accumulators of `bits` bits.
    pub fn fits(&self, bits: u32) -> bool {
        self.gain < 1 << GAIN_BITS && self.offset.unsigned_abs() < 1 << (bits - 1)
    }

    /// The same behind a gain that the output has anyway; an offset of at most `bits` bits.
    pub fn scaled(self, gain: u32, bits: u32) -> Correction {
        let one = 1i64 << GAIN_FRAC;
        let rounded = |product: i64| (product + one / 2) >> GAIN_FRAC;
        let most = (1i64 << (bits - 1)) - 1;
        Correction {
            gain: rounded(i64::from(self.gain) * i64::from(gain)).min((1 << GAIN_BITS) - 1) as u32,
            offset: rounded(self.offset * i64::from(gain)).clamp(-most, most),
        }
    }

    /// The sum, corrected.
    pub fn apply(&self, sum: i64) -> i64 {
        sum * i64::from(self.gain) + (self.offset << GAIN_FRAC)
    }
}

/// Sums of one output as the tiles gave them and as they should have been.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fit {
    count: f64,
    found: f64,
    wanted: f64,
    found_found: f64,
    found_wanted: f64,
}

impl Fit {
    /// One sum that was found, and what it should have been.
    pub fn add(&mut self, found: i64, wanted: i64) {
        let (found, wanted) = (found as f64, wanted as f64);
        self.count += 1.0;
        self.found += found;
        self.wanted += wanted;
        self.found_found += found * found;
        self.found_wanted += found * wanted;
    }

    /// The line with the least squared error; offsets of at most `bits` bits.
    pub fn correction(&self, bits: u32) -> Correction {
        if self.count == 0.0 {
            return Correction::NONE;
        }
        let (found, wanted) = (self.found / self.count, self.wanted / self.count);
        let variance = self.found_found / self.count - found * found;
        let covariance = self.found_wanted / self.count - found * wanted;
        // An output that hardly moves says nothing of its gain.
        let gain = if variance > 1.0 { covariance / variance } else { 1.0 };
        let one = f64::from(1 << GAIN_FRAC);
        let gain = (gain * one).round().clamp(0.0, f64::from((1u32 << GAIN_BITS) - 1));
        let most = ((1i64 << (bits - 1)) - 1) as f64;
        let offset = (wanted - found * gain / one).round().clamp(-most, most);
        Correction { gain: gain as u32, offset: offset as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let mut fit = Fit::default();
        for sum in -50..70i64 {
            fit.add(sum * 8, sum * 10 - 37);
        }
        let correction = fit.correction(25);
        assert_eq!(correction, Correction { gain: 1280, offset: -37 });
        assert_eq!(correction.apply(80), (100 - 37) << GAIN_FRAC);
    }

    #[test]
    fn sums_that_are_right_stay_as_they_are() {
        let mut fit = Fit::default();
        assert_eq!(fit.correction(25), Correction::NONE);
        for sum in [3, 3, 3] {
            fit.add(sum, sum);
        }
        assert_eq!(fit.correction(25), Correction::NONE);
        fit.add(900, 900);
        assert_eq!(fit.correction(25), Correction::NONE);
    }
}
