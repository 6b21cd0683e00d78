//! The whole network in integers: one entry per block, formats and shifts decided.

use super::matrix::{best_format, clipping_format};
use super::{Calibration, Format, Function, IntMatrix, OctaveTable, Table};
use crate::config::{CellKind, Fixed, LatentSteps};
use crate::model::{BlockId, Network, Op, Role, Weights};
use ndarray::{Array2, ArrayView2, Axis, Ix2, concatenate, s};
use serde::{Deserialize, Serialize};

/// One matrix of a recurrent cell: a part of its pre-activation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuantPart {
    /// The block that makes the input vector, or the cell itself (recurrent part).
    pub source: BlockId,
    /// `source`'s name, or `h` for the recurrent part.
    pub name: String,
    pub matrix: IntMatrix,
    /// Accumulator to pre-activation.
    pub shift: i32,
}

/// A recurrent cell in integers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuantCell {
    pub kind: CellKind,
    pub hidden: usize,
    /// Input parts in order, the recurrent part last.
    pub parts: Vec<QuantPart>,
    pub h: Format,
    /// LSTM only.
    pub c: Option<Format>,
    /// The bridge that gives h_0 (and c_0).
    pub init: Option<BlockId>,
}

/// A block in integers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum QuantBlock {
    /// DAC codes [vocabulary, size].
    Embedding {
        codes: Array2<i32>,
    },
    Cell(QuantCell),
    /// Outputs 0..size are the mean, size..2*size the log-variance.
    Moments {
        matrix: IntMatrix,
        size: usize,
        shift: i32,
    },
    Latent {
        moments: Vec<BlockId>,
    },
    /// `shift` leads to the reader's h format, `shift_c` to its c format.
    Linear {
        matrix: IntMatrix,
        shift: i32,
        shift_c: Option<i32>,
    },
    Vocabulary {
        matrix: IntMatrix,
        logit: Format,
        shift: i32,
    },
}

impl QuantBlock {
    /// Names of the block's matrices, which are those of their tiles: `<block>` or
    /// `<block>_<part>`.
    pub fn matrix_names(&self, block: &str) -> Vec<String> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| format!("{block}_{}", p.name)).collect(),
            QuantBlock::Embedding { .. } | QuantBlock::Latent { .. } => Vec::new(),
            QuantBlock::Moments { .. } | QuantBlock::Linear { .. } | QuantBlock::Vocabulary { .. } => {
                vec![block.to_string()]
            }
        }
    }

    /// The block's matrices, in the order of their names.
    pub fn matrices(&self) -> Vec<&IntMatrix> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| &p.matrix).collect(),
            QuantBlock::Embedding { .. } | QuantBlock::Latent { .. } => Vec::new(),
            QuantBlock::Moments { matrix, .. }
            | QuantBlock::Linear { matrix, .. }
            | QuantBlock::Vocabulary { matrix, .. } => vec![matrix],
        }
    }
}

/// The network in integers, with the tables its gates read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuantNet {
    pub network: Network,
    pub fixed: Fixed,
    pub blocks: Vec<QuantBlock>,
    /// Format of the codes that drive word lines with the block's vector, where it drives any.
    pub dac: Vec<Option<Format>>,
    pub sigmoid: Table,
    pub tanh: Table,
    pub exp_half: Table,
    /// Of the log-probabilities: 2^-f and log2(1 + f) of a 16-bit fraction.
    pub exp2_fraction: Table,
    pub log2_fraction: Table,
    pub half_normal: OctaveTable,
    pub gumbel: OctaveTable,
}

/// Why a network cannot be put into these integers.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum QuantError {
    #[error(
        "[fixed] weight_bits = {weight_bits} and input_bits = {input_bits}: expected a sum of at most 20 \
         (exact 32-bit products over 2048 rows), got {}; lower one of them", weight_bits + input_bits
    )]
    TooWide { weight_bits: u32, input_bits: u32 },
    #[error(
        "[model] latent_steps = \"{}\": expected \"last\", the z that the accelerator takes; train that variant, or evaluate this one with --on float",
        .0.name()
    )]
    Steps(LatentSteps),
    #[error(
        "[model] latent_from = \"top-down\": expected \"both\" or \"top\", whose latents the accelerator takes all at once; train one of these, or evaluate this one with --on float"
    )]
    TopDown,
}

