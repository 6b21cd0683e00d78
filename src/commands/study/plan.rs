//! A study as a person writes it, and the configuration of each of its rows.

use crate::commands::Failure;
use hvae_mnn::config::Config;
use hvae_mnn::model::Random;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// A figure of a row: ppl, nll, kl, accuracy, overlap, clip_rate.
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
    pub row: usize,
    pub seed: u64,
    /// By `section.key`.
    pub settings: BTreeMap<String, serde_json::Value>,
}

impl Study {
    pub fn parse(file: &str, text: &str) -> Result<Study, Failure> {
        let study: Study =
            toml::from_str(text).map_err(|e| Failure::input(format!("{file}: {}", e.to_string().trim())))?;
        for (key, values) in &study.vary {
            let empty = values.is_empty() || key.split(',').any(|k| k.trim().split('.').count() != 2);
            if empty {
                return Err(Failure::input(format!(
                    "{file}: [vary] \"{key}\": expected \"section.key\" = [values to try] (several keys that get the same value: \
                     \"one.key, other.key\"), found {} value(s); write for example \"crossbar.adc_bits\" = [6, 8]",
                    values.len()
                )));
            }
        }
        if study.seeds.is_empty() {
            return Err(Failure::input(format!("{file}: seeds = []: expected at least one")));
        }
        for plot in &study.plots {
            if !study.vary.contains_key(&plot.x) || !super::row::FIGURES.contains(&plot.y.as_str()) {
                return Err(Failure::input(format!(
                    "{file}: [[plot]] x = \"{}\", y = \"{}\": expected x to be a key of [vary] and y one of {}",
                    plot.x,
                    plot.y,
                    super::row::FIGURES.join(", ")
                )));
            }
        }
        Ok(study)
    }

    /// Choices of values, whatever the seed.
    fn choices(&self) -> usize {
        match self.random {
            0 => self.vary.values().map(Vec::len).product(),
            count => count,
        }
    }

    pub fn rows(&self) -> usize {
        self.choices() * self.seeds.len()
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
    pub fn config(&self, file: &str, choice: &Choice) -> Result<Config, Failure> {
        let mut table = self.base.clone();
        let mut set = |key: &str, value: Value| {
            let (section, key) = key.split_once('.').expect("checked");
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(key.into(), value);
            }
        };
        set("device.seed", Value::Integer(choice.seed as i64));
        for (keys, value) in &choice.settings {
            for key in keys.split(',') {
                set(key.trim(), Value::try_from(value).expect("came from TOML"));
            }
        }
        let text = toml::to_string(&table).expect("a table of sections");
        let place = format!("{file}, row {}", choice.row);
        Config::parse(&place, &text).map_err(|e| Failure::input(e.to_string()))
    }
}
