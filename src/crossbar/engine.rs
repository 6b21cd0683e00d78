//! Tiles that all matrices of a network take turns on.

use super::{MapError, MappedMatrix, Tile, TileGeometry, TiledMatrix};
use crate::model::Block;
use crate::quant::{QuantBlock, QuantNet};
use std::collections::BTreeMap;

/// Most rounds of a stage: the sequencer counts them in 8 bits.
pub(super) const MOST_ROUNDS: usize = 256;

/// From a round's last conversion to its first sum in the memory of its matrix, beyond what a matrix with tiles of
/// its own needs: what is asked and what is told passes a register each.
const PASSED_ON: usize = 2;

/// A few tiles side by side that see the same word lines; their columns are those of one logical tile each, of any
/// matrix, at a time (`rtl/hvae_engine.sv`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Tiles side by side.
    pub tiles: usize,
    /// Sums of a round, which are told one a cycle.
    words: usize,
    /// By matrix: where its logical tiles begin in the memories, and its rounds.
    places: BTreeMap<String, (usize, usize)>,
    /// Logical tiles that each memory holds.
    images: usize,
}

impl Engine {
    /// Puts the tiles of every matrix behind those of the one before.
    ///
    /// # Errors
    ///
    /// A round converts for fewer cycles than its sums need, or a stage takes too many rounds.
    pub(super) fn new(
        quant: &QuantNet,
        matrices: &BTreeMap<String, TiledMatrix>,
        g: &TileGeometry,
        tiles: usize,
    ) -> Result<Engine, MapError> {
        let words = tiles * g.logical_columns();
        let cycles = g.all_reads() * g.slots;
        if words > cycles {
            let most = cycles / g.logical_columns();
            return Err(MapError::Told { tiles, words, cycles, most });
        }
        let mut engine = Engine { tiles, words, places: BTreeMap::new(), images: 0 };
        for (block, quant_block) in quant.network.blocks.iter().zip(&quant.blocks) {
            let mut of_stage = 0;
            for name in quant_block.matrix_names(&block.name) {
                let rounds = engine.rounds_of(matrices[&name].mapped());
                engine.places.insert(name, (engine.images, rounds));
                engine.images += rounds;
                of_stage += rounds;
            }
            if of_stage > MOST_ROUNDS {
                return Err(MapError::Rounds { block: block.name.clone(), rounds: of_stage, tiles });
            }
        }
        Ok(engine)
    }

    fn rounds_of(&self, mapped: &MappedMatrix) -> usize {
        mapped.row_tiles * mapped.column_tiles.div_ceil(self.tiles)
    }

    /// Rounds of every block (1 where it has no matrix): those of its matrices, one after the other.
    pub(super) fn rounds_of_stages(&self, quant: &QuantNet) -> Vec<usize> {
        let blocks = quant.network.blocks.iter().zip(&quant.blocks);
        let rounds = |(block, quant): (&Block, &QuantBlock)| {
            let of_matrices = quant.matrix_names(&block.name);
            of_matrices.iter().map(|name| self.rounds(name)).sum::<usize>().max(1)
        };
        blocks.map(rounds).collect()
    }

    /// Rounds of a matrix.
    ///
    /// # Panics
    ///
    /// If the network has no such matrix.
    pub fn rounds(&self, matrix: &str) -> usize {
        self.places[matrix].1
    }

    /// Where the tiles of a matrix begin in the memories.
    ///
    /// # Panics
    ///
    /// If the network has no such matrix.
    pub fn image(&self, matrix: &str) -> usize {
        self.places[matrix].0
    }

    /// Logical tiles in the memory of each tile.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Cycles from the last conversion of a stage to its first sum that may be read, beyond those of a matrix with
    /// tiles of its own.
    pub fn told(&self) -> u64 {
        (PASSED_ON + self.words) as u64
    }

    /// What tile `tile` of the engine holds of a matrix, round by round: row of tiles after row of tiles, `tiles`
    /// columns of tiles in each round, of which the last may lack some.
    pub fn turns<'a>(&self, mapped: &'a MappedMatrix, tile: usize) -> Vec<Option<&'a Tile>> {
        let blocks = mapped.column_tiles.div_ceil(self.tiles);
        let at = |round: usize| {
            let column = round % blocks * self.tiles + tile;
            (column < mapped.column_tiles).then(|| mapped.tile(round / blocks, column))
        };
        (0..self.rounds_of(mapped)).map(at).collect()
    }
}
