//! `hvae pareto`: many configurations of one network side by side.

use super::budget::thousands;
use super::claim::Claim;
use super::cosim::{generations, reconstruct, simulate};
use super::count::{Count, MANY};
use super::folder::{DESIGN, ReadBuild, read_build, write_build};
use super::inputs::{balanced, map_model, network, read_config, read_model};
use super::out::say;
use super::output::{OutputFolder, write_file};
use super::synth::synthesise;
use super::{Failure, progress, write_json};
use hvae_mnn::budget::{Budget, Fabric, Family, PARTS, front, lossless_adc_bits};
use hvae_mnn::build::Build;
use hvae_mnn::config::{Config, Encoding, Lanes};
use hvae_mnn::cosim::{Engine, RunOptions};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::emit;
use hvae_mnn::model::{TrainedModel, Vocabulary};
use hvae_mnn::pipeline::{map, random_sentences, random_weights};
use hvae_mnn::report::{Dot, Scatter};
use hvae_mnn::synth::{Flow, SynthReport};
use serde::Serialize;
use std::path::{Path, PathBuf};

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

/// One configuration and what is known of it.
#[derive(Debug, Clone, Serialize)]
struct Point {
    name: String,
    rows: usize,
    columns: usize,
    columns_per_adc: usize,
    gate_lanes: usize,
    token_lanes: usize,
    encoding: Encoding,
    adc_bits: u32,
    tiles: usize,
    adcs: usize,
    cycles_per_token_read: u64,
    cycles_per_token_written: u64,
    adc_utilisation: f64,
    /// Estimated on an ECP5, or on the family of --synth.
    fabric: Fabric,
    energy_per_token_written_pj: f64,
    area_um2: f64,
    /// No other configuration is as good in cycles, look-up tables and energy and better in one.
    on_front: bool,
    /// Co-simulated: jobs, bits compared, cycles as predicted.
    cosim: Option<Checked>,
    /// What --synth made of it.
    synthesised: Option<SynthReport>,
    fits: Vec<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct Checked {
    jobs: usize,
    bits_compared: u64,
    cycles: u64,
}

#[derive(Serialize)]
struct Figures {
    rows: Vec<Point>,
    /// Configurations of the grid that no tile can hold.
    left_out: Vec<String>,
}

/// The network that all configurations share.
struct Source {
    model: Option<TrainedModel>,
}

impl Source {
    fn map(&self, config: &Config) -> Result<CrossbarNet, Failure> {
        match &self.model {
            Some(model) => map_model(model, config, None),
            None => {
                let network = network(config)?;
                let sentences = random_sentences(network.vocabulary, 16, 1);
                Ok(map(&network, &random_weights(&network, 1), config, &sentences)?)
            }
        }
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.model.as_ref().map(|m| &m.vocabulary)
    }
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
            (Source { model: Some(model) }, config)
        }
        None => (Source { model: None }, balanced(base)?),
    };
    let writes = args.cosim.is_some() || args.synth.is_some();
    let _claim = writes.then(|| Claim::of(&args.out)).transpose()?;
    let grid = grid(args, &base);
    let bar = progress::bar(grid.len(), "estimating");
    let (mut points, mut left_out) = (Vec::new(), Vec::new());
    for config in &grid {
        // Flags may ask for what no file could.
        let checked = config.check("the flags").map_err(|e| Failure::input(e.to_string()));
        match checked.and_then(|()| source.map(config)) {
            Ok(net) => points.push(point(args, config, &net, &source)?),
            Err(why) => left_out.push(format!("{}: {why}", name(config))),
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
    let axes: Vec<[f64; 3]> = points.iter().map(Point::axes).collect();
    for (point, on_front) in points.iter_mut().zip(front(&axes)) {
        point.on_front = on_front;
    }
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

/// Every combination, in the order of the flags.
fn grid(args: &Args, base: &Config) -> Vec<Config> {
    let or = |given: &[usize], otherwise: [usize; 2]| match given {
        [] => otherwise.to_vec(),
        given => given.to_vec(),
    };
    let x = &base.crossbar;
    let lanes = base.accelerator.gate_lanes.count();
    let rows = or(&args.rows, [x.rows, 2 * x.rows]);
    let shared = or(&args.columns_per_adc, [x.columns_per_adc, 2 * x.columns_per_adc]);
    let lanes_of = or(&args.lanes, [lanes.div_ceil(2), lanes]);
    let encodings = match args.encoding.as_slice() {
        [] => vec![Encoding::Differential, Encoding::Offset],
        given => given.to_vec(),
    };
    // A converter narrower than what loses nothing stays as much narrower on any tile.
    let given_up = i64::from(lossless_adc_bits(base)) - i64::from(x.adc_bits);
    let mut all = Vec::new();
    for &rows in &rows {
        for &columns_per_adc in &shared {
            for &lanes_here in &lanes_of {
                for &encoding in &encodings {
                    let mut config = base.clone();
                    let c = &mut config.crossbar;
                    (c.rows, c.columns) = (rows, x.columns.saturating_mul(rows).div_ceil(x.rows));
                    (c.columns_per_adc, c.encoding) = (columns_per_adc, encoding);
                    let token = base.accelerator.token_lanes.count();
                    config.accelerator.gate_lanes = Lanes::Count(lanes_here);
                    config.accelerator.token_lanes =
                        Lanes::Count(token.saturating_mul(lanes_here).div_ceil(lanes));
                    if config.check("the flags").is_ok() {
                        let bits = i64::from(lossless_adc_bits(&config)) - given_up.max(0);
                        config.crossbar.adc_bits = bits.clamp(1, 24) as u32;
                    }
                    all.push(config);
                }
            }
        }
    }
    all
}

fn name(config: &Config) -> String {
    let (x, a) = (&config.crossbar, &config.accelerator);
    let encoding = if x.encoding == Encoding::Differential { "d" } else { "o" };
    format!("{}x{}-m{}-u{}-{encoding}", x.rows, x.columns, x.columns_per_adc, a.gate_lanes.count())
}

fn point(args: &Args, config: &Config, net: &CrossbarNet, source: &Source) -> Result<Point, Failure> {
    let budget = Budget::new(net, config);
    let (x, a) = (&config.crossbar, &config.accelerator);
    let folder = args.out.join(name(config));
    let family = args.synth.and_then(Flow::family).unwrap_or(Family::Ecp5);
    let (mut cosim, mut synthesised) = (None, None);
    if args.cosim.is_some() || args.synth.is_some() {
        let build = generated(&folder, config, net, source)?;
        if let Some(sentences) = args.cosim {
            cosim = Some(checked(&folder, &build, sentences.get())?);
        }
        let least = budget.fabric.of(family).at_least(budget.fabric_error);
        let largest = PARTS.iter().filter(|p| p.family == family).max_by_key(|p| p.has.lut);
        if let (Some(flow), Some(part)) = (args.synth, largest.filter(|p| p.judge(least).fits())) {
            synthesised = Some(synthesise(&folder, &build, flow, Some(part.name), None)?);
        }
    }
    Ok(Point {
        name: name(config),
        rows: x.rows,
        columns: x.columns,
        columns_per_adc: x.columns_per_adc,
        gate_lanes: a.gate_lanes.count(),
        token_lanes: a.token_lanes.count(),
        encoding: x.encoding,
        adc_bits: x.adc_bits,
        tiles: budget.tiles,
        adcs: budget.adcs,
        cycles_per_token_read: budget.pace.cycles_token_read,
        cycles_per_token_written: budget.pace.cycles_token_written,
        adc_utilisation: budget.pace.adc_utilisation,
        fabric: budget.fabric.of(family),
        energy_per_token_written_pj: budget.analog.energy_token_written.total_pj,
        area_um2: budget.analog.area.total_um2,
        on_front: false,
        cosim,
        synthesised,
        fits: PARTS.iter().filter(|p| p.holds(&budget.fabric)).map(|p| p.name).collect(),
    })
}

/// The configuration in its build folder.
fn generated(
    folder: &Path,
    config: &Config,
    net: &CrossbarNet,
    source: &Source,
) -> Result<ReadBuild, Failure> {
    // What synthesis left there is kept when the design is still the same.
    let same = |build: &ReadBuild| {
        let (made, there) = (emit(net, config).design, &build.file.design);
        made.id == there.id && made.files.iter().all(|(path, hash)| there.files.get(path) == Some(hash))
    };
    if let Some(build) = read_build(folder).ok().filter(same) {
        return Ok(build);
    }
    write_build(OutputFolder::begin(folder, DESIGN)?, net, config, source.vocabulary())?;
    read_build(folder)
}

/// Runs the design against the golden model, which has the predicted cycles.
fn checked(folder: &Path, build: &Build, sentences: usize) -> Result<Checked, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let mut jobs = generations(sentences, 1.0, 1, limit)?;
    let mut read = random_sentences(config.model.vocabulary, sentences, 1);
    read.iter_mut().for_each(|s| s.truncate(limit));
    jobs.extend(read.iter().map(|s| reconstruct(s, limit)));
    let report = simulate(folder, build, &jobs, &RunOptions::default(), Engine::Verilator)?;
    if let Some(first) = &report.first_difference {
        let place = folder.display();
        return Err(Failure::check(format!("{place}: hardware and golden model differ first at {first}")));
    }
    Ok(Checked { jobs: report.sentences, bits_compared: report.bits_compared, cycles: report.cycles })
}

impl Point {
    /// What the front is about.
    fn axes(&self) -> [f64; 3] {
        [self.cycles_per_token_written as f64, self.fabric.lut as f64, self.energy_per_token_written_pj]
    }
}

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
            line += &format!("   {} jobs, {} bits agree", c.jobs, thousands(c.bits_compared));
        }
        say!("{line}")?;
    }
    say!(
        "cycles of a token read and written; energy of a token written (analog part); * no other is as good in cycles, LUT and energy and better in one"
    )
}

fn plot(points: &[Point]) -> String {
    let most = points.iter().map(|p| p.energy_per_token_written_pj).fold(1e-9, f64::max);
    let dot = |p: &Point| Dot {
        x: p.cycles_per_token_written as f64,
        y: p.fabric.lut as f64,
        size: p.energy_per_token_written_pj / most,
        label: if p.on_front { p.name.clone() } else { String::new() },
        note: format!(
            "{}: {} cycles, {} LUTs, {:.2} nJ",
            p.name,
            p.cycles_per_token_written,
            thousands(p.fabric.lut),
            p.energy_per_token_written_pj / 1e3
        ),
        marked: p.on_front,
    };
    let scatter = Scatter {
        title: "Filled: no other configuration is as good in everything. Size: energy of a token written"
            .into(),
        x: "cycles of a token written".into(),
        y: "look-up tables (ECP5, estimated)".into(),
        points: points.iter().map(dot).collect(),
    };
    scatter.svg()
}
