//! When the blocks of a network work: derived once from its description, read by every room.
//!
//! A [`Body`] is what one step of a loop evaluates, in order; a [`Plan`] is what a job does with the
//! bodies, one [`Step`] after the other. Golden model (values with cycles), evaluation (values without)
//! and budget (cycles without values) are folds over a plan; emit reads the same bodies.

use super::{BlockId, Network, Op, When};
use serde::{Deserialize, Serialize};

/// The jobs of an accelerator, by their number in the JOB register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Tokens to the statistics of z.
    Encode = 0,
    /// Tokens to tokens through z.
    Reconstruct = 1,
    /// z to tokens.
    Decode = 2,
    /// z from the prior, to tokens.
    Generate = 3,
    /// Tokens to the log-probability of each but the first, through z.
    Score = 4,
    /// A number that no design has a job for; its packet is taken and dropped.
    #[cfg_attr(feature = "cli", value(skip))]
    Reserved = 7,
}

impl JobKind {
    /// Every job that there is, by number.
    pub const ALL: [JobKind; 5] =
        [JobKind::Encode, JobKind::Reconstruct, JobKind::Decode, JobKind::Generate, JobKind::Score];

    /// It waits for a packet.
    pub const fn reads_packet(self) -> bool {
        !matches!(self, JobKind::Generate)
    }

    /// Its packet is a sentence.
    pub const fn reads_tokens(self) -> bool {
        matches!(self, JobKind::Encode | JobKind::Reconstruct | JobKind::Score)
    }
}

/// What one step of a loop evaluates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What the loop goes over.
    pub over: When,
    /// Tables that are read on the fly, before everything else of the step.
    pub lookups: Vec<BlockId>,
    /// Stages by depth: those of one depth need nothing of each other and can work side by side.
    pub depths: Vec<Vec<BlockId>>,
    /// Those of which a job reads the last step's value alone, so that they work in that step alone: heads
    /// that z is made of. (All of depth > 0: a stage knows the last step by nothing coming behind it.)
    pub at_last: Vec<BlockId>,
    /// Those that no job reads: heads that are there for training.
    pub idle: Vec<BlockId>,
}

/// At which steps somebody reads what a block makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reads {
    Never,
    Last,
    Every,
}

impl Reads {
    /// Of every block. A cell reads itself; logits leave the network.
    fn of(network: &Network) -> Vec<Reads> {
        let mut reads = vec![Reads::Never; network.blocks.len()];
        for (id, block) in network.blocks.iter().enumerate().rev() {
            let (init, elsewhere) = match &block.op {
                Op::Vocabulary { .. } => {
                    reads[id] = Reads::Every;
                    (None, Reads::Last)
                }
                Op::Cell { init, .. } => {
                    if reads[id] == Reads::Last {
                        reads[id] = Reads::Every;
                    }
                    (*init, Reads::Last)
                }
                Op::Latent { steps, .. } => (None, if steps.is_last() { Reads::Last } else { Reads::Every }),
                Op::Embedding { .. } | Op::Moments { .. } | Op::Linear { .. } => (None, Reads::Last),
            };
            for source in network.inputs(id).into_iter().chain(init) {
                let same_loop = network.blocks[source].when == block.when;
                reads[source] = reads[source].max(if same_loop { reads[id] } else { elsewhere });
            }
        }
        reads
    }
}

impl Body {
    fn new(network: &Network, over: When) -> Body {
        let here: Vec<BlockId> =
            (0..network.blocks.len()).filter(|&id| network.blocks[id].when == over).collect();
        let (lookups, stages): (Vec<_>, Vec<_>) =
            here.into_iter().partition(|&id| matches!(network.blocks[id].op, Op::Embedding { .. }));
        let mut depths: Vec<Vec<BlockId>> = Vec::new();
        let mut depth_of = vec![0; network.blocks.len()];
        for id in stages {
            let before = network.inputs(id).into_iter().filter(|i| depths.iter().flatten().any(|s| s == i));
            depth_of[id] = before.map(|i| depth_of[i] + 1).max().unwrap_or(0);
            depths.resize(depths.len().max(depth_of[id] + 1), Vec::new());
            depths[depth_of[id]].push(id);
        }
        let reads = Reads::of(network);
        let read = |wanted: Reads| -> Vec<BlockId> {
            let here =
                depths.iter().enumerate().flat_map(|(d, stages)| stages.iter().map(move |&id| (d, id)));
            let matching = here.filter(|&(d, id)| reads[id] == wanted && (d > 0 || wanted == Reads::Never));
            matching.map(|(_, id)| id).collect()
        };
        let (at_last, idle) = match over {
            When::Sentence => (Vec::new(), Vec::new()),
            When::EncoderStep | When::DecoderStep => (read(Reads::Last), read(Reads::Never)),
        };
        Body { over, lookups, depths, at_last, idle }
    }

    /// Every stage, in an order in which each follows what it reads.
    pub fn stages(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.depths.iter().flatten().copied()
    }

    /// Every stage with its depth, in that order.
    pub fn staged(&self) -> impl Iterator<Item = (usize, BlockId)> + '_ {
        self.depths.iter().enumerate().flat_map(|(depth, stages)| stages.iter().map(move |&id| (depth, id)))
    }

    /// Lookups and stages, in evaluation order.
    pub fn blocks(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.lookups.iter().copied().chain(self.stages())
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
}

