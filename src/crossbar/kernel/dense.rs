//! Columns that no conversion can clip: the integer product of what their cells add up to.

use super::lanes::Word;
use super::wide::{self, Level};

/// Outputs whose products are plain sums, in the layout that multiplies fastest.
#[derive(Debug, Clone)]
pub struct Dense {
    /// Which outputs.
    outputs: Vec<usize>,
    rows: usize,
    layout: Layout,
}

#[derive(Debug, Clone)]
enum Layout {
    Bytes {
        /// [block of 16 outputs][quad of rows][output][row], signed.
        weights: Vec<Word>,
        /// What driving every row with 128 more adds.
        lifted: Vec<i64>,
    },
    Shorts {
        /// [output][row].
        weights: Vec<i16>,
        /// Products of which the sum fits 32 bits.
        fitting: usize,
    },
}

/// Numbers of 32 bits in a word.
const BLOCK: usize = 16;
/// Added to inputs: the machine multiplies unsigned bytes by signed ones.
const LIFT: i32 = 128;

impl Dense {
    /// `weight(output, row)` of each of `outputs` over `rows` rows driven by codes of
    /// `input_bits` bits. Every weight fits 16 bits.
    pub fn new(
        level: Level,
        outputs: Vec<usize>,
        rows: usize,
        input_bits: u32,
        weight: impl Fn(usize, usize) -> i32,
    ) -> Dense {
        let all = || outputs.iter().flat_map(|&n| (0..rows).map(move |k| (n, k)));
        let largest = all().map(|(n, k)| weight(n, k).unsigned_abs()).max().unwrap_or(0);
        let bytes = level == Level::Avx512 && input_bits <= 8 && largest <= 127;
        let layout = if bytes {
            let quads = rows.div_ceil(4);
            let mut weights = vec![Word::ZERO; outputs.len().div_ceil(BLOCK) * quads];
            for (i, &n) in outputs.iter().enumerate() {
                for k in 0..rows {
                    let byte = i % BLOCK * 4 + k % 4;
                    let value = u64::from(weight(n, k) as i8 as u8);
                    weights[i / BLOCK * quads + k / 4].0[byte / 8] |= value << (byte % 8 * 8);
                }
            }
            let sum = |n: &usize| (0..rows).map(|k| i64::from(weight(*n, k))).sum::<i64>();
            let lifted = outputs.iter().map(|n| i64::from(LIFT) * sum(n)).collect();
            Layout::Bytes { weights, lifted }
        } else {
            let peak = u64::from(largest.max(1)) << (input_bits - 1);
            let weights = all().map(|(n, k)| weight(n, k) as i16).collect();
            Layout::Shorts { weights, fitting: (i32::MAX as u64 / peak).max(1) as usize }
        };
        Dense { outputs, rows, layout }
    }

    /// Writes the sums of its outputs; `drive` holds a code for every row.
    pub fn apply(&self, level: Level, drive: &[i32], sums: &mut [i64]) {
        match &self.layout {
            Layout::Bytes { weights, lifted } => {
                let byte = |x: i32| (x + LIFT) as u8;
                let quads: Vec<i32> = drive
                    .chunks(4)
                    .map(|quad| {
                        let mut bytes = [0; 4];
                        bytes.iter_mut().zip(quad).for_each(|(b, &x)| *b = byte(x));
                        i32::from_le_bytes(bytes)
                    })
                    .collect();
                let mut blocks = vec![[0; BLOCK]; self.outputs.len().div_ceil(BLOCK)];
                let done = wide::dot_bytes(level, weights, &quads, &mut blocks);
                assert!(done, "bytes are laid out only where they are multiplied");
                let products = blocks.as_flattened().iter().zip(lifted);
                for (&n, (&sum, lifted)) in self.outputs.iter().zip(products) {
                    sums[n] = i64::from(sum) - lifted;
                }
            }
            Layout::Shorts { weights, fitting } => {
                let input: Vec<i16> = drive.iter().map(|&x| x as i16).collect();
                let mut products = vec![0; self.outputs.len()];
                for from in (0..self.rows).step_by(*fitting) {
                    let to = self.rows.min(from + fitting);
                    wide::dot_shorts(level, weights, &input, from..to, &mut products);
                }
                for (&n, product) in self.outputs.iter().zip(products) {
                    sums[n] = product;
                }
            }
        }
    }
}

/// Adds to `sums` the products over rows `from..to` of weights [output][row].
#[inline(always)]
pub fn dot_shorts(weights: &[i16], input: &[i16], rows: std::ops::Range<usize>, sums: &mut [i64]) {
    for (row, sum) in weights.chunks_exact(input.len().max(1)).zip(sums) {
        let products = row[rows.clone()].iter().zip(&input[rows.clone()]);
        *sum += i64::from(products.map(|(&w, &x)| i32::from(w) * i32::from(x)).sum::<i32>());
    }
}
