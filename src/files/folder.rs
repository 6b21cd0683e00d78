//! Whole folders: two that change places, and one that is read while nobody replaces it.

use super::lock::same_file;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The folders at `a` and `b` change places: at no moment is there none. Where the file system cannot do that, `b`
/// is gone for the moment between two renames, and [`restore`] finds it should the process be killed then.
///
/// # Errors
///
/// Those of the disk; both folders are where they were.
pub fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => in_turns(a, b),
        result => Ok(result?),
    }
}

fn in_turns(a: &Path, b: &Path) -> io::Result<()> {
    let aside = aside(a);
    fs::rename(b, &aside)?;
    if let Err(error) = fs::rename(a, b) {
        fs::rename(&aside, b)?;
        return Err(error);
    }
    fs::rename(&aside, a)
}

fn aside(a: &Path) -> PathBuf {
    a.with_extension("aside")
}

/// Puts back what [`exchange`] of `a` with `b` had moved away when its process was killed.
///
/// # Errors
///
/// Those of the disk.
pub fn restore(a: &Path, b: &Path) -> io::Result<()> {
    let aside = aside(a);
    if aside.exists() && !b.exists() { fs::rename(aside, b) } else { Ok(()) }
}

/// The folder at `path`: as long as this is held, nobody is [`alone`] with it.
///
/// # Errors
///
/// The folder cannot be opened.
pub fn share(path: &Path) -> io::Result<File> {
    loop {
        let folder = File::open(path)?;
        match folder.lock_shared() {
            Err(e) if !cannot(&e) => return Err(e),
            // It may have been replaced while we waited.
            _ if same_file(&folder, path) => return Ok(folder),
            _ => {}
        }
    }
}

/// The folder at `path`, if nobody shares it now.
///
/// # Errors
///
/// The folder cannot be opened.
pub fn alone(path: &Path) -> io::Result<Option<File>> {
    let folder = File::open(path)?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) if !cannot(&e) => Err(e),
        _ => Ok(Some(folder)),
    }
}

/// The same once nobody shares it; `told` hears when that is to be waited for.
///
/// # Errors
///
/// The folder cannot be opened.
pub fn wait_alone(path: &Path, told: &dyn Fn()) -> io::Result<File> {
    let mut known = false;
    loop {
        if let Some(folder) = alone(path)? {
            return Ok(folder);
        }
        if !std::mem::replace(&mut known, true) {
            told();
        }
        sleep(Duration::from_millis(100));
    }
}

/// Removes those of `folders` that whoever shared them has left. Where there are no locks nobody can tell.
pub fn remove_left(folders: impl IntoIterator<Item = PathBuf>) {
    for path in folders {
        if File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// File systems without locks, or without locks on what cannot be written: nobody is kept out.
fn cannot(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(Errno::BADF.raw_os_error())
}

/// Whether `inner` lies in `outer`, or is it.
pub fn same_place(outer: &Path, inner: &Path) -> bool {
    let (Ok(outer), Ok(inner)) = (fs::canonicalize(outer), fs::canonicalize(inner)) else { return false };
    inner.starts_with(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_change_places_at_once_or_in_turns() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let name = |path: &Path| fs::read_to_string(path.join("name")).unwrap();
        for path in [&a, &b] {
            fs::create_dir(path).unwrap();
            fs::write(path.join("name"), path.file_name().unwrap().to_str().unwrap()).unwrap();
        }
        for (way, a_holds) in [(exchange as fn(&Path, &Path) -> _, "b"), (in_turns, "a")] {
            way(&a, &b).unwrap();
            assert_eq!((name(&a), name(&b)).0, a_holds);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        }
        // At once: nothing is moved aside, where something lies in the way.
        fs::create_dir_all(aside(&a).join("taken")).unwrap();
        in_turns(&a, &b).unwrap_err();
        exchange(&a, &b).unwrap();
        exchange(&a, &b).unwrap();
        fs::remove_dir_all(aside(&a)).unwrap();
        // Killed between the two renames: the next one finds what was there.
        fs::rename(&b, aside(&a)).unwrap();
        restore(&a, &b).unwrap();
        assert_eq!(name(&b), "b");
    }

    #[test]
    fn who_shares_a_folder_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (share(folder.path()).unwrap(), share(folder.path()).unwrap());
        assert!(alone(folder.path()).unwrap().is_none());
        drop(one);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let told = std::cell::Cell::new(0);
                wait_alone(folder.path(), &|| told.set(told.get() + 1)).unwrap();
                told.get()
            });
            sleep(Duration::from_millis(200));
            drop(two);
            assert_eq!(waiting.join().unwrap(), 1);
        });
    }

    #[test]
    fn only_folders_that_were_left_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let [used, left] = ["used", "left"].map(|name| place.path().join(name));
        [&used, &left].iter().for_each(|path| fs::create_dir(path).unwrap());
        let _used = share(&used).unwrap();
        remove_left([used.clone(), left.clone()]);
        assert!(used.exists() && !left.exists());
    }
}
