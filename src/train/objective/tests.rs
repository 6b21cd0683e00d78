//! Schedules, free nats, and losses of even odds.

use super::*;
use crate::config::{CellKind, Model};
use crate::model::FloatNet;
use crate::train::adam::initial;

#[test]
fn schedules() {
    let of = |kl_schedule| Train { kl_schedule, kl_warmup_epochs: 4.0, ..Train::default() };
    let at = |schedule, epochs: [f32; 4]| epochs.map(|e| kl_weight(&of(schedule), e));
    assert_eq!(at(KlSchedule::Constant, [0.0, 1.0, 4.0, 5.0]), [1.0; 4]);
    assert_eq!(at(KlSchedule::Linear, [0.0, 1.0, 4.0, 5.0]), [0.0, 0.25, 1.0, 1.0]);
    assert_eq!(at(KlSchedule::Cyclical, [0.0, 1.0, 3.0, 5.0]), [0.0, 0.5, 1.0, 0.5]);
}

/// Four cycles of 100 updates by the recurrence of the method's authors: v rises by
/// (1 - start) / (period R) an update and is held at 1 for the rest of the cycle.
#[test]
fn cycles_are_those_of_the_publication() {
    let (period, cycles) = (100, 4);
    for (ratio, start) in [(0.5, 0.0), (0.25, 0.0), (1.0, 0.1), (2.0 / 3.0, 0.1)] {
        for shape in [KlShape::Linear, KlShape::Sigmoid, KlShape::Cosine] {
            let train = Train {
                kl_schedule: KlSchedule::Cyclical,
                kl_warmup_epochs: period as f32,
                kl_cycles: cycles,
                kl_ratio: ratio,
                kl_start: start,
                kl_shape: shape,
                ..Train::default()
            };
            for update in 0..period * (cycles + 1) {
                let v = start + (1.0 - start) * (update % period) as f32 / (period as f32 * ratio);
                let want = match shape {
                    _ if update >= period * cycles || v >= 1.0 => 1.0,
                    KlShape::Linear => v,
                    KlShape::Sigmoid => 1.0 / (1.0 + (-(v * 12.0 - 6.0)).exp()),
                    KlShape::Cosine => 0.5 * (1.0 - (v * std::f32::consts::PI).cos()),
                };
                let got = kl_weight(&train, update as f32);
                assert!((got - want).abs() < 1e-4, "{shape:?}, update {update}: {got}, expected {want}");
            }
        }
    }
}

/// Free bits: of a dimension, and of z as a whole, which are charged for when the batch mean is not
/// below them, and then whole.
#[test]
fn free_nats_are_not_charged_for() {
    let model = Model { cells: vec![CellKind::Gru], hidden: 4, latent: 2, vocabulary: 6, ..Model::default() };
    let network = Network::hsr_vae(&model, 1.0);
    let net = FloatNet::with_tensors(&network, initial(&network, 3));
    let trace = net.encode_batch(&[&[2, 4, 5, 3], &[2, 4, 3]]);
    let heads = network.latent_moments()[0];
    let mean = trace.get(heads, Role::Output);
    let kl: Vec<f32> = last_kl(&network, &trace, heads).iter().map(|sum| sum / 2.0).collect();
    let charged = |free_nats: f32, free_nats_of_z: f32| {
        let train = Train { step_kl: 0.0, last_step_kl: 0.5, free_nats, free_nats_of_z, ..Train::default() };
        let gradients = divergence(&network, &trace, &train, 3.0, &mut Losses::default());
        let (d_mean, _) = &gradients[&heads];
        let layout = trace.layout(0);
        let lasts = [layout.last(0), layout.last(1)];
        [0, 1].map(|j| {
            let whole = |row| if lasts.contains(&row) { 1.5 * mean[[row, j]] } else { 0.0 };
            let column: Vec<f32> = d_mean.column(j).to_vec();
            let all: Vec<f32> = (0..layout.rows()).map(whole).collect();
            assert!(column == all || column.iter().all(|&d| d == 0.0), "{column:?}, {all:?}");
            column == all
        })
    };
    let (least, most, of_z) = (kl[0].min(kl[1]), kl[0].max(kl[1]), kl[0] + kl[1]);
    assert_eq!(charged(0.9 * least, 0.9 * of_z), [true, true]);
    assert_eq!(charged(0.5 * (least + most), 0.0), [kl[0] == most, kl[1] == most]);
    assert_eq!(charged(1.1 * most, 0.0), [false, false]);
    assert_eq!(charged(0.0, 1.1 * of_z), [false, false]);
}

/// Logits that not even double precision has an exponential of, and even odds.
#[test]
fn binary_cross_entropy_is_finite_everywhere() {
    let bits = ndarray::arr2(&[[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]]);
    let mut logits = ndarray::arr2(&[[1000.0, -1000.0, -1000.0, 1000.0], [0.0; 4], [7.0; 4]]);
    let rows = [Some(bits.row(0)), Some(bits.row(1)), None];
    let loss = binary_cross_entropy(&mut logits, &rows, 2.0);
    assert!((loss - 2000.0 - 4.0 * 2f64.ln()).abs() < 1e-9, "{loss}");
    assert_eq!(logits, ndarray::arr2(&[[0.0, 0.0, -2.0, 2.0], [-1.0, 1.0, -1.0, 1.0], [0.0; 4]]));
}

#[test]
fn cross_entropy_of_even_odds_is_the_log_of_the_choices() {
    let mut logits = ndarray::arr2(&[[1.0, 1.0, 1.0, 1.0]]);
    let loss = cross_entropy(&mut logits, &[2], 2.0);
    assert!((loss - 4f64.ln()).abs() < 1e-6);
    assert_eq!(logits, ndarray::arr2(&[[0.5, 0.5, -1.5, 0.5]]));
}
