//! A folder that one process at a time writes into.

use super::{Lock, LockError, interrupt};
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the lock in a folder that is added to, file by file.
pub const LOCK: &str = ".hvae-lock";

/// A folder that is added to: made where it is not there, and nobody else's meanwhile.
pub struct Claim {
    lock: PathBuf,
    // In this order: the lock's file goes before the folder it lies in.
    _claim: Lock,
    _made: MadeFolders,
}

impl Claim {
    /// Claims `folder`, which is made where it is not there.
    ///
    /// # Errors
    ///
    /// Somebody else has it, or it cannot be made.
    pub fn of(folder: &Path) -> Result<Claim, Failure> {
        let made = MadeFolders::make(folder)?;
        let lock = folder.join(LOCK);
        let claim = Lock::take(&lock).map_err(|e| held(folder, &lock, e))?;
        interrupt::begin(&lock);
        Ok(Claim { lock, _claim: claim, _made: made })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        interrupt::end(&self.lock);
    }
}

/// Why `folder` cannot be claimed by the lock at `path`.
pub(super) fn held(folder: &Path, path: &Path, error: LockError) -> Failure {
    let place = folder.display();
    match error {
        LockError::Held(_) => {
            Failure::input(format!("{place}: {error}; wait for it, or choose another path"))
        }
        LockError::Foreign => Failure::input(format!("{}: {error}; move it away", path.display())),
        LockError::Io(error) => Failure::io(folder, error),
    }
}

/// Folders that were made for an output. Those that are still empty at the end go again.
pub(super) struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    /// Makes `folder` and what it lies in.
    pub fn make(folder: &Path) -> Result<MadeFolders, Failure> {
        if let Some(file) = folder.ancestors().find(|f| f.exists()).filter(|f| !f.is_dir()) {
            let place = file.display();
            return Err(Failure::input(format!(
                "{place}: expected a folder, found a file; choose another path"
            )));
        }
        let missing = folder.ancestors().take_while(|f| !f.as_os_str().is_empty() && !f.exists());
        let made = MadeFolders(missing.map(Path::to_path_buf).collect());
        fs::create_dir_all(folder).map_err(|e| Failure::io(folder, e))?;
        Ok(made)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            let _ = fs::remove_dir(folder);
        }
    }
}
