//! `hvae report`

mod jobs;

use super::cosim::simulate;
use super::count::{Count, MANY};
use super::out::say;
use super::{Failure, progress};
use hvae_mnn::build::{Build, read_build};
use hvae_mnn::cosim::{CosimReport, Engine, RunOptions};
use hvae_mnn::files::write_file;
use hvae_mnn::golden::Job;
use hvae_mnn::report::{Material, page};
use hvae_mnn::synth::results;
use jobs::jobs;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae report build/demo/design --html report.html\n  hvae report build/demo/design --html report.html --data data/short"
)]
pub struct Args {
    /// Build folder
    build: PathBuf,
    /// The page to write
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Sentences the simulated hardware writes for it
    #[arg(long, default_value_t = Count::of(10))]
    generate: Count<0, MANY>,
    /// Sentences for it to read and write again, one a line, or the folder of a set: its test part. Absent: those
    /// that it has written
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let build = read_build(&args.build)?;
    let asked = jobs(&args.build, &build, args.generate.get(), args.data.as_deref())?;
    let play = |jobs: &[Job]| match jobs {
        [] => Ok(None),
        jobs => simulate(&args.build, &build, jobs, &RunOptions::default(), Engine::Verilator).map(Some),
    };
    let (written, read) = (play(&asked.written)?, play(&asked.read)?);
    let data = if args.data.is_some() { " --data FILE" } else { "" };
    let shown = Page {
        jobs: &[asked.written, asked.read].concat(),
        written: written.as_ref(),
        others: read.as_ref().into_iter().collect(),
        whose: &asked.whose,
        command: &format!("hvae report BUILD --html report.html --generate {}{data}", args.generate.get()),
    };
    write_page(&args.build, &build, &shown, &args.html)?;
    say!("{} written", args.html.display())?;
    match [&written, &read].into_iter().flatten().find_map(|r| r.first_difference.clone()) {
        None => Ok(()),
        Some(first) => Err(Failure::check(format!("hardware and golden model differ first at {first}"))),
    }
}

/// What a page shows.
pub struct Page<'a> {
    pub jobs: &'a [Job],
    /// What simulation showed of jobs that write of nothing, and of others.
    pub written: Option<&'a CosimReport>,
    pub others: Vec<&'a CosimReport>,
    /// Whose sequences the jobs read.
    pub whose: &'a str,
    /// What makes the page again.
    pub command: &'a str,
}

/// Writes the page of a build folder: what it costs, what its simulation showed, and what the golden model answers to
/// the jobs.
pub fn write_page(folder: &Path, build: &Build, shown: &Page, html: &Path) -> Result<(), Failure> {
    let flows = results(folder)?;
    let cosim: Vec<CosimReport> =
        shown.written.into_iter().chain(shown.others.iter().copied()).cloned().collect();
    let material = Material {
        jobs: shown.jobs,
        cosim: &cosim,
        written: shown.written,
        flows: &flows,
        whose: shown.whose,
        command: shown.command,
    };
    let spin = progress::spinner("drawing the page");
    let page = page(build, &material);
    spin.finish_and_clear();
    write_file(html, page.html().as_bytes())
}
