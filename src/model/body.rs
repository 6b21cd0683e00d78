//! What one step of a loop evaluates, and in which order.

use super::{BlockId, Edge, LoopId, Network, Op, Over, Time};

/// What one step of a loop evaluates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Which loop.
    pub id: LoopId,
    /// What it goes over.
    pub over: Over,
    /// Tables that are read on the fly, before everything else of the step.
    pub lookups: Vec<BlockId>,
    /// Blocks that show what stages make; no stages of their own.
    pub views: Vec<BlockId>,
    /// Stages by depth: those of one depth need nothing of each other and can work side by side.
    pub depths: Vec<Vec<BlockId>>,
    /// Depths can work side by side, depth d on the step d before: each reads of its step what the depth
    /// before it made, and nothing of the step before.
    pub wave: bool,
    /// Those of which a job reads the last step's value alone, so that they work in that step alone: heads
    /// that z is made of. (All of depth > 0 of a wave: a stage knows the last step by nothing coming behind it.)
    pub at_last: Vec<BlockId>,
    /// Those that no job reads: heads that are there for training.
    pub idle: Vec<BlockId>,
    /// Blocks that read the step before of a block which is computed before them: `(reader, source)`.
    pub overtaken: Vec<(BlockId, BlockId)>,
    /// Lookups and stages by what depends on what over the steps, in order.
    pub groups: Vec<Group>,
}

/// Blocks of a loop that are evaluated together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// In an order in which each follows what it reads of its step.
    pub blocks: Vec<BlockId>,
    /// They depend on each other's steps before, so one step must end before the next begins. Otherwise it is
    /// one block, which can be evaluated over all steps at once (a cell knows its own way through them).
    pub stepwise: bool,
}

/// At which steps somebody reads what a block makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reads {
    Never,
    Last,
    Every,
}

impl Reads {
    /// Of every block. A cell reads itself; what heads make leaves the network.
    fn of(network: &Network) -> Vec<Reads> {
        let mut reads = vec![Reads::Never; network.blocks.len()];
        loop {
            let before = reads.clone();
            for id in (0..network.blocks.len()).rev() {
                Reads::add(network, id, &mut reads);
            }
            if reads == before {
                return reads;
            }
        }
    }

