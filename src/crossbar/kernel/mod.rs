//! The product of the tiles as fast as this machine allows, bit by bit the same.
//!
//! Two kernels share the outputs between them, chosen when a matrix is programmed. An output
//! none of whose conversions can clip or round is an integer product (`dense`). The others are
//! counted, converted and added up in bit slices (`sliced`). `TiledMatrix::apply_by_phases` is
//! the plain text of both.

mod adders;
mod dense;
mod drive;
mod lanes;
mod sliced;
mod wide;

use super::{MappedMatrix, TileGeometry};
use crate::quant::IntMatrix;
use dense::Dense;
use drive::Drive;
use lanes::Word;
use sliced::{Cell, Sliced};
pub use wide::Level;

/// Which of the fast ways may be used; what comes out is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelChoice {
    /// Outputs that cannot clip become integer products.
    pub collapse: bool,
    /// Instructions to use, at most those of the machine.
    pub level: Level,
}

impl Default for KernelChoice {
    fn default() -> Self {
        KernelChoice { collapse: true, level: Level::detect() }
    }
}

/// The sums of one cell of all weights on one row of tiles, in one phase, before any converter.
#[derive(Debug)]
pub struct ColumnSums<'a> {
    /// The row of tiles.
    pub row_tile: usize,
    /// Most significant digit first.
    pub phase: usize,
    /// Cell of the weight, as [`TileGeometry::site`] counts them; `None`: the offset column.
    pub cell: Option<usize>,
    /// The first lane ([`Kernel::output`]), or the first column tile for the offset column; the
    /// others follow.
    pub first: usize,
    /// In code steps times digit.
    pub sums: &'a [i32],
}

/// A programmed matrix in the layouts of its kernels.
#[derive(Debug, Clone)]
pub struct Kernel {
    level: Level,
    geometry: TileGeometry,
    /// Places of all column tiles, those without an output included.
    columns: usize,
    outputs: usize,
    dense: Dense,
    /// Lanes of `sliced` among all places.
    lanes: Vec<usize>,
    sliced: Option<Sliced>,
    /// The offset column of every column tile, where there is one.
    reference: Option<Sliced>,
}

/// A weight read from its cells is at most this for the integer product.
const LARGEST_WEIGHT: i64 = i16::MAX as i64;

impl Kernel {
    /// `None` for tiles whose sums do not fit the bit slices.
    pub fn new(
        matrix: &IntMatrix,
        mapped: &MappedMatrix,
        g: &TileGeometry,
        choice: KernelChoice,
    ) -> Option<Kernel> {
        let level = choice.level.min(Level::detect());
        let (outputs, rows) = mapped.shape();
        let columns = mapped.column_tiles * g.places();
        // The tile of lane n on row k of the matrix, and its column of cell q.
        let tile = |n: usize, k: usize| mapped.tile(k / g.rows, n / g.places());
        let code = |n: usize, q: usize, k: usize| {
            let tile = tile(n, k);
            tile.codes[[k % g.rows, tile.column(g, n % g.places(), q)]]
        };
        let reference_code = |tile: usize, _: usize, k: usize| {
            mapped.tile(k / g.rows, tile).codes[[k % g.rows, g.columns - 1]]
        };
        let weight = |n: usize, k: usize| {
            let reference = match g.differential() {
                true => 0,
                false => i64::from(reference_code(n / g.places(), 0, k)),
            };
            let top = (1i64 << g.cell_bits) - 1;
            let cells = (0..g.cells_per_weight).map(|q| {
                let site = g.site(0, q);
                let flipped = tile(n, k).flipped[tile(n, k).column(g, n % g.places(), q)];
                let code = i64::from(code(n, q, k));
                let value = if flipped { top * reference - code } else { code } << (site.slice * g.cell_bits);
                if site.negative { -value } else { value }
            });
            cells.sum::<i64>() - (reference << (g.weight_bits - 1))
        };
        let row_tiles = || (0..mapped.row_tiles).map(|t| t * g.rows..rows.min((t + 1) * g.rows));
        let column_fits = |code: &dyn Fn(usize) -> u8| {
            row_tiles().all(|rows| fits(g, rows.map(|k| i64::from(code(k))).sum()))
        };
        let reference_fits: Vec<bool> = (0..mapped.column_tiles)
            .map(|tile| g.differential() || column_fits(&|k| reference_code(tile, 0, k)))
            .collect();
        let output = |n: usize| output(g, outputs, n);
        let collapses = |n: usize| {
            choice.collapse
                && matrix.input.bits <= g.input_bits
                && reference_fits[n / g.places()]
                && (0..g.cells_per_weight).all(|q| column_fits(&|k| code(n, q, k)))
                && (output(n).is_none() || (0..rows).all(|k| weight(n, k).abs() <= LARGEST_WEIGHT))
        };
        let (whole, lanes): (Vec<usize>, Vec<usize>) = (0..columns).partition(|&n| collapses(n));
        let whole: Vec<usize> = whole.into_iter().filter_map(output).collect();
        let lane = |output: usize| lane(g, output);
        let dense = Dense::new(level, whole, rows, g.input_bits, |n, k| weight(lane(n), k) as i32);
        let cell = |q| {
            let site = g.site(0, q);
            Cell { shift: site.slice * g.cell_bits, negative: site.negative }
        };
        let cells = (0..g.cells_per_weight).map(cell).collect();
        let sliced = match lanes.is_empty() {
            true => None,
            false => Some(Sliced::new(g, lanes.len(), rows, cells, |i, q, k| code(lanes[i], q, k))?),
        };
        let unit = vec![Cell { shift: 0, negative: false }];
        let reference = match sliced.is_none() || g.differential() {
            true => None,
            false => Some(Sliced::new(g, mapped.column_tiles, rows, unit, reference_code)?),
        };
        Some(Kernel { level, geometry: g.clone(), columns, outputs, dense, lanes, sliced, reference })
    }

