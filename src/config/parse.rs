//! `hvae.toml` as text, to a checked [`Config`].

use super::Config;

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// It is no TOML, or has an unknown key.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Its line, from 1 on.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A value that cannot be.
    #[error("{file}: [{section}] {key} = {found}: expected {expected}; {hint}")]
    Value {
        /// The file.
        file: String,
        /// The section.
        section: &'static str,
        /// The key.
        key: &'static str,
        /// What it says.
        found: String,
        /// What it may say.
        expected: String,
        /// What to do.
        hint: &'static str,
    },
}

impl Config {
    /// Outputs of matrices have gains and offsets of their own in hardware.
    pub fn has_gains(&self) -> bool {
        self.crossbar.calibrate_columns || self.fixed.column_scales
    }

    /// Reads a whole `hvae.toml`; absent sections and keys take their defaults.
    /// `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// Text that is no such file, an unknown key, or a value out of bounds.
    pub fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
        let config = Config::understood(file, text)?;
        config.check(file)?;
        Ok(config)
    }

    /// The same with keys and types looked at, and no bounds of values.
    ///
    /// # Errors
    ///
    /// Text that is no such file, an unknown key, or a value of another type.
    pub fn understood(file: &str, text: &str) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            ConfigError::Syntax { file: file.into(), line, message: explain(error.message()) }
        })
    }

    /// The text that [`parse`](Self::parse) reads back to the same value.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a configuration is plain data")
    }
}

/// Serde's "unknown field `x`, expected one of `a`, `b`" with the nearest known name first.
fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next().filter(|_| message.starts_with("unknown")) else {
        return message.to_string();
    };
    let what = if message.starts_with("unknown variant") { "value" } else { "key" };
    let known: Vec<&str> = quoted.collect();
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b)));
    match nearest {
        Some(nearest) => {
            format!("unknown {what} `{unknown}`: did you mean `{nearest}`? (known: {})", known.join(", "))
        }
        None => message.to_string(),
    }
}
