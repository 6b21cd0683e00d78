//! Why work on files and with tools ended without what was asked for.

use std::fmt;
use std::path::Path;

/// Who has to do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was computed is not what was promised: a comparison differs, a tool refuses its input.
    Check,
    /// The request or an input is wrong, or a file cannot be read or written.
    Input,
    /// A tool is missing or too old.
    Tool,
}

/// Something that was not done, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose turn it is.
    pub kind: Kind,
    /// Where, what was expected, what was found, what to do.
    pub message: String,
}

impl Failure {
    /// A check failed.
    pub fn check(message: impl Into<String>) -> Failure {
        Failure { kind: Kind::Check, message: message.into() }
    }

    /// The request or an input is wrong.
    pub fn input(message: impl Into<String>) -> Failure {
        Failure { kind: Kind::Input, message: message.into() }
    }

    /// A tool is missing or too old.
    pub fn tool(message: impl Into<String>) -> Failure {
        Failure { kind: Kind::Tool, message: message.into() }
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

impl std::error::Error for Failure {}
