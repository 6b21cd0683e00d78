//! A network of one's own through co-simulation: Verilog against the golden model, bit by bit. Needs Verilator.
//!
//! `cargo run --release --example network_to_cosim [FOLDER]`
#![allow(clippy::disallowed_macros)]

use hvae_mnn::build::{DESIGN, read_build, simulate, write_build};
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::cosim::{CosimReport, Engine, RunOptions, Simulation};
use hvae_mnn::failure::Failure;
use hvae_mnn::files::{OutputFolder, silently};
use hvae_mnn::model::{Network, Weights};
use hvae_mnn::pipeline::{map, random_sentences, random_weights};
use hvae_mnn::sample::{generations, reconstruct};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Failure> {
    let folder = std::env::args_os().nth(1).map_or_else(|| "build/own".into(), PathBuf::from);
    generate(&folder)?;
    let report = cosim(&folder)?;
    println!(
        "{} jobs: {} bits compared, {} mismatches",
        report.sentences, report.bits_compared, report.mismatches
    );
    println!("{} cycles, {} predicted", report.cycles, report.cycles_expected);
    match report.first_difference {
        None => Ok(()),
        Some(first) => Err(Failure::check(format!("hardware and golden model differ first at {first}"))),
    }
}

/// The network: what its blocks are, and a weight for every tensor they name. Change these two to try another one.
fn network(config: &Config) -> Result<(Network, Weights), Failure> {
    let network = Network::describe(&config.model, config.train.lambda_low)?;
    let weights = random_weights(&network, 1);
    Ok((network, weights))
}

/// Writes the design.
///
/// # Errors
///
/// The folder is something else, or cannot be written.
pub fn generate(folder: &Path) -> Result<(), Failure> {
    let mut config = Config::default();
    (config.model.cells, config.model.decoder_cells) = (vec![CellKind::Gru], Some(vec![CellKind::Lstm]));
    (config.model.vocabulary, config.model.embedding) = (12, 4);
    (config.model.hidden, config.model.latent) = (5, 2);
    (config.crossbar.rows, config.crossbar.columns) = (8, 16);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes) = (1.into(), 2.into());
    config.accelerator.max_tokens = 12;
    let (network, weights) = network(&config)?;
    let net = map(&network, &weights, &config, &random_sentences(config.model.vocabulary, 8, 1))?;
    write_build(OutputFolder::begin(folder, DESIGN)?, &net, &config, None, &silently)?;
    Ok(())
}

/// Compiles the design and runs it beside the golden model: sentences read and written back, and some from the prior.
///
/// # Errors
///
/// Verilator is missing or failed. A difference is none: it is in the report.
pub fn cosim(folder: &Path) -> Result<CosimReport, Failure> {
    let build = read_build(folder)?;
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let mut jobs = generations(3, 1.0, 1, limit)?;
    let sentences = random_sentences(config.model.vocabulary, 3, 2);
    jobs.extend(sentences.iter().map(|s| reconstruct(&s[..s.len().min(limit)], limit)));
    let simulation = Simulation::build(Engine::Verilator, folder, false)?;
    let options = RunOptions { stalls: 7, ..RunOptions::default() };
    Ok(simulate(&build, &simulation, &jobs, &options, &|_| {})?)
}
