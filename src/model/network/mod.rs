//! A network described as data: loops, blocks in them, and what feeds what.
//!
//! Every later room reads this description and none knows a family by name, so
//! a new family is a new function that returns a [`Network`].

mod check;
mod check_flow;
mod check_latents;
mod check_sums;
mod check_turns;
mod dialogue;
mod families;
mod file;
mod flow;
mod flow_vrae;
mod frames;
mod latents;
mod names;
mod op;
mod tensors;

pub use op::{Activation, Combination, Edge, LEAK, LEAKY_LIMIT, Op, Time};

use super::ModelError;
use crate::config::CellKind;
use serde::{Deserialize, Serialize};

/// Index of a block in [`Blueprint::blocks`].
pub type BlockId = usize;

/// Index of a loop in [`Blueprint::loops`].
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
    /// The sentences of a conversation: there is one step a sentence, and the next sentence goes on from it.
    Turns,
    /// For a sentence of a conversation, the times that somebody might have said it: before each sentence up to its
    /// own turn. While a network is trained; one that has been trained is asked at its turn alone.
    Heard,
}

impl Over {
    /// There is one step a sentence.
    pub const fn is_once(self) -> bool {
        matches!(self, Over::Once | Over::Turns)
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
            Over::Turns => "turns",
            Over::Heard => "heard",
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
    /// It is there while the network is trained, and never becomes hardware.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_train: bool,
    /// What it computes.
    #[serde(flatten)]
    pub op: Op,
}

/// What a network is made of, before anybody has asked whether it can run. Loops stand in the order in which they run;
/// blocks of a loop in one in which they can be evaluated: what a block reads of the same step stands before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blueprint {
    /// Whose function made it, or `custom`.
    pub family: String,
    /// Words, the four special tokens included; 0 where no block knows words.
    pub vocabulary: usize,
    /// What runs when.
    pub loops: Vec<Loop>,
    /// What is computed.
    pub blocks: Vec<Block>,
}

/// A network that can run: a [`Blueprint`] that was checked. Nothing in it can be changed, so it stays one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Blueprint", into = "Blueprint")]
pub struct Network(Blueprint);

impl std::ops::Deref for Network {
    type Target = Blueprint;

    fn deref(&self) -> &Blueprint {
        &self.0
    }
}

impl From<Network> for Blueprint {
    fn from(network: Network) -> Blueprint {
        network.0
    }
}

