//! Conductances for people and programmers of arrays: CSV and NPY, in microsiemens.

use crate::crossbar::{Devices, Tile, TiledMatrix};
use ndarray::{Array4, s};
use ndarray_npy::WriteNpyExt;

/// One line per word line, one number per bit line, in microsiemens.
pub fn tile_csv(tile: &Tile, devices: &Devices) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for row in tile.codes.outer_iter() {
        let cells = row.iter().map(|&code| format!("{:.4}", devices.conductance_us(code.into())));
        csv.write_record(cells).expect("writing to memory");
    }
    csv.into_inner().expect("writing to memory")
}

/// All tiles of a matrix: f32 [tile rows, tile columns, word lines, bit lines], in microsiemens.
pub fn matrix_npy(matrix: &TiledMatrix, devices: &Devices) -> Vec<u8> {
    let mapped = matrix.mapped();
    let (rows, columns) = mapped.tiles[0].codes.dim();
    let mut all = Array4::<f32>::zeros((mapped.row_tiles, mapped.column_tiles, rows, columns));
    for tile in &mapped.tiles {
        let conductances = tile.codes.mapv(|code| devices.conductance_us(code.into()) as f32);
        all.slice_mut(s![tile.at.0, tile.at.1, .., ..]).assign(&conductances);
    }
    let mut bytes = Vec::new();
    all.write_npy(&mut bytes).expect("writing to memory");
    bytes
}
