//! `hvae demo`: the main job, whole, on one trained model.

mod ending;

use super::cosim::simulate;
use super::count::{Count, MANY};
use super::eval::{print_header, print_row};
use super::generate::print_stages;
use super::inputs::{fitting, map_model, read_config, read_data, read_model, somebody_reads, writes_words};
use super::out::say;
use super::report::{Page, write_page};
use super::{Failure, progress, write_json};
use ending::{Ending, Material, TEMPERATURE};
use hvae_mnn::build::{DESIGN, read_build, write_build};
use hvae_mnn::cosim::{CosimReport, Engine, RunOptions};
use hvae_mnn::eval::{On, Row, measure};
use hvae_mnn::files::{Claim, OutputFolder};
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::model::{Baselines, Effort, Ngram, Protocol, Schedule, Split};
use hvae_mnn::rom::{EXPORT, write_export};
use hvae_mnn::sample::{generations, reconstruct, score};
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  hvae demo --model models/demo --data data/short --out build/demo")]
pub struct Args {
    /// Trained model folder
    #[arg(long)]
    model: PathBuf,
    /// Folder with train.txt, valid.txt and test.txt, or files named like them
    #[arg(long)]
    data: PathBuf,
    /// hvae.toml; absent: all defaults
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder for the conductances and the design
    #[arg(long)]
    out: PathBuf,
    /// Held-out sentences to reconstruct in the simulated hardware
    #[arg(long, default_value_t = Count::of(100))]
    reconstruct: Count<0, MANY>,
    /// Sentences for the simulated hardware to write from the prior
    #[arg(long, default_value_t = Count::of(100))]
    generate: Count<0, MANY>,
    /// Held-out sentences whose tokens the simulated hardware is to give probabilities
    #[arg(long, default_value_t = Count::of(100))]
    score: Count<0, MANY>,
    /// Held-out sentences to write again on cells of every kind; 0: no other cells
    #[arg(long, default_value_t = Count::of(200), value_name = "SENTENCES")]
    other_cells: Count<0, MANY>,
    /// Seed of what is drawn, and of which sentences are shown
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Engine::Verilator)]
    simulator: Engine,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Sentences on the page, new ones and those that are read.
const ON_PAGE: usize = 10;

/// A job that the network lacks is absent.
#[derive(Serialize)]
struct Figures {
    rows: Vec<Row>,
    baselines: Baselines,
    tiles: usize,
    reconstruct: Option<CosimReport>,
    generate: Option<CosimReport>,
    score: Option<CosimReport>,
    ending: Ending,
    /// The page of the build.
    report: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let (model, config) = read_model(&args.model, read_config(args.config.as_deref())?)?;
    writes_words(&model, "demo")?;
    let _claim = Claim::of(&args.out)?;
    let (conductances, build_folder) = (args.out.join("conductances"), args.out.join("design"));
    let read = |part| read_data(&args.data, part, &model.vocabulary);
    let (train, test) = (read(Split::Train)?, read(Split::Test)?);
    let net = map_model(&model, &config, Some(&args.data))?;

    say!("1. What the network is worth: {} held-out sentences", test.len())?;
    print_header()?;
    let effort = Effort { reconstruction_limit: 40, ..Effort::default() };
    let mut rows = Vec::new();
    for on in [On::Float, On::Fixed, On::Crossbar] {
        let spin = progress::spinner(format!("measuring on {on:?}"));
        let row = measure(&model, Some(&net), &config, on, &test, Protocol::Honest, &effort);
        spin.finish_and_clear();
        print_row(&row)?;
        rows.push(row);
    }
    let baselines = Ngram::fit(&train, model.network.vocabulary).measure(&test);
    say!(
        "on the same tokens: unigram PPL {:.1}, bigram PPL {:.1}",
        baselines.unigram_ppl,
        baselines.bigram_ppl
    )?;

    say!("\n2. Conductances to program, in {}", conductances.display())?;
    let exported = write_export(&net, OutputFolder::begin(&conductances, EXPORT)?, &somebody_reads)?;
    say!(
        "{} matrices on {} tiles of {} x {}; {} weights read back from the images unchanged",
        exported.matrices,
        exported.tiles,
        config.crossbar.rows,
        config.crossbar.columns,
        exported.weights_read_back
    )?;

