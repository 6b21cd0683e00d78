//! A study as a person writes it, and the configuration of each of its rows.

use super::FIGURES;
use crate::config::{Config, ConfigError};
use crate::model::{ModelError, Random};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use toml::{Table, Value};

/// `STUDY.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Trained model folder.
    pub model: PathBuf,
    /// Held-out sentences, one a line, or the folder of a set: its test part.
    pub data: PathBuf,
    /// Only the first of them; 0: all.
    #[serde(default)]
    pub sentences: usize,
    /// Programming seeds: every choice of values is tried with each.
    #[serde(default = "one_seed")]
    pub seeds: Vec<u64>,
    /// Draw this many choices of values instead of trying all; 0: all.
    #[serde(default)]
    pub random: usize,
    /// Sections of `hvae.toml` that all rows share.
    #[serde(default)]
    pub base: Table,
    /// By `section.key`: the values to try.
    pub vary: BTreeMap<String, Vec<Value>>,
    /// Plots of the finished study.
    #[serde(default, rename = "plot")]
    pub plots: Vec<Plot>,
}

/// One figure against one varied key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plot {
    /// A key of `[vary]` with numbers.
    pub x: String,
    /// A figure of a row: ppl, nll, kl, accuracy, overlap, exact, clip_rate.
    pub y: String,
    /// Over the logarithm of `x`; rows where it is 0 or less are left out.
    #[serde(default)]
    pub log: bool,
}

fn one_seed() -> Vec<u64> {
    vec![1]
}

/// What distinguishes a row from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its number.
    pub row: usize,
    /// Of the programming.
    pub seed: u64,
    /// By `section.key`.
    pub settings: BTreeMap<String, serde_json::Value>,
}

