//! What the hardware is shown with: what it writes, and what it reads.

use crate::commands::Failure;
use crate::commands::inputs::{fitting, read_conversations, read_frames, read_words};
use hvae_mnn::build::Build;
use hvae_mnn::crossbar::TiledMatrix;
use hvae_mnn::golden::{Context, Golden, Job, JobKind, Stop};
use hvae_mnn::model::{EOS, Example, SOS, Split, UNK, Vocabulary};
use hvae_mnn::pipeline::random_examples;
use hvae_mnn::sample::{conversation, frames, generation, generations, job, piece};
use ndarray::{Array2, Axis, concatenate, s};
use std::path::Path;

/// Sequences that are read, and of those that are random.
const READ: usize = 10;
const RANDOM: usize = 3;

/// Sentences of a conversation of the network with itself.
const TURNS: usize = 6;

/// How sharply everything is drawn, and from which seed.
const TEMPERATURE: f64 = 0.8;
const SEED: u64 = 1;

/// Jobs for a page.
pub struct Jobs {
    /// Of those that write of nothing; each stands for itself.
    pub written: Vec<Job>,
    /// Of those that read. A conversation has all of its jobs here, in order.
    pub read: Vec<Job>,
    /// Whose sequences are read.
    pub whose: String,
}

/// `generate` new sequences where the network makes some, and so many others as a page has room for: of `data`, or what
/// the network itself has written, or where its weights are random, random ones. Nothing where neither is asked for.
pub fn jobs(folder: &Path, build: &Build, generate: usize, data: Option<&Path>) -> Result<Jobs, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let golden = Golden::tiled(&build.net, &config.accelerator);
    let network = &golden.quant.network;
    let vocabulary = words(folder, build, data)?;
    if generate == 0 && data.is_none() {
        return Ok(Jobs { written: Vec::new(), read: Vec::new(), whose: String::new() });
    }
    if network.converses() {
        return conversations(&golden, vocabulary, data, limit);
    }
    let has = |kind: JobKind| {
        golden.schedule.jobs().any(|known| known == kind)
            && (kind != JobKind::Score || config.accelerator.score)
    };
    let written = match has(JobKind::Generate) {
        true => generations(generate, TEMPERATURE, SEED, limit)?,
        false => Vec::new(),
    };
    // Of jobs that read, the one that shows most.
    let usual = [JobKind::Reconstruct, JobKind::Score, JobKind::Label, JobKind::Values];
    let kinds: Vec<JobKind> = usual.into_iter().filter(|&kind| has(kind)).take(1).collect();
    let mut found =
        Jobs { written, read: Vec::new(), whose: "The sequences of the file that was given".into() };
    let (mut sentences, mut pieces) = (Vec::new(), Vec::new());
    match (data, vocabulary) {
        (Some(path), _) if network.frame_width().is_some() => {
            let all = read_frames(path, Split::Test, network)?;
            pieces.extend(
                all.into_iter().map(|example| example.frames).filter(|f| f.nrows() <= limit).take(READ),
            );
            some(path, &pieces, limit)?;
        }
        (Some(path), Some(vocabulary)) => {
            let mut all = fitting(read_words(path, Split::Test, (vocabulary, network))?, limit);
            all.sort_by_key(|sentence| !suits(sentence));
            sentences.extend(all.into_iter().take(READ));
            some(path, &sentences, limit)?;
        }
        (_, vocabulary) => {
            let own = own_sequences(&golden, &found.written, limit);
            // What random weights write is no sentence.
            if own.is_empty() || (network.vocabulary > 0 && vocabulary.is_none()) {
                found.whose = "Random sequences".into();
                for example in random_examples(network, RANDOM, SEED) {
                    match example.frames.is_empty() {
                        true => sentences.push(cut(example.tokens, limit)),
                        false => pieces.push(
                            example.frames.slice(s![..example.frames.nrows().min(limit), ..]).to_owned(),
                        ),
                    }
                }
            } else {
                found.whose = "What the network itself has written, read again".into();
                for example in own.into_iter().take(READ) {
                    match example.frames.is_empty() {
                        true => sentences.push(example.tokens),
                        false => pieces.push(example.frames),
                    }
                }
            }
        }
    }
    for &kind in &kinds {
        for (sentence, seed) in sentences.iter().zip(SEED..) {
            found.read.push(job(kind, sentence, &golden, (TEMPERATURE, seed), limit)?);
        }
        for (piece, seed) in pieces.iter().zip(SEED..) {
            found.read.push(frames(kind, piece, &golden, (TEMPERATURE, seed), limit)?);
        }
    }
    Ok(found)
}

