//! Float weights as the cells of an array hold them.

use super::calibration::calibrated;
use super::converters::Converted;
use super::{PipelineError, own_examples, quantised};
use crate::config::{Config, Rounding};
use crate::crossbar::{CrossbarNet, programmed_weights};
use crate::model::{FloatNet, Op};
use ndarray::{Array2, s};
use std::sync::Arc;

/// Sentences that set the ranges, on which only the formats of biases depend.
const SENTENCES: usize = 4;

/// `net` with the weights of its matrices quantised, written into the devices of `config` and read
/// back, with another seed of programming for every `update`. Biases and embeddings stay as they are.
/// With `[train] hardware_converters` its products are those of the tiles, biases included.
///
/// # Errors
///
/// The network cannot be put on such tiles.
pub fn hardware_net(net: &FloatNet, config: &Config, update: u64) -> Result<FloatNet, PipelineError> {
    let mut config = config.clone();
    config.device.seed = config.device.seed.wrapping_add(update << 20);
    config.noise.seed = config.noise.seed.wrapping_add(update as u32);
    let sentences = own_examples(net, SENTENCES, 1);
    let quant = quantised(net.network(), &net.weights(), &config, &sentences, Rounding::Nearest)?;
    let tiles = match config.train.hardware_converters {
        true => Some(calibrated(CrossbarNet::new(quant.clone(), &config)?, &config, &sentences)),
        false => None,
    };
    let held = match &tiles {
        Some(tiles) => tiles.matrices.iter().map(|(n, m)| (n.clone(), m.matrix().weights.clone())).collect(),
        None => programmed_weights(&quant, &config)?,
    };
    let mut seen = net.clone();
    for (id, (block, integers)) in net.network().blocks.iter().zip(&quant.blocks).enumerate() {
        let names = integers.matrix_names(&block.name).into_iter().zip(integers.matrices());
        let mut real = names.map(|(name, matrix)| -> Array2<f32> {
            let codes = held[&name].slice(s![.., ..matrix.inputs]);
            let mut real = codes.mapv(|w| matrix.weight.decode(w.into()) as f32);
            for (n, mut row) in real.outer_iter_mut().enumerate() {
                row.mapv_inplace(|w| w * matrix.gain(n) as f32);
            }
            real
        });
        let mut put = |tensor: usize, part: Array2<f32>| {
            let index = seen.index(id, tensor);
            seen.tensors_mut()[index] = part;
        };
        match &block.op {
            Op::Embedding { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Auxiliary { .. }
            | Op::Input { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => {}
            Op::Linear { .. } | Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                put(0, real.next().expect("one matrix"))
            }
            Op::Moments { size, .. } | Op::Values { size, .. } => {
                let both = real.next().expect("one matrix");
                put(0, both.slice(s![..*size, ..]).to_owned());
                put(2, both.slice(s![*size.., ..]).to_owned());
            }
            Op::Cell { .. } => {
                let mut parts: Vec<Array2<f32>> = real.collect();
                put(1, parts.pop().expect("the recurrent part"));
                let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
                put(0, ndarray::concatenate(ndarray::Axis(1), &views).expect("one row a gate and unit"));
            }
        }
    }
    Ok(match tiles {
        Some(tiles) => {
            let converted = Converted::new(&seen, tiles, update);
            seen.distorted(Some(Arc::new(converted)))
        }
        None => seen,
    })
}

#[cfg(test)]
mod tests {
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
                let tiles =
                    crate::pipeline::map_on(net.network(), &net.weights(), config, &sentences).unwrap();
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
}
