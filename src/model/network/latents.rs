//! What a network draws: z of a sequence and its parts, or a latent at every step.

use super::{Block, BlockId, Network, Op, Over};
use crate::config::LatentSteps;
use std::ops::Range;

impl Network {
    /// The block that makes z, if the network has one: what stands before it is the encoder, what stands
    /// after it the decoder.
    pub fn latent(&self) -> Option<BlockId> {
        self.blocks.iter().rposition(|b| matches!(b.op, Op::Latent { .. }))
    }

    /// Dimensions of z; 0 without one.
    pub fn latent_width(&self) -> usize {
        self.latent().map_or(0, |z| self.width(z))
    }

    /// Every moments block that says something of the whole sequence, in block order: not those of draws.
    pub fn moments(&self) -> impl Iterator<Item = BlockId> + '_ {
        let is_moments = |id: &BlockId| matches!(self.blocks[*id].op, Op::Moments { .. });
        (0..self.blocks.len()).filter(is_moments).filter(|&id| !self.is_drawn(id))
    }

    /// The block that draws a latent at every step, or of every sentence of a conversation, if there is one: itself, its
    /// posterior, its prior.
    pub fn draw(&self) -> Option<(BlockId, BlockId, Option<BlockId>)> {
        self.blocks.iter().enumerate().find_map(|(id, block)| match block.op {
            Op::Draw { posterior, prior } => Some((id, posterior, prior)),
            _ => None,
        })
    }

    /// What scales the KL term of block `id` in the objective; 0 where it has none.
    pub fn kl_weight(&self, id: BlockId) -> f32 {
        match self.blocks[id].op {
            Op::Moments { kl_weight, .. } => kl_weight,
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Cell { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Linear { .. }
            | Op::Elementwise { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => 0.0,
        }
    }

    /// The moments blocks that z is made of, in the order of its parts.
    pub fn latent_moments(&self) -> &[BlockId] {
        let made_of = |block: &'_ Block| matches!(block.op, Op::Latent { .. });
        match self.blocks.iter().rfind(|b| made_of(b)).map(|block| &block.op) {
            Some(Op::Latent { moments, .. }) => moments,
            _ => &[],
        }
    }

    /// Which dimensions of z are of moments block `block`.
    ///
    /// # Panics
    /// If z is not made of it.
    pub fn latent_part(&self, block: BlockId) -> Range<usize> {
        let before = self.latent_moments().iter().take_while(|&&m| m != block);
        let from = before.map(|&m| self.width(m)).sum();
        assert!(from < self.latent_width(), "block {block} is no part of z");
        from..from + self.width(block)
    }

    /// The dimensions of z that are drawn given nothing but the sentence: all, or from the top down
    /// those of the top level.
    pub fn latent_drawn_first(&self) -> Range<usize> {
        let given = |m: &&BlockId| self.follows_a_draw(**m);
        let from = self.latent_moments().iter().take_while(given).map(|&m| self.width(m)).sum();
        from..self.latent_width()
    }

    /// A draw leads to block `id`.
    fn follows_a_draw(&self, id: BlockId) -> bool {
        let (mut open, mut seen) = (vec![id], vec![false; self.blocks.len()]);
        while let Some(id) = open.pop() {
            let init = match self.blocks[id].op {
                Op::Cell { init, .. } => init,
                _ => None,
            };
            for source in self.inputs(id).into_iter().chain(init) {
                if matches!(self.blocks[source].op, Op::Latent { .. }) {
                    return true;
                }
                if !std::mem::replace(&mut seen[source], true) {
                    open.push(source);
                }
            }
        }
        false
    }

    /// True where every step of what is written draws a latent.
    pub fn draws_at_steps(&self) -> bool {
        self.draw().is_some_and(|(z, ..)| self.over(z) == Over::Written)
    }

    /// The part of z that latent `id` draws: its end, or all.
    pub fn latent_end(&self, id: BlockId) -> Range<usize> {
        self.latent_width() - self.width(id)..self.latent_width()
    }

    /// The latents, in block order.
    pub fn latents(&self) -> impl Iterator<Item = BlockId> + '_ {
        (0..self.blocks.len()).filter(|&id| matches!(self.blocks[id].op, Op::Latent { .. }))
    }

    /// True where that is all of z.
    pub fn latent_drawn_at_once(&self) -> bool {
        self.latent_drawn_first().start == 0
    }

    /// How the moments of block `id` come to those of z, where these are of all steps of a loop: hardware adds them up
    /// while the loop goes on.
    pub fn pooled(&self, id: BlockId) -> Option<LatentSteps> {
        let steps = Some(self.latent_steps()).filter(|steps| !steps.is_last());
        steps.filter(|_| self.latent_moments().contains(&id) && !self.is_once(id))
    }

    /// At which steps z is taken.
    pub fn latent_steps(&self) -> LatentSteps {
        match self.latent().map(|z| &self.blocks[z].op) {
            Some(Op::Latent { steps, .. }) => *steps,
            _ => LatentSteps::Last,
        }
    }
}
