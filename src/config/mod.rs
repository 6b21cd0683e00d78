//! The text a person writes (`hvae.toml`), checked into a value that cannot be wrong.

mod sections;

pub use sections::{
    Accelerator, CellKind, Config, Crossbar, Device, Encoding, Fixed, LatentFrom, Model, Target,
    Train,
};
