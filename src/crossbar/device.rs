//! What a cell of a tile is: levels, conductances, the code of a conductance, and what becomes of
//! a cell that is programmed.

use super::presets::{Drift, PRESETS, Preset, polynomial, preset};
use crate::config::{Crossbar, Device, Encoding, Fault};
use serde::{Deserialize, Serialize};

/// The scale of the conductance codes, which is what ROMs, converters and the Verilog know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeScale {
    /// Width of a code.
    pub bits: u32,
    /// Code steps from one level to the next, as a power of two.
    pub level_shift: u32,
    /// Largest code.
    pub top: u32,
}

impl From<u32> for CodeScale {
    /// Codes of `bits` that are the levels.
    fn from(bits: u32) -> Self {
        CodeScale { bits, level_shift: 0, top: (1 << bits) - 1 }
    }
}

/// The memristors of every tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    /// The published device that it starts from.
    pub preset: String,
    /// Conductance of level 0, in microsiemens.
    pub g_min_us: f64,
    /// Conductance of one code step, in microsiemens.
    pub step_us: f64,
    /// Highest level of a cell.
    pub top_level: u32,
    /// Code steps from one level to the next, as a power of two.
    pub level_shift: u32,
    /// Code of level 0: codes below it are conductances below `g_min_us`.
    pub base_code: u32,
    /// Largest code.
    pub top_code: u32,
}

/// Why the devices cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum DeviceError {
    /// No published device is called so.
    #[error(
        "[device] preset = \"{found}\": expected one of {known}; choose one, and replace its numbers key by key"
    )]
    UnknownPreset {
        /// What is there.
        found: String,
        /// Those that there are.
        known: String,
    },
    /// The conductances are no range.
    #[error(
        "[device] g_min_us = {min}, g_max_us = {max}: expected 0 <= g_min_us < g_max_us, at least 1e-6 apart and both finite"
    )]
    Range {
        /// Lowest conductance, in microsiemens.
        min: f64,
        /// Highest conductance, in microsiemens.
        max: f64,
    },
    /// A key of `[device]` that cannot be.
    #[error("[device] {key} = {found}: expected {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is there.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Codes of cells are too wide.
    #[error(
        "[device] level_shift = {shift} with [crossbar] cell_bits = {cell_bits}: codes would take {bits} bits, at most 8 fit; lower one of them"
    )]
    Codes {
        /// Code steps a level, as a power of two.
        shift: u32,
        /// Bits of a slice.
        cell_bits: u32,
        /// Bits that there are.
        bits: u32,
    },
    /// More than the offset column can take.
    #[error(
        "[device] nl2_us_per_v, nl3_us_per_v2 with [crossbar] dac_bits = {0}: expected dac_bits = 1, where a cell sees no voltage but read_volts; set it, or drop them"
    )]
    NonLinear(u32),
    /// A broken cell that is not there.
    #[error(
        "[device] faults: {matrix}, tile {tile:?}, row {row}, column {column}: expected {expected}; correct the fault map"
    )]
    Fault {
        /// The matrix.
        matrix: String,
        /// Tile row and tile column.
        tile: (usize, usize),
        /// Word line.
        row: usize,
        /// Bit line.
        column: usize,
        /// What should be there.
        expected: String,
    },
}

impl DeviceError {
    pub(super) fn fault(fault: &Fault, expected: String) -> DeviceError {
        let Fault { matrix, tile, row, column, .. } = fault.clone();
        DeviceError::Fault { matrix, tile, row, column, expected }
    }
}

/// Everything that befalls a cell between the level it is to hold and the conductance it shows.
#[derive(Debug, Clone)]
pub struct Programming {
    preset: &'static Preset,
    g_min_us: f64,
    g_max_us: f64,
    sigma: Option<Vec<f64>>,
    /// Writes of a cell at most.
    pub tries: u32,
    /// How far off a written conductance may be.
    pub tolerance_us: f64,
    /// Share of cells that show the highest conductance for ever.
    pub stuck_on: f64,
    /// Share of cells that show the lowest one for ever.
    pub stuck_off: f64,
    drift: Drift,
    /// Seconds from the programming to the reading.
    pub time_s: f64,
    /// The ADC step follows the mean conductance as it drifts.
    pub compensate_drift: bool,
    /// Added to every conductance by the non-linearity at the read voltage.
    pub non_linear_us: f64,
    /// Of every draw.
    pub seed: u64,
    /// Cells known to be stuck.
    pub faults: Vec<Fault>,
}

