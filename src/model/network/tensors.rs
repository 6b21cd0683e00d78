//! The tensors of a checkpoint, which follow from the blocks.

use super::{BlockId, Network, Op};

impl Network {
    /// Every tensor of the checkpoint with its shape, in block order. Tied blocks have none of their own.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        (0..self.blocks.len()).flat_map(|id| self.tensors_of(id)).collect()
    }

    /// The tensors of block `id`, none where its weights are another's.
    pub fn tensors_of(&self, id: BlockId) -> Vec<(String, Vec<usize>)> {
        let block = &self.blocks[id];
        if block.tied.is_some() {
            return Vec::new();
        }
        let fan_in = self.fan_in(id);
        let of = |suffix: &str, shape: &[usize]| (format!("{}.{suffix}", block.name), shape.to_vec());
        match &block.op {
            Op::Embedding { size } => vec![of("weight", &[self.vocabulary, *size])],
            Op::Input { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => Vec::new(),
            Op::Cell { kind, hidden, .. } => {
                let rows = kind.gates() * hidden;
                vec![
                    of("weight_ih_l0", &[rows, fan_in]),
                    of("weight_hh_l0", &[rows, *hidden]),
                    of("bias_ih_l0", &[rows]),
                    of("bias_hh_l0", &[rows]),
                ]
            }
            Op::Moments { .. } | Op::Values { .. } | Op::Auxiliary { .. } => {
                let size = self.width(id);
                vec![
                    of("mean.weight", &[size, fan_in]),
                    of("mean.bias", &[size]),
                    of("log_variance.weight", &[size, fan_in]),
                    of("log_variance.bias", &[size]),
                ]
            }
            Op::Linear { outputs, bias: false, .. } => vec![of("weight", &[*outputs, fan_in])],
            Op::Linear { .. } | Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                let outputs = self.width(id);
                vec![of("weight", &[outputs, fan_in]), of("bias", &[outputs])]
            }
        }
    }
}
