//! From a trained hierarchical text VAE to a memristor-crossbar accelerator in
//! Verilog that is proved, bit by bit, to compute the same thing.
//!
//! Data moves one way through the rooms; `tests/rooms.rs` holds them to it:
//!
//! ```text
//!            train (optional)            +-> golden --+
//!               |                        |            |
//! config -> model -> quant -> crossbar --+-> rom -> emit -> build, cosim -> synth -> report
//! ```

pub mod budget;
pub mod build;
pub mod config;
pub mod cosim;
pub mod crossbar;
pub mod emit;
pub mod files;
pub mod golden;
pub mod model;
pub mod pipeline;
pub mod quant;
pub mod report;
pub mod rom;
pub mod study;
pub mod synth;
pub mod tools;
#[cfg(feature = "train")]
pub mod train;
