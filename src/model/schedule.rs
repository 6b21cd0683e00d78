//! When the blocks of a network work: derived once from its description, read by every room.
//!
//! A [`Body`] is what one step of a loop evaluates, in order; a [`Plan`] is what a job does with the
//! bodies, one [`Step`] after the other. Golden model (values with cycles), evaluation (values without)
//! and budget (cycles without values) are folds over a plan; emit reads the same bodies.

use super::job::{JobKind, Origin};
use super::{BlockId, Body, Edge, LoopId, Network, Op, Over, Time};

/// One thing that a job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Over the packet: all depths side by side ([`Body::beat`]) where the body is a wave, else one after
    /// the other at every position.
    Read(LoopId),
    /// The same over the tokens of the packet but the last; each is followed by the log-probability of the
    /// token after it.
    Predict(LoopId),
    /// Latents: drawn, taken as the mean, or given; as the job says.
    Draw(Vec<BlockId>),
    /// Stages that work once, side by side.
    Once(Vec<BlockId>),
    /// Cells take their first states from what `init` made.
    Load(Vec<BlockId>),
    /// The statistics of a latent are sent, and the job ends.
    Statistics(BlockId),
    /// One depth after the other, then a token; until the sentence ends.
    Write(LoopId),
}

/// What a job does, in order.
pub type Plan = Vec<Step>;

/// When everything of a network works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    bodies: Vec<Body>,
    /// By [`JobKind::ALL`]; empty where the network has no such job.
    plans: Vec<Plan>,
    /// What the loop of each block goes over.
    over: Vec<Over>,
    /// By block: it leads to what is written, and not by a draw alone.
    writes: Vec<bool>,
    /// By block: it leads to what is written, and not by the prior of a draw of steps alone.
    inferring: Vec<bool>,
}

impl Schedule {
    /// Derives it from the description.
    pub fn new(network: &Network) -> Schedule {
        Schedule::of((0..network.loops.len()).map(|l| Body::new(network, l)).collect(), network)
    }

    /// The same where all products take turns on the same tiles: never two stages with weights at a time.
    pub fn one_by_one(network: &Network) -> Schedule {
        let body = |l| Body::new(network, l).one_by_one(network);
        Schedule::of((0..network.loops.len()).map(body).collect(), network)
    }

    fn of(bodies: Vec<Body>, network: &Network) -> Schedule {
        let plans = JobKind::ALL.map(|kind| Planner { network, bodies: &bodies, kind }.plan()).to_vec();
        let over = (0..network.blocks.len()).map(|id| network.over(id)).collect();
        let leads = |from| match network.written_head() {
            Some(head) => Planner { network, bodies: &bodies, kind: JobKind::Score }.leads(vec![head], from),
            None => vec![false; network.blocks.len()],
        };
        let (writes, inferring) = (leads((false, true)), leads((true, false)));
        Schedule { bodies, plans, over, writes, inferring }
    }

    /// What a step of a loop evaluates.
    pub fn body(&self, id: LoopId) -> &Body {
        &self.bodies[id]
    }

    /// Every loop, in the order in which a whole pass goes through them.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// The loops over `over`.
    pub fn over(&self, over: Over) -> impl Iterator<Item = &Body> {
        self.bodies.iter().filter(move |body| body.over == over)
    }

    /// Whether what `reader` reads of `source` stays the same while the loop of `reader` goes on: a product
    /// with it is made at the first step and kept.
    pub fn constant(&self, source: BlockId, reader: BlockId) -> bool {
        self.over[source].is_once() && !self.over[reader].is_once()
    }

    /// Whether block `id` leads to what is written where the draws are given.
    pub fn writes(&self, id: BlockId) -> bool {
        self.writes[id]
    }

    /// Whether block `id` works for the posterior of a draw of steps alone: where what is written is known.
    pub fn infers(&self, id: BlockId) -> bool {
        self.over[id] == Over::Written && self.inferring[id] && !self.writes[id]
    }

    /// Whether block `id` works for the prior of a draw of steps alone: where what is written is not known.
    pub fn guesses(&self, id: BlockId) -> bool {
        self.over[id] == Over::Written && self.writes[id] && !self.inferring[id]
    }

    /// Whether something of a sequence leads to what is written past the draws: what is written cannot be made
    /// of z alone.
    pub fn writes_of_what_is_read(&self) -> bool {
        (0..self.writes.len()).any(|id| self.writes[id] && self.over[id].is_read())
    }

    /// The blocks whose vectors a later loop reads position by position.
    pub fn stored(&self, network: &Network) -> impl Iterator<Item = BlockId> {
        let each = |reader: BlockId| {
            let edges = network.edges(reader).into_iter();
            let kept = move |edge: &Edge| matches!(network.time(reader, *edge), Time::Each | Time::Ahead);
            edges.filter(kept).map(|edge| edge.block)
        };
        let mut all: Vec<BlockId> = (0..network.blocks.len()).flat_map(each).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter()
    }

    /// Every block, behind all that it reads of the same step.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = BlockId> {
        let all: Vec<BlockId> = self.bodies.iter().flat_map(Body::blocks).collect();
        all.into_iter()
    }

    /// What a job does; nothing where the network has no such job.
    pub fn plan(&self, kind: JobKind) -> &[Step] {
        JobKind::ALL.iter().position(|k| *k == kind).map_or(&[], |at| &self.plans[at])
    }

    /// The jobs that the network has.
    pub fn jobs(&self) -> impl Iterator<Item = JobKind> + '_ {
        JobKind::ALL.into_iter().filter(|&kind| !self.plan(kind).is_empty())
    }
}

