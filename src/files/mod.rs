//! Files and folders that are whole or not there, lists of them by hash, claims that name who holds them, and bytes
//! of what a person names.
// This is where outputs reach the disk.
#![allow(clippy::disallowed_methods)]

mod claim;
mod digest;
mod folder;
pub mod interrupt;
mod list;
mod lock;
mod output;
mod source;
mod whole;

pub use claim::{Claim, LOCK};
pub use digest::{Digest, sha256};
pub use folder::{alone, exchange, remove_left, restore, same_place, share, wait_alone};
pub use list::{FileList, LIST, Problem};
pub use lock::{Holder, Lock, LockError};
pub use output::{Kind, OutputFolder, write_file};
pub use source::{Waits, read, read_text, silently, what_is};
pub use whole::{remove_stale, unique_folder, write_whole};
