//! Real numbers to the integers of a network: scales from weights, ranges from calibration.

use super::bias::{Bias, ClippedBias};
use super::driven::Statistics;
use super::fit::Rounding;
use super::{BlockIntegers, Calibration, Format, IntMatrix, Integers, QuantError, QuantNet};
use crate::config::{CellKind, Fixed};
use crate::model::{BlockId, Network, Op, Role, Weights};
use ndarray::{ArrayView2, Axis, Ix2, concatenate, s};
use std::collections::BTreeMap;

/// The vectors that drive word lines in the name of block `id`: what it hands on,
/// and for a cell also the h_0 that its bridge gives.
fn driving(network: &Network, id: BlockId) -> Vec<(BlockId, Role)> {
    let start = match &network.blocks[id].op {
        Op::Cell { init, .. } => *init,
        _ => None,
    };
    [Some(id), start].into_iter().flatten().map(|b| (b, Role::Output)).collect()
}

impl QuantNet {
    /// Quantises every block with the ranges of `calibration`, each weight to the nearest code.
    ///
    /// # Errors
    ///
    /// The network has no hardware, sums are too wide, or numbers are not finite.
    pub fn new(
        network: &Network,
        weights: &Weights,
        fixed: &Fixed,
        calibration: &Calibration,
    ) -> Result<Self, QuantError> {
        Self::fitted(network, weights, fixed, calibration, &Fits::new())
    }
}

/// Makes integers of real numbers, block by block.
pub struct Builder<'a> {
    network: &'a Network,
    weights: &'a Weights,
    fixed: &'a Fixed,
    calibration: &'a Calibration,
    fits: &'a Fits,
    dac: Vec<Option<Format>>,
}

/// Of matrices, by block and number among its matrices, what drives them.
pub type Fits = BTreeMap<(BlockId, usize), Statistics>;

/// A matrix on its way to integers: number `part` of block `id`, driven by block `source`.
struct Wanted<'a> {
    id: BlockId,
    part: usize,
    weights: ArrayView2<'a, f32>,
    source: BlockId,
}

