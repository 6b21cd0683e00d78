//! The controllers in rust-hdl's own simulator, against their contracts, and
//! their Verilog against that simulator.

mod axil_regs;
mod bench;
mod job_seq;
mod stage_seq;
mod tools;
mod verilog;
