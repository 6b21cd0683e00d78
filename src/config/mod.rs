//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod accelerator;
mod board;
mod check;
mod crossbar;
mod device;
mod fixed;
mod lanes;
mod noise;
mod parse;
#[cfg(feature = "cli")]
mod reference;
mod sections;
mod tokenizer;
mod train;
mod wires;

pub use accelerator::{Accelerator, CellStorage, Target};
pub use board::{BOARDS, Board, Pll};
pub use check::Bound;
pub use crossbar::{AdcRange, Crossbar, Encoding, RangeOf, SliceOrder};
pub use device::{Device, Fault, Stuck};
pub use fixed::{Fixed, Rounding};
pub use lanes::Lanes;
pub use noise::Noise;
pub use parse::ConfigError;
#[cfg(feature = "cli")]
pub use reference::{Key, keys, schema};
pub use sections::{CellKind, Config, Family, Flow, LatentFrom, LatentSteps, Model, Prior};
pub use tokenizer::Tokenizer;
pub use train::{Decay, KlSchedule, KlShape, NumberFormat, Protocol, Train};
pub use wires::{ArrayKind, Drive, Wires};
