//! What a run tells while it goes on, and a bar that shows it.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

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

/// Between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// A callback that tells losses, tokens per second and time left: a bar on a terminal, a line a
/// minute and an epoch where the error stream goes to a file.
pub fn bar() -> impl FnMut(&Progress) -> Control {
    let (to_terminal, started) = (std::io::stderr().is_terminal(), Instant::now());
    let bar = ProgressBar::no_length();
    let style =
        ProgressStyle::with_template("{bar:24} {pos}/{len} updates, {msg}, {elapsed} gone, {eta} left");
    bar.set_style(style.expect("a fixed template"));
    let mut line = (started, None);
    move |progress| {
        let message = progress.text(started.elapsed());
        if !to_terminal {
            let epoch = Some(progress.epoch);
            if line.1 != epoch || line.0.elapsed() >= LINE_EVERY {
                line = (Instant::now(), epoch);
                // Nobody need listen.
                let _ = writeln!(io::stderr(), "{}/{} updates, {message}", progress.update, progress.updates);
            }
            return Control::Continue;
        }
        let first = bar.length().is_none();
        bar.set_length(progress.updates);
        if first {
            bar.set_position(progress.update);
            bar.reset_eta();
        }
        bar.set_position(progress.update);
        bar.set_message(message);
        Control::Continue
    }
}

impl Progress {
    fn text(&self, elapsed: Duration) -> String {
        let speed = self.tokens as f64 / elapsed.as_secs_f64();
        let validation = self.validation.map_or(String::new(), |v| format!(" valid {v:.2}"));
        let Progress { epochs, reconstruction, last_kl, .. } = self;
        let epoch = self.epoch + 1;
        format!(
            "epoch {epoch}/{epochs}, {reconstruction:.2} + {last_kl:.2} nats{validation}, {speed:.0} tokens/s"
        )
    }
}
