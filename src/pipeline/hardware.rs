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
mod tests;
