//! What several commands read: configurations, models, sentences.

use super::out::remark;
use super::{Failure, source};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::{CrossbarNet, balance};
use hvae_mnn::files::share;
use hvae_mnn::model::{ModelError, Network, Split, TrainedModel, Vocabulary, read_sentences};
use hvae_mnn::pipeline::{PipelineError, map, own_sentences};
use hvae_mnn::quant::ClippedBias;
use std::path::Path;

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Failure::input(error.to_string())
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        Failure::input(error.to_string())
    }
}

/// A text file, with its name in the message when it cannot be read.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = source::read(path)?;
    String::from_utf8(bytes).map_err(|e| {
        Failure::input(format!(
            "{}: expected UTF-8 text, found byte {} that is none; convert the file",
            path.display(),
            e.utf8_error().valid_up_to()
        ))
    })
}

/// A checked `hvae.toml`; without one, all defaults.
pub fn read_config(path: Option<&Path>) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    Config::parse(&path.display().to_string(), &read_text(path)?).map_err(|e| Failure::input(e.to_string()))
}

/// A model folder, and the configuration with the model's own shape in it.
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
pub fn balanced(config: Config) -> Result<Config, Failure> {
    balance(config).map_err(|e| Failure::input(e.to_string()))
}

/// Sentences of a file, or of a part of the set in a folder, as token ids; refuses a file without any.
pub fn read_data(path: &Path, split: Split, vocabulary: &Vocabulary) -> Result<Vec<Vec<u32>>, Failure> {
    let path = split.file(path)?;
    let sentences = read_sentences(&path.display().to_string(), vocabulary, &read_text(&path)?)?;
    if sentences.is_empty() {
        return Err(Failure::input(format!("{}: expected a sentence a line, found none", path.display())));
    }
    Ok(sentences)
}

/// Only sentences that the accelerator's buffer holds.
pub fn fitting(sentences: Vec<Vec<u32>>, max_tokens: usize) -> Vec<Vec<u32>> {
    sentences.into_iter().filter(|s| s.len() <= max_tokens).collect()
}

/// A trained model on tiles. Ranges come from `calibrate`, a file of sentences or the
/// validation part of a set; without one, from what the model writes by itself.
pub fn map_model(
    model: &TrainedModel,
    config: &Config,
    calibrate: Option<&Path>,
) -> Result<CrossbarNet, Failure> {
    let sentences = match calibrate {
        Some(path) => read_data(path, Split::Valid, &model.vocabulary)?,
        None => own_sentences(&model.float_net(), 64, 1),
    };
    Ok(map(&model.network, &model.weights, config, &sentences)?)
}

/// Says which biases were larger than they can matter.
pub fn tell_clipped(clipped: &[ClippedBias]) {
    clipped.iter().for_each(|clipped| remark!("hvae: {clipped}"));
}

/// The network that `[model]` asks for.
pub fn network(config: &Config) -> Result<Network, Failure> {
    Ok(Network::describe(&config.model, config.train.lambda_low)?)
}
