//! Weights rounded for what drives them, rather than each to the nearest code.
//!
//! A matrix in integers is driven by codes x of vectors u. It should give W u + b. Over calibration sequences the squared
//! error of an output is e H e', where e is what its row is off by and H the covariance of its codes: an error of one weight
//! can be made good by weights that are rounded later. Going through the inputs one after the other, each rounded for what
//! those before it left, is the nearest-plane algorithm (Babai 1986), which GPTQ (Frantar et al., ICLR 2023) is for weights.
//! What is left of the error's mean goes into the bias, which has a row of cells anyway.

use super::Format;
use super::driven::Statistics;
use super::matrix::{GAIN_FRAC, best_format, clipping_format};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};

/// Rows of a matrix that are enough to choose its format.
const FOR_FORMAT: usize = 48;
/// Scales of a column below 1/this are not tried.
const FINEST: u32 = 64;

/// Weights in codes, and what becomes of outputs and biases for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    /// [outputs, inputs].
    pub codes: Array2<i32>,
    /// Gains of the outputs with [`GAIN_FRAC`] fraction bits; empty: all 1.
    pub gains: Vec<u32>,
    /// What is to be added to the biases, in real units.
    pub shift: Vec<f64>,
}

impl Rounded {
    /// The gain of an output.
    pub fn gain(&self, output: usize) -> f64 {
        gain(&self.gains, output)
    }
}

/// The gain of an output in real units, where an empty list is no gains.
pub fn gain(gains: &[u32], output: usize) -> f64 {
    gains.get(output).map_or(1.0, |&gain| libm::ldexp(gain.into(), -GAIN_FRAC))
}

/// How weights become codes.
#[derive(Debug, Clone, Copy)]
pub struct Rounding<'a> {
    /// Bits of a weight.
    pub bits: u32,
    /// Share of the weights that a scale may clip; absent: what loses least.
    pub clip: Option<f64>,
    /// A scale for every output.
    pub by_column: bool,
    /// For what drives the matrix; absent: each weight to the nearest code.
    pub statistics: Option<&'a Statistics>,
}

