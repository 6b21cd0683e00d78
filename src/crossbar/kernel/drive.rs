//! Which rows are driven, bit by bit of the input.

use crate::crossbar::TileGeometry;

/// Rows that are counted in one go.
pub const CHUNK: usize = 8;

/// Which rows every phase drives.
#[derive(Debug, Clone)]
pub struct Drive {
    /// [row tile][bit of the input]: row numbers, filled up with the row of zeros.
    rows: Vec<u16>,
    /// Numbers used of each list.
    lengths: Vec<usize>,
    room: usize,
    bits: usize,
}

impl Drive {
    /// From the codes of every row of the matrix.
    pub fn new(g: &TileGeometry, codes: &[i32]) -> Drive {
        let bits = g.phases * g.dac_bits as usize;
        let room = g.rows.next_multiple_of(CHUNK);
        let row_tiles = codes.len().div_ceil(g.rows);
        // One place more: a row that is not driven is written there and overwritten.
        let mut rows = vec![g.rows as u16; row_tiles * bits * room + 1];
        let mut lengths = vec![0; row_tiles * bits];
        for (tile, codes) in codes.chunks(g.rows).enumerate() {
            for bit in 0..bits {
                // Digits beyond the input's width repeat its sign.
                let of_code = bit.min(g.input_bits as usize - 1);
                let list = &mut rows[(tile * bits + bit) * room..][..room + 1];
                let mut length = 0;
                for (r, &code) in codes.iter().enumerate() {
                    list[length] = r as u16;
                    length += (code >> of_code & 1) as usize;
                }
                list[length..].fill(g.rows as u16);
                lengths[tile * bits + bit] = length.next_multiple_of(CHUNK);
            }
        }
        Drive { rows, lengths, room, bits }
    }

    /// Rows whose code has `bit` set, a whole number of chunks.
    #[inline(always)]
    pub fn list(&self, row_tile: usize, bit: usize) -> &[u16] {
        let i = row_tile * self.bits + bit;
        &self.rows[i * self.room..][..self.lengths[i]]
    }
}
