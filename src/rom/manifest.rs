//! What an export holds: shapes, units, scales, coordinates, hashes.

use super::HexError;
use crate::crossbar::{Devices, TileGeometry};
use crate::quant::Format;
use serde::{Deserialize, Serialize};

/// `manifest.json` of an export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub tool: String,
    /// Unit of every conductance.
    pub unit: String,
    pub devices: Devices,
    pub geometry: TileGeometry,
    pub matrices: Vec<MatrixEntry>,
}

/// One matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixEntry {
    pub name: String,
    pub outputs: usize,
    /// Data rows; behind them the bias rows.
    pub inputs: usize,
    pub bias_coarse: usize,
    pub bias_fine: usize,
    /// Coarse bias rows are driven with 2^coarse_bit, the fine one with 1.
    pub coarse_bit: u32,
    /// weight = code * 2^-frac.
    pub weight: Format,
    /// input = code * 2^-frac.
    pub input: Format,
    /// f32 [tile rows, tile columns, word lines, bit lines], in microsiemens.
    pub npy: String,
    pub npy_sha256: String,
    pub tiles: Vec<TileEntry>,
}

/// One tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileEntry {
    /// Tile row (inputs) and tile column (outputs).
    pub at: (usize, usize),
    /// Memory image for `$readmemh`.
    pub hex: String,
    pub hex_sha256: String,
    /// Conductances, one line per word line.
    pub csv: String,
}

/// Why an export cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum RomError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path}: {source}")]
    Manifest { path: String, source: serde_json::Error },
    #[error("{path}: {source}")]
    Hex { path: String, source: HexError },
    #[error(
        "{path}: sha256 expected {expected}, found {found}; the file was changed after the export, export again"
    )]
    Hash { path: String, expected: String, found: String },
    #[error("{path}: expected UTF-8 text")]
    Text { path: String },
    #[error("manifest.json: matrix {matrix}: expected {expected} tiles, found {found}")]
    Tiles { matrix: String, expected: usize, found: usize },
}
