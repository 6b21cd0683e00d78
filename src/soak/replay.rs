//! What shows a difference again: its jobs in a file, and the command that reads them.

use crate::build::Build;
use crate::cosim::{Difference, RunOptions};
use crate::failure::Failure;
use crate::files::write_file;
use crate::golden::{Golden, Job};
use std::path::Path;

/// Writes it beside the design; the command.
pub(super) fn keep(
    folder: &Path,
    jobs: &[Job],
    options: &RunOptions,
    first: &Difference,
) -> Result<String, Failure> {
    let file = folder.join("replay.json");
    let text = serde_json::to_string(jobs).expect("jobs are plain data");
    write_file(&file, text.as_bytes())?;
    let reset = options.reset_at.map_or_else(String::new, |at| format!(" --reset-at {at}"));
    let command = format!(
        "hvae cosim {} --replay {} --stalls {}{reset}",
        folder.display(),
        file.display(),
        options.stalls
    );
    write_file(&folder.join("replay.txt"), format!("{command}\n{first}\n").as_bytes())?;
    Ok(command)
}

/// The jobs that a soak kept in `text`; `file` is how messages call it.
///
/// # Errors
///
/// There are none in it, or some that the design of `build` cannot take.
pub fn replayed(file: &str, text: &str, build: &Build) -> Result<Vec<Job>, Failure> {
    let wrong =
        |what: String| Failure::input(format!("{file}: expected jobs that a soak kept, found {what}"));
    let shape = Golden::tiled(&build.net, &build.file.design.config.accelerator).shape;
    Job::kept(text, &shape).map_err(wrong)
}
