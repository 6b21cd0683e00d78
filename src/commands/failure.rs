//! Why a command ended, and with which exit status.

use hvae_mnn::cosim::SimError;
use hvae_mnn::tools::{RunError, ToolError};
use std::fmt;
use std::path::Path;

/// A command that did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// 1: the check failed; 2: the request or an input was wrong; 3: a tool is missing or too old.
    pub status: u8,
    pub message: String,
}

impl Failure {
    /// The check failed.
    pub fn check(message: impl Into<String>) -> Failure {
        Failure { status: 1, message: message.into() }
    }

    /// The request or an input was wrong.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { status: 2, message: message.into() }
    }

    /// A file could not be read or written.
    pub fn io(path: &Path, error: std::io::Error) -> Failure {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "; check the path",
            std::io::ErrorKind::PermissionDenied => "; check its permissions",
            std::io::ErrorKind::StorageFull => "; free some space and run again, nothing was replaced",
            _ => "",
        };
        Failure::input(format!("{}: {error}{hint}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Failure { status: 3, message: error.to_string() }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Io { .. } => Failure::input(error.to_string()),
            RunError::Failed { .. } | RunError::Ended { .. } => Failure::check(error.to_string()),
        }
    }
}

impl From<SimError> for Failure {
    fn from(error: SimError) -> Self {
        match error {
            SimError::Tool(tool) => tool.into(),
            SimError::Run(error) => error.into(),
            SimError::Log { .. } => Failure::check(error.to_string()),
            SimError::Io { .. }
            | SimError::Seal { .. }
            | SimError::NoLog { .. }
            | SimError::NoTrace { .. }
            | SimError::NoProfile { .. }
            | SimError::Place(_) => Failure::input(error.to_string()),
        }
    }
}
