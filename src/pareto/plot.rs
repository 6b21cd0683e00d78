//! The points as a picture.

use super::Point;
use crate::report::{Dot, Scatter, thousands};

/// A scatter plot as SVG text: cycles and look-up tables, and energy as the size of a point.
pub fn plot(points: &[Point]) -> String {
    let most = points.iter().map(|p| p.energy_per_token_written_pj).fold(1e-9, f64::max);
    let dot = |p: &Point| Dot {
        x: p.cycles_per_token_written as f64,
        y: p.fabric.lut as f64,
        size: p.energy_per_token_written_pj / most,
        label: if p.on_front { p.name.clone() } else { String::new() },
        note: format!(
            "{}: {} cycles, {} LUTs, {:.2} nJ",
            p.name,
            p.cycles_per_token_written,
            thousands(p.fabric.lut),
            p.energy_per_token_written_pj / 1e3
        ),
        marked: p.on_front,
    };
    let scatter = Scatter {
        title: "Filled: no other configuration is as good in everything. Size: energy of a token written"
            .into(),
        x: "cycles of a token written".into(),
        y: "look-up tables (ECP5, estimated)".into(),
        points: points.iter().map(dot).collect(),
    };
    scatter.svg()
}
