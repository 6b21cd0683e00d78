//! One file, written beside its place and then renamed.

use super::interrupt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the name of every unfinished file of ours ends in.
const UNFINISHED: &str = ".hvae";

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Writes a file so that it has either its old or its new contents, never a part. Nothing stays beside it
/// when this fails, or when the program is [interrupted](super::interrupt).
///
/// What is no file (a device, a pipe) is written to and stays what it is, and so does a link.
///
/// # Errors
///
/// Those of the disk.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut begun = None;
    let written = write_beside(path, bytes, &mut |partial| {
        interrupt::begin(partial);
        begun = Some(partial.to_path_buf());
    });
    begun.iter().for_each(|partial| interrupt::end(partial));
    written
}

/// The same; `begun` hears the path that it lies at until then.
fn write_beside(path: &Path, bytes: &[u8], begun: &mut dyn FnMut(&Path)) -> io::Result<()> {
    let found = fs::metadata(path);
    if found.as_ref().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return fs::write(path, bytes);
    }
    let place = if found.is_ok() { fs::canonicalize(path)? } else { path.into() };
    let (partial, mut file) = create_beside(&place)?;
    begun(&partial);
    let written = file.write_all(bytes).and_then(|()| match found {
        Ok(old) => file.set_permissions(old.permissions()),
        Err(_) => Ok(()),
    });
    let written = written.and_then(|()| fs::rename(&partial, &place));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// A new file beside `place`, of a name that nobody else has.
fn create_beside(place: &Path) -> io::Result<(PathBuf, File)> {
    let name = place.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
    unique(|number| {
        let path = place.with_file_name(format!(".{name}.{number}{UNFINISHED}"));
        OpenOptions::new().write(true).create_new(true).open(&path).map(|file| (path, file))
    })
}

/// A new folder in `parent`, of a name that begins with `prefix` and that nobody else has.
///
/// # Errors
///
/// Those of the disk.
pub fn unique_folder(parent: &Path, prefix: &str) -> io::Result<PathBuf> {
    unique(|number| {
        let path = parent.join(format!("{prefix}{number}"));
        fs::create_dir(&path).map(|()| path)
    })
}

/// Tries names until one is free: other machines may share the folder, and their processes our number.
fn unique<T>(mut create: impl FnMut(&str) -> io::Result<T>) -> io::Result<T> {
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        match create(&format!("{}-{count}", std::process::id())) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result,
        }
    }
}

/// Removes what was left of writing the files `names` of a folder when a process was killed. Only for a folder
/// in which nobody else writes now.
pub fn remove_stale(folder: &Path, names: &[&str]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        let ours = |name: &&str| {
            let rest = found.strip_prefix('.').and_then(|f| f.strip_prefix(*name)?.strip_prefix('.'));
            let number = rest.and_then(|f| f.strip_suffix(UNFINISHED)?.split_once('-'));
            number.is_some_and(|(a, b)| [a, b].iter().all(|n| n.parse::<u64>().is_ok()))
        };
        if names.iter().any(ours) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        write_whole(path, bytes)
    }

    #[test]
    fn pipes_and_links_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        let pipe = at("pipe");
        let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
        write(&at("pipe"), b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!fs::metadata(at("pipe")).unwrap().is_file());

        fs::write(at("file"), "old and longer").unwrap();
        fs::set_permissions(at("file"), PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        write(&at("link"), b"new").unwrap();
        assert_eq!(fs::read(at("file")).unwrap(), b"new");
        assert_eq!(fs::metadata(at("file")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        write(&at("other"), b"more").unwrap();
        assert_eq!(fs::read(at("other")).unwrap(), b"more");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is left over");
    }

    #[test]
    fn a_failure_leaves_nothing_and_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // A folder in the file's place: everything is written, and the rename fails.
        fs::create_dir_all(at("taken/within")).unwrap();
        for name in [".taken.partial", "taken.partial", ".taken.0-0.hvae"] {
            fs::write(at(name), "the user's").unwrap();
        }
        let mut seen = None;
        write_beside(&at("taken"), b"new", &mut |path| seen = Some(path.to_path_buf())).unwrap_err();
        assert!(!seen.unwrap().exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
        assert_eq!(fs::read(at(".taken.partial")).unwrap(), b"the user's");
    }

    #[test]
    fn only_our_own_leftovers_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let all =
            [".a.txt.12-3.hvae", ".a.txt.partial", ".a.txt.x-3.hvae", ".b.txt.12-3.hvae", "a.txt.12-3.hvae"];
        all.iter().for_each(|name| fs::write(folder.path().join(name), "").unwrap());
        remove_stale(folder.path(), &["a.txt"]);
        let left = all.iter().filter(|name| folder.path().join(name).exists());
        assert_eq!(left.collect::<Vec<_>>(), all[1..].iter().collect::<Vec<_>>());
    }
}
