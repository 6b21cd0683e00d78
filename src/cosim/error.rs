//! Why a simulation is not there.

use super::log::LogError;
use super::seal::SealError;
use crate::tools::{RunError, ToolError};
use std::io;
use std::path::Path;

/// Why a simulation could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A tool is missing or too old.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
    /// A tool failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The log of the testbench is none.
    #[error("{path}: {source}")]
    Log {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: LogError,
    },
    /// The design is not what it was compiled of.
    #[error("{path}: {source}")]
    Seal {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: SealError,
    },
    /// The simulation left no log.
    #[error(
        "{path}: expected the log of this run, found none ({source}); is the folder writable? What the simulator said: {words}"
    )]
    NoLog {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: io::Error,
        /// What it said.
        words: String,
    },
    /// No waveform was written.
    #[error("{path}: expected a waveform, the simulator wrote none: did it end before cycle {from}?")]
    NoTrace {
        /// The file, or the folder.
        path: String,
        /// The first cycle that was asked for.
        from: u64,
    },
    /// No samples of the statements were written.
    #[error("{path}: expected samples of the modules' statements, found none; give the simulation more jobs")]
    NoProfile {
        /// The file, or the folder.
        path: String,
    },
    /// The folder cannot be used.
    #[error("{0}")]
    Place(String),
}

impl SimError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> SimError + '_ {
        move |source| SimError::Io { path: path.display().to_string(), source }
    }
}
