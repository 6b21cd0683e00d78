//! The design of a build folder on a simulator, and through the flows of synthesis.

use super::Build;
use crate::budget::Part;
use crate::cosim::{Cosim, CosimReport, RunOptions, SimError, Simulation};
use crate::emit::top_of;
use crate::golden::{Golden, Job};
use crate::synth::{Flow, SynthError, SynthReport, Synthesis};
use std::path::Path;

/// Hears the number of every job that has ended.
pub type Observer<'a> = &'a (dyn Fn(usize) + Sync);

/// Runs `jobs` on a compiled simulation of the design, and on the golden model beside it: one process a core, or one
/// where a waveform is written.
///
/// # Errors
///
/// The simulator failed. That hardware and golden model differ is none: the report says so.
pub fn simulate(
    build: &Build,
    simulation: &Simulation,
    jobs: &[Job],
    options: &RunOptions,
    ended: Observer,
) -> Result<CosimReport, SimError> {
    let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let processes = if options.trace.is_some() { 1 } else { cores() };
    Cosim { design: &build.file.design, golden: &golden, simulation, processes }.run(jobs, options, ended)
}

/// Runs one flow on the build folder `folder`, as far as it is not done yet. Without a `part`: that of `[target]`, if
/// it is one of this flow, else the largest that the flow knows.
///
/// # Errors
///
/// A tool is missing or failed, or the flow cannot be had for this design.
pub fn synthesise(
    folder: &Path,
    build: &Build,
    flow: Flow,
    (part, liberty): (Option<&str>, Option<&Path>),
    progress: &dyn Fn(&str),
) -> Result<SynthReport, SynthError> {
    let design = &build.file.design;
    let config = &design.config;
    let files = |folder: &str, end: &str| -> Vec<String> {
        design.files.keys().filter(|p| p.starts_with(folder) && p.ends_with(end)).cloned().collect()
    };
    // A part of another flow in the configuration does not concern this one.
    let wanted = Part::find(config.target.part()).filter(|p| Some(p.family) == flow.family());
    // Its top is there unless somebody else emitted the design.
    let board = config.target.board().map(top_of);
    let board = board.filter(|top| design.files.contains_key(&format!("rtl/{top}.sv")));
    let synthesis = Synthesis {
        build: folder,
        sources: files("rtl/", ".sv"),
        images: files("rom/", ".hex"),
        board: board.as_deref(),
        clock_mhz: config.accelerator.clock_mhz,
        part: part.or(wanted.map(|p| p.name)),
        liberty,
    };
    synthesis.run(flow, progress)
}
