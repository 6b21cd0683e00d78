//! Area and clock of an emitted design, from the tools that know: yosys, nextpnr, ecppack.
//!
//! A flow is a list of steps; a step whose inputs have not changed since it succeeded is not run
//! again. What a flow leaves lies in `BUILD/synth/FLOW/`: scripts, logs, netlists, `result.json`.

mod flow;
mod folder;
mod measure;
mod result;
mod step;

pub use flow::{Flow, Synthesis};
pub use folder::{has_netlist, is_synthesis};
pub use measure::{ModuleCells, SynthReport};
pub use result::results;
pub use step::{Progress, SynthError};

use crate::failure::Failure;

impl From<SynthError> for Failure {
    fn from(error: SynthError) -> Failure {
        match error {
            SynthError::Tool(tool) => tool.into(),
            SynthError::Run(error) => error.into(),
            SynthError::Report { .. } => Failure::check(error.to_string()),
            SynthError::Io { .. } | SynthError::Request(_) => Failure::input(error.to_string()),
        }
    }
}
