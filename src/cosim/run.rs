//! One run of a compiled testbench: its files are its own, and so is what it wrote.
// Simulators work on files, in the build folder.
#![allow(clippy::disallowed_methods)]

use super::error::SimError;
use super::log::{self, Observed};
use super::seal::Seal;
use super::simulator::{Engine, Simulation, claim, relative};
use crate::files::{remove_left, share, unique_folder};
use crate::tools::run;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Under which stalls, with which waveform, and how long at most without a sign of life.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Pattern of the stalls of both streams; 0: none.
    pub stalls: u32,
    /// Every job is broken off by a reset so many cycles after its begin, and begun again.
    pub reset_at: Option<u32>,
    /// The window of a waveform that is kept.
    pub trace: Option<Trace>,
    /// Further arguments of the simulation, `+name` or `+name=value`.
    pub plusargs: Vec<String>,
    /// A simulator that has written nothing for so long is ended; `None`: never.
    pub patience: Option<Duration>,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { stalls: 0, reset_at: None, trace: None, plusargs: Vec::new(), patience: Some(PATIENCE) }
    }
}

/// The largest designs simulate some hundred cycles a second, and write every few of them.
pub const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// A window of the waveform.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Where it goes.
    pub file: PathBuf,
    /// Simulation cycles, from reset.
    pub from: u64,
    /// The last of these cycles.
    pub to: u64,
}

/// A folder of one run. It stays for a look when the run has ended, until the next one.
pub(super) struct RunFolder {
    pub path: PathBuf,
    // Nobody removes it meanwhile.
    _used: File,
}

impl RunFolder {
    fn begin(home: &Path) -> Result<RunFolder, SimError> {
        let io = SimError::io(home);
        let _claim = claim(home)?;
        let entries = fs::read_dir(home).into_iter().flatten().flatten();
        remove_left(
            entries.filter(|e| e.file_name().to_string_lossy().starts_with("run-")).map(|e| e.path()),
        );
        let path = unique_folder(home, "run-");
        let begun = path.and_then(|path| Ok(RunFolder { _used: share(&path)?, path }));
        begun.map_err(io)
    }
}

impl Simulation {
    /// Runs `jobs` jobs of the stimulus; what the testbench saw of each.
    ///
    /// # Errors
    ///
    /// The simulator failed, fell silent, or left no log.
    pub fn run(&self, stimulus: &str, jobs: usize, options: &RunOptions) -> Result<Vec<Observed>, SimError> {
        Ok(self.run_in_folder(stimulus, jobs, options)?.1)
    }

    /// The same, with the folder of the run.
    pub(super) fn run_in_folder(
        &self,
        stimulus: &str,
        jobs: usize,
        options: &RunOptions,
    ) -> Result<(RunFolder, Vec<Observed>), SimError> {
        let folder = RunFolder::begin(self.program.parent().expect("a program lies in a folder"))?;
        let file = |name: &str| folder.path.join(name);
        let (input, log, seal) = (file("stimulus.hex"), file("log"), Seal::new());
        fs::write(&input, stimulus).map_err(SimError::io(&input))?;
        let mut command = self.command(options.trace.is_some())?;
        let argument = |name: &str, path: &Path| format!("+{name}={}", relative(&self.build, path).display());
        command
            .args([argument("stimulus", &input), argument("log", &log), seal.argument()])
            .arg(format!("+jobs={jobs}"))
            .arg(format!("+stalls={}", options.stalls))
            .arg(format!("+reset_at={}", options.reset_at.unwrap_or(0)))
            .args(&options.plusargs)
            // Where a program that samples its time writes; the others take no notice.
            .env("GMON_OUT_PREFIX", relative(&self.build, &file("gmon")))
            .current_dir(&self.build);
        if let Some(trace) = &options.trace {
            trace.prepare(&mut command)?;
        }
        let mut watch = signs_of_life(&log, options.patience);
        run(&mut command, self.engine.name(), &file("words"), &mut watch)?;
        if let Some(trace) = &options.trace {
            trace.check()?;
        }
        let text = fs::read_to_string(&log).map_err(|source| SimError::NoLog {
            path: log.display().to_string(),
            source,
            words: file("words").display().to_string(),
        })?;
        let place = || log.display().to_string();
        let records = seal.open(&text).map_err(|source| SimError::Seal { path: place(), source })?;
        let (observed, _) = log::parse(records).map_err(|source| SimError::Log { path: place(), source })?;
        Ok((folder, observed))
    }

    fn command(&self, trace: bool) -> Result<Command, SimError> {
        let program = self.program.canonicalize().map_err(SimError::io(&self.program))?;
        let Some(vvp) = &self.interpreter else { return Ok(Command::new(program)) };
        let mut command = Command::new(vvp);
        command.arg("-n").arg(program);
        if trace {
            command.arg("-fst");
        }
        Ok(command)
    }
}

impl Engine {
    pub(super) fn name(self) -> &'static str {
        match self {
            Engine::Verilator => "verilator",
            Engine::Icarus => "icarus",
        }
    }
}

impl Trace {
    /// A waveform that lies there from before must not be taken for this one.
    fn prepare(&self, command: &mut Command) -> Result<(), SimError> {
        let io = SimError::io(&self.file);
        let file = std::path::absolute(&self.file).and_then(|file| {
            if file.is_file() {
                fs::remove_file(&file)?;
            }
            Ok(file)
        });
        command.arg(format!("+trace={}", file.map_err(io)?.display()));
        command.arg(format!("+trace_from={}", self.from)).arg(format!("+trace_to={}", self.to));
        Ok(())
    }

    fn check(&self) -> Result<(), SimError> {
        if self.file.exists() {
            return Ok(());
        }
        Err(SimError::NoTrace { path: self.file.display().to_string(), from: self.from })
    }
}

/// Ends a simulator whose log has not grown for as long as `patience`.
fn signs_of_life(log: &Path, patience: Option<Duration>) -> impl FnMut() -> ControlFlow<String> {
    let (mut seen, mut since) = (0, Instant::now());
    move || {
        let size = fs::metadata(log).map_or(0, |log| log.len());
        if size != seen {
            (seen, since) = (size, Instant::now());
        }
        match patience {
            Some(limit) if since.elapsed() > limit => ControlFlow::Break(format!(
                "it wrote nothing for {} s; a job that never ends, or a very slow simulation: see --patience",
                limit.as_secs()
            )),
            _ => ControlFlow::Continue(()),
        }
    }
}