    say!("\n3. The accelerator in Verilog, in {}", build_folder.display())?;
    super::budget::check_target(&net, &config, false)?;
    let out = OutputFolder::begin(&build_folder, DESIGN)?;
    let (file, files) = write_build(out, &net, &config, Some(&model.vocabulary), &somebody_reads)?;
    say!("{files} files, design {}", file.design.id)?;
    print_stages(&file)?;

    say!("\n4. Simulated hardware against the golden model: every state, logit, token, counter and cycle")?;
    let build = read_build(&build_folder)?;
    let limit = config.accelerator.max_tokens;
    let sources = fitting(test, limit);
    let jobs = |count: usize, job: fn(&[u32], usize) -> Job| -> Vec<Job> {
        sources.iter().take(count).map(|s| job(s, limit)).collect()
    };
    let schedule = Schedule::new(&model.network);
    let has = |kind| {
        schedule.jobs().any(|known| known == kind) && (kind != JobKind::Score || config.accelerator.score)
    };
    let play = |name: &str, kind: JobKind, jobs: &[Job]| -> Result<Option<CosimReport>, Failure> {
        if !has(kind) {
            return Ok(None);
        }
        let report = simulate(&build_folder, &build, jobs, &RunOptions::default(), args.simulator)?;
        print_cosim(name, &report)?;
        Ok(Some(report))
    };
    let generated = generations(args.generate.get(), TEMPERATURE, args.seed, limit)?;
    let reconstructions = jobs(args.reconstruct.get(), reconstruct);
    let first = play("RECONSTRUCT", JobKind::Reconstruct, &reconstructions)?;
    let second = play("GENERATE", JobKind::Generate, &generated)?;
    let third = play("SCORE", JobKind::Score, &jobs(args.score.get(), score))?;
    if let Some(nll) = third.as_ref().and_then(|report| report.nll_per_token) {
        say!("{:<12} the hardware's own NLL given z: {nll:.4} nats a token", "")?;
    }

    let golden = Golden::tiled(&net, &config.accelerator);
    let ending = Material {
        model: &model,
        config: &config,
        golden: &golden,
        sources: &sources,
        data: &args.data,
        measured: args.other_cells.get(),
        seed: args.seed,
    };
    let ending = ending.show()?;
    let reports = [&second, &first, &third];
    let mut report = None;
    if reports.into_iter().flatten().next().is_some() {
        let part = |jobs: &[Job], played: &Option<CosimReport>| -> Vec<Job> {
            jobs.iter().take(if played.is_some() { ON_PAGE } else { 0 }).cloned().collect()
        };
        let shown = Page {
            jobs: &[part(&generated, &second), part(&reconstructions, &first)].concat(),
            written: second.as_ref(),
            others: [&first, &third].into_iter().flatten().collect(),
            whose: "Held-out sentences",
            command: &format!(
                "hvae demo --model MODEL --data DATA{} --out OUT --reconstruct {} --generate {} --score {} --seed {}",
                if args.config.is_some() { " --config CONFIG" } else { "" },
                args.reconstruct.get(),
                args.generate.get(),
                args.score.get(),
                args.seed
            ),
        };
        let page = args.out.join("report.html");
        write_page(&build_folder, &build, &shown, &page)?;
        say!("\nThe page of this design, for a browser: {}", page.display())?;
        report = Some(page);
    }

    let failed = reports.into_iter().flatten().find_map(|r| r.first_difference.clone());
    let tiles = exported.tiles;
    write_json(
        args.json.as_deref(),
        &Figures {
            rows,
            baselines,
            tiles,
            reconstruct: first,
            generate: second,
            score: third,
            ending,
            report,
        },
    )?;
    match failed {
        None => Ok(()),
        Some(first) => Err(Failure::check(format!("hardware and golden model differ first at {first}"))),
    }
}

fn print_cosim(job: &str, r: &CosimReport) -> Result<(), Failure> {
    say!(
        "{job:<12} {} sentences, {} tokens: {} bits compared, {} mismatches; {} cycles as predicted, {:.2} x the floor, {:.0} a token written; ADC busy {:.0} %; {:.0} cycles/s",
        r.sentences,
        r.tokens,
        r.bits_compared,
        r.mismatches,
        r.cycles,
        r.cycles as f64 / r.cycles_floor.max(1) as f64,
        r.cycles as f64 / r.tokens.max(1) as f64,
        100.0 * r.adc_utilisation,
        r.cycles as f64 / r.simulation_seconds.max(1e-9)
    )
}
