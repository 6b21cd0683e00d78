//! What of a network in integers weights and data decide: all that has to be stored of it.
//!
//! Shifts, tables, names and sizes follow from the network and `[fixed]`, so they stand nowhere and
//! cannot be wrong.

use super::bias::{coarse_bit, most_rows};
use super::format::MOST_FRAC;
use super::{Format, GAIN_FRAC, IntMatrix, QuantBlock, QuantCell, QuantError, QuantPart};
use crate::config::{CellKind, Fixed};
use crate::model::{BlockId, Edge, Network, Op};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// By block, in block order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Integers(pub Vec<BlockIntegers>);

/// Of one block.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockIntegers {
    /// Fraction bits of the codes that drive word lines with the block's vector, where it drives any.
    pub dac: Option<i32>,
    /// Fraction bits of its words, where they are its own: h and, of an LSTM, c; logits.
    pub words: Vec<i32>,
    /// Of an embedding: DAC codes [vocabulary, size].
    pub codes: Option<Array2<i32>>,
    /// In the order of [`QuantBlock::matrices`].
    pub matrices: Vec<MatrixIntegers>,
}

/// Of one matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixIntegers {
    /// [outputs, inputs + bias rows].
    pub weights: Array2<i32>,
    /// Fraction bits of the weights.
    pub frac: i32,
    /// Of each output, what its accumulator is multiplied by, with [`GAIN_FRAC`] fraction bits; absent: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<u32>,
}

impl From<IntMatrix> for MatrixIntegers {
    fn from(matrix: IntMatrix) -> Self {
        MatrixIntegers { weights: matrix.weights, frac: matrix.weight.frac, gains: matrix.gains }
    }
}

type Parts = (Vec<QuantBlock>, Vec<Option<Format>>);

impl Integers {
    /// Every block with its formats, if these are integers of `network` in the widths of `fixed`.
    pub(super) fn blocks(self, network: &Network, fixed: &Fixed) -> Result<Parts, QuantError> {
        let count = network.blocks.len();
        if self.0.len() != count {
            return Err(QuantError::Stored {
                place: "blocks".into(),
                expected: count.to_string(),
                found: self.0.len().to_string(),
            });
        }
        let dac: Vec<Option<i32>> = self.0.iter().map(|b| b.dac).collect();
        let words: Vec<Vec<i32>> = self.0.iter().map(|b| b.words.clone()).collect();
        let check = Check { network, fixed, dac: &dac, words: &words };
        let formats = (0..count).map(|id| check.of(id).drives()).collect::<Result<Vec<_>, _>>()?;
        let blocks = self.0.into_iter().enumerate().map(|(id, block)| check.of(id).block(block));
        Ok((blocks.collect::<Result<_, _>>()?, formats))
    }
}

/// The formats of all blocks, as they were stored.
struct Check<'a> {
    network: &'a Network,
    fixed: &'a Fixed,
    dac: &'a [Option<i32>],
    words: &'a [Vec<i32>],
}

impl<'a> Check<'a> {
    fn of(&'a self, id: BlockId) -> CheckBlock<'a> {
        CheckBlock { all: self, id, name: &self.network.blocks[id].name }
    }
}

struct CheckBlock<'a> {
    all: &'a Check<'a>,
    id: BlockId,
    name: &'a str,
}

