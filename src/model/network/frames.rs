//! What of a network is frames instead of words.

use super::{BlockId, Network, Op};

impl Network {
    /// The block that makes the logits of frames, if there is one.
    pub fn bits_block(&self) -> Option<BlockId> {
        self.heads().find(|&id| matches!(self.blocks[id].op, Op::Bits { .. }))
    }

    /// The head of what is written, words or frames, if something is.
    pub fn written_head(&self) -> Option<BlockId> {
        self.vocabulary_block().or_else(|| self.bits_block())
    }

    /// Numbers of a frame where frames are read or written.
    pub fn frame_width(&self) -> Option<usize> {
        self.blocks.iter().find_map(|block| match block.op {
            Op::Input { size } | Op::Bits { size, .. } => Some(size),
            _ => None,
        })
    }
}
