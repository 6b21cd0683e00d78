//! What integers lose and where: a scale for every output in hardware, every vector beside its float, draws that are the same.

use crate::common::simulations::simulation;
use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{CellKind, Config, Family, Rounding};
use hvae_mnn::cosim::{Cosim, Effort, Engine as Simulator, RunOptions};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::eval::{On, PlaceRow, Vector, by_place};
use hvae_mnn::golden::{Golden, GoldenEngine};
use hvae_mnn::model::{Engine, Example, FloatNet, Network};
use hvae_mnn::pipeline::{map, random_sentences, random_weights};
use hvae_mnn::tools;

fn scaled(cells: &[CellKind]) -> Config {
    let mut config = tiny(cells);
    config.fixed.column_scales = true;
    config
}

/// Gains are in the hardware, by themselves and under those that undo drift; half of one of them is noticed.
#[test]
fn a_scale_for_every_output_reaches_the_hardware() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("scales of outputs", &why.to_string());
    }
    let mut drifting = scaled(&[Rnn, Gru]);
    drifting.crossbar.calibrate_columns = true;
    (drifting.device.drift_nu, drifting.device.time_s, drifting.device.level_shift) =
        (Some(0.03), 1e6, Some(4));
    (drifting.crossbar.adc_bits, drifting.crossbar.adc_shift) = (12, 0);
    for config in [scaled(&[Lstm, Gru]), drifting] {
        let (net, sentences) = mapped(&config, 1);
        let of_net: Vec<u32> = net.quant.matrices().iter().flat_map(|(_, m)| m.gains.clone()).collect();
        assert!(of_net.iter().filter(|&&gain| gain < 900).count() > of_net.len() / 4, "{of_net:?}");
        let folder = tempfile::tempdir().unwrap();
        let emitted = build(&net, &config, folder.path());
        let simulation = simulation(folder.path(), Simulator::Verilator, false, Effort::Once).unwrap();
        let golden = Golden::tiled(&net, &config.accelerator);
        let jobs = jobs(&config, &sentences[..1], 8, net.quant.network.latent_width());
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        let mismatches = || cosim.run(&jobs, &RunOptions::default(), &|_| {}).unwrap().mismatches;
        assert_eq!(mismatches(), 0);
        // Bit 8 of the gain of lane 0: a quarter of one.
        let path = folder.path().join("rom/enc2_h_gains.hex");
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find('\n').unwrap() - 3;
        let digit = u8::from_str_radix(&text[at..=at], 16).unwrap() ^ 1;
        std::fs::write(&path, format!("{}{digit:x}{}", &text[..at], &text[at + 1..])).unwrap();
        assert!(mismatches() > 0, "gains are not read");
    }
}

/// On ideal cells tiles and integers agree, gains or not; what is stored is the same network again.
#[test]
fn scales_are_the_same_on_tiles_and_when_they_are_read_back() {
    let config = scaled(&[Gru, Lstm]);
    let (net, sentences) = mapped(&config, 3);
    let exact = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
    let tiled = Golden::tiled(&net, &config.accelerator);
    let z = vec![0.5; net.quant.network.latent_width()];
    for sentence in &sentences {
        let score = |engine: &mut dyn Engine| engine.score(sentence, &z);
        assert_eq!(score(&mut GoldenEngine::new(&exact)), score(&mut GoldenEngine::new(&tiled)));
    }
    let stored = serde_json::to_string(&net.quant.integers()).unwrap();
    let network = &net.quant.network;
    let again = |fixed| {
        let integers = serde_json::from_str(&stored).unwrap();
        hvae_mnn::quant::QuantNet::assemble(network, fixed, integers)
    };
    let mut read = again(&config.fixed).unwrap();
    read.clipped = net.quant.clipped.clone();
    assert_eq!(read, net.quant);
    let mut without = config.fixed.clone();
    without.column_scales = false;
    let error = again(&without).unwrap_err().to_string();
    assert!(error.contains("expected 0 gains of outputs"), "{error}");
}

fn float_of(config: &Config, seed: u64) -> FloatNet {
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    FloatNet::new(&network, &random_weights(&network, seed)).unwrap()
}

fn row<'a>(rows: &'a [PlaceRow], block: &str, vector: Vector) -> &'a PlaceRow {
    rows.iter().find(|row| row.block == block && row.vector == vector).expect("such a vector")
}

/// The codes of an embedding by hand, word by word; everything in wide integers is nearly the float network.
#[test]
fn every_vector_stands_beside_its_float() {
    let config = tiny(&[Gru, Lstm]);
    let (net, sentences) = mapped(&config, 2);
    let float = float_of(&config, 2);
    let examples: Vec<Example> = sentences.iter().cloned().map(Example::sentence).collect();
    let rows = by_place(&float, &net, &config, On::Fixed, &examples);
    let codes = row(&rows, "enc_embed", Vector::Codes);
    let format = codes.format.unwrap();
    let table = float.tensor(float.network().find("enc_embed").unwrap(), 0);
    let (mut signal, mut noise, mut count, mut widest) = (0.0, 0.0, 0, 0.0f64);
    for &word in sentences.iter().flatten() {
        for &value in table.row(word as usize) {
            let value = f64::from(value);
            signal += value * value;
            noise += (format.decode(format.encode(value)) - value).powi(2);
            count += 1;
            widest = widest.max(value.abs());
        }
    }
    let by_hand = 10.0 * (signal / noise).log10();
    assert!((codes.snr_db.unwrap() - by_hand).abs() < 1e-6, "{codes:?} and {by_hand}");
    assert_eq!((codes.numbers, codes.widest), (count, widest));
    // On ideal cells the tiles are the integers.
    assert_eq!(by_place(&float, &net, &config, On::Crossbar, &examples), rows);
    for (block, vector) in [
        ("enc1", Vector::Pre),
        ("enc1", Vector::H),
        ("q2", Vector::Mean),
        ("q2", Vector::LogVariance),
        ("z", Vector::Z),
        ("dec2", Vector::C),
        ("vocab", Vector::Logits),
    ] {
        let row = row(&rows, block, vector);
        assert!(row.snr_db.unwrap() > 20.0 && row.numbers > 0, "{row:?}");
    }
    let divergence = row(&rows, "vocab", Vector::Logits).divergence.unwrap();
    assert!((0.0..0.01).contains(&divergence), "{divergence}");
}

