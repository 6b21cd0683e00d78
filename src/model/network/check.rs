//! What a description must be to be a network: said once, before any room reads it.

use super::names::{IN_EVERY_CORE, MODULES, check_name, taken, unique};
use super::{Block, BlockId, Blueprint, Combination, Edge, Loop, ModelError, Network, Op, Over, Time};
use crate::config::CellKind;

impl TryFrom<Blueprint> for Network {
    type Error = ModelError;

    fn try_from(description: Blueprint) -> Result<Network, ModelError> {
        let network = Network(description);
        network.check()?;
        Ok(network)
    }
}

impl Network {
    /// Joins loops and blocks, if they are a network that can run.
    ///
    /// # Errors
    /// If it cannot: the first block that is wrong, what it should be, and what to do.
    pub fn new(
        family: &str,
        vocabulary: usize,
        loops: Vec<Loop>,
        blocks: Vec<Block>,
    ) -> Result<Network, ModelError> {
        Network::try_from(Blueprint { family: family.into(), vocabulary, loops, blocks })
    }

    /// The same network with something changed, if it can still run.
    ///
    /// # Errors
    /// If it cannot: those of [`Network::new`].
    pub fn changed(&self, change: impl FnOnce(&mut Blueprint)) -> Result<Network, ModelError> {
        let mut blueprint = self.0.clone();
        change(&mut blueprint);
        Network::try_from(blueprint)
    }

    /// A family's own description is as good as one that was read.
    #[cfg(test)]
    pub(super) fn check_again(&self) -> Result<(), ModelError> {
        self.check()
    }

    fn check(&self) -> Result<(), ModelError> {
        let none = |what: &str| wrong("the description", what, "none", "describe one");
        if self.loops.is_empty() {
            return Err(none("a loop"));
        }
        for name in self.loops.iter().map(|l| &l.name).chain(self.blocks.iter().map(|b| &b.name)) {
            check_name(name)?;
        }
        unique("loop", self.loops.iter().map(|l| l.name.as_str()))?;
        unique("block", self.blocks.iter().map(|b| b.name.as_str()))?;
        for id in 0..self.blocks.len() {
            self.check_references(id)?;
        }
        if self.loops_over(Over::Written).count() > 1 {
            let found = self.loops_over(Over::Written).map(|l| self.loops[l].name.as_str());
            let found = found.collect::<Vec<_>>().join(", ");
            return Err(wrong("the description", "at most one loop over `written`", found, "join them"));
        }
        for id in 0..self.blocks.len() {
            self.check_block(id)?;
        }
        let writes = |b: &&Block| self.loops[b.within].over == Over::Written;
        if let Some(block) = self.blocks.iter().find(writes).filter(|_| self.written_head().is_none()) {
            let at = format!("block {}", block.name);
            return Err(wrong(at, "a vocabulary or bits in the loop over `written`", "none", "add one"));
        }
        self.check_frames()?;
        self.check_heads()?;
        self.check_turns()?;
        self.check_foresight()
    }

    pub(super) fn at(&self, id: BlockId) -> String {
        format!("block {}", self.blocks[id].name)
    }

    /// What block `id` names is there, and no width leads to itself: every later check may ask for one.
    fn check_references(&self, id: BlockId) -> Result<(), ModelError> {
        let block = &self.blocks[id];
        if block.within >= self.loops.len() {
            return Err(wrong(self.at(id), "a loop of the network", block.within, "name one of them"));
        }
        if let Some(edge) = block.op.edges().into_iter().find(|edge| edge.block >= self.blocks.len()) {
            let to_do = "name one of the blocks";
            return Err(wrong(self.at(id), "inputs that are blocks", edge.block, to_do));
        }
        self.check_joined(id)?;
        match block.op {
            Op::Draw { posterior, prior } => self.check_moments(id, posterior, prior),
            Op::Auxiliary { target, .. } => self.check_auxiliary(id, target),
            Op::Flow { latent, .. } => self.check_flow_latent(id, latent),
            _ => Ok(()),
        }
    }