impl CheckBlock<'_> {
    fn wrong<T>(&self, expected: impl Into<String>, found: impl ToString) -> Result<T, QuantError> {
        let place = format!("block {}", self.name);
        Err(QuantError::Stored { place, expected: expected.into(), found: found.to_string() })
    }

    fn format(&self, bits: u32, frac: i32) -> Result<Format, QuantError> {
        match (-MOST_FRAC..=MOST_FRAC).contains(&frac) {
            true => Ok(Format::new(bits, frac)),
            false => self.wrong(format!("-{MOST_FRAC} to {MOST_FRAC} fraction bits"), frac),
        }
    }

    /// The format of the codes that drive word lines in its name.
    fn drives(&self) -> Result<Option<Format>, QuantError> {
        match (self.all.network.drives(self.id), self.all.dac[self.id]) {
            (true, Some(frac)) => self.format(self.all.fixed.input_bits, frac).map(Some),
            (false, None) => Ok(None),
            (true, None) => self.wrong("a format of its codes", "none"),
            (false, Some(frac)) => self.wrong("no codes", format!("a format of {frac} fraction bits")),
        }
    }

    /// The formats of its words, `count` of them.
    fn words(&self, bits: u32, count: usize) -> Result<Vec<Format>, QuantError> {
        let words = &self.all.words[self.id];
        match words.len() == count {
            true => words.iter().map(|&frac| self.format(bits, frac)).collect(),
            false => self.wrong(format!("{count} formats of words"), words.len()),
        }
    }

    fn block(&self, stored: BlockIntegers) -> Result<QuantBlock, QuantError> {
        let (network, fixed) = (self.all.network, self.all.fixed);
        let moment_frac = fixed.pre_frac as i32;
        let op = &network.blocks[self.id].op;
        let mut given = stored.matrices.into_iter();
        let mut part = |outputs: usize, source: BlockId, bias: bool| match given.next() {
            Some(matrix) => self.matrix(matrix, (outputs, network.width(source)), bias, source),
            None => self.wrong("a matrix", "none"),
        };
        let block = match op {
            Op::Embedding { size } => match &stored.codes {
                Some(codes) => self.embedding(codes.clone(), (network.vocabulary, *size))?,
                None => return self.wrong("codes of an embedding", "none"),
            },
            Op::Input { .. } => QuantBlock::Input { word: self.words(fixed.state_bits, 1)?[0] },
            Op::Elementwise { function, .. } => {
                let word = self.words(fixed.state_bits, 1)?[0];
                if network.carried().contains(&self.id) && word.frac != moment_frac {
                    let found = format!("{} fraction bits", word.frac);
                    return self.wrong(format!("the words of z, {moment_frac} fraction bits"), found);
                }
                QuantBlock::Elementwise { function: *function, word }
            }
            Op::Cell { kind, hidden, init, .. } => {
                let mut words = self.words(fixed.state_bits, self.own_words())?.into_iter();
                let rows = kind.gates() * hidden;
                let mut parts = Vec::new();
                for (i, edge) in network.edges(self.id).into_iter().enumerate() {
                    let source = &network.blocks[edge.block].name;
                    let name = if edge.before { format!("{source}_before") } else { source.clone() };
                    parts.push((edge, name, part(rows, edge.block, i == 0)?));
                }
                parts.push((self.id.into(), "h".into(), part(rows, self.id, *kind == CellKind::Gru)?));
                let part = |(edge, name, matrix): (Edge, String, IntMatrix)| {
                    let shift = matrix.sum_frac() - fixed.pre_frac as i32;
                    QuantPart { edge, name, matrix, shift }
                };
                QuantBlock::Cell(QuantCell {
                    kind: *kind,
                    hidden: *hidden,
                    parts: parts.into_iter().map(part).collect(),
                    h: words.next().expect("as many as it has"),
                    c: words.next(),
                    init: *init,
                })
            }
            Op::Moments { size, .. } => {
                let matrix = self.whole(given.next(), 2 * size, true)?;
                QuantBlock::Moments { shift: matrix.sum_frac() - moment_frac, matrix, size: *size }
            }
            Op::Values { size, .. } => {
                let matrix = self.whole(given.next(), 2 * size, true)?;
                QuantBlock::Values { shift: matrix.sum_frac() - moment_frac, matrix, size: *size }
            }
            Op::Latent { moments, .. } => QuantBlock::Latent { moments: moments.clone() },
            Op::Draw { posterior, prior } => QuantBlock::Draw { posterior: *posterior, prior: *prior },
            Op::Slice { input, from, .. } => {
                self.shares(&[input.block])?;
                QuantBlock::Slice { source: input.block, from: *from }
            }
            Op::Join { .. } => QuantBlock::Join,
            Op::Accumulate { steps, .. } => {
                QuantBlock::Accumulate { steps: *steps, word: self.words(fixed.state_bits, 1)?[0] }
            }
            Op::Flow { latent, inputs } => {
                self.shares(&inputs.iter().map(|edge| edge.block).chain([*latent]).collect::<Vec<_>>())?;
                QuantBlock::Flow { latent: *latent }
            }
            Op::Auxiliary { .. } => return self.wrong("a block of the hardware", "one for training alone"),
            Op::Linear { outputs, bias, activation, .. } => {
                let matrix = self.whole(given.next(), *outputs, *bias)?;
                match network.start_of(self.id) {
                    None => QuantBlock::Dense {
                        shift: matrix.sum_frac() - moment_frac,
                        matrix,
                        activation: *activation,
                        word: self.words(fixed.state_bits, 1)?[0],
                    },
                    Some((reader, _)) => {
                        let gives_c = network.memory_start(reader).is_some();
                        let reader = self.all.of(reader);
                        let mut words = reader.words(fixed.state_bits, reader.own_words())?.into_iter();
                        let h = words.next().expect("as many as it has");
                        let c = words.next().filter(|_| gives_c);
                        QuantBlock::Linear {
                            shift: matrix.sum_frac() - h.frac,
                            shift_c: c.map(|c| matrix.sum_frac() - c.frac),
                            matrix,
                        }
                    }
                }
            }
            Op::Vocabulary { .. } => {
                let matrix = self.whole(given.next(), network.vocabulary, true)?;
                let logit = self.words(fixed.logit_bits, 1)?[0];
                QuantBlock::Vocabulary { shift: matrix.sum_frac() - logit.frac, matrix, logit }
            }
            Op::Label { classes, .. } => {
                let matrix = self.whole(given.next(), *classes, true)?;
                let logit = self.words(fixed.logit_bits, 1)?[0];
                QuantBlock::Label { shift: matrix.sum_frac() - logit.frac, matrix, logit }
            }
            Op::Bits { size, .. } => {
                let matrix = self.whole(given.next(), *size, true)?;
                let logit = self.words(fixed.logit_bits, 1)?[0];
                QuantBlock::Bits { shift: matrix.sum_frac() - logit.frac, matrix, logit }
            }
        };
        let more = given.count();
        let has_codes = matches!(op, Op::Embedding { .. }) == stored.codes.is_some();
        match more == 0 && has_codes && self.all.words[self.id].len() == self.own_words() {
            true => Ok(block),
            false => self
                .wrong("nothing that the block has no use for", format!("{more} matrices, words or codes")),
        }
    }

    /// It drives word lines, if it does, in the format of these blocks.
    fn shares(&self, others: &[BlockId]) -> Result<(), QuantError> {
        let Some(mine) = self.drives()? else { return Ok(()) };
        for &other in others {
            if self.all.of(other).drives()? != Some(mine) {
                let name = &self.all.network.blocks[other].name;
                return self.wrong(format!("codes in the format of {name}"), format!("{mine:?}"));
            }
        }
        Ok(())
    }

    /// How many formats of words are the block's own.
    fn own_words(&self) -> usize {
        match self.all.network.blocks[self.id].op {
            Op::Cell { kind, .. } => 1 + usize::from(kind == CellKind::Lstm),
            Op::Linear { .. } => usize::from(self.all.network.start_of(self.id).is_none()),
            Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Bits { .. }
            | Op::Input { .. }
            | Op::Accumulate { .. }
            | Op::Elementwise { .. } => 1,
            Op::Embedding { .. }
            | Op::Moments { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Auxiliary { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Flow { .. }
            | Op::Values { .. } => 0,
        }
    }

    fn embedding(&self, codes: Array2<i32>, shape: (usize, usize)) -> Result<QuantBlock, QuantError> {
        let format = Format::new(self.all.fixed.input_bits, 0);
        if codes.dim() != shape {
            return self.wrong(format!("codes of shape {shape:?}"), format!("{:?}", codes.dim()));
        }
        let fits = |code: &&i32| !(format.min()..=format.max()).contains(&i64::from(**code));
        match codes.iter().find(fits) {
            None => Ok(QuantBlock::Embedding { codes }),
            Some(code) => self.wrong(format!("codes of {} bits", format.bits), code),
        }
    }

    /// The matrix of a block that has one for all its inputs, which share a format.
    fn whole(
        &self,
        stored: Option<MatrixIntegers>,
        outputs: usize,
        bias: bool,
    ) -> Result<IntMatrix, QuantError> {
        let network = self.all.network;
        let inputs = network.inputs(self.id);
        let formats = inputs.iter().map(|&input| self.all.of(input).drives());
        let formats = formats.collect::<Result<Vec<_>, _>>()?;
        if let Some(other) = formats.iter().find(|f| **f != formats[0]) {
            return self.wrong(format!("inputs of one format, {:?}", formats[0]), format!("{other:?}"));
        }
        match stored {
            Some(matrix) => self.matrix(matrix, (outputs, network.fan_in(self.id)), bias, inputs[0]),
            None => self.wrong("a matrix", "none"),
        }
    }

    fn matrix(
        &self,
        stored: MatrixIntegers,
        (outputs, inputs): (usize, usize),
        bias: bool,
        source: BlockId,
    ) -> Result<IntMatrix, QuantError> {
        let MatrixIntegers { weights, frac, gains } = stored;
        let weight = self.format(self.all.fixed.weight_bits, frac)?;
        let Some(input) = self.all.of(source).drives()? else {
            return self.wrong("an input that drives word lines", &self.all.network.blocks[source].name);
        };
        let bias_fine = usize::from(bias);
        let least = inputs + bias_fine;
        let most = if bias { least + most_rows(inputs) } else { least };
        let (rows, columns) = weights.dim();
        if rows != outputs || !(least..=most).contains(&columns) {
            let expected = format!("a matrix of {outputs} x {least} to {most}");
            return self.wrong(expected, format!("{rows} x {columns}"));
        }
        let limit = weight.max() as i32;
        if let Some(code) = weights.iter().find(|w| !(-limit..=limit).contains(*w)) {
            return self.wrong(format!("weights within +-{limit}"), code);
        }
        let with_gains = if self.all.fixed.column_scales { outputs } else { 0 };
        if gains.len() != with_gains {
            return self.wrong(format!("{with_gains} gains of outputs"), gains.len());
        }
        if let Some(gain) = gains.iter().find(|&&gain| gain == 0 || gain >= 2 << GAIN_FRAC) {
            return self.wrong("gains above 0 and below 2", gain);
        }
        let bias_coarse = columns - least;
        let coarse_bit = coarse_bit(weight, input);
        let weights = weights.as_standard_layout().into_owned();
        Ok(IntMatrix { weights, inputs, bias_coarse, bias_fine, coarse_bit, weight, input, gains })
    }
}

impl From<&QuantBlock> for BlockIntegers {
    fn from(block: &QuantBlock) -> BlockIntegers {
        let words = match block {
            QuantBlock::Cell(cell) => [Some(cell.h), cell.c].into_iter().flatten().map(|f| f.frac).collect(),
            QuantBlock::Vocabulary { logit, .. }
            | QuantBlock::Label { logit, .. }
            | QuantBlock::Bits { logit, .. } => vec![logit.frac],
            QuantBlock::Input { word }
            | QuantBlock::Dense { word, .. }
            | QuantBlock::Accumulate { word, .. }
            | QuantBlock::Elementwise { word, .. } => {
                vec![word.frac]
            }
            QuantBlock::Embedding { .. }
            | QuantBlock::Moments { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Flow { .. }
            | QuantBlock::Values { .. } => Vec::new(),
        };
        let codes = match block {
            QuantBlock::Embedding { codes } => Some(codes.clone()),
            _ => None,
        };
        let matrices = block.matrices().into_iter().cloned().map(MatrixIntegers::from).collect();
        BlockIntegers { dac: None, words, codes, matrices }
    }
}
