//! What memristors hold, by the level that was written.

mod tile;

pub use tile::tile_picture;

use super::html::Picture;
use super::number::{part_of, plain, thousands, three};
use super::plot::{Axis, Colour, Lane, Lanes, Mark};
use crate::crossbar::{CrossbarNet, MappedMatrix, Tile, TileGeometry};
use crate::quant::IntMatrix;

/// Levels with a lane of their own at most.
const LEVELS: usize = 16;

/// How often a cell that was to hold a level shows a code: `[level][code]`, of all cells with a part of a weight.
pub fn histogram(net: &CrossbarNet) -> Vec<Vec<u64>> {
    let g = &net.geometry;
    let top = (1usize << g.cell_bits) - 1;
    let mut counts = vec![vec![0u64; 1 << g.code_bits]; top + 1];
    for (name, integers) in net.quant.matrices() {
        let Some(tiled) = net.matrices.get(&name) else { continue };
        let mapped = tiled.mapped();
        for (tile, outputs, rows) in used(mapped, integers, g) {
            for l in 0..outputs {
                for q in 0..g.cells_per_weight {
                    let column = tile.column(g, l, q);
                    for r in 0..rows {
                        let weight =
                            integers.weights[[tile.at.1 * g.logical_columns() + l, tile.at.0 * g.rows + r]];
                        let level = g.level(weight, q) as usize;
                        let level = if tile.flipped[column] { top - level } else { level };
                        counts[level][usize::from(tile.codes[[r, column]])] += 1;
                    }
                }
            }
        }
    }
    counts
}

/// Every tile of a matrix with the outputs and word lines that it has.
fn used<'a>(
    mapped: &'a MappedMatrix,
    integers: &'a IntMatrix,
    g: &'a TileGeometry,
) -> impl Iterator<Item = (&'a Tile, usize, usize)> {
    let (outputs, rows) = integers.weights.dim();
    mapped.tiles.iter().map(move |tile| {
        let left = |all: usize, size: usize, at: usize| size.min(all.saturating_sub(at * size));
        (tile, left(outputs, g.logical_columns(), tile.at.1), left(rows, g.rows, tile.at.0))
    })
}

/// What programmed cells hold.
pub fn histogram_picture(net: &CrossbarNet) -> Picture {
    let (devices, counts) = (&net.devices, histogram(net));
    let all: u64 = counts.iter().flatten().sum();
    let exact = net.programmed.missed().is_none();
    let met = |codes: &Vec<u64>| codes.iter().sum::<u64>();
    let step = devices.step_us;
    let level_us = |level: usize| devices.conductance_us(devices.level_code(level as u32));
    let seen = |code: usize| counts.iter().any(|codes| codes[code] > 0);
    let codes: Vec<usize> = (0..counts[0].len()).filter(|&code| seen(code)).collect();
    let lowest = codes.first().map_or(0.0, |&c| devices.conductance_us(c as u32)).min(level_us(0));
    let highest =
        codes.last().map_or(1.0, |&c| devices.conductance_us(c as u32)).max(level_us(counts.len() - 1));
    // A bar as wide as a code, but no wider than the eye needs.
    let width = step.min((highest - lowest) / 40.0);
    let mut axis = Axis::until(highest + width);
    axis.end = highest + width;
    let mut picture = Lanes::new(axis, plain, "conductance, µS");
    picture.from =
        if lowest - width < 0.15 * highest { (-width).min(lowest - width) } else { lowest - width };
    picture.height = 36;
    let level_names = |level: usize| match level {
        0 => "level 0 (off)".to_string(),
        n => format!("level {n}"),
    };
    let bars = |name: &str, codes: &[u64]| -> Vec<Mark> {
        let most = codes.iter().copied().max().unwrap_or(0).max(1) as f64;
        let bar = |(code, &count): (usize, &u64)| {
            let g = devices.conductance_us(code as u32);
            let note = format!("{name}: {} cells show {} µS", thousands(count), three(g));
            Mark {
                high: 0.94 * (count as f64 / most),
                ..Mark::bar(g - width / 2.0, g + width / 2.0, Colour::Blue, note)
            }
        };
        codes.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect()
    };
    if counts.len() <= LEVELS {
        for (level, codes) in counts.iter().enumerate() {
            let name = level_names(level);
            picture.lanes.push(Lane {
                marks: bars(&name, codes),
                figure: part_of(met(codes), all),
                rules: vec![level_us(level)],
                name,
            });
        }
    } else {
        let sum: Vec<u64> = (0..counts[0].len()).map(|code| counts.iter().map(|c| c[code]).sum()).collect();
        let lane = Lane {
            name: "all levels".into(),
            figure: "100 %".into(),
            marks: bars("all levels", &sum),
            rules: Vec::new(),
        };
        picture.height = 80;
        picture.lanes.push(lane);
    }
    let missed = match exact {
        true => "Here every cell meets its level.".to_string(),
        false => format!(
            "Here cells miss their level by {} µS (root mean square){}{}.",
            three(net.programmed.error_us()),
            share_of(net.programmed.stuck, net.programmed.cells, "are stuck"),
            share_of(net.programmed.saturated, net.programmed.cells, "lie beyond the last code"),
        ),
    };
    Picture {
        id: "conductances",
        heading: "Conductances of the programmed cells".into(),
        caption: format!(
            "{} cells hold the weights. A lane is a level that was written, its bars are what these cells show when they are read, each \
             lane to its own height; the dashed line is the conductance that was asked for, and the figure the share of cells. Where \
             lanes overlap, cells of different levels can no longer be told apart. {missed}",
            thousands(all)
        ),
        body: picture.html(),
    }
}

fn share_of(count: u64, all: u64, what: &str) -> String {
    if count == 0 { String::new() } else { format!(", {} {what}", part_of(count, all)) }
}
