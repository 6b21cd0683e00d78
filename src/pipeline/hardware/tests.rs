//! What training sees of cells and converters.

use super::*;
use crate::config::CellKind::{Gru, Lstm};
use crate::golden::{Golden, GoldenEngine};
use crate::model::{Engine, Network, Weights};
use crate::pipeline::random_weights;

fn net(config: &Config) -> FloatNet {
    let network = Network::describe(&config.model, 1.0).unwrap();
    let weights: Weights = random_weights(&network, 1);
    FloatNet::new(&network, &weights).unwrap()
}

#[test]
fn ideal_cells_hold_the_quantised_weights_and_others_do_not() {
    let mut config = Config::default();
    config.model.cells = vec![Gru, Lstm];
    (config.model.vocabulary, config.model.embedding) = (40, 9);
    (config.model.hidden, config.model.latent) = (11, 5);
    let net = net(&config);
    let held = hardware_net(&net, &config, 0).unwrap();
    for (exact, held) in net.tensors().iter().zip(held.tensors()) {
        let peak = exact.iter().fold(0.0f32, |m, w| m.max(w.abs()));
        let worst = (exact - held).iter().fold(0.0f32, |m, d| m.max(d.abs()));
        // Half a step of 8 bits, where nothing is clipped; biases and embeddings: nothing.
        assert!(worst <= peak / 63.0, "{worst} of {peak}");
    }
    assert_ne!(held.tensors(), net.tensors());
    assert_eq!(hardware_net(&net, &config, 7).unwrap().tensors(), held.tensors());
    config.device.preset = "wan2022".into();
    assert!(hardware_net(&net, &config, 0).unwrap().distortion().is_none());
    let noisy = |update| hardware_net(&net, &config, update).unwrap();
    assert_ne!(noisy(0).tensors(), held.tensors());
    assert_ne!(noisy(0).tensors(), noisy(1).tensors());
    assert_eq!(noisy(1).tensors(), noisy(1).tensors());
}

/// Through the converters the float network computes what the golden model does, but for what
/// is rounded after the products.
#[test]
fn products_through_converters_are_those_of_the_tiles() {
    for cells in [[Gru, Lstm], [Lstm, Gru]] {
        let mut config = Config::default();
        config.model.cells = cells.to_vec();
        (config.model.vocabulary, config.model.embedding) = (40, 9);
        (config.model.hidden, config.model.latent) = (11, 5);
        config.crossbar.rows = 16;
        // As training sees the weights: what calibration makes of them would be fitted anew in every update.
        config.fixed.rounding = Rounding::Nearest;
        let net = net(&config);
        let sentence = [2, 7, 9, 30, 12, 3];
        let scores = |net: &FloatNet| -> Vec<f64> {
            let z = vec![0.5; net.network().latent_width()];
            net.clone().score(&sentence, &z).iter().map(|s| s.log_probability).collect()
        };
        let golden = |config: &Config| -> Vec<f64> {
            let sentences = own_examples(&net, SENTENCES, 1);
            let tiles = crate::pipeline::map_on(net.network(), &net.weights(), config, &sentences).unwrap();
            let golden = Golden::tiled(&tiles, &config.accelerator);
            let z = vec![0.5; golden.quant.network.latent_width()];
            let scores = GoldenEngine::new(&golden).score(&sentence, &z);
            scores.iter().map(|s| s.log_probability).collect()
        };
        let far = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Exact converters, then some that clip nearly everything.
        for (adc_bits, at_least) in [(9, 0.0), (2, 0.05)] {
            config.crossbar.adc_bits = adc_bits;
            config.train.hardware_converters = true;
            let through = scores(&hardware_net(&net, &config, 0).unwrap());
            let on_tiles = golden(&config);
            assert!(far(&through, &on_tiles) < 0.01, "{adc_bits} bits: {through:?} {on_tiles:?}");
            assert!(far(&through, &scores(&net)) >= at_least, "{adc_bits} bits change nothing");
        }
    }
}
