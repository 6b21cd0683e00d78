//! A matrix on tiles: which code every cell holds, and the weights read back.

use super::{CellSite, TileGeometry};
use ndarray::{Array2, s};

/// One tile of a matrix: the conductance codes of its cells, and what its periphery is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Position in the matrix: tile row (inputs), tile column (outputs).
    pub at: (usize, usize),
    /// [rows, physical columns] conductance codes.
    pub codes: Array2<u8>,
    /// Physical columns whose cells hold what is missing to the highest level.
    pub flipped: Vec<bool>,
    /// Place of every logical column; then the places that stay empty.
    pub places: Vec<u16>,
    /// Code steps per step of its converters, as a power of two.
    pub adc_shift: u32,
}

impl Tile {
    /// With every weight on its own place, nothing flipped, and the range that all tiles share.
    pub fn new(at: (usize, usize), codes: Array2<u8>, g: &TileGeometry) -> Tile {
        Tile {
            at,
            flipped: vec![false; codes.ncols()],
            codes,
            places: (0..g.places() as u16).collect(),
            adc_shift: g.adc_shift,
        }
    }

    /// Where cell `q` of logical column `l` sits; from `logical_columns` on: of an empty place.
    pub fn site(&self, g: &TileGeometry, l: usize, q: usize) -> CellSite {
        g.site(self.places[l].into(), q)
    }

    /// The cell's physical column.
    pub fn column(&self, g: &TileGeometry, l: usize, q: usize) -> usize {
        let site = self.site(g, l, q);
        g.physical_column(site.adc, site.slot)
    }

    /// Puts the columns of logical column `l` on `places[l]`; they stand on their own places now.
    pub fn move_to(&mut self, places: Vec<u16>, g: &TileGeometry) {
        let from = self.clone();
        self.places = places;
        for l in 0..g.places() {
            for q in 0..g.cells_per_weight {
                let (old, new) = (from.column(g, l, q), self.column(g, l, q));
                self.codes.column_mut(new).assign(&from.codes.column(old));
                self.flipped[new] = from.flipped[old];
            }
        }
    }
}

/// A matrix on its tiles, row by row of tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedMatrix {
    /// Tiles above each other.
    pub row_tiles: usize,
    /// Tiles side by side.
    pub column_tiles: usize,
    /// Row by row.
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
            let tile = self.tile(k / g.rows, n / g.logical_columns());
            let top = ((1 << g.cell_bits) - 1) << g.level_shift;
            let code = |q| {
                let column = tile.column(g, n % g.logical_columns(), q);
                let code = i32::from(tile.codes[[k % g.rows, column]]);
                if tile.flipped[column] { top - code } else { code }
            };
            g.weight((0..g.cells_per_weight).map(code))
        })
    }

    /// The tile of a row and a column of tiles.
    pub fn tile(&self, row: usize, column: usize) -> &Tile {
        &self.tiles[row * self.column_tiles + column]
    }

    /// The step that the converters of all tiles share, if they do.
    pub fn shared_range(&self) -> Option<u32> {
        let first = self.tiles[0].adc_shift;
        self.tiles.iter().all(|tile| tile.adc_shift == first).then_some(first)
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
    let mut tile = Tile::new(at, Array2::zeros((g.rows, g.columns)), g);
    let first = (at.0 * g.rows, at.1 * g.logical_columns());
    let used = (g.rows.min(rows - first.0), g.logical_columns().min(outputs - first.1));
    let top = (1 << g.cell_bits) - 1;
    for l in 0..used.1 {
        for q in 0..g.cells_per_weight {
            let column = tile.column(g, l, q);
            let mut cells = tile.codes.slice_mut(s![..used.0, column]);
            for (r, cell) in cells.iter_mut().enumerate() {
                *cell = g.level(weights[[first.1 + l, first.0 + r]], q) as u8;
            }
            // With all rows driven it would give more than half of what it can.
            let sum: usize = cells.iter().map(|&level| usize::from(level)).sum();
            if g.flip && 2 * sum > used.0 * top as usize {
                cells.mapv_inplace(|level| top as u8 - level);
                tile.flipped[column] = true;
            }
        }
    }
    if !g.differential() {
        // The offset column counts the driven rows that hold weights.
        tile.codes.slice_mut(s![..used.0, g.columns - 1]).fill(1);
    }
    tile
}
