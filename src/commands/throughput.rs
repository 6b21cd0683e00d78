//! How fast designs simulate, and how much of that time their tiles take.

use super::bench::Row;
use super::cosim::{generations, reconstruct};
use super::folder::read_build;
use super::{Failure, progress};
use hvae_mnn::build::Build;
use hvae_mnn::cosim::{Cosim, Effort, Engine, Profile, RunOptions, Simulation, stimulus};
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::pipeline::random_sentences;
use std::path::{Path, PathBuf};

/// Times a design is simulated; the median is given.
const REPEATS: usize = 3;

/// Four figures a design; each is compared with that of the first.
pub fn rows(folders: &[PathBuf], jobs: usize) -> Result<Vec<Row>, Failure> {
    let mut all: Vec<Row> = Vec::new();
    for folder in folders {
        let measured = measure(folder, jobs)?;
        for (i, (figure, value, unit)) in measured.into_iter().enumerate() {
            let first = all.get(i).filter(|_| folder != &folders[0]);
            all.push(Row {
                name: format!("{}: {figure}", folder.display()),
                value,
                unit,
                threads: 1,
                ratio: first.map(|r| value / r.value),
                ratio_to: first.map(|r| r.name.clone()),
            });
        }
    }
    Ok(all)
}

fn measure(folder: &Path, count: usize) -> Result<[(&'static str, f64, &'static str); 4], Failure> {
    let build = read_build(folder)?;
    let jobs = jobs(&build, count)?;
    let spin = progress::spinner(format!("compiling and simulating {}", folder.display()));
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
    spin.finish_and_clear();
    Ok([
        ("tiles", build.net.tiles() as f64, "tiles"),
        ("simulated cycles", median.cycles as f64 / median.simulation_seconds, "cycles/s"),
        ("simulated tokens", median.tokens as f64 / median.simulation_seconds, "tokens/s"),
        ("time inside the tiles", 100.0 * profile.in_tiles(), "%"),
    ])
}

/// On a build of its own, in which modules can be told apart.
fn profile(folder: &Path, stimulus: &str, jobs: usize) -> Result<Profile, Failure> {
    let simulation = Simulation::build_for(Engine::Verilator, folder, false, Effort::Profile)?;
    Ok(simulation.profile(stimulus, jobs)?)
}

fn jobs(build: &Build, count: usize) -> Result<Vec<Job>, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let sentences = random_sentences(config.model.vocabulary, count.div_ceil(2), 1);
    let read = sentences.iter().map(|s| reconstruct(&s[..s.len().min(limit)], limit));
    let written = generations(count / 2, 1.0, 1, limit)?;
    Ok(read.chain(written).collect())
}
