//! Area and clock of an emitted design, from the tools that know: yosys, nextpnr, ecppack.
//!
//! A flow is a list of steps; a step whose inputs have not changed since it succeeded is not run
//! again. What a flow leaves lies in `BUILD/synth/FLOW/`: scripts, logs, netlists, `result.json`.

mod flow;
mod folder;
mod measure;
mod step;

pub use flow::{Flow, Synthesis};
pub use folder::{has_netlist, is_synthesis};
pub use measure::{ModuleCells, SynthReport};
pub use step::{Progress, SynthError};
