//! A weight matrix in integers, bias rows included, and the product every cell is written over.

use super::Format;
use super::bias::{Bias, BiasCodes, ClippedBias, clipped, coarse_bit};
use super::fit::{Rounded, Rounding, gain};
use ndarray::{Array2, ArrayView2, s};
use serde::Serialize;

/// Fraction bits of the gain of an output.
pub const GAIN_FRAC: i32 = 10;

/// Exact or tiled: what a recurrent cell needs of a matrix.
pub trait MatVec {
    /// Length of the data vector (bias rows are the matrix's own affair).
    fn inputs(&self) -> usize;
    /// Rows of weights.
    fn outputs(&self) -> usize;
    /// Accumulators for one vector of input codes; returns the number of ADC clips. `key` tells
    /// this product from all others, for what is random in it.
    fn apply(&self, input: &[i32], sums: &mut [i64], key: u32) -> u64;
    /// Its rows, biases and formats.
    fn integers(&self) -> &IntMatrix;
    /// What becomes of the accumulators before they are requantised; returns the fraction bits
    /// that they have gained.
    fn correct(&self, _: &mut [i64]) -> i32 {
        0
    }
}

/// Integer weights of one matrix. Row `k` of the crossbar is input `k`; behind the
/// data rows stand the bias rows, driven with constants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntMatrix {
    /// [outputs, inputs + bias rows], each within +-(2^(weight_bits-1) - 1).
    pub weights: Array2<i32>,
    /// Data rows.
    pub inputs: usize,
    /// Bias rows driven with 2^`coarse_bit`, before the fine one.
    pub bias_coarse: usize,
    /// 1 when there is a bias row driven with 1.
    pub bias_fine: usize,
    /// Coarse bias rows are driven with 2^this.
    pub coarse_bit: u32,
    /// Of the weights.
    pub weight: Format,
    /// Format of the input codes.
    pub input: Format,
    /// Of each output, what its accumulator is multiplied by, with [`GAIN_FRAC`] fraction bits; empty: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<u32>,
}

impl IntMatrix {
    /// Quantises `weights` [outputs, inputs] and a bias in real units.
    ///
    /// One power-of-two scale per matrix, the one with the least squared error.
    pub fn quantise(weights: ArrayView2<f32>, bias: Option<&[f64]>, weight_bits: u32, input: Format) -> Self {
        let weight = best_format(weights.iter().map(|&w| f64::from(w)), weight_bits);
        Self::in_format(weights, bias, weight, input)
    }

    /// The same with a given format of the weights; those beyond it are clipped.
    pub fn in_format(weights: ArrayView2<f32>, bias: Option<&[f64]>, weight: Format, input: Format) -> Self {
        let bias = bias.map(|values| BiasCodes::new(values, weight, input));
        let rounded = nearest(weight.bits).round(weights, None, weight);
        Self::of_codes(rounded, bias.as_ref(), weight, input)
    }

    /// [`in_format`](Self::in_format) whose `bias` is bounded: clipped where outputs of the formats `outputs`
    /// saturate whatever the inputs are, and with no more rows than `most_rows`, for which weights may become
    /// coarser. Returns what was clipped, too.
    pub fn bounded(
        weights: ArrayView2<f32>,
        bias: &Bias,
        mut weight: Format,
        (input, outputs): (Format, &[Format]),
        rounding: Rounding<'_>,
    ) -> (Self, Vec<ClippedBias>) {
        loop {
            let rounded = rounding.round(weights, Some(&bias.values), weight);
            // In the units of what comes before the gain.
            let each = bias.values.iter().zip(&rounded.shift).enumerate();
            let values: Vec<f64> = each.map(|(n, (b, shift))| (b + shift) / rounded.gain(n)).collect();
            let mut rows = BiasCodes::new(&values, weight, input);
            let sum_frac = weight.frac + input.frac;
            rows.bound(&rounded, sum_frac, input, outputs);
            if !rows.too_many(weights.ncols()) {
                let clipped = clipped((bias, &values), &rows, sum_frac, &rounded.gains);
                return (Self::of_codes(rounded, Some(&rows), weight, input), clipped);
            }
            weight.frac -= 1;
        }
    }

