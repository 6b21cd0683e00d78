//! `hvae synth`

use super::out::say;
use super::{Failure, progress, write_json};
use hvae_mnn::build::{read_build_as_is, synthesise};
use hvae_mnn::synth::{Flow, SynthReport};
use serde::Serialize;
use std::path::PathBuf;

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

pub fn run(args: &Args) -> Result<(), Failure> {
    let build = read_build_as_is(&args.build, args.changed)?;
    let mut flows = Vec::new();
    for &flow in &args.flow {
        let spin = progress::spinner(flow.name());
        let shown = |what: &str| spin.set_message(format!("{}: {what}", flow.name()));
        let wanted = (args.part.as_deref(), args.liberty.as_deref());
        let report = synthesise(&args.build, &build, flow, wanted, &shown);
        spin.finish_and_clear();
        let report = report?;
        print(&report)?;
        if !build.changed.is_empty() {
            say!("  of a design that was changed since it was generated: {}", build.changed.join(", "))?;
        }
        flows.push(report);
    }
    write_json(args.json.as_deref(), &Figures { flows })
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
