//! A run from sentences to a model folder.
// A run makes its model folder.
#![allow(clippy::disallowed_methods)]

mod fits;

use super::adam::{Adam, beginning};
use super::batch::{Batch, order_of_epoch, sort_for_epoch};
use super::batch_norm::folded;
use super::checkpoint::{self, CHECKPOINT_FILE, Lagging, Position};
use super::corpus::{Corpus, sentences};
use super::gpu::Device;
use super::hardware::{Hardware, Program};
use super::lagging::parts;
use super::machine::{Machine, Update};
use super::measured::Measured;
use super::objective::{TermWeights, kl_weight};
use super::progress::{Control, Progress};
use super::rate::learning_rate;
use crate::config::{Config, Protocol, Train};
use crate::model::{
    Answers, Baselines, DESCRIPTION_FILE, Description, Effort, Evaluation, Example, FloatNet, FrameBaseline,
    LABELS_FILE, METRICS_FILE, ModelError, Network, Ngram, Random, TrainedModel, VOCABULARY_FILE,
    WEIGHTS_FILE, evaluate, evaluate_conversations, measure_answers, write_whole,
};
use fits::fits;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Samples of the importance-weighted bound of latents of steps, as published (Goyal et al., 2017).
const SAMPLES_OF_STEPS: usize = 25;
/// Updates between two checkpoints within an epoch.
const CHECKPOINT_EVERY: usize = 500;

/// What to fit, on what, and where to.
pub struct TrainRequest<'a> {
    /// Its `[model]` and `[train]`.
    pub config: &'a Config,
    /// A folder with a file for each [`Split`](crate::model::Split).
    pub data: &'a Path,
    /// The model folder; created if absent, resumed if it holds a checkpoint of this request.
    pub out: &'a Path,
    /// A trained model of the same network to start from; absent: random weights.
    pub from: Option<&'a TrainedModel>,
    /// The net as cells would hold it, asked with `hardware_every`; [`no_cells`](super::no_cells) where that is 0.
    pub program: Program<'a>,
    /// A graphics processor for the updates, if any.
    pub device: Option<Device>,
    /// Called after every update.
    pub progress: &'a mut dyn FnMut(&Progress) -> Control,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// False if the progress callback stopped it; run it again to go on.
    pub finished: bool,
    /// Epochs done.
    pub epochs: usize,
    /// Best validation NLL in nats per sentence and its epoch, counted from 1.
    pub best: Option<(f64, usize)>,
    /// Of the best epoch, on the test sentences; absent until finished.
    pub test: Option<Test>,
    /// The same of a network that writes no words.
    pub answers: Option<Answers>,
}

/// Held-out figures of the finished model, and the baselines on the same tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    pub paper: Evaluation,
    pub honest: Evaluation,
    /// Of a network that was trained over pads, and is measured so too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padded: Option<Evaluation>,
    pub baselines: Baselines,
}

/// One line of `metrics.jsonl` per epoch. No times: same request, same bytes.
#[derive(Debug, Serialize)]
struct EpochLine<'a> {
    epoch: usize,
    updates: u64,
    learning_rate: f32,
    kl_weight: f32,
    /// Per sentence, nats.
    reconstruction: f64,
    step_kl: f64,
    last_kl: f64,
    /// Share of the updates whose gradient was longer than `clip_norm`, where there is a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    clipped: Option<f64>,
    /// Of latents of steps, and of what is there for training alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<StepTerms>,
    valid: &'a Measured,
}

/// Per sentence, nats.
#[derive(Debug, Serialize)]
struct StepTerms {
    kl: f64,
    auxiliary: f64,
    reverse: f64,
    auxiliary_weight: f32,
}

