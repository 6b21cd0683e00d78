//! Ranges of converters: what columns can give, or what they do give.

use super::{Converter, CrossbarNet, MappedMatrix, TileGeometry};
use crate::config::{Noise, RangeOf};
use std::collections::BTreeMap;

/// Column sums of the tiles of a matrix, before their converters.
#[derive(Debug, Clone)]
pub struct Histograms {
    /// By tile: how often every sum from -`lift` on was seen, up to the largest; first in the phase of
    /// the sign.
    tiles: Vec<[Vec<u64>; 2]>,
    lift: i64,
    column_tiles: usize,
    places: usize,
}

impl Histograms {
    pub fn new(mapped: &MappedMatrix, g: &TileGeometry) -> Histograms {
        Histograms {
            tiles: vec![[Vec::new(), Vec::new()]; mapped.tiles.len()],
            lift: g.most_lift(),
            column_tiles: mapped.column_tiles,
            places: g.places(),
        }
    }

    pub fn add(&mut self, columns: &super::ColumnSums) {
        let width = if columns.cell.is_some() { self.places } else { 1 };
        for (i, &sum) in columns.sums.iter().enumerate() {
            let tile = columns.row_tile * self.column_tiles + (columns.first + i) / width;
            let seen = &mut self.tiles[tile][usize::from(columns.phase > 0)];
            let at = (i64::from(sum) + self.lift) as usize;
            if at >= seen.len() {
                seen.resize(at + 1, 0);
            }
            seen[at] += 1;
        }
    }

    /// Squared error of all conversions of a tile.
    fn error(&self, tile: usize, converter: &Converter, dac_bits: u32) -> f64 {
        let of_phase = |first: bool| {
            let seen = self.tiles[tile][usize::from(!first)].iter().enumerate();
            let error = |(i, &count): (usize, &u64)| {
                if count == 0 {
                    return 0.0;
                }
                let sum = i as i64 - self.lift;
                let miss = converter.convert(sum, first && dac_bits > 1).0 - sum;
                count as f64 * (miss * miss) as f64
            };
            seen.map(error).sum::<f64>()
        };
        of_phase(true) + of_phase(false)
    }
}

/// Ranges of the tiles of every matrix, tile by tile.
pub type Ranges = BTreeMap<String, Vec<u32>>;

/// For every unit of tiles that share a range the finest one with which their cells cannot clip a
/// conversion, whatever drives them.
pub fn full_ranges(net: &CrossbarNet, of: RangeOf) -> Ranges {
    let g = &net.geometry;
    let peak = |name: &str, tile: usize| {
        let codes = &net.matrices[name].mapped().tiles[tile].codes;
        codes.columns().into_iter().map(|c| c.iter().map(|&x| i64::from(x)).sum()).max().unwrap_or(0)
    };
    choose(net, of, |unit| {
        let peak: i64 = unit.iter().map(|(name, tile)| peak(name, *tile)).max().unwrap_or(0);
        (g.adc_shift..g.full_range()).find(|&s| g.with_range(s).holds(peak)).unwrap_or(g.full_range())
    })
}

/// For every unit of tiles that share a range the one with the least squared error on what was seen.
pub fn fitted_ranges(net: &CrossbarNet, of: RangeOf, seen: &BTreeMap<String, Histograms>) -> Ranges {
    let g = &net.geometry;
    let converters: Vec<(u32, Converter)> = (g.adc_shift..=g.full_range())
        .map(|shift| (shift, Converter::new(&g.with_range(shift), &Noise::default(), false)))
        .collect();
    choose(net, of, |unit| {
        let error = |converter: &Converter| -> f64 {
            unit.iter().map(|(name, tile)| seen[*name].error(*tile, converter, g.dac_bits)).sum()
        };
        let best = converters.iter().map(|(shift, c)| (*shift, error(c))).min_by(|a, b| a.1.total_cmp(&b.1));
        best.expect("there is a finest range").0
    })
}

/// Tiles with one range, by matrix and number.
type Unit<'a> = Vec<(&'a str, usize)>;

fn choose(net: &CrossbarNet, of: RangeOf, range: impl Fn(&Unit) -> u32) -> Ranges {
    let mut units: BTreeMap<(&str, usize), Unit> = BTreeMap::new();
    for (name, rounds) in net.matrix_rounds() {
        let mapped = net.matrices[name].mapped();
        let physical = mapped.column_tiles.div_ceil(rounds);
        for (i, tile) in mapped.tiles.iter().enumerate() {
            // Tiles that take turns on the same converters share their range.
            let unit = match of {
                _ if net.engine.is_some() => ("", 0),
                RangeOf::Network => ("", 0),
                RangeOf::Matrix => (name, 0),
                RangeOf::Tile => (name, tile.at.0 * physical + tile.at.1 % physical),
            };
            units.entry(unit).or_default().push((name, i));
        }
    }
    let mut ranges: Ranges =
        net.matrices.iter().map(|(name, m)| (name.clone(), vec![0; m.mapped().tiles.len()])).collect();
    for unit in units.values() {
        let shift = range(unit);
        for (name, tile) in unit {
            ranges.get_mut(*name).expect("named above")[*tile] = shift;
        }
    }
    ranges
}
