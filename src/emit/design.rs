//! What was asked and what came of it: `design.json`.

use super::stages::StageBuilder;
use crate::config::Config;
use crate::crossbar::{CrossbarNet, TileGeometry};
use crate::model::BlockId;
use crate::quant::Signal;
use crate::rom::sha256;
use serde::Serialize;
use std::collections::BTreeMap;

/// What generates designs.
pub const TOOL: &str = concat!("hvae-mnn ", env!("CARGO_PKG_VERSION"));

/// An emitted design, as scripts and the co-simulation see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Design {
    /// Who made it.
    pub tool: String,
    /// First 32 bits of the hash of the request and the network; the DESIGN register.
    pub id: String,
    /// Of what it was made.
    pub config: Config,
    /// How a tile is divided.
    pub geometry: TileGeometry,
    /// What the log of a simulation shows.
    pub probes: Vec<ProbeSignal>,
    /// sha256 of every file that a simulation or synthesis reads.
    pub files: BTreeMap<String, String>,
}

impl Design {
    pub(super) fn new(
        net: &CrossbarNet,
        config: &Config,
        id: String,
        probes: Vec<ProbeSignal>,
        files: BTreeMap<String, String>,
    ) -> Design {
        let (config, geometry) = (config.clone(), net.geometry.clone());
        Design { tool: TOOL.into(), id, config, geometry, probes, files }
    }

    /// The design that `net` gives, whose files have these hashes.
    pub fn of(net: &CrossbarNet, config: &Config, files: BTreeMap<String, String>) -> Design {
        let probes = StageBuilder::build(net, config, "").signals;
        Design::new(net, config, design_id(net, config), probes, files)
    }
}

/// The same request and network give the same identity.
pub(super) fn design_id(net: &CrossbarNet, config: &Config) -> String {
    let mut bytes = config.to_toml().into_bytes();
    ciborium::into_writer(&net.quant, &mut bytes).expect("writing to memory");
    for tiled in net.matrices.values() {
        bytes.extend(tiled.mapped().tiles.iter().map(|tile| tile.adc_shift as u8));
        for correction in tiled.corrections().unwrap_or_default() {
            bytes.extend(correction.gain.to_le_bytes());
            bytes.extend(correction.offset.to_le_bytes());
        }
    }
    sha256(&bytes)[..8].to_string()
}

/// A signal that the testbench logs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeSignal {
    /// Channel of the log; signals written together share it.
    pub channel: usize,
    /// Who writes it.
    pub block: BlockId,
    /// What it is.
    pub role: Signal,
    /// `<block>.<signal>`
    pub name: String,
    /// Where the signal's lanes begin in the channel's data.
    pub first_lane: usize,
    /// Of a number.
    pub bits: usize,
}
