//! Small designs and jobs at random, for hours; every bit against the golden model.
// A soak writes its log, and the designs that failed.
#![allow(clippy::disallowed_methods)]

mod log;
mod replay;

pub use log::Row;
pub use replay::replayed;

use crate::build::{DESIGN, read_build, simulate, write_build};
use crate::cosim::{Difference, Effort, Engine, RunOptions, Simulation};
use crate::failure::Failure;
use crate::files::{OutputFolder, interrupt};
use crate::model::Random;
use crate::pipeline::{golden, varied_design, varied_jobs};
use log::Log;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Jobs of a run: enough that its start counts for nothing.
const JOBS_A_RUN: usize = 500;
/// A design is run for as long as its compilation took, several times over, and not for ever.
const TIMES_THE_COMPILATION: u32 = 4;
const LONGEST: Duration = Duration::from_secs(1800);
/// Designs that failed, after which nobody wants to see more.
const MOST_FAILURES: u64 = 5;

/// What is to be done.
pub struct Soak {
    /// How long; of the clock on the wall.
    pub hours: f64,
    /// The folder of the log, and of designs that failed.
    pub out: PathBuf,
    /// Of designs and jobs.
    pub seed: u64,
}

/// What a soak tells while it goes on.
#[derive(Debug)]
pub enum Told<'a> {
    /// A design is done.
    Done(&'a Row),
    /// Hardware and golden model differ; the command shows it again.
    Differs(&'a Difference, &'a str),
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Told::Done(row) => row.fmt(f),
            Told::Differs(first, command) => write!(f, "differs first at {first}\n  again: {command}"),
        }
    }
}

/// Hears what a soak tells, and may end it.
pub type Listener<'a> = &'a mut dyn FnMut(Told) -> Result<(), Failure>;

/// What all designs of a log showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Where the log is.
    pub log: PathBuf,
    /// That are done.
    pub designs: u64,
    /// Of all designs.
    pub runs: u64,
    /// Of all runs.
    pub jobs: u64,
    /// That hardware worked.
    pub cycles: u64,
    /// That were compared.
    pub bits: u64,
    /// That differed.
    pub mismatches: u64,
    /// Designs with mismatches; each is kept beside the log.
    pub failures: u64,
}

impl Soak {
    /// Goes on where the log ends, until the time is over, enough designs failed, or somebody
    /// [asks](crate::files::interrupt::asked) it to end.
    ///
    /// # Errors
    ///
    /// The disk, the simulator, a log of something else, or the listener. That a design failed is none.
    pub fn run(&self, told: Listener) -> Result<Totals, Failure> {
        fs::create_dir_all(&self.out).map_err(|e| Failure::io(&self.out, e))?;
        let mut log = Log::open(&self.out.join("soak.jsonl"), self.seed)?;
        interrupt::gently();
        let end = Instant::now() + Duration::from_secs_f64(self.hours * 3600.0);
        while Instant::now() < end && !interrupt::asked() && log.totals().failures < MOST_FAILURES {
            let Some(row) = self.design(log.designs(), end, told)? else { break };
            told(Told::Done(&row))?;
            log.add(row)?;
        }
        Ok(log.totals())
    }

    /// `None`: interrupted before a run of it ended.
    fn design(&self, number: u64, end: Instant, told: Listener) -> Result<Option<Row>, Failure> {
        let started = Instant::now();
        let interrupted = || {
            // The simulator, which got the signal as well, may be gone before it is handled here.
            std::thread::sleep(Duration::from_millis(300));
            interrupt::asked()
        };
        let (config, net) = varied_design(self.seed, number);
        let folder = self.out.join(format!("design-{number}"));
        write_build(OutputFolder::begin(&folder, DESIGN)?, &net, &config, None, &|_| {})?;
        // What a replay reads.
        let build = read_build(&folder)?;
        let simulation = match Simulation::build_for(Engine::Verilator, &folder, false, Effort::Run) {
            Err(_) if interrupted() => return remove(&folder).map(|()| None),
            made => made?,
        };
        let mut row = Row::begin(number, &config, &build.file.design.id);
        let shape = golden(&build.net, &config).shape;
        let compiled = Instant::now();
        let long = ((compiled - started) * TIMES_THE_COMPILATION).min(LONGEST);
        while row.runs == 0 || (compiled.elapsed() < long && Instant::now() < end) {
            let mut random = Random::keyed(&[self.seed, number, row.runs, 1]);
            let jobs = varied_jobs(&shape, JOBS_A_RUN, &mut random);
            let options = RunOptions {
                stalls: if random.below(3) == 0 { 0 } else { 1 + random.below(1 << 30) as u32 },
                reset_at: (random.below(4) == 0).then(|| 1 + random.below(1500) as u32),
                ..RunOptions::default()
            };
            let report = match simulate(&build, &simulation, &jobs, &options, &|_| {}) {
                Err(_) if interrupted() => break,
                run => run?,
            };
            row.add(&report);
            if let Some(first) = &report.first_difference {
                let command = replay::keep(&folder, &jobs, &options, first)?;
                told(Told::Differs(first, &command))?;
                break;
            }
            if interrupt::asked() {
                break;
            }
        }
        row.seconds = started.elapsed().as_secs_f64();
        if row.mismatches == 0 {
            remove(&folder)?;
        }
        Ok((row.runs > 0).then_some(row))
    }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    fs::remove_dir_all(folder).map_err(|e| Failure::io(folder, e))
}
