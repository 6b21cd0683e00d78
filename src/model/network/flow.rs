//! What carries z on, where the network has a flow.

use super::{BlockId, Combination, Edge, Network, Op};

impl Network {
    /// The flow of the network, if it has one: the block itself, the z that it carries on, and what it has made of it.
    pub fn flow(&self) -> Option<(BlockId, BlockId, &[Edge])> {
        self.blocks.iter().enumerate().find_map(|(id, block)| match &block.op {
            Op::Flow { latent, inputs } => Some((id, *latent, &inputs[..])),
            _ => None,
        })
    }

    /// The vector that block `id` is a part of (a slice), or changes by steps that can be turned back: x of x + m,
    /// of x - m, and of s x + (1 - s) m.
    pub(super) fn carries(&self, id: BlockId) -> Option<Edge> {
        match &self.blocks[id].op {
            Op::Slice { input, .. } => Some(*input),
            Op::Elementwise { function: Combination::Add | Combination::Subtract, inputs } => {
                inputs.first().copied()
            }
            Op::Elementwise { function: Combination::Blend, inputs } => inputs.get(1).copied(),
            _ => None,
        }
    }

    /// The parts of z between its latent and the flow, and what they are changed to, in block order: their words have
    /// the format of z.
    pub fn carried(&self) -> Vec<BlockId> {
        let Some((_, latent, inputs)) = self.flow() else { return Vec::new() };
        let mut seen = vec![false; self.blocks.len()];
        for edge in inputs {
            let mut next = Some(edge.block);
            while let Some(id) = next.filter(|&id| id != latent && !seen[id]) {
                seen[id] = self.carries(id).is_some();
                next = self.carries(id).map(|edge| edge.block);
            }
        }
        (0..seen.len()).filter(|&id| seen[id]).collect()
    }

    /// The blocks that lead to the flow, the latent and what makes it left out, in block order.
    pub fn carrying(&self) -> Vec<BlockId> {
        let Some((_, latent, inputs)) = self.flow() else { return Vec::new() };
        let mut open: Vec<BlockId> = inputs.iter().map(|edge| edge.block).collect();
        let mut seen = vec![false; self.blocks.len()];
        while let Some(id) = open.pop() {
            if id != latent && !std::mem::replace(&mut seen[id], true) {
                open.extend(self.inputs(id));
            }
        }
        (0..seen.len()).filter(|&id| seen[id]).collect()
    }

    /// The gates s of the steps s x + (1 - s) m of the flow, one a step: the logarithm of the determinant of its
    /// Jacobian is the sum of ln s over all of their numbers (Kingma et al., NIPS 2016, eq. 10). None where it keeps
    /// volumes.
    pub fn flow_gates(&self) -> Vec<BlockId> {
        let gate = |id: BlockId| match &self.blocks[id].op {
            Op::Elementwise { function: Combination::Blend, inputs } => inputs.first().map(|edge| edge.block),
            _ => None,
        };
        self.carried().into_iter().filter_map(gate).collect()
    }
}
