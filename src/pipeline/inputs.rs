//! What a pipeline begins with, from the disk: configurations, trained models, sentences.

use super::{map_on, own_examples};
use crate::config::Config;
use crate::crossbar::{CrossbarNet, balance};
use crate::failure::Failure;
use crate::files::{Waits, read_text, share};
use crate::model::{
    Conversations, Dialogues, Example, Labelled, Labels, Lines, Network, Pieces, Split, TrainedModel,
    Vocabulary, read_sentences,
};
use std::path::Path;

/// A checked `hvae.toml`; without one, all defaults. `waits` hears of a pipe that nobody writes to.
///
/// # Errors
///
/// The file cannot be read, or says what cannot be.
pub fn read_config(path: Option<&Path>, waits: Waits) -> Result<Config, Failure> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text = read_text(path, waits)?;
    let file = path.display().to_string();
    let mut config = Config::parse(&file, &text).map_err(|e| Failure::input(e.to_string()))?;
    let model = &mut config.model;
    if let (Some(description), None) = (&model.description, &model.network) {
        // Beside the configuration, unless it is a path from the root.
        let described = path.parent().unwrap_or(Path::new("")).join(description);
        let text = read_text(&described, waits)
            .map_err(|e| Failure::input(format!("{file}: [model] description = {description}: {e}")))?;
        Network::from_text(&described.display().to_string(), &text, model.vocabulary)?;
        model.network = Some(text);
    }
    Ok(config)
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

/// The same as `network` reads them: of lines that begin with a label, the sentences.
///
/// # Errors
///
/// The file cannot be read, or has no sentence.
pub fn read_words(
    path: &Path,
    split: Split,
    (vocabulary, network): (&Vocabulary, &Network),
    waits: Waits,
) -> Result<Vec<Vec<u32>>, Failure> {
    let Some(set) = Labelled::of(network) else { return read_data(path, split, vocabulary, waits) };
    let path = split.file(path)?;
    let (file, text) = (path.display().to_string(), read_text(&path, waits)?);
    let sentences = set.sentences(&file, &text)?.join("\n");
    let sentences = read_sentences(&file, vocabulary, &sentences)?;
    match sentences.is_empty() {
        true => Err(Failure::input(format!("{file}: expected a sentence a line, found none"))),
        false => Ok(sentences),
    }
}

/// Sequences of a file, or of a part of the set in a folder, as `model` reads them: words with labels, frames with
/// numbers, pieces of frames, or sentences.
///
/// # Errors
///
/// The file cannot be read, or has another shape.
pub fn read_examples(
    path: &Path,
    split: Split,
    model: &TrainedModel,
    waits: Waits,
) -> Result<Vec<Example>, Failure> {
    if let Some(pieces) = Pieces::of(&model.network) {
        let path = split.file(path)?;
        return Ok(pieces.read(&path.display().to_string(), &read_text(&path, waits)?)?);
    }
    if model.network.converses() {
        let path = split.file(path)?;
        let of = Conversations::of(&model.description.model, &model.description.train);
        let read = of.read(&path.display().to_string(), &read_text(&path, waits)?)?;
        return Ok(of.examples(&read, &model.vocabulary));
    }
    if let Some(set) = Labelled::of(&model.network) {
        let path = split.file(path)?;
        let (file, text) = (path.display().to_string(), read_text(&path, waits)?);
        return Ok(set.examples(&file, &text, &model.vocabulary, &model.labels)?);
    }
    let Some(lines) = Lines::of(&model.network) else {
        let sentences = read_data(path, split, &model.vocabulary, waits)?;
        return Ok(sentences.into_iter().map(Example::sentence).collect());
    };
    let path = split.file_of(path, lines.extension())?;
    let text = read_text(&path, waits)?;
    Ok(lines.examples(&path.display().to_string(), &text, &model.vocabulary, &model.labels)?)
}

/// Conversations of a file, or of a part of the set in a folder, whoever trained their network; a sentence of more than `most`
/// tokens is cut before `<eos>`.
///
/// # Errors
///
/// The file cannot be read, or holds no conversation.
pub fn read_conversations(
    path: &Path,
    split: Split,
    (vocabulary, most): (&Vocabulary, usize),
    waits: Waits,
) -> Result<Vec<Example>, Failure> {
    let path = split.file(path)?;
    let text = read_text(&path, waits)?;
    let read = Dialogues::read(&path.display().to_string(), &text, vocabulary.tokenizer())?;
    Ok(read.numbered(vocabulary, most).into_iter().map(Example::conversation).collect())
}

/// Frames of a file, or of a part of the set in a folder, as `network` reads them, whoever trained it: pieces, or lines of
/// numbers with what should be said of them.
///
/// # Errors
///
/// The file cannot be read, or has another shape.
///
/// # Panics
/// If the network reads words.
pub fn read_frames(
    path: &Path,
    split: Split,
    network: &Network,
    waits: Waits,
) -> Result<Vec<Example>, Failure> {
    if let Some(pieces) = Pieces::of(network) {
        let path = split.file(path)?;
        return Ok(pieces.read(&path.display().to_string(), &read_text(&path, waits)?)?);
    }
    let lines = Lines::of(network).expect("a network that reads frames");
    let path = split.file_of(path, lines.extension())?;
    let (file, text) = (path.display().to_string(), read_text(&path, waits)?);
    let labels = if lines.has_labels() { lines.labels(&file, &text)? } else { Labels::default() };
    Ok(lines.examples(&file, &text, &Vocabulary::none(), &labels)?)
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
    let examples = calibrate.map(|s| s.iter().cloned().map(Example::sentence).collect::<Vec<_>>());
    map_model_on(model, config, examples.as_deref())
}

/// The same with ranges from sequences of any kind.
///
/// # Errors
///
/// The network cannot be put on such tiles.
pub fn map_model_on(
    model: &TrainedModel,
    config: &Config,
    calibrate: Option<&[Example]>,
) -> Result<CrossbarNet, Failure> {
    let own = || own_examples(&model.float_net(), 64, 1);
    let examples = calibrate.map_or_else(own, <[_]>::to_vec);
    Ok(map_on(&model.network, &model.weights, config, &examples)?)
}
