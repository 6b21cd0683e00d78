//! How weights lie on the columns of a tile, and which converter sees them when.

mod read;
mod reads;

use super::CodeScale;
use crate::config::{Crossbar, Encoding, Fixed, SliceOrder};
use serde::{Deserialize, Serialize, Serializer};

/// A tile, derived from `[crossbar]` and `[fixed]`.
///
/// A *cell* is one slice of one weight. An ADC converts `slots` columns one after
/// the other. A weight never straddles two *groups* of ADCs: either one ADC holds
/// `weights_per_group` whole weights, or `adcs_per_group` ADCs share one weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct TileGeometry {
    /// Word lines.
    pub rows: usize,
    /// Bit lines.
    pub columns: usize,
    /// Bit lines that a converter serves.
    pub columns_per_adc: usize,
    /// How a signed weight becomes cells.
    pub encoding: Encoding,
    /// The most significant slice comes first.
    pub high_first: bool,
    /// Bits of a weight, sign included.
    pub weight_bits: u32,
    /// Bits of an input code, sign included.
    pub input_bits: u32,
    /// Significance of a slice.
    pub cell_bits: u32,
    /// Width of a conductance code: bit planes of a cell.
    pub code_bits: u32,
    /// Code steps from one level to the next, as a power of two.
    pub level_shift: u32,
    /// Largest code of a cell.
    pub top_code: u32,
    /// Bits of a digit of an input.
    pub dac_bits: u32,
    /// Bits of a conversion.
    pub adc_bits: u32,
    /// Code steps per ADC step, as a power of two.
    pub adc_shift: u32,
    /// Added before the converter in the most significant phase when dac_bits > 1.
    pub adc_offset: i64,
    /// Added before the converter in every phase: its range begins that far below 0.
    pub adc_zero: i64,
    /// Slices of a weight.
    pub cells_per_weight: usize,
    /// Groups of converters.
    pub groups: usize,
    /// Converters that share a weight.
    pub adcs_per_group: usize,
    /// Whole weights of a group.
    pub weights_per_group: usize,
    /// Places for weights that no weight is meant for.
    pub spare: usize,
    /// Columns may hold what is missing to the highest level.
    pub flip: bool,
    /// Weights may stand on any place of their tile.
    pub remap: bool,
    /// Conversions of each ADC in one phase.
    pub slots: usize,
    /// Phases in which one input is driven, most significant digit first.
    pub phases: usize,
    /// Conversions whose mean counts as one, as a power of two.
    pub read_bits: u32,
    /// Phases that are read so often, the most significant ones.
    pub read_phases: usize,
    /// Width of a tile's accumulators.
    pub acc_bits: u32,
}

impl Serialize for TileGeometry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TileGeometry::serialize(self, serializer)
    }
}

/// Where a cell of a logical column sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSite {
    /// Its converter.
    pub adc: usize,
    /// Which of the converter's columns it is.
    pub slot: usize,
    /// Slice of the weight, least significant first.
    pub slice: u32,
    /// Column of the negative magnitude.
    pub negative: bool,
}

/// Why there is no such tile.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum GeometryError {
    /// A weight has no room on a tile.
    #[error(
        "[crossbar] columns = {columns}: expected at least {needed}, the columns of one {weight_bits}-bit weight \
         ({cells} cells on {adcs} ADC(s) of {columns_per_adc} columns{reference}); widen the tile or lower columns_per_adc"
    )]
    TooNarrow {
        /// `[crossbar] columns`.
        columns: usize,
        /// Columns that one weight needs.
        needed: usize,
        /// `[fixed] weight_bits`.
        weight_bits: u32,
        /// Cells of a weight.
        cells: usize,
        /// Converters that they need.
        adcs: usize,
        /// `[crossbar] columns_per_adc`.
        columns_per_adc: usize,
        /// What the offset column adds to the message.
        reference: &'static str,
    },
    /// More spare places than a tile has.
    #[error(
        "[crossbar] spare_columns = {spare}: expected less than {places}, the places for weights on a tile; lower it, or widen the tile"
    )]
    Spare {
        /// Places beside those of weights.
        spare: usize,
        /// Places of a tile.
        places: usize,
    },
}

