//! A product through converters that the bit slices do not know: every column sum is converted
//! for itself. Equal to `TiledMatrix::apply_by_phases`, and much faster.

use super::converter::{Converters, Seat};
use super::kernel::{ColumnSums, Kernel};
use super::{MappedMatrix, TileGeometry};

/// Of every column of a matrix: its converter, slot and tile, and whether it is flipped.
#[derive(Debug)]
pub struct Seats {
    /// Places of all column tiles.
    lanes: usize,
    column_tiles: usize,
    /// By row of tiles, then cell of the weight, then lane.
    cells: Vec<Vec<Vec<Seat>>>,
    /// Of the offset column of each column tile, where there is one.
    references: Vec<Seat>,
    /// Range of the tiles, row by row.
    ranges: Vec<u32>,
    /// Where columns are flipped, what they are worth: by row of tiles, then cell, then lane -1 or 1.
    signs: Option<Vec<Vec<Vec<i32>>>>,
    /// What driven rows count for, for the sake of flipped columns: by row of tiles, then lane.
    counted: Vec<Vec<i64>>,
}

impl Seats {
    /// Those of a matrix on its tiles.
    pub fn new(g: &TileGeometry, mapped: &MappedMatrix) -> Seats {
        let lanes = mapped.column_tiles * g.places();
        let each = |row: usize, q: usize| {
            (0..lanes).map(move |n| (mapped.tile(row, n / g.places()), n / g.places(), n % g.places(), q))
        };
        let seat = |(tile, column, l, q): (&super::Tile, usize, usize, usize)| {
            let site = tile.site(g, l, q);
            Seat::new(column, site.slot, site.adc)
        };
        let flipped =
            |(tile, _, l, q): (&super::Tile, usize, usize, usize)| tile.flipped[tile.column(g, l, q)];
        let sign = |at| if flipped(at) { -1 } else { 1 };
        let cells = 0..g.cells_per_weight;
        let rows = 0..mapped.row_tiles;
        let top = (1i64 << g.cell_bits) - 1;
        let counted = |row: usize| {
            let mut counted = vec![0; lanes];
            for q in cells.clone() {
                let worth = top << (g.site(0, q).slice * g.cell_bits);
                for (sum, at) in counted.iter_mut().zip(each(row, q)) {
                    *sum += if flipped(at) { worth } else { 0 };
                }
            }
            counted
        };
        let columns = if g.differential() { 0 } else { mapped.column_tiles };
        let of_rows = |of: &dyn Fn(usize, usize) -> Vec<i32>| -> Vec<Vec<Vec<i32>>> {
            rows.clone().map(|row| cells.clone().map(|q| of(row, q)).collect()).collect()
        };
        Seats {
            lanes,
            column_tiles: mapped.column_tiles,
            cells: rows
                .clone()
                .map(|r| cells.clone().map(|q| each(r, q).map(seat).collect()).collect())
                .collect(),
            references: (0..columns).map(|tile| Seat::new(tile, 0, g.weight_adcs())).collect(),
            ranges: mapped.tiles.iter().map(|tile| tile.adc_shift).collect(),
            signs: g.flip.then(|| of_rows(&|row, q| each(row, q).map(sign).collect())),
            counted: if g.flip { rows.clone().map(counted).collect() } else { Vec::new() },
        }
    }

    fn of(&self, columns: &ColumnSums) -> &[Seat] {
        let seats = columns.cell.map_or(&self.references, |q| &self.cells[columns.row_tile][q]);
        &seats[columns.first..][..columns.sums.len()]
    }
}

/// A programmed matrix and its converters.
pub struct ByColumns<'a> {
    /// How a tile is divided.
    pub geometry: &'a TileGeometry,
    /// What converts its columns.
    pub converters: &'a Converters,
    /// Keeps every column.
    pub kernel: &'a Kernel,
    /// Where its columns are converted.
    pub seats: &'a Seats,
}

impl ByColumns<'_> {
    /// Sums of one vector, given the code of every row; returns the conversions that clipped.
    pub fn apply(&self, codes: &[i32], sums: &mut [i64], key: u32) -> u64 {
        let (g, seats) = (self.geometry, self.seats);
        let skips_zeros = self.converters.finest().skips_zeros;
        let dead = self.dead_phases(codes);
        let mut totals = vec![0i64; seats.lanes];
        // By row of tiles, then tile.
        let mut references = vec![vec![0i64; seats.references.len()]; seats.cells.len()];
        let mut values = Vec::new();
        let mut clips = 0;
        let every = self.kernel.column_sums(codes, &mut |columns: ColumnSums| {
            if skips_zeros && dead[columns.row_tile * g.phases + columns.phase] {
                return;
            }
            let site = columns.cell.map(|q| g.site(0, q));
            let place = (g.phases - 1 - columns.phase) as u32 * g.dac_bits;
            let shift = place
                + site.as_ref().map_or(0, |s| s.slice * g.cell_bits)
                + g.weight_of_a_read(columns.phase);
            let minus = (columns.phase == 0 && g.dac_bits == 1) != site.as_ref().is_some_and(|s| s.negative);
            let into = if site.is_some() { &mut totals } else { &mut references[columns.row_tile] };
            let first_read = g.first_read(columns.phase);
            for read in first_read..first_read + g.reads(columns.phase) {
                values.clear();
                values.extend_from_slice(columns.sums);
                clips += self.convert(&columns, (key, read as u32), &mut values);
                if let (Some(signs), Some(q)) = (&seats.signs, columns.cell) {
                    let signs = &signs[columns.row_tile][q][columns.first..];
                    values.iter_mut().zip(signs).for_each(|(value, sign)| *value *= sign);
                }
                for (total, &value) in into[columns.first..].iter_mut().zip(&values) {
                    let value = i64::from(value) << shift;
                    *total += if minus { -value } else { value };
                }
            }
        });
        every.expect("a kernel that keeps every column");
        for (lane, mut total) in totals.into_iter().enumerate() {
            let Some(n) = self.kernel.output(lane) else { continue };
            for (row, references) in references.iter().enumerate() {
                let Some(reference) = references.get(lane / g.places()) else { continue };
                let counted = seats.counted.get(row).map_or(0, |counted| counted[lane]);
                total += (counted - (1 << (g.weight_bits - 1))) * reference;
            }
            sums[n] = g.mean_of_reads(total >> g.level_shift);
        }
        clips
    }

    /// Makes values of column sums, tile by tile where tiles have ranges of their own.
    fn convert(&self, columns: &ColumnSums, (key, read): (u32, u32), values: &mut [i32]) -> u64 {
        let g = self.geometry;
        let signed = columns.phase == 0 && g.dac_bits > 1;
        let row = columns.row_tile * self.seats.column_tiles;
        let ranges = &self.seats.ranges[row..][..self.seats.column_tiles];
        let every = self.seats.of(columns);
        let width = if columns.cell.is_some() { g.places() } else { 1 };
        let (mut from, mut clips) = (0, 0);
        while from < values.len() {
            let tile = (columns.first + from) / width;
            let next = ranges[tile..].iter().position(|range| *range != ranges[tile]);
            let to = next.map_or(values.len(), |n| ((tile + n) * width - columns.first).min(values.len()));
            let converter = self.converters.of(ranges[tile]).phase(key, row as u32, read);
            clips += converter.convert(&mut values[from..to], &every[from..to], signed);
            from = to;
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
