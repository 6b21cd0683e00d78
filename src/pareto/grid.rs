//! Which configurations stand side by side.

use crate::budget::lossless_adc_bits;
use crate::config::{Config, Encoding, Lanes};

/// The values to try; of an axis without any, those of the base and its neighbours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axes {
    /// Word lines of a tile; its columns grow with them.
    pub rows: Vec<usize>,
    /// Columns that share an ADC.
    pub columns_per_adc: Vec<usize>,
    /// Gate lanes; token lanes keep their ratio to them.
    pub lanes: Vec<usize>,
    /// Of signed weights.
    pub encodings: Vec<Encoding>,
}

impl Axes {
    /// Every combination on `base`, whose lanes are decided. Some may be what no file could ask for.
    pub fn grid(&self, base: &Config) -> Vec<Config> {
        let or = |given: &[usize], otherwise: [usize; 2]| match given {
            [] => otherwise.to_vec(),
            given => given.to_vec(),
        };
        let x = &base.crossbar;
        let lanes = base.accelerator.gate_lanes.count();
        let rows = or(&self.rows, [x.rows, 2 * x.rows]);
        let shared = or(&self.columns_per_adc, [x.columns_per_adc, 2 * x.columns_per_adc]);
        let lanes_of = or(&self.lanes, [lanes.div_ceil(2), lanes]);
        let encodings = match self.encodings.as_slice() {
            [] => vec![Encoding::Differential, Encoding::Offset],
            given => given.to_vec(),
        };
        // A converter narrower than what loses nothing stays as much narrower on any tile.
        let given_up = i64::from(lossless_adc_bits(base)) - i64::from(x.adc_bits);
        let mut all = Vec::new();
        for &rows in &rows {
            for &columns_per_adc in &shared {
                for &lanes_here in &lanes_of {
                    for &encoding in &encodings {
                        let mut config = base.clone();
                        let c = &mut config.crossbar;
                        (c.rows, c.columns) = (rows, x.columns.saturating_mul(rows).div_ceil(x.rows));
                        (c.columns_per_adc, c.encoding) = (columns_per_adc, encoding);
                        let token = base.accelerator.token_lanes.count();
                        config.accelerator.gate_lanes = Lanes::Count(lanes_here);
                        config.accelerator.token_lanes =
                            Lanes::Count(token.saturating_mul(lanes_here).div_ceil(lanes));
                        if config.check("the flags").is_ok() {
                            let bits = i64::from(lossless_adc_bits(&config)) - given_up.max(0);
                            config.crossbar.adc_bits = bits.clamp(1, 24) as u32;
                        }
                        all.push(config);
                    }
                }
            }
        }
        all
    }
}

/// A short name of what tells the configurations of a grid apart.
pub fn name(config: &Config) -> String {
    let (x, a) = (&config.crossbar, &config.accelerator);
    let encoding = if x.encoding == Encoding::Differential { "d" } else { "o" };
    format!("{}x{}-m{}-u{}-{encoding}", x.rows, x.columns, x.columns_per_adc, a.gate_lanes.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_without_values_has_the_base_and_a_neighbour() {
        let mut base = Config::default();
        base.accelerator.gate_lanes = Lanes::Count(4);
        base.accelerator.token_lanes = Lanes::Count(8);
        let names = |axes: &Axes| axes.grid(&base).iter().map(name).collect::<Vec<_>>();
        assert_eq!(names(&Axes::default()).len(), 16);
        let axes = Axes { rows: vec![64], columns_per_adc: vec![8], lanes: vec![2], encodings: Vec::new() };
        assert_eq!(names(&axes), ["64x64-m8-u2-d", "64x64-m8-u2-o"]);
        let grid = axes.grid(&base);
        assert_eq!(grid[0].accelerator.token_lanes, Lanes::Count(4), "the ratio of lanes is kept");
        // As much narrower than lossless as the base is, on a smaller tile.
        let given_up = |c: &Config| i64::from(lossless_adc_bits(c)) - i64::from(c.crossbar.adc_bits);
        assert_eq!(given_up(&grid[0]), given_up(&base).max(0));
    }
}