    /// Outputs that are integer products.
    pub fn collapsed(&self) -> usize {
        self.outputs - self.lanes.iter().filter(|&&n| self.output(n).is_some()).count()
    }

    /// Every output is an integer product, and no empty place can clip.
    pub fn collapsed_all(&self) -> bool {
        self.lanes.is_empty()
    }

    /// The output of a lane: of a place of a column tile, if it has one.
    pub fn output(&self, lane: usize) -> Option<usize> {
        output(&self.geometry, self.outputs, lane)
    }

    /// Sums of one vector, given the code of every row; returns the conversions that clipped.
    pub fn apply(&self, codes: &[i32], sums: &mut [i64]) -> u64 {
        let mut clips = [0];
        self.apply_all(&[codes], &mut [sums], &mut clips);
        clips[0]
    }

    /// [`apply`](Self::apply) for several vectors, which read every weight once.
    pub fn apply_all(&self, codes: &[&[i32]], sums: &mut [&mut [i64]], clips: &mut [u64]) {
        for (codes, sums) in codes.iter().zip(sums.iter_mut()) {
            self.dense.apply(self.level, codes, sums);
        }
        let Some(sliced) = &self.sliced else { return };
        let g = &self.geometry;
        let drives: Vec<Drive> = codes.iter().map(|codes| Drive::new(g, codes)).collect();
        let (numbers, clipped) = sliced.apply(self.level, &drives);
        let references = self.reference.as_ref().map(|r| r.apply(self.level, &drives));
        for (v, sums) in sums.iter_mut().enumerate() {
            clips[v] += clipped[v];
            for (&lane, number) in self.lanes.iter().zip(&numbers[v]) {
                let Some(n) = self.output(lane) else { continue };
                sums[n] = *number >> g.level_shift;
                if let Some((references, _)) = &references {
                    sums[n] -= references[v][lane / g.places()] << (g.weight_bits - 1) >> g.level_shift;
                }
            }
            if let Some((_, clipped)) = &references {
                clips[v] += clipped[v];
            }
        }
    }

    /// Calls `visit` with every column sum of a product, for converters that this kernel does
    /// not know. `None` unless it was made without [`KernelChoice::collapse`].
    pub fn column_sums(&self, codes: &[i32], visit: &mut dyn FnMut(ColumnSums)) -> Option<()> {
        let sliced = self.sliced.as_ref().filter(|_| self.lanes.len() == self.columns)?;
        let drive = Drive::new(&self.geometry, codes);
        let mut pass = |columns: sliced::Columns, count: usize, reference: bool| {
            let used = (count - columns.lane).min(Word::LANES);
            visit(ColumnSums {
                row_tile: columns.row_tile,
                phase: columns.phase,
                cell: (!reference).then_some(columns.cell),
                first: columns.lane,
                sums: &columns.sums[..used],
            });
        };
        sliced.sums(self.level, &drive, &mut |c| pass(c, self.columns, false));
        if let Some(reference) = &self.reference {
            let tiles = self.columns / self.geometry.places();
            reference.sums(self.level, &drive, &mut |c| pass(c, tiles, true));
        }
        Some(())
    }
}

/// The output of a lane, if there is a weight on its place.
fn output(g: &TileGeometry, outputs: usize, lane: usize) -> Option<usize> {
    let (tile, l) = (lane / g.places(), lane % g.places());
    let n = tile * g.logical_columns() + l;
    (l < g.logical_columns() && n < outputs).then_some(n)
}

/// The inverse of [`output`].
fn lane(g: &TileGeometry, output: usize) -> usize {
    output / g.logical_columns() * g.places() + output % g.logical_columns()
}

/// No conversion of a column clips or rounds, whatever drives it: `cells` is the sum of its codes.
fn fits(g: &TileGeometry, cells: i64) -> bool {
    let digits = (1i64 << g.dac_bits) - 1;
    let signed = g.dac_bits > 1;
    let (most, least) = ((digits >> 1) * cells + g.adc_offset, g.adc_offset - (digits / 2 + 1) * cells);
    g.adc_shift == 0 && cells * digits <= g.adc_top() && (!signed || (most <= g.adc_top() && least >= 0))
}
