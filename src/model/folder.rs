//! A model folder: `model.safetensors`, `model.toml`, `vocab.txt`, `metrics.jsonl`.
// A model is a folder: read and written here, each file whole.
#![allow(clippy::disallowed_methods)]

use super::{FloatNet, Labels, ModelError, Network, Op, Split, Vocabulary, Weights};
use crate::config::{Config, Model, Train};
use crate::files::{sha256, what_is};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Names of the files of a model folder.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// Of the description in a model folder.
pub const DESCRIPTION_FILE: &str = "model.toml";
/// Of the words, one a line.
pub const VOCABULARY_FILE: &str = "vocab.txt";
/// Names of labels, where the network has a head of them.
pub const LABELS_FILE: &str = "labels.txt";
/// Of the training's course, one row an epoch.
pub const METRICS_FILE: &str = "metrics.jsonl";

/// A trained model as it lies on disk, checked: the weights are those of the network, the
/// vocabulary has as many words as the network.
#[derive(Debug, Clone)]
pub struct TrainedModel {
    /// What it is and how it was trained.
    pub description: Description,
    /// Its blocks.
    pub network: Network,
    /// Its tensors.
    pub weights: Weights,
    /// Its words.
    pub vocabulary: Vocabulary,
    /// Of a label head; empty without one.
    pub labels: Labels,
}

/// What the network is and how it was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its shape.
    pub model: Model,
    /// Defaults where the model was imported.
    pub train: Train,
}

/// `model.toml`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescriptionFile {
    model: Model,
    #[serde(default)]
    train: Train,
    sha256: Digests,
}

/// What the other files must hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    weights: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    vocabulary: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    labels: String,
}

impl Description {
    /// Reads `model.toml`: the description, and what the other files must hash to. `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// Text that is no such file, or a model that cannot be.
    pub fn parse(file: &str, text: &str) -> Result<(Description, Digests), ModelError> {
        let wrong = |found: String| {
            ModelError::new(
                file,
                "the description of a trained network, with the sha256 of its files",
                found,
                "restore the file that training or import wrote",
            )
        };
        let read: DescriptionFile =
            toml::from_str(text).map_err(|error| wrong(error.message().to_string()))?;
        let config = Config { model: read.model, train: read.train, ..Config::default() };
        config.check(file)?;
        Ok((Description { model: config.model, train: config.train }, read.sha256))
    }
}

impl TrainedModel {
    /// Joins the parts of a model, checking them against each other. The weights become what `[train] stored_as` holds of them.
    ///
    /// # Errors
    ///
    /// The vocabulary has not as many words as the network, or a weight is too large for `stored_as`.
    pub fn new(
        description: Description,
        weights: Weights,
        vocabulary: Vocabulary,
    ) -> Result<Self, ModelError> {
        let network = Network::describe(&description.model, description.train.lambda_low)?;
        check_vocabulary(VOCABULARY_FILE, &vocabulary, &network)?;
        let vocabulary = vocabulary.with_tokenizer(description.model.tokenizer);
        let weights = weights.rounded(WEIGHTS_FILE, description.train.stored_as)?;
        let labels = Labels::numbered(label_count(&network).unwrap_or(0));
        Ok(TrainedModel { description, network, weights, vocabulary, labels })
    }

    /// The same with names for its labels.
    ///
    /// # Errors
    /// If they are more or fewer than the network tells apart.
    pub fn with_labels(self, labels: Labels) -> Result<Self, ModelError> {
        check_labels(LABELS_FILE, &labels, &self.network)?;
        Ok(TrainedModel { labels, ..self })
    }

    /// Reads a model folder.
    ///
    /// # Errors
    ///
    /// A file is missing, or not what the description says.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(DESCRIPTION_FILE);
        let text = text_of(&path)?;
        let (description, digests) = Description::parse(&path.display().to_string(), &text)?;
        let network = Network::describe(&description.model, description.train.lambda_low)?;

        let mut vocabulary = Vocabulary::none();
        if network.vocabulary > 0 {
            let path = folder.join(VOCABULARY_FILE);
            let name = path.display().to_string();
            let text = text_of(&path)?;
            vocabulary = Vocabulary::parse(&name, &text)?.with_tokenizer(description.model.tokenizer);
            check_vocabulary(&name, &vocabulary, &network)?;
            check_digest(&name, text.as_bytes(), &digests.vocabulary)?;
        }
        let mut labels = Labels::default();
        if label_count(&network).is_some() {
            let path = folder.join(LABELS_FILE);
            let name = path.display().to_string();
            let text = text_of(&path)?;
            labels = Labels::parse(&name, &text)?;
            check_labels(&name, &labels, &network)?;
            check_digest(&name, text.as_bytes(), &digests.labels)?;
        }

