//! From the size of a network to an accelerator in Verilog, without a trained model.
//!
//! `cargo run --release --example size_to_verilog [FOLDER]`
#![allow(clippy::disallowed_macros)]

use hvae_mnn::budget::Budget;
use hvae_mnn::build::{DESIGN, write_build};
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::failure::Failure;
use hvae_mnn::files::{OutputFolder, silently};
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{balanced, map, random_sentences, random_weights};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Failure> {
    let folder = std::env::args_os().nth(1).map_or_else(|| "build/example".into(), PathBuf::from);
    println!("{}", generate(&folder)?);
    Ok(())
}

/// Writes the design; what it is, in a line.
///
/// # Errors
///
/// The folder is something else, or cannot be written.
pub fn generate(folder: &Path) -> Result<String, Failure> {
    // What hvae.toml says, here in Rust: two levels of 16 units on tiles of 32 x 32 cells.
    let mut config = Config::default();
    config.model.cells = vec![CellKind::Gru, CellKind::Lstm];
    (config.model.vocabulary, config.model.embedding) = (100, 12);
    (config.model.hidden, config.model.latent) = (16, 4);
    (config.crossbar.rows, config.crossbar.columns) = (32, 32);
    let config = balanced(config)?;
    config.check("the example").map_err(|e| Failure::input(e.to_string()))?;

    // Cycles, tiles and wires do not depend on the weights, so random ones do. The sentences show which ranges the
    // numbers take.
    let network = Network::describe(&config.model, config.train.lambda_low)?;
    let sentences = random_sentences(config.model.vocabulary, 16, 1);
    let net = map(&network, &random_weights(&network, 1), &config, &sentences)?;

    let budget = Budget::new(&net, &config);
    let out = OutputFolder::begin(folder, DESIGN)?;
    let (file, files) = write_build(out, &net, &config, None, &silently)?;
    Ok(format!(
        "design {} in {}: {files} files, {} tiles, {} cycles a token written",
        file.design.id,
        folder.display(),
        budget.tiles,
        budget.pace.cycles_token_written
    ))
}
