//! The jobs that `hvae cosim` is asked for.

use super::Args;
use crate::commands::Failure;
use crate::commands::inputs::{fitting, read_conversations, read_frames, read_words};
use hvae_mnn::build::Build;
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::model::{Example, Schedule, Split, Vocabulary};
use hvae_mnn::pipeline::random_examples;
use hvae_mnn::sample::{conversation, frames, generations, job};
use std::path::Path;

/// Sequences of which every job is played where nothing was asked for.
const UNASKED: usize = 3;

/// Of sentences, frames or conversations, and those that read nothing. Where nothing is asked for: every job of the design, of
/// three random sequences.
pub fn jobs(args: &Args, folder: &Path, build: &Build) -> Result<Vec<Job>, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let vocabulary = || {
        build.vocabulary.as_ref().ok_or_else(|| {
            Failure::input(format!(
                "{}: random weights have no words; use --random N or --generate N",
                folder.display()
            ))
        })
    };
    let network = &build.net.quant.network;
    if network.converses() {
        return conversations(args, folder, build, vocabulary);
    }
    let (mut sentences, mut with_frames) = (Vec::new(), Vec::new());
    if let Some(path) = args.data.as_ref().filter(|_| network.frame_width().is_some()) {
        let mut all = read_frames(path, Split::Test, network)?;
        all.retain(|example| example.steps() <= limit);
        if all.is_empty() {
            return Err(Failure::input(format!(
                "{}: every sequence is longer than [accelerator] max_tokens = {limit} frames",
                path.display()
            )));
        }
        with_frames.extend(all.into_iter().take(args.sentences));
    } else if let Some(path) = &args.data {
        let all = fitting(read_words(path, Split::Test, (vocabulary()?, network))?, limit);
        if all.is_empty() {
            return Err(Failure::input(format!(
                "{}: every sentence is longer than [accelerator] max_tokens = {limit}",
                path.display()
            )));
        }
        sentences.extend(all.into_iter().take(args.sentences));
    }
    if let Some(text) = &args.text {
        if text.trim().is_empty() {
            return Err(Failure::input("--text: expected words, found none"));
        }
        let tokens = vocabulary()?.encode(text);
        if tokens.len() > limit {
            return Err(Failure::input(format!(
                "--text: expected at most {limit} tokens ([accelerator] max_tokens), found {}; shorten it",
                tokens.len()
            )));
        }
        sentences.push(tokens);
    }
    let unasked = nothing_asked(args);
    let count = if unasked { UNASKED } else { args.random.get() };
    let mut random = random_examples(network, count, args.seed);
    random.iter_mut().filter(|example| example.tokens.len() > limit).for_each(|example| {
        let more = example.tokens.len() - limit;
        example.tokens.drain(1..=more);
    });
    random.iter_mut().filter(|example| example.frames.nrows() > limit).for_each(|example| {
        example.frames = example.frames.slice(ndarray::s![..limit, ..]).to_owned();
    });
    let (read, more): (Vec<Example>, Vec<Example>) =
        random.into_iter().partition(|example| example.frames.is_empty());
    sentences.extend(read.into_iter().map(|example| example.tokens));
    with_frames.extend(more);
    // With nothing said, the first job of the network that a sentence says most of.
    let schedule = Schedule::new(network);
    let usual = [JobKind::Reconstruct, JobKind::Score, JobKind::Label, JobKind::Values, JobKind::Generate];
    let first = usual.into_iter().find(|&kind| schedule.jobs().any(|known| known == kind));
    let first = first.unwrap_or(JobKind::Reconstruct);
    let every = every_job(&schedule, build);
    let kinds = match (args.score, &args.job[..]) {
        (true, _) => &[JobKind::Score][..],
        (false, []) if unasked => &every,
        (false, []) => &[first],
        (false, kinds) => kinds,
    };
    has_jobs(folder, build, &schedule, kinds)?;
    let golden = Golden::tiled(&build.net, &config.accelerator);
    let mut jobs = Vec::new();
    for (sentence, seed) in sentences.iter().zip(args.seed..) {
        for &kind in kinds {
            jobs.push(job(kind, sentence, &golden, (args.temperature, seed), limit)?);
        }
    }
    for (example, seed) in with_frames.iter().zip(args.seed..) {
        for &kind in kinds {
            jobs.push(frames(kind, &example.frames, &golden, (args.temperature, seed), limit)?);
        }
    }
    jobs.extend(generations(args.generate.get(), args.temperature, args.seed, limit)?);
    some(jobs)
}

