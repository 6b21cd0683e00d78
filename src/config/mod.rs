//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod check;
mod lanes;
mod parse;
mod sections;
mod wires;

pub use lanes::Lanes;
pub use parse::ConfigError;
pub use sections::{
    Accelerator, CellKind, CellStorage, Config, Crossbar, Decay, Device, Encoding, Fixed, KlSchedule,
    LatentFrom, Model, Protocol, Target, Train,
};
pub use wires::{ArrayKind, Drive, Wires};
