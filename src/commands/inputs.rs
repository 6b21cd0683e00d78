//! What several commands read: configurations, models, sentences. A pipe is waited for with a word.

use super::Failure;
use super::out::remark;
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::files;
use hvae_mnn::model::{Example, Network, Split, TrainedModel, Vocabulary};
use hvae_mnn::pipeline;
use hvae_mnn::quant::ClippedBias;
use std::path::Path;

pub use hvae_mnn::pipeline::{balanced, fitting, read_model};

/// Says that a pipe has nobody who writes to it.
fn nobody_writes(path: &Path) {
    remark!("hvae: {}: nobody has written to it yet; waiting (Ctrl-C ends it)", path.display());
}

/// Says that an output is still being read.
pub fn somebody_reads(path: &Path) {
    remark!("waiting for another `hvae` that reads {}", path.display());
}

pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, &nobody_writes)
}

pub fn read_text(path: &Path) -> Result<String, Failure> {
    files::read_text(path, &nobody_writes)
}

pub fn read_config(path: Option<&Path>) -> Result<Config, Failure> {
    pipeline::read_config(path, &nobody_writes)
}

pub fn read_data(path: &Path, split: Split, vocabulary: &Vocabulary) -> Result<Vec<Vec<u32>>, Failure> {
    pipeline::read_data(path, split, vocabulary, &nobody_writes)
}

pub fn read_words(path: &Path, split: Split, of: (&Vocabulary, &Network)) -> Result<Vec<Vec<u32>>, Failure> {
    pipeline::read_words(path, split, of, &nobody_writes)
}

pub fn read_examples(path: &Path, split: Split, model: &TrainedModel) -> Result<Vec<Example>, Failure> {
    pipeline::read_examples(path, split, model, &nobody_writes)
}

pub fn read_conversations(
    path: &Path,
    split: Split,
    of: (&Vocabulary, usize),
) -> Result<Vec<Example>, Failure> {
    pipeline::read_conversations(path, split, of, &nobody_writes)
}

pub fn read_frames(path: &Path, split: Split, network: &Network) -> Result<Vec<Example>, Failure> {
    pipeline::read_frames(path, split, network, &nobody_writes)
}

/// Refuses a model that writes no words, for a command that is about them.
pub fn writes_words(model: &TrainedModel, command: &str) -> Result<(), Failure> {
    match model.network.vocabulary_block() {
        Some(_) => Ok(()),
        None => Err(Failure::input(format!(
            "hvae {command}: expected a model that writes words, found one of family {}; `hvae eval` measures it",
            model.network.family
        ))),
    }
}

/// A trained model on tiles, with the ranges of `calibrate`: a file, or the validation part of a set.
pub fn map_model(
    model: &TrainedModel,
    config: &Config,
    calibrate: Option<&Path>,
) -> Result<CrossbarNet, Failure> {
    let examples = calibrate.map(|path| read_examples(path, Split::Valid, model)).transpose()?;
    pipeline::map_model_on(model, config, examples.as_deref())
}

/// Says which biases were larger than they can matter.
pub fn tell_clipped(clipped: &[ClippedBias]) {
    clipped.iter().for_each(|clipped| remark!("hvae: {clipped}"));
}

/// The network that `[model]` asks for, with what is there for training alone.
pub fn to_train(config: &Config) -> Result<Network, Failure> {
    Ok(Network::to_train(&config.model, config.train.lambda_low)?)
}

/// The network that `[model]` asks for.
pub fn network(config: &Config) -> Result<Network, Failure> {
    Ok(Network::describe(&config.model, config.train.lambda_low)?)
}
