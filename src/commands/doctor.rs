//! `hvae doctor`

use super::out::say;
use super::{Failure, progress, write_json};
use hvae_mnn::tools::{ALL, number};
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  hvae doctor --json tools.json")]
pub struct Args {
    /// Findings for scripts
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Finding {
    name: &'static str,
    purpose: &'static str,
    found: Option<String>,
    /// The version alone.
    version: Option<String>,
    path: Option<PathBuf>,
    problem: Option<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    // A tool of WebAssembly unpacks itself when it is called for the first time, and says nothing for a minute.
    let spin = progress::spinner("");
    let findings: Vec<Finding> = ALL
        .iter()
        .map(|tool| {
            spin.set_message(format!(
                "asking {} for its version (the first time some unpack themselves)",
                tool.name
            ));
            let found = tool.find();
            let problem = found.as_ref().err().map(ToString::to_string);
            let found = found.ok();
            Finding {
                name: tool.name,
                purpose: tool.purpose,
                path: found.as_ref().map(|t| t.path.clone()),
                version: found.as_ref().and_then(|t| number(&t.version)).map(String::from),
                found: found.map(|t| t.version),
                problem,
            }
        })
        .collect();
    spin.set_message("asking for graphics processors");
    let findings: Vec<Finding> = findings.into_iter().chain(graphics()).collect();
    spin.finish_and_clear();
    for f in &findings {
        let found = f.version.as_deref().or(f.found.as_deref()).unwrap_or("");
        match &f.problem {
            None => say!("ok      {:<19} {:<34} {found}", f.name, f.purpose),
            Some(problem) => say!("MISSING {:<19} {:<34} {problem}", f.name, f.purpose),
        }?;
    }
    for seen in adapters() {
        say!("        seen: {seen}")?;
    }
    write_json(args.json.as_deref(), &findings)?;
    match findings.iter().filter(|f| f.problem.is_some()).count() {
        0 => Ok(()),
        n => Err(Failure::tool(format!("{n} tools are missing or too old, see above"))),
    }
}

/// Not missed: without one, the processor trains.
#[cfg(feature = "train")]
fn graphics() -> Option<Finding> {
    let device = hvae_mnn::train::Device::find(false);
    let found = device.map_or_else(
        || "none: training uses all cores; a graphics processor needs its driver for Vulkan, Metal or DirectX 12".into(),
        |device| device.name().to_string(),
    );
    let (name, purpose) = ("gpu", "training");
    Some(Finding { name, purpose, found: Some(found), version: None, path: None, problem: None })
}

#[cfg(not(feature = "train"))]
fn graphics() -> Option<Finding> {
    None
}

/// What drivers show.
#[cfg(feature = "train")]
fn adapters() -> Vec<String> {
    hvae_mnn::train::Device::adapters()
}

#[cfg(not(feature = "train"))]
fn adapters() -> Vec<String> {
    Vec::new()
}
