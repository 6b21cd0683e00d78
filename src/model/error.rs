//! What is wrong with a file of a model, said in one line.

use crate::config::ConfigError;
use crate::failure::Failure;
use thiserror::Error;

/// Where, what was expected, what was found, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: expected {expected}, got {got}; {remedy}")]
pub struct ModelError {
    /// File, and the line, key or tensor in it.
    pub place: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub got: String,
    /// What the reader of the message can do about it.
    pub remedy: String,
}

impl ModelError {
    /// Joins its parts.
    pub fn new(
        place: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        ModelError { place: place.into(), expected: expected.into(), got: got.into(), remedy: remedy.into() }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Failure {
        Failure::input(error.to_string())
    }
}

impl From<ConfigError> for ModelError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Syntax { file, line, message } => {
                ModelError::new(format!("{file}:{line}"), "keys and values", message, "correct the file")
            }
            ConfigError::Value { file, section, key, found, expected, hint } => {
                ModelError::new(format!("{file}: [{section}] {key}"), expected, found, hint)
            }
        }
    }
}
