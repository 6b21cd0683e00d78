//! `hvae doctor`

use super::out::say;
use super::{Failure, write_json};
use hvae_mnn::tools::ALL;
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
    path: Option<PathBuf>,
    problem: Option<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let findings: Vec<Finding> = ALL
        .iter()
        .map(|tool| {
            let found = tool.find();
            let problem = found.as_ref().err().map(ToString::to_string);
            let found = found.ok();
            Finding {
                name: tool.name,
                purpose: tool.purpose,
                path: found.as_ref().map(|t| t.path.clone()),
                found: found.map(|t| t.version),
                problem,
            }
        })
        .chain(graphics())
        .collect();
    for f in &findings {
        match &f.problem {
            None => say!("ok      {:<10} {:<34} {}", f.name, f.purpose, f.found.as_deref().unwrap_or("")),
            Some(problem) => say!("MISSING {:<10} {:<34} {problem}", f.name, f.purpose),
        }?;
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
    let found = device.map_or("none: training uses all cores".into(), |device| device.name().to_string());
    Some(Finding { name: "gpu", purpose: "training", found: Some(found), path: None, problem: None })
}

#[cfg(not(feature = "train"))]
fn graphics() -> Option<Finding> {
    None
}
