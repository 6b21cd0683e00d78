//! The matrices of a block.

use super::QuantBlock;
use crate::quant::IntMatrix;

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
