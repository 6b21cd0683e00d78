//! `hvae bench`

use super::cosim::reconstruct;
use super::count::{Count, MANY};
#[cfg(feature = "train")]
use super::inputs::read_text;
use super::inputs::{map_model, read_config, read_data, read_model};
use super::out::say;
use super::{Failure, golden_speed, throughput, write_json};
#[cfg(feature = "train")]
use super::{memory, train::Place};
use hvae_mnn::config::{Crossbar, Encoding, Fixed};
use hvae_mnn::crossbar::{TileGeometry, TiledMatrix};
use hvae_mnn::golden::Golden;
use hvae_mnn::model::{Random, Split};
#[cfg(feature = "train")]
use hvae_mnn::model::{Vocabulary, read_sentences, sentences_of};
use hvae_mnn::quant::{Format, IntMatrix, MatVec};
use ndarray::Array2;
use serde::Serialize;
#[cfg(feature = "train")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

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

/// One figure; `ratio` is this value over that of the row called `ratio_to`.
#[derive(Clone, Serialize)]
pub struct Row {
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    pub threads: usize,
    pub ratio: Option<f64>,
    pub ratio_to: Option<String>,
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Row>,
}

/// Times each figure is measured; the median is given.
const REPEATS: usize = 7;

pub fn run(args: &Args) -> Result<(), Failure> {
    #[cfg(feature = "train")]
    if let Some(config) = &args.train {
        return show(args, vec![training(config, args)?]);
    }
    let rows = match args.build.is_empty() {
        _ if args.golden => golden_speed::rows()?,
        true => [products(), sentences(args)?].concat(),
        false => throughput::rows(&args.build, args.jobs.get())?,
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
    let vocabulary = Vocabulary::of_sentences(sentences_of(&text), config.model.vocabulary);
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

/// Median seconds of `work`.
fn seconds(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPEATS / 2]
}

/// One 512 -> 2048 product: exact, and phase by phase through the converters of both encodings.
fn products() -> Vec<Row> {
    let mut random = Random::keyed(&[1]);
    let weights = Array2::from_shape_fn((2048, 512), |_| random.normal() * 0.1);
    let matrix = IntMatrix::quantise(weights.view(), None, 8, Format::new(8, 7));
    let input: Vec<i32> = (0..512).map(|_| random.below(256) as i32 - 128).collect();
    let mut sums = vec![0; 2048];
    let exact = 1e3
        * seconds(|| {
            matrix.apply(&input, &mut sums, 0);
        });
    let name = "512 -> 2048 product, exact".to_string();
    let mut rows =
        vec![Row { name: name.clone(), value: exact, unit: "ms", threads: 1, ratio: None, ratio_to: None }];
    for (encoding, text) in [(Encoding::Differential, "differential"), (Encoding::Offset, "offset")] {
        let crossbar = Crossbar { encoding, adc_bits: 8, ..Crossbar::default() };
        let geometry =
            TileGeometry::new(&crossbar, &Fixed::default(), crossbar.cell_bits).expect("a valid tile");
        let tiled = TiledMatrix::new(&matrix, &geometry);
        let value = 1e3
            * seconds(|| {
                tiled.apply_by_phases(&input, &mut sums, 0);
            });
        rows.push(Row {
            name: format!("the same, phase by phase, 8-bit ADC, {text}"),
            value,
            unit: "ms",
            threads: 1,
            ratio: Some(value / exact),
            ratio_to: Some(name.clone()),
        });
    }
    rows
}

/// Tokens per second of a sentence read and teacher-forced (float), and of whole jobs (golden).
fn sentences(args: &Args) -> Result<Vec<Row>, Failure> {
    let (model, config) = read_model(&args.model, read_config(None)?)?;
    let mut all = read_data(&args.data, Split::Test, &model.vocabulary)?;
    all.retain(|s| s.len() <= config.accelerator.max_tokens);
    all.truncate(50);
    let tokens: usize = all.iter().map(Vec::len).sum();
    let net = map_model(&model, &config, None)?;
    let float = model.float_net();
    let width = model.network.latent_width();
    let read = tokens as f64
        / seconds(|| {
            for s in &all {
                float.encode(s);
                float.teacher_forced(s, &vec![0.0; width]);
            }
        });
    let golden = Golden::tiled(&net, &config.accelerator);
    let mut written = 0;
    let took = seconds(|| {
        written = all.iter().map(|s| golden.run(&reconstruct(s, 64)).counters.tokens).sum::<u64>()
    });
    let done = (tokens as u64 + written) as f64 / took;
    let name = "float: tokens read and teacher-forced".to_string();
    Ok(vec![
        Row { name: name.clone(), value: read, unit: "tokens/s", threads: 1, ratio: None, ratio_to: None },
        Row {
            name: "golden model: tokens of RECONSTRUCT".into(),
            value: done,
            unit: "tokens/s",
            threads: 1,
            ratio: Some(done / read),
            ratio_to: Some(name),
        },
    ])
}
