//! Text to words, by the rules of TWR-VAE (`lang_model/Corpus.py`), which HSR-VAE reuses.

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
    use super::words;

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
}
