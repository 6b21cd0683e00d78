//! `hvae export`

use super::inputs::{map_model, read_config, read_model, somebody_reads, tell_clipped};
use super::out::say;
use super::{Failure, progress, write_json};
use hvae_mnn::files::OutputFolder;
use hvae_mnn::rom::{EXPORT, write_export};
use std::path::PathBuf;

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

pub fn run(args: &Args) -> Result<(), Failure> {
    let (model, config) = read_model(&args.model, read_config(args.config.as_deref())?)?;
    let out = OutputFolder::begin(&args.out, EXPORT)?;
    let net = map_model(&model, &config, args.calibrate.as_deref())?;
    let spin = progress::spinner("writing conductances");
    let figures = write_export(&net, out, &somebody_reads)?;
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