/// Fits the network of `request.config`, or goes on where an interrupted run stopped.
///
/// # Errors
///
/// Data or model folder cannot be read or written, or an update is not finite.
pub fn run(request: TrainRequest<'_>) -> Result<Summary, ModelError> {
    let TrainRequest { config, data, out, from, program, device, progress } = request;
    let train = &config.train;
    let network = Network::to_train(&config.model, train.lambda_low)?;
    fits(train, &network)?;
    let corpus = Corpus::read(data, config, &network)?;
    let description = Description { model: config.model.clone(), train: train.clone() };
    let checkpoint = out.join(CHECKPOINT_FILE);
    let (mut net, mut adam, mut position) = if checkpoint.exists() {
        checkpoint::load(&checkpoint, &network, &corpus.digest)?
    } else {
        let net = match from {
            Some(model) => start_from(model, &network, &corpus)?,
            None => FloatNet::with_tensors(&network, beginning(&network, train)),
        };
        prepare(out)?;
        let adam = Adam::new(&network, net.tensors());
        let lagging = Lagging::begin(train);
        let position = Position { request: corpus.digest.clone(), lagging, ..Position::default() };
        // From here on what lies in the folder is ours, whenever the run is killed.
        checkpoint::save(&checkpoint, &net, &adam, &position)?;
        (net, adam, position)
    };

    let batches = corpus.train.len().div_ceil(train.batch);
    if !position.fits(train.epochs, batches) {
        return Err(ModelError::new(
            checkpoint.display().to_string(),
            format!("a position in {} epochs of {batches} updates", train.epochs),
            format!("update {} of epoch {}, {} in all", position.batch, position.epoch, position.updates),
            "remove the file to start over",
        ));
    }
    let mut machine = Machine::new(device, &net, &adam, train)?;

    let updates = (train.epochs * batches) as u64;
    let mut hardware = Hardware::new(program, train.hardware_every);
    let mut tokens = 0;
    let mut validation = None;
    while position.epoch < train.epochs && !out_of_patience(train, &position) {
        let order = sort_for_epoch(&corpus.train, train, position.epoch);
        let ranges = order_of_epoch(corpus.train.len(), train, position.epoch);
        while position.batch < batches {
            let keys = [train.seed, position.epoch as u64, 2 + position.batch as u64];
            let mut random = Random::keyed(&keys);
            let chosen = &order[ranges[position.batch].clone()];
            let examples: Vec<&Example> = chosen.iter().map(|&i| &corpus.train[i]).collect();
            let batch = Batch::of(&network, &examples, train, &mut random);
            let weights = TermWeights::at(train, position.updates as f32 / batches as f32);
            let learning_rate = learning_rate(train, position.updates, updates);
            let rates = (weights, learning_rate);
            hardware.programmed(&net, position.batch, position.updates)?;
            let both = (&mut net, &mut adam);
            let parts = parts(&mut machine, both, &hardware, &mut position, &corpus, train, rates)?;
            let update = Update { batch: &batch, train, weights, learning_rate, parts, random };
            let (losses, norm) = machine.update(&mut net, &mut adam, &hardware, update)?;
            if !norm.is_finite() {
                return Err(ModelError::new(
                    format!("update {} of epoch {}", position.batch + 1, position.epoch + 1),
                    "a finite gradient",
                    format!("one of norm {norm}"),
                    "lower learning_rate or set clip_norm, and start over",
                ));
            }
            position.losses.add(&losses);
            position.clipped += u64::from(train.clip_norm > 0.0 && norm > train.clip_norm);
            position.batch += 1;
            position.updates += 1;
            tokens += losses.tokens as u64;
            let now = Progress {
                epoch: position.epoch,
                epochs: train.epochs,
                update: position.updates,
                updates,
                tokens,
                reconstruction: position.losses.reconstruction / position.losses.sentences as f64,
                last_kl: (position.losses.last_kl + position.losses.draw_kl)
                    / position.losses.sentences as f64,
                validation,
            };
            let stop = progress(&now) == Control::Stop;
            if stop || position.batch.is_multiple_of(CHECKPOINT_EVERY) {
                machine.settle(&mut net, &mut adam)?;
                checkpoint::save(&checkpoint, &net, &adam, &position)?;
            }
            if stop {
                return Ok(Summary {
                    finished: false,
                    epochs: position.epoch,
                    best: position.best,
                    test: None,
                    answers: None,
                });
            }
        }
        machine.settle(&mut net, &mut adam)?;
        // What is saved and measured has no batch to take statistics of.
        let whole = match train.batch_norm > 0.0 {
            true => folded(&net, train.batch_norm, &sentences(&corpus.train)),
            false => net.deployed(),
        };
        hardware.programmed(&whole, position.batch, position.updates)?;
        let mut seen = hardware.seen(&whole).unwrap_or_else(|| whole.clone());
        let measured = end_epoch(&mut seen, &mut position, train, &corpus, updates);
        validation = Some(measured.nll());
        if let Some(lagging) = &mut position.lagging {
            lagging.measured(measured.information());
        }
        if position.best.is_none_or(|(best, _)| measured.nll() < best) {
            position.best = Some((measured.nll(), position.epoch));
            let model = TrainedModel::new(description.clone(), whole.weights(), corpus.vocabulary.clone())?;
            model.with_labels(corpus.labels.clone())?.save(out)?;
        }
        write_whole(&out.join(METRICS_FILE), position.metrics.as_bytes())?;
        checkpoint::save(&checkpoint, &net, &adam, &position)?;
    }
    finish(out, &corpus, &position)
}

