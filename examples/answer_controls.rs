//! What answers are worth that no model has written: the rows that a dialogue model must be better than.
//!
//! `cargo run --release --example answer_controls [SET [nltk36 | nltk35 | nltk34]]`
#![allow(clippy::disallowed_macros)]

use hvae_mnn::eval::{AnswerQuality, Control, Controls, Smoothing};
use hvae_mnn::failure::Failure;
use hvae_mnn::model::{Dialogues, Split, Tokenizer};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// As TWR-VAE's dialogue models read DailyDialog: 10,000 words and the special tokens, tokens of an utterance at most.
const WORDS: usize = 10_004;
const MOST_TOKENS: usize = 40;
/// Utterances of a context that are compared.
const WINDOW: usize = 1;
const SEED: u64 = 1;

fn main() -> Result<(), Failure> {
    let set = std::env::args_os().nth(1).map_or_else(|| "data/dialogues".into(), PathBuf::from);
    let version = std::env::args().nth(2).unwrap_or_else(|| "nltk36".into());
    let smoothing =
        Smoothing::ALL.into_iter().find(|smoothing| smoothing.name() == version).ok_or_else(|| {
            let names = Smoothing::ALL.map(Smoothing::name).join(", ");
            Failure::input(format!(
                "{version}: expected one of {names}, the versions of NLTK that rate otherwise"
            ))
        })?;
    print!("{}", table(&set, smoothing)?);
    Ok(())
}

/// A line for each control.
///
/// # Errors
///
/// There is no such set.
pub fn table(set: &Path, smoothing: Smoothing) -> Result<String, Failure> {
    let read = |split: Split| Dialogues::load(&split.file(set)?, Tokenizer::WordPunct);
    let (train, test) = (read(Split::Train)?.without_last(), read(Split::Test)?.without_last());
    let vocabulary = train.vocabulary(Tokenizer::WordPunct, WORDS);
    let (train, test) = (train.numbered(&vocabulary, MOST_TOKENS), test.numbered(&vocabulary, MOST_TOKENS));
    let controls = Controls::of(&train, WINDOW);
    let mut table = String::new();
    let names = AnswerQuality::FIGURES.map(|name| format!("{name:>9}")).concat();
    let _ = writeln!(table, "{:<10}{names}", "answers");
    for control in Control::ALL {
        let Some(q) = controls.measure(control, SEED, &test, smoothing) else { continue };
        let figures = q.figures().map(|figure| format!("{figure:>9.4}")).concat();
        let _ = writeln!(table, "{:<10}{figures}", control.name());
    }
    Ok(table)
}
