//! What was asked and what came of it: `design.json`.

use crate::config::Config;
use crate::crossbar::TileGeometry;
use crate::model::BlockId;
use crate::quant::Signal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An emitted design, as scripts and the co-simulation see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Design {
    pub tool: String,
    /// First 32 bits of the hash of the request and the network; the DESIGN register.
    pub id: String,
    pub config: Config,
    pub geometry: TileGeometry,
    pub probes: Vec<ProbeSignal>,
    /// sha256 of every file that a simulation or synthesis reads.
    pub files: BTreeMap<String, String>,
}

/// A signal that the testbench logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeSignal {
    /// Channel of the log; signals written together share it.
    pub channel: usize,
    pub block: BlockId,
    pub role: Signal,
    /// `<block>.<signal>`
    pub name: String,
    /// Where the signal's lanes begin in the channel's data.
    pub first_lane: usize,
    pub bits: usize,
}
