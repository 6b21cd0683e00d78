//! When the blocks of a network work: derived once from its description, read by every room.
//!
//! A [`Body`] is what one step of a loop evaluates, in order; a [`Plan`] is what a job does with the
//! bodies, one [`Step`] after the other. Golden model (values with cycles), evaluation (values without)
//! and budget (cycles without values) are folds over a plan; emit reads the same bodies.

use super::{BlockId, Network, Op, When};
use serde::{Deserialize, Serialize};

/// The jobs of an accelerator, by their number in the JOB register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
}

impl JobKind {
    /// Every job, by number.
    pub const ALL: [JobKind; 5] =
        [JobKind::Encode, JobKind::Reconstruct, JobKind::Decode, JobKind::Generate, JobKind::Score];

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
        Body { over, lookups, depths }
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
        let active = self.depths.iter().enumerate().filter(move |(d, _)| *d <= beat && beat < steps + d);
        active.flat_map(|(_, stages)| stages.iter().copied())
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
                JobKind::Encode => plan.push(Step::Statistics(latents.clone())),
                JobKind::Score => plan.extend(rest.into_iter().chain([Step::Predict(When::DecoderStep)])),
                JobKind::Reconstruct | JobKind::Decode | JobKind::Generate => {
                    plan.extend(rest.into_iter().chain([Step::Write(When::DecoderStep)]));
                }
            }
            plan
        };
        Schedule { bodies, plans: JobKind::ALL.map(plan) }
    }

    /// What a step of a loop evaluates.
    pub fn body(&self, over: When) -> &Body {
        &self.bodies[over as usize]
    }

    /// Every loop, in the order in which a whole pass goes through them.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// Every block, behind all that it reads.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = BlockId> {
        let all: Vec<BlockId> = self.bodies.iter().flat_map(Body::blocks).collect();
        all.into_iter()
    }

    /// What a job does.
    pub fn plan(&self, kind: JobKind) -> &[Step] {
        &self.plans[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CellKind, Config, LatentFrom};

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
        assert_eq!(beats, [vec!["enc1"], vec!["enc1", "q1", "enc2"], vec!["q1", "enc2", "q2"], vec!["q2"]]);
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

    /// Levels that depend on each other's draw are drawn one after the other.
    #[test]
    fn from_the_top_down_latents_stand_before_the_moments_that_read_them() {
        let (network, schedule) = schedule(|c| c.model.latent_from = LatentFrom::TopDown);
        let order = names(&network, schedule.body(When::Sentence).stages());
        let at = |name: &str| order.iter().position(|n| *n == name).unwrap();
        assert!(at("z2") < at("q1_given_z2") && at("q1_given_z2") < at("z"), "{order:?}");
    }
}