impl Devices {
    /// The devices of `[device]` for the cells of `[crossbar]`.
    ///
    /// # Errors
    ///
    /// An unknown preset, an empty range of conductances, or codes of more than 8 bits.
    pub fn new(device: &Device, crossbar: &Crossbar) -> Result<Devices, DeviceError> {
        let preset = find(device)?;
        let (min, max) = range(device, preset);
        if !(min >= 0.0 && max - min >= 1e-6 && max.is_finite()) {
            return Err(DeviceError::Range { min, max });
        }
        let top_level = (1u32 << crossbar.cell_bits) - 1;
        let exact = Programming::new(device, crossbar)?.exact();
        let shift = device.level_shift.unwrap_or(if exact { 0 } else { preset.level_shift });
        // A level below the lowest and one above the highest, for what misses its level.
        let margin = if shift > 0 { 1u32 << shift } else { 0 };
        // One column of offset codes counts rows: nothing below its zero.
        let below = if crossbar.encoding == Encoding::Differential { margin } else { 0 };
        let step_us = (max - min) / f64::from(top_level << shift);
        let devices = Devices {
            preset: device.preset.clone(),
            g_min_us: min,
            step_us,
            top_level,
            level_shift: shift,
            base_code: below,
            top_code: (top_level << shift) + below + margin,
        };
        match devices.scale().bits {
            bits if bits > 8 => Err(DeviceError::Codes { shift, cell_bits: crossbar.cell_bits, bits }),
            _ => Ok(devices),
        }
    }

    /// What tiles and converters know of the codes.
    pub fn scale(&self) -> CodeScale {
        CodeScale {
            bits: 32 - self.top_code.leading_zeros(),
            level_shift: self.level_shift,
            top: self.top_code,
        }
    }

    /// Code of a level that is met.
    pub fn level_code(&self, level: u32) -> u32 {
        self.base_code + (level << self.level_shift)
    }

    /// Conductance in microsiemens that a code stands for; nowhere below 0.
    pub fn conductance_us(&self, code: u32) -> f64 {
        let steps = f64::from(code) - f64::from(self.base_code);
        (self.g_min_us + steps * self.step_us).max(0.0)
    }

    /// The inverse: the code nearest to a conductance, or `None` outside the range.
    pub fn code(&self, conductance_us: f64) -> Option<u32> {
        let code = self.wide_code(conductance_us);
        (0.0..=f64::from(self.top_code)).contains(&code).then_some(code as u32)
    }

    /// The code nearest to a conductance; the end of the range for one outside.
    pub fn nearest_code(&self, conductance_us: f64) -> u8 {
        self.wide_code(conductance_us).clamp(0.0, f64::from(self.top_code)) as u8
    }

    fn wide_code(&self, conductance_us: f64) -> f64 {
        ((conductance_us - self.g_min_us) / self.step_us).round() + f64::from(self.base_code)
    }
}

fn find(device: &Device) -> Result<&'static Preset, DeviceError> {
    preset(&device.preset).ok_or_else(|| DeviceError::UnknownPreset {
        found: device.preset.clone(),
        known: PRESETS.iter().map(|p| p.name).collect::<Vec<_>>().join(", "),
    })
}

fn range(device: &Device, preset: &Preset) -> (f64, f64) {
    (device.g_min_us.unwrap_or(preset.g_min_us), device.g_max_us.unwrap_or(preset.g_max_us))
}

