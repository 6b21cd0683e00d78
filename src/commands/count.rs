//! How many of something, as an option that cannot be too large for memory.

use std::fmt;
use std::str::FromStr;

/// Jobs of a simulation, sentences that are measured together.
pub const MANY: usize = 100_000;

/// A number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const LEAST: usize, const MOST: usize>(usize);

impl<const LEAST: usize, const MOST: usize> Count<LEAST, MOST> {
    /// A default.
    pub const fn of(count: usize) -> Self {
        assert!(LEAST <= count && count <= MOST);
        Count(count)
    }

    pub const fn get(self) -> usize {
        self.0
    }
}

impl<const LEAST: usize, const MOST: usize> FromStr for Count<LEAST, MOST> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.parse().ok().filter(|count| (LEAST..=MOST).contains(count));
        count.map(Count).ok_or_else(|| match MOST {
            usize::MAX => format!("expected {LEAST} or more"),
            _ => format!("expected {LEAST} to {MOST}"),
        })
    }
}

impl<const LEAST: usize, const MOST: usize> fmt::Display for Count<LEAST, MOST> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}