impl Study {
    /// Reads `STUDY.toml`; `file` is how messages call it. Of its rows, only bounds of values are left to be wrong.
    ///
    /// # Errors
    ///
    /// Text that is no study, or one whose keys, seeds or plots cannot be.
    pub fn parse(file: &str, text: &str) -> Result<Study, ModelError> {
        let study: Study = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let place = format!("{file}:{line}");
            ModelError::new(place, "a study", e.message().to_string(), "see the files configs/study-*.toml")
        })?;
        study.check_seeds(file)?;
        study.check_base(file)?;
        study.check_keys(file)?;
        for plot in &study.plots {
            if !study.vary.contains_key(&plot.x) || !FIGURES.contains(&plot.y.as_str()) {
                return Err(ModelError::new(
                    format!("{file}: [[plot]]"),
                    format!("x to be a key of [vary] and y one of {}", FIGURES.join(", ")),
                    format!("x = \"{}\", y = \"{}\"", plot.x, plot.y),
                    "correct it",
                ));
            }
        }
        match study.checked_rows() {
            Some(_) => Ok(study),
            None => Err(ModelError::new(
                format!("{file}: [vary]"),
                format!("at most {MOST_ROWS} rows"),
                "more, all values with all others and all seeds",
                "try fewer values, or draw some with random = N",
            )),
        }
    }

    fn check_seeds(&self, file: &str) -> Result<(), ModelError> {
        let different: BTreeSet<u64> = self.seeds.iter().copied().collect();
        if !self.seeds.is_empty() && different.len() == self.seeds.len() {
            return Ok(());
        }
        let found = format!("{:?}", self.seeds);
        Err(ModelError::new(
            format!("{file}: seeds"),
            "at least one, and every one once",
            found,
            "correct them",
        ))
    }

    fn check_base(&self, file: &str) -> Result<(), ModelError> {
        let place = format!("{file}: [base]");
        for (section, _) in &self.base {
            own(&place, section)?;
        }
        understood(&place, &self.base)
    }

    /// Every key is one of `hvae.toml` and varied once, every value one that it can have.
    fn check_keys(&self, file: &str) -> Result<(), ModelError> {
        let mut seen = BTreeSet::new();
        for (keys, values) in &self.vary {
            let place = format!("{file}: [vary] \"{keys}\"");
            if values.is_empty() || keys.split(',').any(|key| key.trim().split('.').count() != 2) {
                return Err(ModelError::new(
                    place,
                    "\"section.key\" = [values to try] (several keys that get the same value: \"one.key, other.key\")",
                    format!("{} value(s)", values.len()),
                    "write for example \"crossbar.adc_bits\" = [6, 8]",
                ));
            }
            for key in keys.split(',').map(str::trim) {
                own(&place, key.split('.').next().unwrap_or(key))?;
                if key == "device.seed" {
                    return Err(ModelError::new(place, "a key that seeds does not set", key, "use seeds"));
                }
                if !seen.insert(key) {
                    return Err(ModelError::new(
                        place,
                        "every key once",
                        format!("{key} again"),
                        "remove it",
                    ));
                }
            }
            for value in values {
                let place = format!("{place} = {value}");
                if let Some(odd) = odd(value) {
                    let remedy = "write what hvae.toml could have there";
                    return Err(ModelError::new(
                        place,
                        "numbers that are finite, words or switches",
                        odd,
                        remedy,
                    ));
                }
                let mut table = self.base.clone();
                keys.split(',').for_each(|key| set(&mut table, key.trim(), value.clone()));
                understood(&place, &table)?;
            }
        }
        Ok(())
    }

    /// Choices of values, whatever the seed; `None`: too many.
    fn checked_rows(&self) -> Option<usize> {
        let all = self.vary.values().try_fold(1, |all: usize, values| all.checked_mul(values.len()));
        let choices = if self.random == 0 { all? } else { self.random };
        choices.checked_mul(self.seeds.len()).filter(|rows| *rows <= MOST_ROWS)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.checked_rows().expect("counted when it was read")
    }

    /// What row `row` tries: seeds change fastest, then the last key.
    pub fn choice(&self, row: usize) -> Choice {
        let (mut rest, seed) = (row / self.seeds.len(), self.seeds[row % self.seeds.len()]);
        let mut random = Random::keyed(&[rest as u64]);
        let mut settings = BTreeMap::new();
        for (key, values) in self.vary.iter().rev() {
            let i = if self.random == 0 { rest % values.len() } else { random.below(values.len()) };
            rest /= values.len();
            let value = serde_json::to_value(&values[i]).expect("TOML values are JSON values");
            settings.insert(key.clone(), value);
        }
        Choice { row, seed, settings }
    }

    /// The configuration of a row; `file` is how messages call the study.
    ///
    /// # Errors
    ///
    /// Values out of bounds.
    pub fn config(&self, file: &str, choice: &Choice) -> Result<Config, ConfigError> {
        let mut table = self.base.clone();
        // Below 2^63, as all integers of TOML.
        set(&mut table, "device.seed", Value::Integer(choice.seed as i64));
        for (keys, value) in &choice.settings {
            for key in keys.split(',') {
                set(&mut table, key.trim(), Value::try_from(value).expect("came from TOML"));
            }
        }
        Config::parse(&format!("{file}, row {}", choice.row), &text(&table))
    }
}

/// Rows of a study at most.
const MOST_ROWS: usize = 1_000_000;

/// Puts a value at `section.key`.
fn set(table: &mut Table, key: &str, value: Value) {
    let (section, key) = key.split_once('.').expect("checked");
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(key.into(), value);
    }
}

fn text(table: &Table) -> String {
    toml::to_string(table).expect("a table of sections")
}

/// Keys are known, and values of their types.
fn understood(place: &str, table: &Table) -> Result<(), ModelError> {
    let remedy = "write it as in hvae.toml";
    Config::understood(place, &text(table)).map(drop).map_err(|error| match error {
        ConfigError::Syntax { message, .. } => {
            ModelError::new(place, "a key and a value of hvae.toml", message, remedy)
        }
        other => ModelError::new(place, "a key and a value of hvae.toml", other.to_string(), remedy),
    })
}

