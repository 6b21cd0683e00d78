//! A build folder: the emitted design with what the golden model needs.

use super::Failure;
use super::inputs::read_text;
use super::output::{Kind, OutputFolder};
use hvae_mnn::budget::Budget;
use hvae_mnn::config::Config;
use hvae_mnn::cosim::is_simulation;
use hvae_mnn::crossbar::{CrossbarNet, Programmed, Settings};
use hvae_mnn::emit::{Design, emit};
use hvae_mnn::files::{FileList, LIST, Problem, share};
use hvae_mnn::golden::{Golden, StageTiming, Timing, TokenCycles};
use hvae_mnn::model::Vocabulary;
use hvae_mnn::quant::QuantNet;
use hvae_mnn::synth::is_synthesis;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The file every build folder has.
pub const MARKER: &str = "design.json";
const NETWORK: &str = "sim/network.cbor";
const VOCABULARY: &str = "sim/vocab.txt";

/// A build folder, to which simulations, synthesis and the driver's makefile add.
pub const DESIGN: Kind = Kind { name: "design", later: added, kept };

fn added(path: &str) -> bool {
    let driver = path.starts_with("driver/obj/") || path == "driver/example";
    driver || is_simulation(path) || is_synthesis(path)
}

/// What of an earlier build is of use to a new one: simulations are found by the content of their sources, and
/// synthesis of the same design is the same.
fn kept(old: &Path, same: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(old.join("sim")).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut kept: Vec<PathBuf> = names
        .filter(|name| is_simulation(&format!("sim/{name}/")))
        .map(|name| Path::new("sim").join(name))
        .collect();
    kept.extend(same.then(|| "synth".into()));
    kept
}

/// `design.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildFile {
    #[serde(flatten)]
    pub design: Design,
    pub budget: Budget,
    pub cycles_per_token: TokenCycles,
    /// The stage that loses most over its floor per token written, and by how many cycles.
    pub largest_gap: Option<(String, u64)>,
    pub stages: Vec<StageCycles>,
    /// What became of the cells; absent where every one holds its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programmed: Option<Programmed>,
}

/// One stage: what it takes and the floor under it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageCycles {
    pub name: String,
    pub expected: u64,
    pub timing: StageTiming,
}

/// A build folder that was read back.
pub struct Build {
    pub file: BuildFile,
    pub net: CrossbarNet,
    /// None for random weights.
    pub vocabulary: Option<Vocabulary>,
    /// Files that are not as they were generated, where that was allowed.
    pub changed: Vec<String>,
    /// As long as it is there, nobody replaces the folder.
    _reading: File,
}

/// Writes the whole design; returns what `design.json` says, and the number of files.
pub fn write_build(
    folder: OutputFolder,
    net: &CrossbarNet,
    config: &Config,
    vocabulary: Option<&Vocabulary>,
) -> Result<(BuildFile, usize), Failure> {
    let emitted = emit(net, config);
    for (path, text) in &emitted.files {
        folder.put(path, text.as_bytes())?;
    }
    let mut network = Vec::new();
    ciborium::into_writer(&(&net.quant, net.settings()), &mut network).expect("writing to memory");
    folder.put(NETWORK, &network)?;
    if let Some(vocabulary) = vocabulary {
        folder.put(VOCABULARY, vocabulary.to_text().as_bytes())?;
    }
    let timing = Golden::tiled(net, &config.accelerator).timing;
    let gap = timing.largest_gap(&net.quant.network);
    let file = BuildFile {
        design: emitted.design,
        budget: Budget::new(net, config),
        cycles_per_token: timing.token(&net.quant.network),
        largest_gap: gap.map(|(id, cycles)| (net.quant.network.blocks[id].name.clone(), cycles)),
        stages: stage_cycles(&net.quant, &timing),
        programmed: net.programmed.missed(),
    };
    let text = serde_json::to_string_pretty(&file).expect("a design is plain data") + "\n";
    folder.put(MARKER, text.as_bytes())?;
    Ok((file, folder.finish()?))
}

fn stage_cycles(quant: &QuantNet, timing: &Timing) -> Vec<StageCycles> {
    let blocks = quant.network.blocks.iter().zip(&timing.stages);
    let stage = |(block, stage): (&hvae_mnn::model::Block, &Option<StageTiming>)| {
        stage.map(|timing| StageCycles { name: block.name.clone(), expected: timing.busy() + 1, timing })
    };
    blocks.filter_map(stage).collect()
}

/// Reads a build folder that is as it was generated.
pub fn read_build(folder: &Path) -> Result<Build, Failure> {
    read(folder, None)
}

/// The same; with `as_is` also one in which files were changed (`--changed`).
pub fn read_build_as_is(folder: &Path, as_is: bool) -> Result<Build, Failure> {
    read(folder, Some(as_is))
}

fn read(folder: &Path, as_is: Option<bool>) -> Result<Build, Failure> {
    let path = folder.join(MARKER);
    if !path.exists() {
        return Err(Failure::input(format!(
            "{}: expected a build folder (with {MARKER}), found none; make one with `hvae generate`",
            folder.display()
        )));
    }
    let reading = share(folder).map_err(|e| Failure::io(folder, e))?;
    let changed = check(folder, as_is)?;
    let wrong = |path: &Path, error: String| {
        Failure::input(format!("{}: {error}; generate the design again", path.display()))
    };
    let file: BuildFile =
        serde_json::from_str(&read_text(&path)?).map_err(|e| wrong(&path, e.to_string()))?;
    let path = folder.join(NETWORK);
    let bytes = fs::read(&path).map_err(|e| Failure::io(&path, e))?;
    let (quant, settings): (QuantNet, Settings) =
        ciborium::from_reader(bytes.as_slice()).map_err(|e| wrong(&path, e.to_string()))?;
    let config = &file.design.config;
    let net =
        CrossbarNet::new(quant, config).map_err(|e| wrong(&path, e.to_string()))?.with_settings(settings);
    let path = folder.join(VOCABULARY);
    let vocabulary = match path.exists() {
        true => Some(Vocabulary::parse(&path.display().to_string(), &read_text(&path)?)?),
        false => None,
    };
    Ok(Build { file, net, vocabulary, changed, _reading: reading })
}

/// Compares every file with the hash that it was generated with; those that differ, where `as_is` allows it.
fn check(folder: &Path, as_is: Option<bool>) -> Result<Vec<String>, Failure> {
    let list = FileList::of(folder).map_err(|e| Failure::io(&folder.join(LIST), e))?;
    let list = list.filter(|list| list.kind() == DESIGN.name).ok_or_else(|| {
        Failure::input(format!(
            "{}: expected the hashes of all files, as `hvae generate` writes them, found none; generate the design again",
            folder.join(LIST).display()
        ))
    })?;
    let damage = list.damage(folder).map_err(|e| Failure::io(folder, e))?;
    let place = |path: &str| folder.join(path).display().to_string();
    if let Some((path, _)) = damage.iter().find(|(_, problem)| *problem == Problem::Missing) {
        let place = place(path);
        return Err(Failure::input(format!(
            "{place}: missing since it was generated; generate the design again"
        )));
    }
    let changed: Vec<String> = damage.into_iter().map(|(path, _)| path).collect();
    if changed.is_empty() || as_is == Some(true) {
        return Ok(changed);
    }
    let more = match changed.len() - 1 {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let hint = if as_is.is_some() { ", or take it as it is with --changed" } else { "" };
    let place = place(&changed[0]);
    Err(Failure::input(format!(
        "{place}: changed since it was generated{more}; generate the design again{hint}"
    )))
}
