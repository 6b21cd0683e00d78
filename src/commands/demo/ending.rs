//! What the end of a demo shows: sentences that the network reads and writes, on the cells of the design and on others.

use crate::commands::inputs::map_model;
use crate::commands::out::say;
use crate::commands::{Failure, progress};
use hvae_mnn::config::{Config, Device};
use hvae_mnn::crossbar::{PRESETS, TiledMatrix};
use hvae_mnn::golden::{Golden, JobKind};
use hvae_mnn::model::{Rewriting, Schedule, TrainedModel, UNK, fingerprint};
use hvae_mnn::sample::{between, decode_all, encode, generations, reconstruct, words};
use serde::Serialize;
use std::path::Path;

/// Sentences that are shown: read and written again, the steps of the walk, new ones, and those on other cells.
const REWRITTEN: usize = 5;
const STEPS: usize = 6;
const NEW: usize = 5;
const COMPARED: usize = 3;

/// Of words in a sentence that is shown: neither a cry nor a page.
const SHOWN_WORDS: std::ops::RangeInclusive<usize> = 4..=10;

/// The cells that are compared: those without an error, some that the network survives, some that it does not.
const CELLS: [(&str, &str); 3] = [
    ("ideal", "without an error"),
    ("wan2022", "NeuRRAM's, 1 s after programming (Wan et al., Nature 2022)"),
    ("milo2021", "another array of HfO2 cells (Milo et al., IRPS 2021)"),
];

/// How sharply new sentences are drawn.
pub const TEMPERATURE: f64 = 0.8;

/// Sentences of the test part and of the network; a part that the network has no job for is absent.
#[derive(Serialize)]
pub struct Ending {
    /// Of how the sentences were chosen, and of those that are drawn.
    seed: u64,
    /// Test sentences, and what is written of z alone.
    read_and_written: Vec<Pair>,
    /// From z of one test sentence to that of another.
    walk: Option<Walk>,
    /// From z of the prior.
    new: Vec<String>,
    /// The same sentences on cells of several kinds.
    devices: Vec<OnCells>,
}

#[derive(Serialize)]
struct Pair {
    read: String,
    wrote: String,
}

#[derive(Serialize)]
struct Walk {
    from: String,
    to: String,
    /// In equal steps of z, both ends included.
    sentences: Vec<String>,
}

/// What cells of one kind write.
#[derive(Serialize)]
struct OnCells {
    preset: &'static str,
    /// Where its figures were published.
    source: &'static str,
    read_and_written: Vec<Pair>,
    /// Test sentences behind the shares.
    sentences: usize,
    /// Share of words that are written again.
    word_overlap: f64,
    /// Share of sentences that are written again exactly.
    exact: f64,
}

/// What the end is made of.
pub struct Material<'a> {
    pub model: &'a TrainedModel,
    pub config: &'a Config,
    pub golden: &'a Golden<TiledMatrix>,
    /// Sentences of the test part that the accelerator holds, and the set whose validation part gives the ranges.
    pub sources: &'a [Vec<u32>],
    pub data: &'a Path,
    /// Of them, so many are written again on cells of every kind.
    pub measured: usize,
    pub seed: u64,
}