impl Rounding<'_> {
    /// The format of a matrix of these weights [outputs, inputs].
    pub fn format(&self, weights: ArrayView2<'_, f32>) -> Format {
        let values = weights.iter().map(|&w| f64::from(w));
        let plain = match self.clip {
            Some(share) => return clipping_format(values, self.bits, share),
            None => best_format(values.clone(), self.bits),
        };
        if self.by_column {
            // Every output finds its own below it: nothing is clipped.
            let peak = values.fold(0.0f64, |m, v| m.max(v.abs()));
            let top = if peak == 0.0 { 0 } else { libm::frexp(peak).1 };
            return Format::new(self.bits, self.bits as i32 - 1 - top);
        }
        let Some(statistics) = self.statistics else { return plain };
        let stride = weights.nrows().div_ceil(FOR_FORMAT).max(1);
        let some = statistics.target(weights.slice(s![..;stride, ..]));
        let limit = plain.max() as i32;
        let error = |format: Format| -> f64 {
            let mut codes = vec![0; weights.ncols()];
            some.outer_iter().map(|row| statistics.round(row, format.step(), limit, &mut codes)).sum()
        };
        let candidates = [0, 1, -1].map(|finer| Format { frac: plain.frac + finer, ..plain });
        let best = candidates.into_iter().map(|format| (format, error(format)));
        best.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(plain, |(format, _)| format)
    }

    /// The weights [outputs, inputs] as codes of `format`, beside biases `bias` of as many outputs, or none.
    pub fn round(&self, weights: ArrayView2<'_, f32>, bias: Option<&[f64]>, format: Format) -> Rounded {
        let limit = format.max() as i32;
        let target = match self.statistics {
            Some(statistics) => statistics.target(weights),
            None => weights.mapv(f64::from),
        };
        let gains = match self.by_column {
            true => self.gains(&target, bias, format),
            false => Vec::new(),
        };
        let mut codes = Array2::zeros(weights.dim());
        let step = |n: usize| format.step() * gain(&gains, n);
        let rows =
            codes.axis_iter_mut(Axis(0)).into_par_iter().zip(target.axis_iter(Axis(0)).into_par_iter());
        rows.enumerate().for_each(|(n, (mut codes, row))| {
            let codes = codes.as_slice_mut().expect("stored row by row");
            match self.statistics {
                Some(statistics) => {
                    statistics.round(row, step(n), limit, codes);
                }
                None => {
                    let limit = f64::from(limit);
                    let code = |&w: &f64| libm::round(w / step(n)).clamp(-limit, limit) as i32;
                    codes.iter_mut().zip(row).for_each(|(to, w)| *to = code(w));
                }
            }
        });
        let shift = self.shift(weights, &codes, step);
        Rounded { codes, gains, shift }
    }

    /// What outputs are off by on the mean.
    fn shift(
        &self,
        weights: ArrayView2<'_, f32>,
        codes: &Array2<i32>,
        step: impl Fn(usize) -> f64,
    ) -> Vec<f64> {
        let Some(statistics) = self.statistics else { return vec![0.0; weights.nrows()] };
        let rows = weights.outer_iter().zip(codes.outer_iter()).enumerate();
        rows.map(|(n, (weights, codes))| {
            let wanted: f64 = weights.iter().zip(&statistics.float).map(|(&w, x)| f64::from(w) * x).sum();
            let made: f64 = codes.iter().zip(&statistics.codes).map(|(&c, x)| f64::from(c) * x).sum();
            wanted - made * step(n)
        })
        .collect()
    }

    /// A gain for every row, at most 1: of a few scales around the one that clips nothing, that with the least error.
    fn gains(&self, target: &Array2<f64>, bias: Option<&[f64]>, format: Format) -> Vec<u32> {
        let (limit, one) = (format.max() as i32, 1u32 << GAIN_FRAC);
        let widest = bias.map_or(0.0, |b| b.iter().fold(0.0f64, |m, v| m.max(v.abs())));
        let of_row = |(n, row): (usize, ArrayView1<'_, f64>)| {
            let peak = row.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let whole = peak / (format.step() * f64::from(limit));
            // A bias grows as the scale of its output falls; none is to need more rows than the widest does.
            let of_bias = bias.map_or(0.0, |b| if widest > 0.0 { b[n].abs() / widest } else { 0.0 });
            let least = (of_bias * f64::from(one)).ceil() as u32;
            let least = least.max(one / FINEST).min(one);
            let candidates = [1.0, 0.92, 0.84, 0.76, 0.68, 0.6].map(|share| {
                let gain = (whole * share * f64::from(one)).ceil();
                (gain as u32).clamp(least, 2 * one - 1)
            });
            let error = |gain: u32| -> f64 {
                let step = format.step() * libm::ldexp(gain.into(), -GAIN_FRAC);
                match self.statistics {
                    Some(statistics) => statistics.estimate(row, step, limit),
                    None => {
                        let limit = f64::from(limit);
                        let off = |&w: &f64| w - (w / step).round().clamp(-limit, limit) * step;
                        row.iter().map(off).map(|off| off * off).sum()
                    }
                }
            };
            let best = candidates.into_iter().map(|gain| (gain, error(gain)));
            best.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(one, |(gain, _)| gain)
        };
        target.outer_iter().enumerate().map(of_row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Random;
    use crate::quant::Driven;
    use ndarray::Array1;

    /// Vectors of `inputs` numbers that move together, in codes of 8 bits of which `frac` are a fraction.
    fn vectors(inputs: usize, count: usize, seed: u64) -> Vec<Array1<f32>> {
        let mut random = Random::keyed(&[seed]);
        let vector = |_| {
            let shared = random.normal();
            Array1::from_shape_fn(inputs, |_| 0.3 * shared + 0.2 * random.normal() + 0.1)
        };
        (0..count).map(vector).collect()
    }

    fn driven(vectors: &[Array1<f32>], format: Format) -> Statistics {
        let mut driven = Driven::new(vectors[0].len());
        vectors.iter().for_each(|v| driven.add(v.view(), format));
        driven.statistics().expect("vectors that move")
    }

    fn rounding(bits: u32, by_column: bool, statistics: Option<&Statistics>) -> Rounding<'_> {
        Rounding { bits, clip: None, by_column, statistics }
    }

    /// Squared error of the outputs over these vectors, biases included.
    fn error(
        weights: &Array2<f32>,
        rounded: &Rounded,
        step: f64,
        vectors: &[Array1<f32>],
        input: Format,
    ) -> f64 {
        let of_vector = |x: &Array1<f32>| -> f64 {
            let of_output = |n: usize| {
                let wanted: f64 =
                    weights.row(n).iter().zip(x).map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
                let codes = rounded.codes.row(n);
                let made: f64 = codes
                    .iter()
                    .zip(x)
                    .map(|(&c, &x)| f64::from(c) * input.decode(input.encode(x.into())))
                    .sum();
                wanted - (made * step * rounded.gain(n) + rounded.shift[n])
            };
            (0..weights.nrows()).map(|n| of_output(n).powi(2)).sum()
        };
        vectors.iter().map(of_vector).sum::<f64>() / vectors.len() as f64
    }

    /// Two inputs that are always the same number: weights of 0.4 and 0.4 steps are 0 and 0 by themselves, and 1 and 0
    /// together, which is nearest to 0.8.
    #[test]
    fn a_weight_makes_good_what_another_one_lost() {
        let same: Vec<Array1<f32>> = (0..64).map(|i| Array1::from_elem(2, (i - 32) as f32 / 64.0)).collect();
        let input = Format::new(8, 7);
        let statistics = driven(&same, input);
        let weights = Array2::from_elem((1, 2), 0.4);
        let whole = Format::new(4, 0);
        let alone = rounding(4, false, None).round(weights.view(), None, whole);
        assert_eq!((alone.codes.into_raw_vec_and_offset().0, alone.shift), (vec![0, 0], vec![0.0]));
        let together = rounding(4, false, Some(&statistics)).round(weights.view(), None, whole);
        assert_eq!(together.codes.sum(), 1, "{:?}", together.codes);
        // Vectors have the mean -1/128 each: W u = -0.8 / 128, and what was made of it is -1 / 128.
        assert!((together.shift[0] - 0.2 / 128.0).abs() < 1e-9, "{:?}", together.shift);
    }

    /// What a bias is corrected by is what the mean of the output is off by, to the last bit of a double or nearly.
    #[test]
    fn the_mean_of_the_error_is_in_the_bias() {
        let (input, seen) = (Format::new(5, 3), vectors(6, 300, 3));
        let statistics = driven(&seen, input);
        let weights = Array2::from_shape_fn((4, 6), |(n, k)| ((n * 5 + k * 3) % 7) as f32 * 0.11 - 0.3);
        for by_column in [false, true] {
            let rounding = rounding(3, by_column, Some(&statistics));
            let format = rounding.format(weights.view());
            let rounded = rounding.round(weights.view(), None, format);
            for n in 0..4 {
                let off = |x: &Array1<f32>| {
                    let each =
                        x.iter().zip(weights.row(n)).zip(rounded.codes.row(n)).map(|((&x, &w), &c)| {
                            let code = input.decode(input.encode(x.into()));
                            f64::from(w) * f64::from(x)
                                - f64::from(c) * format.step() * rounded.gain(n) * code
                        });
                    each.sum::<f64>()
                };
                let mean = seen.iter().map(off).sum::<f64>() / seen.len() as f64;
                assert!((mean - rounded.shift[n]).abs() < 1e-9, "{mean} and {}", rounded.shift[n]);
                assert!(mean.abs() > 1e-4, "a toy with something to correct: {mean}");
            }
        }
    }

    /// Over vectors that were not seen: rounding for what drives the matrix loses less than rounding each weight, and a scale
    /// for every output loses less than one for all.
    #[test]
    fn what_is_rounded_for_its_vectors_loses_less() {
        let input = Format::new(12, 10);
        let (seen, others) = (vectors(24, 600, 1), vectors(24, 200, 2));
        let statistics = driven(&seen, input);
        let mut random = Random::keyed(&[7]);
        // Rows of very different sizes.
        let weights = Array2::from_shape_fn((16, 24), |(n, _)| random.normal() * 0.05 * (1 + n) as f32);
        for bits in [3, 4, 6, 8] {
            let lost = |by_column: bool, statistics: Option<&Statistics>| {
                let rounding = rounding(bits, by_column, statistics);
                let format = rounding.format(weights.view());
                let rounded = rounding.round(weights.view(), None, format);
                error(&weights, &rounded, format.step(), &others, input)
            };
            let (nearest, calibrated) = (lost(false, None), lost(false, Some(&statistics)));
            assert!(calibrated < 0.6 * nearest, "{bits} bits: {calibrated} for {nearest}");
            let (scaled, both) = (lost(true, None), lost(true, Some(&statistics)));
            assert!(scaled < 0.7 * nearest, "{bits} bits: {scaled} for {nearest}");
            assert!(both < 0.8 * calibrated, "{bits} bits: {both} for {calibrated}");
        }
    }

    #[test]
    fn gains_are_their_own_scale_and_no_bias_needs_more_rows_for_them() {
        let weights = Array2::from_shape_vec((3, 2), vec![0.9, -0.5, 0.09, 0.05, 0.009, 0.005]).unwrap();
        let rounding = rounding(8, true, None);
        let format = rounding.format(weights.view());
        assert_eq!(format, Format::new(8, 7));
        let free = rounding.round(weights.view(), None, format);
        assert!(free.gains[1] < free.gains[0] / 5 && free.gains[2] < free.gains[1] / 4, "{:?}", free.gains);
        for (n, row) in weights.outer_iter().enumerate() {
            for (&w, &code) in row.iter().zip(free.codes.row(n)) {
                let made = f64::from(code) * format.step() * free.gain(n);
                assert!((made - f64::from(w)).abs() <= 0.51 * format.step() * free.gain(n), "{made} for {w}");
            }
        }
        let bound = rounding.round(weights.view(), Some(&[1.0, 1.0, -0.5]), format);
        assert!(bound.gains[1] >= 1024 && bound.gains[2] >= 512, "{:?}", bound.gains);
    }

    #[test]
    fn inputs_that_never_move_leave_weights_alone() {
        let still = vec![Array1::from_elem(3, 0.0f32); 50];
        let mut driven = Driven::new(3);
        still.iter().for_each(|v| driven.add(v.view(), Format::new(8, 7)));
        assert!(driven.statistics().is_none());
        assert!(Driven::new(3).statistics().is_none());
    }
}