/// Network and training are those of the model.
fn own(place: &str, section: &str) -> Result<(), ModelError> {
    match section {
        "model" | "train" => Err(ModelError::new(
            place,
            "sections that a trained model leaves open",
            format!("[{section}], which is the model's own"),
            "name another model instead",
        )),
        _ => Ok(()),
    }
}

/// What no row can hold.
fn odd(value: &Value) -> Option<String> {
    match value {
        Value::Float(number) if !number.is_finite() => Some(number.to_string()),
        Value::Datetime(date) => Some(format!("the date {date}")),
        Value::Array(all) => all.iter().find_map(odd),
        Value::Table(table) => table.values().find_map(odd),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_tried_is_refused() {
        let study = |lines: &str| {
            let text = format!("model = \"m\"\ndata = \"d\"\n{lines}");
            Study::parse("s.toml", &text).map_err(|e| e.to_string())
        };
        study("[vary]\n\"crossbar.adc_bits\" = [6, 8]\n").unwrap();
        study("[vary]\n\"device.faults\" = [[], [{ matrix = \"vocab\", tile = [0, 0], row = 1, column = 2, stuck = \"on\" }]]\n").unwrap();
        for (lines, message) in [
            ("[vary]\n\"crossbar.adc_bitz\" = [6]", "unknown key `adc_bitz`: did you mean `adc_bits`?"),
            ("[vary]\n\"crossbars.adc_bits\" = [6]", "unknown key `crossbars`: did you mean `crossbar`?"),
            ("[vary]\n\"crossbar.adc_bits\" = [6, \"x\"]", "invalid type: string \"x\", expected u32"),
            ("[vary]\n\"crossbar.adc_bits\" = [{ a = 1 }]", "invalid type: map, expected u32"),
            ("[vary]\n\"device.time_s\" = [nan]", "got NaN; write what hvae.toml could have there"),
            ("[vary]\n\"device.sigma_us\" = [[1.0, inf]]", "got inf; write what hvae.toml could have there"),
            ("[vary]\n\"device.preset\" = [1979-05-27]", "got the date 1979-05-27; write"),
            (
                "[vary]\n\"model.hidden\" = [6]",
                "got [model], which is the model's own; name another model instead",
            ),
            (
                "[base.train]\nbatch = 3\n[vary]",
                "got [train], which is the model's own; name another model instead",
            ),
            (
                "[base]\ncrossbar = 3\n[vary]",
                "s.toml: [base]: expected a key and a value of hvae.toml, got invalid type",
            ),
            (
                "[vary]\n\"device.seed\" = [6]",
                "expected a key that seeds does not set, got device.seed; use seeds",
            ),
            (
                "[vary]\n\"crossbar.rows\" = [6]\n\"crossbar.columns, crossbar.rows\" = [64]",
                "expected every key once, got crossbar.rows again; remove it",
            ),
            (
                "seeds = []\n[vary]",
                "s.toml: seeds: expected at least one, and every one once, got []; correct them",
            ),
            ("seeds = [1, 2, 1]\n[vary]", "got [1, 2, 1]; correct them"),
            (
                "random = 9000000000000000000\n[vary]",
                "s.toml: [vary]: expected at most 1000000 rows, got more",
            ),
            ("speed = 3\n[vary]", "s.toml:3: expected a study, got unknown field `speed`"),
        ] {
            let refused = study(lines).unwrap_err();
            assert!(refused.contains(message), "{refused}");
        }
        // 2^64 rows, which is 0 as a number of the machine.
        let many: String = [
            "rows",
            "columns",
            "adc_bits",
            "adc_shift",
            "adc_zero",
            "dac_bits",
            "cell_bits",
            "spare_columns",
        ]
        .map(|key| format!("\"crossbar.{key}\" = {:?}\n", (0..256).collect::<Vec<u32>>()))
        .concat();
        assert!(study(&format!("[vary]\n{many}")).unwrap_err().contains("at most 1000000 rows"));
    }
}
