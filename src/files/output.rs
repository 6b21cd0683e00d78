//! Folders and files that appear whole or not at all, and replace nothing that is not ours.

use super::claim::{MadeFolders, held};
use super::{
    FileList, LIST, Lock, LockError, Problem, alone, exchange, interrupt, restore, same_place, wait_alone,
    write_whole,
};
use crate::failure::Failure;
use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What an output folder is; every kind replaces its own only.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// In the first line of the folder's list.
    pub name: &'static str,
    /// Whether we put a file there after the list was made.
    pub later: fn(&str) -> bool,
    /// Which folders of an earlier output are moved into the new one, told whether all listed files are the same.
    pub kept: fn(&Path, bool) -> Vec<PathBuf>,
}

impl Kind {
    /// An output that nobody adds to.
    pub const fn closed(name: &'static str) -> Kind {
        Kind { name, later: |_| false, kept: |_, _| Vec::new() }
    }
}

/// A folder being written beside its final place, which nobody else writes meanwhile.
pub struct OutputFolder {
    /// As it was asked for, for messages.
    asked: PathBuf,
    target: PathBuf,
    kind: Kind,
    list: RefCell<FileList>,
    /// Beside `target`: the claim on it, and what becomes the new folder, then what was the old one.
    private: PathBuf,
    claim: Option<Lock>,
    _made: MadeFolders,
}

/// How many names of files a message gives.
const NAMED: usize = 3;

impl OutputFolder {
    /// Begins a folder that will replace `asked`, an empty folder or an output of the same kind with nothing added
    /// to it and nothing changed.
    ///
    /// # Errors
    ///
    /// `asked` is something else, somebody else writes or reads it, or the disk.
    pub fn begin(asked: &Path, kind: Kind) -> Result<OutputFolder, Failure> {
        let refuse = |why: &str| Failure::input(format!("{}: {why}", asked.display()));
        if asked.exists() && !asked.is_dir() {
            return Err(refuse("expected a folder, found a file; choose another path"));
        }
        let absolute = std::path::absolute(asked).map_err(|e| Failure::io(asked, e))?;
        let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(refuse("expected a folder that can be replaced as a whole; name one below it"));
        };
        let made = MadeFolders::make(parent)?;
        // A link stays one, and what it leads to is replaced.
        let target = match fs::canonicalize(&absolute) {
            Ok(place) => place,
            Err(_) => fs::canonicalize(parent).map_err(|e| Failure::io(parent, e))?.join(name),
        };
        let here = std::env::current_dir().unwrap_or_default();
        if same_place(&target, &here) {
            return Err(refuse("expected another folder than the one this runs in; name one below it"));
        }
        let name = target.file_name().unwrap_or(name).to_string_lossy().into_owned();
        let private = target.with_file_name(format!(".{name}.hvae"));
        let claim = claim(&private, asked)?;
        interrupt::begin(&private);
        let list = RefCell::new(FileList::new(kind.name));
        let folder = OutputFolder {
            asked: asked.into(),
            target,
            kind,
            list,
            private,
            claim: Some(claim),
            _made: made,
        };
        folder.prepare()?;
        Ok(folder)
    }

    /// What an earlier process left goes, and what cannot be replaced is said before anything is computed.
    fn prepare(&self) -> Result<(), Failure> {
        let new = self.path();
        restore(&new, &self.target).map_err(|e| Failure::io(&self.target, e))?;
        if new.exists() {
            fs::remove_dir_all(&new).map_err(|e| Failure::io(&new, e))?;
        }
        if self.target.exists() {
            self.check(&self.target)?;
            if alone(&self.target).map_err(|e| Failure::io(&self.target, e))?.is_none() {
                return Err(Failure::input(format!(
                    "{}: another `hvae` reads it (cosim, synth, report or the like); wait for it, or choose another path",
                    self.asked.display()
                )));
            }
        }
        fs::create_dir(&new).map_err(|e| Failure::io(&new, e))
    }

    /// Where the folder lies until it is finished.
    fn path(&self) -> PathBuf {
        self.private.join("new")
    }

    /// Writes one file, by its path below the folder.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        // An interrupt removes the folder: not while a file is added to it.
        let _interruptible = interrupt::partial();
        self.list.borrow_mut().add(path, bytes);
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        fs::write(path, bytes)
    }

    /// What was written as `path`.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path().join(path))
    }

    /// [`write`](Self::write) with a message that names the file.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.write(path, bytes).map_err(|e| Failure::io(&self.asked.join(path), e))
    }

    /// Why it could not be written.
    pub fn failed(&self, error: io::Error) -> Failure {
        Failure::io(&self.asked, error)
    }

    /// Puts the whole folder in its place; how many files it has. `waits` hears when another process reads what is
    /// to be replaced, and is waited for.
    ///
    /// # Errors
    ///
    /// The disk, or somebody who changed what is to be replaced.
    pub fn finish(self, waits: &dyn Fn(&Path)) -> Result<usize, Failure> {
        let list = self.list.borrow().clone();
        let new = self.path();
        {
            let _interruptible = interrupt::partial();
            let written = fs::write(new.join(LIST), list.to_text());
            written.map_err(|e| Failure::io(&self.asked.join(LIST), e))?;
        }
        let io = |e| Failure::io(&self.asked, e);
        if self.target.exists() {
            let _alone = wait_alone(&self.target, &|| waits(&self.asked)).map_err(io)?;
            let mut interruptible = interrupt::partial();
            exchange(&new, &self.target).map_err(|e| self.place(e))?;
            // What was there lies at `new` now. Something may have come to it since it was looked at.
            if let Err(refused) = self.check(&new) {
                exchange(&new, &self.target).map_err(io)?;
                return Err(refused);
            }
            let same = FileList::of(&new).is_ok_and(|old| old.as_ref() == Some(&list));
            for below in (self.kind.kept)(&new, same) {
                let to = self.target.join(&below);
                let _ = fs::create_dir_all(to.parent().expect("below the folder"));
                // Compiled and synthesised again where it cannot be kept.
                let _ = fs::rename(new.join(&below), to);
            }
            fs::remove_dir_all(&new).map_err(io)?;
            interruptible.retain(|p| *p != self.private);
            interrupt::replaced();
        } else {
            let mut interruptible = interrupt::partial();
            fs::rename(&new, &self.target).map_err(|e| self.place(e))?;
            interruptible.retain(|p| *p != self.private);
            interrupt::replaced();
        }
        Ok(list.len() + 1)
    }

    /// Refuses a folder with anything that would be lost.
    fn check(&self, folder: &Path) -> Result<(), Failure> {
        let place = self.asked.display();
        let list = FileList::of(folder).map_err(|e| Failure::io(&self.asked.join(LIST), e))?;
        let kind = self.kind.name;
        let refuse = |found: &str| {
            Failure::input(format!(
                "{place}: expected an empty folder or an earlier {kind} of this program (with its {LIST}), found {found}; choose another path"
            ))
        };
        let Some(list) = list else {
            let none = FileList::new(kind);
            let mut all = none.others(folder, &|_| false).map_err(|e| Failure::io(&self.asked, e))?;
            if folder.join(LIST).exists() {
                all.insert(0, (LIST.into(), Problem::Unknown));
            }
            return if all.is_empty() { Ok(()) } else { Err(refuse(&named(&all))) };
        };
        if list.kind() != kind {
            return Err(refuse(&format!("an earlier {}", list.kind())));
        }
        let others = list.others(folder, &self.kind.later).map_err(|e| Failure::io(&self.asked, e))?;
        if others.is_empty() {
            return Ok(());
        }
        Err(Failure::input(format!(
            "{place}: expected an earlier {kind} as it was written ({LIST}), found {}; a new one would remove them: move them away, or choose another path",
            named(&others)
        )))
    }

    /// Why a finished folder could not be put in its place.
    fn place(&self, error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => Failure::input(format!(
                "{}: {error}; where another file system is mounted nothing can be put in place: name a folder below it",
                self.asked.display()
            )),
            _ => Failure::io(&self.asked, error),
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.path());
        self.claim = None;
        // Stays where the next one has claimed it already.
        let _ = fs::remove_dir(&self.private);
        interrupt::end(&self.private);
    }
}

