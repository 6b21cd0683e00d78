//! What a design will cost, before anything is synthesised: converters and their energy,
//! area of the analog part, cycles, tokens a second, look-up tables of an FPGA.
//!
//! Everything is counted from the mapped network; what is not counted is a constant of
//! [`constants`], each with its source, or a coefficient of [`modules`], each measured.

mod analog;
/// Published figures.
pub mod constants;
mod digital;
mod estimate;
mod fabric;
/// What each module takes, as formulas.
pub mod modules;
mod pace;
mod pareto;
mod parts;

pub use analog::{AdcFigures, Analog, Area, Conversions, Energy, adc_figures};
pub use constants::Constant;
pub use estimate::Budget;
pub use fabric::{Consumer, Fabric, FabricBudget};
pub use pace::{Pace, Stages};
pub use pareto::{front, lossless_adc_bits};
pub use parts::{Family, PARTS, Part, Verdict};
