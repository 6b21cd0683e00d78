//! One configuration: estimated, and where that is asked for generated, co-simulated and synthesised.

use super::{Checked, Point, name};
use crate::budget::{Budget, Family, PARTS};
use crate::build::{DESIGN, ReadBuild, read_build, simulate, synthesise, write_build};
use crate::config::Config;
use crate::cosim::{Engine, RunOptions, Simulation};
use crate::crossbar::CrossbarNet;
use crate::emit::emit_with;
use crate::failure::Failure;
use crate::files::OutputFolder;
use crate::model::{Network, TrainedModel, Vocabulary};
use crate::pipeline::{map, map_model, random_sentences, random_weights};
use crate::sample::{generations, reconstruct};
use crate::synth::Flow;
use std::path::Path;

/// The network that all configurations share.
pub enum Source {
    /// A model; its own shape is that of every configuration.
    Trained(Box<TrainedModel>),
    /// Random weights of the size that the configuration asks for.
    Random,
}

impl Source {
    fn map(&self, config: &Config) -> Result<CrossbarNet, Failure> {
        match self {
            Source::Trained(model) => map_model(model, config, None),
            Source::Random => {
                let network = Network::describe(&config.model, config.train.lambda_low)?;
                let sentences = random_sentences(network.vocabulary, 16, 1);
                Ok(map(&network, &random_weights(&network, 1), config, &sentences)?)
            }
        }
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        match self {
            Source::Trained(model) => Some(&model.vocabulary),
            Source::Random => None,
        }
    }
}

/// What is done with every configuration.
pub struct Trial<'a> {
    /// The network.
    pub source: &'a Source,
    /// Where designs are generated, if they are; claimed by the caller.
    pub out: &'a Path,
    /// Sentences to co-simulate, each read and one more written.
    pub cosim: Option<usize>,
    /// A flow that counts look-up tables, for designs that may fit its largest part.
    pub synth: Option<Flow>,
    /// Hears of a design that is still being read and has to be waited for.
    pub waits: &'a dyn Fn(&Path),
}

impl Trial<'_> {
    /// What is known of `config`; or why it cannot be built.
    ///
    /// # Errors
    ///
    /// It can be built, and the disk or a tool failed, or hardware and golden model differ.
    pub fn point(&self, config: &Config) -> Result<Result<Point, String>, Failure> {
        let checked = config.check("the flags").map_err(|e| Failure::input(e.to_string()));
        match checked.and_then(|()| self.source.map(config)) {
            Ok(net) => self.measure(config, &net).map(Ok),
            Err(why) => Ok(Err(format!("{}: {why}", name(config)))),
        }
    }

    fn measure(&self, config: &Config, net: &CrossbarNet) -> Result<Point, Failure> {
        let budget = Budget::new(net, config);
        let (x, a) = (&config.crossbar, &config.accelerator);
        let folder = self.out.join(name(config));
        let family = self.synth.and_then(Flow::family).unwrap_or(Family::Ecp5);
        let (mut cosim, mut synthesised) = (None, None);
        if self.cosim.is_some() || self.synth.is_some() {
            let build = self.generated(&folder, config, net)?;
            if let Some(sentences) = self.cosim {
                cosim = Some(checked(&folder, &build, sentences)?);
            }
            let least = budget.fabric.of(family).at_least(budget.fabric_error);
            let largest = PARTS.iter().filter(|p| p.family == family).max_by_key(|p| p.has.lut);
            if let (Some(flow), Some(part)) = (self.synth, largest.filter(|p| p.judge(least).fits())) {
                synthesised = Some(synthesise(&folder, &build, flow, (Some(part.name), None), &|_| {})?);
            }
        }
        Ok(Point {
            name: name(config),
            rows: x.rows,
            columns: x.columns,
            columns_per_adc: x.columns_per_adc,
            gate_lanes: a.gate_lanes.count(),
            token_lanes: a.token_lanes.count(),
            encoding: x.encoding,
            adc_bits: x.adc_bits,
            tiles: budget.tiles,
            adcs: budget.adcs,
            cycles_per_token_read: budget.pace.cycles_token_read,
            cycles_per_token_written: budget.pace.cycles_token_written,
            adc_utilisation: budget.pace.adc_utilisation,
            fabric: budget.fabric.of(family),
            energy_per_token_written_pj: budget.analog.energy_token_written.total_pj,
            area_um2: budget.analog.area.total_um2,
            on_front: false,
            cosim,
            synthesised,
            fits: PARTS.iter().filter(|p| p.holds(&budget.fabric)).map(|p| p.name).collect(),
        })
    }

    /// The configuration in its build folder.
    fn generated(&self, folder: &Path, config: &Config, net: &CrossbarNet) -> Result<ReadBuild, Failure> {
        // What synthesis left there is kept when the design is still the same.
        let same = |build: &ReadBuild| {
            let Ok(made) = emit_with(net, config, self.source.vocabulary()) else { return false };
            let (made, there) = (made.design, &build.file.design);
            made.id == there.id && made.files.iter().all(|(path, hash)| there.files.get(path) == Some(hash))
        };
        if let Some(build) = read_build(folder).ok().filter(same) {
            return Ok(build);
        }
        let new = OutputFolder::begin(folder, DESIGN)?;
        write_build(new, net, config, self.source.vocabulary(), self.waits)?;
        read_build(folder)
    }
}

/// Runs the design against the golden model, which has the predicted cycles.
fn checked(folder: &Path, build: &ReadBuild, sentences: usize) -> Result<Checked, Failure> {
    let config = &build.file.design.config;
    let limit = config.accelerator.max_tokens;
    let mut jobs = generations(sentences, 1.0, 1, limit)?;
    let mut read = random_sentences(config.model.vocabulary, sentences, 1);
    read.iter_mut().for_each(|s| s.truncate(limit));
    jobs.extend(read.iter().map(|s| reconstruct(s, limit)));
    let simulation = Simulation::build(Engine::Verilator, folder, false)?;
    let report = simulate(build, &simulation, &jobs, &RunOptions::default(), &|_| {})?;
    if let Some(first) = &report.first_difference {
        let place = folder.display();
        return Err(Failure::check(format!("{place}: hardware and golden model differ first at {first}")));
    }
    Ok(Checked { jobs: report.sentences, bits_compared: report.bits_compared, cycles: report.cycles })
}
