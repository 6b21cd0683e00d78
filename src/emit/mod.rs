//! Verilog and the files around it, as text in a sorted map; touches no disk.

mod board;
mod cells;
mod component;
pub mod controllers;
mod design;
mod draws;
mod files;
mod frames;
mod hierarchy;
mod images;
mod ops;
mod packaging;
mod program;
mod script;
mod spice;
mod stages;
mod sums;
mod templates;
mod views;
mod wires;

pub use board::{BoardError, top_of};
pub use design::{Design, ProbeSignal, TOOL};
pub use files::{Emitted, emit, emit_with};
pub use script::{Step, script};
pub use spice::{SpiceTile, bit_line_currents};
