//! A network described as data: loops, blocks in them, and what feeds what.
//!
//! Every later room reads this description and none knows a family by name, so
//! a new family is a new function that returns a [`Network`].

mod check;
mod families;
mod file;
mod frames;
mod op;

pub use op::{Activation, Combination, Edge, Op, Time};

use super::ModelError;
use crate::config::{CellKind, LatentSteps};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Index of a block in [`Network::blocks`].
pub type BlockId = usize;

/// Index of a loop in [`Network::loops`].
pub type LoopId = usize;

/// What the steps of a loop go over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Every position of the sequence that is read, first to last.
    Positions,
    /// The same, last to first.
    Backwards,
    /// Nothing: there is one step.
    Once,
    /// The tokens of a sequence that is written: a step reads the token before the one that it predicts.
    Written,
}

impl Over {
    /// There is one step.
    pub const fn is_once(self) -> bool {
        matches!(self, Over::Once)
    }

    /// The sequence that is read.
    pub const fn is_read(self) -> bool {
        matches!(self, Over::Positions | Over::Backwards)
    }

    /// As it stands in a description.
    pub const fn name(self) -> &'static str {
        match self {
            Over::Positions => "positions",
            Over::Backwards => "backwards",
            Over::Once => "once",
            Over::Written => "written",
        }
    }
}

/// Steps that are made one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loop {
    /// What people call it.
    pub name: String,
    /// What its steps go over.
    pub over: Over,
}

/// A named operation of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Prefix of its weights in a checkpoint and of its instances in the hardware.
    pub name: String,
    /// The loop at whose every step it is evaluated.
    pub within: LoopId,
    /// Its weights are those of this block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tied: Option<BlockId>,
    /// What it computes.
    #[serde(flatten)]
    pub op: Op,
}

/// The whole network. Loops stand in the order in which they run; blocks of a loop in one in which they
/// can be evaluated: what a block reads of the same step stands before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Whose function made it, or `custom`.
    pub family: String,
    /// Words, the four special tokens included; 0 where no block knows words.
    pub vocabulary: usize,
    /// What runs when.
    pub loops: Vec<Loop>,
    /// What is computed.
    pub blocks: Vec<Block>,
}

impl Network {
    /// What the steps of the loop of block `id` go over.
    pub fn over(&self, id: BlockId) -> Over {
        self.loops[self.blocks[id].within].over
    }

    /// Block `id` is evaluated once.
    pub fn is_once(&self, id: BlockId) -> bool {
        self.over(id).is_once()
    }

    /// Which value of its source an edge of block `reader` reads.
    pub fn time(&self, reader: BlockId, edge: Edge) -> Time {
        if self.blocks[reader].within == self.blocks[edge.block].within {
            return if edge.before { Time::Before } else { Time::Now };
        }
        match (self.over(edge.block), self.over(reader)) {
            (Over::Once, _) => Time::Held,
            (_, Over::Once) => Time::Last,
            _ => Time::Each,
        }
    }

    /// Length of the vector that block `id` makes (for moments and values: of the mean).
    pub fn width(&self, id: BlockId) -> usize {
        match &self.blocks[id].op {
            Op::Embedding { size }
            | Op::Input { size }
            | Op::Moments { size, .. }
            | Op::Values { size, .. }
            | Op::Bits { size, .. } => *size,
            Op::Cell { hidden, .. } => *hidden,
            Op::Latent { moments, .. } => moments.iter().map(|&m| self.width(m)).sum(),
            Op::Linear { outputs, .. } => *outputs,
            Op::Elementwise { .. } => self.combined_width(id, &mut Vec::new()),
            Op::Vocabulary { .. } => self.vocabulary,
            Op::Label { classes, .. } => *classes,
        }
    }

    /// That of the first input which an elementwise block does not lead to itself; 0 where each is one.
    fn combined_width(&self, id: BlockId, seen: &mut Vec<BlockId>) -> usize {
        let Op::Elementwise { inputs, .. } = &self.blocks[id].op else { return self.width(id) };
        if seen.contains(&id) {
            return 0;
        }
        seen.push(id);
        let mut widths = inputs.iter().map(|edge| self.combined_width(edge.block, seen));
        widths.find(|&width| width > 0).unwrap_or(0)
    }

    /// What block `id` reads, in the order in which it joins it. What starts a cell is not among it.
    pub fn edges(&self, id: BlockId) -> Vec<Edge> {
        match &self.blocks[id].op {
            Op::Embedding { .. } | Op::Input { .. } => Vec::new(),
            Op::Latent { moments, .. } => moments.iter().map(|&m| m.into()).collect(),
            Op::Cell { inputs, .. }
            | Op::Moments { inputs, .. }
            | Op::Linear { inputs, .. }
            | Op::Elementwise { inputs, .. }
            | Op::Vocabulary { inputs }
            | Op::Label { inputs, .. }
            | Op::Values { inputs, .. }
            | Op::Bits { inputs, .. } => inputs.clone(),
        }
    }

    /// The blocks whose vectors block `id` reads, in that order.
    pub fn inputs(&self, id: BlockId) -> Vec<BlockId> {
        self.edges(id).into_iter().map(|edge| edge.block).collect()
    }

    /// Length of what block `id` reads.
    pub fn fan_in(&self, id: BlockId) -> usize {
        self.inputs(id).into_iter().map(|i| self.width(i)).sum()
    }