impl QuantNet {
    /// Quantises every block with the ranges of `calibration`.
    pub fn new(
        network: &Network,
        weights: &Weights,
        fixed: &Fixed,
        calibration: &Calibration,
    ) -> Result<Self, QuantError> {
        let (weight_bits, input_bits) = (fixed.weight_bits, fixed.input_bits);
        if weight_bits + input_bits > 20 {
            return Err(QuantError::TooWide { weight_bits, input_bits });
        }
        match network.latent_steps() {
            LatentSteps::Last => {}
            steps => return Err(QuantError::Steps(steps)),
        }
        if !network.latent_drawn_at_once() {
            return Err(QuantError::TopDown);
        }
        let builder =
            Builder { network, weights, fixed, calibration, dac: dac_formats(network, fixed, calibration) };
        let blocks = (0..network.blocks.len()).map(|id| builder.block(id)).collect();
        let pre = Format::new(fixed.pre_bits, fixed.pre_frac as i32);
        let state = Format::new(fixed.state_bits, fixed.pre_frac as i32);
        let table = |f, input| Table::new(f, input, fixed.table_bits, fixed.table_address_bits);
        Ok(QuantNet {
            network: network.clone(),
            fixed: fixed.clone(),
            blocks,
            dac: builder.dac,
            sigmoid: table(Function::Sigmoid, pre),
            tanh: table(Function::Tanh, pre),
            exp_half: table(Function::ExpHalf, state),
            exp2_fraction: Table::of_fraction(Function::Exp2Fraction),
            log2_fraction: Table::of_fraction(Function::Log2Fraction),
            half_normal: OctaveTable::half_normal(),
            gumbel: OctaveTable::gumbel(),
        })
    }

    /// Format of latent moments and of z.
    pub fn moment_format(&self) -> Format {
        Format::new(self.fixed.state_bits, self.fixed.pre_frac as i32)
    }

    pub fn cell(&self, id: BlockId) -> &QuantCell {
        match &self.blocks[id] {
            QuantBlock::Cell(cell) => cell,
            _ => panic!("block {} is not a cell", self.network.blocks[id].name),
        }
    }

    /// Every matrix with the name of its tiles.
    pub fn matrices(&self) -> Vec<(String, &IntMatrix)> {
        let blocks = self.network.blocks.iter().zip(&self.blocks);
        blocks
            .flat_map(|(block, quant)| quant.matrix_names(&block.name).into_iter().zip(quant.matrices()))
            .collect()
    }

    /// Number of a block's first matrix among all of [`matrices`](Self::matrices).
    pub fn first_matrix(&self, id: BlockId) -> usize {
        self.blocks[..id].iter().map(|b| b.matrices().len()).sum()
    }
}

/// The vectors that drive word lines in the name of block `id`: what it hands on,
/// and for a cell also the h_0 that its bridge gives.
fn driving(network: &Network, id: BlockId) -> Option<Vec<(BlockId, Role)>> {
    match &network.blocks[id].op {
        Op::Embedding { .. } | Op::Latent { .. } => Some(vec![(id, Role::Output)]),
        Op::Cell { init, .. } => {
            Some([Some(id), *init].into_iter().flatten().map(|b| (b, Role::Output)).collect())
        }
        Op::Moments { .. } | Op::Linear { .. } | Op::Vocabulary { .. } => None,
    }
}

fn dac_formats(network: &Network, fixed: &Fixed, seen: &Calibration) -> Vec<Option<Format>> {
    let ids = 0..network.blocks.len();
    ids.map(|id| driving(network, id).map(|vectors| seen.format(&vectors, fixed.input_bits))).collect()
}

struct Builder<'a> {
    network: &'a Network,
    weights: &'a Weights,
    fixed: &'a Fixed,
    calibration: &'a Calibration,
    dac: Vec<Option<Format>>,
}