    fn add(network: &Network, id: BlockId, reads: &mut [Reads]) {
        let init = match &network.blocks[id].op {
            Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Values { .. }
            | Op::Bits { .. }
            | Op::Auxiliary { .. } => {
                reads[id] = Reads::Every;
                None
            }
            Op::Cell { init, .. } => {
                if reads[id] == Reads::Last {
                    reads[id] = Reads::Every;
                }
                *init
            }
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Moments { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Linear { .. }
            | Op::Slice { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => None,
        };
        let at_every = matches!(network.blocks[id].op, Op::Latent { steps, .. } if !steps.is_last());
        for edge in network.edges(id).into_iter().chain(init.map(Edge::from)) {
            let needed = match network.time(id, edge) {
                Time::Now => reads[id],
                Time::Before if reads[id] == Reads::Never => Reads::Never,
                Time::Before | Time::Each | Time::Ahead | Time::Heard => Reads::Every,
                Time::Last | Time::Held if at_every => Reads::Every,
                Time::Last | Time::Held => Reads::Last,
            };
            reads[edge.block] = reads[edge.block].max(needed);
        }
    }
}

impl Body {
    pub(super) fn new(network: &Network, id: LoopId) -> Body {
        let over = network.loops[id].over;
        let here: Vec<BlockId> =
            (0..network.blocks.len()).filter(|&b| network.blocks[b].within == id).collect();
        let groups = groups(network, &here);
        let is_lookup = |&b: &BlockId| matches!(network.blocks[b].op, Op::Embedding { .. });
        let (lookups, others): (Vec<_>, Vec<_>) = here.into_iter().partition(is_lookup);
        let (views, stages): (Vec<_>, Vec<_>) = others.into_iter().partition(|&b| network.is_view(b));
        let (depth_of, overtaken) = depths(network, &stages);
        let mut depths: Vec<Vec<BlockId>> = Vec::new();
        for (&stage, &depth) in stages.iter().zip(&depth_of) {
            depths.resize(depths.len().max(depth + 1), Vec::new());
            depths[depth].push(stage);
        }
        // The depth that a stage must have for what it reads to be there: one below, whatever it is.
        let follows = |(stage, depth): (&BlockId, &usize)| {
            network.edges_behind_views(*stage).into_iter().all(|edge| match network.time(*stage, edge) {
                Time::Now => match stages.iter().position(|s| *s == edge.block) {
                    Some(source) => depth_of[source] + 1 == *depth,
                    None => *depth == 0,
                },
                Time::Before => false,
                Time::Each | Time::Ahead | Time::Last | Time::Held | Time::Heard => true,
            })
        };
        // A draw reads its moments while those of the next step would be written over them.
        let draws = stages.iter().any(|&id| matches!(network.blocks[id].op, Op::Draw { .. }));
        // A head of bits asks for the frame that it scores where the step's own frame is read.
        let asks = over == Over::Written
            && stages.iter().any(|&id| matches!(network.blocks[id].op, Op::Bits { .. }));
        let wave = !over.is_once() && !draws && !asks && stages.iter().zip(&depth_of).all(follows);
        let reads = Reads::of(network);
        let read = |wanted: Reads, from: usize| -> Vec<BlockId> {
            let deep = depths.iter().skip(from).flatten().copied();
            deep.filter(|&b| !over.is_once() && reads[b] == wanted).collect()
        };
        let at_last = if wave { read(Reads::Last, 1) } else { Vec::new() };
        let idle = read(Reads::Never, 0);
        Body { id, over, lookups, views, depths, wave, at_last, idle, overtaken, groups }
    }

    /// The same where products take turns: no two stages with weights side by side, and no wave.
    pub(super) fn one_by_one(self, network: &Network) -> Body {
        let multiplies = |id: &BlockId| network.blocks[*id].op.multiplies();
        let split = |depth: Vec<BlockId>| {
            let (products, others): (Vec<_>, Vec<_>) = depth.into_iter().partition(multiplies);
            let mut alone: Vec<Vec<BlockId>> = products.into_iter().map(|id| vec![id]).collect();
            match alone.first_mut() {
                Some(first) => first.extend(others),
                None => alone.push(others),
            }
            alone
        };
        let depths = self.depths.into_iter().flat_map(split).collect();
        // A stage knows the last step by nothing coming behind it in a wave: here none does.
        Body { depths, wave: false, at_last: Vec::new(), ..self }
    }

    /// Every stage, in an order in which each follows what it reads.
    pub fn stages(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.depths.iter().flatten().copied()
    }

    /// Every stage with its depth, in that order.
    pub fn staged(&self) -> impl Iterator<Item = (usize, BlockId)> + '_ {
        self.depths.iter().enumerate().flat_map(|(depth, stages)| stages.iter().map(move |&id| (depth, id)))
    }

    /// Every block, in evaluation order.
    pub fn blocks(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.groups.iter().flat_map(|group| group.blocks.iter().copied())
    }

    /// The depth of a stage; none where the block is no stage of this loop.
    pub fn depth(&self, id: BlockId) -> Option<usize> {
        self.staged().find(|&(_, stage)| stage == id).map(|(depth, _)| depth)
    }

    /// The stages at work in beat `beat` of a wave over `steps` steps, where a stage of depth d works on
    /// step beat - d.
    pub fn beat(&self, beat: usize, steps: usize) -> impl Iterator<Item = BlockId> + '_ {
        let here = self.staged().filter(move |&(d, id)| d <= beat && self.works(id, beat - d, steps));
        here.map(|(_, id)| id)
    }

    /// The stages at work in a beat in the middle of a long wave.
    pub fn steady(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.stages().filter(|&id| self.works(id, 0, 2))
    }

    /// Whether a job makes stage `id` work in step `step` of `steps`.
    pub fn works(&self, id: BlockId, step: usize, steps: usize) -> bool {
        step < steps && !self.idle.contains(&id) && (step + 1 == steps || !self.at_last.contains(&id))
    }

