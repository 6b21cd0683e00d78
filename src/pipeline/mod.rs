//! The stages in their order, for the program and the tests: a model to integers, to
//! tiles, to a golden model.
#![warn(missing_docs)]

mod calibration;
mod converters;
mod hardware;
mod inputs;
mod random;
mod varied;

pub use hardware::hardware_net;
pub use inputs::{balanced, fitting, map_model, read_config, read_data, read_model};
pub use random::random_weights;
pub use varied::{varied_design, varied_jobs};

use crate::config::Config;
use crate::crossbar::{CrossbarNet, MapError, TiledMatrix};
use crate::failure::Failure;
use crate::golden::Golden;
use crate::model::{EOS, Engine, FloatNet, Network, Random, Role, SOS, Weights};
use crate::quant::{Calibration, QuantError, QuantNet, bounded_words};

/// Sentences that are enough to know the ranges of a network.
pub const CALIBRATION_SENTENCES: usize = 128;

/// Why a model cannot be put on tiles.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum PipelineError {
    /// It cannot be put into integers.
    #[error(transparent)]
    Quant(#[from] QuantError),
    /// Its integers cannot be put on tiles.
    #[error(transparent)]
    Map(#[from] MapError),
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Failure {
        Failure::input(error.to_string())
    }
}

/// Ranges of every vector while the float network reads `sentences` (ids, `<sos>` to `<eos>`).
pub fn calibrate(net: &FloatNet, sentences: &[Vec<u32>]) -> Calibration {
    let mut calibration = Calibration::default();
    let network = net.network();
    for sentence in sentences.iter().take(CALIBRATION_SENTENCES) {
        let encoded = net.encode(sentence);
        calibration.add(&encoded);
        if network.written().is_some() {
            let z = network.latent().map_or(Vec::new(), |z| encoded.get(z, Role::Output).row(0).to_vec());
            calibration.add(&net.teacher_forced(sentence, &z));
        }
    }
    // z is wider than its posterior means: generation draws it from N(0, I).
    if network.latent().is_some() {
        calibration.add(&net.teacher_forced(&[SOS, SOS], &vec![3.0; network.latent_width()]));
    }
    calibration
}

/// Sentences of random words, for networks without data.
pub fn random_sentences(vocabulary: usize, count: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut random = Random::keyed(&[seed, 1]);
    let word = |random: &mut Random| 4 + random.below(vocabulary - 4) as u32;
    (0..count)
        .map(|_| {
            let length = 3 + random.below(8);
            let words: Vec<u32> = (0..length).map(|_| word(&mut random)).collect();
            [vec![SOS], words, vec![EOS]].concat()
        })
        .collect()
}

/// Sentences a trained network writes itself, from z of the prior: what to calibrate on
/// where no data are given.
pub fn own_sentences(net: &FloatNet, count: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut random = Random::keyed(&[seed, 2]);
    let width = net.network().latent_width();
    let z: Vec<Vec<f32>> = (0..count).map(|_| (0..width).map(|_| random.normal()).collect()).collect();
    let written = net.clone().greedy_all(&z, 40);
    written.into_iter().map(|words| [vec![SOS], words].concat()).collect()
}

/// Integers, then tiles, then what is set once the tiles are programmed.
///
/// # Errors
///
/// The network has no integers, or does not fit the tiles.
pub fn map(
    network: &Network,
    weights: &Weights,
    config: &Config,
    sentences: &[Vec<u32>],
) -> Result<CrossbarNet, PipelineError> {
    let quant = quantised(network, weights, config, sentences)?;
    Ok(calibration::calibrated(CrossbarNet::new(quant, config)?, config, sentences))
}

/// Integers, with ranges measured on `sentences`.
fn quantised(
    network: &Network,
    weights: &Weights,
    config: &Config,
    sentences: &[Vec<u32>],
) -> Result<QuantNet, QuantError> {
    let (weights, words) = bounded_words(network, weights);
    let float = FloatNet::new(network, &weights).expect("weights were checked against the network");
    let mut quant = QuantNet::new(network, &weights, &config.fixed, &calibrate(&float, sentences))?;
    quant.clipped.extend(words);
    Ok(quant)
}

/// The golden model of a mapped network.
pub fn golden(net: &CrossbarNet, config: &Config) -> Golden<TiledMatrix> {
    Golden::tiled(net, &config.accelerator)
}
