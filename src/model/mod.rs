//! The trained network in floating point, exactly as trained.

mod network;

pub use network::{Block, BlockId, Network, Op, When};
