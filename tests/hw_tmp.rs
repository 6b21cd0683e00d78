//! Temporary.
mod common;
mod cosim_ops;
