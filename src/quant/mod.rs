//! Real numbers to integers: formats, rounding, saturation, tables; the network in integers.

mod bias;
mod builder;
mod calibrate;
mod driven;
mod fit;
mod format;
mod integers;
mod matrix;
mod network;
mod octave;
mod signal;
mod table;

pub use bias::{ClippedBias, bounded_words};
pub use builder::Fits;
pub use calibrate::Calibration;
pub use driven::{Driven, Statistics};
pub use format::{Format, Saturations, requant, requant_to, saturating_add};
pub use integers::{BlockIntegers, Integers, MatrixIntegers};
pub use matrix::{GAIN_FRAC, IntMatrix, MatVec};
pub use network::{FRAME_BITS, QuantBlock, QuantCell, QuantError, QuantNet, QuantPart};
pub use octave::{NOISE_FRAC, OctaveTable};
pub use signal::Signal;
pub use table::{Function, Table};
