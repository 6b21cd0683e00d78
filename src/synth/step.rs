//! One run of a tool: logged, watched, and not repeated when nothing has changed.
// Tools work on files, in the build folder.
#![allow(clippy::disallowed_methods)]

use crate::rom::sha256;
use crate::tools::{RunError, Tool, ToolError, run};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Hears what a step is doing: its name, then the pass that its tool is in.
pub type Progress<'a> = &'a dyn Fn(&str);

/// Why a flow has no result.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("{path}: {source}")]
    Io { path: String, source: io::Error },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{0}")]
    Request(String),
    #[error("{path}: {problem}; the tool may have changed its format, see its log beside it")]
    Report { path: String, problem: String },
}

impl SynthError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> SynthError + '_ {
        move |source| SynthError::Io { path: path.display().to_string(), source }
    }
}

/// A tool to be run in the build folder.
pub(super) struct Step<'a> {
    pub name: &'a str,
    pub tool: &'a Tool,
    pub arguments: Vec<String>,
    /// Read: below the build folder.
    pub inputs: Vec<String>,
    /// Written: below the build folder.
    pub output: String,
}

impl Step<'_> {
    /// Runs the tool unless its last success was with the same inputs. Seconds it took then.
    pub fn run(&self, build: &Path, folder: &Path, progress: Progress) -> Result<f64, SynthError> {
        let key = self.key(build)?;
        let done = folder.join(format!("{}.done", self.name));
        let output = build.join(&self.output);
        if let Some(seconds) = earlier(&done, &key).filter(|_| output.exists()) {
            progress(&format!("{}: unchanged since its last run", self.name));
            return Ok(seconds);
        }
        // A half-written output must not look like a whole one.
        for stale in [&done, &output] {
            match fs::remove_file(stale) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(SynthError::io(stale)(e)),
                _ => {}
            }
        }
        let started = Instant::now();
        self.watch(build, &folder.join(format!("{}.log", self.name)), progress)?;
        let seconds = started.elapsed().as_secs_f64();
        fs::write(&done, format!("{key} {seconds:.1}\n")).map_err(SynthError::io(&done))?;
        Ok(seconds)
    }

    fn key(&self, build: &Path) -> Result<String, SynthError> {
        let mut all = format!("{}\n{:?}\n", self.tool.version, self.arguments);
        for file in &self.inputs {
            let path = build.join(file);
            all += &format!("{file} {}\n", sha256(&fs::read(&path).map_err(SynthError::io(&path))?));
        }
        Ok(sha256(all.as_bytes()))
    }

    fn watch(&self, build: &Path, log: &Path, progress: Progress) -> Result<(), SynthError> {
        let mut command = Command::new(&self.tool.path);
        command.args(&self.arguments).current_dir(build);
        let name = self.tool.path.display().to_string();
        let mut said = || {
            progress(&format!("{}: {}", self.name, pass(log)));
            ControlFlow::Continue(())
        };
        Ok(run(&mut command, &name, log, &mut said)?)
    }
}

/// Seconds of an earlier run with this key.
fn earlier(done: &Path, key: &str) -> Option<f64> {
    let text = fs::read_to_string(done).ok()?;
    let (found, seconds) = text.trim().split_once(' ')?;
    if found == key { seconds.parse().ok() } else { None }
}

/// What the tool last said it was doing.
fn pass(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(1 << 16)..]).into_owned();
    let said = |line: &&str| line.contains("Executing ") || line.starts_with("Info: ");
    tail.lines().rev().find(said).map_or_else(String::new, |l| l.trim().chars().take(70).collect())
}

/// A file below the build folder.
pub(super) fn below(folder: &str, file: &str) -> String {
    PathBuf::from(folder).join(file).display().to_string()
}
