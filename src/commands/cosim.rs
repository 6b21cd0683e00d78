//! `hvae cosim`

mod jobs;

use super::count::{Count, MANY};
use super::inputs::read_text;
use super::out::{counted, remark, say};
use super::{Failure, progress, soak, write_json};
use hvae_mnn::build::{self, Build, read_build_as_is};
use hvae_mnn::cosim::{
    CosimReport, Difference, Effort, Engine, NETLIST, PATIENCE, RunOptions, Simulation, Trace,
};
use hvae_mnn::golden::{Job, JobKind};
use hvae_mnn::quant::QuantNet;
use hvae_mnn::soak::{Soak, replayed};
use hvae_mnn::synth::has_netlist;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae cosim build/gutenberg            (every job, of three random sequences)\n  hvae cosim build/gutenberg --data data/gutenberg/test.txt --sentences 100\n  hvae cosim build/ptb --random 1 --stalls 7\n  hvae cosim build/tiny --random 3 --job encode,decode,score\n  hvae cosim build/gutenberg --text 'alice was not surprised .' --trace alice.fst\n  hvae cosim --soak 8 --out build/soak"
)]
pub struct Args {
    /// Build folder
    #[arg(required_unless_present = "soak")]
    build: Option<PathBuf>,
    /// Sentences, one a line, or the folder of a set: its test part
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How many of them
    #[arg(long, default_value_t = 20)]
    sentences: usize,
    /// One sentence
    #[arg(long, conflicts_with = "data")]
    text: Option<String>,
    /// Sentences of random words
    #[arg(long, value_name = "N", default_value_t = Count::of(0))]
    random: Count<0, MANY>,
    /// Sentences to generate from the prior, sampled at --temperature
    #[arg(long, value_name = "N", default_value_t = Count::of(0))]
    generate: Count<0, MANY>,
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// Seed of what is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What is done with every sentence; `decode` gets the z that `encode` gives. Absent: reconstruct, or every job
    /// where no sentences are asked for
    #[arg(long, value_name = "JOB,...", value_enum, value_delimiter = ',')]
    job: Vec<JobKind>,
    /// Score the sentences (log-probability of every token): --job score
    #[arg(long, conflicts_with = "job")]
    score: bool,
    /// Jobs of a file that a soak kept
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["data", "text", "random", "generate", "job", "score"])]
    replay: Option<PathBuf>,
    /// Simulate small designs and jobs at random for so long, with stalls and resets; the same command goes on
    /// where it was
    #[arg(long, value_name = "HOURS", conflicts_with_all = ["build", "data", "text", "random", "generate", "job", "score", "replay", "stalls", "reset_at", "trace", "once", "simulator", "netlist"])]
    soak: Option<f64>,
    /// Folder of a soak: its log, and designs that failed
    #[arg(long, value_name = "DIR", requires = "soak")]
    out: Option<PathBuf>,
    /// Random gaps in every valid and ready, from this seed; 0: none
    #[arg(long, default_value_t = 0)]
    stalls: u32,
    /// Break every job off by a reset, so many cycles after its begin, and begin it again
    #[arg(long, value_name = "CYCLE", value_parser = clap::value_parser!(u32).range(1..))]
    reset_at: Option<u32>,
    /// Waveform
    #[arg(long, value_name = "FILE.fst")]
    trace: Option<PathBuf>,
    /// Simulation cycles of the waveform, as FROM:TO
    #[arg(long, value_name = "FROM:TO", requires = "trace")]
    window: Option<String>,
    /// Compile fast and simulate slowly: for one sentence of a large design
    #[arg(long)]
    once: bool,
    #[arg(long, value_enum, default_value_t = Engine::Verilator)]
    simulator: Engine,
    /// Simulate what `hvae synth --flow netlist` made of the design
    #[arg(long)]
    netlist: bool,
    /// Take the build folder as it is, also where files were changed since it was generated
    #[arg(long)]
    changed: bool,
    /// End a simulator that has written nothing for so long; 0: never
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs())]
    patience: u64,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures<'a> {
    #[serde(flatten)]
    report: &'a CosimReport,
    /// Files that were not as they were generated.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    changed: &'a [String],
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let Some(folder) = &args.build else { return begin_soak(args) };
    let build = read_build_as_is(folder, args.changed)?;
    let jobs = match &args.replay {
        Some(file) => replayed(&file.display().to_string(), &read_text(file)?, &build)?,
        None => {
            let mut jobs = jobs::jobs(args, folder, &build)?;
            // Beside the first job, everything that registers can do.
            jobs[0].manner.tour = Some(args.seed as u32);
            jobs
        }
    };
    let trace = trace(args)?;
    let patience = (args.patience > 0).then(|| Duration::from_secs(args.patience));
    let options =
        RunOptions { stalls: args.stalls, reset_at: args.reset_at, trace, patience, ..RunOptions::default() };
    let effort = if args.once { Effort::Once } else { Effort::Run };
    if build.net.tiles() > MANY_TILES && !args.once {
        remark!(
            "{} tiles: compiling for speed takes minutes the first time; for a few sentences --once is sooner done",
            build.net.tiles()
        );
    }
    let netlist = folder.join(NETLIST);
    if args.netlist && !has_netlist(folder) {
        return Err(Failure::input(format!(
            "--netlist: expected {} as yosys wrote it, found none; make it with `hvae synth {} --flow netlist`",
            netlist.display(),
            folder.display()
        )));
    }
    let spin = progress::spinner("compiling the simulation");
    let make = if args.netlist { Simulation::build_netlist } else { Simulation::build_for };
    let simulation = make(args.simulator, folder, options.trace.is_some(), effort)?;
    spin.finish_and_clear();
    let report = run_jobs(&build, &simulation, &jobs, &options)?;
    print(&report, &build.net.quant)?;
    if !build.changed.is_empty() {
        say!("of a design that was changed since it was generated: {}", build.changed.join(", "))?;
    }
    write_json(args.json.as_deref(), &Figures { report: &report, changed: &build.changed })?;
    match &report.first_difference {
        None => Ok(()),
        Some(first) => Err(Failure::check(difference(first, folder))),
    }
}

