//! `hvae generate`

use super::budget;
use super::inputs::{balanced, map_model, network, read_config, read_model, somebody_reads, tell_clipped};
use super::out::say;
use super::{Failure, progress, write_json};
use hvae_mnn::budget::Budget;
use hvae_mnn::build::{BuildFile, DESIGN, write_build};
use hvae_mnn::files::OutputFolder;
use hvae_mnn::pipeline::{map_on, random_examples, random_weights};
use hvae_mnn::quant::ClippedBias;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae generate --config configs/ptb-paper.toml --random-weights 1 --out build/ptb"
)]
#[command(group(clap::ArgGroup::new("weights").required(true).args(["model", "random_weights"])))]
pub struct Args {
    /// hvae.toml; absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// Trained model folder; its shape replaces [model]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Weights nobody trained, of the size [model] asks for, from this seed
    #[arg(long, value_name = "SEED")]
    random_weights: Option<u64>,
    /// Sentences that show which ranges the numbers take, or the set whose validation part they are
    #[arg(long, value_name = "FILE")]
    calibrate: Option<PathBuf>,
    /// Build folder
    #[arg(long)]
    out: PathBuf,
    /// Generate also what is estimated not to fit [target] part
    #[arg(long)]
    force: bool,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    tiles: usize,
    adcs: usize,
    rom_bits: u64,
    cycles_per_token_expected: u64,
    cycles_per_token_floor: u64,
    cycles_per_token_read_expected: u64,
    cycles_per_token_read_floor: u64,
    files: usize,
    /// Biases that were larger than they can matter.
    clipped_biases: Vec<ClippedBias>,
    /// All estimates, with the sources of the figures behind them.
    budget: Budget,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let config = read_config(args.config.as_deref())?;
    let out = OutputFolder::begin(&args.out, DESIGN)?;
    let spin = progress::spinner("mapping weights to tiles and writing the design");
    let (file, files, clipped_biases) = match (&args.model, args.random_weights) {
        (Some(folder), _) => {
            let (model, config) = read_model(folder, config)?;
            let net = map_model(&model, &config, args.calibrate.as_deref())?;
            budget::check_target(&net, &config, args.force)?;
            // What reads frames knows no words.
            let words = (model.network.vocabulary > 0).then_some(&model.vocabulary);
            let (file, files) = write_build(out, &net, &config, words, &somebody_reads)?;
            (file, files, net.quant.clipped)
        }
        (None, seed) => {
            let seed = seed.expect("clap asks for one of the two");
            let config = balanced(config)?;
            let network = network(&config)?;
            let examples = random_examples(&network, 16, seed);
            let net = map_on(&network, &random_weights(&network, seed), &config, &examples)?;
            budget::check_target(&net, &config, args.force)?;
            let (file, files) = write_build(out, &net, &config, None, &somebody_reads)?;
            (file, files, net.quant.clipped)
        }
    };
    spin.finish_and_clear();
    tell_clipped(&clipped_biases);
    let c = file.cycles_per_token;
    let figures = Figures {
        tiles: file.budget.tiles,
        adcs: file.budget.adcs,
        rom_bits: file.budget.rom_bits,
        cycles_per_token_expected: c.decode_expected,
        cycles_per_token_floor: c.decode_floor,
        cycles_per_token_read_expected: c.encode_expected,
        cycles_per_token_read_floor: c.encode_floor,
        files,
        clipped_biases,
        budget: file.budget.clone(),
    };
    print(args, &file, &figures)?;
    write_json(args.json.as_deref(), &figures)
}

fn print(args: &Args, file: &BuildFile, f: &Figures) -> Result<(), Failure> {
    say!("design {} in {}: {} files", file.design.id, args.out.display(), f.files)?;
    budget::print(&file.budget)?;
    if let Some(cells) = &file.programmed {
        say!("{cells}")?;
    }
    print_stages(file)?;
    say!("check it with: hvae cosim {}", args.out.display())
}

/// Cycles of every stage beside their floor.
pub fn print_stages(file: &BuildFile) -> Result<(), Failure> {
    say!("{:<14} {:>8} {:>8} {:>7}   ADC busy", "stage", "cycles", "floor", "ratio")?;
    let row = |name: &str, cycles: u64, floor: u64, adc: String| {
        say!("{name:<14} {cycles:>8} {floor:>8} {:>7.2}   {adc}", cycles as f64 / floor.max(1) as f64)
    };
    for stage in &file.stages {
        let adc = format!("{:.0} %", 100.0 * stage.timing.adc as f64 / stage.expected as f64);
        row(&stage.name, stage.expected, stage.timing.floor, adc)?;
    }
    let c = file.cycles_per_token;
    let busy = |adc: u64, cycles: u64| format!("{:.0} %", 100.0 * adc as f64 / cycles as f64);
    if c.encode_expected > 0 {
        row("token read", c.encode_expected, c.encode_floor, busy(c.encode_adc, c.encode_expected))?;
    }
    if c.decode_expected > 0 {
        row("token written", c.decode_expected, c.decode_floor, busy(c.decode_adc, c.decode_expected))?;
    }
    if c.score_expected > 0 {
        row("token scored", c.score_expected, c.score_floor, String::new())?;
    }
    if let Some((stage, cycles)) = &file.largest_gap {
        let all = c.decode_expected - c.decode_floor;
        say!("largest gap to the floor of a token written: {cycles} of {all} cycles, in {stage}")?;
    }
    Ok(())
}