/// Finds what one job does: only what leads to its answer runs.
struct Planner<'a> {
    network: &'a Network,
    bodies: &'a [Body],
    kind: JobKind,
}

impl Planner<'_> {
    fn plan(&self) -> Plan {
        let network = self.network;
        let head = |wanted: fn(&Op) -> bool| network.heads().find(|&id| wanted(&network.blocks[id].op));
        let goal = match self.kind {
            // What it keeps.
            JobKind::Listen => network.keepers().next(),
            JobKind::Encode => network.latent(),
            JobKind::Reconstruct | JobKind::Decode | JobKind::Generate | JobKind::Score => {
                network.written_head()
            }
            JobKind::Label => head(|op| matches!(op, Op::Label { .. })),
            JobKind::Values => head(|op| matches!(op, Op::Values { .. })),
        };
        let Some(goal) = goal else { return Plan::new() };
        let needed = match self.kind {
            JobKind::Listen => self.needed(network.keepers().collect()),
            _ => self.needed(vec![goal]),
        };
        let reads = (0..needed.len()).any(|id| needed[id] && network.over(id).is_read());
        let fits = match self.kind {
            JobKind::Encode | JobKind::Reconstruct | JobKind::Listen => reads,
            JobKind::Decode => network.latent().is_some() && !reads,
            JobKind::Generate => !reads,
            JobKind::Score | JobKind::Label | JobKind::Values => true,
        };
        if fits { self.steps(goal, &needed) } else { Plan::new() }
    }

    /// The blocks that lead to `goal`; not what leads to a latent whose value is drawn from the prior or given.
    fn needed(&self, goals: Vec<BlockId>) -> Vec<bool> {
        self.leads(goals, (self.kind.origin() == Origin::Posterior, true))
    }

    /// The blocks that lead to `open`, also by posteriors, also by priors of draws of steps. What is kept from the
    /// sentences before is there.
    fn leads(&self, mut open: Vec<BlockId>, (posterior, prior): (bool, bool)) -> Vec<bool> {
        let network = self.network;
        let mut needed = vec![false; network.blocks.len()];
        let inputs = |id: BlockId| {
            let made =
                network.edges(id).into_iter().filter(move |edge| network.time(id, *edge) != Time::Heard);
            made.map(|edge| edge.block).collect::<Vec<_>>()
        };
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut needed[id], true) {
                continue;
            }
            match &network.blocks[id].op {
                Op::Latent { moments, .. } if posterior => open.extend(moments),
                Op::Latent { .. } => {}
                Op::Draw { posterior: of_known, prior: of_unknown } => {
                    open.extend(posterior.then_some(*of_known));
                    open.extend(of_unknown.filter(|_| prior));
                }
                Op::Cell { init, .. } => open.extend(inputs(id).into_iter().chain(*init)),
                // A z of the prior, or one that is given, is what a flow makes.
                Op::Flow { latent, .. } if !posterior => open.push(*latent),
                Op::Embedding { .. }
                | Op::Input { .. }
                | Op::Moments { .. }
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
                | Op::Values { .. } => open.extend(inputs(id)),
            }
        }
        needed
    }

    fn steps(&self, goal: BlockId, needed: &[bool]) -> Plan {
        let network = self.network;
        let mut plan = Plan::new();
        for body in self.bodies.iter().filter(|body| body.blocks().any(|id| needed[id])) {
            match body.over {
                Over::Positions | Over::Backwards => plan.push(Step::Read(body.id)),
                Over::Written if self.kind == JobKind::Score => plan.push(Step::Predict(body.id)),
                Over::Written => plan.push(Step::Write(body.id)),
                Over::Once | Over::Turns | Over::Heard => {
                    let is_latent = |id: &BlockId| matches!(network.blocks[*id].op, Op::Latent { .. });
                    let starts = |id: BlockId| match network.blocks[id].op {
                        Op::Cell { init: Some(init), .. } if needed[id] => {
                            (network.blocks[init].within == body.id).then_some((id, init))
                        }
                        _ => None,
                    };
                    let mut waiting: Vec<_> = (0..network.blocks.len()).filter_map(starts).collect();
                    for depth in &body.depths {
                        let here = depth.iter().copied().filter(|&id| needed[id]);
                        let (latents, others): (Vec<_>, Vec<_>) = here.partition(is_latent);
                        let steps = [(latents, Step::Draw as fn(_) -> _), (others, Step::Once)];
                        let some = steps.into_iter().filter(|(stages, _)| !stages.is_empty());
                        plan.extend(some.map(|(stages, step)| step(stages)));
                        // A cell takes its start while that is made: an ABORT may come before the next step.
                        let (made, later): (Vec<_>, Vec<_>) =
                            waiting.into_iter().partition(|(_, init)| depth.contains(init));
                        waiting = later;
                        if !made.is_empty() {
                            plan.push(Step::Load(made.into_iter().map(|(cell, _)| cell).collect()));
                        }
                    }
                    if !waiting.is_empty() {
                        plan.push(Step::Load(waiting.into_iter().map(|(cell, _)| cell).collect()));
                    }
                }
            }
        }
        if self.kind == JobKind::Encode {
            plan.push(Step::Statistics(goal));
        }
        plan
    }
}

#[cfg(test)]
mod tests;
