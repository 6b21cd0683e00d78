//! What a run reads: sentences, or sequences with what should be said of them.

use crate::config::{Config, Train};
use crate::files::Digest;
use crate::model::{
    Conversations, Example, LABELS_FILE, Labelled, Labels, Lines, ModelError, Network, Pieces, Random, Split,
    Vocabulary, check_labels, read_sentences, sentences_of, text_of,
};
use std::path::Path;

/// The sequences of a data folder in the ids of their vocabulary.
pub struct Corpus {
    pub vocabulary: Vocabulary,
    /// Names of labels; empty where none are learned.
    pub labels: Labels,
    pub train: Vec<Example>,
    pub valid: Vec<Example>,
    pub test: Vec<Example>,
    /// Of configuration and texts, in hexadecimal.
    pub digest: String,
}

impl Corpus {
    /// Reads the three parts of the set in folder `data` for `network`; vocabulary and labels are those of the first,
    /// the latter those of its `labels.txt` where there is one.
    pub fn read(data: &Path, config: &Config, network: &Network) -> Result<Self, ModelError> {
        let (lines, pieces) = (Lines::of(network), Pieces::of(network));
        let extension = lines.map_or("txt", Lines::extension);
        let mut hash = Digest::default().with(toml::to_string(config).expect("plain values"));
        let (mut texts, mut files) = (Vec::new(), Vec::new());
        for split in Split::ALL {
            let path = split.file_of(data, extension)?;
            let text = text_of(&path)?;
            if text.trim().is_empty() && pieces.is_none() {
                return Err(ModelError::new(
                    path.display().to_string(),
                    "one sentence a line",
                    "no sentence",
                    "point --data at a folder with the sentences for training, validation and test",
                ));
            }
            hash = hash.with((text.len() as u64).to_le_bytes()).with(&text);
            texts.push(text);
            files.push(path.display().to_string());
        }
        let (size, tokenizer) = (config.model.vocabulary, config.model.tokenizer);
        if network.converses() {
            let read = |i: usize| Conversations::of(&config.model, &config.train).read(&files[i], &texts[i]);
            let parts = [read(0)?, read(1)?, read(2)?];
            let vocabulary = parts[0].vocabulary(config.model.tokenizer, config.model.vocabulary);
            fits_in(&vocabulary, network, config)?;
            let [train, valid, test] = parts
                .map(|part| Conversations::of(&config.model, &config.train).examples(&part, &vocabulary));
            return Ok(Corpus {
                vocabulary,
                labels: Labels::default(),
                train,
                valid,
                test,
                digest: hash.hex(),
            });
        }
        let labelled = Labelled::of(network);
        let vocabulary = match lines {
            _ if network.vocabulary == 0 => Vocabulary::none(),
            None => match labelled {
                Some(set) => Vocabulary::of_text(tokenizer, set.sentences(&files[0], &texts[0])?, size),
                None => Vocabulary::of_text(tokenizer, sentences_of(&texts[0]), size),
            },
            Some(lines) => Vocabulary::of_words(lines.words(&files[0], &texts[0])?.into_iter(), size),
        };
        fits_in(&vocabulary, network, config)?;
        let mut labels = Labels::default();
        let of_lines = lines.filter(|lines| lines.has_labels());
        if labelled.is_some() || of_lines.is_some() {
            let named = data.join(LABELS_FILE);
            let from = if named.exists() { named.display().to_string() } else { files[0].clone() };
            labels = match named.exists() {
                true => {
                    let text = text_of(&named)?;
                    hash = hash.with(&text);
                    Labels::parse(&from, &text)?
                }
                false => match (labelled, of_lines) {
                    (Some(set), _) => set.labels(&from, &texts[0])?,
                    (None, Some(lines)) => lines.labels(&from, &texts[0])?,
                    (None, None) => Labels::default(),
                },
            };
            check_labels(&from, &labels, network)?;
        }
        let part = |i: usize| -> Result<Vec<Example>, ModelError> {
            if let Some(pieces) = pieces {
                return pieces.read(&files[i], &texts[i]);
            }
            if let Some(set) = labelled {
                return set.examples(&files[i], &texts[i], &vocabulary, &labels);
            }
            match lines {
                Some(lines) => lines.examples(&files[i], &texts[i], &vocabulary, &labels),
                None => {
                    let read = read_sentences(&files[i], &vocabulary, &texts[i])?;
                    Ok(read.into_iter().map(Example::sentence).collect())
                }
            }
        };
        let (mut train, valid, test) = (part(0)?, part(1)?, part(2)?);
        if labelled.is_some() && config.train.labels > 0 {
            keep_labels(&mut train, &config.train)?;
        }
        let train = if pieces.is_some() { Pieces::cut(train, config.train.piece_frames) } else { train };
        Ok(Corpus { vocabulary, labels, train, valid, test, digest: hash.hex() })
    }
}

/// The vocabulary has as many words as the network counts.
fn fits_in(vocabulary: &Vocabulary, network: &Network, config: &Config) -> Result<(), ModelError> {
    if vocabulary.len() == network.vocabulary {
        return Ok(());
    }
    Err(ModelError::new(
        "[model] vocabulary",
        format!("at most {}, the different words of the sentences for training", vocabulary.len()),
        config.model.vocabulary.to_string(),
        "make it smaller or train on more text",
    ))
}

/// Forgets the labels of all sentences but `[train] labels` of them, which the seed draws.
fn keep_labels(examples: &mut [Example], train: &Train) -> Result<(), ModelError> {
    let mut told: Vec<usize> = (0..examples.len()).filter(|&i| !examples[i].labels.is_empty()).collect();
    if train.labels > told.len() {
        return Err(ModelError::new(
            "[train] labels",
            format!("at most {}, the sentences for training that have one", told.len()),
            train.labels.to_string(),
            "make it smaller, or 0 for all",
        ));
    }
    Random::keyed(&[train.seed, u64::MAX, 1]).shuffle(&mut told);
    told[train.labels..].iter().for_each(|&i| examples[i].labels.clear());
    Ok(())
}

/// The tokens of every example.
pub fn sentences(examples: &[Example]) -> Vec<Vec<u32>> {
    examples.iter().map(|e| e.tokens.clone()).collect()
}