impl<'a> Builder<'a> {
    /// Decides the formats of codes; the rest follows block by block.
    pub fn new(
        network: &'a Network,
        weights: &'a Weights,
        fixed: &'a Fixed,
        calibration: &'a Calibration,
        fits: &'a Fits,
    ) -> Builder<'a> {
        let joined = network.joined();
        let dac = |id: BlockId| {
            let together = (0..network.blocks.len()).filter(|&other| joined[other] == joined[id]);
            let vectors: Vec<_> = together.flat_map(|other| driving(network, other)).collect();
            network.drives(id).then(|| calibration.format(&vectors, fixed.input_bits))
        };
        let dac = (0..network.blocks.len()).map(dac).collect();
        Builder { network, weights, fixed, calibration, fits, dac }
    }

    /// The integers of every block, and the biases that were larger than they can matter.
    pub fn integers(&self) -> (Integers, Vec<ClippedBias>) {
        let mut clipped = Vec::new();
        let blocks = (0..self.network.blocks.len()).map(|id| self.block(id, &mut clipped)).collect();
        (Integers(blocks), clipped)
    }

    fn tensor(&self, id: BlockId, suffix: &str) -> String {
        format!("{}.{suffix}", self.network.blocks[id].name)
    }

    fn matrix(&self, id: BlockId, suffix: &str) -> ArrayView2<'_, f32> {
        let tensor = self.weights.get(&self.tensor(self.network.owner(id), suffix));
        tensor.view().into_dimensionality::<Ix2>().expect("the weights were checked against the network")
    }

    /// Biases one after the other.
    fn bias(&self, id: BlockId, suffixes: &[&str]) -> Bias {
        let mut bias = Bias { values: Vec::new(), tensors: Vec::new() };
        for suffix in suffixes {
            let name = self.tensor(id, suffix);
            let values = self.weights.get(&name).iter().map(|&b| f64::from(b));
            bias.values.extend(values);
            bias.tensors.push((name.clone(), self.weights.get(&name).len()));
        }
        bias
    }

    fn dac(&self, id: BlockId) -> Format {
        self.dac[id].unwrap_or_else(|| panic!("block {} drives no word lines", self.network.blocks[id].name))
    }

    fn rounding(&self, id: BlockId, part: usize) -> Rounding<'_> {
        Rounding {
            bits: self.fixed.weight_bits,
            clip: self.fixed.weight_clip,
            by_column: self.fixed.column_scales,
            statistics: self.fits.get(&(id, part)),
        }
    }

    /// A matrix read in the formats `outputs`.
    fn int(
        &self,
        wanted: Wanted<'_>,
        bias: &Bias,
        outputs: &[Format],
        clipped: &mut Vec<ClippedBias>,
    ) -> IntMatrix {
        let Wanted { id, part, weights, source } = wanted;
        let rounding = self.rounding(id, part);
        let (format, input) = (rounding.format(weights), self.dac(source));
        let (matrix, lost) = IntMatrix::bounded(weights, bias, format, (input, outputs), rounding);
        clipped.extend(lost);
        matrix
    }

    /// The same without biases, and what it is off by on the mean.
    fn without_bias(&self, wanted: &Wanted<'_>) -> (IntMatrix, Vec<f64>) {
        let rounding = self.rounding(wanted.id, wanted.part);
        let format = rounding.format(wanted.weights);
        let rounded = rounding.round(wanted.weights, None, format);
        let shift = rounded.shift.clone();
        (IntMatrix::of_codes(rounded, None, format, self.dac(wanted.source)), shift)
    }

    /// The one matrix of a block.
    fn only(
        &self,
        id: BlockId,
        weights: ArrayView2<'_, f32>,
        bias: &Bias,
        outputs: &[Format],
        clipped: &mut Vec<ClippedBias>,
    ) -> IntMatrix {
        self.int(Wanted { id, part: 0, weights, source: self.source(id) }, bias, outputs, clipped)
    }

    fn block(&self, id: BlockId, clipped: &mut Vec<ClippedBias>) -> BlockIntegers {
        let state = Format::new(self.fixed.state_bits, self.fixed.pre_frac as i32);
        let empty = BlockIntegers { dac: self.dac[id].map(|f| f.frac), ..BlockIntegers::default() };
        match &self.network.blocks[id].op {
            Op::Embedding { .. } => {
                let format = self.dac(id);
                let codes = self.matrix(id, "weight").mapv(|w| format.encode(f64::from(w)) as i32);
                BlockIntegers { codes: Some(codes), ..empty }
            }
            Op::Input { .. } | Op::Elementwise { .. } | Op::Accumulate { .. } => {
                BlockIntegers { words: vec![self.word(id).frac], ..empty }
            }
            Op::Cell { kind, hidden, .. } => {
                let (h, c) = self.states(id, *kind);
                let parts = self.parts(id, *kind, *hidden, clipped);
                BlockIntegers {
                    words: [Some(h), c].into_iter().flatten().map(|f| f.frac).collect(),
                    matrices: parts.into_iter().map(Into::into).collect(),
                    ..empty
                }
            }
            Op::Moments { .. } | Op::Values { .. } => {
                let both = [self.matrix(id, "mean.weight"), self.matrix(id, "log_variance.weight")];
                let weights = concatenate(Axis(0), &both).expect("same input width");
                let bias = self.bias(id, &["mean.bias", "log_variance.bias"]);
                let matrix = self.only(id, weights.view(), &bias, &[state], clipped);
                BlockIntegers { matrices: vec![matrix.into()], ..empty }
            }
            // What is there for training alone has been refused.
            Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Auxiliary { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Flow { .. } => empty,
            Op::Linear { bias, .. } => {
                let start = self.network.start_of(id).map(|(reader, kind)| {
                    let (h, c) = self.states(reader, kind);
                    (h, c.filter(|_| self.network.memory_start(reader).is_some()))
                });
                let pre = Format::new(self.fixed.pre_bits, self.fixed.pre_frac as i32);
                let (outputs, words) = match start {
                    Some((h, c)) => ([Some(h), c].into_iter().flatten().collect(), Vec::new()),
                    None => (vec![pre], vec![self.word(id).frac]),
                };
                let weights = self.matrix(id, "weight");
                let matrix = match bias {
                    true => self.only(id, weights, &self.bias(id, &["bias"]), &outputs, clipped),
                    false => self.without_bias(&Wanted { id, part: 0, weights, source: self.source(id) }).0,
                };
                BlockIntegers { words, matrices: vec![matrix.into()], ..empty }
            }
            Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                let bias = self.bias(id, &["bias"]);
                let logit = self.calibration.format(&[(id, Role::Output)], self.fixed.logit_bits);
                let matrix = self.only(id, self.matrix(id, "weight"), &bias, &[logit], clipped);
                BlockIntegers { words: vec![logit.frac], matrices: vec![matrix.into()], ..empty }
            }
        }
    }

    /// Formats of a cell's h and, for an LSTM, c.
    fn states(&self, id: BlockId, kind: CellKind) -> (Format, Option<Format>) {
        let bits = self.fixed.state_bits;
        // At least the resolution of the DAC codes that are taken from h.
        let mut h = self.calibration.format(&driving(self.network, id), bits);
        h.frac = h.frac.max(self.dac(id).frac);
        let c = (kind == CellKind::Lstm).then(|| self.calibration.format(&[(id, Role::Cell)], bits));
        (h, c)
    }

    /// The format of the words of a block whose vector drives word lines.
    fn word(&self, id: BlockId) -> Format {
        // What carries z on has its words, so that what is added can be taken away again.
        if self.network.carried().contains(&id) {
            return Format::new(self.fixed.state_bits, self.fixed.pre_frac as i32);
        }
        let mut word = self.calibration.format(&[(id, Role::Output)], self.fixed.state_bits);
        // At least the resolution of the codes that are taken from it.
        word.frac = word.frac.max(self.dac[id].map_or(word.frac, |dac| dac.frac));
        word
    }

    /// One of the blocks that a matrix over all inputs reads: they share a format.
    fn source(&self, id: BlockId) -> BlockId {
        self.network.inputs(id)[0]
    }

    /// The matrices of a cell, one an input, then the recurrent one.
    fn parts(
        &self,
        id: BlockId,
        kind: CellKind,
        hidden: usize,
        clipped: &mut Vec<ClippedBias>,
    ) -> Vec<IntMatrix> {
        let (mut bias_x, bias_h) = self.biases(id, kind, hidden);
        let all = self.matrix(id, "weight_ih_l0");
        let pre = [Format::new(self.fixed.pre_bits, self.fixed.pre_frac as i32)];
        let mut from = 0;
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for (part, source) in self.network.inputs(id).into_iter().enumerate() {
            let to = from + self.network.width(source);
            wanted.push(Wanted { id, part, weights: all.slice_move(s![.., from..to]), source });
            from = to;
        }
        let part = wanted.len();
        wanted.push(Wanted { id, part, weights: self.matrix(id, "weight_hh_l0"), source: id });
        let mut wanted = wanted.into_iter();
        let first = wanted.next().expect("a cell has an input");
        let mut of_rest = Vec::new();
        let rest = wanted.map(|wanted| match &bias_h {
            Some(bias) if wanted.part == part => self.int(wanted, bias, &pre, &mut of_rest),
            _ => {
                // What it is off by on the mean is added to what has a bias.
                let (matrix, shift) = self.without_bias(&wanted);
                bias_x.values.iter_mut().zip(shift).for_each(|(bias, shift)| *bias += shift);
                matrix
            }
        });
        let rest: Vec<IntMatrix> = rest.collect();
        let mut parts = vec![self.int(first, &bias_x, &pre, clipped)];
        parts.extend(rest);
        clipped.extend(of_rest);
        parts
    }

    /// Biases of the first input part and of the recurrent part. The two PyTorch
    /// biases are merged, save for the GRU candidate: n = tanh(W x + b + r * (U h + c)).
    fn biases(&self, id: BlockId, kind: CellKind, hidden: usize) -> (Bias, Option<Bias>) {
        let mut x = self.bias(id, &["bias_ih_l0"]);
        let mut h = self.bias(id, &["bias_hh_l0"]);
        let candidate = if kind == CellKind::Gru { 2 * hidden } else { x.values.len() };
        for (b, c) in x.values.iter_mut().zip(&mut h.values).take(candidate) {
            *b += std::mem::take(c);
        }
        x.tensors[0].0 += &format!(" + {}", self.tensor(id, "bias_hh_l0"));
        (x, (kind == CellKind::Gru).then_some(h))
    }
}
