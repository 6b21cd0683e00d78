//! The sentences a run reads.

use crate::config::Config;
use crate::files::Digest;
use crate::model::{Example, ModelError, Split, Vocabulary, read_sentences, sentences_of, text_of};
use std::path::Path;

/// The sentences of a data folder in the ids of their vocabulary.
pub struct Corpus {
    pub vocabulary: Vocabulary,
    pub train: Vec<Example>,
    pub valid: Vec<Example>,
    pub test: Vec<Example>,
    /// Of configuration and texts, in hexadecimal.
    pub digest: String,
}

impl Corpus {
    /// Reads the three parts of the set in folder `data`; the vocabulary is that of the first.
    pub fn read(data: &Path, config: &Config) -> Result<Self, ModelError> {
        let mut hash = Digest::default().with(toml::to_string(config).expect("plain values"));
        let (mut texts, mut files) = (Vec::new(), Vec::new());
        for split in Split::ALL {
            let path = split.file(data)?;
            let text = text_of(&path)?;
            if text.trim().is_empty() {
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
        let vocabulary = Vocabulary::of_sentences(sentences_of(&texts[0]), config.model.vocabulary);
        if vocabulary.len() != config.model.vocabulary {
            return Err(ModelError::new(
                "[model] vocabulary",
                format!("at most {}, the different words of the sentences for training", vocabulary.len()),
                config.model.vocabulary.to_string(),
                "make it smaller or train on more text",
            ));
        }
        let part = |i: usize| -> Result<Vec<Example>, ModelError> {
            Ok(read_sentences(&files[i], &vocabulary, &texts[i])?.into_iter().map(Example::sentence).collect())
        };
        let (train, valid, test) = (part(0)?, part(1)?, part(2)?);
        Ok(Corpus { vocabulary, train, valid, test, digest: hash.hex() })
    }
}

/// The tokens of every example.
pub fn sentences(examples: &[Example]) -> Vec<Vec<u32>> {
    examples.iter().map(|e| e.tokens.clone()).collect()
}
