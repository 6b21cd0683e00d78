//! What a pipeline begins with, from the disk: configurations, trained models, sentences.

use super::{map, own_sentences};
use crate::config::Config;
use crate::crossbar::{CrossbarNet, balance};
use crate::failure::Failure;
use crate::files::{Waits, read_text, share};
use crate::model::{Split, TrainedModel, Vocabulary, read_sentences};
use std::path::Path;

/// A checked `hvae.toml`; without one, all defaults. `waits` hears of a pipe that nobody writes to.
///
/// # Errors
///
/// The file cannot be read, or says what cannot be.
pub fn read_config(path: Option<&Path>, waits: Waits) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text = read_text(path, waits)?;
    Config::parse(&path.display().to_string(), &text).map_err(|e| Failure::input(e.to_string()))
}

/// A model folder, and `config` with the model's own shape in it and its lanes decided.
///
/// # Errors
///
/// The folder is not whole, or no lanes fit.
pub fn read_model(folder: &Path, config: Config) -> Result<(TrainedModel, Config), Failure> {
    if !folder.is_dir() {
        return Err(Failure::input(format!(
            "{}: expected a model folder (model.safetensors, model.toml, vocab.txt), found none; train or import one",
            folder.display()
        )));
    }
    // All of it before or after it is replaced.
    let _reading = share(folder).map_err(|e| Failure::io(folder, e))?;
    let model = TrainedModel::load(folder)?;
    let config =
        Config { model: model.description.model.clone(), train: model.description.train.clone(), ..config };
    Ok((model, balanced(config)?))
}

/// The configuration with its `"auto"` lanes decided.
///
/// # Errors
///
/// No lanes fit.
pub fn balanced(config: Config) -> Result<Config, Failure> {
    balance(config).map_err(|e| Failure::input(e.to_string()))
}

/// Sentences of a file, or of a part of the set in a folder, as token ids.
///
/// # Errors
///
/// The file cannot be read, or has no sentence.
pub fn read_data(
    path: &Path,
    split: Split,
    vocabulary: &Vocabulary,
    waits: Waits,
) -> Result<Vec<Vec<u32>>, Failure> {
    let path = split.file(path)?;
    let text = read_text(&path, waits)?;
    let sentences = read_sentences(&path.display().to_string(), vocabulary, &text)?;
    if sentences.is_empty() {
        return Err(Failure::input(format!("{}: expected a sentence a line, found none", path.display())));
    }
    Ok(sentences)
}

/// Only sentences that the accelerator's buffer holds.
pub fn fitting(sentences: Vec<Vec<u32>>, max_tokens: usize) -> Vec<Vec<u32>> {
    sentences.into_iter().filter(|s| s.len() <= max_tokens).collect()
}

/// A trained model on tiles. Ranges come from the sentences `calibrate`; without any, from what the model writes by
/// itself.
///
/// # Errors
///
/// The network cannot be put on such tiles.
pub fn map_model(
    model: &TrainedModel,
    config: &Config,
    calibrate: Option<&[Vec<u32>]>,
) -> Result<CrossbarNet, Failure> {
    let own = || own_sentences(&model.float_net(), 64, 1);
    let sentences = calibrate.map_or_else(own, <[_]>::to_vec);
    Ok(map(&model.network, &model.weights, config, &sentences)?)
}
