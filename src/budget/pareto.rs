//! Which of many designs no other one beats.

use crate::config::Config;

/// Marks the points that no other point equals or beats in everything while beating it in
/// something. Smaller is better in every coordinate.
pub fn front<const N: usize>(points: &[[f64; N]]) -> Vec<bool> {
    let beats = |a: &[f64; N], b: &[f64; N]| {
        a.iter().zip(b).all(|(x, y)| x <= y) && a.iter().zip(b).any(|(x, y)| x < y)
    };
    points.iter().map(|p| !points.iter().any(|other| beats(other, p))).collect()
}

/// Bits with which the converter of a configuration loses nothing.
pub fn lossless_adc_bits(config: &Config) -> u32 {
    let x = &config.crossbar;
    let peak = x.rows as u64 * ((1 << x.cell_bits) - 1) * ((1 << x.dac_bits) - 1);
    64 - peak.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_that_nothing_beats_are_on_the_front() {
        let points = [[1.0, 5.0], [2.0, 2.0], [3.0, 3.0], [5.0, 1.0], [2.0, 2.0], [2.0, 4.0]];
        assert_eq!(front(&points), [true, true, false, true, true, false]);
    }

    #[test]
    fn nine_bits_lose_nothing_of_128_two_bit_cells() {
        assert_eq!(lossless_adc_bits(&Config::default()), 9);
    }
}
