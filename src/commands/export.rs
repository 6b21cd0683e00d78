//! `hvae export`

use super::inputs::{map_model, read_config, read_model, tell_clipped};
use super::out::say;
use super::output::{Kind, OutputFolder};
use super::{Failure, progress, write_json};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::quant::ClippedBias;
use hvae_mnn::rom::{export, read_back};
use serde::Serialize;
use std::path::PathBuf;

pub const EXPORT: Kind = Kind::closed("export");

#[derive(clap::Args)]
#[command(after_help = "Example:\n  hvae export models/gutenberg --out build/conductances")]
pub struct Args {
    /// Trained model folder
    model: PathBuf,
    /// hvae.toml; absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// Sentences that show which ranges the numbers take, or the set whose validation part they are
    #[arg(long, value_name = "FILE")]
    calibrate: Option<PathBuf>,
    /// Folder of the export
    #[arg(long)]
    out: PathBuf,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
pub struct Figures {
    pub matrices: usize,
    pub tiles: usize,
    pub files: usize,
    /// Weights that the hex images give back as they were.
    pub weights_read_back: usize,
    /// Biases that were larger than they can matter.
    pub clipped_biases: Vec<ClippedBias>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let (model, config) = read_model(&args.model, read_config(args.config.as_deref())?)?;
    let out = OutputFolder::begin(&args.out, EXPORT)?;
    let net = map_model(&model, &config, args.calibrate.as_deref())?;
    let spin = progress::spinner("writing conductances");
    let figures = write_export(&net, out)?;
    spin.finish_and_clear();
    tell_clipped(&figures.clipped_biases);
    say!(
        "{} matrices on {} tiles, {} files in {}; {} weights read back unchanged",
        figures.matrices,
        figures.tiles,
        figures.files,
        args.out.display(),
        figures.weights_read_back
    )?;
    if let Some(cells) = net.programmed.missed() {
        say!("{cells}")?;
    }
    write_json(args.json.as_deref(), &figures)
}

/// Writes the export and reads it back before it is put in its place.
pub fn write_export(net: &CrossbarNet, folder: OutputFolder) -> Result<Figures, Failure> {
    export(net, &mut |path, bytes| folder.write(path, bytes)).map_err(|e| folder.failed(e))?;
    let (_, weights) = read_back(&|path| folder.read(path)).map_err(|e| Failure::check(e.to_string()))?;
    let mut count = 0;
    for (name, read) in &weights {
        if *read != net.matrices[name].matrix().weights {
            return Err(Failure::check(format!("matrix {name} read back differs from the network")));
        }
        count += read.len();
    }
    let (matrices, tiles) = (weights.len(), net.tiles());
    let clipped_biases = net.quant.clipped.clone();
    Ok(Figures { matrices, tiles, files: folder.finish()?, weights_read_back: count, clipped_biases })
}
