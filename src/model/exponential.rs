//! e^x, sigmoid and tanh in plain arithmetic: loops over them become vectors, and every processor
//! gives the same bits.

use std::f32::consts::LOG2_E;

/// ln 2 in two parts; a whole number times the first is exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Adding it rounds to a whole number, which is then in the low bits.
const ROUNDS: f32 = 12_582_912.0;
/// Beyond these the answer is 0 or infinite in single precision.
const RANGE: [f32; 2] = [-87.3, 88.3];

/// e^x to 2 units in the last place; x is taken to within -87.3 and 88.3.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(RANGE[0], RANGE[1]);
    // e^x = 2^n e^r with |r| <= ln(2) / 2, and the series of e^r.
    let whole = x * LOG2_E + ROUNDS;
    let n = whole - ROUNDS;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let mut series = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * r + term;
    }
    f32::from_bits(series.to_bits().wrapping_add(whole.to_bits() << 23))
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// tanh(x), to 1.2e-7.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// Summed in single precision.
const TOGETHER: usize = 16;

/// The largest of `row`, in parts side by side, which the compiler makes a vector of.
pub fn largest(row: &[f32]) -> f32 {
    let max = |a: f32, b: f32| if b > a { b } else { a };
    let (parts, rest) = row.as_chunks::<TOGETHER>();
    let mut most = [f32::NEG_INFINITY; TOGETHER];
    for part in parts {
        most.iter_mut().zip(part).for_each(|(m, x)| *m = max(*m, *x));
    }
    most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, max)
}

/// Puts e^(x - top) in the place of every x of `row` and returns their sum.
#[inline(always)]
pub fn exponentials(row: &mut [f32], top: f32) -> f64 {
    let mut sum = 0.0f64;
    for part in row.chunks_mut(TOGETHER) {
        part.iter_mut().for_each(|value| *value = exp(*value - top));
        sum += f64::from(part.iter().sum::<f32>());
    }
    sum
}

/// The sum of e^(x - top) over `row`.
pub fn sum_of_exponentials(row: &[f32], top: f32) -> f64 {
    let of_part = |part: &[f32]| {
        let mut values = [0.0; TOGETHER];
        values.iter_mut().zip(part).for_each(|(value, x)| *value = exp(*x - top));
        f64::from(values.iter().sum::<f32>())
    };
    row.chunks(TOGETHER).map(of_part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_true_functions() {
        for i in -348_000..=348_000 {
            let x = i as f32 * 2.5e-4;
            let wide = f64::from(x);
            let relative = (f64::from(exp(x)) / libm::exp(wide) - 1.0).abs();
            assert!(relative < 2.4e-7, "e^{x}: {relative:e}");
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + libm::exp(-wide))).abs() < 1.2e-7, "{x}");
            assert!((f64::from(tanh(x)) - libm::tanh(wide)).abs() < 1.8e-7, "{x}");
        }
        assert_eq!((exp(0.0), tanh(0.0), sigmoid(0.0)), (1.0, 0.0, 0.5));
        assert!(exp(-1000.0) < 1e-37 && exp(1000.0) > 1e38 && exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_of_rows_of_any_length() {
        for length in [1, 15, 16, 17, 100] {
            let mut row: Vec<f32> = (0..length).map(|i| ((i * 37) % 101) as f32 / 7.0 - 5.0).collect();
            let top = largest(&row);
            assert_eq!(top, row.iter().copied().fold(f32::MIN, f32::max));
            let want: f64 = row.iter().map(|&x| libm::exp(f64::from(x - top))).sum();
            let sum = sum_of_exponentials(&row, top);
            assert!((sum / want - 1.0).abs() < 5e-7, "{length}: {sum}, {want}");
            assert_eq!(exponentials(&mut row, top), sum);
            assert_eq!(largest(&row), 1.0);
        }
    }
}
