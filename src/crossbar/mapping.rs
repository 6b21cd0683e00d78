//! A matrix on tiles: which code every cell holds, and the weights read back.

use super::TileGeometry;
use ndarray::{Array2, s};

/// One tile of a matrix: the conductance codes of its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Position in the matrix: tile row (inputs), tile column (outputs).
    pub at: (usize, usize),
    /// [rows, physical columns] conductance codes.
    pub codes: Array2<u8>,
}

/// A matrix on its tiles, row by row of tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedMatrix {
    pub row_tiles: usize,
    pub column_tiles: usize,
    pub tiles: Vec<Tile>,
    rows: usize,
    outputs: usize,
}

impl MappedMatrix {
    /// Puts `weights` [outputs, rows] on tiles. Cells without a weight hold level 0.
    pub fn new(weights: &Array2<i32>, g: &TileGeometry) -> MappedMatrix {
        let (outputs, rows) = weights.dim();
        let row_tiles = rows.div_ceil(g.rows);
        let column_tiles = outputs.div_ceil(g.logical_columns());
        let at = |i: usize| (i / column_tiles, i % column_tiles);
        let tiles = (0..row_tiles * column_tiles).map(|i| map_tile(weights, g, at(i))).collect();
        MappedMatrix { row_tiles, column_tiles, tiles, rows, outputs }
    }

    /// A matrix from tiles read elsewhere (ROM images); `shape` is [outputs, rows].
    pub fn from_tiles(tiles: Vec<Tile>, shape: (usize, usize), g: &TileGeometry) -> MappedMatrix {
        let (outputs, rows) = shape;
        MappedMatrix {
            row_tiles: rows.div_ceil(g.rows),
            column_tiles: outputs.div_ceil(g.logical_columns()),
            tiles,
            rows,
            outputs,
        }
    }

    /// The inverse map: [outputs, rows].
    pub fn weights(&self, g: &TileGeometry) -> Array2<i32> {
        Array2::from_shape_fn((self.outputs, self.rows), |(n, k)| {
            let tile = &self.tiles[k / g.rows * self.column_tiles + n / g.logical_columns()];
            let l = n % g.logical_columns();
            let code = |q| {
                let site = g.site(l, q);
                u32::from(tile.codes[[k % g.rows, g.physical_column(site.adc, site.slot)]])
            };
            g.weight((0..g.cells_per_weight).map(code))
        })
    }

    /// Tiles needed when `rounds` of a row take turns on the converters of one.
    pub fn physical_tiles(&self, rounds: usize) -> usize {
        self.row_tiles * self.column_tiles.div_ceil(rounds)
    }

    /// The logical tiles, round by round, of the physical tile `at`; the last rounds may have none.
    pub fn turns(&self, at: (usize, usize), rounds: usize) -> Vec<Option<&Tile>> {
        let physical = self.column_tiles.div_ceil(rounds);
        let tile = |round: usize| {
            let column = round * physical + at.1;
            (column < self.column_tiles).then(|| &self.tiles[at.0 * self.column_tiles + column])
        };
        (0..rounds).map(tile).collect()
    }

    /// [outputs, rows].
    pub fn shape(&self) -> (usize, usize) {
        (self.outputs, self.rows)
    }
}

fn map_tile(weights: &Array2<i32>, g: &TileGeometry, at: (usize, usize)) -> Tile {
    let (outputs, rows) = weights.dim();
    let mut codes = Array2::<u8>::zeros((g.rows, g.columns));
    let first = (at.0 * g.rows, at.1 * g.logical_columns());
    let used = (g.rows.min(rows - first.0), g.logical_columns().min(outputs - first.1));
    for l in 0..used.1 {
        for q in 0..g.cells_per_weight {
            let site = g.site(l, q);
            let column = g.physical_column(site.adc, site.slot);
            for r in 0..used.0 {
                codes[[r, column]] = g.level(weights[[first.1 + l, first.0 + r]], q) as u8;
            }
        }
    }
    if !g.differential() {
        // The offset column counts the driven rows that hold weights.
        codes.slice_mut(s![..used.0, g.columns - 1]).fill(1);
    }
    Tile { at, codes }
}
