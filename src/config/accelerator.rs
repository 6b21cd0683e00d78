//! `[accelerator]` and `[target]`: the digital side, and what it is built for.

use super::{Board, Lanes};
use serde::{Deserialize, Serialize};

/// `[accelerator]`: the digital side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Accelerator {
    /// Units of gate arithmetic per cell; also read lanes of heads and bridges.
    pub gate_lanes: Lanes,
    /// Logits compared per cycle.
    pub token_lanes: Lanes,
    /// Longest sentence, special tokens included.
    pub max_tokens: usize,
    /// Clock in megahertz: of figures a second, of constraints, and of a board's PLL.
    pub clock_mhz: f64,
    /// The design can do the job SCORE: log-probabilities of given sentences.
    pub score: bool,
    /// No conversions in phases whose digit is 0 on every row of a tile.
    pub skip_zero_phases: bool,
    /// How FPGA tools keep the cells of a tile.
    pub cell_storage: CellStorage,
}

/// Memory of an FPGA for the cells of the behavioural tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CellStorage {
    /// As the tool thinks best.
    #[default]
    Auto,
    /// Block RAM.
    Block,
    /// Look-up tables.
    Distributed,
}

impl CellStorage {
    /// Its value as an attribute in Verilog.
    pub const fn name(self) -> &'static str {
        match self {
            CellStorage::Auto => "auto",
            CellStorage::Block => "block",
            CellStorage::Distributed => "distributed",
        }
    }
}

impl Default for Accelerator {
    fn default() -> Self {
        Accelerator {
            gate_lanes: Lanes::Count(8),
            token_lanes: Lanes::Count(16),
            max_tokens: 64,
            clock_mhz: 80.0,
            score: true,
            skip_zero_phases: false,
            cell_storage: CellStorage::Auto,
        }
    }
}

/// `[target]`: what the design is built for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// An FPGA that the design must fit (lfe5u-85f, xc7a100t, xck26 ...); "": any.
    pub part: String,
    /// The board that a whole design is made for; "": none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub board: String,
}

impl Target {
    /// The board, if it names one that is known.
    pub fn board(&self) -> Option<&'static Board> {
        Board::find(&self.board)
    }

    /// The part, or that of the board; "": any.
    pub fn part(&self) -> &str {
        match self.board() {
            Some(board) if self.part.is_empty() => board.parts[0],
            _ => &self.part,
        }
    }
}
