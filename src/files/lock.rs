//! A claim that one process at a time has, and that says whose it is.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A claim: a file that is locked as long as its process lives, however that ends. It is gone when the claim is
/// given up; what a killed process left is taken over.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

/// Who has a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    hvae: String,
    pid: u32,
    host: String,
    /// Seconds since 1970.
    since: u64,
}

/// Why a claim was not got.
#[derive(Debug)]
pub enum LockError {
    /// None: it has not said yet who it is.
    Held(Option<Holder>),
    /// There is a file at its place that is no claim.
    Foreign,
    /// The disk.
    Io(io::Error),
}

impl Lock {
    /// The claim at `path`, if nobody has it.
    ///
    /// # Errors
    ///
    /// Somebody has it, something else lies there, or the disk.
    pub fn take(path: &Path) -> Result<Lock, LockError> {
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let file = options.open(path).map_err(LockError::Io)?;
            if let Some(lock) = Lock::of(file, path)? {
                return Ok(lock);
            }
        }
    }

    /// The claim by an open file, unless that is not at `path` any more.
    fn of(mut file: File, path: &Path) -> Result<Option<Lock>, LockError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(said(&mut file))),
            // No locks on this file system: what can be done is done, and the name still says who.
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(LockError::Io(e)),
        }
        // The last holder may have removed it after we opened it.
        if !same_file(&file, path) {
            return Ok(None);
        }
        if read(&mut file).is_err_and(|e| e.kind() == io::ErrorKind::InvalidData) {
            return Err(LockError::Foreign);
        }
        let text = serde_json::to_string(&Holder::here()).expect("plain values") + "\n";
        // A full disk takes the name of the holder, not the claim.
        let _ = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0)));
        let _ = file.write_all(text.as_bytes());
        Ok(Some(Lock { path: path.into(), _file: file }))
    }

    /// The same, once whoever has it is done; `told` hears who that is when it takes more than a moment.
    ///
    /// # Errors
    ///
    /// Something else lies there, or the disk.
    pub fn wait(path: &Path, told: &mut dyn FnMut(&str)) -> Result<Lock, LockError> {
        let (mut known, begun) = (None, Instant::now());
        loop {
            match Lock::take(path) {
                Err(LockError::Held(Some(holder))) => {
                    if begun.elapsed() > MOMENT && known.as_ref() != Some(&holder) {
                        told(&holder.to_string());
                        known = Some(holder);
                    }
                }
                Err(LockError::Held(None)) => {}
                result => return result,
            }
            sleep(Duration::from_millis(20));
        }
    }
}

const MOMENT: Duration = Duration::from_millis(500);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Holder {
    fn here() -> Holder {
        let words: Vec<String> = std::env::args_os()
            .enumerate()
            .map(|(i, word)| match i {
                // Not the folders that the program lies in.
                0 => Path::new(&word).file_name().unwrap_or(&word).to_string_lossy().into_owned(),
                _ => word.to_string_lossy().into_owned(),
            })
            .collect();
        Holder {
            hvae: words.join(" ").chars().take(200).collect(),
            pid: std::process::id(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            since: now(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Holder { hvae, pid, host, since } = self;
        let seconds = now().saturating_sub(*since);
        let (age, unit) = match seconds {
            0..120 => (seconds, "s"),
            120..7200 => (seconds / 60, "min"),
            _ => (seconds / 3600, "h"),
        };
        write!(f, "`{hvae}` (process {pid} on {host}, for {age} {unit})")
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            LockError::Held(Some(holder)) => write!(f, "{holder} writes here"),
            LockError::Held(None) => f.write_str("another process writes here"),
            LockError::Foreign => f.write_str("expected a lock of this program, found another file"),
            LockError::Io(e) => e.fmt(f),
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Whether an open file is still the one at `path`.
pub(super) fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(here), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (here.dev(), here.ino()) == (there.dev(), there.ino())
}

/// Who had the claim last; `InvalidData` where the file is none of ours.
fn read(file: &mut File) -> io::Result<Option<Holder>> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(4096).read_to_string(&mut text)?;
    match serde_json::from_str(&text) {
        Ok(holder) => Ok(Some(holder)),
        // Nothing yet, or torn when its writer was killed.
        Err(_) if text.is_empty() || text.starts_with("{\"hvae\":") => Ok(None),
        Err(e) => Err(io::Error::new(io::ErrorKind::InvalidData, e)),
    }
}

/// The holder, which may be about to write its name.
fn said(file: &mut File) -> Option<Holder> {
    for _ in 0..20 {
        if let Ok(Some(holder)) = read(file) {
            return Some(holder);
        }
        sleep(Duration::from_millis(5));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_other_hears_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path).unwrap();
        let LockError::Held(Some(holder)) = Lock::take(&path).unwrap_err() else { panic!("not held") };
        assert_eq!(holder.pid, std::process::id());
        assert!(holder.to_string().contains(&format!("(process {} on ", holder.pid)), "{holder}");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let mut heard = Vec::new();
                let lock = Lock::wait(&path, &mut |who| heard.push(who.to_string())).unwrap();
                (heard, lock)
            });
            sleep(4 * MOMENT);
            drop(held);
            let (heard, lock) = waiting.join().unwrap();
            assert_eq!(heard.len(), 1);
            drop(lock);
        });
        assert!(!path.exists());
    }

    #[test]
    fn what_a_killed_process_left_is_taken_over_and_what_is_foreign_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        for left in ["", "{\"hvae\":\"hvae gen", r#"{"hvae":"x","pid":1,"host":"there","since":5}"#] {
            fs::write(&path, left).unwrap();
            drop(Lock::take(&path).unwrap());
            assert!(!path.exists());
        }
        fs::write(&path, "my notes").unwrap();
        assert!(matches!(Lock::take(&path), Err(LockError::Foreign)));
        assert_eq!(fs::read(&path).unwrap(), b"my notes");
    }

    /// Its last holder removes it, and another makes a new one, after we have opened it.
    #[test]
    fn a_claim_that_was_removed_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let opened =
            || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).unwrap();
        let file = opened();
        fs::remove_file(&path).unwrap();
        assert!(Lock::of(file, &path).unwrap().is_none());
        let file = opened();
        fs::remove_file(&path).unwrap();
        let _other = Lock::take(&path).unwrap();
        assert!(Lock::of(file, &path).unwrap().is_none());
        assert!(matches!(Lock::of(opened(), &path), Err(LockError::Held(Some(_)))));
    }
}
