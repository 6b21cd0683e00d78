//! All small designs of the co-simulation tests in one list, for what measures the tests themselves: coverage and mutants.

use crate::common::designs::designs;
use crate::common::ops::{described_designs, described_jobs};
use crate::common::{family_designs, jobs, mapped_family, tiny};
use crate::{cosim_dialogue, flows, shared_tiles};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::{Config, Family, Flow, LatentFrom};
use hvae_mnn::crossbar::{CrossbarNet, TiledMatrix};
use hvae_mnn::golden::{Golden, Job, Manner};
use hvae_mnn::model::Random;
use hvae_mnn::pipeline::varied_jobs;

/// A design on tiles, and how its jobs are made.
pub struct Case {
    pub name: String,
    pub config: Config,
    pub net: CrossbarNet,
    /// Of the first list: sentences. Others are asked by their shape.
    sentences: Option<Vec<Vec<u32>>>,
    described: bool,
}

impl Case {
    fn new(name: &str, config: Config, net: CrossbarNet) -> Case {
        Case { name: name.into(), config, net, sentences: None, described: false }
    }

    /// Every kind of job that the design has, in every manner.
    pub fn jobs(&self, golden: &Golden<TiledMatrix>) -> Vec<Job> {
        match &self.sentences {
            Some(sentences) => jobs(&self.config, sentences, 12, golden.shape.latent),
            None if self.described => described_jobs(&self.config, &golden.shape),
            None => {
                let mut all = varied_jobs(&golden.shape, 60, &mut Random::keyed(&[8]));
                // What a packet of another kind cannot show.
                all.extend(varied_jobs(&golden.shape, 60, &mut Random::keyed(&[9])));
                all
            }
        }
    }
}

/// The jobs that a reset in mid-job leaves what they are: where an ABORT meets a job depends on what else happens.
pub fn whole(jobs: &[Job]) -> Vec<Job> {
    let kept = jobs.iter().filter(|job| job.manner.abort.is_none());
    kept.map(|job| Job { manner: Manner { ahead: false, eager: false, ..job.manner }, ..job.clone() })
        .collect()
}

/// Every design whose name `wanted` accepts.
pub fn cases(wanted: &dyn Fn(&str) -> bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for design in designs().into_iter().filter(|d| wanted(d.name)) {
        let (net, sentences) = design.mapped();
        let case = Case::new(design.name, design.config, net);
        cases.push(Case { sentences: Some(sentences), ..case });
    }
    for design in described_designs().into_iter().filter(|d| wanted(d.name)) {
        let net = design.mapped();
        cases.push(Case { described: true, ..Case::new(design.name, design.config, net) });
    }
    let of_family = |family| {
        let mut config = tiny(&[Lstm]);
        (config.model.family, config.model.dense) = (family, 7);
        config
    };
    let mut top_down = tiny(&[Gru, Lstm]);
    top_down.model.latent_from = LatentFrom::TopDown;
    let mut labelled = flows::config(Flow::Iaf, &[Gru]);
    (labelled.model.flow_steps, labelled.model.skip) = (2, true);
    (labelled.model.label, labelled.model.classes) = (true, 3);
    let families = family_designs().into_iter().chain([
        ("family-tagger", of_family(Family::Tagger)),
        ("family-regression", of_family(Family::Regression)),
        ("top-down", top_down),
        ("coupling-flow", flows::config(Flow::Coupling, &[Lstm, Gru])),
        ("gated-flow-and-label", labelled),
    ]);
    let shared = shared_tiles::small_designs();
    for (name, config) in families.chain(shared).filter(|(name, _)| wanted(name)) {
        cases.push(Case::new(name, config.clone(), mapped_family(&config)));
    }
    let name = "a-conversation-of-ones-own";
    if wanted(name) {
        let (network, config) = cosim_dialogue::own();
        let net = cosim_dialogue::mapped(&network, &config);
        cases.push(Case::new(name, config, net));
    }
    cases
}
