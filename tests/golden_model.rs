//! The golden model against the float network it came from, and ideal against tiled.

use crate::common::designs::designs;
use crate::common::jobs;
use crate::common::ops::{described_designs, described_jobs};
use hvae_mnn::config::{CellKind, Config, Crossbar};
use hvae_mnn::golden::{Golden, GoldenEngine, Job, JobKind, Place, Places};
use hvae_mnn::model::{Engine, FloatNet, Network, Role};
use hvae_mnn::pipeline::{map, random_sentences, random_weights};
use hvae_mnn::quant::Signal;

fn config(cells: [CellKind; 2]) -> Config {
    let mut config = Config::default();
    config.model.cells = cells.to_vec();
    (config.model.vocabulary, config.model.embedding) = (40, 12);
    (config.model.hidden, config.model.latent) = (10, 4);
    config.crossbar = Crossbar { rows: 16, columns: 32, ..Crossbar::default() };
    config
}

fn pairs() -> impl Iterator<Item = [CellKind; 2]> {
    CellKind::ALL.into_iter().flat_map(|a| CellKind::ALL.map(|b| [a, b]))
}

#[test]
fn integers_follow_the_float_network_in_every_cell_combination() {
    for cells in pairs() {
        let config = config(cells);
        let network = Network::describe(&config.model, 1.0).unwrap();
        let weights = random_weights(&network, 11);
        let sentences = random_sentences(40, 12, 5);
        let float = FloatNet::new(&network, &weights).unwrap();
        let mapped = map(&network, &weights, &config, &sentences).unwrap();
        let golden = Golden::tiled(&mapped, &config.accelerator);
        let run =
            golden.run(&Job::new(JobKind::Reconstruct, sentences[0].iter().map(|&t| t as i32).collect(), 8));
        let trace = float.encode(&sentences[0]);
        let format = mapped.quant.moment_format();
        for event in run.events.iter().filter(|e| matches!(e.signal, Signal::Mean | Signal::H)) {
            let block = &network.blocks[event.block];
            if !network.over(event.block).is_read() {
                continue;
            }
            let frac =
                if event.signal == Signal::H { mapped.quant.cell(event.block).h.frac } else { format.frac };
            let exact = trace.vector(&network, event.block, Role::Output, 0, event.step);
            for (&code, &want) in event.values.iter().zip(exact) {
                let got = f64::from(code) * 2f64.powi(-frac);
                assert!(
                    (got - f64::from(want)).abs() < 0.06,
                    "{cells:?} {} step {}: {got} for {want}",
                    block.name,
                    event.step
                );
            }
        }
    }
}

#[test]
fn ideal_and_tiled_golden_models_agree_bit_by_bit() {
    for cells in pairs() {
        let config = config(cells);
        let network = Network::describe(&config.model, 1.0).unwrap();
        let sentences = random_sentences(40, 6, 7);
        let mapped = map(&network, &random_weights(&network, 3), &config, &sentences).unwrap();
        let ideal = Golden::ideal(&mapped.quant, &mapped.geometry, &config.accelerator);
        let tiled = Golden::tiled(&mapped, &config.accelerator);
        for (i, sentence) in sentences.iter().enumerate() {
            let input = sentence.iter().map(|&t| t as i32).collect();
            let job = Job::new(JobKind::Reconstruct, input, 10).sampled(1.0, i as u64).unwrap();
            assert_eq!(ideal.run(&job), tiled.run(&job), "{cells:?}");
        }
    }
}

#[test]
fn the_metrics_engine_and_the_jobs_write_the_same_words() {
    let config = config([CellKind::Gru, CellKind::Lstm]);
    let network = Network::describe(&config.model, 1.0).unwrap();
    let sentences = random_sentences(40, 6, 9);
    let mapped = map(&network, &random_weights(&network, 4), &config, &sentences).unwrap();
    let golden = Golden::tiled(&mapped, &config.accelerator);
    let mut engine = GoldenEngine::new(&golden);
    for sentence in &sentences {
        let run =
            golden.run(&Job::new(JobKind::Reconstruct, sentence.iter().map(|&t| t as i32).collect(), 12));
        let posterior = engine.encode(sentence);
        let z: Vec<f32> =
            posterior.moments.iter().flat_map(|m| m.mean[m.mean.len() - m.size..].to_vec()).collect();
        assert_eq!(engine.greedy(&z, 12), run.output);
    }
}

/// Weights, formats and tables that leave every format, so that no flag of the hardware can be forgotten: each place
/// clips numbers and lets others pass (what `cosim_matrix` and `cosim_ops` compare flag by flag, in the same designs).
#[test]
fn every_place_of_the_data_path_clips_in_some_job_and_passes_in_others() {
    let design = designs().into_iter().find(|d| d.strained).expect("a strained design");
    let (net, sentences) = design.mapped();
    let golden = Golden::tiled(&net, &design.config.accelerator);
    let mut places = Places::default();
    for job in jobs(&design.config, &sentences, 12, golden.shape.latent) {
        places.add(&golden.run(&job).places);
    }
    let names = ["strained-odd-widths", "sums-behind-a-loop", "strained-mean-of-z", "strained-sum-of-z"];
    for described in described_designs().into_iter().filter(|d| names.contains(&d.name)) {
        let golden = Golden::tiled(&described.mapped(), &described.config.accelerator);
        for job in described_jobs(&described.config, &golden.shape) {
            places.add(&golden.run(&job).places);
        }
    }
    let one_sided = |place: &&Place| places.of(**place).clipped == 0 || places.of(**place).fitted == 0;
    let seen: Vec<_> = Place::ALL.iter().filter(one_sided).map(|p| (p, places.of(*p))).collect();
    assert!(seen.is_empty(), "{seen:?}");
}