    /// Block `id` multiplies what it reads with a matrix.
    pub fn has_matrix(&self, id: BlockId) -> bool {
        match self.blocks[id].op {
            Op::Cell { .. }
            | Op::Moments { .. }
            | Op::Linear { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Values { .. }
            | Op::Bits { .. } => true,
            Op::Embedding { .. } | Op::Input { .. } | Op::Latent { .. } | Op::Elementwise { .. } => false,
        }
    }

    /// The vector of block `id` drives word lines of some matrix.
    pub fn drives(&self, id: BlockId) -> bool {
        match self.blocks[id].op {
            Op::Embedding { .. } | Op::Latent { .. } | Op::Cell { .. } => true,
            Op::Input { .. } | Op::Linear { .. } | Op::Elementwise { .. } => (0..self.blocks.len())
                .any(|reader| self.has_matrix(reader) && self.inputs(reader).contains(&id)),
            Op::Moments { .. } | Op::Vocabulary { .. } | Op::Label { .. } | Op::Values { .. } => false,
            Op::Bits { .. } => false,
        }
    }

    /// The cell that starts from what block `id` makes, and which it is.
    pub fn start_of(&self, id: BlockId) -> Option<(BlockId, CellKind)> {
        self.blocks.iter().enumerate().find_map(|(reader, block)| match block.op {
            Op::Cell { init, kind, .. } if init == Some(id) => Some((reader, kind)),
            _ => None,
        })
    }

    /// Blocks whose vectors drive the word lines of one matrix, side by side, have the same number here: they
    /// need one format. (A cell has a matrix for every input.)
    pub fn joined(&self) -> Vec<usize> {
        let mut joined: Vec<usize> = (0..self.blocks.len()).collect();
        let one_matrix =
            |id: &BlockId| self.has_matrix(*id) && !matches!(self.blocks[*id].op, Op::Cell { .. });
        for id in (0..self.blocks.len()).filter(one_matrix) {
            let inputs = self.inputs(id);
            for &other in &inputs[1..] {
                let (from, to) = (joined[other], joined[inputs[0]]);
                joined.iter_mut().filter(|j| **j == from).for_each(|j| *j = to);
            }
        }
        joined
    }

    /// The block called `name`.
    pub fn find(&self, name: &str) -> Option<BlockId> {
        self.blocks.iter().position(|b| b.name == name)
    }

    /// The loops over `over`, in order.
    pub fn loops_over(&self, over: Over) -> impl Iterator<Item = LoopId> + '_ {
        (0..self.loops.len()).filter(move |&l| self.loops[l].over == over)
    }

    /// The loop that writes tokens, if there is one.
    pub fn written(&self) -> Option<LoopId> {
        self.loops_over(Over::Written).next()
    }

    /// The block that makes z, if the network has one: what stands before it is the encoder, what stands
    /// after it the decoder.
    pub fn latent(&self) -> Option<BlockId> {
        self.blocks.iter().rposition(|b| matches!(b.op, Op::Latent { .. }))
    }

    /// Dimensions of z; 0 without one.
    pub fn latent_width(&self) -> usize {
        self.latent().map_or(0, |z| self.width(z))
    }

    /// The heads: blocks whose values leave the network, in block order.
    pub fn heads(&self) -> impl Iterator<Item = BlockId> + '_ {
        (0..self.blocks.len()).filter(|&id| self.blocks[id].op.is_head())
    }

    /// The block that makes the logits of tokens, if there is one.
    pub fn vocabulary_block(&self) -> Option<BlockId> {
        self.blocks.iter().position(|b| matches!(b.op, Op::Vocabulary { .. }))
    }

    /// Every moments block, in block order.
    pub fn moments(&self) -> impl Iterator<Item = BlockId> + '_ {
        let is_moments = |id: &BlockId| matches!(self.blocks[*id].op, Op::Moments { .. });
        (0..self.blocks.len()).filter(is_moments)
    }

    /// What scales the KL term of block `id` in the objective; 0 where it has none.
    pub fn kl_weight(&self, id: BlockId) -> f32 {
        match self.blocks[id].op {
            Op::Moments { kl_weight, .. } => kl_weight,
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Cell { .. }
            | Op::Latent { .. }
            | Op::Linear { .. }
            | Op::Elementwise { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Values { .. }
            | Op::Bits { .. } => 0.0,
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

    /// At which steps z is taken.
    pub fn latent_steps(&self) -> LatentSteps {
        match self.latent().map(|z| &self.blocks[z].op) {
            Some(Op::Latent { steps, .. }) => *steps,
            _ => LatentSteps::Last,
        }
    }

    /// The block that owns the weights of block `id`.
    pub fn owner(&self, id: BlockId) -> BlockId {
        self.blocks[id].tied.unwrap_or(id)
    }

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
            Op::Input { .. } | Op::Latent { .. } | Op::Elementwise { .. } => Vec::new(),
            Op::Cell { kind, hidden, .. } => {
                let rows = kind.gates() * hidden;
                vec![
                    of("weight_ih_l0", &[rows, fan_in]),
                    of("weight_hh_l0", &[rows, *hidden]),
                    of("bias_ih_l0", &[rows]),
                    of("bias_hh_l0", &[rows]),
                ]
            }
            Op::Moments { size, .. } | Op::Values { size, .. } => vec![
                of("mean.weight", &[*size, fan_in]),
                of("mean.bias", &[*size]),
                of("log_variance.weight", &[*size, fan_in]),
                of("log_variance.bias", &[*size]),
            ],
            Op::Linear { outputs, bias: false, .. } => vec![of("weight", &[*outputs, fan_in])],
            Op::Linear { .. } | Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                let outputs = self.width(id);
                vec![of("weight", &[outputs, fan_in]), of("bias", &[outputs])]
            }
        }
    }
}
