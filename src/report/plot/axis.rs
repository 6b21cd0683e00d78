//! Linear axes from 0, with ticks on round numbers.

/// A linear axis from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// Where it ends.
    pub end: f64,
    /// From one tick to the next.
    pub step: f64,
}

/// The round step of which at most `most` reach `end`.
fn round_step(end: f64, most: f64) -> f64 {
    let power = 10f64.powf((end / (most - 1.0)).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|s| s * most >= end).unwrap_or(power)
}

impl Axis {
    /// That ends on a round number at or above the largest of `values`.
    pub fn new(values: impl Iterator<Item = f64>) -> Axis {
        let most = values.fold(0.0, f64::max).max(1e-9);
        let step = round_step(most, 6.0);
        Axis { end: (most / step).ceil() * step, step }
    }

    /// That ends at `end`, round or not; of at most five ticks, which a phone has room for.
    pub fn until(end: f64) -> Axis {
        let end = end.max(1e-9);
        Axis { end, step: round_step(end, 5.0) }
    }

    /// Its round numbers, 0 first.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        (0..=(self.end / self.step + 1e-6).floor() as usize).map(|i| i as f64 * self.step)
    }
}

/// A number of an axis in few characters.
pub fn short(v: f64) -> String {
    match v {
        v if v >= 1e6 => format!("{} M", v / 1e6),
        v if v >= 1e4 => format!("{} k", v / 1e3),
        v => format!("{}", (v * 1e6).round() / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_on_a_round_number_above_the_largest_point() {
        for (most, end) in [(286.0, 300.0), (182_467.0, 200_000.0), (1.0, 1.0), (0.0, 1e-9)] {
            let axis = Axis::new([most].into_iter());
            assert!((axis.end - end).abs() <= end * 1e-6, "{most}: {}", axis.end);
            assert!((1..=6).contains(&(axis.ticks().count() - 1)), "{most}");
        }
    }

    #[test]
    fn an_axis_may_end_where_it_must_and_has_few_ticks() {
        for end in [0.037, 1.0, 99.0, 286.0, 1001.0, 182_467.0] {
            let axis = Axis::until(end);
            let ticks: Vec<f64> = axis.ticks().collect();
            assert!(
                (2..=6).contains(&ticks.len()) && ticks.iter().all(|&t| t <= end * 1.000_01),
                "{end}: {ticks:?}"
            );
        }
    }
}
