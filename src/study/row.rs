//! A row of a study: what it tried and what that showed, as one line of text that cannot be changed unnoticed.

use super::{Choice, Study};
use crate::files::sha256;
use crate::model::ModelError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names of the figures.
pub const FIGURES: [&str; 7] = ["ppl", "nll", "kl", "accuracy", "overlap", "exact", "clip_rate"];

/// What a row showed, or why it cannot be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it tried.
    #[serde(flatten)]
    pub choice: Choice,
    /// What that showed.
    pub figures: Option<Figures>,
    /// Why it cannot be.
    pub error: Option<String>,
}

/// Honest protocol: ELBO with z drawn from the posterior.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Perplexity a token.
    pub ppl: f64,
    /// Nats a sentence.
    pub nll: f64,
    /// Nats a sentence.
    pub kl: f64,
    /// Share of tokens predicted, 0 to 1.
    pub accuracy: f64,
    /// Share of words that a reconstruction keeps, 0 to 1.
    pub overlap: Option<f64>,
    /// Share of sentences that are written again exactly, 0 to 1; rows of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<f64>,
    /// Conversions that clipped, as a share of all.
    pub clip_rate: f64,
    /// Conversions that clipped.
    pub adc_clips: u64,
    /// Results that their format did not hold.
    pub saturations: u64,
}

impl Figures {
    /// By the names of [`FIGURES`].
    pub fn get(&self, name: &str) -> Option<f64> {
        match name {
            "ppl" => Some(self.ppl),
            "nll" => Some(self.nll),
            "kl" => Some(self.kl),
            "accuracy" => Some(self.accuracy),
            "overlap" => self.overlap,
            "exact" => self.exact,
            "clip_rate" => Some(self.clip_rate),
            _ => None,
        }
    }
}

/// A row with the checksum of its text and of all that it depends on.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    row: Row,
    check: String,
}

impl Row {
    /// Its line, without a line break. `identity` names study, model and data.
    pub fn to_line(&self, identity: &str) -> String {
        let text = serde_json::to_string(self).expect("a row is plain data");
        let check = sha256(format!("{identity}\n{text}").as_bytes())[..16].into();
        serde_json::to_string(&Line { row: self.clone(), check }).expect("a row is plain data")
    }

    /// The row of a line that [`to_line`](Self::to_line) made with the same `identity`; or what else was found.
    ///
    /// # Errors
    ///
    /// What else was found.
    pub fn parse(line: &str, identity: &str) -> Result<Row, String> {
        let read: Line = serde_json::from_str(line).map_err(|e| e.to_string())?;
        match read.row.to_line(identity) == line {
            true => Ok(read.row),
            false => Err("one that was changed, or of another study, model or data".into()),
        }
    }
}

/// The rows of `study` in the lines of `text`, by number; `file` and the number of its `first` line are how messages
/// call them.
///
/// # Errors
///
/// A line is no row of the study, was changed, or comes twice.
pub fn read_rows(
    file: &str,
    first: usize,
    text: &str,
    study: &Study,
    identity: &str,
) -> Result<BTreeMap<usize, Row>, ModelError> {
    let mut rows = BTreeMap::new();
    for (i, line) in text.lines().enumerate() {
        let wrong = |found: String| {
            ModelError::new(format!("{file}:{}", first + i), "a row of this study", found, "remove the line")
        };
        let row = Row::parse(line, identity).map_err(wrong)?;
        let number = row.choice.row;
        if number >= study.rows() || study.choice(number) != row.choice {
            return Err(wrong(format!("row {number} with other settings")));
        }
        if rows.insert(number, row).is_some() {
            return Err(wrong(format!("row {number} again")));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        let text = "model = \"m\"\ndata = \"d\"\nseeds = [1, 2]\n[vary]\n\"crossbar.adc_bits\" = [6, 8]\n";
        Study::parse("s.toml", text).unwrap()
    }

    fn row(number: usize) -> Row {
        let figures = Figures {
            ppl: 43.25,
            nll: 0.1 + 0.2,
            kl: 1e-9,
            accuracy: 0.3,
            overlap: None,
            exact: None,
            clip_rate: 0.0,
            adc_clips: 0,
            saturations: 7,
        };
        Row { choice: study().choice(number), figures: Some(figures), error: None }
    }

    #[test]
    fn a_line_reads_back_and_no_changed_one_does() {
        let line = row(2).to_line("a");
        assert_eq!(Row::parse(&line, "a").unwrap(), row(2));
        assert!(Row::parse(&line, "b").is_err());
        for (was, becomes) in
            [("43.25", "43.26"), ("\"row\":2", "\"row\":3"), ("8", "6"), ("{", "{\"more\":1,")]
        {
            let changed = line.replacen(was, becomes, 1);
            assert_ne!(changed, line);
            assert!(Row::parse(&changed, "a").is_err(), "{changed}");
        }
    }

    #[test]
    fn rows_are_those_of_the_study_once_each() {
        let lines =
            |numbers: &[usize]| -> String { numbers.iter().map(|&n| row(n).to_line("a") + "\n").collect() };
        let read = |text: &str| read_rows("rows.jsonl", 2, text, &study(), "a").map_err(|e| e.to_string());
        assert_eq!(read(&lines(&[3, 0, 1])).unwrap().into_keys().collect::<Vec<_>>(), [0, 1, 3]);
        let end = "; remove the line";
        let want = "expected a row of this study, got";
        assert_eq!(read(&lines(&[0, 1, 0])).unwrap_err(), format!("rows.jsonl:4: {want} row 0 again{end}"));
        let mut other = row(1);
        other.choice.seed = 9;
        let other = read(&other.to_line("a")).unwrap_err();
        assert_eq!(other, format!("rows.jsonl:2: {want} row 1 with other settings{end}"));
        let mut beyond = row(1);
        beyond.choice.row = 4;
        assert!(read(&beyond.to_line("a")).unwrap_err().contains("row 4 with other settings"));
    }
}
