//! What a cell of a tile is: levels, conductances and the code of a conductance.

use crate::config::{Crossbar, Device};
use serde::{Deserialize, Serialize};

/// The memristors of every tile. Ideal: a level is programmed exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Devices {
    pub preset: String,
    /// Conductance of level 0, in microsiemens.
    pub g_min_us: f64,
    /// Conductance of one code step, in microsiemens.
    pub step_us: f64,
    /// Highest level of a cell.
    pub top_level: u32,
}

/// Why the devices cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum DeviceError {
    #[error("[device] preset = \"{0}\": expected \"ideal\", the only preset so far; set preset = \"ideal\"")]
    UnknownPreset(String),
    #[error("[device] g_min_us = {min}, g_max_us = {max}: expected 0 <= g_min_us < g_max_us, both finite")]
    Range { min: f64, max: f64 },
}

impl Devices {
    pub fn new(device: &Device, crossbar: &Crossbar) -> Result<Devices, DeviceError> {
        let (min, max) = (device.g_min_us, device.g_max_us);
        if device.preset != "ideal" {
            return Err(DeviceError::UnknownPreset(device.preset.clone()));
        }
        if !(min >= 0.0 && max > min && max.is_finite()) {
            return Err(DeviceError::Range { min, max });
        }
        let top_level = (1 << crossbar.cell_bits) - 1;
        let step_us = (max - min) / f64::from(top_level);
        Ok(Devices { preset: device.preset.clone(), g_min_us: min, step_us, top_level })
    }

    /// Bits of a conductance code. Ideal: codes are the levels.
    pub fn code_bits(&self) -> u32 {
        32 - self.top_level.leading_zeros()
    }

    /// Conductance in microsiemens to program for a code.
    pub fn conductance_us(&self, code: u32) -> f64 {
        self.g_min_us + f64::from(code) * self.step_us
    }

    /// The inverse: the code nearest to a conductance, or `None` outside the range.
    pub fn code(&self, conductance_us: f64) -> Option<u32> {
        let code = ((conductance_us - self.g_min_us) / self.step_us).round();
        (0.0..=f64::from(self.top_level)).contains(&code).then_some(code as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conductances_and_codes_are_inverse() {
        let device = Device { g_min_us: 50.0, ..Device::default() };
        let devices = Devices::new(&device, &Crossbar { cell_bits: 4, ..Crossbar::default() }).unwrap();
        for code in 0..16 {
            assert_eq!(devices.code(devices.conductance_us(code)), Some(code));
        }
        assert_eq!(devices.code(400.0), None);
        assert!((devices.conductance_us(15) - 225.0).abs() < 1e-9);
    }
}
