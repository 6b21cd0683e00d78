//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod check;
mod parse;
mod sections;

pub use parse::ConfigError;
pub use sections::{
    Accelerator, CellKind, Config, Crossbar, Decay, Device, Encoding, Fixed, KlSchedule, LatentFrom, Model,
    Protocol, Target, Train,
};
