//! Bytes of what a person names: a file, or a pipe that is waited for with a word. Nothing that never ends.

use crate::failure::Failure;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Larger inputs are mistakes: a set of sentences has some megabytes, a model some gigabytes.
const MOST_BYTES: u64 = 16 << 30;

/// Seconds without a byte until it is said what is waited for.
const PATIENCE: i64 = 1;

/// Hears of something that is waited for.
pub type Waits<'a> = &'a dyn Fn(&Path);

/// Waits without a word.
pub fn silently(_: &Path) {}

/// The bytes of `path`. `waits` hears when nobody writes to the pipe that it is.
///
/// # Errors
///
/// `path` is neither file nor pipe, is too large, or cannot be read.
pub fn read(path: &Path, waits: Waits) -> Result<Vec<u8>, Failure> {
    let io = |e| Failure::io(path, e);
    let found = std::fs::metadata(path).map_err(io)?;
    let kind = found.file_type();
    // A pipe is opened at once, also where nobody writes to it.
    let slow = kind.is_fifo() || kind.is_char_device();
    let flags = if slow { OFlags::NONBLOCK.bits() as i32 } else { 0 };
    let open = || OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(io);
    let file = if found.is_file() || slow { Some(open()?) } else { None };
    // Of devices a terminal is one to type on, and /dev/null is empty.
    let ends = |file: &File| !kind.is_char_device() || file.is_terminal() || path == Path::new("/dev/null");
    let Some(file) = file.filter(ends) else {
        return Err(Failure::input(format!(
            "{}: expected a file or a pipe, found {}; name a file",
            path.display(),
            what_is(&found)
        )));
    };
    if slow {
        wait(&file, path, waits).map_err(|e| io(e.into()))?;
    }
    let mut bytes = Vec::new();
    if found.len() <= MOST_BYTES {
        bytes.try_reserve_exact(found.len() as usize).map_err(|e| io(e.into()))?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    }
    match found.len().max(bytes.len() as u64) > MOST_BYTES {
        false => Ok(bytes),
        true => Err(Failure::input(format!(
            "{}: expected at most {} GiB, found more; name a smaller file",
            path.display(),
            MOST_BYTES >> 30
        ))),
    }
}

/// A text file, with its name in the message when it cannot be read.
///
/// # Errors
///
/// Those of [`read`], and bytes that are no UTF-8.
pub fn read_text(path: &Path, waits: Waits) -> Result<String, Failure> {
    let bytes = read(path, waits)?;
    String::from_utf8(bytes).map_err(|e| {
        Failure::input(format!(
            "{}: expected UTF-8 text, found byte {} that is none; convert the file",
            path.display(),
            e.utf8_error().valid_up_to()
        ))
    })
}

/// What stands where a file was expected.
pub fn what_is(found: &std::fs::Metadata) -> &'static str {
    let kind = found.file_type();
    match () {
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a pipe",
        _ if kind.is_char_device() || kind.is_block_device() => "a device",
        _ if kind.is_socket() => "a socket",
        _ => "a file",
    }
}

/// Until there is something to read, or its end.
fn wait(file: &File, path: &Path, waits: Waits) -> rustix::io::Result<()> {
    let mut ready = [PollFd::new(file, PollFlags::IN)];
    if poll(&mut ready, Some(&Timespec { tv_sec: PATIENCE, tv_nsec: 0 }))? == 0 {
        waits(path);
        poll(&mut ready, None)?;
    }
    fcntl_setfl(file, fcntl_getfl(file)? & !OFlags::NONBLOCK)
}