/// Compiles (or finds) a fast simulation and runs `jobs` on it.
pub fn simulate(
    folder: &Path,
    build: &Build,
    jobs: &[Job],
    options: &RunOptions,
    engine: Engine,
) -> Result<CosimReport, Failure> {
    let spin = progress::spinner("compiling the simulation");
    let simulation = Simulation::build(engine, folder, options.trace.is_some())?;
    spin.finish_and_clear();
    run_jobs(build, &simulation, jobs, options)
}

fn run_jobs(
    build: &Build,
    simulation: &Simulation,
    jobs: &[Job],
    options: &RunOptions,
) -> Result<CosimReport, Failure> {
    let bar = progress::bar(jobs.len(), "co-simulating");
    let report = build::simulate(build, simulation, jobs, options, &|_| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(report)
}

fn begin_soak(args: &Args) -> Result<(), Failure> {
    let hours = args.soak.filter(|h| *h > 0.0 && h.is_finite()).ok_or_else(|| {
        Failure::input(format!("--soak {}: expected hours, above 0", args.soak.unwrap_or_default()))
    })?;
    let out = args.out.clone().unwrap_or_else(|| "build/soak".into());
    soak::run(&Soak { hours, out, seed: args.seed })
}

fn trace(args: &Args) -> Result<Option<Trace>, Failure> {
    let Some(file) = &args.trace else { return Ok(None) };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() || !folder.is_dir() {
        let found = if file.is_dir() { "a folder" } else { "no such folder" };
        return Err(Failure::input(format!(
            "--trace {}: expected a file to write in a folder that exists, found {found}; choose another",
            file.display()
        )));
    }
    let wrong = |w: &str| Failure::input(format!("--window {w}: expected FROM:TO in cycles, FROM below TO"));
    let (from, to) = match &args.window {
        None => (0, 0),
        Some(w) => {
            let (from, to) = w.split_once(':').ok_or_else(|| wrong(w))?;
            let number = |n: &str| n.parse::<u64>().map_err(|_| wrong(w));
            let (from, to) = (number(from)?, number(to)?);
            if from >= to {
                return Err(wrong(w));
            }
            (from, to)
        }
    };
    Ok(Some(Trace { file: file.clone(), from, to }))
}

/// Tiles of a design that compiles for minutes.
const MANY_TILES: usize = 1000;

fn print(r: &CosimReport, net: &QuantNet) -> Result<(), Failure> {
    let frames = net.frame_words().is_some();
    let jobs = counted(r.sentences, "job");
    say!("{jobs}, {} bits compared, {} mismatches", r.bits_compared, r.mismatches)?;
    say!(
        "cycles {} (expected {}, floor {}: {:.2} x), ADC utilisation {:.0} %",
        r.cycles,
        r.cycles_expected,
        r.cycles_floor,
        r.cycles as f64 / r.cycles_floor.max(1) as f64,
        100.0 * r.adc_utilisation
    )?;
    say!(
        "tile samples {}, {:.1} % skipped (digits of zero)",
        r.tile_samples,
        100.0 * r.tile_samples_skipped as f64 / (r.tile_samples + r.tile_samples_skipped).max(1) as f64
    )?;
    if let Some(nll) = r.nll_per_token {
        let draws = net.network.latent().is_some() || net.network.draw().is_some();
        let given = |latents: &'static str| if draws { latents } else { "" };
        match frames {
            true => say!(
                "hardware's log-likelihood of the pieces{}: {:.4} nats a frame",
                given(" given what was drawn"),
                -nll
            )?,
            false => say!(
                "hardware's NLL of the sentences{}: {nll:.4} nats a token, perplexity {:.2}",
                given(" given z"),
                nll.exp()
            )?,
        }
    }
    let written = if frames { "frames" } else { "tokens" };
    say!("{written} written {}, ADC clips {}, saturations {}", r.tokens, r.adc_clips, r.saturations)?;
    say!(
        "simulated in {:.1} s: {:.0} cycles/s",
        r.simulation_seconds,
        r.cycles as f64 / r.simulation_seconds.max(1e-9)
    )
}

/// The first difference, and how to look at it.
fn difference(first: &Difference, build: &Path) -> String {
    format!(
        "hardware and golden model differ first at {first}\n  look at it: hvae cosim {} (same sentences) --trace differ.fst, then search for cycles_o = {} of job {}",
        build.display(),
        first.cycle,
        first.sentence
    )
}
