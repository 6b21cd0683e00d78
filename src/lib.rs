//! From a trained hierarchical text VAE to a memristor-crossbar accelerator in
//! Verilog that is proved, bit by bit, to compute the same thing.
//!
//! # Where to begin
//!
//! Each program under `examples/` is a way through the library from end to end:
//!
//! - `size_to_verilog`: a [`config::Config`] of the size that is wanted, [`pipeline::map`] of random weights onto tiles,
//!   [`build::write_build`].
//! - `model_to_conductances`: [`pipeline::read_model`], [`pipeline::map_model`], [`rom::write_export`].
//! - `network_to_cosim`: a [`model::Network`] with [`model::Weights`] of one's own, and [`build::simulate`] of the
//!   emitted design beside the golden model.
//!
//! What most of it turns on is a [`crossbar::CrossbarNet`], a network on tiles: [`golden::Golden`] computes it,
//! [`emit::emit`] writes it as Verilog, [`budget::Budget`] says what it costs. Whatever computes a network is a
//! [`model::Engine`], and [`eval::measure`] tells what it is worth.
//!
//! # Rooms
//!
//! Data moves one way through the rooms, and so do their imports; `tests/rooms.rs` holds them to it:
//!
//! ```text
//!            train (optional)            +-> golden -> budget ---------+
//!               |                        |     |                       |
//! config -> model -> quant -> crossbar --+     +---> cosim -> synth -> build -> report
//!                                        |     |                       |
//!                                        +-> rom -> emit               +-> pareto, soak, bench
//!
//! pipeline: config to golden in one call     sample, eval, study: what networks say and are worth
//! failure, files, tools: what other rooms reach the disk and other programs with
//! ```
//!
//! Golden model and Verilog never see each other; they meet in [`cosim`], so that no mistake of one hides in the other.
//!
//! # Features
//!
//! `cli` (default) is for the program `hvae`; a library is better off without it: `default-features = false`. `train`
//! brings the room `train`, which fits a model to sentences.

pub mod bench;
pub mod budget;
pub mod build;
pub mod config;
pub mod cosim;
pub mod crossbar;
pub mod emit;
pub mod eval;
pub mod failure;
pub mod files;
pub mod golden;
pub mod model;
pub mod pareto;
pub mod pipeline;
pub mod quant;
pub mod report;
pub mod rom;
pub mod sample;
pub mod soak;
pub mod study;
pub mod synth;
pub mod tools;
#[cfg(feature = "train")]
pub mod train;
