//! Sets of sentences: which file holds which part, and what in it is a sentence.

use super::{ModelError, Vocabulary};
use std::fs;
use std::path::{Path, PathBuf};

/// A part of a set of sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Train,
    Valid,
    Test,
}

/// Between the utterances of a dialogue (DailyDialog).
const END_OF_UTTERANCE: &str = "__eou__";

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// What sets call it, the usual name first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train"],
            Split::Valid => &["valid", "val", "validation", "dev"],
            Split::Test => &["test"],
        }
    }

    /// The file of this part in folder `set`: `train.txt`, `train.utts.txt`, or the only one called
    /// `ptb.train.txt`, `yahoo_train.txt` or the like. A `set` that is no folder is the file itself.
    pub fn file(self, set: &Path) -> Result<PathBuf, ModelError> {
        if !set.is_dir() {
            return Ok(set.to_path_buf());
        }
        for name in self.names() {
            let plain = [format!("{name}.txt"), format!("{name}.utts.txt")].map(|file| set.join(file));
            if let Some(file) = plain.into_iter().find(|file| file.is_file()) {
                return Ok(file);
            }
        }
        let wanted = self.names()[0];
        let error = |got: String| {
            ModelError::new(
                set.display().to_string(),
                format!("one file {wanted}.txt, or one whose name ends in .{wanted}.txt or _{wanted}.txt"),
                got,
                "name the file itself, or rename it",
            )
        };
        let entries = fs::read_dir(set).map_err(|e| error(e.to_string()))?;
        let mut found: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| self.is_named(path)).collect();
        found.sort();
        match found.as_slice() {
            [file] => Ok(file.clone()),
            [] => Err(error("none".into())),
            [first, second, ..] => {
                let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
                Err(error(format!("{} and {}", name(first), name(second))))
            }
        }
    }

    fn is_named(self, file: &Path) -> bool {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let ends = |part: &&str| ['.', '_'].iter().any(|mark| name.ends_with(&format!("{mark}{part}.txt")));
        self.names().iter().any(|part| ends(&part))
    }
}

/// The sentences of a text: its lines, and of a line with a dialogue its utterances.
pub fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.lines().flat_map(|line| line.split(END_OF_UTTERANCE));
    sentences.map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// Token ids of the sentences of `text`.
pub fn read_sentences(vocabulary: &Vocabulary, text: &str) -> Vec<Vec<u32>> {
    sentences_of(text).map(|sentence| vocabulary.encode(sentence)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_utterances() {
        let text = " one line \n\nHey , you ? __eou__ Me ? __eou__\n__eou__\nlast";
        assert_eq!(sentences_of(text).collect::<Vec<_>>(), ["one line", "Hey , you ?", "Me ?", "last"]);
    }

    #[test]
    fn files_of_sets() {
        let of = |files: &[&str], split: Split| {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|file| fs::write(folder.path().join(file), "a\n").unwrap());
            let name = |path: PathBuf| path.file_name().unwrap().display().to_string();
            split
                .file(folder.path())
                .map(name)
                .map_err(|e| e.to_string().replace(&folder.path().display().to_string(), "SET"))
        };
        let ok = |name: &str| Ok(name.to_string());
        assert_eq!(of(&["test.txt", "a.test.txt"], Split::Test), ok("test.txt"));
        assert_eq!(of(&["ptb.train.txt", "ptb.valid.txt"], Split::Valid), ok("ptb.valid.txt"));
        assert_eq!(of(&["yahoo_val.txt", "yahoo_train_vocab.txt"], Split::Valid), ok("yahoo_val.txt"));
        assert_eq!(of(&["train.act.txt", "train.utts.txt"], Split::Train), ok("train.utts.txt"));
        let want =
            "SET: expected one file train.txt, or one whose name ends in .train.txt or _train.txt, got";
        let remedy = "name the file itself, or rename it";
        assert_eq!(of(&["yahoo_train_vocab.txt"], Split::Train), Err(format!("{want} none; {remedy}")));
        let two = of(&["a.train.txt", "b_train.txt"], Split::Train);
        assert_eq!(two, Err(format!("{want} a.train.txt and b_train.txt; {remedy}")));
        assert_eq!(Split::Test.file(Path::new("none.txt")), Ok(PathBuf::from("none.txt")));
    }
}
