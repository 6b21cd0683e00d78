//! Names of the numbers that can be observed in the hardware.

use serde::Serialize;

/// What is observed of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Hidden state of a cell; h_0 of a bridge.
    H,
    /// Cell state of an LSTM; c_0 of a bridge.
    C,
    /// Mean of a moments or values block.
    Mean,
    /// Its log-variance.
    LogVariance,
    /// z, of a sentence or a step.
    Z,
    /// Logits of a head.
    Logits,
    /// The chosen token.
    Token,
    /// Log-probability of a given token.
    Score,
    /// A word of a block that is no state: a frame, a product behind its activation, a combination.
    Word,
    /// The chosen label.
    Label,
}

impl Signal {
    /// As it stands in `design.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Signal::H => "h",
            Signal::C => "c",
            Signal::Mean => "mean",
            Signal::LogVariance => "log_variance",
            Signal::Z => "z",
            Signal::Logits => "logits",
            Signal::Token => "token",
            Signal::Score => "score",
            Signal::Word => "word",
            Signal::Label => "label",
        }
    }
}