impl TileGeometry {
    /// Derives the tile; the scale of the codes comes from the devices.
    ///
    /// # Errors
    ///
    /// Rows, columns, converters or bits that make no tile.
    pub fn new(
        crossbar: &Crossbar,
        fixed: &Fixed,
        scale: impl Into<CodeScale>,
    ) -> Result<TileGeometry, GeometryError> {
        let scale = scale.into();
        let adc_shift = crossbar.adc_shift + scale.level_shift;
        let (weight_bits, input_bits) = (fixed.weight_bits, fixed.input_bits);
        let differential = crossbar.encoding == Encoding::Differential;
        let cells_per_weight = if differential {
            2 * (weight_bits - 1).div_ceil(crossbar.cell_bits) as usize
        } else {
            weight_bits.div_ceil(crossbar.cell_bits) as usize
        };
        let m = crossbar.columns_per_adc;
        let (adcs_per_group, weights_per_group) =
            if m >= cells_per_weight { (1, m / cells_per_weight) } else { (cells_per_weight.div_ceil(m), 1) };
        let slots = if adcs_per_group == 1 {
            weights_per_group * cells_per_weight
        } else {
            cells_per_weight.div_ceil(adcs_per_group)
        };
        // One column of the tile is the shared offset column, with a converter of its own.
        let reserved = usize::from(!differential);
        let groups = (crossbar.columns - reserved.min(crossbar.columns)) / m / adcs_per_group;
        if groups == 0 {
            return Err(GeometryError::TooNarrow {
                columns: crossbar.columns,
                needed: adcs_per_group * m + reserved,
                weight_bits,
                cells: cells_per_weight,
                adcs: adcs_per_group,
                columns_per_adc: m,
                reference: if differential { "" } else { ", and the offset column" },
            });
        }
        let places = groups * weights_per_group;
        if crossbar.spare_columns >= places {
            return Err(GeometryError::Spare { spare: crossbar.spare_columns, places });
        }
        let phases = input_bits.div_ceil(crossbar.dac_bits) as usize;
        let read_bits = crossbar.reads.trailing_zeros();
        let read_phases = match crossbar.read_phases as usize {
            _ if read_bits == 0 => 0,
            0 => phases,
            some => some.min(phases),
        };
        Ok(TileGeometry {
            rows: crossbar.rows,
            columns: crossbar.columns,
            columns_per_adc: m,
            encoding: crossbar.encoding,
            high_first: crossbar.slice_order == SliceOrder::HighFirst,
            weight_bits,
            input_bits,
            cell_bits: crossbar.cell_bits,
            code_bits: scale.bits,
            level_shift: scale.level_shift,
            top_code: scale.top,
            dac_bits: crossbar.dac_bits,
            adc_bits: crossbar.adc_bits,
            adc_shift,
            adc_offset: 0,
            adc_zero: i64::from(crossbar.adc_zero) << adc_shift,
            cells_per_weight,
            groups,
            adcs_per_group,
            weights_per_group,
            spare: crossbar.spare_columns,
            flip: crossbar.flip,
            remap: crossbar.dodge_faults,
            slots,
            phases,
            read_bits,
            read_phases,
            acc_bits: weight_bits
                + input_bits
                + read_bits
                + (crossbar.rows as u64).next_power_of_two().trailing_zeros()
                + 2,
        }
        .with_range(adc_shift))
    }

    /// The same tile with converters of another step, as a power of two of code steps.
    pub fn with_range(&self, adc_shift: u32) -> TileGeometry {
        let adc_zero = self.adc_zero >> self.adc_shift << adc_shift;
        TileGeometry { adc_shift, adc_zero, adc_offset: self.offset_of(adc_shift), ..self.clone() }
    }

    /// With more than one bit a phase the most significant digit is signed, so its column sums may
    /// be negative: they are lifted by as much as can be needed, or by half the converter's range
    /// if that is less.
    fn offset_of(&self, adc_shift: u32) -> i64 {
        let half = 1i64 << (self.adc_bits - 1 + adc_shift);
        self.most_lift().min(half) >> adc_shift << adc_shift
    }

    /// How far below 0 a column sum can be.
    pub fn most_lift(&self) -> i64 {
        match self.dac_bits {
            1 => 0,
            bits => (self.rows as i64 * i64::from(self.top_code)) << (bits - 1),
        }
    }

    /// A weight is the difference of two columns.
    pub fn differential(&self) -> bool {
        self.encoding == Encoding::Differential
    }

    /// Converters that hold weights.
    pub fn weight_adcs(&self) -> usize {
        self.groups * self.adcs_per_group
    }

