//! Files that are whole or not there, lists of them by hash, and claims on folders that name who holds them.
// This is where outputs reach the disk.
#![allow(clippy::disallowed_methods)]

mod folder;
mod list;
mod lock;
mod whole;

pub use folder::{alone, exchange, remove_left, restore, same_place, share, wait_alone};
pub use list::{FileList, LIST, Problem, sha256};
pub use lock::{Holder, Lock, LockError};
pub use whole::{remove_stale, unique_folder, write_whole};
