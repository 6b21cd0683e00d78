//! The commands of the program: they take words apart and print; the library does what is asked.

pub mod bench;
mod budget;
pub mod chat;
pub mod cosim;
mod count;
pub mod demo;
pub mod describe;
pub mod doctor;
pub mod eval;
pub mod export;
pub mod fit_prior;
pub mod generate;
pub mod import;
pub mod init;
mod inputs;
pub mod interrupt;
pub mod keys;
mod memory;
mod music;
pub mod out;
pub mod pareto;
mod places;
mod progress;
pub mod report;
pub mod sample;
mod soak;
pub mod spice;
pub mod study;
pub mod synth;
pub mod threads;
#[cfg(feature = "train")]
pub mod train;

pub use hvae_mnn::failure::Failure;

use hvae_mnn::failure::Kind;
use hvae_mnn::files::write_file;
use serde::Serialize;
use std::path::Path;

/// Writes `value` for scripts, if a file was asked for.
fn write_json(path: Option<&Path>, value: &impl Serialize) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(value).expect("reports are plain data") + "\n";
    write_file(path, text.as_bytes())
}

/// The exit status of a command that failed.
pub fn status(failure: &Failure) -> u8 {
    match failure.kind {
        Kind::Check => 1,
        Kind::Input => 2,
        Kind::Tool => 3,
    }
}
