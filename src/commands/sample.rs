//! `hvae sample`

use super::Failure;
use super::cosim::simulate;
use super::count::{Count, MANY};
use super::inputs::{map_model, read_config, read_model, tell_clipped, writes_words};
use super::music::{Music, Settings};
use super::out::say;
use clap::ValueEnum;
use hvae_mnn::build::{DESCRIPTION, read_build};
use hvae_mnn::cosim::{Engine as Simulator, RunOptions};
use hvae_mnn::golden::{Golden, GoldenEngine, Job};
use hvae_mnn::model::{Engine, FloatNet, Latent, Network, Vocabulary, read_sentences};
use hvae_mnn::sample::{between, decode_all, draw, endless, generation, shares, words};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae sample models/gutenberg -n 5 --seed 3\n  hvae sample build/gutenberg -n 5      (the simulated hardware writes, checked against the golden model)\n  hvae sample models/gutenberg -n 7 --between \"it was a dark night .\" \"what do you mean ?\"\n  hvae sample models/music -n 1 --prime data/music --played 16 --frames 48 --midi dream.mid --roll dream.svg"
)]
pub struct Args {
    /// Trained model folder, or build folder
    source: PathBuf,
    /// Sentences, written one after the other
    #[arg(short, default_value_t = Count::of(5))]
    n: Count<1, { usize::MAX }>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 0.8)]
    temperature: f64,
    /// Instead of drawing z: from that of sentence A to that of sentence B in equal steps, each
    /// written greedily
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    between: Vec<String>,
    /// What writes, of a model folder; absent: crossbar, of frames float
    #[arg(long)]
    on: Option<On>,
    /// hvae.toml (model folder only); absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
    #[command(flatten)]
    music: Music,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// Single precision, as trained
    Float,
    /// The golden model: integers on tiles
    Crossbar,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.source.join(DESCRIPTION).exists() {
        if args.on == Some(On::Float) {
            let source = args.source.display();
            return Err(Failure::input(format!(
                "--on float: expected a model folder, found the build {source}; name the model it was made from"
            )));
        }
        let build = read_build(&args.source)?;
        let accelerator = &build.file.design.config.accelerator;
        let golden = Golden::tiled(&build.net, accelerator);
        let vocabulary = build.vocabulary.as_ref();
        let frames = build.net.quant.network.bits_block().is_some();
        if !frames {
            args.music.refuse_for_words()?;
        }
        if args.n.get() > MANY {
            return Err(Failure::input(format!(
                "-n {}: expected at most {MANY} of a build, whose jobs are simulated together; run it again with another --seed",
                args.n
            )));
        }
        let simulated = |jobs: &[Job]| {
            let report = simulate(&args.source, &build, jobs, &RunOptions::default(), Simulator::Verilator)?;
            match report.first_difference {
                Some(first) => Err(Failure::check(format!("hardware and golden model differ at {first}"))),
                None => Ok(()),
            }
        };
        if frames {
            refuse_between(args)?;
            return args.music.on_cells(&golden, settings(args), accelerator.max_tokens, simulated);
        }
        let jobs = jobs(args, &golden, vocabulary, accelerator.max_tokens)?.collect::<Vec<Job>>();
        simulated(&jobs)?;
        return jobs.iter().try_for_each(|job| say!("{}", words(vocabulary, &golden.run(job).output)));
    }
    let (model, config) = read_model(&args.source, read_config(args.config.as_deref())?)?;
    if model.network.bits_block().is_some() {
        refuse_between(args)?;
        if args.on != Some(On::Crossbar) {
            return args.music.in_float(&model, settings(args));
        }
        let net = map_model(&model, &config, None)?;
        tell_clipped(&net.quant.clipped);
        let golden = Golden::tiled(&net, &config.accelerator);
        return args.music.on_cells(&golden, settings(args), config.accelerator.max_tokens, |_| Ok(()));
    }
    writes_words(&model, "sample")?;
    args.music.refuse_for_words()?;
    let vocabulary = Some(&model.vocabulary);
    let limit = config.accelerator.max_tokens;
    if args.on == Some(On::Float) {
        return in_float(args, &model.float_net(), vocabulary, limit);
    }
    let net = map_model(&model, &config, None)?;
    tell_clipped(&net.quant.clipped);
    let golden = Golden::tiled(&net, &config.accelerator);
    jobs(args, &golden, vocabulary, limit)?
        .try_for_each(|job| say!("{}", words(vocabulary, &golden.run(&job).output)))
}

fn settings(args: &Args) -> Settings {
    Settings { count: args.n.get(), seed: args.seed, temperature: args.temperature }
}

