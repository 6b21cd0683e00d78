//! Text to words, by the rules of TWR-VAE: of its language models (`lang_model/Corpus.py`), which HSR-VAE reuses, and of its
//! dialogue models.

use crate::config::Tokenizer;

impl Tokenizer {
    /// Words of one sentence or utterance.
    pub fn words(self, sentence: &str) -> Vec<String> {
        match self {
            Tokenizer::Twr => words(sentence),
            Tokenizer::WordPunct => word_punct(sentence),
        }
    }
}

/// Lower-cased; runs of word characters (letters and numbers of Unicode, and `_`), and runs of what is neither that nor a
/// space: `\w+|[^\w\s]+`.
fn word_punct(sentence: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // Of the letter before: none of a space, else whether it was of a word.
    let mut run = None;
    for letter in sentence.to_lowercase().chars() {
        let kind = (!letter.is_whitespace()).then(|| letter.is_alphanumeric() || letter == '_');
        match (kind, words.last_mut()) {
            (Some(_), Some(word)) if kind == run => word.push(letter),
            (Some(_), _) => words.push(letter.to_string()),
            (None, _) => {}
        }
        run = kind;
    }
    words
}

/// Words of one sentence: lower-cased, runs of full stops made one, and `.`, `?`, `!`, `,` and
/// `'s` set apart from what stands before them (`mr.` gives `mr`, `.`; `u.s.` gives `u`, `.s`, `.`).
pub fn words(sentence: &str) -> Vec<String> {
    let lower = sentence.trim().to_lowercase();
    let mut spaced = String::with_capacity(lower.len() + 16);
    let mut previous = ' ';
    let mut letters = lower.chars().peekable();
    while let Some(letter) = letters.next() {
        let repeated_stop = letter == '.' && previous == '.';
        previous = letter;
        if repeated_stop {
            continue;
        }
        let genitive = letter == '\'' && letters.peek() == Some(&'s');
        if matches!(letter, '.' | '?' | '!' | ',') || genitive {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    spaced.split_whitespace().map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::{Tokenizer, words};

    #[test]
    fn follows_the_rules_of_twr() {
        for (text, expected) in [
            ("Mr. Holmes", "mr . holmes"),
            ("u.s.", "u .s ."),
            ("wait...what?!", "wait .what ? !"),
            ("  Alice's cat, ", "alice 's cat ,"),
            ("it 's", "it 's"),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn words_and_runs_of_marks_are_set_apart() {
        for (text, expected) in [
            ("It's 5:30 p.m., isn't it?!", "it ' s 5 : 30 p . m ., isn ' t it ?!"),
            ("  wait ... what", "wait ... what"),
            ("a . . b", "a . . b"),
            (
                "snake_case, caf\u{e9}\u{a0}\u{2019}s \u{4f60}\u{597d}!",
                "snake_case , caf\u{e9} \u{2019} s \u{4f60}\u{597d} !",
            ),
            ("\u{3000}\t", ""),
        ] {
            assert_eq!(Tokenizer::WordPunct.words(text).join(" "), expected, "{text:?}");
        }
    }
}