/// The net of a model that has this network and reads these words.
fn start_from(model: &TrainedModel, network: &Network, corpus: &Corpus) -> Result<FloatNet, ModelError> {
    let net = model.float_net();
    let same = model.vocabulary == corpus.vocabulary && model.labels == corpus.labels;
    if net.network().tensors() == network.tensors() && same {
        return Ok(net);
    }
    Err(ModelError::new(
        "--from",
        "a model of the network in [model] with the vocabulary and labels of the data for training",
        "another one",
        "use the configuration and the data that the model was trained with",
    ))
}

/// Measures on the validation sentences, writes the line of the epoch, steps to the next one.
fn end_epoch(
    net: &mut FloatNet,
    position: &mut Position,
    train: &Train,
    corpus: &Corpus,
    updates: u64,
) -> Measured {
    let measured = Measured::of(net, &corpus.valid, train);
    let losses = std::mem::take(&mut position.losses);
    let each = |sum: f64| sum / losses.sentences as f64;
    let clipped = std::mem::take(&mut position.clipped) as f64 / position.batch as f64;
    position.epoch += 1;
    position.batch = 0;
    let line = EpochLine {
        epoch: position.epoch,
        updates: position.updates,
        learning_rate: learning_rate(train, position.updates, updates),
        kl_weight: kl_weight(train, position.epoch as f32),
        reconstruction: each(losses.reconstruction),
        step_kl: each(losses.step_kl),
        last_kl: each(losses.last_kl),
        clipped: (train.clip_norm > 0.0).then_some(clipped),
        steps: net.network().draw().is_some().then(|| StepTerms {
            kl: each(losses.draw_kl),
            auxiliary: each(losses.auxiliary),
            reverse: each(losses.reverse),
            auxiliary_weight: TermWeights::at(train, position.epoch as f32).auxiliary,
        }),
        valid: &measured,
    };
    position.metrics += &serde_json::to_string(&line).expect("plain values");
    position.metrics.push('\n');
    measured
}

