//! What a run tells while it goes on.

use std::time::Duration;

/// Where a run stands after an update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Epochs done, and the most there will be.
    pub epoch: usize,
    /// The most there will be.
    pub epochs: usize,
    /// Updates done and the most there will be.
    pub update: u64,
    /// The most there will be.
    pub updates: u64,
    /// Tokens predicted so far in this process.
    pub tokens: u64,
    /// Reconstruction and KL of z of the epoch so far, nats per sentence.
    pub reconstruction: f64,
    /// KL of z of the epoch so far, nats per sentence.
    pub last_kl: f64,
    /// Validation NLL of the last epoch measured, nats per sentence.
    pub validation: Option<f64>,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Write a checkpoint and return.
    Stop,
}

impl Progress {
    /// Where the run stands, `elapsed` after its begin, in a line.
    pub fn text(&self, elapsed: Duration) -> String {
        let speed = self.tokens as f64 / elapsed.as_secs_f64();
        let validation = self.validation.map_or(String::new(), |v| format!(" valid {v:.2}"));
        let Progress { epochs, reconstruction, last_kl, .. } = self;
        let epoch = self.epoch + 1;
        format!(
            "epoch {epoch}/{epochs}, {reconstruction:.2} + {last_kl:.2} nats{validation}, {speed:.0} tokens/s"
        )
    }
}
