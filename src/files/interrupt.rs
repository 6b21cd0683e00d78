//! What is half written, so that a program that is told to end can take it away.
//!
//! The library installs no handler of signals. A program that has one calls [`remove_unfinished`] in it before it
//! ends; one that has none leaves what `hvae` clears away the next time it writes there.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Outputs that are being written, beside their final places.
static PARTIAL: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// An output was put in its place.
static REPLACED: AtomicBool = AtomicBool::new(false);
/// Work that comes to its end by itself is going on.
static GENTLE: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// From here on the first interrupt only makes [`asked`] true.
pub fn gently() {
    GENTLE.store(true, Ordering::SeqCst);
}

/// Whether the work is to come to its end.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Tells of an interrupt. True: what goes on was asked to end by itself, and the program is to go on until then.
pub fn ends_by_itself() -> bool {
    GENTLE.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst)
}

/// Held while an output is put in its place, so that an interrupt waits for it.
pub(super) fn partial() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `path` is to be removed should the program be interrupted.
pub(super) fn begin(path: &Path) {
    partial().push(path.into());
}

/// `path` is in its place, or gone.
pub(super) fn end(path: &Path) {
    partial().retain(|p| p != path);
}

/// An output is in its place: an interrupt no longer leaves everything as it was.
pub(super) fn replaced() {
    REPLACED.store(true, Ordering::Relaxed);
}

/// What [`remove_unfinished`] found. As long as it is held, nothing is written or put in its place: who wrote would
/// make the folder again.
pub struct Removed {
    _held: MutexGuard<'static, Vec<PathBuf>>,
    /// An output had been put in its place before.
    pub replaced: bool,
}

/// Removes what is half written.
pub fn remove_unfinished() -> Removed {
    let left = partial();
    for path in left.iter() {
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
    Removed { _held: left, replaced: REPLACED.load(Ordering::Relaxed) }
}
