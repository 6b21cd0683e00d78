//! The controllers: circuits in rust-hdl, and their Verilog.
//!
//! Counters have a fixed width and their limits are inputs, so that one
//! description serves every size of model.

mod axil_constants;
pub mod axil_regs;
pub mod csr;
mod dff;
mod expression;
pub mod job_seq;
mod print;
pub mod registers;
pub mod shape;
pub mod stage_seq;
mod statement;

use print::{Source, module};

/// The emitted files, name and text, sorted by name; the same bytes every time.
pub fn verilog() -> Vec<(String, String)> {
    let file = |source: &Source, text: String| (format!("{}.sv", source.name), text);
    vec![
        file(&axil_regs::SOURCE, module::<axil_regs::AxilRegs>(&axil_regs::SOURCE)),
        file(&job_seq::SOURCE, module::<job_seq::JobSeq>(&job_seq::SOURCE)),
        file(&stage_seq::SOURCE, module::<stage_seq::StageSeq>(&stage_seq::SOURCE)),
    ]
}
