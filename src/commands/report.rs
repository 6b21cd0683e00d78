//! `hvae report`

use super::Failure;
use super::budget::{section, sources, synthesised};
use super::cosim::{generations, simulate};
use super::count::{Count, MANY};
use super::folder::read_build;
use super::out::say;
use super::output::write_file;
use super::sample::words;
use hvae_mnn::build::Build;
use hvae_mnn::cosim::{CosimReport, Engine, RunOptions};
use hvae_mnn::golden::Golden;
use hvae_mnn::report::{Page, Section};
use std::path::PathBuf;

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
    let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
    let mut sentences =
        Section::new("What it writes", "Sampled from the prior at temperature 0.8.", &["sentence"]);
    for job in &jobs {
        sentences.row(&[words(build.vocabulary.as_ref(), &golden.run(job).output)], None);
    }
    let flows = synthesised(&args.build)?;
    let adcs_a_tile = build.file.design.geometry.adcs();
    let page = Page {
        title: format!("HVAE-MNN design {}", build.file.design.id),
        sections: vec![
            size(&build),
            section(&build.file.budget, &flows, Some(&shown), adcs_a_tile),
            stages(&build),
            cosim(&shown),
            sentences,
            sources(&build.file.budget),
        ],
    };
    write_file(&args.html, page.html().as_bytes())?;
    say!("{} written", args.html.display())
}

fn size(build: &Build) -> Section {
    let (budget, g) = (&build.file.budget, &build.file.design.geometry);
    let note = format!(
        "Tiles of {} x {} cells of {} bits, {:?} encoding.",
        g.rows, g.columns, g.cell_bits, g.encoding
    );
    let mut section = Section::new("Size", note, &["what", "count"]);
    for (what, count) in [
        ("tiles", budget.tiles as u64),
        ("ADCs", budget.adcs as u64),
        ("ROM bits", budget.rom_bits),
        ("weights of a tile, side by side", g.logical_columns() as u64),
        ("phases of an input", g.phases as u64),
        ("conversions of an ADC in a phase", g.slots as u64),
    ] {
        section.row(&[what.into(), count.to_string()], None);
    }
    section
}

fn stages(build: &Build) -> Section {
    let note = "Cycles of every stage, the floor under them, and the share in which its converters work.";
    let mut section = Section::new("Cycles", note, &["stage", "cycles", "floor", "ADC busy"]);
    for stage in &build.file.stages {
        let busy = stage.timing.adc as f64 / stage.expected as f64;
        let cells = [
            stage.name.clone(),
            stage.expected.to_string(),
            stage.timing.floor.to_string(),
            format!("{:.0} %", 100.0 * busy),
        ];
        section.row(&cells, Some(busy));
    }
    let c = build.file.cycles_per_token;
    for (name, cycles, floor) in [
        ("token read", c.encode_expected, c.encode_floor),
        ("token written", c.decode_expected, c.decode_floor),
    ] {
        section.row(&[name.into(), cycles.to_string(), floor.to_string(), String::new()], None);
    }
    section
}

fn cosim(r: &CosimReport) -> Section {
    let note = match &r.first_difference {
        None => "The simulated hardware and the golden model agree in every bit and every cycle.".into(),
        Some(first) => format!("They differ first at {first}."),
    };
    let mut section = Section::new("Co-simulation", note, &["what", "figure"]);
    for (what, figure) in [
        ("jobs", r.sentences as u64),
        ("bits compared", r.bits_compared),
        ("mismatches", r.mismatches),
        ("cycles", r.cycles),
        ("tokens written", r.tokens),
        ("ADC clips", r.adc_clips),
        ("saturations", r.saturations),
    ] {
        section.row(&[what.into(), figure.to_string()], None);
    }
    section
}
