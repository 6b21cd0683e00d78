//! Every cycle of a job is accounted for.

use super::*;
use crate::config::{CellKind, Config};
use crate::golden::FETCH;
use crate::model::Network;
use crate::pipeline::{map, random_sentences, random_weights};
use crate::sample::{generation, reconstruct, score};

fn golden(shared: bool) -> (Golden<crate::crossbar::TiledMatrix>, Vec<Vec<u32>>) {
    let mut config = Config::default();
    config.model.cells = vec![CellKind::Gru, CellKind::Lstm];
    (config.model.vocabulary, config.model.embedding) = (23, 5);
    (config.model.hidden, config.model.latent) = (7, 3);
    (config.crossbar.rows, config.crossbar.columns) = (8, 24);
    if shared {
        (config.crossbar.shared, config.crossbar.physical_tiles) = (true, 2);
    }
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    let sentences = random_sentences(config.model.vocabulary, 3, 1);
    let net = map(&network, &random_weights(&network, 1), &config, &sentences).unwrap();
    (Golden::tiled(&net, &config.accelerator), sentences)
}

/// The cycles of all parts are those of the job, and what is left to the sequencer is what it is known to take.
#[test]
fn every_cycle_of_a_job_is_somebodys() {
    for shared in [false, true] {
        let (golden, sentences) = golden(shared);
        for sentence in &sentences {
            let jobs = [reconstruct(sentence, 9), score(sentence, 9), generation(0.8, 1, 9).unwrap()];
            for job in jobs {
                let run = golden.run(&job);
                let spans = spans(&golden, &job, &run);
                assert!(
                    spans.iter().all(|s| s.start >= KEY_CYCLES && s.end() < run.counters.cycles),
                    "{job:?}"
                );
                let found = critical(&spans, run.counters.cycles);
                let converting: u64 = found.stages.values().map(|p| p.converting).sum();
                assert_eq!(converting, run.adc_cycles, "{job:?}");
                let beats: u64 = {
                    let mut starts: Vec<u64> = spans.iter().map(|s| s.start).collect();
                    starts.dedup();
                    starts.len() as u64
                };
                let rest = found.sequencer - KEY_CYCLES - FLUSH_CYCLES - HANDOVER * beats;
                // A fetch for every step, a hand-over for every depth with nothing to do, a push for every token.
                let (steps, depths) = (job.input.len() as u64 + 9, golden.schedule.bodies().iter());
                let depths: u64 = depths.map(|body| body.depths.len() as u64).sum();
                assert!(rest <= steps * (FETCH + HANDOVER * depths) + run.counters.tokens, "{job:?}: {rest}");
            }
        }
    }
}

/// No two stages of one block at once, and none before the one it waits for.
#[test]
fn a_block_works_on_one_step_at_a_time() {
    let (golden, sentences) = golden(false);
    let job = reconstruct(&sentences[0], 9);
    let run = golden.run(&job);
    let spans = spans(&golden, &job, &run);
    let mut ends: BTreeMap<BlockId, u64> = BTreeMap::new();
    for span in &spans {
        let before = ends.insert(span.block, span.end());
        assert!(before.is_none_or(|end| end < span.start), "{span:?}");
    }
    assert!(ends.len() > 5);
}
