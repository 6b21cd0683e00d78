//! `hvae report`

use super::Failure;
use super::cosim::simulate;
use super::count::{Count, MANY};
use super::out::say;
use hvae_mnn::build::{Build, read_build};
use hvae_mnn::cosim::{CosimReport, Engine, RunOptions};
use hvae_mnn::files::write_file;
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::report::{self, Page, Section};
use hvae_mnn::sample::{generations, words};
use hvae_mnn::synth::results;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  hvae report build/demo/design --html report.html")]
pub struct Args {
    /// Build folder
    build: PathBuf,
    /// The page to write
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Sentences the simulated hardware writes for it
    #[arg(long, default_value_t = Count::of(10))]
    generate: Count<0, MANY>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let build = read_build(&args.build)?;
    let limit = build.file.design.config.accelerator.max_tokens;
    let jobs = generations(args.generate.get(), 0.8, 1, limit)?;
    let shown = simulate(&args.build, &build, &jobs, &RunOptions::default(), Engine::Verilator)?;
    write_page(&args.build, &build, (&jobs, &shown), &args.html)?;
    say!("{} written", args.html.display())
}

/// Writes the page of a build folder: what it costs, what its simulation showed, and what the golden model answers to these
/// jobs of the prior at temperature 0.8.
pub fn write_page(
    folder: &Path,
    build: &Build,
    (jobs, shown): (&[Job], &CosimReport),
    html: &Path,
) -> Result<(), Failure> {
    let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
    let mut sentences =
        Section::new("What it writes", "Sampled from the prior at temperature 0.8.", &["sentence"]);
    for job in jobs {
        sentences.row(&[words(build.vocabulary.as_ref(), &golden.run(job).output)], None);
    }
    let flows = results(folder)?;
    let adcs_a_tile = build.file.design.geometry.adcs();
    let page = Page {
        title: format!("HVAE-MNN design {}", build.file.design.id),
        sections: vec![
            report::size(&build.file),
            report::budget(&build.file.budget, &flows, Some(shown), adcs_a_tile),
            report::stages(&build.file),
            report::cosim(shown),
            sentences,
            report::sources(&build.file.budget),
        ],
    };
    write_file(html, page.html().as_bytes())
}
