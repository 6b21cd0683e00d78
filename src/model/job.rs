//! The jobs of an accelerator.

use serde::{Deserialize, Serialize};

/// A job, by its number in the JOB register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Tokens to the statistics of z.
    Encode = 0,
    /// Tokens to tokens, through z if there is one.
    Reconstruct = 1,
    /// z to tokens.
    Decode = 2,
    /// Tokens from nothing, or from a z of the prior.
    Generate = 3,
    /// Tokens to the log-probability of each but the first, through z if there is one.
    Score = 4,
    /// A sequence to a label of every position.
    Label = 5,
    /// A sequence to the mean and log-variance of numbers at every position.
    Values = 6,
    /// A sentence of a conversation, which is kept for those that come.
    Listen = 7,
}

impl JobKind {
    /// Every job that there is, by number.
    pub const ALL: [JobKind; 8] = [
        JobKind::Encode,
        JobKind::Reconstruct,
        JobKind::Decode,
        JobKind::Generate,
        JobKind::Score,
        JobKind::Label,
        JobKind::Values,
        JobKind::Listen,
    ];

    /// It waits for a packet.
    pub const fn reads_packet(self) -> bool {
        !matches!(self, JobKind::Generate)
    }
}
