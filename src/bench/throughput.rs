//! How fast designs simulate, and how much of that time their tiles take.

use super::Row;
use crate::build::Build;
use crate::cosim::{Cosim, Effort, Engine, Profile, RunOptions, SimError, Simulation, stimulus};
use crate::failure::Failure;
use crate::golden::{Golden, Job};
use crate::pipeline::random_sentences;
use crate::sample::{generations, reconstruct};
use std::path::Path;

/// Times a design is simulated; the median is given.
const REPEATS: usize = 3;

/// Four figures of the design in the build folder `folder`, on `count` jobs; each beside the one at its place in `first`,
/// the figures of another design.
///
/// # Errors
///
/// The simulator failed, or hardware and golden model differ.
pub fn simulation(folder: &Path, build: &Build, count: usize, first: &[Row]) -> Result<Vec<Row>, Failure> {
    let rows = measure(folder, build, count)?.into_iter().enumerate().map(|(i, (figure, value, unit))| {
        let row = Row::new(format!("{}: {figure}", folder.display()), value, unit, 1);
        first.get(i).map_or(row.clone(), |first| row.beside(first))
    });
    Ok(rows.collect())
}

fn measure(
    folder: &Path,
    build: &Build,
    count: usize,
) -> Result<[(&'static str, f64, &'static str); 4], Failure> {
    let jobs = jobs(build, count)?;
    let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
    let simulation = Simulation::build_for(Engine::Verilator, folder, false, Effort::Run)?;
    let cosim = Cosim { design: &build.file.design, golden: &golden, simulation: &simulation, processes: 1 };
    let mut reports = Vec::new();
    for _ in 0..REPEATS {
        let report = cosim.run(&jobs, &RunOptions::default(), &|_| {})?;
        if let Some(first) = report.first_difference {
            return Err(Failure::check(format!(
                "{}: hardware and golden model differ first at {first}; nothing to time",
                folder.display()
            )));
        }
        reports.push(report);
    }
    reports.sort_by(|a, b| a.simulation_seconds.total_cmp(&b.simulation_seconds));
    let median = &reports[REPEATS / 2];
    let profile = profile(folder, &stimulus(&jobs, &golden.shape), jobs.len())?;
    Ok([
        ("tiles", build.net.tiles() as f64, "tiles"),
        ("simulated cycles", median.cycles as f64 / median.simulation_seconds, "cycles/s"),
        ("simulated tokens", median.tokens as f64 / median.simulation_seconds, "tokens/s"),
        ("time inside the tiles", 100.0 * profile.in_tiles(), "%"),
    ])
}

/// On a build of its own, in which modules can be told apart.
fn profile(folder: &Path, stimulus: &str, jobs: usize) -> Result<Profile, SimError> {
    let simulation = Simulation::build_for(Engine::Verilator, folder, false, Effort::Profile)?;
    simulation.profile(stimulus, jobs)
}

fn jobs(build: &Build, count: usize) -> Result<Vec<Job>, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let sentences = random_sentences(config.model.vocabulary, count.div_ceil(2), 1);
    let read = sentences.iter().map(|s| reconstruct(&s[..s.len().min(limit)], limit));
    let written = generations(count / 2, 1.0, 1, limit)?;
    Ok(read.chain(written).collect())
}