/// Measures the best epoch on the test sentences and clears the checkpoint away.
fn finish(out: &Path, corpus: &Corpus, position: &Position) -> Result<Summary, ModelError> {
    let model = TrainedModel::load(out)?;
    let mut net = model.float_net();
    if model.network.vocabulary_block().is_none() {
        let samples = if model.network.draw().is_some() { SAMPLES_OF_STEPS } else { 0 };
        let answers = measure_answers(&mut net, &corpus.test).bounded(&mut net, &corpus.test, samples);
        let mut line = serde_json::json!({ "best_epoch": position.best.map(|b| b.1), "test": answers });
        if model.network.bits_block().is_some() {
            let baselines = FrameBaseline::fit(&corpus.train).measure(&corpus.test);
            line["baselines"] = serde_json::to_value(baselines).expect("plain values");
        }
        return close(out, position, &line, (None, Some(answers)));
    }
    // Without z there is one way only that a sentence can come about.
    let importance_samples = match (model.network.latent(), model.network.draw()) {
        (Some(_), _) => 100,
        (None, Some(_)) => SAMPLES_OF_STEPS,
        (None, None) => 0,
    };
    let train = &model.description.train;
    let over_pads = !train.mask_pads && model.network.latent().is_some();
    let effort = Effort { importance_samples, padded_batch: train.batch, ..Effort::default() };
    if model.network.converses() {
        let of = |examples: &[Example]| -> Vec<Vec<u32>> {
            examples.iter().flat_map(|conversation| conversation.turns.clone()).collect()
        };
        let mut by = |protocol| evaluate_conversations(&mut net, &corpus.test, protocol, &effort);
        let (paper, honest) = (by(Protocol::Paper), by(Protocol::Honest));
        let baselines = Ngram::fit(&of(&corpus.train), corpus.vocabulary.len()).measure(&of(&corpus.test));
        let test = Test { paper, honest, padded: None, baselines };
        let line = serde_json::json!({ "best_epoch": position.best.map(|b| b.1), "test": test });
        return close(out, position, &line, (Some(test), None));
    }
    let held_out = sentences(&corpus.test);
    let baselines = Ngram::fit(&sentences(&corpus.train), corpus.vocabulary.len()).measure(&held_out);
    let test = Test {
        paper: evaluate(&mut net, &held_out, Protocol::Paper, &effort),
        honest: evaluate(&mut net, &held_out, Protocol::Honest, &effort),
        padded: over_pads.then(|| evaluate(&mut net, &held_out, Protocol::Padded, &effort)),
        baselines,
    };
    let line = serde_json::json!({ "best_epoch": position.best.map(|b| b.1), "test": test });
    close(out, position, &line, (Some(test), None))
}

/// Writes the last line of the figures and removes the checkpoint.
fn close(
    out: &Path,
    position: &Position,
    line: &serde_json::Value,
    (test, answers): (Option<Test>, Option<Answers>),
) -> Result<Summary, ModelError> {
    let metrics = format!("{}{line}\n", position.metrics);
    write_whole(&out.join(METRICS_FILE), metrics.as_bytes())?;
    let checkpoint = out.join(CHECKPOINT_FILE);
    std::fs::remove_file(&checkpoint).map_err(|error| disk(&checkpoint, &error))?;
    Ok(Summary { finished: true, epochs: position.epoch, best: position.best, test, answers })
}

fn out_of_patience(train: &Train, position: &Position) -> bool {
    let since_best = position.epoch - position.best.map_or(0, |(_, epoch)| epoch);
    train.patience > 0 && since_best >= train.patience
}

/// What a run writes into its folder.
pub const FILES: [&str; 6] =
    [DESCRIPTION_FILE, WEIGHTS_FILE, VOCABULARY_FILE, LABELS_FILE, METRICS_FILE, CHECKPOINT_FILE];

/// Makes the model folder, or refuses one with files that are not of this run.
fn prepare(out: &Path) -> Result<(), ModelError> {
    if let Some(name) = FILES.iter().find(|name| out.join(name).exists()) {
        let found = match *name {
            DESCRIPTION_FILE => "a finished model",
            name => name,
        };
        return Err(ModelError::new(
            out.display().to_string(),
            "a new folder, or one with a checkpoint to go on from",
            found,
            "remove it or choose another folder",
        ));
    }
    std::fs::create_dir_all(out).map_err(|error| disk(out, &error))
}

fn disk(path: &Path, error: &std::io::Error) -> ModelError {
    ModelError::new(
        path.display().to_string(),
        "a place to write to",
        error.to_string(),
        "check the folder, its permissions and the space left",
    )
}
