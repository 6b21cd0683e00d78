//! Verilog and the files around it, as text; touches no disk.

pub mod controllers;
