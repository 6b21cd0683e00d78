//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod check;
mod device;
mod lanes;
mod noise;
mod parse;
mod sections;
mod train;
mod wires;

pub use device::{Device, Fault, Stuck};
pub use lanes::Lanes;
pub use noise::Noise;
pub use parse::ConfigError;
pub use sections::{
    Accelerator, CellKind, CellStorage, Config, Crossbar, Encoding, Fixed, LatentFrom, Model, SliceOrder,
    Target,
};
pub use train::{Decay, KlSchedule, KlShape, Protocol, Train};
pub use wires::{ArrayKind, Drive, Wires};
