//! One run of a program: its words in a log, and no process of it outlives this one.
// Starts programs, and their words are files.
#![allow(clippy::disallowed_methods)]

use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Why a program did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
    /// It ended with an error.
    #[error("{tool} failed ({status}); its last words:\n{tail}\n  whole log: {log}")]
    Failed {
        /// The tool.
        tool: String,
        /// How it ended.
        status: String,
        /// The last that it said.
        tail: String,
        /// The file with all that it said.
        log: String,
    },
    /// It was ended.
    #[error("{tool} was ended: {why}\n  its words until then: {log}")]
    Ended {
        /// The tool.
        tool: String,
        /// Why.
        why: String,
        /// The file with all that it said.
        log: String,
    },
}

impl RunError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> RunError + '_ {
        move |source| RunError::Io { path: path.display().to_string(), source }
    }
}

/// Runs `command`, called `tool` in messages, with its output in `log`. While it runs, `watch` is asked again
/// and again, at most four times a second; a reason it gives ends the program.
///
/// What the program starts ends with it, and all of it ends when this process does, however that ends.
///
/// # Errors
///
/// It cannot be started, failed, or was ended by `watch`.
pub fn run(
    command: &mut Command,
    tool: &str,
    log: &Path,
    watch: &mut dyn FnMut() -> ControlFlow<String>,
) -> Result<(), RunError> {
    let file = fs::File::create(log).map_err(RunError::io(log))?;
    let copy = file.try_clone().map_err(RunError::io(log))?;
    let program = Path::new(command.get_program()).to_path_buf();
    let group = Group::begin().map_err(RunError::io(Path::new("sh")))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(copy)
        .process_group(group.id())
        .spawn()
        .map_err(RunError::io(&program))?;
    match wait(&mut child, &group, watch).map_err(RunError::io(&program))? {
        ControlFlow::Continue(status) if status.success() => Ok(()),
        ControlFlow::Continue(status) => Err(RunError::Failed {
            tool: tool.into(),
            status: status.to_string(),
            tail: last_words(log),
            log: log.display().to_string(),
        }),
        ControlFlow::Break(why) => {
            Err(RunError::Ended { tool: tool.into(), why, log: log.display().to_string() })
        }
    }
}

fn wait(
    child: &mut Child,
    group: &Group,
    watch: &mut dyn FnMut() -> ControlFlow<String>,
) -> io::Result<ControlFlow<String, ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ControlFlow::Continue(status));
        }
        if let ControlFlow::Break(why) = watch() {
            group.kill();
            child.wait()?;
            return Ok(ControlFlow::Break(why));
        }
        // Often at first: what is over at once is not waited for.
        sleep((started.elapsed() / 16).clamp(Duration::from_millis(1), Duration::from_millis(250)));
    }
}

/// A group of processes that ends with this one. Its first process is a shell that waits for our end of a pipe to
/// close, which the system does for us even after `kill -9`, and then ends the group, itself included.
struct Group(Child);

impl Group {
    fn begin() -> io::Result<Group> {
        let guard = Command::new("sh")
            .args(["-c", "read x; kill -KILL 0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Group(guard))
    }

    fn id(&self) -> i32 {
        self.0.id() as i32
    }

    fn kill(&self) {
        // The guard is waited for by `drop` only, so the number is still that of this group.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

/// What the tool calls an error, or else the end of what it said.
fn last_words(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|l| l.contains("ERROR")).collect();
    let last = if errors.is_empty() { &lines[lines.len().saturating_sub(15)..] } else { &errors[..] };
    last.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn words_and_status_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut go_on = || ControlFlow::Continue(());
        run(&mut shell("echo out; echo err >&2"), "sh", &log, &mut go_on).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap(), "out\nerr\n");
        let failed = run(&mut shell("echo here; exit 7"), "sh", &log, &mut go_on).unwrap_err().to_string();
        assert!(failed.starts_with("sh failed (exit status: 7); its last words:\nhere\n"), "{failed}");
        let missing = run(&mut Command::new("/none"), "none", &log, &mut go_on).unwrap_err().to_string();
        assert!(missing.starts_with("/none: No such file"), "{missing}");
    }

    /// What a program started goes with it: a process that was left behind would write after its time.
    #[test]
    fn nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (log, late) = (folder.path().join("log"), folder.path().join("late"));
        let script = format!("(sleep 1; echo late >'{}') & echo begun; exec sleep 600", late.display());
        let mut asked = 0;
        let mut enough = || {
            asked += 1;
            let begun = fs::read(&log).is_ok_and(|words| words == b"begun\n");
            if begun { ControlFlow::Break("it said enough".to_string()) } else { ControlFlow::Continue(()) }
        };
        let ended = run(&mut shell(&script), "sh", &log, &mut enough).unwrap_err().to_string();
        assert!(ended.starts_with("sh was ended: it said enough\n"), "{ended}");
        // Also after a good end.
        let script = format!("(sleep 1; echo late >'{}') & true", late.display());
        run(&mut shell(&script), "sh", &log, &mut || ControlFlow::Continue(())).unwrap();
        sleep(Duration::from_millis(1500));
        assert!(!late.exists());
    }
}
