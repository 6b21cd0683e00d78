//! One tile, cell by cell.

use super::used;
use crate::crossbar::{CrossbarNet, Devices, Tile, TileGeometry};
use crate::report::html::Picture;
use crate::report::number::{plain, thousands};
use crate::report::plot::Heat;
use ndarray::s;

/// Word and bit lines of a tile that are drawn at most.
const SIDE: usize = 256;

/// The tile with the most cells in use, the first of equals: of which matrix, and which of its tiles.
fn fullest(net: &CrossbarNet) -> Option<(String, Tile, usize, usize)> {
    let g = &net.geometry;
    let mut best: Option<(String, Tile, usize, usize)> = None;
    for (name, integers) in net.quant.matrices() {
        let Some(tiled) = net.matrices.get(&name) else { continue };
        for (tile, outputs, rows) in used(tiled.mapped(), integers, g) {
            if best.as_ref().is_none_or(|(.., o, r)| outputs * rows > o * r) {
                best = Some((name.clone(), tile.clone(), outputs, rows));
            }
        }
    }
    best
}

/// One tile, cell by cell.
pub fn tile_picture(net: &CrossbarNet) -> Option<Picture> {
    let (name, tile, outputs, rows) = fullest(net)?;
    let (g, devices): (&TileGeometry, &Devices) = (&net.geometry, &net.devices);
    let (down, across) = (rows.min(SIDE), g.columns.min(SIDE));
    let values = tile.codes.slice(s![..down, ..across]).to_owned();
    let us = |code: u32| devices.conductance_us(code);
    let codes = || values.iter().map(|&code| u32::from(code));
    let low = codes().map(us).fold(us(devices.level_code(0)), f64::min);
    let high = codes().map(us).fold(us(devices.level_code(devices.top_level)), f64::max);
    let share = |g: f64| (g - low) / (high - low).max(1e-9);
    let shades = (0..1u32 << g.code_bits).map(|code| share(us(code)));
    // Of many levels a few say enough.
    let every = (devices.top_level as usize).div_ceil(7).max(1);
    let named = (0..=devices.top_level).step_by(every).map(|level| us(devices.level_code(level)));
    let legend = named.map(|g| (share(g), format!("{} µS", plain(g)))).collect();
    let cut = match (down, across) == (g.rows, g.columns) {
        true => String::new(),
        false => format!(
            " Shown are its first {down} word lines, {rows} are in use, and {across} of its {} bit lines.",
            g.columns
        ),
    };
    let empty = (g.rows * g.columns).saturating_sub(outputs * g.cells_per_weight * rows);
    let text = format!("Conductances of tile {}, {} of matrix {name}", tile.at.0, tile.at.1);
    let heat = Heat {
        values,
        shades: shades.collect(),
        legend,
        across: format!("bit lines, 0 to {}", across - 1),
        down: format!("word lines, 0 to {}", down - 1),
        text,
    };
    Some(Picture {
        id: "tile",
        heading: format!("One tile: {name}, row {}, column {}", tile.at.0, tile.at.1),
        caption: format!(
            "The tile with the most cells in use. Inputs come in on word lines from the left, currents add up on bit lines downwards; a \
             weight is {} beside each other on a word line. {} of its {} cells hold no weight.{cut}",
            if g.cells_per_weight == 1 { "one cell".into() } else { format!("{} cells", g.cells_per_weight) },
            thousands(empty as u64),
            thousands((g.rows * g.columns) as u64),
        ),
        body: heat.html(),
    })
}
