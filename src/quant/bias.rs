//! A bias on its way to cells: bounded where more of it would change nothing, then split over rows.

use super::Format;
use super::fit::{Rounded, gain};
use crate::model::{Network, Op, Weights};
use serde::Serialize;
use std::fmt;

/// The largest bias of a word, in nats: the probability of a word 32 nats below another one is 0 in the
/// arithmetic of scores and beyond the tail of the noise that samples. A mask (-1e9) need not be more.
const WORD: f32 = 32.0;

/// Bias rows of a matrix at most, unless it has more data rows; its weights become coarser first.
const ROWS: usize = 256;

/// Values of a bias that are larger than they can matter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClippedBias {
    /// The tensor, or both where PyTorch has two.
    pub tensor: String,
    /// How many were clipped.
    pub values: usize,
    /// Values of the tensor.
    pub of: usize,
    /// The one of the largest magnitude, and the largest magnitude that is kept.
    pub largest: f64,
    /// The largest magnitude that is kept.
    pub limit: f64,
    #[serde(skip)]
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Why {
    Word,
    Sum,
}

impl fmt::Display for ClippedBias {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let ClippedBias { tensor, values, of, largest, limit, why } = self;
        let why = match why {
            Why::Word => "with that a word is always or never chosen",
            Why::Sum => "beyond that the sum saturates whatever is read",
        };
        write!(
            f,
            "{tensor}: {values} of {of} values clipped to {limit:.4} (the largest was {largest}): {why}"
        )
    }
}

/// The weights with the biases of words bounded, and what that clipped.
///
/// Before anything is measured: one logit of -1e9 would leave the format of logits no digits for the others.
pub fn bounded_words(network: &Network, weights: &Weights) -> (Weights, Option<ClippedBias>) {
    let block = network.blocks.iter().find(|b| matches!(b.op, Op::Vocabulary { .. }));
    let Some(tensor) = block.map(|b| format!("{}.bias", b.name)) else { return (weights.clone(), None) };
    let biases = || weights.get(&tensor).iter().copied();
    let clipped = ClippedBias {
        values: biases().filter(|b| b.abs() > WORD).count(),
        of: biases().count(),
        largest: largest(biases().map(f64::from)),
        limit: WORD.into(),
        why: Why::Word,
        tensor,
    };
    if clipped.values == 0 {
        return (weights.clone(), None);
    }
    (weights.map(&clipped.tensor, |b| b.clamp(-WORD, WORD)), Some(clipped))
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0)
}

/// A bias in real units, and the tensors that it stands in, with how many values of each.
pub struct Bias {
    /// By output.
    pub values: Vec<f64>,
    /// Each with how many of them are its.
    pub tensors: Vec<(String, usize)>,
}

/// A bias in accumulator steps.
#[derive(Debug, Clone)]
pub struct BiasCodes {
    /// By output.
    pub codes: Vec<i64>,
    /// Coarse rows are driven with 2^this.
    pub coarse_bit: u32,
    /// Largest magnitude of a weight.
    limit: i64,
}

impl BiasCodes {
    /// `values` in real units beside weights of format `weight`, driven by codes of format `input`.
    pub fn new(values: &[f64], weight: Format, input: Format) -> BiasCodes {
        let sum = Format::new(62, weight.frac + input.frac);
        BiasCodes {
            codes: values.iter().map(|&b| sum.encode(b)).collect(),
            coarse_bit: coarse_bit(weight, input),
            limit: weight.max(),
        }
    }

    /// Clips what is so large that an output of a format in `outputs` saturates behind its gain whatever the inputs are.
    ///
    /// With the largest inputs against it, a clipped bias still leads beyond
    /// the format, so no output changes by a bit.
    pub fn bound(&mut self, weights: &Rounded, sum_frac: i32, input: Format, outputs: &[Format]) {
        let reach = outputs
            .iter()
            .map(|f| libm::ldexp(1.0, f.bits as i32 - 1 - f.frac + sum_frac))
            .fold(0.0, f64::max);
        for (n, (code, row)) in self.codes.iter_mut().zip(weights.codes.outer_iter()).enumerate() {
            let reach = ((reach / weights.gain(n)).ceil() as i64).min(1 << 61);
            let weight: i64 = row.iter().map(|w| i64::from(w.abs())).sum();
            let most = (reach + weight * -input.min()).min(1 << 61);
            *code = (*code).clamp(-most, most);
        }
    }

    /// Rows that are driven with 2^`coarse_bit`.
    pub fn coarse_rows(&self) -> usize {
        let widest = self.codes.iter().map(|&b| self.coarse(b).unsigned_abs()).max().unwrap_or(0);
        widest.div_ceil(self.limit as u64) as usize
    }

    /// More rows than a matrix of `inputs` data rows is to have.
    pub fn too_many(&self, inputs: usize) -> bool {
        self.coarse_rows() > most_rows(inputs)
    }

    /// What the coarse rows of an output carry; half up, so the rest fits the fine row.
    fn coarse(&self, code: i64) -> i64 {
        (code + (1 << (self.coarse_bit - 1))) >> self.coarse_bit
    }

    /// The weights of an output in `rows` coarse rows, then in the fine one.
    pub fn rows(&self, output: usize, rows: usize) -> Vec<i32> {
        let code = self.codes[output];
        let mut left = self.coarse(code);
        let fine = (code - (left << self.coarse_bit)) as i32;
        let mut next = || {
            let share = left.clamp(-self.limit, self.limit);
            left -= share;
            share as i32
        };
        let mut all: Vec<i32> = (0..rows).map(|_| next()).collect();
        all.push(fine);
        all
    }
}

/// Bias rows that a matrix of `inputs` data rows may have, beside the fine one.
pub fn most_rows(inputs: usize) -> usize {
    ROWS.max(inputs)
}

/// Small enough for the remainder to fit the fine row, large enough to need few coarse ones.
pub fn coarse_bit(weight: Format, input: Format) -> u32 {
    (input.bits - 2).min(weight.bits - 1)
}

/// What was clipped between `bias`, which was to be `values` before the gains, and `codes`, tensor by tensor.
pub fn clipped(
    (bias, values): (&Bias, &[f64]),
    codes: &BiasCodes,
    sum_frac: i32,
    gains: &[u32],
) -> Vec<ClippedBias> {
    let sum = Format::new(62, sum_frac);
    let mut from = 0;
    let mut all = Vec::new();
    for (tensor, count) in &bias.tensors {
        let lost: Vec<(f64, f64)> = (from..from + count)
            .filter(|&n| sum.encode(values[n]) != codes.codes[n])
            .map(|n| (bias.values[n], sum.decode(codes.codes[n]) * gain(gains, n)))
            .collect();
        if !lost.is_empty() {
            all.push(ClippedBias {
                tensor: tensor.clone(),
                values: lost.len(),
                of: *count,
                largest: largest(lost.iter().map(|l| l.0)),
                limit: largest(lost.iter().map(|l| l.1)).abs(),
                why: Why::Sum,
            });
        }
        from += count;
    }
    all
}
