//! What stands where, and what works when.

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

    let both = text.replace("inputs = [{ before = \"late\" }]", "inputs = [\"late\", { before = \"late\" }]");
    let network = Network::from_text("n", &both, 9).unwrap();
    let overtaken = Schedule::new(&network).body(0).overtaken.clone();
    assert_eq!(
        overtaken.iter().map(|&(r, s)| names(&network, [r, s])).collect::<Vec<_>>(),
        [["aside", "late"]]
    );
}
