//! One run of a tool: logged, watched, and not repeated when nothing has changed.
// Tools work on files, in the build folder.
#![allow(clippy::disallowed_methods)]

use crate::files::{sha256, write_whole};
use crate::tools::{RunError, Tool, ToolError, run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// A tool is missing or too old.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// What could not be read or written.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A tool failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The flow cannot be had for this design.
    #[error("{0}")]
    Request(String),
    /// What a tool wrote is not what it used to write.
    #[error("{path}: {problem}; the tool may have changed its format, see its log beside it")]
    Report {
        /// What the tool wrote.
        path: String,
        /// What is wrong in it.
        problem: String,
    },
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
    /// Written, all of them: below the build folder.
    pub outputs: Vec<String>,
}

impl Step<'_> {
    /// Runs the tool unless its last success was with the same inputs and what it wrote then is still as it was.
    /// Seconds it took then.
    pub fn run(&self, build: &Path, folder: &Path, progress: Progress) -> Result<f64, SynthError> {
        let key = self.key(build)?;
        let done = folder.join(format!("{}.done", self.name));
        let earlier = Done::read(&done)
            .filter(|d| d.key == key && self.hashes(build).ok().as_ref() == Some(&d.outputs));
        if let Some(earlier) = earlier {
            progress(&format!("{}: unchanged since its last run", self.name));
            return Ok(earlier.seconds);
        }
        // What is read back afterwards is what this run wrote.
        let outputs: Vec<PathBuf> = self.outputs.iter().map(|output| build.join(output)).collect();
        for stale in outputs.iter().chain([&done]) {
            match fs::remove_file(stale) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(SynthError::io(stale)(e)),
                _ => {}
            }
        }
        let started = Instant::now();
        let log = folder.join(format!("{}.log", self.name));
        self.watch(build, &log, progress)?;
        if let Some(missing) = outputs.iter().find(|output| fs::metadata(output).map_or(0, |o| o.len()) == 0)
        {
            return Err(SynthError::Report {
                path: missing.display().to_string(),
                problem: format!(
                    "expected what {} writes, found none though it ended well (log {})",
                    self.name,
                    log.display()
                ),
            });
        }
        let seconds = (10.0 * started.elapsed().as_secs_f64()).round() / 10.0;
        let text = serde_json::to_string(&Done { key, seconds, outputs: self.hashes(build)? })
            .expect("plain data")
            + "\n";
        write_whole(&done, text.as_bytes()).map_err(SynthError::io(&done))?;
        Ok(seconds)
    }

    fn key(&self, build: &Path) -> Result<String, SynthError> {
        let mut all = format!("{}\n{:?}\n", self.tool.version, self.arguments);
        for (file, hash) in hashes(build, &self.inputs)? {
            all += &format!("{file} {hash}\n");
        }
        Ok(sha256(all.as_bytes()))
    }

    fn hashes(&self, build: &Path) -> Result<BTreeMap<String, String>, SynthError> {
        hashes(build, &self.outputs)
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

/// What a step leaves when it has succeeded.
#[derive(Serialize, Deserialize)]
struct Done {
    /// Of its tool, its arguments and its inputs.
    key: String,
    seconds: f64,
    /// Hashes of what it wrote.
    outputs: BTreeMap<String, String>,
}

impl Done {
    fn read(path: &Path) -> Option<Done> {
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }
}

/// Whether `output` is there as the step `name` of the flow in `folder` wrote it.
pub(super) fn is_whole(build: &Path, folder: &Path, name: &str, output: &str) -> bool {
    let done = Done::read(&folder.join(format!("{name}.done")));
    done.is_some_and(|done| {
        hashes(build, done.outputs.keys()).is_ok_and(|now| now == done.outputs && now.contains_key(output))
    })
}

fn hashes<'a>(
    build: &Path,
    files: impl IntoIterator<Item = &'a String>,
) -> Result<BTreeMap<String, String>, SynthError> {
    let hash = |file: &String| {
        let path = build.join(file);
        Ok((file.clone(), sha256(&fs::read(&path).map_err(SynthError::io(&path))?)))
    };
    files.into_iter().map(hash).collect()
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
