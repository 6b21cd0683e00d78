//! Where the time of a simulation goes, by Verilog module.
// The samples are files of the build folder.
#![allow(clippy::disallowed_methods)]

use super::error::SimError;
use super::run::RunOptions;
use super::simulator::{Simulation, logged};
use crate::tools::GPROF;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Seconds of processor time, sampled a hundred times a second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Of the whole simulation.
    pub total: f64,
    /// What modules' own statements took; the rest is the simulator's.
    pub modules: BTreeMap<String, f64>,
}

/// A tile: the analog core and its shift-and-add.
const TILE: [&str; 2] = ["hvae_tile", "hvae_tile_core"];

impl Profile {
    /// Share of the time inside the tiles, 0 to 1.
    pub fn in_tiles(&self) -> f64 {
        let tiles: f64 = TILE.iter().filter_map(|m| self.modules.get(*m)).sum();
        tiles / self.total.max(f64::MIN_POSITIVE)
    }

    /// Reads gprof's flat profile: seconds of its own are a function's third number, and
    /// Verilator's `--prof-cfuncs` ends a function's name with `__PROF__<module>__l<line>`.
    fn parse(text: &str) -> Profile {
        let mut profile = Profile::default();
        for line in text.lines() {
            let numbers: Vec<f64> = line.split_whitespace().map_while(|w| w.parse().ok()).collect();
            let &[_, _, seconds, ..] = &numbers[..] else { continue };
            profile.total += seconds;
            let module = line.split_once("__PROF__").and_then(|(_, rest)| rest.rsplit_once("__l"));
            if let Some((module, _)) = module {
                *profile.modules.entry(module.into()).or_default() += seconds;
            }
        }
        profile
    }
}

impl Simulation {
    /// Runs jobs on a simulation built for [`Effort::Profile`](super::Effort::Profile).
    ///
    /// # Errors
    ///
    /// `gprof` is missing, the simulator failed, or it ran too briefly to be sampled.
    pub fn profile(&self, stimulus: &str, jobs: usize) -> Result<Profile, SimError> {
        let gprof = GPROF.find()?;
        let (run, _) = self.run_in_folder(stimulus, jobs, &RunOptions::default())?;
        let entries = fs::read_dir(&run.path).map_err(SimError::io(&run.path))?;
        let samples = entries
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().starts_with("gmon."))
            .map(|e| e.path());
        let out = run.path.join("profile");
        let mut command = Command::new(&gprof.path);
        command.args(["-b", "-p"]).arg(&self.program).args(samples);
        logged(&mut command, "gprof", &out)?;
        let text = fs::read_to_string(&out).map_err(SimError::io(&out))?;
        let profile = Profile::parse(&text);
        if profile.modules.is_empty() {
            return Err(SimError::NoProfile { path: out.display().to_string() });
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_profile_is_read() {
        let text = "Flat profile:\n\nEach sample counts as 0.01 seconds.\n  %   cumulative   self\n \
                    time   seconds   seconds    calls  Ts/call  Ts/call  name\n 50.00      0.50     0.50      \
                    V_tile___nba_sequent__TOP__x__0__PROF__hvae_tile__l94(V*)\n 20.00      0.70     0.20      \
                    V_root__1__PROF__hvae_tile_core__l12(V*)\n 20.00      0.90     0.20      V_root__2__PROF__hvae_dac__l9(V*)\n \
                    10.00      1.00     0.10      V_root___eval_nba(V*)\n";
        let profile = Profile::parse(text);
        assert!((profile.total - 1.0).abs() < 1e-9 && profile.modules.len() == 3, "{profile:?}");
        assert!((profile.in_tiles() - 0.7).abs() < 1e-9, "{profile:?}");
    }
}
