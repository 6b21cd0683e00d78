//! Sets of conversations: which text holds them, and the words and the numbers of their utterances.

use super::Example;
use super::texts::{END_OF_UTTERANCE, MOST_WORDS};
use super::{ModelError, Vocabulary, text_of};
use crate::config::{Model, Tokenizer, Train};
use std::path::Path;

/// Utterances of a conversation at most, and bytes of a line. More is a file without empty lines, or without line breaks.
const MOST_UTTERANCES: usize = 10_000;
const MOST_BYTES: usize = 1_000_000;

/// Conversations in the order of their file: of each its utterances, of each of these its words.
///
/// Two formats are read. A file with `__eou__` in it (DailyDialog) has a conversation a line, and `__eou__` behind every
/// utterance or between them. Every other file has an utterance a line, and an empty line between conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dialogues {
    conversations: Vec<Vec<Vec<String>>>,
}

/// How the conversations of a model are read.
#[derive(Debug, Clone, Copy)]
pub struct Conversations {
    tokenizer: Tokenizer,
    /// Tokens of an utterance at most, and whether the last one of each conversation is left out.
    most: usize,
    without_last: bool,
}

impl Conversations {
    /// As `[model]` and `[train]` say.
    pub fn of(model: &Model, train: &Train) -> Conversations {
        Conversations {
            tokenizer: model.tokenizer,
            most: train.most_tokens,
            without_last: train.without_last,
        }
    }

    /// The conversations of `text`; `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// Those of [`Dialogues::read`].
    pub fn read(self, file: &str, text: &str) -> Result<Dialogues, ModelError> {
        let read = Dialogues::read(file, text, self.tokenizer)?;
        Ok(if self.without_last { read.without_last() } else { read })
    }

    /// Their tokens.
    pub fn examples(self, dialogues: &Dialogues, vocabulary: &Vocabulary) -> Vec<Example> {
        dialogues.numbered(vocabulary, self.most).into_iter().map(Example::conversation).collect()
    }
}

/// An utterance and the number of its line.
type Utterance<'a> = (usize, &'a str);

impl Dialogues {
    /// Reads the conversations of `text`; `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// There are none, one of them has a lone utterance, or one with no word in it, or something is too long to be what it
    /// stands for.
    pub fn read(file: &str, text: &str, tokenizer: Tokenizer) -> Result<Dialogues, ModelError> {
        if let Some((i, line)) = text.lines().enumerate().find(|(_, line)| line.len() > MOST_BYTES) {
            let to_do = "write one utterance a line, and an empty line between conversations";
            let got = format!("{} bytes", line.len());
            return Err(at(file, i + 1, format!("at most {MOST_BYTES} bytes in a line"), got, to_do));
        }
        let conversations = match text.contains(END_OF_UTTERANCE) {
            true => of_marks(file, text)?,
            false => of_lines(text),
        };
        if conversations.is_empty() {
            let expected = format!(
                "an utterance a line, or a conversation a line with {END_OF_UTTERANCE} between utterances"
            );
            let to_do = "write conversations into it, or name another file";
            return Err(ModelError::new(file, expected, "no utterance", to_do));
        }
        let split = |conversation: Vec<Utterance<'_>>| split(file, &conversation, tokenizer);
        Ok(Dialogues { conversations: conversations.into_iter().map(split).collect::<Result<_, _>>()? })
    }

    /// Reads the conversations of a file.
    ///
    /// # Errors
    ///
    /// It cannot be read or is no UTF-8, and those of [`read`](Self::read).
    pub fn load(path: &Path, tokenizer: Tokenizer) -> Result<Dialogues, ModelError> {
        Dialogues::read(&path.display().to_string(), &text_of(path)?, tokenizer)
    }

    /// The same without the last utterance of every conversation. The loader of TWR-VAE's dialogue models never takes it for
    /// a response, so that its figures are those of the others.
    pub fn without_last(mut self) -> Dialogues {
        self.conversations.iter_mut().for_each(|utterances| drop(utterances.pop()));
        self
    }

    /// The words of every utterance of every conversation.
    pub fn conversations(&self) -> &[Vec<Vec<String>>] {
        &self.conversations
    }