    /// All converters, the one of the offset column last.
    pub fn adcs(&self) -> usize {
        self.weight_adcs() + usize::from(!self.differential())
    }

    /// Places for weights side by side on one tile.
    pub fn places(&self) -> usize {
        self.groups * self.weights_per_group
    }

    /// Weights side by side on one tile.
    pub fn logical_columns(&self) -> usize {
        self.places() - self.spare
    }

    /// Largest magnitude of a column sum in one phase, and so what a lossless ADC must reach.
    pub fn peak_sum(&self) -> i64 {
        self.rows as i64 * i64::from(self.top_code) * ((1 << self.dac_bits) - 1)
    }

    /// The least `adc_shift` from this one on with which no column sum is clipped, whatever is
    /// stored and driven.
    pub fn full_range(&self) -> u32 {
        let most = self.rows as i64 * i64::from(self.top_code);
        (self.adc_shift..40)
            .find(|&shift| self.with_range(shift).holds(most))
            .expect("a step as wide as everything")
    }

    /// No conversion of a column whose codes come to `cells` is clipped, whatever drives it.
    pub fn holds(&self, cells: i64) -> bool {
        let round = (1i64 << self.adc_shift) >> 1;
        let digits = (1i64 << self.dac_bits) - 1;
        let fits = |least: i64, most: i64, lift: i64| {
            let code = |sum: i64| (sum + self.adc_zero + lift + round) >> self.adc_shift;
            code(least) >= 0 && code(most) <= self.adc_top()
        };
        // The most significant of several bits a phase counts negative.
        let signed = self.dac_bits > 1;
        fits(0, digits * cells, 0)
            && (!signed || fits(-(digits / 2 + 1) * cells, (digits >> 1) * cells, self.adc_offset))
    }

    /// Largest code of the ADC.
    pub fn adc_top(&self) -> i64 {
        (1 << self.adc_bits) - 1
    }

    /// No column sum can be clipped or rounded, whatever is stored and driven.
    pub fn lossless(&self) -> bool {
        self.adc_shift == 0 && self.peak_sum() + self.adc_zero <= self.adc_top()
    }

    /// Where cell `q` of the weight on place `l` sits.
    pub fn site(&self, l: usize, q: usize) -> CellSite {
        let (place, negative) = if self.differential() { (q / 2, q % 2 == 1) } else { (q, false) };
        let slices = self.cells_per_weight / if self.differential() { 2 } else { 1 };
        let slice = if self.high_first { slices - 1 - place } else { place };
        let (adc, slot) = if self.adcs_per_group == 1 {
            let (group, weight) = (l / self.weights_per_group, l % self.weights_per_group);
            (group, weight * self.cells_per_weight + q)
        } else {
            (l * self.adcs_per_group + q / self.slots, q % self.slots)
        };
        CellSite { adc, slot, slice: slice as u32, negative }
    }

    /// Physical column of an ADC's slot (the offset column is the last one).
    pub fn physical_column(&self, adc: usize, slot: usize) -> usize {
        if adc == self.weight_adcs() { self.columns - 1 } else { adc * self.columns_per_adc + slot }
    }

    /// Level of cell `q` that stores (part of) `weight`.
    pub fn level(&self, weight: i32, q: usize) -> u32 {
        let site = self.site(0, q);
        let magnitude = if self.differential() {
            if (weight < 0) == site.negative { weight.unsigned_abs() } else { 0 }
        } else {
            (weight + (1 << (self.weight_bits - 1))) as u32
        };
        (magnitude >> (site.slice * self.cell_bits)) & ((1 << self.cell_bits) - 1)
    }

    /// The inverse of [`level`](Self::level): the weight whose cells hold these codes.
    pub fn weight(&self, codes: impl Iterator<Item = i32>) -> i32 {
        let sum: i32 = codes
            .enumerate()
            .map(|(q, code)| {
                let site = self.site(0, q);
                let value = code << (site.slice * self.cell_bits);
                if site.negative { -value } else { value }
            })
            .sum();
        // Cells that miss their level: the nearest weight. What stands below level 0 is the same
        // in both columns of a pair.
        let half = (1 << self.level_shift) >> 1;
        let sum = (sum + half) >> self.level_shift;
        if self.differential() { sum } else { sum - (1 << (self.weight_bits - 1)) }
    }
}

#[cfg(test)]
mod tests;