    fn check_block(&self, id: BlockId) -> Result<(), ModelError> {
        let (at, block) = (self.at(id), &self.blocks[id]);
        let is_cell = matches!(block.op, Op::Cell { .. });
        let name = block.name.as_str();
        if IN_EVERY_CORE.contains(&name) || is_cell && MODULES.contains(&name) {
            return Err(taken(&block.name));
        }
        let edges = self.edges(id);
        for (n, &edge) in edges.iter().enumerate() {
            self.check_edge(id, edge)?;
            // A cell has a matrix for each, called after it.
            if matches!(block.op, Op::Cell { .. }) && edges[..n].contains(&edge) {
                let found = format!("{} twice", self.blocks[edge.block].name);
                return Err(wrong(self.at(id), "inputs that differ", found, "name it once"));
            }
        }
        if !block.op.reads_outside() && self.edges(id).is_empty() {
            return Err(wrong(at, "inputs", "none", "name what it reads"));
        }
        if block.op.reads_outside() && (self.is_once(id) || self.over(id) == Over::Heard) {
            let to_do = "put it into a loop over positions, backwards or written";
            return Err(wrong(at, "a loop with positions", "one that runs once", to_do));
        }
        if self.width(id) == 0 {
            return Err(wrong(at, "a size of at least 1", 0, "give it one"));
        }
        self.check_tied(id)?;
        match &block.op {
            Op::Embedding { .. } if self.vocabulary < 5 => {
                let to_do = "set [model] vocabulary";
                Err(wrong(at, "a vocabulary of at least 5 words", self.vocabulary, to_do))
            }
            Op::Cell { .. } if matches!(self.over(id), Over::Once | Over::Heard) => {
                let to_do = "use a linear block with an activation";
                Err(wrong(at, "a loop with steps", "one that runs once", to_do))
            }
            Op::Cell { kind, init, zero_c: true, .. } if *kind != CellKind::Lstm || init.is_none() => {
                let found = if init.is_none() { "none: both are 0" } else { kind.name() };
                Err(wrong(format!("{at}, c_0"), "kind = \"lstm\" with an init", found, "leave c_0 out"))
            }
            Op::Cell { hidden, init: Some(init), .. } => self.check_start(id, *hidden, *init),
            Op::Moments { .. } if self.over(id) == Over::Written && !self.is_drawn(id) => {
                let to_do =
                    "let a draw read it, or put it into a loop over what is read, or into one that runs once";
                Err(wrong(at, "a draw of it, or a loop before what is written", "written", to_do))
            }
            Op::Moments { clamp: Some(clamp), .. } if !(clamp.is_finite() && *clamp > 0.0) => {
                Err(wrong(at, "a clamp above 0", clamp, "8 is usual"))
            }
            Op::Draw { posterior, prior } => self.check_draw(id, *posterior, *prior),
            Op::Latent { moments, steps } => self.check_latent(id, moments, *steps),
            Op::Slice { input, from, size } => self.check_part(id, *input, *from, *size),
            Op::Flow { latent, inputs } => self.check_flow(id, *latent, inputs),
            Op::Accumulate { steps, .. } => self.check_sum(id, *steps),
            Op::Elementwise { function, inputs } => self.check_elementwise(id, *function, inputs),
            Op::Vocabulary { .. } | Op::Bits { .. } if self.over(id).is_read() && block.only_train => Ok(()),
            Op::Bits { .. } if self.over(id) != Over::Written => {
                let to_do = "put it into a loop over `written`, or make it values";
                Err(wrong(at, "a loop over `written`", self.over(id).name(), to_do))
            }
            Op::Vocabulary { .. } if self.over(id) != Over::Written => {
                let to_do = "put it into a loop over `written`, or make it a label";
                Err(wrong(at, "a loop over `written`", self.over(id).name(), to_do))
            }
            Op::Label { .. } | Op::Values { .. } if self.over(id) == Over::Written => {
                let to_do = "put it into a loop over what is read, or into one that runs once";
                Err(wrong(at, "a loop over what is read", "written", to_do))
            }
            Op::Label { classes: 1, .. } => {
                Err(wrong(at, "at least 2 classes", 1, "nothing is to be told apart"))
            }
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Cell { .. }
            | Op::Moments { .. }
            | Op::Linear { .. }
            | Op::Join { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Values { .. }
            | Op::Bits { .. } => Ok(()),
        }
    }

    fn check_edge(&self, id: BlockId, edge: Edge) -> Result<(), ModelError> {
        let (at, block) = (self.at(id), &self.blocks[id]);
        let source = &self.blocks[edge.block];
        let name = &source.name;
        if source.op.is_head() {
            let to_do = "read what the head reads";
            return Err(wrong(at, "inputs that stay inside", format!("{name}, a head"), to_do));
        }
        if source.only_train && !block.only_train {
            let to_do = "let neither be there for training alone, or both";
            return Err(wrong(at, "inputs that stay", format!("{name}, there for training alone"), to_do));
        }
        if matches!(source.op, Op::Moments { .. }) && !matches!(block.op, Op::Latent { .. } | Op::Draw { .. })
        {
            return Err(wrong(at, "a vector", format!("{name}, a Gaussian"), "read a latent of it"));
        }
        if source.within > block.within {
            let found = format!("{name} of {}", self.loops[source.within].name);
            let to_do = "let that loop stand before this one";
            return Err(wrong(at, "inputs of this loop or of one before it", found, to_do));
        }
        match self.time(id, edge) {
            Time::Before if self.is_once(id) => {
                let to_do = "leave `before` out";
                Err(wrong(at, "an input of this step", format!("{name} before"), to_do))
            }
            Time::Now if edge.block >= id => {
                let to_do = "let it stand above this block, or read it `before`";
                Err(wrong(at, "an input that is computed before it", format!("{name}, below it"), to_do))
            }
            Time::Each if matches!(source.op, Op::Embedding { .. }) => {
                let to_do = "put an embedding into this loop, tied to that one";
                Err(wrong(at, "a table of its own loop", format!("{name}, a table of another"), to_do))
            }
            Time::Ahead if matches!(source.op, Op::Embedding { .. } | Op::Input { .. }) => {
                let to_do = "read a cell or a linear block of that loop";
                Err(wrong(at, "what a loop has made of what it reads", name, to_do))
            }
            Time::Each if self.over(edge.block) == Over::Written => {
                let found = format!("{name} over {}", self.over(edge.block).name());
                let to_do = "read its last value through a linear block that runs once";
                Err(wrong(at, "a loop over the same sequence", found, to_do))
            }
            Time::Last if self.over(edge.block) == Over::Written => {
                let to_do = "a written sequence has no reader";
                Err(wrong(at, "an input of a loop over what is read", format!("{name} over written"), to_do))
            }
            Time::Heard if !matches!(source.op, Op::Cell { .. }) => {
                let to_do = "read a cell of that loop: it keeps its state until the next turn";
                Err(wrong(at, "a cell before its turn", name, to_do))
            }
            Time::Each | Time::Ahead | Time::Last | Time::Held if edge.before => {
                let found = format!("{name} of {} before", self.loops[source.within].name);
                Err(wrong(at, "`before` on inputs of its own loop", found, "leave it out"))
            }
            Time::Now | Time::Before | Time::Each | Time::Ahead | Time::Last | Time::Held | Time::Heard => {
                Ok(())
            }
        }
    }

    fn check_tied(&self, id: BlockId) -> Result<(), ModelError> {
        let Some(owner) = self.blocks[id].tied else { return Ok(()) };
        let same = |owner: BlockId| {
            if self.blocks[owner].only_train && !self.blocks[id].only_train {
                return false;
            }
            let (mine, theirs) = (&self.blocks[id].op, &self.blocks[owner].op);
            self.blocks[owner].tied.is_none()
                && matches!((mine, theirs), (Op::Embedding { size }, Op::Embedding { size: other }) if size == other)
        };
        match owner < id && same(owner) {
            true => Ok(()),
            false => {
                let found = self.blocks.get(owner).map_or("none of the blocks", |b| b.name.as_str());
                let to_do = "embeddings can be tied; name one of this size";
                Err(wrong(format!("{}, tied", self.at(id)), "an earlier embedding of its size", found, to_do))
            }
        }
    }

    fn check_start(&self, id: BlockId, hidden: usize, init: BlockId) -> Result<(), ModelError> {
        let at = format!("{}, init", self.at(id));
        let fits = self.blocks.get(init).is_some_and(|block| matches!(block.op, Op::Linear { .. }));
        let to_do = "a linear block that runs once before this loop makes it";
        if !fits || self.over(init) != Over::Once || self.blocks[init].within >= self.blocks[id].within {
            let found = self.blocks.get(init).map_or("none of the blocks", |b| b.name.as_str());
            return Err(wrong(at, "a linear block that runs once before it", found, to_do));
        }
        match self.width(init) == hidden {
            true => Ok(()),
            false => Err(wrong(at, format!("{hidden} numbers"), self.width(init), to_do)),
        }
    }

    /// What is read and written is words or frames, and frames are of one size.
    fn check_frames(&self) -> Result<(), ModelError> {
        let find = |wanted: fn(&Op) -> bool| self.blocks.iter().position(|b| wanted(&b.op));
        let is_frame = |op: &Op| matches!(op, Op::Input { .. } | Op::Bits { .. });
        let Some(first) = find(is_frame) else { return Ok(()) };
        if let Some(words) = find(|op| matches!(op, Op::Embedding { .. } | Op::Vocabulary { .. })) {
            let found = format!("{} as well", self.blocks[words].name);
            return Err(wrong(self.at(first), "words or frames", found, "leave one out"));
        }
        for id in (0..self.blocks.len()).filter(|&id| is_frame(&self.blocks[id].op)) {
            if self.width(id) != self.width(first) {
                let found = self.width(id);
                let expected = format!("{} numbers, as {}", self.width(first), self.blocks[first].name);
                return Err(wrong(
                    self.at(id),
                    expected,
                    found,
                    "every input reads the whole frame, and bits write one",
                ));
            }
        }
        Ok(())
    }

    fn check_elementwise(
        &self,
        id: BlockId,
        function: Combination,
        inputs: &[Edge],
    ) -> Result<(), ModelError> {
        let expected = match function {
            Combination::Add => inputs.len().max(2),
            Combination::Subtract | Combination::Multiply => 2,
            Combination::Blend => 3,
        };
        if inputs.len() != expected {
            return Err(wrong(self.at(id), format!("{expected} inputs"), inputs.len(), "name as many"));
        }
        let other = inputs.iter().find(|edge| self.width(edge.block) != self.width(id));
        match other {
            None => Ok(()),
            Some(edge) => {
                let found = format!("{} of {}", self.width(edge.block), self.blocks[edge.block].name);
                let to_do = "make them of one length";
                Err(wrong(self.at(id), format!("vectors of {} numbers", self.width(id)), found, to_do))
            }
        }
    }

    fn says_a_label_beside_words(&self, heads: &[BlockId]) -> bool {
        let any = |wanted: fn(&Network, BlockId) -> bool| heads.iter().any(|&id| wanted(self, id));
        any(|network, id| matches!(network.blocks[id].op, Op::Vocabulary { .. }))
            && any(|network, id| matches!(network.blocks[id].op, Op::Label { .. }) && network.is_once(id))
    }

    /// Something must leave the network, and one thing only; beside words, a label of the whole sentence may.
    fn check_heads(&self) -> Result<(), ModelError> {
        let heads: Vec<BlockId> = self.heads().collect();
        let Some(&first) = heads.first() else {
            return Err(wrong(
                "the description",
                "a head: vocabulary, label, values or bits",
                "none",
                "add one",
            ));
        };
        match heads.get(1) {
            None => Ok(()),
            Some(_) if heads.len() == 2 && self.says_a_label_beside_words(&heads) => Ok(()),
            Some(&second) => {
                let found = format!("{} and {}", self.blocks[first].name, self.blocks[second].name);
                Err(wrong("the description", "one head", found, "leave one out"))
            }
        }
    }
}

pub(super) fn wrong(
    place: impl Into<String>,
    expected: impl Into<String>,
    found: impl ToString,
    to_do: &str,
) -> ModelError {
    ModelError::new(place, expected, found.to_string(), to_do)
}