    /// Utterances of all conversations together.
    pub fn utterances(&self) -> usize {
        self.conversations.iter().map(Vec::len).sum()
    }

    /// Every word in order, to make a vocabulary of.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.conversations.iter().flatten().flatten().map(String::as_str)
    }

    /// The vocabulary of their `size` most frequent words, special tokens included. `tokenizer` is the one that they were
    /// read with.
    pub fn vocabulary(&self, tokenizer: Tokenizer, size: usize) -> Vocabulary {
        Vocabulary::of_words(self.words().map(str::to_string), size).with_tokenizer(tokenizer)
    }

    /// Tokens of every utterance, `<sos>` and `<eos>` included. Of one with more than `most` tokens the first `most` - 1 and
    /// the last, which is `<eos>`, are kept, as the loader of TWR-VAE cuts.
    ///
    /// # Panics
    /// If `most` is below 2.
    pub fn numbered(&self, vocabulary: &Vocabulary, most: usize) -> Vec<Vec<Vec<u32>>> {
        assert!(most >= 2, "an utterance has <sos> and <eos>");
        let cut = |words: &Vec<String>| {
            let mut tokens = vocabulary.number(words);
            if tokens.len() > most {
                tokens.drain(most - 1..tokens.len() - 1);
            }
            tokens
        };
        self.conversations.iter().map(|utterances| utterances.iter().map(cut).collect()).collect()
    }
}

fn at(
    file: &str,
    line: usize,
    expected: impl Into<String>,
    got: impl Into<String>,
    to_do: &str,
) -> ModelError {
    ModelError::new(format!("{file}: line {line}"), expected, got, to_do)
}

/// A conversation a line.
fn of_marks<'a>(file: &str, text: &'a str) -> Result<Vec<Vec<Utterance<'a>>>, ModelError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let conversation = |(i, line): (usize, &'a str)| {
        let mut utterances: Vec<&str> = line.split(END_OF_UTTERANCE).map(str::trim).collect();
        // Behind the last mark nothing is left.
        if utterances.len() > 1 {
            utterances.pop_if(|last| last.is_empty());
        }
        match utterances.iter().position(|utterance| utterance.is_empty()) {
            None => Ok(utterances.into_iter().map(|utterance| (i + 1, utterance)).collect()),
            Some(empty) => Err(at(
                file,
                i + 1,
                format!("an utterance before every {END_OF_UTTERANCE}"),
                format!("nothing before number {}", empty + 1),
                "write the utterance, or remove the mark",
            )),
        }
    };
    lines.map(conversation).collect()
}

/// An utterance a line, an empty line between conversations.
fn of_lines(text: &str) -> Vec<Vec<Utterance<'_>>> {
    let mut conversations = vec![Vec::new()];
    for (i, line) in text.lines().map(str::trim).enumerate() {
        match conversations.last_mut() {
            Some(utterances) if !line.is_empty() => utterances.push((i + 1, line)),
            _ => conversations.push(Vec::new()),
        }
    }
    conversations.retain(|utterances| !utterances.is_empty());
    conversations
}

