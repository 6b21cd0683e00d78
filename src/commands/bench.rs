//! `hvae bench`

use super::count::{Count, MANY};
#[cfg(feature = "train")]
use super::inputs::read_text;
use super::inputs::{map_model, read_config, read_model, read_words};
use super::out::say;
use super::{Failure, progress, write_json};
#[cfg(feature = "train")]
use super::{memory, train::Place};
use hvae_mnn::bench::{self, Row};
use hvae_mnn::build::read_build;
use hvae_mnn::model::Split;
#[cfg(feature = "train")]
use hvae_mnn::model::{Vocabulary, read_sentences, sentences_of};
use serde::Serialize;
#[cfg(feature = "train")]
use std::path::Path;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae bench --model models/gutenberg --data data/gutenberg/test.txt --json bench.json\n  hvae bench --golden --json golden.json\n  hvae bench --build build/tiny build/gutenberg --jobs 20"
)]
pub struct Args {
    /// Trained model folder
    #[arg(long, default_value = "models/gutenberg")]
    model: PathBuf,
    /// Sentences, one a line, or the folder of a set: its test part
    #[arg(long, default_value = "data/gutenberg/test.txt")]
    data: PathBuf,
    /// Instead, time the simulation of these build folders (`hvae generate`)
    #[arg(long, value_name = "BUILD", num_args = 1..)]
    build: Vec<PathBuf>,
    /// Instead, time products (W1: 512 -> 2048) and sequences (W2: 512 units, 20 steps) of the golden model
    #[arg(long, conflicts_with = "build")]
    golden: bool,
    /// Instead, time updates of training with the [model] and [train] of this hvae.toml on sentences of --data
    #[cfg(feature = "train")]
    #[arg(long, value_name = "CONFIG", conflicts_with_all = ["build", "golden"])]
    train: Option<PathBuf>,
    /// Updates to time
    #[cfg(feature = "train")]
    #[arg(long, default_value_t = Count::of(20), requires = "train")]
    updates: Count<1, MANY>,
    /// Where updates are made
    #[cfg(feature = "train")]
    #[arg(long, value_enum, default_value_t = Place::Cpu, requires = "train")]
    device: Place,
    /// Jobs to simulate: RECONSTRUCT of random words and sampled GENERATE, by turns
    #[arg(long, default_value_t = Count::of(10))]
    jobs: Count<1, MANY>,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Row>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    #[cfg(feature = "train")]
    if let Some(config) = &args.train {
        return show(args, vec![training(config, args)?]);
    }
    let rows = match args.build.is_empty() {
        _ if args.golden => bench::golden()?,
        true => [bench::products(), sentences(args)?].concat(),
        false => simulations(args)?,
    };
    show(args, rows)
}

/// Tokens a second of training updates.
#[cfg(feature = "train")]
fn training(file: &Path, args: &Args) -> Result<Row, Failure> {
    memory::keep_what_is_freed();
    let config = read_config(Some(file))?;
    let path = Split::Test.file(&args.data)?;
    let text = read_text(&path)?;
    let vocabulary =
        Vocabulary::of_text(config.model.tokenizer, sentences_of(&text), config.model.vocabulary);
    let sentences = read_sentences(&path.display().to_string(), &vocabulary, &text)?;
    let device = args.device.device(&config)?;
    let mut value = hvae_mnn::train::pace(&config, &sentences, args.updates.get(), 3, device)?;
    value.sort_by(f64::total_cmp);
    let name = format!("training, {}", file.display());
    let threads = rayon::current_num_threads();
    Ok(Row { name, value: value[1], unit: "tokens/s", threads, ratio: None, ratio_to: None })
}

fn show(args: &Args, rows: Vec<Row>) -> Result<(), Failure> {
    say!("{:<58} {:>12} {:<16} {:>8}", "figure (median)", "value", "unit", "ratio")?;
    for r in &rows {
        let ratio = r.ratio.map_or(String::new(), |x| format!("{x:.2}"));
        say!("{:<58} {:>12.3} {:<16} {ratio:>8}", r.name, r.value, r.unit)?;
    }
    write_json(args.json.as_deref(), &Figures { rows })
}

/// Tokens per second of a sentence read and teacher-forced (float), and of whole jobs (golden).
fn sentences(args: &Args) -> Result<Vec<Row>, Failure> {
    let (model, config) = read_model(&args.model, read_config(None)?)?;
    let all = read_words(&args.data, Split::Test, (&model.vocabulary, &model.network))?;
    let net = map_model(&model, &config, None)?;
    Ok(bench::sentences(&model, &net, &config, all))
}

/// Each design beside the first.
fn simulations(args: &Args) -> Result<Vec<Row>, Failure> {
    let mut all = Vec::new();
    for folder in &args.build {
        let build = read_build(folder)?;
        let spin = progress::spinner(format!("compiling and simulating {}", folder.display()));
        let rows = bench::simulation(folder, &build, args.jobs.get(), &all)?;
        spin.finish_and_clear();
        all.extend(rows);
    }
    Ok(all)
}
