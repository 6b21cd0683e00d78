//! The whole network in integers: one entry per block, formats and shifts decided.

mod block;
mod check;

use super::bias::ClippedBias;
use super::builder::{Builder, Fits};
use super::{BlockIntegers, Calibration, Format, Function, IntMatrix, Integers, OctaveTable, Table};
use crate::config::{CellKind, Fixed};
use crate::model::{Activation, Block, BlockId, Edge, Network, Op, Weights};
pub use block::QuantBlock;
use check::check;
use serde::Serialize;

/// Bits of a frame in a word of a packet, the first one lowest.
pub const FRAME_BITS: usize = 16;

/// One matrix of a recurrent cell: a part of its pre-activation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantPart {
    /// What makes the input vector, or the cell itself (recurrent part).
    pub edge: Edge,
    /// Its name, or `h` for the recurrent part.
    pub name: String,
    /// Its weights and biases.
    pub matrix: IntMatrix,
    /// Accumulator to pre-activation.
    pub shift: i32,
}

/// A recurrent cell in integers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantCell {
    /// Which cell.
    pub kind: CellKind,
    /// Units.
    pub hidden: usize,
    /// Input parts in order, the recurrent part last.
    pub parts: Vec<QuantPart>,
    /// Of h.
    pub h: Format,
    /// LSTM only.
    pub c: Option<Format>,
    /// The bridge that gives h_0 (and c_0).
    pub init: Option<BlockId>,
}

/// The network in integers, with the tables its gates read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantNet {
    /// Its description.
    pub network: Network,
    /// Widths of all numbers.
    pub fixed: Fixed,
    /// In block order.
    pub blocks: Vec<QuantBlock>,
    /// Format of the codes that drive word lines with the block's vector, where it drives any.
    pub dac: Vec<Option<Format>>,
    /// Of gates and dense layers.
    pub sigmoid: Table,
    /// Of gates and dense layers.
    pub tanh: Table,
    /// Where some block has that activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaky_relu: Option<Table>,
    /// exp(x / 2) of log-variances.
    pub exp_half: Table,
    /// Of the log-probabilities: 2^-f and log2(1 + f) of a 16-bit fraction.
    pub exp2_fraction: Table,
    /// The second of the two.
    pub log2_fraction: Table,
    /// Where bits are written: what one costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub softplus: Option<Table>,
    /// Noise of latents: the magnitude of a normal number.
    pub half_normal: OctaveTable,
    /// Noise of tokens that are chosen.
    pub gumbel: OctaveTable,
    /// Where bits are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_logistic: Option<OctaveTable>,
    /// Biases that were larger than they can matter. Not stored: nothing of the hardware depends on it.
    #[serde(skip)]
    pub clipped: Vec<ClippedBias>,
}

/// Why a network cannot be put into these integers.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum QuantError {
    /// Sums are too wide to be exact.
    #[error(
        "[fixed] weight_bits = {weight_bits} and input_bits = {input_bits}: expected a sum of at most 20 \
         (exact 32-bit products over 2048 rows), got {}; lower one of them", weight_bits + input_bits
    )]
    TooWide {
        /// `[fixed] weight_bits`.
        weight_bits: u32,
        /// `[fixed] input_bits`.
        input_bits: u32,
    },
    /// A vector of the step before would be gone.
    #[error(
        "block {reader}: expected to read {source_block} before it is computed anew in a step, found that it must wait for it; \
         read its value of this step, or evaluate this network with --on float"
    )]
    Overtaken {
        /// Who reads.
        reader: String,
        /// What it reads.
        source_block: String,
    },
    /// Numbers beyond single precision.
    #[error(
        "block {block}: expected numbers while the network reads sentences, found some beyond single precision; train it again, or bound its weights"
    )]
    Infinite {
        /// The block.
        block: String,
    },
    /// The sequencer cannot count so far.
    #[error(
        "the job sequencer: expected at most {most} {what}, found {found}; take fewer levels, or smaller loops"
    )]
    TooLong {
        /// What it is of.
        what: &'static str,
        /// The most that there may be.
        most: usize,
        /// What was found.
        found: usize,
    },
    /// The accelerator keeps no such words.
    #[error(
        "block {reader}: expected to read what the accelerator keeps as words, found {source_block}, {why}; \
         read a linear block of it instead, or evaluate this network with --on float"
    )]
    Unread {
        /// Who reads.
        reader: String,
        /// What it reads.
        source_block: String,
        /// Why.
        why: &'static str,
    },
    /// It is there for training alone.
    #[error(
        "block {block}: expected a network without blocks that are there for training alone, found one; leave it out"
    )]
    Training {
        /// The block.
        block: String,
    },
    /// Words reach further than moments may.
    #[error(
        "block {block}: expected clamp = {limit}, where its words of [fixed] state_bits = {bits} with {frac} of a fraction end, \
         found {clamp}; set pre_frac = {to_do}, or train it with that clamp"
    )]
    Clamp {
        /// The block.
        block: String,
        /// Where words end.
        limit: f64,
        /// `[fixed] state_bits`.
        bits: u32,
        /// `[fixed] pre_frac`.
        frac: u32,
        /// The clamp of its moments.
        clamp: f32,
        /// What `pre_frac` would fit.
        to_do: String,
    },
    /// Frames are too large.
    #[error(
        "block {block}: expected frames of at most {most} bits, found {found}, more than the accelerator can address; \
         make them smaller, or evaluate this network with --on float"
    )]
    Bits {
        /// The block.
        block: String,
        /// The most that there may be.
        most: usize,
        /// What was found.
        found: usize,
    },
    /// What was stored is not of this network.
    #[error("{place}: expected {expected}, found {found}")]
    Stored {
        /// Where.
        place: String,
        /// What should be there.
        expected: String,
        /// What was found.
        found: String,
    },
}

