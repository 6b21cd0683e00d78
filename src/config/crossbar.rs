//! `[crossbar]`: the tile, how weights lie on it, and its converters.

use serde::{Deserialize, Serialize};

/// How a signed weight sits on columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// A pair of columns: positive and negative magnitude.
    Differential,
    /// One column of w + 2^(weight_bits-1), and one shared offset column a tile.
    Offset,
}

/// Which slice of a weight comes first, nearest to the drivers of the word lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SliceOrder {
    /// The least significant one.
    LowFirst,
    /// The most significant one.
    HighFirst,
}

/// What the range of a converter is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AdcRange {
    /// `adc_shift`, whatever it clips.
    Fixed,
    /// All that the cells and the drivers can give: nothing is ever clipped.
    Full,
    /// The least squared error on sentences.
    Data,
}

/// Who shares the range of a converter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RangeOf {
    /// All of the network.
    Network,
    /// All of a matrix.
    Matrix,
    /// Nobody: each tile has its own.
    Tile,
}

/// `[crossbar]`: the tile, how weights lie on it, and its converters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Crossbar {
    /// Word lines of a tile.
    pub rows: usize,
    /// Bit lines of a tile.
    pub columns: usize,
    /// Bits stored in one cell.
    pub cell_bits: u32,
    /// Bits of an input driven in one phase.
    pub dac_bits: u32,
    /// Bits of a conversion.
    pub adc_bits: u32,
    /// Conductance steps per ADC step, as a power of two; the finest where the range is not fixed.
    pub adc_shift: u32,
    /// What the range of a converter is made for.
    pub adc_range: AdcRange,
    /// Who shares that range.
    pub adc_range_of: RangeOf,
    /// Code of no current: the range of a converter begins that many ADC steps below 0.
    pub adc_zero: u32,
    /// Conversions whose mean counts as one in the `read_phases` most significant phases, a power of two: what converters draw
    /// anew each time grows smaller by its root. 1: every column is converted once a phase.
    pub reads: u32,
    /// Phases that are read `reads` times, from the most significant one on, which weighs most; 0: all.
    pub read_phases: u32,
    /// Columns that share one ADC, converted one after the other.
    pub columns_per_adc: usize,
    /// How a signed weight becomes cells.
    pub encoding: Encoding,
    /// Which slice of a weight comes first.
    pub slice_order: SliceOrder,
    /// A column whose levels come to more than half of what it could hold stores what is missing
    /// to the highest level instead (ISAAC, Shafiee et al., ISCA 2016, section V).
    pub flip: bool,
    /// Places for weights on every tile that are left empty.
    pub spare_columns: usize,
    /// Weights are placed on a tile so that its stuck cells do the least harm.
    pub dodge_faults: bool,
    /// A gain and an offset for every output, behind the tiles, fitted on sentences after
    /// programming.
    pub calibrate_columns: bool,
    /// Tiles there are; with fewer than the weights need, columns take turns on the
    /// converters in rounds. 0: as many as the weights need.
    pub physical_tiles: usize,
    /// All matrices take turns on the `physical_tiles` tiles, whose memories hold the cells of the whole
    /// network: small, and one product at a time. Otherwise every row of tiles of every matrix has one of its own.
    pub shared: bool,
}

impl Default for Crossbar {
    fn default() -> Self {
        Crossbar {
            rows: 128,
            columns: 128,
            cell_bits: 2,
            dac_bits: 1,
            adc_bits: 9,
            adc_shift: 0,
            adc_range: AdcRange::Fixed,
            adc_range_of: RangeOf::Network,
            adc_zero: 0,
            reads: 1,
            read_phases: 0,
            columns_per_adc: 8,
            encoding: Encoding::Differential,
            slice_order: SliceOrder::LowFirst,
            flip: false,
            spare_columns: 0,
            dodge_faults: false,
            calibrate_columns: false,
            physical_tiles: 0,
            shared: false,
        }
    }
}
