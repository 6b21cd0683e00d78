//! Words and their numbers.

use super::ModelError;
use crate::config::Tokenizer;
use std::collections::HashMap;

/// Padding after the end of a sentence in a batch; never predicted.
pub const PAD: u32 = 0;
/// Every word that is not in the vocabulary.
pub const UNK: u32 = 1;
/// Start of a sentence.
pub const SOS: u32 = 2;
/// End of a sentence.
pub const EOS: u32 = 3;
/// The four special tokens, which are the first four lines of `vocab.txt`.
pub const SPECIAL: [&str; 4] = ["<pad>", "<unk0>", "<sos>", "<eos>"];

/// The words of a model, numbered from 0: the special tokens, then by falling frequency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, u32>,
    tokenizer: Tokenizer,
}

impl Vocabulary {
    /// The `size` most frequent words of `sentences`, special tokens included; equally frequent
    /// words stand in the order in which they first appear.
    pub fn of_sentences<'a>(sentences: impl IntoIterator<Item = &'a str>, size: usize) -> Self {
        Self::of_text(Tokenizer::Twr, sentences, size)
    }

    /// The same of sentences that `tokenizer` splits, as the vocabulary will from now on.
    pub fn of_text<'a>(
        tokenizer: Tokenizer,
        sentences: impl IntoIterator<Item = &'a str>,
        size: usize,
    ) -> Self {
        let words = sentences.into_iter().flat_map(|sentence| tokenizer.words(sentence));
        Self::of_words(words, size).with_tokenizer(tokenizer)
    }

    /// The same words for text that `tokenizer` splits.
    pub fn with_tokenizer(self, tokenizer: Tokenizer) -> Self {
        Vocabulary { tokenizer, ..self }
    }

    /// How it splits text.
    pub fn tokenizer(&self) -> Tokenizer {
        self.tokenizer
    }

    /// No words, for networks that know none.
    pub fn none() -> Self {
        Self::numbered(Vec::new())
    }

    /// The same of words that are set apart already. A word with a control character, which `vocab.txt` could not hold, is
    /// left out, so that it is an unknown one.
    pub fn of_words(words: impl Iterator<Item = String>, size: usize) -> Self {
        let mut seen: HashMap<String, (usize, usize)> = HashMap::new();
        for word in words {
            let first = seen.len();
            seen.entry(word).or_insert((0, first)).0 += 1;
        }
        let mut ranked: Vec<_> = seen.into_iter().collect();
        ranked.retain(|(word, _)| !SPECIAL.contains(&word.as_str()) && !word.contains(char::is_control));
        ranked.sort_by_key(|&(_, (count, first))| (std::cmp::Reverse(count), first));
        let ordinary = ranked.into_iter().map(|(word, _)| word);
        let words = SPECIAL.iter().map(|s| s.to_string()).chain(ordinary).take(size).collect();
        Self::numbered(words)
    }

    /// Reads `vocab.txt`: one word a line, the line number minus one is its id.
    /// `file` is how messages call it.
    ///
    /// # Errors
    ///
    /// The special tokens do not come first, a line is no printable word, or a word comes twice.
    pub fn parse(file: &str, text: &str) -> Result<Self, ModelError> {
        let words: Vec<String> = text.lines().map(str::to_string).collect();
        if words.len() <= SPECIAL.len() {
            return Err(ModelError::new(
                file,
                "the four special tokens and at least one word, one a line",
                format!("{} lines", words.len()),
                "write the vocabulary the model was trained with",
            ));
        }
        let mut first_line: HashMap<&str, usize> = HashMap::new();
        for (index, word) in words.iter().enumerate() {
            let line = index + 1;
            let place = || format!("{file}: line {line}");
            if index < SPECIAL.len() && word != SPECIAL[index] {
                return Err(ModelError::new(
                    place(),
                    format!("the special token {}", SPECIAL[index]),
                    format!("`{word}`"),
                    "begin the file with <pad>, <unk0>, <sos>, <eos>",
                ));
            }
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(ModelError::new(
                    place(),
                    "one word without spaces",
                    if word.is_empty() { "an empty line".into() } else { format!("`{word}`") },
                    "write one word a line",
                ));
            }
            if let Some(control) = word.chars().find(|c| c.is_control()) {
                return Err(ModelError::new(
                    place(),
                    "a word of printable characters",
                    format!("U+{:04X} in {word:?}", control as u32),
                    "remove the character and retrain or re-import",
                ));
            }
            if let Some(first) = first_line.insert(word, line) {
                return Err(ModelError::new(
                    place(),
                    "every word once",
                    format!("`{word}` again (first on line {first})"),
                    "remove the duplicate and retrain or re-import",
                ));
            }
        }
        Ok(Self::numbered(words))
    }

    fn numbered(words: Vec<String>) -> Self {
        let ids = words.iter().enumerate().map(|(id, word)| (word.clone(), id as u32)).collect();
        Vocabulary { words, ids, tokenizer: Tokenizer::Twr }
    }

    /// The text of `vocab.txt`; `parse` reads it back.
    pub fn to_text(&self) -> String {
        self.words.iter().map(|word| format!("{word}\n")).collect()
    }

    /// Number of words, special tokens included.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// True only for a vocabulary made of no words at all.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Id of a word; none if it is not in the vocabulary.
    pub fn get(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    /// The word with this id; none if there is no such id.
    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.get(id as usize).map(String::as_str)
    }

    /// Tokens of a sentence: `<sos>`, its words (unknown ones as `<unk0>`), `<eos>`.
    pub fn encode(&self, sentence: &str) -> Vec<u32> {
        self.number(&self.tokenizer.words(sentence))
    }

    /// Tokens of words that are set apart already: `<sos>`, the words (unknown ones as `<unk0>`), `<eos>`.
    pub fn number(&self, words: &[String]) -> Vec<u32> {
        let ids = words.iter().map(|word| self.get(word).unwrap_or(UNK));
        std::iter::once(SOS).chain(ids).chain(std::iter::once(EOS)).collect()
    }

    /// The words of `tokens` up to `<eos>`, without `<pad>`, `<sos>` and `<eos>`.
    /// An id outside the vocabulary shows as `<7>`.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let until = tokens.iter().position(|&t| t == EOS).unwrap_or(tokens.len());
        let shown: Vec<String> = tokens[..until]
            .iter()
            .filter(|&&t| t != PAD && t != SOS)
            .map(|&t| self.word(t).map_or_else(|| format!("<{t}>"), str::to_string))
            .collect();
        shown.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_frequent_first_then_first_seen() {
        let v = Vocabulary::of_sentences(["b a c .", "a c d ."], 8);
        assert_eq!(v.to_text(), "<pad>\n<unk0>\n<sos>\n<eos>\na\nc\n.\nb\n");
        assert_eq!(Vocabulary::parse("vocab.txt", &v.to_text()).unwrap(), v);
        assert_eq!(v.encode("A d c."), [SOS, 4, UNK, 5, 6, EOS]);
        assert_eq!(v.decode(&[SOS, 4, UNK, 6, EOS, 4]), "a <unk0> .");
    }

    #[test]
    fn text_is_split_as_the_vocabulary_was_made() {
        let text = "it's fine. it's u.s. fine";
        let v = Vocabulary::of_text(Tokenizer::WordPunct, [text], 9);
        assert_eq!(v.to_text(), "<pad>\n<unk0>\n<sos>\n<eos>\ns\n.\nit\n'\nfine\n");
        assert_eq!(v.encode("it's."), [SOS, 6, 7, 4, 5, EOS]);
        assert_eq!(v.clone().with_tokenizer(Tokenizer::Twr).encode("it's."), [SOS, 6, UNK, 5, EOS]);
        assert_ne!(v.clone().with_tokenizer(Tokenizer::Twr), v);
    }

    /// `parse` refuses them, and a model that cannot be read back is worth nothing.
    #[test]
    fn words_with_control_characters_are_unknown_ones() {
        let v = Vocabulary::of_sentences(["a\u{7f} b b\0 a c"], 99);
        assert_eq!(Vocabulary::parse("vocab.txt", &v.to_text()).unwrap(), v);
        assert_eq!(v.encode("a\u{7f} b"), [SOS, UNK, 4, EOS]);
    }

    #[test]
    fn bad_files_are_refused_by_line() {
        let head = "<pad>\n<unk0>\n<sos>\n<eos>\n";
        for (text, message) in [
            (
                "<pad>\n<unk0>\n<sos>\n<eos>".to_string(),
                "vocab.txt: expected the four special tokens and at least one word, one a line, \
                 got 4 lines; write the vocabulary the model was trained with",
            ),
            (
                "<pad>\n<unk>\n<sos>\n<eos>\na".to_string(),
                "vocab.txt: line 2: expected the special token <unk0>, got `<unk>`; \
                 begin the file with <pad>, <unk0>, <sos>, <eos>",
            ),
            (
                format!("{head}a\n\nb"),
                "vocab.txt: line 6: expected one word without spaces, got an empty line; \
                 write one word a line",
            ),
            (
                format!("{head}a b"),
                "vocab.txt: line 5: expected one word without spaces, got `a b`; \
                 write one word a line",
            ),
            (
                format!("{head}a\nb\0\n"),
                "vocab.txt: line 6: expected a word of printable characters, got U+0000 in \"b\\0\"; \
                 remove the character and retrain or re-import",
            ),
            (
                format!("{head}a\nb\na"),
                "vocab.txt: line 7: expected every word once, got `a` again (first on line 5); \
                 remove the duplicate and retrain or re-import",
            ),
        ] {
            assert_eq!(Vocabulary::parse("vocab.txt", &text).unwrap_err().to_string(), message);
        }
    }
}
