//! Folders and files that appear whole or not at all.

use super::{Failure, interrupt};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder being written beside its final place.
pub struct OutputFolder {
    target: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl OutputFolder {
    /// Begins a folder that will replace `target`. An existing `target` is replaced
    /// only when it is empty or holds `marker`, a file that every output of this kind has.
    pub fn begin(target: &Path, marker: &str) -> Result<OutputFolder, Failure> {
        if target.exists() {
            let place = target.display();
            if !target.is_dir() {
                return Err(Failure::input(format!(
                    "--out {place}: expected a folder, found a file; choose another path"
                )));
            }
            let mut entries = fs::read_dir(target).map_err(|e| Failure::io(target, e))?;
            if entries.next().is_some() && !target.join(marker).exists() {
                return Err(Failure::input(format!(
                    "--out {place}: expected an empty folder or an earlier output (with {marker}), found other files; choose another path"
                )));
            }
        }
        let name = target.file_name().map_or_else(|| "out".into(), |n| n.to_string_lossy().into_owned());
        let partial = target.with_file_name(format!(".{name}.partial"));
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(|e| Failure::io(&partial, e))?;
        }
        interrupt::begin(&partial);
        fs::create_dir_all(&partial).map_err(|e| Failure::io(&partial, e))?;
        Ok(OutputFolder { target: target.into(), partial, finished: false })
    }

    /// Where the folder lies until it is finished.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Writes one file, by its path below the folder.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        // An interrupt removes the folder: not while a file is added to it.
        let _interruptible = interrupt::partial();
        let path = self.partial.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        let mut file = io::BufWriter::new(fs::File::create(path)?);
        file.write_all(bytes)?;
        file.flush()
    }

    /// [`write`](Self::write) with a message that names the file.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.write(path, bytes).map_err(|e| Failure::io(&self.target.join(path), e))
    }

    /// Puts the whole folder in its place. Simulations compiled for an earlier
    /// output of the same place are kept: they are found by content.
    pub fn finish(mut self) -> Result<(), Failure> {
        let kept = "sim";
        if let Ok(entries) = fs::read_dir(self.target.join(kept)) {
            for entry in entries.flatten().filter(|e| e.path().is_dir()) {
                let to = self.partial.join(kept).join(entry.file_name());
                fs::create_dir_all(self.partial.join(kept)).map_err(|e| Failure::io(&self.partial, e))?;
                fs::rename(entry.path(), &to).map_err(|e| Failure::io(&to, e))?;
            }
        }
        self.replace().map_err(|e| Failure::io(&self.target, e))?;
        self.finished = true;
        Ok(())
    }

    /// Two renames, so that there is no moment without one whole folder, the old or the new.
    fn replace(&self) -> io::Result<()> {
        let mut interruptible = interrupt::partial();
        let old = self.partial.with_extension("old");
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        if self.target.exists() {
            fs::rename(&self.target, &old)?;
        }
        if let Err(error) = fs::rename(&self.partial, &self.target) {
            let _ = fs::rename(&old, &self.target);
            return Err(error);
        }
        interruptible.retain(|p| *p != self.partial);
        if old.exists() { fs::remove_dir_all(&old) } else { Ok(()) }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_dir_all(&self.partial);
            interrupt::end(&self.partial);
        }
    }
}

/// Writes one file whole: beside its place, then renamed. What is no file (a device, a pipe) is written to and
/// stays what it is, and so does a link.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let found = fs::metadata(path);
    if found.as_ref().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return fs::write(path, bytes).map_err(|e| Failure::io(path, e));
    }
    let place = if found.is_ok() { fs::canonicalize(path) } else { Ok(path.into()) };
    let place: PathBuf = place.map_err(|e| Failure::io(path, e))?;
    let name = place
        .file_name()
        .ok_or_else(|| Failure::input(format!("{}: expected a file name", path.display())))?;
    let partial = place.with_file_name(format!(".{}.partial", name.to_string_lossy()));
    interrupt::begin(&partial);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, &place));
    interrupt::end(&partial);
    written.map_err(|e| {
        let _ = fs::remove_file(&partial);
        Failure::io(path, e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn pipes_and_links_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        let pipe = at("pipe");
        let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
        write_file(&at("pipe"), b"through").ok().unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(at("pipe")).unwrap().is_file());

        fs::write(at("file"), "old and longer").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        write_file(&at("link"), b"new").ok().unwrap();
        assert_eq!(fs::read(at("file")).unwrap(), b"new");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        write_file(&at("other"), b"more").ok().unwrap();
        assert_eq!(fs::read(at("other")).unwrap(), b"more");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is left over");
    }
}
