//! Real numbers to integers: formats, rounding, saturation, tables; the network in integers.

mod calibrate;
mod format;
mod matrix;
mod network;
mod octave;
mod signal;
mod table;

pub use calibrate::Calibration;
pub use format::{Format, Saturations, requant, requant_to, saturating_add};
pub use matrix::{IntMatrix, MatVec};
pub use network::{QuantBlock, QuantCell, QuantError, QuantNet, QuantPart};
pub use octave::{NOISE_FRAC, OctaveTable};
pub use signal::Signal;
pub use table::{Function, Table};