impl Programming {
    /// How the devices of `[device]` take what is written into them.
    ///
    /// # Errors
    ///
    /// An unknown preset, a value out of bounds, or non-linear cells with inputs of several bits.
    pub fn new(device: &Device, crossbar: &Crossbar) -> Result<Programming, DeviceError> {
        let preset = find(device)?;
        let (g_min_us, g_max_us) = range(device, preset);
        let volts = device.read_volts.unwrap_or(preset.read_volts);
        let (nl2, nl3) = (device.nl2_us_per_v.unwrap_or(0.0), device.nl3_us_per_v2.unwrap_or(0.0));
        if (nl2 != 0.0 || nl3 != 0.0) && crossbar.dac_bits > 1 {
            return Err(DeviceError::NonLinear(crossbar.dac_bits));
        }
        let own_drift = device.drift_nu.is_some() || device.drift_nu_sigma.is_some();
        let t0 = match preset.drift {
            Drift::None => 1.0,
            Drift::Same { t0_s, .. } | Drift::ByLogarithm { t0_s, .. } => t0_s,
        };
        let t0_s = device.drift_t0_s.unwrap_or(t0);
        let drift = match preset.drift {
            _ if own_drift => Drift::Same {
                nu: device.drift_nu.unwrap_or(0.0),
                sigma: device.drift_nu_sigma.unwrap_or(0.0),
                t0_s,
            },
            Drift::None => Drift::None,
            Drift::Same { nu, sigma, .. } => Drift::Same { nu, sigma, t0_s },
            Drift::ByLogarithm { nu, sigma, .. } => Drift::ByLogarithm { nu, sigma, t0_s },
        };
        let programming = Programming {
            preset,
            g_min_us,
            g_max_us,
            sigma: device.sigma_us.clone(),
            tries: device.verify_tries.unwrap_or(1),
            tolerance_us: device.verify_tolerance_us.unwrap_or(0.0),
            stuck_on: device.stuck_on.unwrap_or(preset.stuck_on),
            stuck_off: device.stuck_off.unwrap_or(preset.stuck_off),
            drift,
            time_s: device.time_s,
            compensate_drift: device.compensate_drift,
            non_linear_us: nl2 * volts + nl3 * volts * volts,
            seed: device.seed,
            faults: device.faults.clone(),
        };
        let stuck = programming.stuck_on + programming.stuck_off;
        if stuck > 1.0 {
            let found = format!("{stuck:.3}");
            return Err(DeviceError::Value {
                key: "stuck_on + stuck_off",
                found,
                expected: "at most 1, all cells",
            });
        }
        Ok(programming)
    }

    /// Every cell shows the level it is to hold.
    pub fn exact(&self) -> bool {
        let noise = match &self.sigma {
            Some(coefficients) => coefficients.iter().any(|&c| c != 0.0),
            None => !self.preset.sigma.is_empty(),
        };
        let drifts = self.drift != Drift::None && self.time_s > 0.0;
        !noise
            && !drifts
            && self.stuck_on == 0.0
            && self.stuck_off == 0.0
            && self.faults.is_empty()
            && self.non_linear_us == 0.0
    }

    /// Deviation in microsiemens of a cell that is to show `g_us`.
    pub fn sigma_us(&self, g_us: f64) -> f64 {
        match &self.sigma {
            Some(coefficients) => polynomial(coefficients, g_us / self.g_max_us),
            None => self.preset.sigma_us(g_us, self.time_s),
        }
    }

    /// Conductance of a stuck cell.
    pub fn stuck_us(&self, on: bool) -> f64 {
        if on { self.g_max_us } else { self.g_min_us }
    }

    /// Share of its conductance that a cell keeps until it is read; `normal` is its draw.
    pub fn drifted(&self, g_us: f64, normal: f64) -> f64 {
        let (nu, sigma, t0_s) = match self.drift {
            Drift::None => return 1.0,
            Drift::Same { nu, sigma, t0_s } => (nu, sigma, t0_s),
            Drift::ByLogarithm { nu, sigma, t0_s } => {
                let x = libm::log((g_us / self.g_max_us).max(1e-7));
                let line = |[slope, offset, least, most]: [f64; 4]| (slope * x + offset).clamp(least, most);
                (line(nu), line(sigma), t0_s)
            }
        };
        let exponent = (nu + sigma * normal).abs();
        libm::pow((self.time_s + t0_s) / t0_s, -exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conductances_and_codes_are_inverse() {
        let device = Device { g_min_us: Some(50.0), ..Device::default() };
        let devices = Devices::new(&device, &Crossbar { cell_bits: 4, ..Crossbar::default() }).unwrap();
        for code in 0..16 {
            assert_eq!(devices.code(devices.conductance_us(code)), Some(code));
            assert_eq!(devices.level_code(code), code);
        }
        assert_eq!(devices.code(400.0), None);
        assert!((devices.conductance_us(15) - 225.0).abs() < 1e-9);
    }

    #[test]
    fn finer_codes_hold_the_levels_and_what_misses_them() {
        for preset in ["li2019", "milo2021", "wan2022", "pcm", "mnsim"] {
            let device = Device { preset: preset.into(), ..Device::default() };
            let devices = Devices::new(&device, &Crossbar::default()).unwrap();
            assert_eq!((devices.level_shift, devices.scale().top), (3, 40), "{preset}");
            for level in 0..4 {
                let g = devices.conductance_us(devices.level_code(level));
                assert_eq!(devices.code(g), Some(devices.level_code(level)));
                assert_eq!(devices.nearest_code(g + 0.4 * devices.step_us) as u32, devices.level_code(level));
            }
        }
    }
}
