//! Pictures of the memristors: what they hold by the level that was written, and one tile cell by cell.

use super::html::Picture;
use super::number::{part_of, plain, thousands, three};
use super::plot::{Axis, Colour, Heat, Lane, Lanes, Mark};
use crate::crossbar::{CrossbarNet, Devices, MappedMatrix, Tile, TileGeometry};
use crate::quant::IntMatrix;
use ndarray::s;

/// Levels with a lane of their own at most.
const LEVELS: usize = 16;

/// Word and bit lines of a tile that are drawn at most.
const SIDE: usize = 256;

/// How often a cell that was to hold a level shows a code: [level][code], of all cells with a part of a weight.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Encoding};
    use crate::model::Network;
    use crate::pipeline::{map, random_sentences, random_weights};

    fn net(change: impl Fn(&mut Config)) -> CrossbarNet {
        let mut config = Config::default();
        (config.model.vocabulary, config.model.embedding) = (23, 5);
        (config.model.hidden, config.model.latent) = (7, 3);
        (config.crossbar.rows, config.crossbar.columns) = (8, 24);
        change(&mut config);
        let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
        let sentences = random_sentences(config.model.vocabulary, 3, 1);
        map(&network, &random_weights(&network, 1), &config, &sentences).unwrap()
    }

    /// Every weight once, and on cells that meet their levels each level shows one code: its own.
    #[test]
    fn exact_cells_show_their_level_and_every_weight_is_counted() {
        let changes: [fn(&mut Config); 3] = [
            |_| (),
            |c| (c.crossbar.encoding, c.crossbar.flip, c.crossbar.columns) = (Encoding::Offset, true, 25),
            |c| c.crossbar.cell_bits = 1,
        ];
        for change in changes {
            let net = net(change);
            let counts = histogram(&net);
            let cells: usize = net.quant.matrices().iter().map(|(_, m)| m.weights.len()).sum();
            assert_eq!(counts.iter().flatten().sum::<u64>(), (cells * net.geometry.cells_per_weight) as u64);
            for (level, codes) in counts.iter().enumerate() {
                let own = net.devices.level_code(level as u32) as usize;
                assert!(
                    codes.iter().enumerate().all(|(code, &n)| n == 0 || code == own),
                    "{level}: {codes:?}"
                );
            }
        }
    }

    #[test]
    fn cells_that_miss_their_level_are_seen_around_it() {
        let net = net(|c| c.device.preset = "wan2022".into());
        let counts = histogram(&net);
        let mean = |level: usize| {
            let all: u64 = counts[level].iter().sum();
            let sum: f64 = counts[level].iter().enumerate().map(|(code, &n)| code as f64 * n as f64).sum();
            sum / all as f64
        };
        assert!((0..3).all(|level| mean(level) + 2.0 < mean(level + 1)));
        let picture = histogram_picture(&net);
        assert!(picture.caption.contains("miss their level by"), "{}", picture.caption);
        assert_eq!(picture.body.matches("class=\"rule\"").count(), 4);
        let tile = tile_picture(&net).unwrap();
        assert!(
            tile.body.contains("viewBox=\"0 0 24 8\"") && tile.caption.contains("of its 192 cells"),
            "{}",
            tile.caption
        );
    }
}
