//! `hvae spice`

use super::Failure;
use super::out::say;
use hvae_mnn::build::{Build, read_build};
use hvae_mnn::config::{Config, Wires};
use hvae_mnn::crossbar::{CrossbarNet, Tile};
use hvae_mnn::emit::SpiceTile;
use hvae_mnn::files::write_file;
use ndarray::Array2;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  hvae spice build/tiny --tile 3 --out tile3.cir && ngspice -b tile3.cir\n  hvae spice build/tiny --tile 0 --rows 0,5,17 --out tile0.cir"
)]
pub struct Args {
    /// Build folder (`hvae generate`)
    build: PathBuf,
    /// Which tile, counted over all matrices by name and, in each, row of tiles by row of tiles
    #[arg(long)]
    tile: usize,
    /// Word lines that are driven; without it all
    #[arg(long, value_delimiter = ',')]
    rows: Vec<usize>,
    /// Volts of a driven word line
    #[arg(long, default_value_t = 0.2)]
    volts: f64,
    /// The netlist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let build = read_build(&args.build)?;
    let config = &build.file.design.config;
    let net = programmed(&build, config)?;
    let (matrix, tile) = find(&net, args)?;
    let (rows, columns) = tile.codes.dim();
    if let Some(row) = args.rows.iter().find(|&&r| r >= rows) {
        return Err(Failure::input(format!(
            "--rows {row}: expected 0 to {}, the word lines of a tile; choose others",
            rows - 1
        )));
    }
    if !args.volts.is_finite() {
        return Err(Failure::input(format!("--volts {}: expected a finite number", args.volts)));
    }
    let driven = |i: usize| args.rows.is_empty() || args.rows.contains(&i);
    let volts = (0..rows).map(|i| if driven(i) { args.volts } else { 0.0 }).collect();
    let conductances: Array2<f64> = tile.codes.mapv(|code| net.devices.conductance_us(code.into()));
    let title = format!("tile {} of matrix {matrix}, {rows} x {columns} cells", args.tile);
    let spice = SpiceTile { title: title.clone(), conductances: &conductances, wires: &config.wires, volts };
    write_file(&args.out, spice.netlist().as_bytes())?;
    say!("{title}: {} written; solve it with `ngspice -b {0}`", args.out.display())
}

/// The network as its cells are programmed, before any wire.
fn programmed(build: &Build, config: &Config) -> Result<CrossbarNet, Failure> {
    let config = Config { wires: Wires::default(), ..config.clone() };
    CrossbarNet::new(build.net.quant.clone(), &config).map_err(|e| Failure::input(e.to_string()))
}

fn find<'a>(net: &'a CrossbarNet, args: &Args) -> Result<(&'a str, &'a Tile), Failure> {
    let all = || net.matrices.iter().flat_map(|(name, m)| m.mapped().tiles.iter().map(move |t| (&**name, t)));
    all().nth(args.tile).ok_or_else(|| {
        Failure::input(format!(
            "--tile {}: expected 0 to {}, the tiles of {}; choose another",
            args.tile,
            all().count() - 1,
            args.build.display()
        ))
    })
}