impl QuantNet {
    /// Quantises every block with the ranges of `calibration`, and the weights of every matrix in `fits` for what drives it.
    ///
    /// # Errors
    ///
    /// The network has no hardware, sums are too wide, or numbers are not finite.
    pub fn fitted(
        network: &Network,
        weights: &Weights,
        fixed: &Fixed,
        calibration: &Calibration,
        fits: &Fits,
    ) -> Result<Self, QuantError> {
        check(network, fixed)?;
        if let Some(block) = calibration.infinite {
            return Err(QuantError::Infinite { block: network.blocks[block].name.clone() });
        }
        let builder = Builder::new(network, weights, fixed, calibration, fits);
        let (integers, clipped) = builder.integers();
        Ok(QuantNet { clipped, ..Self::assemble(network, fixed, integers)? })
    }

    /// The network whose weights and ranges are `integers`; everything else follows from `network` and `fixed`.
    ///
    /// # Errors
    ///
    /// The integers are not of that network.
    pub fn assemble(network: &Network, fixed: &Fixed, integers: Integers) -> Result<Self, QuantError> {
        check(network, fixed)?;
        let (blocks, dac) = integers.blocks(network, fixed)?;
        let pre = Format::new(fixed.pre_bits, fixed.pre_frac as i32);
        let state = Format::new(fixed.state_bits, fixed.pre_frac as i32);
        let table = |f, input| Table::new(f, input, fixed.table_bits, fixed.table_address_bits);
        Ok(QuantNet {
            network: network.clone(),
            fixed: fixed.clone(),
            blocks,
            dac,
            sigmoid: table(Function::Sigmoid, pre),
            tanh: table(Function::Tanh, pre),
            leaky_relu: network.blocks.iter().any(is_leaky).then(|| table(Function::LeakyRelu, pre)),
            exp_half: table(Function::ExpHalf, state),
            exp2_fraction: Table::of_fraction(Function::Exp2Fraction),
            log2_fraction: Table::of_fraction(Function::Log2Fraction),
            softplus: network.bits_block().map(|_| Table::of_softplus()),
            half_normal: OctaveTable::half_normal(),
            gumbel: OctaveTable::gumbel(),
            half_logistic: network.bits_block().map(|_| OctaveTable::half_logistic()),
            clipped: Vec::new(),
        })
    }

    /// What has to be stored of it: [`assemble`](Self::assemble) gives the same network again.
    pub fn integers(&self) -> Integers {
        let block = |(block, dac): (&QuantBlock, &Option<Format>)| BlockIntegers {
            dac: dac.map(|f| f.frac),
            ..block.into()
        };
        Integers(self.blocks.iter().zip(&self.dac).map(block).collect())
    }

    /// The table of an activation; none where nothing is done.
    ///
    /// # Panics
    /// If no block has that activation.
    pub fn table(&self, activation: Activation) -> Option<&Table> {
        match activation {
            Activation::None => None,
            Activation::Tanh => Some(&self.tanh),
            Activation::Sigmoid => Some(&self.sigmoid),
            Activation::LeakyRelu => Some(self.leaky_relu.as_ref().expect("a block with a leaky rectifier")),
        }
    }

    /// Every table whose image the hardware reads.
    pub fn tables(&self) -> Vec<&Table> {
        let always = [&self.sigmoid, &self.tanh, &self.exp_half, &self.exp2_fraction, &self.log2_fraction];
        always.into_iter().chain(&self.leaky_relu).chain(&self.softplus).collect()
    }

    /// Every table of noise by the name of its image.
    pub fn noises(&self) -> Vec<(&'static str, &OctaveTable)> {
        let always = [("half_normal", &self.half_normal), ("gumbel", &self.gumbel)];
        always.into_iter().chain(self.half_logistic.iter().map(|table| ("half_logistic", table))).collect()
    }

    /// The word of a bit that is 1; none where no frames of bits are read.
    pub fn one(&self) -> Option<i64> {
        self.network.bits_block()?;
        self.blocks.iter().find_map(|block| match block {
            QuantBlock::Input { word } => Some(word.encode(1.0)),
            _ => None,
        })
    }

    /// Words of a frame of bits, [`FRAME_BITS`] bits each; none where no bits are written.
    pub fn frame_words(&self) -> Option<usize> {
        self.network.bits_block().map(|bits| self.network.width(bits).div_ceil(FRAME_BITS))
    }

    /// Format of latent moments and of z.
    pub fn moment_format(&self) -> Format {
        Format::new(self.fixed.state_bits, self.fixed.pre_frac as i32)
    }

    /// Fraction bits of the words of a block that elementwise blocks can read.
    pub fn word_frac(&self, id: BlockId) -> i32 {
        match &self.blocks[id] {
            QuantBlock::Cell(cell) => cell.h.frac,
            QuantBlock::Input { word }
            | QuantBlock::Dense { word, .. }
            | QuantBlock::Accumulate { word, .. }
            | QuantBlock::Elementwise { word, .. } => word.frac,
            QuantBlock::Vocabulary { logit, .. }
            | QuantBlock::Label { logit, .. }
            | QuantBlock::Bits { logit, .. } => logit.frac,
            QuantBlock::Slice { source, .. } => self.word_frac(*source),
            // Their words are codes.
            QuantBlock::Embedding { .. } => self.dac[id].map_or(0, |dac| dac.frac),
            QuantBlock::Moments { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Join
            | QuantBlock::Flow { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Values { .. } => self.moment_format().frac,
        }
    }

    /// The cell of a block that is one.
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

fn is_leaky(block: &Block) -> bool {
    matches!(block.op, Op::Linear { activation: Activation::LeakyRelu, .. })
}
