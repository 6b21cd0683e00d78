//! What the checks ask for, without a value to refuse.

use super::Checker;
use crate::config::{BOARDS, Config, Device, Fault, Stuck};
use std::cell::RefCell;

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its section.
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// What it may be. Where that depends on other keys: with their defaults.
    pub expected: String,
    /// What it is, or why that is the bound.
    pub hint: &'static str,
}

impl Config {
    /// What [`check`](Self::check) asks of the values, key by key, in its order.
    pub fn bounds() -> Vec<Bound> {
        let c = Checker { file: "", bounds: Some(RefCell::default()) };
        with_every_key().check_with(&c).expect("nothing is refused");
        let mut bounds = c.bounds.map(RefCell::into_inner).unwrap_or_default();
        bounds.retain(|bound| !bound.expected.is_empty());
        let mut seen = Vec::new();
        bounds.retain(|bound| {
            !seen.contains(bound) && {
                seen.push(bound.clone());
                true
            }
        });
        bounds
    }
}

/// The defaults, and something where they have nothing to be looked at.
fn with_every_key() -> Config {
    let mut config = Config::default();
    config.fixed.weight_clip = Some(0.0);
    config.target.board = BOARDS[0].name.into();
    let number = Some(0.0);
    let fault = Fault { matrix: String::new(), tile: (0, 0), row: 0, column: 0, stuck: Stuck::On };
    config.device = Device {
        g_min_us: number,
        g_max_us: number,
        level_shift: Some(0),
        sigma_us: Some(vec![0.0]),
        verify_tries: Some(1),
        verify_tolerance_us: number,
        stuck_on: number,
        stuck_off: number,
        faults: vec![fault],
        drift_nu: number,
        drift_nu_sigma: number,
        drift_t0_s: number,
        read_volts: number,
        nl2_us_per_v: number,
        nl3_us_per_v2: number,
        ..config.device
    };
    config
}
