//! `hvae sample`

use super::Failure;
use super::cosim::{generations, simulate};
use super::folder::{MARKER, read_build};
use super::inputs::{map_model, read_config, read_model};
use hvae_mnn::cosim::{Engine, RunOptions};
use hvae_mnn::golden::Golden;
use hvae_mnn::model::Vocabulary;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae sample models/gutenberg -n 5 --seed 3\n  hvae sample build/gutenberg -n 5      (the simulated hardware writes, checked against the golden model)"
)]
pub struct Args {
    /// Trained model folder, or build folder
    source: PathBuf,
    /// Sentences
    #[arg(short, default_value_t = 5)]
    n: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 0.8)]
    temperature: f64,
    /// hvae.toml (model folder only); absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.source.join(MARKER).exists() {
        let build = read_build(&args.source)?;
        let limit = build.file.design.config.accelerator.max_tokens;
        let jobs = generations(args.n, args.temperature, args.seed, limit)?;
        let report = simulate(&args.source, &build, &jobs, &RunOptions::default(), Engine::Verilator)?;
        if let Some(first) = report.first_difference {
            return Err(Failure::check(format!("hardware and golden model differ at {first}")));
        }
        let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
        jobs.iter().for_each(|job| println!("{}", words(build.vocabulary.as_ref(), &golden.run(job).output)));
        return Ok(());
    }
    let (model, config) = read_model(&args.source, read_config(args.config.as_deref())?)?;
    let net = map_model(&model, &config, None)?;
    let golden = Golden::tiled(&net, &config.accelerator);
    for job in generations(args.n, args.temperature, args.seed, config.accelerator.max_tokens)? {
        println!("{}", words(Some(&model.vocabulary), &golden.run(&job).output));
    }
    Ok(())
}

/// Tokens as words, or as numbers where there are no words.
pub fn words(vocabulary: Option<&Vocabulary>, tokens: &[u32]) -> String {
    match vocabulary {
        Some(v) => v.decode(tokens),
        None => tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
