//! `hvae pareto`: many configurations of one network side by side.

use super::count::{Count, MANY};
use super::inputs::{balanced, read_config, read_model, somebody_reads};
use super::out::{counted, say};
use super::{Failure, progress, write_json};
use hvae_mnn::config::{Config, Encoding};
use hvae_mnn::files::{Claim, write_file};
use hvae_mnn::pareto::{Axes, Point, Source, Trial, mark_front, plot};
use hvae_mnn::report::thousands;
use hvae_mnn::synth::Flow;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae pareto --svg pareto.svg\n  hvae pareto --rows 16 --lanes 2 --synth xilinx\n  hvae pareto --config configs/default.toml --model models/gutenberg --rows 64,128 --columns-per-adc 8,16\n  hvae pareto --cosim 2 --out build/pareto"
)]
pub struct Args {
    /// hvae.toml to start from; absent: that of configs/tiny.toml, or all defaults with --model
    #[arg(long)]
    config: Option<PathBuf>,
    /// Trained model folder; its shape replaces [model]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Word lines of a tile; its columns grow with them [default: those of the base, and twice as many]
    #[arg(long, value_delimiter = ',')]
    rows: Vec<usize>,
    /// Columns that share an ADC [default: those of the base, and twice as many]
    #[arg(long, value_delimiter = ',')]
    columns_per_adc: Vec<usize>,
    /// Gate lanes; token lanes keep their ratio to them [default: those of the base, and half as many]
    #[arg(long, value_delimiter = ',')]
    lanes: Vec<usize>,
    /// differential, offset [default: both]
    #[arg(long, value_delimiter = ',', value_parser = encoding)]
    encoding: Vec<Encoding>,
    /// Generate every configuration and co-simulate this many sentences of each
    #[arg(long, value_name = "SENTENCES")]
    cosim: Option<Count<1, MANY>>,
    /// Generate and synthesise every configuration that may fit the flow's largest part: ecp5, xilinx
    #[arg(long, value_name = "FLOW")]
    synth: Option<Flow>,
    /// Where --cosim and --synth generate them
    #[arg(long, default_value = "build/pareto")]
    out: PathBuf,
    /// Scatter plot: cycles, look-up tables, energy
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn encoding(word: &str) -> Result<Encoding, String> {
    match word {
        "differential" => Ok(Encoding::Differential),
        "offset" => Ok(Encoding::Offset),
        other => Err(format!("expected differential or offset, found {other}")),
    }
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Point>,
    /// Configurations of the grid that no tile can hold.
    left_out: Vec<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let base = match (&args.config, &args.model) {
        (None, None) => {
            Config::parse("configs/tiny.toml", TINY).map_err(|e| Failure::input(e.to_string()))?
        }
        (path, _) => read_config(path.as_deref())?,
    };
    if args.synth.is_some_and(|flow| flow.family().is_none()) {
        return Err(Failure::input(
            "--synth: expected ecp5 or xilinx, flows that count look-up tables; choose one",
        ));
    }
    let (source, base) = match &args.model {
        Some(folder) => {
            let (model, config) = read_model(folder, base)?;
            (Source::Trained(Box::new(model)), config)
        }
        None => (Source::Random, balanced(base)?),
    };
    let writes = args.cosim.is_some() || args.synth.is_some();
    let _claim = writes.then(|| Claim::of(&args.out)).transpose()?;
    let axes = Axes {
        rows: args.rows.clone(),
        columns_per_adc: args.columns_per_adc.clone(),
        lanes: args.lanes.clone(),
        encodings: args.encoding.clone(),
    };
    let grid = axes.grid(&base);
    let trial = Trial {
        source: &source,
        out: &args.out,
        cosim: args.cosim.map(Count::get),
        synth: args.synth,
        waits: &somebody_reads,
    };
    let bar = progress::bar(grid.len(), "estimating");
    let (mut points, mut left_out) = (Vec::new(), Vec::new());
    for config in &grid {
        match trial.point(config)? {
            Ok(point) => points.push(point),
            Err(why) => left_out.push(why),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if points.is_empty() {
        return Err(Failure::input(format!(
            "no configuration of the grid can be built; the first: {}",
            left_out.first().map_or("the grid is empty", String::as_str)
        )));
    }
    mark_front(&mut points);
    print(&points)?;
    left_out.iter().try_for_each(|why| say!("left out: {why}"))?;
    if let Some(path) = &args.svg {
        write_file(path, plot(&points).as_bytes())?;
        say!("{} written", path.display())?;
    }
    write_json(args.json.as_deref(), &Figures { rows: points, left_out })
}

/// What is swept when no configuration is named.
const TINY: &str = include_str!("../../configs/tiny.toml");

fn print(points: &[Point]) -> Result<(), Failure> {
    let checked = points.iter().any(|p| p.cosim.is_some());
    let synthesised = points.iter().any(|p| p.synthesised.is_some());
    let head = format!(
        "{:<20} {:>6} {:>6} {:>7} {:>8} {:>8} {:>9} {:>8} {:>6} {:>5} {:>10} {:>6}",
        "tile, ADC share, lanes",
        "tiles",
        "ADCs",
        "read",
        "written",
        "ADC busy",
        "LUT",
        "FF",
        "BRAM",
        "DSP",
        "nJ/token",
        "front"
    );
    say!(
        "{head}{}{}",
        if synthesised { "   LUT made" } else { "" },
        if checked { "   co-simulated" } else { "" }
    )?;
    for p in points {
        let mut line = format!(
            "{:<22} {:>6} {:>6} {:>7} {:>8} {:>7.0}% {:>9} {:>8} {:>6} {:>5} {:>10.2} {:>6}",
            p.name,
            p.tiles,
            p.adcs,
            p.cycles_per_token_read,
            p.cycles_per_token_written,
            100.0 * p.adc_utilisation,
            thousands(p.fabric.lut),
            thousands(p.fabric.ff),
            p.fabric.bram,
            p.fabric.dsp,
            p.energy_per_token_written_pj / 1e3,
            if p.on_front { "*" } else { "" }
        );
        if synthesised {
            let made = p.synthesised.as_ref().and_then(|r| r.lut).map_or(String::new(), thousands);
            line += &format!(" {made:>10}");
        }
        if let Some(c) = &p.cosim {
            line += &format!("   {}, {} bits agree", counted(c.jobs, "job"), thousands(c.bits_compared));
        }
        say!("{line}")?;
    }
    say!(
        "cycles of a token read and written; energy of a token written (analog part); * no other is as good in cycles, LUT and energy and better in one"
    )
}
