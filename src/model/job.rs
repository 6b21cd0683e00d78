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

/// Where a job has z of a sentence from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From what it reads: the mean of the posterior, or a draw of it.
    Posterior,
    /// From its packet.
    Packet,
    /// A draw of the prior.
    Prior,
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

    /// Where it has z from. (The latents of steps are those of their priors where it is that, as far as nothing is known.)
    pub const fn origin(self) -> Origin {
        match self {
            JobKind::Encode
            | JobKind::Reconstruct
            | JobKind::Score
            | JobKind::Label
            | JobKind::Values
            | JobKind::Listen => Origin::Posterior,
            JobKind::Decode => Origin::Packet,
            JobKind::Generate => Origin::Prior,
        }
    }

    /// It sends what a head makes of every step.
    pub const fn sends_a_head(self) -> bool {
        matches!(self, JobKind::Label | JobKind::Values)
    }

    /// It waits for a packet.
    pub const fn reads_packet(self) -> bool {
        !matches!(self, JobKind::Generate)
    }
}