const LOCK: &str = "lock";

/// The claim on an output, in a folder of ours beside it.
fn claim(private: &Path, asked: &Path) -> Result<Lock, Failure> {
    loop {
        if let Ok(entries) = fs::read_dir(private) {
            let names: Vec<_> = entries.flatten().map(|e| e.file_name()).collect();
            if !names.is_empty() && !names.iter().any(|name| name == LOCK) {
                return Err(Failure::input(format!(
                    "{}: expected nothing there, or what an interrupted `hvae` left, found other files; move it away",
                    private.display()
                )));
            }
        }
        match fs::create_dir(private) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Failure::io(private.parent().unwrap_or(private), e));
            }
            _ => {}
        }
        match Lock::take(&private.join(LOCK)) {
            // Whoever had it has removed the folder.
            Err(LockError::Io(e)) if e.kind() == io::ErrorKind::NotFound => {}
            result => return result.map_err(|e| held(asked, &private.join(LOCK), e)),
        }
    }
}

/// The first names of a list, and how many more there are.
fn named(all: &[(String, Problem)]) -> String {
    let name = |(path, problem): &(String, Problem)| match problem {
        Problem::Unknown => path.clone(),
        problem => format!("{path} ({problem})"),
    };
    let names: Vec<String> = all.iter().take(NAMED).map(name).collect();
    let more = all.len() - names.len();
    names.join(", ") + &(if more > 0 { format!(" and {more} more") } else { String::new() })
}

/// Writes one file whole or not at all.
///
/// # Errors
///
/// `path` names no file, or the disk.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_whole(path, bytes).map_err(|e| match e.kind() {
        io::ErrorKind::InvalidFilename if path.file_name().is_none() => {
            Failure::input(format!("{}: expected a file name", path.display()))
        }
        _ => Failure::io(path, e),
    })
}
