//! `[device]`: the memristors. A preset gives every number; a key of its own replaces one.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// What a stuck cell shows, whatever is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Stuck {
    /// `g_max_us`.
    On,
    /// `g_min_us`.
    Off,
}

/// One entry of a fault map: a cell of a tile of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// As the export names it, for example `enc1_h`.
    pub matrix: String,
    /// Row and column of the tile in the matrix.
    #[serde(deserialize_with = "pair")]
    pub tile: (usize, usize),
    /// Word line of the tile.
    pub row: usize,
    /// Bit line of the tile.
    pub column: usize,
    /// What it shows for ever.
    pub stuck: Stuck,
}

/// Two numbers, and no third.
fn pair<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(usize, usize), D::Error> {
    let numbers = Vec::<usize>::deserialize(deserializer)?;
    match numbers.as_slice() {
        &[row, column] => Ok((row, column)),
        other => Err(D::Error::custom(format!("expected [row, column], found {} numbers", other.len()))),
    }
}

/// `[device]`. What is absent is the preset's (`crossbar::presets` has each number's source).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// A published device, or "ideal": it gives every number that is left out.
    pub preset: String,
    /// Seed of every draw of the programming: errors, faults, drift.
    pub seed: u64,
    /// Conductance of level 0, in microsiemens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub g_min_us: Option<f64>,
    /// Conductance of the highest level, in microsiemens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub g_max_us: Option<f64>,
    /// Code steps from one level to the next, as a power of two: how finely errors are baked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level_shift: Option<u32>,
    /// Deviation of a programmed conductance in microsiemens: coefficients of a polynomial in
    /// G / `g_max_us`, constant first, that is nowhere below 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_us: Option<Vec<f64>>,
    /// Writes of a cell at most: another one while it is further off than the tolerance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_tries: Option<u32>,
    /// How far off a written conductance may be, in microsiemens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_tolerance_us: Option<f64>,
    /// Share of cells that show `g_max_us` for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck_on: Option<f64>,
    /// Share of cells that show `g_min_us` for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck_off: Option<f64>,
    /// Cells known to be stuck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// Seconds from the programming to the reading.
    pub time_s: f64,
    /// Mean of nu of the drift G(t) = G * ((t + t0) / t0)^-nu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_nu: Option<f64>,
    /// Deviation of nu from cell to cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_nu_sigma: Option<f64>,
    /// t0 of the drift: seconds after the programming at which it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_t0_s: Option<f64>,
    /// The ADC step of every matrix follows the mean conductance as it drifts.
    pub compensate_drift: bool,
    /// Volts on a driven word line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_volts: Option<f64>,
    /// What a cell lets through beside G, I = G V + nl2 V^2 + nl3 V^3, in microsiemens per volt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nl2_us_per_v: Option<f64>,
    /// The same, nl3 in microsiemens per volt squared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nl3_us_per_v2: Option<f64>,
}

impl Default for Device {
    fn default() -> Self {
        Device {
            preset: "ideal".into(),
            seed: 1,
            g_min_us: None,
            g_max_us: None,
            level_shift: None,
            sigma_us: None,
            verify_tries: None,
            verify_tolerance_us: None,
            stuck_on: None,
            stuck_off: None,
            faults: Vec::new(),
            time_s: 0.0,
            drift_nu: None,
            drift_nu_sigma: None,
            drift_t0_s: None,
            compensate_drift: false,
            read_volts: None,
            nl2_us_per_v: None,
            nl3_us_per_v2: None,
        }
    }
}
