//! `[noise]`: what reading adds to what was programmed.

use serde::{Deserialize, Serialize};

/// `[noise]`. All zero: converters are exact, and the design has no source of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Noise {
    /// Deviation of the current of a cell from one conversion to the next, as a share of it.
    pub cell: f64,
    /// Deviation of a converter from one conversion to the next, in ADC steps.
    pub comparator: f64,
    /// Integral non-linearity: how far codes are off, root mean square, in ADC steps.
    pub inl: f64,
    /// Differential non-linearity: how far the width of a code is off, root mean square, in ADC
    /// steps.
    pub dnl: f64,
    /// Seed of every draw of the conversions.
    pub seed: u32,
}

impl Default for Noise {
    fn default() -> Self {
        Noise { cell: 0.0, comparator: 0.0, inl: 0.0, dnl: 0.0, seed: 1 }
    }
}

impl Noise {
    /// The keys and values that are amounts.
    pub(super) fn amounts(&self) -> [(&'static str, f64); 4] {
        [("cell", self.cell), ("comparator", self.comparator), ("inl", self.inl), ("dnl", self.dnl)]
    }

    /// Every conversion draws a number.
    pub fn draws(&self) -> bool {
        self.cell > 0.0 || self.comparator > 0.0
    }
}
