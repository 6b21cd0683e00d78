//! How fast the library computes, and how fast its designs simulate.

mod golden;
mod products;
mod throughput;

pub use golden::rows as golden;
pub use products::{products, sentences};
pub use throughput::simulation;

use serde::Serialize;

/// One figure; `ratio` is this value over that of the row called `ratio_to`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The median.
    pub value: f64,
    /// Of the value.
    pub unit: &'static str,
    /// That took part.
    pub threads: usize,
    /// Absent where there is nothing to compare with.
    pub ratio: Option<f64>,
    /// The name of that row.
    pub ratio_to: Option<String>,
}

impl Row {
    /// A figure beside no other.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str, threads: usize) -> Row {
        Row { name: name.into(), value, unit, threads, ratio: None, ratio_to: None }
    }

    /// The same beside `base`.
    pub fn beside(self, base: &Row) -> Row {
        Row { ratio: Some(self.value / base.value), ratio_to: Some(base.name.clone()), ..self }
    }
}

/// The value in the middle; the upper one of two.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ratio() {
        assert_eq!(median(&mut [9.0, 1.0, 4.0]), 4.0);
        assert_eq!(median(&mut [4.0, 1.0]), 4.0);
        let base = Row::new("base", 4.0, "ms", 1);
        let row = Row::new("twice", 8.0, "ms", 1).beside(&base);
        assert_eq!((row.ratio, row.ratio_to.as_deref()), (Some(2.0), Some("base")));
    }
}
