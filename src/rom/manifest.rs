//! What an export holds: shapes, units, scales, coordinates, hashes.

use super::HexError;
use crate::crossbar::{CodeScale, Devices, TileGeometry};
use crate::quant::Format;
use serde::{Deserialize, Serialize};

/// `manifest.json` of an export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Who wrote it.
    pub tool: String,
    /// Unit of every conductance.
    pub unit: String,
    /// What the cells are of.
    pub devices: Devices,
    /// How a tile is divided.
    pub geometry: TileGeometry,
    /// Every matrix.
    pub matrices: Vec<MatrixEntry>,
}

/// One matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixEntry {
    /// As its tiles are named.
    pub name: String,
    /// Rows of weights in the network.
    pub outputs: usize,
    /// Data rows; behind them the bias rows.
    pub inputs: usize,
    /// Bias rows that are driven with 2^coarse_bit.
    pub bias_coarse: usize,
    /// Bias rows that are driven with 1.
    pub bias_fine: usize,
    /// Coarse bias rows are driven with 2^coarse_bit, the fine one with 1.
    pub coarse_bit: u32,
    /// weight = code * 2^-frac.
    pub weight: Format,
    /// input = code * 2^-frac.
    pub input: Format,
    /// f32 [tile rows, tile columns, word lines, bit lines], in microsiemens.
    pub npy: String,
    /// Of the file `npy`.
    pub npy_sha256: String,
    /// Gain and offset of every output, where columns are calibrated:
    /// accumulator = sum * gain * 2^-10 + offset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<(u32, i64)>,
    /// Every tile, row by row.
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
    /// Of the memory image.
    pub hex_sha256: String,
    /// Conductances, one line per word line.
    pub csv: String,
    /// Code steps per step of the converters, as a power of two.
    pub adc_shift: u32,
    /// Bit lines whose cells hold what is missing to the highest level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flipped: Vec<usize>,
    /// Place of every weight, where they are moved; then the empty places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<u16>,
}

/// The unit of every export.
pub(super) const UNIT: &str = "microsiemens";

impl Manifest {
    /// Its numbers belong together: conductances have the unit, and the cells the codes, that tiles were made for.
    pub(super) fn check(&self) -> Result<(), RomError> {
        let (g, devices) = (&self.geometry, &self.devices);
        let wrong = |what: &'static str, expected: String, found: String| {
            Err(RomError::Value { what, expected, found })
        };
        if self.unit != UNIT {
            return wrong("unit", UNIT.into(), self.unit.clone());
        }
        let codes = CodeScale { bits: g.code_bits, level_shift: g.level_shift, top: g.top_code };
        if devices.scale() != codes {
            return wrong("devices", format!("{codes:?}"), format!("{:?}", devices.scale()));
        }
        if !(devices.step_us > 0.0 && devices.g_min_us >= 0.0) {
            let found = format!("{} and {}", devices.g_min_us, devices.step_us);
            return wrong("devices", "g_min_us of 0 or more and step_us above 0".into(), found);
        }
        Ok(())
    }
}

/// Why an export cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum RomError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The manifest is no JSON of one.
    #[error("{path}: {source}")]
    Manifest {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: serde_json::Error,
    },
    /// A memory image is none.
    #[error("{path}: {source}")]
    Hex {
        /// The file, or the folder.
        path: String,
        /// What went wrong.
        source: HexError,
    },
    /// A file is not the one that was written.
    #[error(
        "{path}: sha256 expected {expected}, found {found}; the file was changed after the export, export again"
    )]
    Hash {
        /// The file, or the folder.
        path: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file is no text.
    #[error("{path}: expected UTF-8 text")]
    Text {
        /// The file, or the folder.
        path: String,
    },
    /// A tile is not as the manifest says.
    #[error(
        "manifest.json: matrix {matrix}, tile {at:?}: expected {expected}, found {found}; the file was changed, export again"
    )]
    Setting {
        /// The matrix.
        matrix: String,
        /// Tile row and tile column.
        at: (usize, usize),
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A value that cannot be.
    #[error("manifest.json: {what}: expected {expected}, found {found}; the file was changed, export again")]
    Value {
        /// What it is of.
        what: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Another number of tiles.
    #[error("manifest.json: matrix {matrix}: expected {expected} tiles, found {found}; export again")]
    Tiles {
        /// The matrix.
        matrix: String,
        /// What should be there.
        expected: usize,
        /// What is there.
        found: usize,
    },
    /// A matrix has sizes that cannot be.
    #[error(
        "manifest.json: matrix {matrix}: expected outputs and rows, at most one fine bias row, and a correction an output or none, found {found}; export again"
    )]
    Size {
        /// The matrix.
        matrix: String,
        /// What is there.
        found: String,
    },
}
