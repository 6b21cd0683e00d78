//! A mapped network as files, and the files as a mapped network.

use super::conductance::{matrix_npy, tile_csv};
use super::image::{tile_from_image, tile_image, tile_name};
use super::manifest::UNIT;
use super::{Manifest, MatrixEntry, RomError, TileEntry};
use crate::crossbar::{CrossbarNet, MappedMatrix, TileGeometry};
use crate::files::sha256;
use ndarray::Array2;
use std::io;

/// Takes the files of an export one by one: path below the export's folder, content.
pub type Sink<'a> = dyn FnMut(&str, &[u8]) -> io::Result<()> + 'a;

/// Weights [outputs, rows] by the name of their matrix.
pub type NamedWeights = Vec<(String, Array2<i32>)>;

/// Hands every file of the export to `sink`, the manifest last.
///
/// # Errors
///
/// Those of `sink`.
pub fn export(net: &CrossbarNet, sink: &mut Sink) -> io::Result<Manifest> {
    let mut matrices = Vec::new();
    for (name, tiled) in &net.matrices {
        let matrix = tiled.matrix();
        let mut tiles = Vec::new();
        for tile in &tiled.mapped().tiles {
            let name = tile_name(name, tile.at);
            let (hex, csv) = (format!("hex/{name}.hex"), format!("csv/{name}.csv"));
            let image = tile_image(Some(tile), &net.geometry);
            sink(&hex, image.as_bytes())?;
            sink(&csv, &tile_csv(tile, &net.devices))?;
            let flipped = tile.flipped.iter().enumerate().filter(|(_, flipped)| **flipped);
            tiles.push(TileEntry {
                at: tile.at,
                hex,
                hex_sha256: sha256(image.as_bytes()),
                csv,
                adc_shift: tile.adc_shift,
                flipped: flipped.map(|(column, _)| column).collect(),
                places: if net.geometry.remap { tile.places.clone() } else { Vec::new() },
            });
        }
        let npy = format!("npy/{name}.npy");
        let bytes = matrix_npy(tiled, &net.devices);
        sink(&npy, &bytes)?;
        matrices.push(MatrixEntry {
            name: name.clone(),
            outputs: matrix.weights.nrows(),
            inputs: matrix.inputs,
            bias_coarse: matrix.bias_coarse,
            bias_fine: matrix.bias_fine,
            coarse_bit: matrix.coarse_bit,
            weight: matrix.weight,
            input: matrix.input,
            npy,
            npy_sha256: sha256(&bytes),
            corrections: tiled.corrections().unwrap_or_default().iter().map(|c| (c.gain, c.offset)).collect(),
            tiles,
        });
    }
    let manifest = Manifest {
        tool: concat!("hvae-mnn ", env!("CARGO_PKG_VERSION")).into(),
        unit: UNIT.into(),
        devices: net.devices.clone(),
        geometry: net.geometry.clone(),
        matrices,
    };
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    sink("manifest.json", (text + "\n").as_bytes())?;
    Ok(manifest)
}

/// The integer weights [outputs, rows] of every matrix, from the hex images alone.
///
/// `read` gives the bytes of a file below the export's folder.
///
/// # Errors
///
/// A file cannot be read, or is not what the manifest says.
pub fn read_back(read: &dyn Fn(&str) -> io::Result<Vec<u8>>) -> Result<(Manifest, NamedWeights), RomError> {
    let path = "manifest.json";
    let bytes = read(path).map_err(|source| RomError::Io { path: path.into(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|source| RomError::Manifest { path: path.into(), source })?;
    manifest.check()?;
    let weights = manifest
        .matrices
        .iter()
        .map(|entry| Ok((entry.name.clone(), read_matrix(entry, &manifest.geometry, read)?)))
        .collect::<Result<_, RomError>>()?;
    Ok((manifest, weights))
}

fn read_matrix(
    entry: &MatrixEntry,
    g: &TileGeometry,
    read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
) -> Result<Array2<i32>, RomError> {
    let tile = |t: &TileEntry| {
        let path = t.hex.clone();
        let bytes = read(&path).map_err(|source| RomError::Io { path: path.clone(), source })?;
        let found = sha256(&bytes);
        if found != t.hex_sha256 {
            return Err(RomError::Hash { path, expected: t.hex_sha256.clone(), found });
        }
        let text = String::from_utf8(bytes).map_err(|_| RomError::Text { path: path.clone() })?;
        let mut tile = tile_from_image(&text, t.at, g).map_err(|source| RomError::Hex { path, source })?;
        tile.adc_shift = t.adc_shift;
        if !t.places.is_empty() {
            tile.places = placed(entry, t, g)?;
        }
        for &column in &t.flipped {
            let found = || RomError::Setting {
                matrix: entry.name.clone(),
                at: t.at,
                expected: format!("flipped columns below {}", g.columns),
                found: column.to_string(),
            };
            *tile.flipped.get_mut(column).ok_or_else(found)? = true;
        }
        Ok(tile)
    };
    let rows = places(entry, g)?;
    let tiles = entry.tiles.iter().map(tile).collect::<Result<Vec<_>, _>>()?;
    Ok(MappedMatrix::from_tiles(tiles, (entry.outputs, rows), g).weights(g))
}

/// The rows of a matrix, all of whose tiles are there, each in its place.
fn places(entry: &MatrixEntry, g: &TileGeometry) -> Result<usize, RomError> {
    let rows =
        [entry.bias_coarse, entry.bias_fine].iter().try_fold(entry.inputs, |sum, n| sum.checked_add(*n));
    let columns = entry.outputs.div_ceil(g.logical_columns());
    let expected = rows.and_then(|rows| rows.div_ceil(g.rows).checked_mul(columns));
    let corrected = [0, entry.outputs].contains(&entry.corrections.len());
    let sound = entry.outputs > 0 && rows.is_some_and(|rows| rows > 0) && entry.bias_fine <= 1 && corrected;
    let (Some(rows), Some(expected), true) = (rows, expected, sound) else {
        let MatrixEntry { outputs, inputs, bias_coarse, bias_fine, corrections, .. } = entry;
        let found = format!(
            "{outputs} outputs, {inputs} inputs, {bias_coarse} and {bias_fine} bias rows, {} corrections",
            corrections.len()
        );
        return Err(RomError::Size { matrix: entry.name.clone(), found });
    };
    if entry.tiles.len() != expected {
        return Err(RomError::Tiles { matrix: entry.name.clone(), expected, found: entry.tiles.len() });
    }
    let place = |i: usize| (i / columns, i % columns);
    match entry.tiles.iter().enumerate().find(|(i, tile)| tile.at != place(*i)) {
        None => Ok(rows),
        Some((i, tile)) => Err(RomError::Setting {
            matrix: entry.name.clone(),
            at: place(i),
            expected: "the tile of this place".into(),
            found: format!("that of {:?}", tile.at),
        }),
    }
}

/// The places of a tile, every one of them once.
fn placed(entry: &MatrixEntry, t: &TileEntry, g: &TileGeometry) -> Result<Vec<u16>, RomError> {
    let mut sorted = t.places.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..g.places() as u16) {
        return Ok(t.places.clone());
    }
    Err(RomError::Setting {
        matrix: entry.name.clone(),
        at: t.at,
        expected: format!("each of the {} places once", g.places()),
        found: format!("{:?}", t.places),
    })
}
