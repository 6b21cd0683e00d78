//! Published memristors, a number and its source beside each other.

/// How the drift exponent of a cell is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drift {
    /// It does not drift.
    None,
    /// One mean and one deviation for all cells.
    Same {
        /// Mean.
        nu: f64,
        /// Deviation.
        sigma: f64,
        /// Seconds after the programming at which it begins.
        t0_s: f64,
    },
    /// Mean and deviation linear in ln(G / g_max), each within bounds: (slope, offset, least, most).
    ByLogarithm {
        /// Of the mean.
        nu: [f64; 4],
        /// Of the deviation.
        sigma: [f64; 4],
        /// Seconds after the programming at which it begins.
        t0_s: f64,
    },
}

/// Deviation of the conductance in microsiemens at a time after programming: a polynomial in
/// G / g_max, constant first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SigmaAt {
    /// Seconds after the programming.
    pub time_s: f64,
    /// The coefficients.
    pub sigma_us: &'static [f64],
}

/// One kind of device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// As `[device] preset` names it.
    pub name: &'static str,
    /// Conductance of level 0 and of the highest level, in microsiemens.
    pub g_min_us: f64,
    /// Of the highest level.
    pub g_max_us: f64,
    /// What `SigmaAt` takes as g_max, in microsiemens.
    pub sigma_g_max_us: f64,
    /// By time; empty: levels are met exactly.
    pub sigma: &'static [SigmaAt],
    /// Share of cells that show `g_max_us` for ever.
    pub stuck_on: f64,
    /// Share of cells that show `g_min_us` for ever.
    pub stuck_off: f64,
    /// How it drifts.
    pub drift: Drift,
    /// Volts on a driven word line.
    pub read_volts: f64,
    /// Code steps per level, as a power of two; 0 where levels are met exactly.
    pub level_shift: u32,
    /// Where the figures were published.
    pub source: &'static str,
}

const IDEAL: Preset = Preset {
    name: "ideal",
    g_min_us: 0.0,
    g_max_us: 225.0,
    sigma_g_max_us: 225.0,
    sigma: &[],
    stuck_on: 0.0,
    stuck_off: 0.0,
    drift: Drift::None,
    read_volts: 0.2,
    level_shift: 0,
    source: "every level is met; the range is that of milo2021",
};

