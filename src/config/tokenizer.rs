//! `[model] tokenizer`: how text becomes words.

use serde::{Deserialize, Serialize};

/// The rule by which text is split into words. A model is of use with the rule that it was trained with alone, so it is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Tokenizer {
    /// At spaces, with `.`, `?`, `!`, `,` and `'s` set apart (TWR-VAE's language models, which HSR-VAE reuses).
    #[default]
    Twr,
    /// Runs of letters, digits and `_`, and runs of what is neither that nor a space (TWR-VAE's dialogue models).
    WordPunct,
}

impl Tokenizer {
    pub(super) fn is_twr(&self) -> bool {
        *self == Tokenizer::Twr
    }
}