/// One thing that a job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Over the tokens of the packet, all depths side by side ([`Body::beat`]).
    Read(When),
    /// The same over the tokens of the packet but the last; each is followed by the log-probability of the
    /// token after it.
    Predict(When),
    /// Latents: drawn, taken as the mean, or given; as the job says.
    Draw(Vec<BlockId>),
    /// Stages that work once, side by side.
    Once(Vec<BlockId>),
    /// Cells take their first states from what `init` made.
    Load(Vec<BlockId>),
    /// The statistics of the latents are sent, and the job ends.
    Statistics(Vec<BlockId>),
    /// One depth after the other, then a token; until the sentence ends.
    Write(When),
}

/// What a job does, in order.
pub type Plan = Vec<Step>;

/// When everything of a network works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    bodies: [Body; 3],
    plans: [Plan; 5],
    /// The loop of each block.
    over: Vec<When>,
}

impl Schedule {
    /// Derives it from the description.
    pub fn new(network: &Network) -> Schedule {
        let bodies = When::ORDER.map(|over| Body::new(network, over));
        let is_latent = |id: &BlockId| matches!(network.blocks[*id].op, Op::Latent { .. });
        let (latents, once): (Vec<_>, Vec<_>) = bodies[When::Sentence as usize].stages().partition(is_latent);
        let starts = |id: &BlockId| matches!(network.blocks[*id].op, Op::Cell { init: Some(_), .. });
        let loaded: Vec<BlockId> = (0..network.blocks.len()).filter(starts).collect();
        let plan = |kind: JobKind| {
            let mut plan = Plan::new();
            if kind.reads_tokens() {
                plan.push(Step::Read(When::EncoderStep));
            }
            plan.push(Step::Draw(latents.clone()));
            let rest = [Step::Once(once.clone()), Step::Load(loaded.clone())];
            match kind {
                JobKind::Reserved => plan.clear(),
                JobKind::Encode => plan.push(Step::Statistics(latents.clone())),
                JobKind::Score => plan.extend(rest.into_iter().chain([Step::Predict(When::DecoderStep)])),
                JobKind::Reconstruct | JobKind::Decode | JobKind::Generate => {
                    plan.extend(rest.into_iter().chain([Step::Write(When::DecoderStep)]));
                }
            }
            plan
        };
        let over = network.blocks.iter().map(|b| b.when).collect();
        Schedule { bodies, plans: JobKind::ALL.map(plan), over }
    }

    /// What a step of a loop evaluates.
    pub fn body(&self, over: When) -> &Body {
        &self.bodies[over as usize]
    }

    /// Every loop, in the order in which a whole pass goes through them.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// Whether what `reader` reads of `source` stays the same while the loop of `reader` goes on: a product
    /// with it is made at the first step and kept.
    pub fn constant(&self, source: BlockId, reader: BlockId) -> bool {
        self.over[source] == When::Sentence && self.over[reader] != When::Sentence
    }

    /// Every block, behind all that it reads.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = BlockId> {
        let all: Vec<BlockId> = self.bodies.iter().flat_map(Body::blocks).collect();
        all.into_iter()
    }

    /// What a job does.
    pub fn plan(&self, kind: JobKind) -> &[Step] {
        JobKind::ALL.iter().position(|k| *k == kind).map_or(&[], |at| &self.plans[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CellKind, Config, LatentFrom, LatentSteps};

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
        let encoder = schedule.body(When::EncoderStep);
        let depths: Vec<_> = encoder.depths.iter().map(|d| names(&network, d.iter().copied())).collect();
        assert_eq!(depths, [vec!["enc1"], vec!["q1", "enc2"], vec!["q2"]]);
        assert_eq!(names(&network, encoder.lookups.iter().copied()), ["enc_embed"]);
        for body in schedule.bodies() {
            let order: Vec<BlockId> = body.blocks().collect();
            for (at, &id) in order.iter().enumerate() {
                let here = network.inputs(id).into_iter().filter(|i| network.blocks[*i].when == body.over);
                here.for_each(|input| assert!(order[..at].contains(&input), "{:?}", network.blocks[id]));
            }
        }
        let all: usize = schedule.bodies().iter().map(|b| b.blocks().count()).sum();
        assert_eq!(all, network.blocks.len(), "every block works in one loop");
    }

    #[test]
    fn a_wave_fills_and_empties() {
        let (network, schedule) = schedule(|_| ());
        let body = schedule.body(When::EncoderStep);
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
        let body = both.body(When::EncoderStep);
        assert_eq!(names(&network, body.at_last.iter().copied()), ["q1", "q2"]);
        assert_eq!(names(&network, body.steady()), ["enc1", "enc2"]);

        let (network, top) = schedule(|c| c.model.latent_from = LatentFrom::Top);
        let body = top.body(When::EncoderStep);
        assert_eq!(names(&network, body.idle.iter().copied()), ["q1"]);
        assert_eq!(names(&network, body.at_last.iter().copied()), ["q2"]);

        let (_, mean) = schedule(|c| c.model.latent_steps = LatentSteps::Mean);
        assert!(mean.body(When::EncoderStep).at_last.is_empty());
        for schedule in [both, top, mean] {
            let decoder = schedule.body(When::DecoderStep);
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
        let order = names(&network, schedule.body(When::Sentence).stages());
        let at = |name: &str| order.iter().position(|n| *n == name).unwrap();
        assert!(at("z2") < at("q1_given_z2") && at("q1_given_z2") < at("z"), "{order:?}");
    }
}
