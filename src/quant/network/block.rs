//! A block in integers, and its matrices.

use super::QuantCell;
use crate::config::LatentSteps;
use crate::model::{Activation, BlockId, Combination};
use crate::quant::{Format, IntMatrix};
use ndarray::Array2;
use serde::Serialize;

/// A block in integers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum QuantBlock {
    /// DAC codes [vocabulary, size].
    Embedding {
        /// By word.
        codes: Array2<i32>,
    },
    /// A recurrent cell.
    Cell(QuantCell),
    /// Outputs 0..size are the mean, size..2*size the log-variance.
    Moments {
        /// Means, then log-variances.
        matrix: IntMatrix,
        /// Dimensions.
        size: usize,
        /// Accumulator to word.
        shift: i32,
    },
    /// z of a sentence.
    Latent {
        /// Whose dimensions it joins, in order.
        moments: Vec<BlockId>,
    },
    /// A latent of every step, of moments in the same format.
    Draw {
        /// The Gaussian that has seen what the step must predict.
        posterior: BlockId,
        /// The one that has not; absent: standard normal.
        prior: Option<BlockId>,
    },
    /// `shift` leads to the reader's h format, `shift_c` to its c format.
    Linear {
        /// Its weights.
        matrix: IntMatrix,
        /// Accumulator to h_0.
        shift: i32,
        /// Accumulator to c_0, where the cell has one.
        shift_c: Option<i32>,
    },
    /// Logits of words.
    Vocabulary {
        /// Its weights and biases.
        matrix: IntMatrix,
        /// Of the logits.
        logit: Format,
        /// Accumulator to logit.
        shift: i32,
    },
    /// Frames come as words of this format.
    Input {
        /// Of a frame's numbers.
        word: Format,
    },
    /// A product with an activation, whose words drive word lines; `shift` leads to pre-activations.
    Dense {
        /// Its weights and biases.
        matrix: IntMatrix,
        /// Accumulator to pre-activation.
        shift: i32,
        /// What is done to each.
        activation: Activation,
        /// Of what it makes.
        word: Format,
    },
    /// Words `from` on of a block, and its codes.
    Slice {
        /// What it cuts.
        source: BlockId,
        /// The first word of it.
        from: usize,
    },
    /// What a flow has made of a latent, or the latent itself where it is of its prior or given; codes in one format.
    Flow {
        /// The z that it carries on.
        latent: BlockId,
    },
    /// Words of other blocks, number by number, to words of this format.
    Elementwise {
        /// What is done.
        function: Combination,
        /// Of what it makes.
        word: Format,
    },
    /// Other blocks side by side: nobody reads it.
    Join,
    /// The sum or the mean of words of another block over the steps of a loop so far, as words of this format.
    Accumulate {
        /// Sum, or mean.
        steps: LatentSteps,
        /// Of what it makes.
        word: Format,
    },
    /// As `Vocabulary`, over labels.
    Label {
        /// Its weights and biases.
        matrix: IntMatrix,
        /// Of the logits.
        logit: Format,
        /// Accumulator to logit.
        shift: i32,
    },
    /// As `Vocabulary`, over the independent bits of a frame.
    Bits {
        /// Its weights and biases.
        matrix: IntMatrix,
        /// Of the logits.
        logit: Format,
        /// Accumulator to logit.
        shift: i32,
    },
    /// As `Moments`, of numbers that leave.
    Values {
        /// Means, then log-variances.
        matrix: IntMatrix,
        /// How many numbers.
        size: usize,
        /// Accumulator to word.
        shift: i32,
    },
}

impl QuantBlock {
    /// Names of the block's matrices, which are those of their tiles: `<block>` or
    /// `<block>_<part>`.
    pub fn matrix_names(&self, block: &str) -> Vec<String> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| format!("{block}_{}", p.name)).collect(),
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Elementwise { .. } => Vec::new(),
            QuantBlock::Moments { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Vocabulary { .. }
            | QuantBlock::Label { .. }
            | QuantBlock::Bits { .. }
            | QuantBlock::Values { .. } => vec![block.to_string()],
        }
    }

    /// The block's matrices, in the order of their names.
    pub fn matrices(&self) -> Vec<&IntMatrix> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| &p.matrix).collect(),
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Elementwise { .. } => Vec::new(),
            QuantBlock::Moments { matrix, .. }
            | QuantBlock::Linear { matrix, .. }
            | QuantBlock::Dense { matrix, .. }
            | QuantBlock::Vocabulary { matrix, .. }
            | QuantBlock::Label { matrix, .. }
            | QuantBlock::Bits { matrix, .. }
            | QuantBlock::Values { matrix, .. } => vec![matrix],
        }
    }
}