/// The words of a conversation.
fn split(
    file: &str,
    utterances: &[Utterance<'_>],
    tokenizer: Tokenizer,
) -> Result<Vec<Vec<String>>, ModelError> {
    match *utterances {
        [(line, _)] => {
            let expected = "at least two utterances of a conversation";
            return Err(at(file, line, expected, "a lone one", "write what was answered, or remove it"));
        }
        _ if utterances.len() > MOST_UTTERANCES => {
            return Err(at(
                file,
                utterances[MOST_UTTERANCES].0,
                format!("at most {MOST_UTTERANCES} utterances of a conversation"),
                utterances.len().to_string(),
                "put an empty line between conversations, or write one a line",
            ));
        }
        _ => {}
    }
    let words = |&(line, utterance): &Utterance<'_>| {
        let words = tokenizer.words(utterance);
        match words.len() > MOST_WORDS {
            true => {
                let expected = format!("at most {MOST_WORDS} words of an utterance");
                let to_do = "write one utterance a line";
                Err(at(file, line, expected, words.len().to_string(), to_do))
            }
            false => Ok(words),
        }
    };
    utterances.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EOS, SOS, UNK};

    fn read(text: &str) -> Result<Dialogues, String> {
        Dialogues::read("f", text, Tokenizer::WordPunct).map_err(|error| error.to_string())
    }

    fn joined(dialogues: &Dialogues) -> Vec<Vec<String>> {
        let utterances = |c: &Vec<Vec<String>>| c.iter().map(|words| words.join(" ")).collect();
        dialogues.conversations().iter().map(utterances).collect()
    }

    #[test]
    fn both_formats_say_the_same() {
        let lines = "\nHello !\r\nIt's you.\n\n  \nWho ?\nMe\nYou\n\n";
        let marks = "Hello ! __eou__ It's you. __eou__\n\n Who ?__eou__Me __eou__ You\n";
        let read = read(lines)
            .map(|lines| (joined(&lines), lines.utterances(), super::tests::read(marks) == Ok(lines)));
        let all = vec![vec!["hello !", "it ' s you ."], vec!["who ?", "me", "you"]];
        let all: Vec<Vec<String>> =
            all.into_iter().map(|c| c.into_iter().map(String::from).collect()).collect();
        assert_eq!(read, Ok((all, 5, true)));
    }

    #[test]
    fn the_last_utterance_is_left_out_on_demand() {
        let dialogues = read("a\nb\n\nc\nd\ne").unwrap().without_last();
        assert_eq!(joined(&dialogues), [vec!["a"], vec!["c", "d"]]);
        assert_eq!(dialogues.utterances(), 3);
    }

    #[test]
    fn long_utterances_keep_their_end() {
        let dialogues = read("a b c d e\na b").unwrap();
        let vocabulary = dialogues.vocabulary(Tokenizer::WordPunct, 8);
        assert_eq!(vocabulary.tokenizer(), Tokenizer::WordPunct);
        let [a, b, c, d] = [4, 5, 6, 7];
        let whole = vec![SOS, a, b, c, d, UNK, EOS];
        for (most, first, second) in [
            (99, whole.clone(), vec![SOS, a, b, EOS]),
            (7, whole, vec![SOS, a, b, EOS]),
            (6, vec![SOS, a, b, c, d, EOS], vec![SOS, a, b, EOS]),
            (3, vec![SOS, a, EOS], vec![SOS, a, EOS]),
            (2, vec![SOS, EOS], vec![SOS, EOS]),
        ] {
            assert_eq!(dialogues.numbered(&vocabulary, most), [[first, second]], "at most {most}");
        }
    }

    #[test]
    fn other_files_are_refused_by_line() {
        let many = "a\n".repeat(MOST_UTTERANCES + 1);
        let long = "a ".repeat(5_000_000);
        let words = format!("a\n{}", "a ".repeat(MOST_WORDS + 1));
        let both = "an utterance a line, or a conversation a line with __eou__ between utterances";
        for (text, message) in [
            ("", format!("f: expected {both}, got no utterance; write conversations into it, or name another file")),
            (" \n\n", format!("f: expected {both}, got no utterance; ")),
            (
                "a __eou__ b __eou__\n __eou__ __eou__\n",
                "f: line 2: expected an utterance before every __eou__, got nothing before number 1; write the utterance, or remove the mark".into(),
            ),
            ("__eou__", "f: line 1: expected an utterance before every __eou__, got nothing before number 1; ".into()),
            ("\na __eou__ __eou__ b", "f: line 2: expected an utterance before every __eou__, got nothing before number 2; ".into()),
            (
                "a\nb\n\n\nc\n\nd\ne",
                "f: line 5: expected at least two utterances of a conversation, got a lone one; write what was answered, or remove it".into(),
            ),
            ("a __eou__ b\nc\n", "f: line 2: expected at least two utterances of a conversation, got a lone one; ".into()),
            ("a __eou__", "f: line 1: expected at least two utterances of a conversation, got a lone one; ".into()),
            (
                &many,
                "f: line 10001: expected at most 10000 utterances of a conversation, got 10001; put an empty line between conversations".into(),
            ),
            (
                &words,
                "f: line 2: expected at most 10000 words of an utterance, got 10001; write one utterance a line".into(),
            ),
            (
                &long,
                "f: line 1: expected at most 1000000 bytes in a line, got 10000000 bytes; write one utterance a line".into(),
            ),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(&message), "{found}\n{message}");
        }
    }
}
