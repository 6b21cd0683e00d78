//! Bounds of `[device]`.

use super::Checker;
use crate::config::{ConfigError, Device, Fault};
use std::collections::BTreeMap;

/// More than any memristor conducts, in microsiemens: 1 siemens.
const MOST_US: f64 = 1e6;

pub(super) fn check(c: &Checker, d: &Device) -> Result<(), ConfigError> {
    let conductance = "microsiemens";
    let seconds = "seconds";
    let numbers = [
        ("g_min_us", d.g_min_us, 0.0..=MOST_US, conductance),
        ("g_max_us", d.g_max_us, 0.0..=MOST_US, conductance),
        ("verify_tolerance_us", d.verify_tolerance_us, 0.0..=MOST_US, conductance),
        ("stuck_on", d.stuck_on, 0.0..=1.0, "a share of the cells"),
        ("stuck_off", d.stuck_off, 0.0..=1.0, "a share of the cells"),
        ("time_s", Some(d.time_s), 0.0..=1e12, seconds),
        ("drift_nu", d.drift_nu, 0.0..=10.0, "conductances fall with the power -nu of time"),
        ("drift_nu_sigma", d.drift_nu_sigma, 0.0..=10.0, "a deviation"),
        ("drift_t0_s", d.drift_t0_s, 1e-9..=1e12, seconds),
        ("read_volts", d.read_volts, 1e-6..=100.0, "volts on a driven word line"),
        ("nl2_us_per_v", d.nl2_us_per_v, -MOST_US..=MOST_US, "microsiemens per volt"),
        ("nl3_us_per_v2", d.nl3_us_per_v2, -MOST_US..=MOST_US, "microsiemens per volt squared"),
    ];
    for (key, value, range, hint) in numbers {
        value.map_or(Ok(()), |value| c.real(("device", key), value, range, hint))?;
    }
    if let Some(shift) = d.level_shift {
        c.within(("device", "level_shift"), shift.into(), 0..=7, "codes have at most 8 bits")?;
    }
    if let Some(tries) = d.verify_tries {
        c.within(("device", "verify_tries"), tries.into(), 1..=1000, "writes of a cell")?;
    }
    sigma(c, d.sigma_us.as_deref().unwrap_or_default())?;
    faults(c, &d.faults)
}

/// A polynomial that is a deviation: nowhere below 0 between no conductance and the highest one.
fn sigma(c: &Checker, coefficients: &[f64]) -> Result<(), ConfigError> {
    let place = ("device", "sigma_us");
    c.within(place, coefficients.len() as u64, 0..=16, "coefficients of a polynomial, constant first")?;
    for &coefficient in coefficients {
        c.real(place, coefficient, -MOST_US..=MOST_US, "coefficients of a polynomial in microsiemens")?;
    }
    let at = |x: f64| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    let below = (0..=1000).map(|i| f64::from(i) / 1000.0).find(|&x| at(x) < -1e-9);
    let found = below
        .map_or(String::new(), |x| format!("{coefficients:?}, which is {:.4} at G = {x} g_max_us", at(x)));
    c.require(
        below.is_none(),
        place,
        found,
        "a polynomial that is nowhere below 0 from G = 0 to g_max_us",
        "it is a deviation",
    )
}

/// Every cell once.
fn faults(c: &Checker, faults: &[Fault]) -> Result<(), ConfigError> {
    let mut seen = BTreeMap::new();
    for fault in faults {
        let Fault { matrix, tile, row, column, stuck } = fault;
        let before = seen.insert((matrix, tile, row, column), stuck);
        let found = || {
            let and = if before == Some(stuck) { "twice" } else { "stuck on and off" };
            format!("matrix {matrix}, tile {tile:?}, row {row}, column {column} {and}")
        };
        let once = before.is_none();
        let found = if once { String::new() } else { found() };
        c.require(once, ("device", "faults"), found, "every cell once", "remove one of the entries")?;
    }
    Ok(())
}
