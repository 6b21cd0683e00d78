//! Every weight is in the histogram, at the level that was written.

use super::*;
use crate::config::{Config, Encoding};
use crate::model::Network;
use crate::pipeline::{map, random_sentences, random_weights};

fn net(change: impl Fn(&mut Config)) -> CrossbarNet {
    let mut config = Config::default();
    (config.model.vocabulary, config.model.embedding) = (23, 5);
    (config.model.hidden, config.model.latent) = (7, 3);
    (config.crossbar.rows, config.crossbar.columns) = (8, 24);
    change(&mut config);
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    let sentences = random_sentences(config.model.vocabulary, 3, 1);
    map(&network, &random_weights(&network, 1), &config, &sentences).unwrap()
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
    let net = net(|c| c.device.preset = "wan2022".into());
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