        let path = folder.join(WEIGHTS_FILE);
        let name = path.display().to_string();
        let bytes = bytes_of(&path)?;
        let weights = Weights::parse(&name, &bytes, &network)?;
        check_digest(&name, &bytes, &digests.weights)?;
        Ok(TrainedModel { description, network, weights, vocabulary, labels })
    }

    /// The files of a model folder, each with its name; the description, which has the hashes of the others, last.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let weights = self.weights.to_bytes(self.description.train.stored_as);
        let vocabulary = self.vocabulary.to_text().into_bytes();
        let labels = self.labels.to_text().into_bytes();
        let digest = |bytes: &[u8]| if bytes.is_empty() { String::new() } else { sha256(bytes) };
        let file = DescriptionFile {
            model: self.description.model.clone(),
            train: self.description.train.clone(),
            sha256: Digests {
                weights: sha256(&weights),
                vocabulary: digest(&vocabulary),
                labels: digest(&labels),
            },
        };
        let description = toml::to_string(&file).expect("plain values").into_bytes();
        let mut files = vec![(WEIGHTS_FILE, weights), (VOCABULARY_FILE, vocabulary), (LABELS_FILE, labels)];
        files.retain(|(_, bytes)| !bytes.is_empty());
        files.push((DESCRIPTION_FILE, description));
        files
    }

    /// Writes them into an existing folder, each whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        self.files().iter().try_for_each(|(name, bytes)| write_whole(&folder.join(name), bytes))
    }

    /// The float forward pass of this model.
    pub fn float_net(&self) -> FloatNet {
        FloatNet::new(&self.network, &self.weights).expect("weights were checked on the way in")
    }
}

/// Writes a file so that it has either its old or its new contents, never a part.
///
/// # Errors
///
/// Those of the disk.
pub fn write_whole(path: &Path, contents: &[u8]) -> Result<(), ModelError> {
    crate::files::write_whole(path, contents).map_err(|error| {
        ModelError::new(
            path.display().to_string(),
            "a place to write to",
            error.to_string(),
            "check the folder, its permissions and the space left",
        )
    })
}

impl Split {
    /// The file of this split in folder `set`, see [`choose`](Self::choose). A `set` that is no folder
    /// is the file itself.
    ///
    /// # Errors
    ///
    /// The folder has no such file, or more than one.
    pub fn file(self, set: &Path) -> Result<PathBuf, ModelError> {
        self.file_of(set, "txt")
    }

    /// The same of files that end in `.extension`.
    ///
    /// # Errors
    ///
    /// The folder has no such file, or more than one.
    pub fn file_of(self, set: &Path, extension: &str) -> Result<PathBuf, ModelError> {
        if !set.is_dir() {
            return Ok(set.to_path_buf());
        }
        let names = std::fs::read_dir(set).map(|entries| {
            let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.collect::<Vec<_>>()
        });
        let names = names.map_err(|error| {
            ModelError::new(
                set.display().to_string(),
                "a readable folder",
                error.to_string(),
                "check the path",
            )
        })?;
        Ok(set.join(self.choose_of(&set.display().to_string(), &names, extension)?))
    }
}

/// The bytes of a file: of nothing else, since a pipe may never be written to and a device may have no end.
///
/// # Errors
///
/// It is no file, or cannot be read.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, ModelError> {
    let wrong = |found: String| {
        ModelError::new(path.display().to_string(), "a readable file", found, "check the path")
    };
    let found = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !found.is_file() {
        return Err(wrong(what_is(&found).into()));
    }
    std::fs::read(path).map_err(|error| wrong(error.to_string()))
}

/// The text of a file, which must be UTF-8.
///
/// # Errors
///
/// Those of [`bytes_of`], and bytes that are no UTF-8.
pub fn text_of(path: &Path) -> Result<String, ModelError> {
    String::from_utf8(bytes_of(path)?).map_err(|error| {
        ModelError::new(
            path.display().to_string(),
            "UTF-8 text",
            format!("other bytes from byte {}", error.utf8_error().valid_up_to()),
            "convert the file to UTF-8",
        )
    })
}

fn check_vocabulary(file: &str, vocabulary: &Vocabulary, network: &Network) -> Result<(), ModelError> {
    if vocabulary.len() == network.vocabulary {
        return Ok(());
    }
    Err(ModelError::new(
        file,
        format!("{} words, as [model] vocabulary says", network.vocabulary),
        format!("{} words", vocabulary.len()),
        "use the vocabulary the model was trained with",
    ))
}

/// Labels that a network tells apart, if it does.
fn label_count(network: &Network) -> Option<usize> {
    network.heads().find_map(|head| match network.blocks[head].op {
        Op::Label { classes, .. } => Some(classes),
        _ => None,
    })
}

/// Refuses more or fewer labels than `network` tells apart. `file` names where they are from.
///
/// # Errors
/// If they are not as many.
pub fn check_labels(file: &str, labels: &Labels, network: &Network) -> Result<(), ModelError> {
    let count = label_count(network).unwrap_or(0);
    if labels.len() == count {
        return Ok(());
    }
    let found = match labels.len() {
        0..=20 => format!("{} labels: {}", labels.len(), labels.names().join(", ")),
        many => format!("{many} labels"),
    };
    Err(ModelError::new(
        file,
        format!("{count} labels, as many as the network tells apart"),
        found,
        "set [model] classes to their number, or correct the data",
    ))
}

fn check_digest(file: &str, bytes: &[u8], expected: &str) -> Result<(), ModelError> {
    let got = sha256(bytes);
    if expected == got {
        return Ok(());
    }
    Err(ModelError::new(
        file,
        format!("the sha256 {expected} of {DESCRIPTION_FILE}"),
        got,
        "restore the file, or train or import again",
    ))
}
