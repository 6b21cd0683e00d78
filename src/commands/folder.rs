//! A build folder: the emitted design with what the golden model needs.

use super::Failure;
use super::inputs::read_text;
use super::output::OutputFolder;
use hvae_mnn::budget::Budget;
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::{CrossbarNet, Programmed, Settings};
use hvae_mnn::emit::{Design, emit};
use hvae_mnn::golden::{Golden, StageTiming, Timing, TokenCycles};
use hvae_mnn::model::Vocabulary;
use hvae_mnn::quant::QuantNet;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The file every build folder has.
pub const MARKER: &str = "design.json";
const NETWORK: &str = "sim/network.cbor";
const VOCABULARY: &str = "sim/vocab.txt";

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
}

/// Writes the whole design; returns what `design.json` says.
pub fn write_build(
    out: &Path,
    net: &CrossbarNet,
    config: &Config,
    vocabulary: Option<&Vocabulary>,
) -> Result<(BuildFile, usize), Failure> {
    let folder = OutputFolder::begin(out, MARKER)?;
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
    let Golden { timing, schedule, .. } = Golden::tiled(net, &config.accelerator);
    let gap = timing.largest_gap(&schedule);
    let file = BuildFile {
        design: emitted.design,
        budget: Budget::new(net, config),
        cycles_per_token: timing.token(&net.quant, &schedule),
        largest_gap: gap.map(|(id, cycles)| (net.quant.network.blocks[id].name.clone(), cycles)),
        stages: stage_cycles(&net.quant, &timing),
        programmed: net.programmed.missed(),
    };
    let text = serde_json::to_string_pretty(&file).expect("a design is plain data") + "\n";
    folder.put(MARKER, text.as_bytes())?;
    folder.finish()?;
    Ok((file, emitted.files.len() + 2))
}

fn stage_cycles(quant: &QuantNet, timing: &Timing) -> Vec<StageCycles> {
    let blocks = quant.network.blocks.iter().zip(&timing.stages);
    let stage = |(block, stage): (&hvae_mnn::model::Block, &Option<StageTiming>)| {
        stage.map(|timing| StageCycles { name: block.name.clone(), expected: timing.busy() + 1, timing })
    };
    blocks.filter_map(stage).collect()
}

/// Reads a build folder.
pub fn read_build(folder: &Path) -> Result<Build, Failure> {
    let path = folder.join(MARKER);
    if !path.exists() {
        return Err(Failure::input(format!(
            "{}: expected a build folder (with {MARKER}), found none; make one with `hvae generate`",
            folder.display()
        )));
    }
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
    Ok(Build { file, net, vocabulary })
}