impl Builder<'_> {
    fn matrix(&self, id: BlockId, suffix: &str) -> ArrayView2<'_, f32> {
        let tensor = self.weights.get(&format!("{}.{suffix}", self.network.blocks[id].name));
        tensor.view().into_dimensionality::<Ix2>().expect("the weights were checked against the network")
    }

    fn vector(&self, id: BlockId, suffix: &str) -> Vec<f64> {
        let name = format!("{}.{suffix}", self.network.blocks[id].name);
        self.weights.get(&name).iter().map(|&b| f64::from(b)).collect()
    }

    fn dac(&self, id: BlockId) -> Format {
        self.dac[id].unwrap_or_else(|| panic!("block {} drives no word lines", self.network.blocks[id].name))
    }

    fn int(&self, weights: ArrayView2<f32>, bias: Option<&[f64]>, source: BlockId) -> IntMatrix {
        let (bits, values) = (self.fixed.weight_bits, weights.iter().map(|&w| f64::from(w)));
        let format = match self.fixed.weight_clip {
            Some(share) => clipping_format(values, bits, share),
            None => best_format(values, bits),
        };
        IntMatrix::in_format(weights, bias, format, self.dac(source))
    }

    fn block(&self, id: BlockId) -> QuantBlock {
        let moment_frac = self.fixed.pre_frac as i32;
        match &self.network.blocks[id].op {
            Op::Embedding { .. } => {
                let format = self.dac(id);
                QuantBlock::Embedding {
                    codes: self.matrix(id, "weight").mapv(|w| format.encode(f64::from(w)) as i32),
                }
            }
            Op::Cell { kind, hidden, inputs, init } => {
                QuantBlock::Cell(self.cell(id, *kind, *hidden, inputs, *init))
            }
            Op::Moments { size, input, .. } => {
                let both = [self.matrix(id, "mean.weight"), self.matrix(id, "log_variance.weight")];
                let weights = concatenate(Axis(0), &both).expect("same input width");
                let bias = [self.vector(id, "mean.bias"), self.vector(id, "log_variance.bias")].concat();
                let matrix = self.int(weights.view(), Some(&bias), *input);
                QuantBlock::Moments { shift: matrix.sum_frac() - moment_frac, matrix, size: *size }
            }
            Op::Latent { moments, .. } => QuantBlock::Latent { moments: moments.clone() },
            Op::Linear { input, bias, .. } => {
                let bias = bias.then(|| self.vector(id, "bias"));
                let matrix = self.int(self.matrix(id, "weight"), bias.as_deref(), *input);
                let reader = self
                    .network
                    .blocks
                    .iter()
                    .position(|b| matches!(b.op, Op::Cell { init, .. } if init == Some(id)));
                let (h, c) = reader
                    .map_or((Format::new(self.fixed.state_bits, moment_frac), None), |r| self.states(r));
                QuantBlock::Linear {
                    shift: matrix.sum_frac() - h.frac,
                    shift_c: c.map(|c| matrix.sum_frac() - c.frac),
                    matrix,
                }
            }
            Op::Vocabulary { input } => {
                let bias = self.vector(id, "bias");
                let matrix = self.int(self.matrix(id, "weight"), Some(&bias), *input);
                let logit = self.calibration.format(&[(id, Role::Output)], self.fixed.logit_bits);
                QuantBlock::Vocabulary { shift: matrix.sum_frac() - logit.frac, matrix, logit }
            }
        }
    }

    /// Formats of a cell's h and, for an LSTM, c.
    fn states(&self, id: BlockId) -> (Format, Option<Format>) {
        let bits = self.fixed.state_bits;
        let Op::Cell { kind, .. } = self.network.blocks[id].op else {
            unreachable!("only cells have states")
        };
        // At least the resolution of the DAC codes that are taken from h.
        let vectors = driving(self.network, id).expect("a cell drives word lines");
        let mut h = self.calibration.format(&vectors, bits);
        h.frac = h.frac.max(self.dac(id).frac);
        let c = (kind == CellKind::Lstm).then(|| self.calibration.format(&[(id, Role::Cell)], bits));
        (h, c)
    }

    fn cell(
        &self,
        id: BlockId,
        kind: CellKind,
        hidden: usize,
        inputs: &[BlockId],
        init: Option<BlockId>,
    ) -> QuantCell {
        let (bias_x, bias_h) = self.biases(id, kind, hidden);
        let all = self.matrix(id, "weight_ih_l0");
        let pre_frac = self.fixed.pre_frac as i32;
        let part = |source, name: &str, weights: ArrayView2<f32>, bias: Option<&[f64]>| {
            let matrix = self.int(weights, bias, source);
            QuantPart { source, name: name.into(), shift: matrix.sum_frac() - pre_frac, matrix }
        };
        let mut parts = Vec::new();
        let mut from = 0;
        for (i, &source) in inputs.iter().enumerate() {
            let to = from + self.network.width(source);
            let bias = (i == 0).then_some(bias_x.as_slice());
            parts.push(part(source, &self.network.blocks[source].name, all.slice(s![.., from..to]), bias));
            from = to;
        }
        parts.push(part(id, "h", self.matrix(id, "weight_hh_l0"), bias_h.as_deref()));
        let (h, c) = self.states(id);
        QuantCell { kind, hidden, parts, h, c, init }
    }

    /// Biases of the first input part and of the recurrent part. The two PyTorch
    /// biases are merged, save for the GRU candidate: n = tanh(W x + b + r * (U h + c)).
    fn biases(&self, id: BlockId, kind: CellKind, hidden: usize) -> (Vec<f64>, Option<Vec<f64>>) {
        let mut x = self.vector(id, "bias_ih_l0");
        let mut h = self.vector(id, "bias_hh_l0");
        let candidate = if kind == CellKind::Gru { 2 * hidden } else { x.len() };
        for (b, c) in x.iter_mut().zip(&mut h).take(candidate) {
            *b += std::mem::take(c);
        }
        (x, (kind == CellKind::Gru).then_some(h))
    }
}
