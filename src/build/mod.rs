//! Build folders: the whole design with what the golden model needs, written with checksums and read back only as it
//! was written; its simulation and its synthesis.
#![warn(missing_docs)]

mod difference;
mod error;
mod folder;
mod read;
mod run;

pub use error::BuildError;
pub use folder::{DESIGN, ReadBuild, read_build, read_build_as_is, write_build};
pub use read::{Build, Parts};
pub use run::{Observer, simulate, synthesise};

use crate::budget::Budget;
use crate::config::Config;
use crate::crossbar::{CrossbarNet, Programmed, Settings};
use crate::emit::Design;
use crate::files::sha256;
use crate::golden::{StageTiming, Timing, TokenCycles};
use crate::model::Block;
use crate::quant::Integers;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The files that are read back, below a build folder.
pub const DESCRIPTION: &str = "design.json";
/// The integers of the network, and the settings of its tiles.
pub const NETWORK: &str = "sim/network.cbor";
/// The words; absent where weights are random.
pub const VOCABULARY: &str = "sim/vocab.txt";

/// `design.json`. All but `design.config` and `design.files` follows from the configuration and the network.
#[derive(Debug, Clone, Serialize)]
pub struct BuildFile {
    /// What was emitted.
    #[serde(flatten)]
    pub design: Design,
    /// What it will cost.
    pub budget: Budget,
    /// Expected, and the floor under them.
    pub cycles_per_token: TokenCycles,
    /// The stage that loses most over its floor per token written, and by how many cycles.
    pub largest_gap: Option<(String, u64)>,
    /// Those that take cycles of their own.
    pub stages: Vec<StageCycles>,
    /// What became of the cells; absent where every one holds its level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programmed: Option<Programmed>,
}

/// One stage: what it takes and the floor under it.
#[derive(Debug, Clone, Serialize)]
pub struct StageCycles {
    /// Of the block.
    pub name: String,
    /// Cycles from one stage to the next.
    pub expected: u64,
    /// What they are made of.
    pub timing: StageTiming,
}

/// The checksum of a description, in the description.
#[derive(Serialize)]
struct Sealed<'a> {
    #[serde(flatten)]
    file: &'a BuildFile,
    sha256: String,
}

impl BuildFile {
    /// Describes `net`, whose files have these hashes.
    pub fn new(net: &CrossbarNet, config: &Config, files: BTreeMap<String, String>) -> BuildFile {
        let timing = Timing::new(&net.quant, &net.geometry, (&net.rounds, net.told()), &config.accelerator);
        let network = &net.quant.network;
        let schedule = net.schedule();
        let stage = |(block, stage): (&Block, &Option<StageTiming>)| {
            stage.map(|timing| StageCycles { name: block.name.clone(), expected: timing.busy() + 1, timing })
        };
        BuildFile {
            design: Design::of(net, config, files),
            budget: Budget::new(net, config),
            cycles_per_token: timing.token(&net.quant, &schedule),
            largest_gap: timing
                .largest_gap(&schedule)
                .map(|(id, cycles)| (network.blocks[id].name.clone(), cycles)),
            stages: network.blocks.iter().zip(&timing.stages).filter_map(stage).collect(),
            programmed: net.programmed.missed(),
        }
    }

    /// The text of `design.json`, with its checksum.
    pub fn to_text(&self) -> String {
        let sealed = Sealed { file: self, sha256: checksum(&self.value()) };
        serde_json::to_string_pretty(&sealed).expect("a design is plain data") + "\n"
    }

    /// As its text reads back: a number in single precision has the digits of one.
    fn value(&self) -> Value {
        let text = serde_json::to_string(self).expect("a design is plain data");
        serde_json::from_str(&text).expect("JSON")
    }
}

/// Of what a description says, however it is laid out: its keys in order, without spaces.
fn checksum(description: &Value) -> String {
    sha256(description.to_string().as_bytes())
}

/// Writes a checksum that fits `text`, which was changed: what a deliberate edit has to do. Of what is no
/// description, nothing.
pub fn sealed_again(text: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    let map = value.as_object_mut()?;
    map.remove("sha256");
    let checksum = checksum(&value);
    value.as_object_mut()?.insert("sha256".into(), checksum.into());
    Some(value.to_string())
}

/// `sim/network.cbor`: what of the network does not follow from the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network(pub Integers, pub Settings);

impl Network {
    /// What has to be stored of `net`.
    pub fn of(net: &CrossbarNet) -> Network {
        Network(net.quant.integers(), net.settings())
    }

    /// As CBOR.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).expect("writing to memory");
        bytes
    }
}