    /// Codes with their gains, and biases in codes.
    pub(super) fn of_codes(
        rounded: Rounded,
        bias: Option<&BiasCodes>,
        weight: Format,
        input: Format,
    ) -> Self {
        let Rounded { codes, gains, .. } = rounded;
        let (outputs, inputs) = codes.dim();
        let bias_coarse = bias.map_or(0, BiasCodes::coarse_rows);
        let bias_fine = usize::from(bias.is_some());
        let mut all = Array2::zeros((outputs, inputs + bias_coarse + bias_fine));
        all.slice_mut(s![.., ..inputs]).assign(&codes);
        if let Some(bias) = bias {
            for (n, mut row) in all.outer_iter_mut().enumerate() {
                let rows = row.iter_mut().skip(inputs);
                rows.zip(bias.rows(n, bias_coarse)).for_each(|(cell, weight)| *cell = weight);
            }
        }
        let coarse_bit = coarse_bit(weight, input);
        IntMatrix { weights: all, inputs, bias_coarse, bias_fine, coarse_bit, weight, input, gains }
    }

    /// The gain of an output in real units.
    pub fn gain(&self, output: usize) -> f64 {
        gain(&self.gains, output)
    }

    /// Rows of the crossbar: data and bias.
    pub fn rows(&self) -> usize {
        self.weights.ncols()
    }

    /// Fraction bits of an accumulator.
    pub fn sum_frac(&self) -> i32 {
        self.weight.frac + self.input.frac
    }

    /// The code that drives row `k` for this input vector.
    pub fn drive(&self, input: &[i32], k: usize) -> i32 {
        match k {
            k if k < self.inputs => input[k],
            k if k < self.inputs + self.bias_coarse => 1 << self.coarse_bit,
            _ => 1,
        }
    }
}

impl MatVec for IntMatrix {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.weights.nrows()
    }

    fn apply(&self, input: &[i32], sums: &mut [i64], _: u32) -> u64 {
        assert_eq!(input.len(), self.inputs);
        let bias_from = self.inputs;
        // All sums of codes this narrow fit 32 bits, in which more of them are added at once.
        let most = self.inputs as i64 * -self.weight.min() * -self.input.min();
        let narrow = most <= i64::from(i32::MAX);
        for (row, sum) in self.weights.outer_iter().zip(sums) {
            let row = row.as_slice().expect("weights are stored row by row");
            let pairs = row[..bias_from].iter().zip(input);
            let data = match narrow {
                true => i64::from(pairs.map(|(&w, &x)| w * x).sum::<i32>()),
                false => pairs.map(|(&w, &x)| i64::from(w) * i64::from(x)).sum(),
            };
            let bias: i64 =
                (bias_from..row.len()).map(|k| i64::from(row[k]) * i64::from(self.drive(input, k))).sum();
            *sum = data + bias;
        }
        0
    }

    fn integers(&self) -> &IntMatrix {
        self
    }

    fn correct(&self, sums: &mut [i64]) -> i32 {
        if self.gains.is_empty() {
            return 0;
        }
        sums.iter_mut().zip(&self.gains).for_each(|(sum, &gain)| *sum *= i64::from(gain));
        GAIN_FRAC
    }
}

/// Each weight by itself; both ends of the format are as far from 0.
fn nearest(bits: u32) -> Rounding<'static> {
    Rounding { bits, clip: None, by_column: false, statistics: None }
}

