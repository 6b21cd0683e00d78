//! Sets of sentences: which file holds which part, and what in it is a sentence.

use super::{ModelError, Vocabulary};

/// A part of a set of sentences; `file` finds where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// What is learned from.
    Train,
    /// What training is watched on.
    Valid,
    /// What is measured on.
    Test,
}

/// Between the utterances of a dialogue (DailyDialog).
pub(super) const END_OF_UTTERANCE: &str = "__eou__";

impl Split {
    /// All three.
    pub const ALL: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

    /// What sets call it, the usual name first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Split::Train => &["train"],
            Split::Valid => &["valid", "val", "validation", "dev"],
            Split::Test => &["test"],
        }
    }

    /// Of the `names` of files in folder `set` that of this split: `train.txt`, `train.utts.txt`, or the
    /// only one called `ptb.train.txt`, `yahoo_train.txt` or the like.
    ///
    /// # Errors
    ///
    /// None of them is, or more than one.
    pub fn choose<'a>(self, set: &str, names: &'a [String]) -> Result<&'a str, ModelError> {
        self.choose_of(set, names, "txt")
    }

    /// The same of names that end in `.extension`.
    ///
    /// # Errors
    ///
    /// There is no such name, or more than one.
    pub fn choose_of<'a>(
        self,
        set: &str,
        names: &'a [String],
        extension: &str,
    ) -> Result<&'a str, ModelError> {
        for split in self.names() {
            let plain = [format!("{split}.{extension}"), format!("{split}.utts.{extension}")];
            if let Some(name) = plain.iter().find_map(|plain| names.iter().find(|name| *name == plain)) {
                return Ok(name);
            }
        }
        let mut found: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| self.ends(name, extension)).collect();
        found.sort_unstable();
        let got = match found.as_slice() {
            [name] => return Ok(name),
            [] => "none".into(),
            [first, second, ..] => format!("{first} and {second}"),
        };
        let wanted = self.names()[0];
        Err(ModelError::new(
            set,
            format!(
                "one file {wanted}.{extension}, or one whose name ends in .{wanted}.{extension} or _{wanted}.{extension}"
            ),
            got,
            "name the file itself, or rename it",
        ))
    }

    fn ends(self, name: &str, extension: &str) -> bool {
        let ends =
            |split: &str| ['.', '_'].iter().any(|mark| name.ends_with(&format!("{mark}{split}.{extension}")));
        self.names().iter().any(|split| ends(split))
    }
}

/// The sentences of a text: its lines, and of a line with a dialogue its utterances.
pub fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.lines().flat_map(|line| line.split(END_OF_UTTERANCE));
    sentences.map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// Words of a sentence at most. A longer one is a file without line breaks.
pub(super) const MOST_WORDS: usize = 10_000;

/// Token ids of the sentences of `text`; `file` is how messages call it.
///
/// # Errors
///
/// A sentence too long to be one.
pub fn read_sentences(file: &str, vocabulary: &Vocabulary, text: &str) -> Result<Vec<Vec<u32>>, ModelError> {
    let sentence = |(i, sentence): (usize, &str)| {
        let tokens = vocabulary.encode(sentence);
        match tokens.len() - 2 {
            words if words > MOST_WORDS => Err(ModelError::new(
                format!("{file}: sentence {}", i + 1),
                format!("at most {MOST_WORDS} words"),
                words.to_string(),
                "write one sentence a line",
            )),
            _ => Ok(tokens),
        }
    };
    sentences_of(text).enumerate().map(sentence).collect()
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
        let of = |names: &[&str], split: Split| {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            split.choose("SET", &names).map(str::to_string).map_err(|e| e.to_string())
        };
        let ok = |name: &str| Ok(name.to_string());
        assert_eq!(of(&["test.txt", "a.test.txt"], Split::Test), ok("test.txt"));
        assert_eq!(of(&["ptb.train.txt", "ptb.valid.txt"], Split::Valid), ok("ptb.valid.txt"));
        assert_eq!(of(&["yahoo_val.txt", "yahoo_train_vocab.txt"], Split::Valid), ok("yahoo_val.txt"));
        assert_eq!(of(&["train.act.txt", "train.utts.txt"], Split::Train), ok("train.utts.txt"));
        let want = "expected one file train.txt, or one whose name ends in .train.txt or _train.txt, got";
        let remedy = "name the file itself, or rename it";
        let none = of(&["yahoo_train_vocab.txt"], Split::Train);
        assert_eq!(none, Err(format!("SET: {want} none; {remedy}")));
        let two = of(&["b_train.txt", "a.train.txt"], Split::Train);
        assert_eq!(two, Err(format!("SET: {want} a.train.txt and b_train.txt; {remedy}")));
    }
}
