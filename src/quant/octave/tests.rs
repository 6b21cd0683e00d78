//! Moments of what the tables draw, and their tails.

use super::*;

/// Every uniform integer of an octave table, weighted: exact moments of the noise.
fn mean_and_variance(table: &OctaveTable) -> (f64, f64) {
    let (mut mean, mut square) = (0.0, 0.0);
    for (i, &word) in table.words.iter().enumerate() {
        let p = libm::ldexp(1.0, -((i >> MANTISSA_BITS) as i32) - 1 - MANTISSA_BITS as i32);
        let x = f64::from(word) / f64::from(1 << NOISE_FRAC);
        mean += p * x;
        square += p * x * x;
    }
    (mean, square - mean * mean)
}

#[test]
fn half_normal_has_the_moments_of_a_normal() {
    let (mean, variance) = mean_and_variance(&OctaveTable::half_normal());
    assert!((mean - (2.0 / core::f64::consts::PI).sqrt()).abs() < 1e-3, "{mean}");
    assert!((variance + mean * mean - 1.0).abs() < 1e-3, "{variance}");
}

#[test]
fn gumbel_has_the_moments_of_a_gumbel() {
    let (mean, variance) = mean_and_variance(&OctaveTable::gumbel());
    assert!((mean - 0.577_215).abs() < 2e-3, "{mean}");
    assert!((variance - core::f64::consts::PI.powi(2) / 6.0).abs() < 1e-2, "{variance}");
}

#[test]
fn half_logistic_has_the_moments_of_a_logistic() {
    let (mean, variance) = mean_and_variance(&OctaveTable::half_logistic());
    assert!((mean - 2.0 * 2f64.ln()).abs() < 1e-3, "{mean}");
    let square = core::f64::consts::PI.powi(2) / 3.0;
    assert!((variance + mean * mean - square).abs() < 1e-2, "{variance}");
}

#[test]
fn the_tail_goes_past_six_sigma_and_falls_monotonically() {
    let table = OctaveTable::half_normal();
    assert!(table.lookup(1) > 6 << NOISE_FRAC);
    assert_eq!(table.lookup(0), table.lookup(1));
    assert!(table.words.windows(2).enumerate().all(|(i, w)| (i + 1) % 64 == 0 || w[0] >= w[1]));
}