/// The power-of-two scale of `bits` bits with the least squared error on `values`.
/// All zero (or empty): one integer bit.
pub fn best_format(values: impl Iterator<Item = f64> + Clone, bits: u32) -> Format {
    let peak = values.clone().fold(0.0f64, |m, v| m.max(v.abs()));
    if peak == 0.0 {
        return Format::new(bits, bits as i32 - 1);
    }
    // 2^top > peak: nothing clips; each step down doubles the resolution and clips more.
    let top = libm::frexp(peak).1;
    (0..4)
        .map(|down| Format::new(bits, bits as i32 - 1 - (top - down)))
        .map(|format| {
            let error: f64 = values.clone().map(|v| (format.decode(format.encode(v)) - v).powi(2)).sum();
            (format, error)
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(format, _)| format)
        .expect("four candidates")
}

/// The finest power-of-two scale of `bits` bits that clips at most `share` of the `values`.
pub fn clipping_format(values: impl Iterator<Item = f64> + Clone, bits: u32, share: f64) -> Format {
    let mut sizes: Vec<f64> = values.map(f64::abs).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let clipped = (share * sizes.len() as f64).floor() as usize;
    let largest_kept = sizes.get(clipped).copied().unwrap_or(0.0);
    if largest_kept == 0.0 {
        return Format::new(bits, bits as i32 - 1);
    }
    let reach = |format: Format| format.decode(format.max()) + 0.5 * format.step();
    let finest = (bits as i32 - 1) - libm::frexp(largest_kept).1 + 1;
    let candidates = (0..3).map(|down| Format::new(bits, finest - down));
    candidates.into_iter().find(|&f| largest_kept < reach(f)).expect("the last one reaches twice as far")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::requant;

    #[test]
    fn bias_rows_carry_the_bias_to_the_last_accumulator_bit() {
        let weights = Array2::from_shape_fn((3, 4), |(n, k)| (n as f32 - 1.0) * 0.3 + k as f32 * 0.1);
        let bias = [3.217, -0.011, -2.9];
        let input = Format::new(8, 7);
        let m = IntMatrix::quantise(weights.view(), Some(&bias), 8, input);
        let mut sums = [0; 3];
        m.apply(&[0; 4], &mut sums, 0);
        let exact = Format::new(62, m.sum_frac());
        assert_eq!(sums.to_vec(), bias.iter().map(|&b| exact.encode(b)).collect::<Vec<_>>());
        assert!(m.weights.iter().all(|w| w.abs() <= 127));
    }

    #[test]
    fn the_bias_splits_exactly_whatever_the_widths() {
        let weights = Array2::from_shape_fn((2, 3), |(n, k)| n as f32 * 0.4 - k as f32 * 0.3);
        for (weight_bits, input_bits) in [(4, 12), (2, 8), (8, 3), (12, 8), (2, 3), (12, 12)] {
            let input = Format::new(input_bits, 2);
            for bias in [[1.37, -0.83], [0.01, 0.0], [-9.5, 30.25]] {
                let m = IntMatrix::quantise(weights.view(), Some(&bias), weight_bits, input);
                let limit = (1 << (weight_bits - 1)) - 1;
                assert!(m.weights.iter().all(|w| w.abs() <= limit), "{weight_bits} and {input_bits} bits");
                let mut sums = [0; 2];
                m.apply(&[0; 3], &mut sums, 0);
                let exact = Format::new(62, m.sum_frac());
                assert_eq!(sums, bias.map(|b| exact.encode(b)), "{weight_bits} and {input_bits} bits");
            }
        }
    }

    /// 4,096 products of the widest codes are more than 32 bits hold.
    #[test]
    fn sums_of_the_widest_codes_are_exact() {
        for (bits, inputs) in [(12, 4096), (12, 300), (8, 4096)] {
            let input = Format::new(bits, 0);
            let weights = Array2::from_shape_fn((2, inputs), |(n, _)| if n == 0 { 1.0 } else { -1.0 });
            let m = IntMatrix::in_format(weights.view(), None, Format::new(bits, bits as i32 - 1), input);
            let mut sums = [0; 2];
            m.apply(&vec![input.min() as i32; inputs], &mut sums, 0);
            let most = inputs as i64 * input.max() * input.min();
            assert_eq!(sums, [most, -most], "{bits} bits, {inputs} inputs");
        }
    }

    fn bias(values: &[f64]) -> Bias {
        Bias { values: values.to_vec(), tensors: vec![("a".into(), 1), ("b".into(), values.len() - 1)] }
    }

    /// What a bias loses where it is clipped is nothing that any output could show.
    #[test]
    fn a_clipped_bias_changes_no_output() {
        let weights = Array2::from_shape_fn((3, 6), |(n, k)| ((n * 7 + k * 5) % 11) as f32 * 0.1 - 0.45);
        let (input, output) = (Format::new(8, 7), Format::new(16, 12));
        let weight = best_format(weights.iter().map(|&w| f64::from(w)), 8);
        for huge in [20.0, 1e3, 1e9, 1e38] {
            let values = [0.5, huge, -huge];
            let (m, clipped) =
                IntMatrix::bounded(weights.view(), &bias(&values), weight, (input, &[output]), nearest(8));
            assert!(m.bias_coarse <= super::super::bias::most_rows(6));
            assert_eq!(clipped.len(), 1, "{huge}");
            assert_eq!((clipped[0].tensor.as_str(), clipped[0].values, clipped[0].of), ("b", 2, 2));
            assert_eq!(clipped[0].largest.abs(), huge);
            // Rows enough for any bias would be too many to make: the sum is made here.
            let exact = Format::new(62, m.sum_frac());
            for input in [[127; 6], [-128; 6], [127, -128, 127, -128, 127, -128], [0; 6]] {
                let mut sums = [0; 3];
                m.apply(&input, &mut sums, 0);
                for (n, sum) in sums.into_iter().enumerate() {
                    let data: i64 = (0..6).map(|k| i64::from(m.weights[[n, k]] * input[k])).sum();
                    let shift = m.sum_frac() - output.frac;
                    let whole = data + exact.encode(values[n]);
                    assert_eq!(
                        requant(sum, shift, output.bits),
                        requant(whole, shift, output.bits),
                        "{huge}, {n}"
                    );
                }
            }
        }
        let (_, none) = IntMatrix::bounded(
            weights.view(),
            &bias(&[0.5, 7.9, -7.9]),
            weight,
            (input, &[output]),
            nearest(8),
        );
        assert_eq!(none, []);
    }

    #[test]
    fn tiny_weights_beside_a_bias_make_no_thousand_rows() {
        let weights = Array2::from_shape_fn((2, 6), |(n, k)| 1e-7 * (1.0 + (n + k) as f32));
        let (input, output) = (Format::new(8, 7), Format::new(16, 12));
        let weight = best_format(weights.iter().map(|&w| f64::from(w)), 8);
        let (m, clipped) =
            IntMatrix::bounded(weights.view(), &bias(&[3.0, -2.5]), weight, (input, &[output]), nearest(8));
        assert!(m.bias_coarse <= super::super::bias::most_rows(6), "{}", m.bias_coarse);
        assert_eq!(clipped, []);
        let mut sums = [0; 2];
        m.apply(&[0; 6], &mut sums, 0);
        assert_eq!(sums.map(|s| Format::new(62, m.sum_frac()).decode(s)), [3.0, -2.5]);
    }

    #[test]
    fn an_outlier_may_be_clipped_for_the_sake_of_the_rest() {
        let mut values = vec![0.01; 10_000];
        values.push(1.01);
        assert_eq!(best_format(values.iter().copied(), 8).frac, 7);
        assert_eq!(best_format([0.9].into_iter(), 8).frac, 7);
    }

    #[test]
    fn no_more_weights_are_clipped_than_allowed_and_no_scale_is_finer() {
        let values: Vec<f64> = (1..=1000).map(|i| 3.7 * (f64::from(i) / 1000.0).powi(6) - 0.3).collect();
        for bits in [2, 4, 8] {
            for share in [0.0, 0.001, 0.01, 0.1, 0.5] {
                let clipped = |format: Format| {
                    let reach = format.decode(format.max()) + 0.5 * format.step();
                    values.iter().filter(|v| v.abs() >= reach).count() as f64 / 1000.0
                };
                let format = clipping_format(values.iter().copied(), bits, share);
                assert!(clipped(format) <= share, "{bits} bits, {share}");
                let finer = Format { frac: format.frac + 1, ..format };
                assert!(clipped(finer) > share, "{bits} bits, {share}");
            }
        }
    }
}
