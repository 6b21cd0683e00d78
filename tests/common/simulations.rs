//! Compiled simulations, kept between tests and between runs of the tests.

use super::all_asked;
use hvae_mnn::cosim::{Effort, Engine, Simulation};
use hvae_mnn::files::sha256;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// One compilation of a design at a time: a second test that wants it waits, and finds it.
static AT_WORK: Mutex<BTreeMap<String, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());

/// Designs that the tests which guard every change may compile, half of the time that they take: one more family shares one, or is asked
/// with HVAE_TESTS=all alone.
const FIRST_TIER: usize = 110;

/// The simulation of a build folder. What was compiled before from the same text is brought in from
/// `simulations` in cargo's folder for tests; what it is good for, `Simulation` decides by its own key.
pub fn simulation(folder: &Path, engine: Engine, trace: bool, effort: Effort) -> Result<Simulation, String> {
    let text = sources(folder);
    let (turn, designs) = {
        let mut at_work = AT_WORK.lock().unwrap();
        let turn = at_work.entry(text.clone()).or_default().clone();
        (turn, at_work.len())
    };
    assert!(
        designs <= FIRST_TIER || all_asked(),
        "{designs} designs to compile: more than the {FIRST_TIER} that `make test` may take (tests/common/simulations.rs)"
    );
    let _turn = turn.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulations").join(&text[..32]);
    copy_programs(&kept, &folder.join("sim"));
    let simulation = Simulation::build_for(engine, folder, trace, effort).map_err(|e| e.to_string())?;
    if !simulation.cached {
        copy_programs(&folder.join("sim"), &kept);
    }
    Ok(simulation)
}

/// A hash of all that is compiled: every source of the design, and the testbench.
fn sources(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = ["rtl", "sim"]
        .iter()
        .flat_map(|below| fs::read_dir(folder.join(below)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "sv" || e == "svh"))
        .collect();
    files.sort();
    let texts: Vec<u8> = files.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    sha256(&texts)
}

/// Copies programs, and the marks that they are whole, but not the C++ that they were made from.
fn copy_programs(from: &Path, to: &Path) {
    let Ok(builds) = fs::read_dir(from) else { return };
    for build in builds.flatten().filter(|b| b.path().join("built").exists()) {
        let place = to.join(build.file_name());
        if place.exists() {
            continue;
        }
        // Another process may be at it too: the first to rename wins.
        let part = to.join(format!(".{}.{}", build.file_name().to_string_lossy(), std::process::id()));
        fs::create_dir_all(&part).unwrap();
        for name in ["Vhvae_tb", "hvae_tb.vvp", "built"] {
            if build.path().join(name).exists() {
                fs::copy(build.path().join(name), part.join(name)).unwrap();
            }
        }
        if fs::rename(&part, &place).is_err() {
            let _ = fs::remove_dir_all(&part);
        }
    }
}
