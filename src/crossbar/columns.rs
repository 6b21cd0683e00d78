//! A product through converters that the bit slices do not know: every column sum is converted
//! for itself. Equal to `TiledMatrix::apply_by_phases`, and much faster.

use super::converter::Seat;
use super::kernel::{ColumnSums, Kernel};
use super::{Converter, MappedMatrix, TileGeometry};

/// Which converter, slot and tile every column of a matrix has.
#[derive(Debug)]
pub struct Seats {
    /// Of the logical columns of all column tiles, by cell of the weight.
    cells: Vec<Vec<Seat>>,
    /// Of the offset column of each column tile, where there is one.
    references: Vec<Seat>,
}

impl Seats {
    pub fn new(g: &TileGeometry, mapped: &MappedMatrix) -> Seats {
        let logical = g.logical_columns();
        let of_cell = |q: usize| {
            let seat = |n: usize| {
                let site = g.site(n % logical, q);
                Seat::new(n / logical, site.slot, site.adc)
            };
            (0..mapped.column_tiles * logical).map(seat).collect()
        };
        let tiles = if g.differential() { 0 } else { mapped.column_tiles };
        Seats {
            cells: (0..g.cells_per_weight).map(of_cell).collect(),
            references: (0..tiles).map(|tile| Seat::new(tile, 0, g.weight_adcs())).collect(),
        }
    }

    fn of(&self, columns: &ColumnSums) -> &[Seat] {
        let seats = columns.cell.map_or(&self.references, |q| &self.cells[q]);
        &seats[columns.first..][..columns.sums.len()]
    }
}

/// A programmed matrix and its converters.
pub struct ByColumns<'a> {
    pub geometry: &'a TileGeometry,
    pub converter: &'a Converter,
    /// Keeps every column.
    pub kernel: &'a Kernel,
    pub seats: &'a Seats,
}

impl ByColumns<'_> {
    /// Sums of one vector, given the code of every row; returns the conversions that clipped.
    pub fn apply(&self, codes: &[i32], sums: &mut [i64], key: u32) -> u64 {
        let (g, converter) = (self.geometry, self.converter);
        let column_tiles = self.seats.cells[0].len() / g.logical_columns();
        let dead = self.dead_phases(codes);
        let mut totals = vec![0i64; self.seats.cells[0].len()];
        let mut references = vec![0i64; self.seats.references.len()];
        let mut values = Vec::new();
        let mut clips = 0;
        let every = self.kernel.column_sums(codes, &mut |columns: ColumnSums| {
            if converter.skips_zeros && dead[columns.row_tile * g.phases + columns.phase] {
                return;
            }
            let phase = converter.phase(key, (columns.row_tile * column_tiles) as u32, columns.phase as u32);
            let signed = columns.phase == 0 && g.dac_bits > 1;
            clips += phase.convert(columns.sums, self.seats.of(&columns), signed, &mut values);
            let site = columns.cell.map(|q| g.site(0, q));
            let place = (g.phases - 1 - columns.phase) as u32 * g.dac_bits;
            let shift = place + site.as_ref().map_or(0, |s| s.slice * g.cell_bits);
            let minus = (columns.phase == 0 && g.dac_bits == 1) != site.as_ref().is_some_and(|s| s.negative);
            let into = if site.is_some() { &mut totals } else { &mut references };
            for (total, &value) in into[columns.first..].iter_mut().zip(&values) {
                let value = i64::from(value) << shift;
                *total += if minus { -value } else { value };
            }
        });
        every.expect("a kernel that keeps every column");
        for (n, sum) in sums.iter_mut().enumerate() {
            let offset = references.get(n / g.logical_columns()).map_or(0, |r| r << (g.weight_bits - 1));
            *sum = (totals[n] - offset) >> g.level_shift;
        }
        clips
    }

    /// Phases in which no row of a row tile has a digit: [row tile][phase].
    fn dead_phases(&self, codes: &[i32]) -> Vec<bool> {
        let g = self.geometry;
        let of_tile = |rows: &[i32]| {
            let any = rows.iter().fold(0, |any, code| any | code);
            (0..g.phases).map(move |phase| {
                let digit = (g.phases - 1 - phase) as u32 * g.dac_bits;
                // Digits beyond the input's width repeat its sign.
                let bit = |j: u32| any >> (digit + j).min(g.input_bits - 1) & 1 == 1;
                !(0..g.dac_bits).any(bit)
            })
        };
        codes.chunks(g.rows).flat_map(of_tile).collect()
    }
}
