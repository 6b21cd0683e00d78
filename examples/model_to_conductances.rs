//! From a trained model to the conductances of its tiles, as memory images and tables of microsiemens.
//!
//! `cargo run --release --example model_to_conductances [MODEL [FOLDER]]`
#![allow(clippy::disallowed_macros)]

use hvae_mnn::config::Config;
use hvae_mnn::failure::Failure;
use hvae_mnn::files::{OutputFolder, silently};
use hvae_mnn::pipeline::{map_model, read_model};
use hvae_mnn::rom::{EXPORT, write_export};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Failure> {
    let argument =
        |n, otherwise: &str| std::env::args_os().nth(n).map_or_else(|| otherwise.into(), PathBuf::from);
    println!("{}", export(&argument(1, "models/gutenberg"), &argument(2, "build/conductances"))?);
    Ok(())
}

/// Writes the export; what it is, in two lines.
///
/// # Errors
///
/// There is no such model, or the folder cannot be written.
pub fn export(model: &Path, folder: &Path) -> Result<String, Failure> {
    // The model brings its own [model]; the rest is the default, here with cells that vary when they are programmed.
    let mut config = Config::default();
    config.device.preset = "wan2022".into();
    config.check("the example").map_err(|e| Failure::input(e.to_string()))?;
    let (model, config) = read_model(model, config)?;

    // Ranges from what the model writes by itself; give it sentences of yours instead of None.
    let net = map_model(&model, &config, None)?;
    let programmed = net.programmed.missed().map_or("every cell holds its level".into(), |m| m.to_string());

    let out = OutputFolder::begin(folder, EXPORT)?;
    let exported = write_export(&net, out, &silently)?;
    Ok(format!(
        "{} matrices on {} tiles of {} x {} in {}, {} files\n{programmed}",
        exported.matrices,
        exported.tiles,
        config.crossbar.rows,
        config.crossbar.columns,
        folder.display(),
        exported.files
    ))
}