/// The words of a build, which a file of sentences asks for.
fn words<'a>(
    folder: &Path,
    build: &'a Build,
    data: Option<&Path>,
) -> Result<Option<&'a Vocabulary>, Failure> {
    match (data, &build.vocabulary) {
        (Some(path), None) if build.net.quant.network.vocabulary > 0 => Err(Failure::input(format!(
            "--data {}: expected a build with words, found {} of random weights; leave --data out, or generate it with --model",
            path.display(),
            folder.display()
        ))),
        (_, vocabulary) => Ok(vocabulary.as_ref()),
    }
}

fn some<T>(path: &Path, found: &[T], limit: usize) -> Result<(), Failure> {
    match found.is_empty() {
        true => Err(Failure::input(format!(
            "--data {}: expected a sequence of at most {limit} tokens or frames ([accelerator] max_tokens), found none; shorten one",
            path.display()
        ))),
        false => Ok(()),
    }
}

/// Of a handy length and of known words: what is shown first.
fn suits(sentence: &[u32]) -> bool {
    (4..=10).contains(&sentence.len().saturating_sub(2)) && !sentence.contains(&UNK)
}

/// A sentence of at most `limit` tokens that ends as it did.
fn cut(mut sentence: Vec<u32>, limit: usize) -> Vec<u32> {
    let more = sentence.len().saturating_sub(limit);
    if more > 0 {
        sentence.drain(1..=more);
    }
    sentence
}

/// What the golden model answers to `written`, as it can be read again.
fn own_sequences(golden: &Golden<TiledMatrix>, written: &[Job], limit: usize) -> Vec<Example> {
    let network = &golden.quant.network;
    let outputs = written.iter().map(|job| golden.run(job).output);
    if network.bits_block().is_some() {
        let silent = |piece: Array2<f32>| {
            let first = Array2::zeros((1, piece.ncols()));
            let whole = concatenate(Axis(0), &[first.view(), piece.view()]).unwrap_or(first);
            whole.slice(s![..whole.nrows().min(limit), ..]).to_owned()
        };
        let pieces =
            outputs.map(|answer| Example { frames: silent(piece(golden, &answer)), ..Example::default() });
        return pieces.collect();
    }
    let whole = |answer: Vec<u32>| {
        let whole = [vec![SOS], answer].concat();
        // What was broken off at the limit has no end, and what is empty says nothing.
        (whole.ends_with(&[EOS]) && (3..=limit).contains(&whole.len())).then(|| Example::sentence(whole))
    };
    outputs.filter_map(whole).collect()
}

/// Conversations of the file, or one that the network holds with itself.
fn conversations(
    golden: &Golden<TiledMatrix>,
    vocabulary: Option<&Vocabulary>,
    data: Option<&Path>,
    limit: usize,
) -> Result<Jobs, Failure> {
    let none = Jobs { written: Vec::new(), read: Vec::new(), whose: String::new() };
    let (examples, whose): (Vec<Example>, &str) = match (data, vocabulary) {
        (Some(path), Some(vocabulary)) => {
            let all = read_conversations(path, Split::Test, (vocabulary, limit))?;
            (all.into_iter().take(READ).collect(), "The conversations of the file that was given")
        }
        (_, Some(_)) => {
            let read = with_itself(golden, limit)?;
            return Ok(Jobs { read, whose: "The network in conversation with itself".into(), ..none });
        }
        (_, None) => {
            let mut random = random_examples(&golden.quant.network, 2 * TURNS, SEED);
            random.iter_mut().flat_map(|c| &mut c.turns).for_each(|turn| turn.truncate(limit));
            (random, "Random conversations")
        }
    };
    let mut read: Vec<Job> = Vec::new();
    for (example, seed) in examples.iter().zip(0u64..) {
        let seed = SEED.wrapping_add(seed << 32);
        let more = conversation(example, &[JobKind::Generate], (TEMPERATURE, seed), limit)?;
        // Whole conversations, until there are enough answers.
        if read.is_empty() || read.len() + more.len() <= 2 * READ {
            read.extend(more);
        }
    }
    Ok(Jobs { read, whose: whose.into(), ..none })
}

/// What it says it hears in turn.
fn with_itself(golden: &Golden<TiledMatrix>, limit: usize) -> Result<Vec<Job>, Failure> {
    let (mut jobs, mut context): (Vec<Job>, Context) = (Vec::new(), Context::default());
    for turn in 0..TURNS {
        let says = Job { fresh: turn == 0, ..generation(TEMPERATURE, SEED + turn as u64, limit)? };
        let said = golden.run_in(&mut context, &says, Stop::Never).output;
        let mut heard: Vec<i32> = [SOS].iter().chain(&said).map(|&t| t as i32).collect();
        heard.truncate(limit);
        let hears = Job::new(JobKind::Listen, heard, limit as u16);
        golden.run_in(&mut context, &hears, Stop::Never);
        jobs.extend([says, hears]);
    }
    Ok(jobs)
}
