//! What the pictures of a page are made of: every cycle of a job is somebody's, every weight is in the histogram.

use crate::common::{mapped, tiny};
use hvae_mnn::config::{CellKind, Config, Encoding};
use hvae_mnn::crossbar::{CrossbarNet, TiledMatrix};
use hvae_mnn::golden::{FETCH, FLUSH_CYCLES, Golden, HANDOVER, KEY_CYCLES};
use hvae_mnn::model::BlockId;
use hvae_mnn::report::{critical, histogram, histogram_picture, spans, tile_picture};
use hvae_mnn::sample::{generation, reconstruct, score};
use std::collections::BTreeMap;

fn golden(shared: bool) -> (Golden<TiledMatrix>, Vec<Vec<u32>>) {
    let mut config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    if shared {
        (config.crossbar.shared, config.crossbar.physical_tiles) = (true, 2);
    }
    let (net, sentences) = mapped(&config, 1);
    (Golden::tiled(&net, &config.accelerator), sentences)
}

fn net(change: impl Fn(&mut Config)) -> CrossbarNet {
    let mut config = tiny(&[CellKind::Gru]);
    change(&mut config);
    mapped(&config, 1).0
}

/// The cycles of all parts are those of the job, and what is left to the sequencer is what it is known to take.
#[test]
fn every_cycle_of_a_job_is_somebodys() {
    for shared in [false, true] {
        let (golden, sentences) = golden(shared);
        for sentence in &sentences[..3] {
            let jobs = [reconstruct(sentence, 9), score(sentence, 9), generation(0.8, 1, 9).unwrap()];
            for job in jobs {
                let run = golden.run(&job);
                let spans = spans(&golden, &job, &run);
                assert!(
                    spans.iter().all(|s| s.start >= KEY_CYCLES && s.end() < run.counters.cycles),
                    "{job:?}"
                );
                let samples: u64 = run.converted.iter().map(|c| c.tile_samples).sum();
                assert_eq!(samples, run.counters.tile_samples, "{job:?}");
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

/// Every weight once, and on cells that meet their levels each level shows one code: its own.
#[test]
fn exact_cells_show_their_level_and_every_weight_is_counted() {
    let changes: [fn(&mut Config); 3] = [
        |_| (),
        |c| (c.crossbar.encoding, c.crossbar.flip, c.crossbar.columns) = (Encoding::Offset, true, 25),
        |c| c.crossbar.cell_bits = 1,
    ];
    for change in changes {
        let net = net(change);
        let counts = histogram(&net);
        let cells: usize = net.quant.matrices().iter().map(|(_, m)| m.weights.len()).sum();
        assert_eq!(counts.iter().flatten().sum::<u64>(), (cells * net.geometry.cells_per_weight) as u64);
        for (level, codes) in counts.iter().enumerate() {
            let own = net.devices.level_code(level as u32) as usize;
            assert!(codes.iter().enumerate().all(|(code, &n)| n == 0 || code == own), "{level}: {codes:?}");
        }
    }
}

#[test]
fn cells_that_miss_their_level_are_seen_around_it() {
    let net = net(|c: &mut Config| c.device.preset = "wan2022".into());
    let counts = histogram(&net);
    let mean = |level: usize| {
        let all: u64 = counts[level].iter().sum();
        let sum: f64 = counts[level].iter().enumerate().map(|(code, &n)| code as f64 * n as f64).sum();
        sum / all as f64
    };
    assert!((0..3).all(|level| mean(level) + 2.0 < mean(level + 1)));
    let picture = histogram_picture(&net);
    assert!(picture.caption.contains("miss their level by"), "{}", picture.caption);
    assert_eq!(picture.body.matches("class=\"rule\"").count(), 4);
    let tile = tile_picture(&net).unwrap();
    assert!(
        tile.body.contains("viewBox=\"0 0 24 8\"") && tile.caption.contains("of its 192 cells"),
        "{}",
        tile.caption
    );
}
