//! `[wires]`: the resistances between the cells of a tile and its drivers and converters.

use serde::{Deserialize, Serialize};

/// Which ends of a word line are driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Drive {
    /// The end at the first column.
    #[default]
    OneSided,
    /// Both ends, by two drivers of the same resistance.
    TwoSided,
}

/// What is in series with a memristor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ArrayKind {
    /// A transistor, switched on in every row while the array is read.
    #[default]
    #[serde(rename = "1t1r")]
    OneTransistor,
    /// Nothing.
    Passive,
}

/// `[wires]`, in ohms. All zero: every cell sees its full read voltage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Wires {
    /// One segment of a word line: from a cell to the next, and from the driver to the first.
    pub word_line_ohm: f64,
    /// One segment of a bit line: from a cell to the next, and from the last to the converter.
    pub bit_line_ohm: f64,
    /// Inner resistance of a word-line driver.
    pub driver_ohm: f64,
    /// Input resistance of what reads a bit line.
    pub sense_ohm: f64,
    /// Channel of a transistor that is on; only where `array` = "1t1r".
    pub transistor_ohm: f64,
    /// From which side word lines are driven.
    pub drive: Drive,
    /// What selects a cell.
    pub array: ArrayKind,
}

impl Wires {
    /// The keys and values that are resistances.
    pub(super) fn resistances(&self) -> [(&'static str, f64); 5] {
        [
            ("word_line_ohm", self.word_line_ohm),
            ("bit_line_ohm", self.bit_line_ohm),
            ("driver_ohm", self.driver_ohm),
            ("sense_ohm", self.sense_ohm),
            ("transistor_ohm", self.transistor_ohm),
        ]
    }

    /// Resistance in series with every cell.
    pub fn access_ohm(&self) -> f64 {
        if self.array == ArrayKind::OneTransistor { self.transistor_ohm } else { 0.0 }
    }

    /// No resistance at all: the transfer matrix is the conductances.
    pub fn ideal(&self) -> bool {
        self.resistances()[..4].iter().all(|(_, ohm)| *ohm == 0.0) && self.access_ohm() == 0.0
    }
}
