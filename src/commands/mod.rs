//! The commands of the program: they read and write, the library computes.
// The edge where disk is touched.
#![allow(clippy::disallowed_methods)]

pub mod bench;
mod budget;
mod claim;
pub mod cosim;
mod count;
pub mod demo;
pub mod doctor;
pub mod eval;
pub mod export;
mod failure;
mod folder;
pub mod generate;
mod golden_speed;
pub mod import;
pub mod init;
mod inputs;
pub mod interrupt;
mod memory;
pub mod out;
mod output;
pub mod pareto;
mod progress;
mod published;
pub mod report;
pub mod sample;
mod soak;
mod source;
pub mod spice;
pub mod study;
pub mod synth;
pub mod threads;
mod throughput;
#[cfg(feature = "train")]
pub mod train;

pub use failure::Failure;

use serde::Serialize;
use std::path::Path;

/// Writes `value` for scripts, if a file was asked for.
fn write_json(path: Option<&Path>, value: &impl Serialize) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let text = serde_json::to_string_pretty(value).expect("reports are plain data") + "\n";
    output::write_file(path, text.as_bytes())
}
