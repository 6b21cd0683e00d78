//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod board;
mod check;
mod crossbar;
mod device;
mod fixed;
mod lanes;
mod noise;
mod parse;
mod sections;
mod tokenizer;
mod train;
mod wires;

pub use board::{BOARDS, Board, Pll};
pub use crossbar::{AdcRange, Crossbar, Encoding, RangeOf, SliceOrder};
pub use device::{Device, Fault, Stuck};
pub use fixed::{Fixed, Rounding};
pub use lanes::Lanes;
pub use noise::Noise;
pub use parse::ConfigError;
pub use sections::{
    Accelerator, CellKind, CellStorage, Config, Family, Flow, LatentFrom, LatentSteps, Model, Prior, Target,
};
pub use tokenizer::Tokenizer;
pub use train::{Decay, KlSchedule, KlShape, Protocol, Train};
pub use wires::{ArrayKind, Drive, Wires};
