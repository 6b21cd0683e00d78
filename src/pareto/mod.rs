//! Many configurations of one network side by side: cycles, look-up tables, energy.

mod grid;
mod plot;
mod trial;

pub use grid::{Axes, name};
pub use plot::plot;
pub use trial::{Source, Trial};

use crate::budget::{Fabric, front};
use crate::config::Encoding;
use crate::synth::SynthReport;
use serde::Serialize;

/// One configuration and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// That of [`name`].
    pub name: String,
    /// Word lines of a tile.
    pub rows: usize,
    /// Of a tile.
    pub columns: usize,
    /// Columns that share a converter.
    pub columns_per_adc: usize,
    /// Units whose gates are computed at once.
    pub gate_lanes: usize,
    /// Words whose logits are looked at in a cycle.
    pub token_lanes: usize,
    /// Of signed weights.
    pub encoding: Encoding,
    /// Of a conversion.
    pub adc_bits: u32,
    /// Of all matrices.
    pub tiles: usize,
    /// Of all tiles.
    pub adcs: usize,
    /// Expected.
    pub cycles_per_token_read: u64,
    /// Expected.
    pub cycles_per_token_written: u64,
    /// Share of the cycles in which converters work, 0 to 1.
    pub adc_utilisation: f64,
    /// Estimated on an ECP5, or on the family that is synthesised for.
    pub fabric: Fabric,
    /// Of the analog part.
    pub energy_per_token_written_pj: f64,
    /// Of the analog part.
    pub area_um2: f64,
    /// No other configuration is as good in cycles, look-up tables and energy and better in one.
    pub on_front: bool,
    /// Co-simulated: jobs, bits compared, cycles as predicted.
    pub cosim: Option<Checked>,
    /// What synthesis made of it.
    pub synthesised: Option<SynthReport>,
    /// Parts that hold it.
    pub fits: Vec<&'static str>,
}

/// What co-simulation compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// That were simulated.
    pub jobs: usize,
    /// All of them the same.
    pub bits_compared: u64,
    /// Of all jobs, as predicted.
    pub cycles: u64,
}

impl Point {
    /// What the front is about.
    fn axes(&self) -> [f64; 3] {
        [self.cycles_per_token_written as f64, self.fabric.lut as f64, self.energy_per_token_written_pj]
    }
}

/// Marks the points that no other one is as good as in everything and better in something.
pub fn mark_front(points: &mut [Point]) {
    let axes: Vec<[f64; 3]> = points.iter().map(Point::axes).collect();
    for (point, on_front) in points.iter_mut().zip(front(&axes)) {
        point.on_front = on_front;
    }
}