/// Neither sentences nor how many random ones.
fn nothing_asked(args: &Args) -> bool {
    args.data.is_none() && args.text.is_none() && args.random.get() == 0 && args.generate.get() == 0
}

/// The jobs that the design has.
fn every_job(schedule: &Schedule, build: &Build) -> Vec<JobKind> {
    let score = build.file.design.config.accelerator.score;
    schedule.jobs().filter(|&kind| kind != JobKind::Score || score).collect()
}

fn some(jobs: Vec<Job>) -> Result<Vec<Job>, Failure> {
    match jobs.is_empty() {
        true => {
            Err(Failure::input("nothing to simulate: give --data FILE, --text S, --random N or --generate N"))
        }
        false => Ok(jobs),
    }
}

/// Refuses jobs that the design does not have.
fn has_jobs(folder: &Path, build: &Build, schedule: &Schedule, kinds: &[JobKind]) -> Result<(), Failure> {
    if let Some(kind) = kinds.iter().find(|&&kind| schedule.jobs().all(|known| known != kind)) {
        let known: Vec<String> = schedule.jobs().map(|kind| format!("{kind:?}").to_uppercase()).collect();
        return Err(Failure::input(format!(
            "{}: expected one of the jobs of this network, {}, found {}; choose one of them with --job",
            folder.display(),
            known.join(", "),
            format!("{kind:?}").to_uppercase()
        )));
    }
    if kinds.contains(&JobKind::Score) && !build.file.design.config.accelerator.score {
        return Err(Failure::input(format!(
            "{}: expected a design with the job SCORE, found [accelerator] score = false; generate it again with score = true",
            folder.display()
        )));
    }
    Ok(())
}

/// Whole conversations: before every sentence is heard, the jobs that are asked for; absent, an answer to what was heard.
fn conversations<'a>(
    args: &Args,
    folder: &Path,
    build: &'a Build,
    vocabulary: impl Fn() -> Result<&'a Vocabulary, Failure>,
) -> Result<Vec<Job>, Failure> {
    let limit = build.file.design.config.accelerator.max_tokens;
    let network = &build.net.quant.network;
    let mut all = Vec::new();
    if let Some(path) = &args.data {
        let read = read_conversations(path, Split::Test, (vocabulary()?, limit))?;
        all.extend(read.into_iter().take(args.sentences));
    }
    if let Some(text) = &args.text {
        all.push(Example::conversation(vec![vocabulary()?.encode(text)]));
    }
    let unasked = nothing_asked(args);
    let count = if unasked { UNASKED } else { args.random.get() };
    let mut random = random_examples(network, 4 * count, args.seed);
    random.iter_mut().flat_map(|c| &mut c.turns).for_each(|turn| turn.truncate(limit));
    all.extend(random);
    let schedule = Schedule::new(network);
    let every = every_job(&schedule, build);
    let kinds = match (args.score, &args.job[..]) {
        (true, _) => &[JobKind::Score][..],
        (false, []) if unasked => &every,
        (false, []) => &[JobKind::Generate],
        (false, kinds) => kinds,
    };
    has_jobs(folder, build, &schedule, kinds)?;
    let mut jobs = Vec::new();
    for (example, seed) in all.iter().zip(0u64..) {
        let seed = args.seed.wrapping_add(seed << 32);
        jobs.extend(conversation(example, kinds, (args.temperature, seed), limit)?);
    }
    jobs.extend(generations(args.generate.get(), args.temperature, args.seed, limit)?);
    some(jobs)
}