/// Refuses what only words have.
fn refuse_between(args: &Args) -> Result<(), Failure> {
    match args.between.is_empty() {
        true => Ok(()),
        false => Err(Failure::input(
            "--between: expected a model that writes words, found one that writes frames; leave it out",
        )),
    }
}

type Golds = Golden<hvae_mnn::crossbar::TiledMatrix>;

/// GENERATE, or DECODE of every z on the way between two sentences; made one by one, however many.
fn jobs<'a>(
    args: &'a Args,
    golden: &Golds,
    vocabulary: Option<&Vocabulary>,
    limit: usize,
) -> Result<Box<dyn Iterator<Item = Job> + 'a>, Failure> {
    if args.between.is_empty() {
        return Ok(Box::new(endless(args.temperature, args.seed, limit)?.take(args.n.get())));
    }
    let network = &golden.quant.network;
    let mean = |sentence: &[u32]| z_of(&mut GoldenEngine::new(golden), sentence);
    let way = way(args, network, vocabulary, limit, &mean)?;
    Ok(Box::new(decode_all(golden, way, limit)))
}

/// The mean of the posterior of a sentence, behind the flow where there is one.
fn z_of(engine: &mut dyn Engine, sentence: &[u32]) -> Vec<f32> {
    let posterior = engine.encode(sentence);
    let mean = Latent::of(engine.network(), &posterior).mean;
    engine.flowed_all(&[sentence], &[mean]).remove(0).z
}

/// Every z from that of the first sentence to that of the second.
fn way(
    args: &Args,
    network: &Network,
    vocabulary: Option<&Vocabulary>,
    limit: usize,
    mean: &dyn Fn(&[u32]) -> Vec<f32>,
) -> Result<impl Iterator<Item = Vec<f32>> + use<>, Failure> {
    if network.latent().is_none() {
        let remedy = if network.draws_at_steps() {
            "say --on float: no job takes a z for every step"
        } else {
            "leave it out"
        };
        return Err(Failure::input(format!(
            "{}: expected a z of the whole sentence for --between, found a network without one; {remedy}",
            args.source.display()
        )));
    }
    let [a, b] = ends(args, vocabulary, limit)?;
    Ok(between(mean(&a), mean(&b), args.n.get()))
}

/// The two sentences of `--between`.
fn ends(args: &Args, vocabulary: Option<&Vocabulary>, limit: usize) -> Result<[Vec<u32>; 2], Failure> {
    let Some(vocabulary) = vocabulary else {
        return Err(Failure::input(format!(
            "{}: expected a vocabulary for --between, found a design of random weights; build one with --model",
            args.source.display()
        )));
    };
    let end = |text: &String| {
        let mut found = read_sentences("--between", vocabulary, text)?;
        let wrong = |what: &str| {
            Failure::input(format!(
                "--between {text:?}: expected one sentence of at most {limit} tokens, {what}"
            ))
        };
        match found.as_slice() {
            [one] if one.len() <= limit => Ok(found.remove(0)),
            [one] => Err(wrong(&format!("found {}; shorten it", one.len()))),
            many => Err(wrong(&format!("found {} sentences; write it on one line", many.len()))),
        }
    };
    Ok([end(&args.between[0])?, end(&args.between[1])?])
}

/// Sentences that are written together.
const TOGETHER: usize = 256;

/// The same in single precision.
fn in_float(
    args: &Args,
    net: &FloatNet,
    vocabulary: Option<&Vocabulary>,
    limit: usize,
) -> Result<(), Failure> {
    let network = net.network();
    if !args.between.is_empty() && network.draws_at_steps() {
        let [a, b] = ends(args, vocabulary, limit)?;
        let shares: Vec<f32> = shares(args.n.get()).collect();
        let mut parts = shares.chunks(TOGETHER).flat_map(|some| net.walk([&a, &b], some, limit));
        return parts.try_for_each(|tokens| say!("{}", words(vocabulary, &tokens)));
    }
    if !args.between.is_empty() {
        let mean = |sentence: &[u32]| z_of(&mut net.clone(), sentence);
        let mut way = way(args, network, vocabulary, limit, &mean)?;
        loop {
            let some: Vec<Vec<f32>> = way.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                return Ok(());
            }
            let written = net.clone().greedy_all(&some, limit);
            written.iter().try_for_each(|tokens| say!("{}", words(vocabulary, tokens)))?;
        }
    }
    // The temperatures of the hardware's register, and one message for others.
    drop(generation(args.temperature, args.seed, limit)?);
    let write = |i: usize| draw(net, args.seed.wrapping_add(i as u64), args.temperature, limit);
    (0..args.n.get()).try_for_each(|i| say!("{}", words(vocabulary, &write(i))))
}