/// All of them, `ideal` first.
pub const PRESETS: &[Preset] = &[
    IDEAL,
    Preset {
        name: "li2019",
        g_min_us: 189.0,
        g_max_us: 277.0,
        sigma_g_max_us: 277.0,
        sigma: &[SigmaAt { time_s: 0.0, sigma_us: &[4.0] }],
        level_shift: 3,
        source: "Li et al., Nat. Mach. Intell. 1, 49 (2019): Ta/HfO2 1T1R, gate window 0.7 to 1.6 V, read at 0.2 V, \
                 open-loop write with 1 % of 400 uS as in the group's airline demo (lican81/memNN)",
        ..IDEAL
    },
    Preset {
        name: "milo2021",
        g_min_us: 50.0,
        g_max_us: 225.0,
        sigma_g_max_us: 1.0,
        sigma: &[SigmaAt { time_s: 0.0, sigma_us: &[4.782_321, -0.009_107] }],
        level_shift: 3,
        read_volts: 0.5,
        source: "Milo et al., IRPS 2021, Fig. 4, algorithm IGVVA-100; linear fit of CrossSim's RRAM_Milo",
        ..IDEAL
    },
    Preset {
        name: "wan2022",
        g_min_us: 0.0,
        g_max_us: 40.0,
        sigma_g_max_us: 40.0,
        sigma: &[
            SigmaAt { time_s: 1.0, sigma_us: &[0.348, 16.030, -43.853, 45.393, -16.815] },
            SigmaAt { time_s: 86_400.0, sigma_us: &[0.701, 22.086, -50.773, 47.095, -16.458] },
            SigmaAt { time_s: 172_800.0, sigma_us: &[0.782, 20.274, -43.507, 37.062, -11.934] },
        ],
        level_shift: 3,
        source: "Wan et al., Nature 608, 504 (2022), NeuRRAM: relaxation at 1 s, 1 day and 2 days, fits of \
                 aihwkit's ReRamWan2022NoiseModel",
        ..IDEAL
    },
    Preset {
        name: "pcm",
        g_min_us: 0.0,
        g_max_us: 25.0,
        sigma_g_max_us: 25.0,
        sigma: &[SigmaAt { time_s: 0.0, sigma_us: &[0.26348, 1.9650, -1.1731] }],
        drift: Drift::ByLogarithm {
            nu: [-0.0155, 0.0244, 0.049, 0.1],
            sigma: [-0.0125, -0.0059, 0.008, 0.045],
            t0_s: 20.0,
        },
        level_shift: 3,
        source: "Nandakumar et al., ICECS 2019, and Joshi et al., Nat. Commun. 11, 2473 (2020); fits of aihwkit's \
                 PCMLikeNoiseModel",
        ..IDEAL
    },
    Preset {
        name: "isaac-2bit",
        source: "Shafiee et al., ISCA 2016: 2-bit cells that are met exactly; no conductances are given, the range is ours",
        ..IDEAL
    },
    Preset {
        name: "neurosim",
        g_min_us: 10.0 / 17.0,
        g_max_us: 10.0,
        read_volts: 0.55,
        source: "DNN+NeuroSim V1.4, Param.cpp: Ron 100 kOhm, on/off ratio 17, read at 0.55 V",
        ..IDEAL
    },
    Preset {
        name: "mnsim",
        g_min_us: 1.0,
        g_max_us: 100.0,
        sigma_g_max_us: 100.0,
        sigma: &[SigmaAt { time_s: 0.0, sigma_us: &[0.0, 1.0] }],
        stuck_on: 0.001,
        stuck_off: 0.001,
        read_volts: 0.15,
        level_shift: 3,
        source: "MNSIM 2.0, SimConfig.ini: 1 MOhm and 10 kOhm, 1 % variation, 0.1 % of cells stuck at either",
        ..IDEAL
    },
];

/// A preset by its name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

impl Preset {
    /// Deviation in microsiemens of a cell of `g_us`, `time_s` after it was programmed. Between two
    /// measured times it follows the logarithm of time; before the first and after the last one it
    /// stays as measured.
    pub fn sigma_us(&self, g_us: f64, time_s: f64) -> f64 {
        let at = |s: &SigmaAt| polynomial(s.sigma_us, g_us / self.sigma_g_max_us);
        let later = self.sigma.partition_point(|s| s.time_s <= time_s);
        match (later.checked_sub(1).map(|i| &self.sigma[i]), self.sigma.get(later)) {
            (None, None) => 0.0,
            (Some(s), None) | (None, Some(s)) => at(s),
            (Some(before), Some(after)) => {
                let span = libm::log(after.time_s / before.time_s.max(1e-9));
                let share = libm::log(time_s / before.time_s.max(1e-9)) / span;
                at(before) + share * (at(after) - at(before))
            }
        }
    }
}

/// Nowhere below 0.
pub fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_the_sources() {
        let at = |name: &str, g, t| preset(name).unwrap().sigma_us(g, t);
        assert!((at("milo2021", 100.0, 0.0) - (4.782_321 - 0.9107)).abs() < 1e-9);
        assert!((at("pcm", 25.0, 0.0) - (0.26348 + 1.9650 - 1.1731)).abs() < 1e-9);
        // The polynomial in microsiemens that CrossSim fitted to the same figure, at 1 s.
        let crosssim = |g: f64| 1.053 + 0.2374 * g - 1.167e-2 * g * g + 1.536e-4 * g * g * g;
        for g in [10.0, 20.0, 30.0] {
            assert!((at("wan2022", g, 1.0) - crosssim(g)).abs() < 0.5, "{g} uS");
        }
        assert!(at("wan2022", 20.0, 43_200.0) > at("wan2022", 20.0, 1.0));
        assert_eq!(at("wan2022", 20.0, 1e9), at("wan2022", 20.0, 172_800.0));
        assert_eq!(at("ideal", 100.0, 1e9), 0.0);
    }
}
