//! What a run tells while it goes on, and a bar that shows it.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Instant;

/// Where a run stands after an update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Epochs done, and the most there will be.
    pub epoch: usize,
    pub epochs: usize,
    /// Updates done and the most there will be.
    pub update: u64,
    pub updates: u64,
    /// Tokens predicted so far in this process.
    pub tokens: u64,
    /// Reconstruction and KL of z of the epoch so far, nats per sentence.
    pub reconstruction: f64,
    pub last_kl: f64,
    /// Validation NLL of the last epoch measured, nats per sentence.
    pub validation: Option<f64>,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// Write a checkpoint and return.
    Stop,
}

/// A callback that draws a bar on the terminal: losses, tokens per second, time left.
/// Nothing is drawn where the error stream is no terminal.
pub fn bar() -> impl FnMut(&Progress) -> Control {
    let bar = ProgressBar::no_length();
    let style =
        ProgressStyle::with_template("{bar:24} {pos}/{len} updates, {msg}, {elapsed} gone, {eta} left");
    bar.set_style(style.expect("a fixed template"));
    let started = Instant::now();
    move |progress| {
        let first = bar.length().is_none();
        bar.set_length(progress.updates);
        if first {
            bar.set_position(progress.update);
            bar.reset_eta();
        }
        bar.set_position(progress.update);
        let speed = progress.tokens as f64 / started.elapsed().as_secs_f64();
        let validation = progress.validation.map_or(String::new(), |v| format!(" valid {v:.2}"));
        bar.set_message(format!(
            "epoch {}/{}, {:.2} + {:.2} nats{validation}, {speed:.0} tokens/s",
            progress.epoch + 1,
            progress.epochs,
            progress.reconstruction,
            progress.last_kl,
        ));
        Control::Continue
    }
}