/// A weight that is wrong is seen from its block on and not before; what a narrow format clips is counted where it is.
#[test]
fn what_is_wrong_is_seen_where_it_is() {
    let config = tiny(&[Gru, Gru]);
    let float = float_of(&config, 2);
    let sentences = random_sentences(config.model.vocabulary, 4, 2);
    let examples: Vec<Example> = sentences.iter().cloned().map(Example::sentence).collect();
    let rows = |net: &CrossbarNet, config: &Config| by_place(&float, net, config, On::Fixed, &examples);
    let (net, _) = mapped(&config, 2);
    let right = rows(&net, &config);
    let mut integers = net.quant.integers();
    let enc2 = net.quant.network.find("enc2").unwrap();
    integers.0[enc2].matrices[0].weights.mapv_inplace(|w| -w);
    let mut wrong = net.clone();
    wrong.quant = hvae_mnn::quant::QuantNet::assemble(&net.quant.network, &config.fixed, integers).unwrap();
    let seen = rows(&wrong, &config);
    for (block, vector) in [("enc_embed", Vector::Codes), ("enc1", Vector::H), ("q1", Vector::Mean)] {
        assert_eq!(row(&seen, block, vector), row(&right, block, vector));
    }
    for (block, vector) in [("enc2", Vector::Pre), ("enc2", Vector::H), ("q2", Vector::Mean)] {
        let (bad, good) =
            (row(&seen, block, vector).snr_db.unwrap(), row(&right, block, vector).snr_db.unwrap());
        assert!(bad < good - 10.0, "{block}: {bad} and {good}");
    }
    // Pre-activations that end at 1/8.
    let mut narrow = config.clone();
    (narrow.fixed.pre_bits, narrow.fixed.pre_frac) = (8, 10);
    narrow.fixed.state_bits = 16;
    narrow.fixed.table_address_bits = 7;
    let network = Network::describe(&config.model, 1.0).unwrap();
    let net = map(&network, &random_weights(&network, 2), &narrow, &sentences).unwrap();
    let clipped = rows(&net, &narrow);
    let pre = row(&clipped, "enc1", Vector::Pre);
    assert_eq!(pre.range, Some(0.125));
    assert!(pre.clipped > 0 && pre.clipped < pre.rounded && pre.widest > 0.125, "{pre:?}");
    assert_eq!(row(&clipped, "enc_embed", Vector::Codes).clipped, 0);
    assert_eq!(row(&right, "enc1", Vector::Pre).clipped, 0);
}

/// With the draws of the float network, what is measured of latents of steps differs by the arithmetic alone.
#[test]
fn draws_of_the_float_network_leave_arithmetic_as_the_only_difference() {
    let mut config = tiny(&[Lstm]);
    (config.model.family, config.model.dense, config.model.latent) = (Family::ZForcing, 7, 5);
    let (net, sentences) = mapped(&config, 4);
    let mut float = float_of(&config, 4);
    let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
    let golden = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
    let mut off = |float_draws: bool| {
        let mut engine = GoldenEngine::new(&golden);
        engine.float_draws = float_draws;
        let (integers, float) = (engine.drawn_all(&views, Some(9)), float.drawn_all(&views, Some(9)));
        let pairs = integers.iter().zip(&float);
        pairs.map(|(a, b)| (a.log_weight() - b.log_weight()).abs()).sum::<f64>() / views.len() as f64
    };
    let (own, hardware) = (off(true), off(false));
    assert!(own < 0.05 && hardware > 3.0 * own, "{own} with the same draws, {hardware} with the hardware's");
}

/// Rounding for what drives the matrices is the default and loses less than rounding each weight: the same sentences,
/// the same formats of vectors, narrow weights.
#[test]
fn calibrated_weights_lose_less() {
    let mut config = tiny(&[Gru, Lstm]);
    (config.fixed.weight_bits, config.model.hidden, config.model.embedding) = (4, 24, 16);
    assert_eq!(config.fixed.rounding, Rounding::Calibrated);
    let network = Network::describe(&config.model, 1.0).unwrap();
    let float = float_of(&config, 5);
    let sentences = random_sentences(config.model.vocabulary, 128, 5);
    let others = random_sentences(config.model.vocabulary, 24, 6);
    let examples: Vec<Example> = others.into_iter().map(Example::sentence).collect();
    let mut lost = |rounding: Rounding| {
        config.fixed.rounding = rounding;
        let net = map(&network, &random_weights(&network, 5), &config, &sentences).unwrap();
        let rows = by_place(&float, &net, &config, On::Fixed, &examples);
        row(&rows, "vocab", Vector::Logits).divergence.unwrap()
    };
    let (nearest, calibrated) = (lost(Rounding::Nearest), lost(Rounding::Calibrated));
    assert!(calibrated < 0.8 * nearest, "{calibrated} calibrated, {nearest} nearest");
}