impl Network {
    /// The network as it works when it has been trained: without the blocks that are there for training alone, and
    /// with what is asked of a sentence asked at its turn.
    pub fn deployed(&self) -> Network {
        let at_its_turn = |of: &Loop| match of.over {
            Over::Heard => Loop { over: Over::Once, ..of.clone() },
            _ => of.clone(),
        };
        let loops = self.loops.iter().map(at_its_turn).collect();
        let kept: Vec<BlockId> = (0..self.blocks.len()).filter(|&id| !self.blocks[id].only_train).collect();
        let new = |id: BlockId| kept.iter().position(|&k| k == id).expect("what stays reads what stays");
        let block = |&id: &BlockId| {
            let Block { name, within, tied, only_train, op } = self.blocks[id].clone();
            Block { name, within, tied: tied.map(new), only_train, op: op.renamed(new) }
        };
        Network(Blueprint { loops, blocks: kept.iter().map(block).collect(), ..self.0.clone() })
    }

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
            (Over::Turns, _) if edge.before => Time::Heard,
            (Over::Once | Over::Turns, _) => Time::Held,
            (_, Over::Once | Over::Turns | Over::Heard) => Time::Last,
            (_, Over::Written) => Time::Ahead,
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
            Op::Draw { posterior, .. } => self.width(*posterior),
            Op::Auxiliary { target, .. } => self.width(target.block),
            Op::Linear { outputs, .. } => *outputs,
            Op::Slice { size, .. } => *size,
            Op::Flow { latent, .. } => self.width(*latent),
            Op::Elementwise { .. } | Op::Accumulate { .. } => self.combined_width(id, &mut Vec::new()),
            Op::Join { .. } => self.fan_in(id),
            Op::Vocabulary { .. } => self.vocabulary,
            Op::Label { classes, .. } => *classes,
        }
    }

    /// That of the first input which such a block does not lead to itself; 0 where each is one.
    fn combined_width(&self, id: BlockId, seen: &mut Vec<BlockId>) -> usize {
        let inputs = match &self.blocks[id].op {
            Op::Elementwise { inputs, .. } => &inputs[..],
            Op::Accumulate { input, .. } => std::slice::from_ref(input),
            _ => return self.width(id),
        };
        if seen.contains(&id) {
            return 0;
        }
        seen.push(id);
        let mut widths = inputs.iter().map(|edge| self.combined_width(edge.block, seen));
        widths.find(|&width| width > 0).unwrap_or(0)
    }

    /// What block `id` reads, in the order in which it joins it, with what stands behind a join in place of the join.
    /// What starts a cell is not among it.
    pub fn edges(&self, id: BlockId) -> Vec<Edge> {
        let behind = |edge: Edge| match self.blocks[edge.block].op {
            Op::Join { .. } => {
                let joined = self.edges(edge.block).into_iter();
                joined.map(|input| Edge { before: input.before || edge.before, ..input }).collect()
            }
            _ => vec![edge],
        };
        self.blocks[id].op.edges().into_iter().flat_map(behind).collect()
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
            | Op::Auxiliary { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => true,
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => false,
        }
    }

    /// The vector of block `id` drives word lines of some matrix.
    pub fn drives(&self, id: BlockId) -> bool {
        match self.blocks[id].op {
            Op::Embedding { .. } | Op::Latent { .. } | Op::Draw { .. } | Op::Cell { .. } => true,
            Op::Input { .. }
            | Op::Linear { .. }
            | Op::Elementwise { .. }
            | Op::Accumulate { .. }
            | Op::Slice { .. }
            | Op::Flow { .. } => {
                let reads = |&reader: &BlockId| self.inputs(reader).contains(&id);
                let drives = |reader| self.has_matrix(reader) || self.is_view(reader) && self.drives(reader);
                (0..self.blocks.len()).filter(reads).any(drives)
            }
            Op::Moments { .. }
            | Op::Join { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => false,
        }
    }

    /// The cell that starts from what block `id` makes, and which it is.
    pub fn start_of(&self, id: BlockId) -> Option<(BlockId, CellKind)> {
        self.blocks.iter().enumerate().find_map(|(reader, block)| match block.op {
            Op::Cell { init, kind, .. } if init == Some(id) => Some((reader, kind)),
            _ => None,
        })
    }

    /// The block that gives c_0 of the LSTM `id`; none where that is zero, and of other cells.
    pub fn memory_start(&self, id: BlockId) -> Option<BlockId> {
        match self.blocks[id].op {
            Op::Cell { kind: CellKind::Lstm, init, zero_c: false, .. } => init,
            _ => None,
        }
    }

    /// Blocks whose vectors drive the word lines of one matrix, side by side, have the same number here: they
    /// need one format. (A cell has a matrix for every input.) So have views and what they show.
    pub fn joined(&self) -> Vec<usize> {
        let mut joined: Vec<usize> = (0..self.blocks.len()).collect();
        for id in 0..self.blocks.len() {
            let mut together = self.inputs(id);
            if let Op::Flow { latent, .. } = self.blocks[id].op {
                together.push(latent);
            }
            if self.is_view(id) {
                together.push(id);
            } else if !self.has_matrix(id) || matches!(self.blocks[id].op, Op::Cell { .. }) {
                continue;
            }
            for &other in together.iter().skip(1) {
                let (from, to) = (joined[other], joined[together[0]]);
                joined.iter_mut().filter(|j| **j == from).for_each(|j| *j = to);
            }
        }
        joined
    }

    /// Block `id` shows what others make.
    pub fn is_view(&self, id: BlockId) -> bool {
        self.blocks[id].op.is_view()
    }

    /// Block `id` is a table or a stage: it makes something of what it reads.
    pub fn works(&self, id: BlockId) -> bool {
        !self.is_view(id) && !matches!(self.blocks[id].op, Op::Join { .. })
    }

    /// What block `id` reads, where views of its own loop are what they show.
    pub fn edges_behind_views(&self, id: BlockId) -> Vec<Edge> {
        let behind = |edge: Edge| {
            let here = self.blocks[edge.block].within == self.blocks[id].within;
            match here && self.is_view(edge.block) {
                false => vec![edge],
                true => {
                    let shown = self.edges_behind_views(edge.block).into_iter();
                    shown.map(|shown| Edge { before: shown.before || edge.before, ..shown }).collect()
                }
            }
        };
        self.edges(id).into_iter().flat_map(behind).collect()
    }

    /// The block called `name`.
    pub fn find(&self, name: &str) -> Option<BlockId> {
        self.blocks.iter().position(|b| b.name == name)
    }

    /// The loops over `over`, in order.
    pub fn loops_over(&self, over: Over) -> impl Iterator<Item = LoopId> + '_ {
        (0..self.loops.len()).filter(move |&l| self.loops[l].over == over)
    }

    /// Sentences follow on each other: it keeps something of those before.
    pub fn converses(&self) -> bool {
        self.loops_over(Over::Turns).next().is_some()
    }

    /// The cells that keep something from a sentence to the next.
    pub fn keepers(&self) -> impl Iterator<Item = BlockId> + '_ {
        let is_cell = |id: &BlockId| matches!(self.blocks[*id].op, Op::Cell { .. });
        (0..self.blocks.len()).filter(is_cell).filter(|&id| self.over(id) == Over::Turns)
    }

    /// The loop that writes tokens, if there is one.
    pub fn written(&self) -> Option<LoopId> {
        self.loops_over(Over::Written).next()
    }

    /// The heads: blocks whose values leave the network, in block order.
    pub fn heads(&self) -> impl Iterator<Item = BlockId> + '_ {
        (0..self.blocks.len()).filter(|&id| self.blocks[id].op.is_head() && !self.blocks[id].only_train)
    }

    /// The heads that are there for training alone.
    pub fn training_heads(&self) -> impl Iterator<Item = BlockId> + '_ {
        (0..self.blocks.len()).filter(|&id| self.blocks[id].op.is_head() && self.blocks[id].only_train)
    }

    /// The block that makes the logits of tokens, if there is one.
    pub fn vocabulary_block(&self) -> Option<BlockId> {
        self.heads().find(|&id| matches!(self.blocks[id].op, Op::Vocabulary { .. }))
    }

    /// The block that owns the weights of block `id`.
    pub fn owner(&self, id: BlockId) -> BlockId {
        self.blocks[id].tied.unwrap_or(id)
    }
}
