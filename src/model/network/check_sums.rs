//! What stands side by side, and what is added up over the steps of a loop.

use super::check::wrong;
use super::{BlockId, ModelError, Network, Op};
use crate::config::LatentSteps;

impl Network {
    /// Before any width is asked for: a join stands below what it joins, in one loop, and is read where several vectors
    /// can be.
    pub(super) fn check_joined(&self, id: BlockId) -> Result<(), ModelError> {
        let block = &self.blocks[id];
        let joins = matches!(block.op, Op::Join { .. });
        let alone = match &block.op {
            Op::Elementwise { .. }
            | Op::Slice { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Latent { .. }
            | Op::Draw { .. } => true,
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Cell { .. }
            | Op::Moments { .. }
            | Op::Linear { .. }
            | Op::Join { .. }
            | Op::Auxiliary { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => false,
        };
        let target = match block.op {
            Op::Auxiliary { target, .. } => Some(target),
            _ => None,
        };
        for edge in block.op.edges().into_iter().chain(target) {
            let Some(source) = self.blocks.get(edge.block) else { continue };
            let is_join = matches!(source.op, Op::Join { .. });
            if is_join && (alone || target == Some(edge)) {
                let to_do = "read what it joins, one by one";
                return Err(wrong(self.at(id), "a vector that a block makes", &source.name, to_do));
            }
            if is_join && source.only_train && !block.only_train {
                let found = format!("{}, there for training alone", source.name);
                let to_do = "let neither be there for training alone, or both";
                return Err(wrong(self.at(id), "inputs that stay", found, to_do));
            }
            if joins && (edge.block >= id || edge.before || source.within != block.within) {
                let to_do =
                    "put it into the loop of what it joins, below it; who reads it says at which step";
                return Err(wrong(self.at(id), "vectors of its own loop and step", &source.name, to_do));
            }
            if is_join && edge.block >= id && !edge.before {
                let to_do = "let it stand above this block, or read it `before`";
                return Err(wrong(self.at(id), "an input that stands above it", &source.name, to_do));
            }
        }
        Ok(())
    }

    /// Something is added up over the steps of what is read.
    pub(super) fn check_sum(&self, id: BlockId, steps: LatentSteps) -> Result<(), ModelError> {
        if !self.over(id).is_read() {
            let to_do = "put it into a loop over positions or backwards, and read it behind that loop";
            return Err(wrong(self.at(id), "a loop over what is read", self.over(id).name(), to_do));
        }
        match steps {
            LatentSteps::Mean | LatentSteps::Sum => Ok(()),
            LatentSteps::Last => {
                let to_do = "a block behind the loop reads the last value of any other";
                Err(wrong(self.at(id), "steps = \"mean\" or \"sum\"", "last", to_do))
            }
        }
    }
}