    /// Beats of a wave over `steps` steps.
    pub fn beats(&self, steps: usize) -> usize {
        (steps + self.depths.len()).saturating_sub(1)
    }

    /// The position that step `step` of `steps` is at.
    pub fn position(&self, step: usize, steps: usize) -> usize {
        match self.over {
            Over::Backwards => steps - 1 - step,
            Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => step,
        }
    }
}

/// The depth of each stage: behind what it reads of its step, and before what it reads of the step before is
/// overwritten. Where that is a circle, the second is given up, and who is overtaken by whom is said.
fn depths(network: &Network, stages: &[BlockId]) -> (Vec<usize>, Vec<(BlockId, BlockId)>) {
    let at = |block: BlockId| stages.iter().position(|&s| s == block);
    let mut first: Vec<(usize, usize)> = Vec::new();
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for (reader, &id) in stages.iter().enumerate() {
        for edge in network.edges_behind_views(id) {
            match (network.time(id, edge), at(edge.block)) {
                (Time::Now, Some(source)) => first.push((source, reader)),
                (Time::Before, Some(source)) if source != reader => kept.push((reader, source)),
                _ => {}
            }
        }
    }
    let settle = |pairs: &[(usize, usize)]| -> Option<Vec<usize>> {
        let mut depth = vec![0; stages.len()];
        for _ in 0..=stages.len() {
            let mut settled = true;
            for &(a, b) in pairs {
                if depth[b] <= depth[a] {
                    depth[b] = depth[a] + 1;
                    settled = false;
                }
            }
            if settled {
                return Some(depth);
            }
        }
        None
    };
    let all: Vec<(usize, usize)> = first.iter().chain(&kept).copied().collect();
    if let Some(depth) = settle(&all) {
        return (depth, Vec::new());
    }
    let depth = settle(&first).expect("what is read of a step stands before its reader");
    let overtaken = kept.into_iter().filter(|&(reader, source)| depth[reader] >= depth[source]);
    let overtaken = overtaken.map(|(reader, source)| (stages[reader], stages[source])).collect();
    (depth, overtaken)
}

/// The strongly connected components of what reads what within a loop, over all steps, in order.
fn groups(network: &Network, here: &[BlockId]) -> Vec<Group> {
    let sources = |id: BlockId| {
        let edges = network.edges(id).into_iter();
        edges.filter(|edge| here.contains(&edge.block)).collect::<Vec<Edge>>()
    };
    // reaches[a][b]: a reads b, straight or through others.
    let index = |id: BlockId| here.iter().position(|&h| h == id).expect("a block of the loop");
    let mut reaches = vec![vec![false; here.len()]; here.len()];
    for (a, &id) in here.iter().enumerate() {
        sources(id).iter().for_each(|edge| reaches[a][index(edge.block)] = true);
    }
    for through in 0..here.len() {
        for a in 0..here.len() {
            if reaches[a][through] {
                let row = reaches[through].clone();
                row.iter().enumerate().for_each(|(b, &r)| reaches[a][b] |= r);
            }
        }
    }
    let both_ways = |a: usize, b: usize| reaches[a][b] && reaches[b][a];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for a in 0..here.len() {
        match groups.iter_mut().find(|g| both_ways(a, g[0])) {
            Some(group) => group.push(a),
            None => groups.push(vec![a]),
        }
    }
    // A group stands behind those that it reads; of those that can come next, the first.
    let mut ordered: Vec<Group> = Vec::new();
    let mut left = groups;
    while !left.is_empty() {
        let ready = |g: &Vec<usize>| left.iter().all(|other| other[0] == g[0] || !reaches[g[0]][other[0]]);
        let next = left.iter().position(ready).expect("components are no circle");
        let members = left.remove(next);
        let stepwise = members.iter().any(|&m| reaches[m][m]);
        ordered.push(Group { blocks: members.into_iter().map(|m| here[m]).collect(), stepwise });
    }
    ordered
}
