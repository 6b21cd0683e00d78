//! From a trained hierarchical text VAE to a memristor-crossbar accelerator in
//! Verilog that is proved, bit by bit, to compute the same thing.
//!
//! Data moves one way through the rooms; `tests/rooms.rs` holds them to it:
//!
//! ```text
//!            train (optional)            +-> golden --+
//!               |                        |            |
//! config -> model -> quant -> crossbar --+-> rom -> emit -> cosim -> report
//! ```

pub mod config;
pub mod model;
#[cfg(feature = "train")]
pub mod train;
