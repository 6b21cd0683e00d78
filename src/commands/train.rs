//! `hvae train`

use super::inputs::read_config;
use super::out::{remark, say};
use super::{Failure, memory};
use hvae_mnn::config::Config;
use hvae_mnn::files::{Claim, remove_stale};
use hvae_mnn::model::{Answers, FloatNet, ModelError, Network, TrainedModel};
use hvae_mnn::pipeline;
use hvae_mnn::train::{self, Control, Device, Progress, TrainRequest};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae train --config configs/gutenberg.toml --data data/gutenberg --out models/mine\nAn interrupted run goes on where its last checkpoint was: give the same command again.\nA graphics processor makes the updates where there is one; --device cpu makes the same bytes everywhere:\nall cores share large products, and RAYON_NUM_THREADS=1 keeps to one."
)]
pub struct Args {
    /// hvae.toml with [model] and [train]
    #[arg(long)]
    config: PathBuf,
    /// Folder with train.txt, valid.txt and test.txt, or files named like ptb.train.txt, yahoo_val.txt, test.utts.txt:
    /// sentences, or for labels word<TAB>label a line with an empty line between sequences; of frames train.csv,
    /// valid.csv and test.csv: the numbers of a frame, then those to predict; of frames that are written a piece a line:
    /// frames with spaces between them, a frame its keys with commas between them, `-` where there are none
    #[arg(long)]
    data: PathBuf,
    /// Model folder
    #[arg(long)]
    out: PathBuf,
    /// A trained model to start from
    #[arg(long, value_name = "MODEL")]
    from: Option<PathBuf>,
    /// Where updates are made
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
}

/// Where updates are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Place {
    /// On a graphics processor where there is one
    Auto,
    /// On all cores; the same bytes everywhere
    Cpu,
    /// On a graphics processor, or a driver that stands in for one
    Gpu,
}

impl Place {
    /// The graphics processor that it comes to, if any, for `config`. Says on stderr which.
    pub fn device(self, config: &Config) -> Result<Option<Device>, Failure> {
        let found = match self {
            Place::Cpu => return Ok(None),
            Place::Auto => Device::find(false),
            Place::Gpu => Device::find(true),
        };
        let network = Network::to_train(&config.model, config.train.lambda_low)?;
        let Some(device) = found else {
            if self == Place::Auto {
                return Ok(None);
            }
            return Err(Failure::input(
                "--device gpu: expected a graphics processor with a driver for Vulkan or Metal, found none; install its driver (vulkaninfo must list it), or give --device cpu",
            ));
        };
        match train::refusal(&device, &network, &config.train) {
            Some(why) if self == Place::Auto => {
                remark!("updates on the processor, not on {}: {why}", device.name());
                Ok(None)
            }
            _ => {
                remark!("updates on {}", device.name());
                Ok(Some(device))
            }
        }
    }
}

/// Keeps Mesa's layer that orders graphics processors by their screens from being loaded: we order them
/// ourselves, and where there is no screen it writes an error of its own to stderr.
#[allow(unsafe_code)]
pub fn quiet_drivers() {
    // SAFETY: called first by `main`, when no other thread reads the environment.
    unsafe { std::env::set_var("NODEVICE_SELECT", "1") }
}

