//! `hvae synth`

use super::folder::read_build_as_is;
use super::out::say;
use super::{Failure, progress, write_json};
use hvae_mnn::budget::Part;
use hvae_mnn::build::Build;
use hvae_mnn::synth::{Flow, SynthError, SynthReport, Synthesis};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae synth build/ecp5 --flow ecp5\n  hvae synth build/ecp5 --flow generic,xilinx --part XC7A100T\n  hvae synth build/ecp5 --flow asic --liberty cells.lib"
)]
pub struct Args {
    /// Build folder
    build: PathBuf,
    /// generic, ecp5, xilinx, asic, netlist; several with commas
    #[arg(long, value_delimiter = ',', required = true)]
    flow: Vec<Flow>,
    /// FPGA part; absent: [target] part, or the largest the flow knows
    #[arg(long)]
    part: Option<String>,
    /// Standard cells of the flow asic
    #[arg(long, value_name = "FILE.lib")]
    liberty: Option<PathBuf>,
    /// Take the build folder as it is, also where files were changed since it was generated
    #[arg(long)]
    changed: bool,
    /// Figures for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    flows: Vec<SynthReport>,
}

impl From<SynthError> for Failure {
    fn from(error: SynthError) -> Self {
        match error {
            SynthError::Tool(tool) => tool.into(),
            SynthError::Run(error) => error.into(),
            SynthError::Report { .. } => Failure::check(error.to_string()),
            SynthError::Io { .. } | SynthError::Request(_) => Failure::input(error.to_string()),
        }
    }
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let build = read_build_as_is(&args.build, args.changed)?;
    let mut flows = Vec::new();
    for &flow in &args.flow {
        let report = synthesise(&args.build, &build, flow, args.part.as_deref(), args.liberty.as_deref())?;
        print(&report)?;
        if !build.changed.is_empty() {
            say!("  of a design that was changed since it was generated: {}", build.changed.join(", "))?;
        }
        flows.push(report);
    }
    write_json(args.json.as_deref(), &Figures { flows })
}

/// Runs one flow on a build folder, as far as it is not done yet.
pub fn synthesise(
    folder: &Path,
    build: &Build,
    flow: Flow,
    part: Option<&str>,
    liberty: Option<&Path>,
) -> Result<SynthReport, Failure> {
    let design = &build.file.design;
    let config = &design.config;
    let files = |folder: &str, end: &str| -> Vec<String> {
        design.files.keys().filter(|p| p.starts_with(folder) && p.ends_with(end)).cloned().collect()
    };
    // A part of another flow in the configuration does not concern this one.
    let wanted = Part::find(&config.target.part).filter(|p| Some(p.family) == flow.family());
    let synthesis = Synthesis {
        build: folder,
        sources: files("rtl/", ".sv"),
        images: files("rom/", ".hex"),
        clock_mhz: config.accelerator.clock_mhz,
        part: part.or(wanted.map(|p| p.name)),
        liberty,
    };
    let spin = progress::spinner(flow.name());
    let report = synthesis.run(flow, &|what| spin.set_message(format!("{}: {what}", flow.name())));
    spin.finish_and_clear();
    Ok(report?)
}

fn print(r: &SynthReport) -> Result<(), Failure> {
    say!("{} on {}", r.flow, r.device)?;
    let count = |name: &str, value: Option<u64>| match value {
        Some(value) => say!("  {name:<10} {value:>9}"),
        None => Ok(()),
    };
    count("LUT", r.lut)?;
    count(if r.flow == "generic" { "registers" } else { "FF" }, r.ff)?;
    count(
        if r.bram.is_some() && !["ecp5", "xilinx"].contains(&r.flow.as_str()) {
            "memories"
        } else {
            "block RAM"
        },
        r.bram,
    )?;
    count(if r.flow == "generic" { "multiplies" } else { "DSP" }, r.dsp)?;
    count("tile cores", r.macros)?;
    if let Some(area) = r.area_um2 {
        say!("  {:<10} {area:>9.0} um2", "area")?;
    }
    if let Some(fmax) = r.fmax_mhz {
        let verdict = if fmax >= r.clock_mhz { "met" } else { "missed" };
        say!("  {:<10} {fmax:>9.1} MHz ({} MHz asked for: {verdict})", "clock", r.clock_mhz)?;
    }
    for m in r.modules.iter().take(8).filter(|m| m.lut + m.ff > 0) {
        say!("  {:<24} x {:<4} {:>7} LUT {:>7} FF", m.module, m.instances, m.lut, m.ff)?;
    }
    for (step, seconds) in &r.seconds {
        say!("  {step} took {seconds:.0} s")?;
    }
    Ok(())
}
