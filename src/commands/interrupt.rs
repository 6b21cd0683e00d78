//! Ctrl-C: what is half written goes, what was there before stays.

use super::out::remark;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Exit status of a program that was interrupted, as shells count it: 128 + SIGINT.
const STATUS: i32 = 130;

/// Outputs that are being written, beside their final places.
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// An output was put in its place.
static REPLACED: AtomicBool = AtomicBool::new(false);
/// A command that comes to its end by itself is running.
static GENTLE: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// From here on the first interrupt only makes [`asked`] true.
pub fn gently() {
    GENTLE.store(true, Ordering::SeqCst);
}

/// Whether the command is to come to its end.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Held while an output is put in its place, so that an interrupt waits for it.
pub fn partial() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `path` is to be removed should the program be interrupted.
pub fn begin(path: &Path) {
    partial().push(path.into());
}

/// `path` is in its place, or gone.
pub fn end(path: &Path) {
    partial().retain(|p| p != path);
}

/// An output is in its place: an interrupt no longer leaves everything as it was.
pub fn replaced() {
    REPLACED.store(true, Ordering::Relaxed);
}

/// From here on Ctrl-C, SIGTERM and SIGHUP end the program cleanly. Programs that it runs end with it
/// (`hvae_mnn::tools::run`).
pub fn install() -> io::Result<()> {
    let handler = || {
        if GENTLE.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
            return;
        }
        // Held until the end: who writes would make the folder again.
        let left = partial();
        for path in left.iter() {
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
        let done = if REPLACED.load(Ordering::Relaxed) { "" } else { "; no output was replaced" };
        remark!(
            "\nhvae: interrupted{done}. The same command begins again; train, synth and study go on where they were"
        );
        std::process::exit(STATUS);
    };
    ctrlc::set_handler(handler).map_err(|error| match error {
        ctrlc::Error::System(error) => error,
        other => io::Error::other(other),
    })
}