pub fn run(args: &Args) -> Result<(), Failure> {
    memory::keep_what_is_freed();
    let config = read_config(Some(&args.config))?;
    let device = args.device.device(&config)?;
    let mut bar = bar(plan(&config, &args.out));
    let from = args.from.as_deref().map(TrainedModel::load).transpose()?;
    let mut program = |net: &FloatNet, update| {
        pipeline::hardware_net(net, &config, update).map_err(|error| {
            ModelError::new(
                "[train] hardware_every",
                "cells that can be programmed",
                error.to_string(),
                "correct that section, or set hardware_every = 0",
            )
        })
    };
    let request = TrainRequest {
        config: &config,
        data: &args.data,
        out: &args.out,
        from: from.as_ref(),
        program: &mut program,
        device,
        progress: &mut bar,
    };
    let _claim = Claim::of(&args.out)?;
    remove_stale(&args.out, &train::FILES);
    let summary = train::run(request)?;
    if let Some((nll, epoch)) = summary.best {
        let each = match &summary.answers {
            None => "sentence",
            Some(Answers::Labels { .. }) => "label",
            Some(Answers::Values { .. }) => "number",
            Some(Answers::Frames { .. }) => "frame",
        };
        say!("best validation NLL {nll:.3} nats a {each}, epoch {epoch} of {}", summary.epochs)?;
    }
    if let Some(test) = &summary.test {
        let (h, b) = (&test.honest, &test.baselines);
        say!("test: honest PPL {:.2}, KL {:.2}, {} active units", h.ppl, h.kl, h.active_units)?;
        say!("same tokens: unigram PPL {:.1}, bigram PPL {:.1}", b.unigram_ppl, b.bigram_ppl)?;
    }
    if let Some(answers) = &summary.answers {
        super::eval::print_answers("test", answers)?;
    }
    Ok(())
}

/// What a run is going to do, of the updates that it has, and how its lines are to be read.
fn plan(config: &Config, out: &Path) -> impl Fn(&Progress) -> String + use<> {
    let (batch, patience, out) = (config.train.batch, config.train.patience, out.display().to_string());
    move |progress| {
        let Progress { epochs, update, updates, .. } = *progress;
        let each = updates / epochs.max(1) as u64;
        let patience = match patience {
            0 => String::new(),
            epochs => format!(" (it stops when {epochs} in a row bring nothing better)"),
        };
        let done = match update {
            0 | 1 => String::new(),
            done => format!(" ({} were made before)", done - 1),
        };
        let [files @ .., checkpoint] = train::FILES.map(|file| file.to_string());
        let files = files.join(", ");
        format!(
            "plan: {epochs} epochs{patience}, {each} updates each with {batch} examples at most, {updates} updates in all{done}\n\
             plan: written to {out}: {files} (what this network has of them); {checkpoint} until the last epoch\n\
             a line says: A + B nats, what an example costs given z (A) and the KL of z (B), means of the epoch so far; valid, the NLL \
             of the validation part, nats an example"
        )
    }
}

/// Time left after so long, `made` updates made and `left` to make.
fn left(elapsed: Duration, made: u64, left: u64) -> String {
    let seconds = elapsed.as_secs_f64() * left as f64 / made.max(1) as f64;
    let (hours, minutes) = (seconds as u64 / 3600, seconds as u64 / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds:.0} s left"),
        (0, minutes) => format!("{minutes} min left"),
        (hours, minutes) => format!("{hours} h {minutes} min left"),
    }
}

/// Between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// A callback that tells the plan, then losses, tokens per second and time left: a bar on a terminal, a line a
/// minute and an epoch where the error stream goes to a file.
fn bar(plan: impl Fn(&Progress) -> String) -> impl FnMut(&Progress) -> Control {
    let (to_terminal, started) = (io::stderr().is_terminal(), Instant::now());
    let bar = ProgressBar::no_length();
    let style =
        ProgressStyle::with_template("{bar:24} {pos}/{len} updates, {msg}, {elapsed} gone, {eta} left");
    bar.set_style(style.expect("a fixed template"));
    let mut line = (started, None);
    let mut begun = None;
    move |progress| {
        if begun.is_none() {
            remark!("{}", plan(progress));
        }
        // Updates that this process did not make.
        let before = *begun.get_or_insert(progress.update.saturating_sub(1));
        let message = progress.text(started.elapsed());
        if !to_terminal {
            let epoch = Some(progress.epoch);
            if line.1 != epoch || line.0.elapsed() >= LINE_EVERY {
                line = (Instant::now(), epoch);
                let Progress { update, updates, .. } = *progress;
                let left = left(started.elapsed(), update - before, updates - update);
                remark!("{update}/{updates} updates, {message}, {left}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_that_of_the_updates_made_here() {
        let after = Duration::from_secs(30);
        assert_eq!(left(after, 10, 10), "30 s left");
        assert_eq!(left(after, 1, 9), "4 min left");
        assert_eq!(left(after, 1, 250), "2 h 5 min left");
    }
}
