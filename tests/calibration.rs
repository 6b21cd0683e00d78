//! What is set after programming: ranges that hold what columns give, gains that undo what devices do.

use crate::common::{mapped, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::{AdcRange, Config, Encoding, RangeOf};
use hvae_mnn::crossbar::{Correction, CrossbarNet};
use hvae_mnn::golden::{Golden, GoldenEngine, Job, JobKind};
use hvae_mnn::model::Engine;

fn ranged(adc_range: AdcRange, adc_range_of: RangeOf, change: fn(&mut Config)) -> (CrossbarNet, Config) {
    let mut config = tiny(&[Gru, Lstm]);
    config.crossbar.adc_bits = 3;
    (config.crossbar.adc_range, config.crossbar.adc_range_of) = (adc_range, adc_range_of);
    change(&mut config);
    (mapped(&config, 1).0, config)
}

/// Ranges of all tiles, matrix by matrix.
fn ranges(net: &CrossbarNet) -> Vec<Vec<u32>> {
    net.matrices.values().map(|m| m.mapped().tiles.iter().map(|t| t.adc_shift).collect()).collect()
}

fn clips(net: &CrossbarNet, config: &Config) -> u64 {
    let golden = Golden::tiled(net, &config.accelerator);
    let job =
        |seed: u64| Job { seed, ..Job::new(JobKind::Reconstruct, vec![2, 7, 5 + seed as i32, 11, 3], 20) };
    (0..4).map(|seed| golden.run(&job(seed)).counters.adc_clips).sum()
}

#[test]
fn a_full_range_holds_whatever_is_driven() {
    for change in [
        (|_| {}) as fn(&mut Config),
        |c| (c.crossbar.encoding, c.crossbar.flip, c.crossbar.columns) = (Encoding::Offset, true, 41),
        |c| (c.crossbar.dac_bits, c.crossbar.adc_zero) = (2, 1),
        |c| c.device.preset = "pcm".into(),
    ] {
        let (fixed, config) = ranged(AdcRange::Fixed, RangeOf::Tile, change);
        assert!(clips(&fixed, &config) > 0, "too few bits to clip nothing as they are");
        let of = |of| ranged(AdcRange::Full, of, change);
        let [network, matrix, tile] = [RangeOf::Network, RangeOf::Matrix, RangeOf::Tile].map(of);
        for (net, config) in [&network, &matrix, &tile] {
            assert_eq!(clips(net, config), 0);
        }
        for ((network, matrix), tile) in ranges(&network.0).iter().zip(ranges(&matrix.0)).zip(ranges(&tile.0))
        {
            assert!(
                network.iter().zip(&matrix).all(|(a, b)| a >= b) && matrix.iter().all(|m| *m == matrix[0])
            );
            assert!(matrix.iter().zip(&tile).all(|(a, b)| a >= b));
        }
    }
}

/// Tiles that take turns on the same converters have one range.
#[test]
fn a_physical_tile_has_one_range() {
    let (net, _) = ranged(AdcRange::Data, RangeOf::Tile, |c| c.crossbar.physical_tiles = 25);
    let mut seen = 0;
    for (name, rounds) in net.matrix_rounds() {
        let mapped = net.matrices[name].mapped();
        let physical = mapped.column_tiles.div_ceil(rounds);
        for tile in mapped.tiles.iter().filter(|tile| tile.at.1 >= physical) {
            assert_eq!(tile.adc_shift, mapped.tile(tile.at.0, tile.at.1 % physical).adc_shift, "{name}");
            seen += 1;
        }
    }
    assert!(seen > 0, "some tile takes turns");
}

/// What the network says of a sentence on these tiles, against exact products.
fn distance(net: &CrossbarNet, config: &Config) -> f64 {
    let sentence = [2, 7, 9, 5, 12, 3];
    let golden = Golden::tiled(net, &config.accelerator);
    let exact = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
    let (found, wanted) =
        (GoldenEngine::new(&golden).encode(&sentence), GoldenEngine::new(&exact).encode(&sentence));
    let pairs = found.moments.iter().zip(&wanted.moments).flat_map(|(a, b)| a.mean.iter().zip(&b.mean));
    pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn fitted_ranges_lose_less_than_fine_or_full_ones() {
    let of = |range| {
        let (net, config) = ranged(range, RangeOf::Matrix, |c| c.crossbar.adc_bits = 2);
        distance(&net, &config)
    };
    let (fixed, full, data) = (of(AdcRange::Fixed), of(AdcRange::Full), of(AdcRange::Data));
    assert!(data < fixed && data <= full, "fixed {fixed}, full {full}, data {data}");
}

#[test]
fn gains_undo_drift_and_leave_exact_columns_alone() {
    let net = |calibrate: bool, drifts: bool| {
        let mut config = tiny(&[Gru, Lstm]);
        config.crossbar.calibrate_columns = calibrate;
        if drifts {
            (config.device.drift_nu, config.device.time_s, config.device.level_shift) =
                (Some(0.03), 1e6, Some(4));
            (config.crossbar.adc_bits, config.crossbar.adc_shift) = (12, 0);
        }
        (mapped(&config, 1).0, config)
    };
    let (ideal, _) = net(true, false);
    let corrections = || ideal.matrices.values().flat_map(|m| m.corrections().expect("calibrated"));
    assert!(corrections().all(|c| *c == Correction::NONE));
    let (plain, config) = net(false, true);
    let (calibrated, calibrated_config) = net(true, true);
    let (before, after) = (distance(&plain, &config), distance(&calibrated, &calibrated_config));
    assert!(after < 0.6 * before, "{before} before, {after} after");
    // Every cell keeps 0.66 of itself. Steps of a whole level make much of small sums noise, by which the
    // line with the least error is flatter than 1.51.
    let gains = calibrated.matrices.values().flat_map(|m| m.corrections().expect("calibrated"));
    let mut gains: Vec<f64> = gains.map(|c| f64::from(c.gain) / 1024.0).collect();
    gains.sort_by(f64::total_cmp);
    let median = gains[gains.len() / 2];
    assert!((1.05..1.6).contains(&median), "{median}");
}