impl Material<'_> {
    /// Prints everything, and gives it back.
    pub fn show(&self) -> Result<Ending, Failure> {
        let schedule = Schedule::new(&self.model.network);
        let has = |kind| schedule.jobs().any(|known| known == kind);
        let rewrites = has(JobKind::Reconstruct);
        let walks = has(JobKind::Encode) && has(JobKind::Decode);
        let chosen = chosen(self.sources, self.seed);

        say!("\n5. What it writes on these tiles (the golden model)")?;
        let shown = if rewrites { first(&chosen, REWRITTEN) } else { &[] };
        let read_and_written = self.written_by(self.golden, shown);
        for Pair { read, wrote } in &read_and_written {
            say!("  read   {read}\n  wrote  {wrote}")?;
        }
        let walk = match &chosen[..] {
            [from, to, ..] if walks => Some(self.walk(from, to)),
            _ => None,
        };
        if let Some(Walk { from, to, sentences }) = &walk {
            say!("a walk from z of one sentence to z of another: \"{from}\" to \"{to}\"")?;
            sentences.iter().zip(1..).try_for_each(|(sentence, step)| say!("  {step}      {sentence}"))?;
        }
        let new = if has(JobKind::Generate) { self.new_ones()? } else { Vec::new() };
        if !new.is_empty() {
            say!("new ones, from nothing but noise (temperature {TEMPERATURE})")?;
        }
        new.iter().try_for_each(|sentence| say!("  new    {sentence}"))?;
        let devices = if rewrites { self.on_cells(first(&chosen, COMPARED))? } else { Vec::new() };
        Ok(Ending { seed: self.seed, read_and_written, walk, new, devices })
    }

    fn limit(&self) -> usize {
        self.config.accelerator.max_tokens
    }

    fn words(&self, tokens: &[u32]) -> String {
        words(Some(&self.model.vocabulary), tokens)
    }

    fn written_by(&self, golden: &Golden<TiledMatrix>, sentences: &[&[u32]]) -> Vec<Pair> {
        let pair = |sentence: &&[u32]| Pair {
            read: self.words(sentence),
            wrote: self.words(&golden.run(&reconstruct(sentence, self.limit())).output),
        };
        sentences.iter().map(pair).collect()
    }

    fn walk(&self, from: &[u32], to: &[u32]) -> Walk {
        let format = self.golden.quant.moment_format();
        let z = |sentence: &[u32]| -> Vec<f32> {
            encode(self.golden, sentence).into_iter().map(|code| format.decode(code.into()) as f32).collect()
        };
        let jobs = decode_all(self.golden, between(z(from), z(to), STEPS), self.limit());
        let sentences = jobs.map(|job| self.words(&self.golden.run(&job).output)).collect();
        Walk { from: self.words(from), to: self.words(to), sentences }
    }

    fn new_ones(&self) -> Result<Vec<String>, Failure> {
        let jobs = generations(NEW, TEMPERATURE, self.seed, self.limit())?;
        Ok(jobs.iter().map(|job| self.words(&self.golden.run(job).output)).collect())
    }

    /// The network on cells of every kind, all else of the configuration as it is.
    fn on_cells(&self, shown: &[&[u32]]) -> Result<Vec<OnCells>, Failure> {
        let measured: Vec<&[u32]> = self.sources.iter().take(self.measured).map(Vec::as_slice).collect();
        if measured.is_empty() {
            return Ok(Vec::new());
        }
        say!("\n6. The same design on other cells: what it reads, and what it writes then")?;
        let mut all = Vec::new();
        for (name, _) in CELLS {
            let spin = progress::spinner(format!("writing {} sentences on {name} cells", measured.len()));
            let device = Device { preset: name.into(), seed: self.seed, ..Device::default() };
            let config = Config { device, ..self.config.clone() };
            let net = map_model(self.model, &config, Some(self.data))?;
            let golden = Golden::tiled(&net, &config.accelerator);
            let answer = |source: &&[u32]| golden.run(&reconstruct(source, self.limit())).output;
            let found = Rewriting::of(&measured, &measured.iter().map(answer).collect::<Vec<_>>());
            spin.finish_and_clear();
            let cells = OnCells {
                preset: name,
                source: PRESETS.iter().find(|p| p.name == name).map_or("", |p| p.source),
                read_and_written: self.written_by(&golden, shown),
                sentences: measured.len(),
                word_overlap: found.word_overlap,
                exact: found.exact,
            };
            all.push(cells);
        }
        for (number, sentence) in shown.iter().enumerate() {
            say!("  {:<9} {}", "read", self.words(sentence))?;
            let wrote = |cells: &OnCells| cells.read_and_written[number].wrote.clone();
            all.iter().try_for_each(|cells| say!("  {:<9} {}", cells.preset, wrote(cells)))?;
        }
        say!(
            "{:<11} {:>12} {:>10}   of {} test sentences",
            "cells",
            "words shared",
            "exact",
            measured.len()
        )?;
        for (cells, (_, what)) in all.iter().zip(CELLS) {
            let (shared, exact) = (100.0 * cells.word_overlap, 100.0 * cells.exact);
            say!("  {:<9} {shared:>10.1} % {exact:>8.1} %   {what}", cells.preset)?;
        }
        Ok(all)
    }
}

fn first<T>(all: &[T], count: usize) -> &[T] {
    &all[..all.len().min(count)]
}

/// The sentences that may be shown, in an order of the seed: before all others those of known words and of a handy length.
/// What the network makes of them has no say.
fn chosen(sources: &[Vec<u32>], seed: u64) -> Vec<&[u32]> {
    let suits = |s: &[u32]| SHOWN_WORDS.contains(&s.len().saturating_sub(2)) && !s.contains(&UNK);
    let mut all: Vec<(bool, u64, &[u32])> = (0u64..)
        .zip(sources)
        .map(|(number, sentence)| (!suits(sentence), fingerprint([seed, number]), sentence.as_slice()))
        .collect();
    all.sort();
    all.into_iter().map(|(.., sentence)| sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_chosen_by_seed_and_length_and_known_words() {
        let sentence = |words: &[u32]| [&[2], words, &[3]].concat();
        let mut sources: Vec<Vec<u32>> = (0..20).map(|i| sentence(&[4 + i, 5, 6, 7])).collect();
        sources.insert(3, sentence(&[9, 8, 7]));
        sources.insert(9, sentence(&[9, 8, 7, 6, UNK]));
        let orders = [1, 1, 2].map(|seed| chosen(&sources, seed));
        assert_eq!(orders[0], orders[1]);
        assert_ne!(orders[0], orders[2]);
        for order in orders {
            assert_eq!(order.len(), 22);
            let (suits, others) = order.split_at(20);
            assert!(suits.iter().all(|s| s.len() == 6 && !s.contains(&UNK)), "{suits:?}");
            assert!(others.contains(&&sources[3][..]) && others.contains(&&sources[9][..]));
        }
    }
}
