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
    pub name: String,
    pub rows: usize,
    pub columns: usize,
    pub columns_per_adc: usize,
    pub gate_lanes: usize,
    pub token_lanes: usize,
    pub encoding: Encoding,
    pub adc_bits: u32,
    pub tiles: usize,
    pub adcs: usize,
    pub cycles_per_token_read: u64,
    pub cycles_per_token_written: u64,
    pub adc_utilisation: f64,
    /// Estimated on an ECP5, or on the family that is synthesised for.
    pub fabric: Fabric,
    pub energy_per_token_written_pj: f64,
    pub area_um2: f64,
    /// No other configuration is as good in cycles, look-up tables and energy and better in one.
    pub on_front: bool,
    /// Co-simulated: jobs, bits compared, cycles as predicted.
    pub cosim: Option<Checked>,
    /// What synthesis made of it.
    pub synthesised: Option<SynthReport>,
    pub fits: Vec<&'static str>,
}

/// What co-simulation compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    pub jobs: usize,
    pub bits_compared: u64,
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
