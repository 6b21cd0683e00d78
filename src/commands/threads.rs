//! The threads of the program: asked for at its start, so that a machine without room for them is one message.

use super::{Failure, interrupt};
use std::io;

/// Starts the threads of signals and of products. Later ones are asked of their pool.
pub fn start() -> Result<(), Failure> {
    interrupt::install().map_err(refused)?;
    rayon::ThreadPoolBuilder::new().build_global().map_err(io::Error::other).map_err(refused)
}

/// A thread was refused.
fn refused(error: io::Error) -> Failure {
    Failure::input(format!(
        "expected to start a thread, found: {error}; end other programs, or raise the limit of processes or memory (ulimit)"
    ))
}
