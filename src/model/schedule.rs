//! When the blocks of a network work: derived once from its description, read by every room.
//!
//! A [`Body`] is what one step of a loop evaluates, in order; a [`Plan`] is what a job does with the
//! bodies, one [`Step`] after the other. Golden model (values with cycles), evaluation (values without)
//! and budget (cycles without values) are folds over a plan; emit reads the same bodies.

use super::job::JobKind;
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
        let bodies: Vec<Body> = (0..network.loops.len()).map(|l| Body::new(network, l)).collect();
        let plans = JobKind::ALL.map(|kind| Planner { network, bodies: &bodies, kind }.plan()).to_vec();
        let over = (0..network.blocks.len()).map(|id| network.over(id)).collect();
        let leads = |from| match network.written_head() {
            Some(head) => Planner { network, bodies: &bodies, kind: JobKind::Score }.leads(head, from),
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
            JobKind::Reserved => None,
            JobKind::Encode => network.latent(),
            JobKind::Reconstruct | JobKind::Decode | JobKind::Generate | JobKind::Score => {
                network.written_head()
            }
            JobKind::Label => head(|op| matches!(op, Op::Label { .. })),
            JobKind::Values => head(|op| matches!(op, Op::Values { .. })),
        };
        let Some(goal) = goal else { return Plan::new() };
        let needed = self.needed(goal);
        let reads = (0..needed.len()).any(|id| needed[id] && network.over(id).is_read());
        let fits = match self.kind {
            JobKind::Encode | JobKind::Reconstruct => reads,
            JobKind::Decode => network.latent().is_some() && !reads,
            JobKind::Generate => !reads,
            JobKind::Score | JobKind::Label | JobKind::Values => true,
            JobKind::Reserved => false,
        };
        if fits { self.steps(goal, &needed) } else { Plan::new() }
    }

    /// The blocks that lead to `goal`; not what leads to a latent whose value is drawn from the prior or given.
    fn needed(&self, goal: BlockId) -> Vec<bool> {
        let from_posterior = !matches!(self.kind, JobKind::Decode | JobKind::Generate);
        self.leads(goal, (from_posterior, true))
    }

    /// The blocks that lead to `goal`, also by posteriors, also by priors of draws of steps.
    fn leads(&self, goal: BlockId, (posterior, prior): (bool, bool)) -> Vec<bool> {
        let network = self.network;
        let mut needed = vec![false; network.blocks.len()];
        let mut open = vec![goal];
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
                Op::Cell { init, .. } => open.extend(network.inputs(id).into_iter().chain(*init)),
                Op::Embedding { .. }
                | Op::Input { .. }
                | Op::Moments { .. }
                | Op::Linear { .. }
                | Op::Elementwise { .. }
                | Op::Vocabulary { .. }
                | Op::Label { .. }
                | Op::Auxiliary { .. }
                | Op::Bits { .. }
                | Op::Values { .. } => open.extend(network.inputs(id)),
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
                Over::Once => {
                    let is_latent = |id: &BlockId| matches!(network.blocks[*id].op, Op::Latent { .. });
                    for depth in &body.depths {
                        let here = depth.iter().copied().filter(|&id| needed[id]);
                        let (latents, others): (Vec<_>, Vec<_>) = here.partition(is_latent);
                        let steps = [(latents, Step::Draw as fn(_) -> _), (others, Step::Once)];
                        let some = steps.into_iter().filter(|(stages, _)| !stages.is_empty());
                        plan.extend(some.map(|(stages, step)| step(stages)));
                    }
                    let starts = |id: &BlockId| match network.blocks[*id].op {
                        Op::Cell { init: Some(init), .. } => {
                            needed[*id] && network.blocks[init].within == body.id
                        }
                        _ => false,
                    };
                    let loaded: Vec<BlockId> = (0..network.blocks.len()).filter(starts).collect();
                    if !loaded.is_empty() {
                        plan.push(Step::Load(loaded));
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
mod tests {
    use super::*;
    use crate::config::{CellKind, Config, Family, LatentFrom, LatentSteps, Model};

    fn schedule(change: impl Fn(&mut Config)) -> (Network, Schedule) {
        let mut config = Config::default();
        config.model.cells = vec![CellKind::Gru, CellKind::Lstm];
        change(&mut config);
        let network = Network::hsr_vae(&config.model, 1.0);
        let schedule = Schedule::new(&network);
        (network, schedule)
    }

    fn names(network: &Network, ids: impl IntoIterator<Item = BlockId>) -> Vec<&str> {
        ids.into_iter().map(|id| network.blocks[id].name.as_str()).collect()
    }

    #[test]
    fn a_stage_stands_behind_all_that_it_reads_in_its_step() {
        let (network, schedule) = schedule(|_| ());
        let encoder = schedule.over(Over::Positions).next().unwrap();
        let depths: Vec<_> = encoder.depths.iter().map(|d| names(&network, d.iter().copied())).collect();
        assert_eq!(depths, [vec!["enc1"], vec!["q1", "enc2"], vec!["q2"]]);
        assert_eq!(names(&network, encoder.lookups.iter().copied()), ["enc_embed"]);
        for body in schedule.bodies() {
            let order: Vec<BlockId> = body.blocks().collect();
            for (at, &id) in order.iter().enumerate() {
                let here = network.inputs(id).into_iter().filter(|i| network.blocks[*i].within == body.id);
                here.for_each(|input| assert!(order[..at].contains(&input), "{:?}", network.blocks[id]));
            }
        }
        let all: usize = schedule.bodies().iter().map(|b| b.blocks().count()).sum();
        assert_eq!(all, network.blocks.len(), "every block works in one loop");
    }

    #[test]
    fn a_wave_fills_and_empties() {
        let (network, schedule) = schedule(|_| ());
        let body = schedule.over(Over::Positions).next().unwrap();
        let beats: Vec<Vec<&str>> = (0..body.beats(2)).map(|b| names(&network, body.beat(b, 2))).collect();
        assert_eq!(beats, [vec!["enc1"], vec!["enc1", "enc2"], vec!["q1", "enc2"], vec!["q2"]]);
    }

    #[test]
    fn jobs_are_the_same_steps_in_other_company() {
        let (_, schedule) = schedule(|_| ());
        let plan = |kind| schedule.plan(kind);
        assert_eq!(plan(JobKind::Decode), plan(JobKind::Generate));
        assert_eq!(plan(JobKind::Reconstruct)[1..], *plan(JobKind::Generate));
        assert_eq!(plan(JobKind::Score)[..4], plan(JobKind::Reconstruct)[..4]);
        assert!(matches!(plan(JobKind::Encode), [Step::Read(_), Step::Draw(_), Step::Statistics(_)]));
    }

    /// z is made of the heads' last values, or of the top one's alone, or of all steps.
    #[test]
    fn heads_work_when_somebody_reads_them() {
        let (network, both) = schedule(|_| ());
        let body = both.over(Over::Positions).next().unwrap();
        assert_eq!(names(&network, body.at_last.iter().copied()), ["q1", "q2"]);
        assert_eq!(names(&network, body.steady()), ["enc1", "enc2"]);

        let (network, top) = schedule(|c| c.model.latent_from = LatentFrom::Top);
        let body = top.over(Over::Positions).next().unwrap();
        assert_eq!(names(&network, body.idle.iter().copied()), ["q1"]);
        assert_eq!(names(&network, body.at_last.iter().copied()), ["q2"]);

        let (_, mean) = schedule(|c| c.model.latent_steps = LatentSteps::Mean);
        assert!(mean.over(Over::Positions).next().unwrap().at_last.is_empty());
        for schedule in [both, top, mean] {
            let decoder = schedule.over(Over::Written).next().unwrap();
            assert!(decoder.at_last.is_empty() && decoder.idle.is_empty());
        }
    }

    #[test]
    fn only_z_stays_the_same_in_a_loop_that_reads_it() {
        let (network, schedule) = schedule(|_| ());
        let pairs = (0..network.blocks.len())
            .flat_map(|reader| network.inputs(reader).into_iter().map(move |source| (source, reader)));
        let constant: Vec<_> = pairs.filter(|&(source, reader)| schedule.constant(source, reader)).collect();
        let named = |id: BlockId| network.blocks[id].name.as_str();
        assert_eq!(constant.iter().map(|&(s, r)| (named(s), named(r))).collect::<Vec<_>>(), [("z", "dec1")]);
    }

    /// Levels that depend on each other's draw are drawn one after the other.
    #[test]
    fn from_the_top_down_latents_stand_before_the_moments_that_read_them() {
        let (network, schedule) = schedule(|c| c.model.latent_from = LatentFrom::TopDown);
        let order = names(&network, schedule.over(Over::Once).next().unwrap().stages());
        let at = |name: &str| order.iter().position(|n| *n == name).unwrap();
        assert!(at("z2") < at("q1_given_z2") && at("q1_given_z2") < at("z"), "{order:?}");
    }

    /// What has no z and reads nothing writes and scores, and has no other job.
    #[test]
    fn jobs_are_those_that_the_blocks_can_do() {
        let jobs = |family| {
            let network = Network::describe(&Model { family, ..Model::default() }, 1.0).unwrap();
            Schedule::new(&network).jobs().collect::<Vec<_>>()
        };
        use JobKind::{Decode, Encode, Generate, Label, Reconstruct, Score, Values};
        assert_eq!(jobs(Family::HsrVae), [Encode, Reconstruct, Decode, Generate, Score]);
        assert_eq!(jobs(Family::LanguageModel), [Generate, Score]);
        assert_eq!(jobs(Family::Tagger), [Label]);
        assert_eq!(jobs(Family::Regression), [Values]);
    }

    /// A stage waits until what it overwrites has been read; blocks in a circle go step by step.
    #[test]
    fn what_is_read_of_the_step_before_is_read_before_it_is_overwritten() {
        let text = r#"
            loop = [{ name = "read", over = "positions" }]
            [[block]]
            name = "embed"
            loop = "read"
            op = "embedding"
            size = 4
            [[block]]
            name = "mix"
            loop = "read"
            op = "linear"
            size = 5
            inputs = ["embed", { before = "late" }]
            activation = "tanh"
            [[block]]
            name = "late"
            loop = "read"
            op = "cell"
            kind = "gru"
            size = 5
            inputs = ["mix"]
            [[block]]
            name = "aside"
            loop = "read"
            op = "linear"
            size = 5
            inputs = [{ before = "late" }]
            [[block]]
            name = "label"
            loop = "read"
            op = "label"
            size = 3
            inputs = ["late", "aside"]
        "#;
        let network = Network::from_text("n", text, 9).unwrap();
        let schedule = Schedule::new(&network);
        let body = schedule.body(0);
        let depths: Vec<_> = body.depths.iter().map(|d| names(&network, d.iter().copied())).collect();
        assert_eq!(depths, [vec!["mix", "aside"], vec!["late"], vec!["label"]]);
        assert!(!body.wave && body.overtaken.is_empty());
        let groups: Vec<_> =
            body.groups.iter().map(|g| (names(&network, g.blocks.iter().copied()), g.stepwise)).collect();
        let alone = |name| (vec![name], false);
        assert_eq!(groups, [alone("embed"), (vec!["mix", "late"], true), alone("aside"), alone("label")]);

        let both =
            text.replace("inputs = [{ before = \"late\" }]", "inputs = [\"late\", { before = \"late\" }]");
        let network = Network::from_text("n", &both, 9).unwrap();
        let overtaken = Schedule::new(&network).body(0).overtaken.clone();
        assert_eq!(
            overtaken.iter().map(|&(r, s)| names(&network, [r, s])).collect::<Vec<_>>(),
            [["aside", "late"]]
        );
    }
}
