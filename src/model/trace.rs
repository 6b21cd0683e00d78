//! Everything a forward pass computed, by block and role.

use super::{BlockId, Layout, LoopId, Network, Over, Turns};
use ndarray::{Array2, ArrayView1, s};
use std::ops::Range;

/// What a vector of a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The block's value as others read it: embedding, h of a cell, mean of a moments block, z,
    /// the product of a linear block, the logits.
    Output,
    /// c of an LSTM.
    Cell,
    /// Log-variance of a moments or values block.
    LogVariance,
    /// What a block with a matrix reads: its inputs, concatenated.
    Input,
    /// W_ih x + b_ih of a cell, gate after gate.
    PreInput,
    /// W_hh h + b_hh of a cell, gate after gate.
    PreRecurrent,
    /// Gates of a cell after their non-linearity.
    Gates,
}

/// The vectors one block made, a row per [`Layout`] row of its loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    roles: Vec<(Role, Array2<f32>)>,
}

impl Values {
    /// The values of a block with one vector only.
    pub fn output(output: Array2<f32>) -> Self {
        Values { roles: vec![(Role::Output, output)] }
    }

    /// The same with one more vector.
    pub fn with(mut self, role: Role, matrix: Array2<f32>) -> Self {
        self.roles.push((role, matrix));
        self
    }

    /// The matrix of `role`; none if a block of this kind has no such vector.
    pub fn get(&self, role: Role) -> Option<&Array2<f32>> {
        self.roles.iter().find(|(r, _)| *r == role).map(|(_, matrix)| matrix)
    }
}

/// What a network computed for a batch: for every evaluated block its vectors.
#[derive(Debug, Clone)]
pub struct Trace {
    layouts: Vec<Layout>,
    values: Vec<Option<Values>>,
    /// How the steps of what is read lie.
    read: Layout,
    /// How its sequences follow on each other.
    turns: Turns,
    /// The step of what is written that its first row stands for.
    first: usize,
}

impl Trace {
    /// Nothing computed yet, for a batch of sequences (longest first) whose steps lie like this where they are
    /// read, and like this where they are written. No sequence follows on another.
    pub fn new(network: &Network, read: Layout, written: Layout) -> Self {
        let turns = Turns::alone(read.batch());
        Trace::of_turns(network, read, written, turns)
    }

    /// The same of sequences that follow on each other.
    pub fn of_turns(network: &Network, read: Layout, written: Layout, turns: Turns) -> Self {
        let once = Layout::new(vec![1; read.batch()]);
        let layout = |over| match over {
            Over::Positions | Over::Backwards => read.clone(),
            Over::Once => once.clone(),
            Over::Written => written.clone(),
            Over::Turns => turns.layout().clone(),
            Over::Heard => turns.heard().clone(),
        };
        let layouts = network.loops.iter().map(|l| layout(l.over)).collect();
        Trace { layouts, values: vec![None; network.blocks.len()], read, turns, first: 0 }
    }

    /// How the sequences of the batch follow on each other.
    pub fn turns(&self) -> &Turns {
        &self.turns
    }

    /// The sequence of the batch that each row of a loop belongs to.
    pub fn sequences(&self, network: &Network, over: LoopId) -> Vec<usize> {
        match network.loops[over].over {
            Over::Turns => self.turns.sentences().to_vec(),
            Over::Heard => self.turns.hearers(),
            Over::Positions | Over::Backwards | Over::Once | Over::Written => {
                self.layouts[over].pack(|sequence, _| sequence)
            }
        }
    }

    /// What is written next is step `first` of its sequence, and those behind it.
    pub fn begin_at(&mut self, first: usize) {
        self.first = first;
    }

    /// The position of what step `step` of a sentence that is written predicts; none where nothing is read there.
    pub fn ahead(&self, sentence: usize, step: usize) -> Option<usize> {
        let position = self.first + step + 1;
        (position < self.read.length(sentence)).then_some(position)
    }

    /// How the rows of blocks of a loop lie.
    pub fn layout(&self, over: LoopId) -> &Layout {
        &self.layouts[over]
    }

    /// True once block `block` has values.
    pub fn has(&self, block: BlockId) -> bool {
        self.values[block].is_some()
    }

    /// Forgets the values of the blocks of a loop.
    pub fn clear(&mut self, network: &Network, over: LoopId) {
        for (block, values) in network.blocks.iter().zip(&mut self.values) {
            if block.within == over {
                *values = None;
            }
        }
    }

    /// Gives a block the values of some of its `rows`; the others are zero until they come.
    pub fn set_rows(&mut self, block: BlockId, rows: usize, range: Range<usize>, part: Values) {
        let values = self.values[block].get_or_insert_with(|| {
            let empty = |(role, m): &(Role, Array2<f32>)| (*role, Array2::zeros((rows, m.ncols())));
            Values { roles: part.roles.iter().map(empty).collect() }
        });
        for ((_, whole), (_, part)) in values.roles.iter_mut().zip(&part.roles) {
            whole.slice_mut(s![range.clone(), ..]).assign(part);
        }
    }

    /// Gives a block its values; a block that has them is not computed.
    pub fn set(&mut self, block: BlockId, values: Values) {
        self.values[block] = Some(values);
    }

    /// The matrix of a block [rows of its layout, width of the role].
    ///
    /// # Panics
    /// If the block was not evaluated or has no such role.
    pub fn get(&self, block: BlockId, role: Role) -> &Array2<f32> {
        self.find(block, role).unwrap_or_else(|| panic!("block {block} has no {role:?}"))
    }

    /// The same, which the trace gives away.
    ///
    /// # Panics
    /// As `get`.
    pub fn take(&mut self, block: BlockId, role: Role) -> Array2<f32> {
        let roles = self.values[block].as_mut().map(|values| &mut values.roles);
        let at = roles.as_ref().and_then(|roles| roles.iter().position(|(r, _)| *r == role));
        let (Some(roles), Some(at)) = (roles, at) else { panic!("block {block} has no {role:?}") };
        roles.swap_remove(at).1
    }

    /// The matrix of a block, if it was evaluated and has such a role.
    pub fn find(&self, block: BlockId, role: Role) -> Option<&Array2<f32>> {
        self.values[block].as_ref().and_then(|values| values.get(role))
    }

    /// The vector of a block at one step of a sentence of the batch (a trace of one sentence has
    /// sentence 0 only; blocks that run once have step 0 only).
    pub fn vector(
        &self,
        network: &Network,
        block: BlockId,
        role: Role,
        sentence: usize,
        step: usize,
    ) -> ArrayView1<'_, f32> {
        let row = self.layout(network.blocks[block].within).row(sentence, step);
        self.get(block, role).row(row)
    }

    /// Every matrix computed, in block order.
    pub fn iter(&self) -> impl Iterator<Item = (BlockId, Role, &Array2<f32>)> {
        let blocks = self.values.iter().enumerate();
        blocks
            .filter_map(|(block, values)| values.as_ref().map(|v| (block, v)))
            .flat_map(|(block, values)| values.roles.iter().map(move |(role, m)| (block, *role, m)))
    }
}
