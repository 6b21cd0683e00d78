//! Words of any width as the lines that `$readmemh` reads.

/// A memory word; bit 0 is the least significant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexWord {
    bits: usize,
    /// 64 bits each, least significant first.
    limbs: Vec<u64>,
}

/// A line that is no word of the expected width.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// A word is of another width.
    #[error("line {line}: expected {expected} hex digits, found {found}")]
    Width {
        /// Its line, from 1 on.
        line: usize,
        /// What should be there.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// Something that is no hex digit.
    #[error("line {line}: expected hex digits, found {found:?}")]
    Digit {
        /// Its line, from 1 on.
        line: usize,
        /// What is there.
        found: char,
    },
    /// A number beyond its bits.
    #[error("line {line}: expected a number of {bits} bits, found {found}")]
    Beyond {
        /// Its line, from 1 on.
        line: usize,
        /// Bits of a word.
        bits: usize,
        /// What is there.
        found: String,
    },
    /// Another number of words.
    #[error("expected {expected} words, found {found}; the file is truncated or of another design")]
    Count {
        /// What should be there.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// Bits where there is no output.
    #[error("line {line}: expected 0 where there is no output, found bits")]
    Unused {
        /// Its line, from 1 on.
        line: usize,
    },
    /// Another offset column.
    #[error("word {word}: expected the offset column of the first word, found another")]
    Column {
        /// Number of the word.
        word: usize,
    },
    /// A place twice, or one that is not there.
    #[error("expected each of {places} places at most once, found {found} twice or beyond them")]
    Place {
        /// Places of a tile.
        places: usize,
        /// What is there.
        found: u16,
    },
}

impl HexWord {
    /// All bits 0.
    pub fn zero(bits: usize) -> HexWord {
        HexWord { bits, limbs: vec![0; bits.div_ceil(64)] }
    }

    /// Bit `bit` becomes 1.
    pub fn set(&mut self, bit: usize) {
        assert!(bit < self.bits, "bit {bit} of a {}-bit word", self.bits);
        self.limbs[bit / 64] |= 1 << (bit % 64);
    }

    /// Bit `bit`.
    pub fn get(&self, bit: usize) -> bool {
        self.limbs[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Puts the low `width` bits of `value` at `from`.
    pub fn put(&mut self, from: usize, width: usize, value: i64) {
        (0..width).filter(|b| value >> b & 1 == 1).for_each(|b| self.set(from + b));
    }

    /// The number of `width` bits at `from`.
    pub fn unsigned(&self, from: usize, width: usize) -> u64 {
        (0..width).map(|b| u64::from(self.get(from + b)) << b).sum()
    }

    /// The same in two's complement: what [`put`](Self::put) put there.
    pub fn signed(&self, from: usize, width: usize) -> i64 {
        let unused = 64 - width;
        (self.unsigned(from, width) << unused) as i64 >> unused
    }

    /// Lower-case digits, most significant first, as many as the width needs.
    pub fn line(&self) -> String {
        let digits = self.bits.div_ceil(4);
        let nibble = |d: usize| (self.limbs[d / 16] >> (d % 16 * 4)) & 0xf;
        let digit = |d: usize| char::from_digit(nibble(d) as u32, 16).expect("a nibble");
        (0..digits).rev().map(digit).collect()
    }

    /// All words of a file, one a line; blank lines and `//` comments are skipped.
    ///
    /// # Errors
    ///
    /// Other digits, other widths, or another number of words.
    pub fn parse_all(text: &str, bits: usize, count: usize) -> Result<Vec<HexWord>, HexError> {
        let mut words = Vec::with_capacity(count);
        for (n, line) in text.lines().enumerate() {
            let line = line.split("//").next().unwrap_or("").trim();
            if !line.is_empty() {
                words.push(Self::parse(line, bits, n + 1)?);
            }
        }
        if words.len() != count {
            return Err(HexError::Count { expected: count, found: words.len() });
        }
        Ok(words)
    }

    fn parse(text: &str, bits: usize, line: usize) -> Result<HexWord, HexError> {
        let expected = bits.div_ceil(4);
        if text.len() != expected {
            return Err(HexError::Width { line, expected, found: text.len() });
        }
        let mut word = HexWord::zero(expected * 4);
        for (d, c) in text.chars().rev().enumerate() {
            let value = c.to_digit(16).ok_or(HexError::Digit { line, found: c })?;
            word.limbs[d / 16] |= u64::from(value) << (d % 16 * 4);
        }
        if (bits..expected * 4).any(|bit| word.get(bit)) {
            return Err(HexError::Beyond { line, bits, found: text.into() });
        }
        word.bits = bits;
        Ok(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_the_digits_and_the_bits_of_its_width() {
        let read = |text: &str| HexWord::parse_all(text, 6, 1).map_err(|e| e.to_string());
        let word = read("// a word\n\n 2A // in capitals\n").unwrap().remove(0);
        assert_eq!((word.unsigned(0, 6), word.line()), (0x2a, "2a".into()));
        for (text, message) in [
            ("40", "line 1: expected a number of 6 bits, found 40"),
            ("\nff", "line 2: expected a number of 6 bits, found ff"),
            ("2g", "line 1: expected hex digits, found 'g'"),
            ("2\u{e9}", "line 1: expected 2 hex digits, found 3"),
            ("2", "line 1: expected 2 hex digits, found 1"),
            ("", "expected 1 words, found 0; the file is truncated or of another design"),
        ] {
            assert_eq!(read(text), Err(message.into()), "{text}");
        }
    }
}
