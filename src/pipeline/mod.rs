//! The stages in their order, for the program and the tests: a model to integers, to
//! tiles, to a golden model.

mod calibration;
mod converters;
mod fit;
mod hardware;
mod inputs;
mod random;
mod varied;

pub use hardware::hardware_net;
pub use inputs::{
    balanced, fitting, map_model, map_model_on, read_config, read_conversations, read_data, read_examples,
    read_frames, read_model, read_words,
};
pub use random::random_weights;
pub use varied::{varied_design, varied_jobs};

use crate::config::{Config, Rounding};
use crate::crossbar::{CrossbarNet, MapError, TiledMatrix};
use crate::failure::Failure;
use crate::golden::Golden;
use crate::model::{EOS, Engine, Example, FloatNet, Network, Random, Role, SOS, Weights};
use crate::quant::{Calibration, QuantError, QuantNet, bounded_words};
use ndarray::Array2;

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

/// Ranges of every vector while the float network reads `examples` (sentences `<sos>` to `<eos>`, where it writes).
pub fn calibrate(net: &FloatNet, examples: &[Example]) -> Calibration {
    let mut calibration = Calibration::default();
    let network = net.network();
    for example in examples.iter().take(CALIBRATION_SENTENCES) {
        if network.converses() {
            net.traces_of_conversation(example).iter().for_each(|trace| calibration.add(trace));
            continue;
        }
        if network.bits_block().is_some() {
            net.traces_of_piece(example).iter().for_each(|trace| calibration.add(trace));
            continue;
        }
        let encoded = net.read_examples(&[example]);
        calibration.add(&encoded);
        if network.flow().is_some() && network.vocabulary > 0 {
            // A flow reads draws, which are wider than the means.
            calibration.add(&net.encode_drawn(&example.tokens, 1));
        }
        if network.draw().is_some() && network.vocabulary_block().is_some() {
            for trace in net.drawn_traces(&example.tokens) {
                calibration.add(&trace);
            }
        } else if network.vocabulary_block().is_some() {
            let z = network.flow().map(|(flow, ..)| flow).or(network.latent());
            let z = z.map_or(Vec::new(), |z| encoded.get(z, Role::Output).row(0).to_vec());
            calibration.add(&net.teacher_forced(&example.tokens, &z));
        }
    }
    // z is wider than its posterior means: generation draws it from N(0, I).
    if network.latent().is_some() && network.vocabulary_block().is_some() {
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

/// Turns of a conversation for networks without data.
const RANDOM_TURNS: usize = 4;

/// Conversations of random words, for networks without data.
pub fn random_conversations(vocabulary: usize, count: usize, seed: u64) -> Vec<Example> {
    let sentences = random_sentences(vocabulary, count * RANDOM_TURNS, seed);
    sentences.chunks(RANDOM_TURNS).map(|turns| Example::conversation(turns.to_vec())).collect()
}

/// Conversations that a trained network has with itself.
fn own_conversations(net: &FloatNet, count: usize, seed: u64) -> Vec<Example> {
    let mut all: Vec<Vec<Vec<u32>>> = vec![Vec::new(); count];
    for turn in 0..RANDOM_TURNS as u64 {
        // Each begins in its own way.
        for (number, turns) in all.iter_mut().enumerate() {
            let own = Random::keyed(&[seed, number as u64, turn]).bits();
            let said = net.answers_to(&[turns], (1, own), 40).remove(0).remove(0);
            turns.push([vec![SOS], said].concat());
        }
    }
    all.into_iter().map(Example::conversation).collect()
}

/// Frames of noise as wide as standardised ones, for networks without data.
pub fn random_frames(size: usize, count: usize, seed: u64) -> Vec<Example> {
    let mut random = Random::keyed(&[seed, 3]);
    let frames = |_| {
        let steps = 8 + random.below(8);
        let frames = Array2::from_shape_simple_fn((steps, size), || random.normal());
        Example { frames, ..Example::default() }
    };
    (0..count).map(frames).collect()
}

/// Pieces of bits, one in eight of them 1, for networks without data.
pub fn random_pieces(size: usize, count: usize, seed: u64) -> Vec<Example> {
    let mut random = Random::keyed(&[seed, 4]);
    let piece = |_| {
        let steps = 6 + random.below(8);
        let bit = || if random.below(8) == 0 { 1.0 } else { 0.0 };
        Example::piece(&Array2::from_shape_simple_fn((steps, size), bit))
    };
    (0..count).map(piece).collect()
}

/// What to calibrate on where no data are given: sentences that the network writes itself, or, where it
/// does not write by itself, what it can read at random.
pub fn own_examples(net: &FloatNet, count: usize, seed: u64) -> Vec<Example> {
    let network = net.network();
    if let Some(bits) = network.bits_block() {
        if net.schedule().writes_of_what_is_read() {
            return random_pieces(network.width(bits), count, seed);
        }
        let nothing = Array2::zeros((0, network.width(bits)));
        let dreamt = |i: u64| Example::piece(&net.dream_piece(&nothing, 40, (1.0, seed.wrapping_add(i))));
        return (0..count as u64).map(dreamt).collect();
    }
    match network.frame_width() {
        _ if network.converses() => own_conversations(net, count.div_ceil(RANDOM_TURNS), seed),
        Some(size) => random_frames(size, count, seed),
        None => own_sentences(net, count, seed).into_iter().map(Example::sentence).collect(),
    }
}

/// Sequences of the kind that a network reads, for networks without data: random words, or frames.
pub fn random_examples(network: &Network, count: usize, seed: u64) -> Vec<Example> {
    match network.frame_width() {
        _ if network.converses() => {
            random_conversations(network.vocabulary, count.div_ceil(RANDOM_TURNS), seed)
        }
        Some(size) if network.bits_block().is_some() => random_pieces(size, count, seed),
        Some(size) => random_frames(size, count, seed),
        None => {
            random_sentences(network.vocabulary, count, seed).into_iter().map(Example::sentence).collect()
        }
    }
}

/// Sentences a trained network writes itself, from z of the prior: what to calibrate on
/// where no data are given. Random ones of a network that does not write by itself.
pub fn own_sentences(net: &FloatNet, count: usize, seed: u64) -> Vec<Vec<u32>> {
    if net.network().vocabulary_block().is_none() || net.schedule().writes_of_what_is_read() {
        return random_sentences(net.network().vocabulary, count, seed);
    }
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
    let examples: Vec<Example> = sentences.iter().cloned().map(Example::sentence).collect();
    map_on(network, weights, config, &examples)
}

/// The same on sequences of any kind: sentences, words or frames.
///
/// # Errors
///
/// The network has no integers, or does not fit its tiles.
pub fn map_on(
    network: &Network,
    weights: &Weights,
    config: &Config,
    examples: &[Example],
) -> Result<CrossbarNet, PipelineError> {
    let quant = quantised(network, weights, config, examples, config.fixed.rounding)?;
    Ok(calibration::calibrated(CrossbarNet::new(quant, config)?, config, examples))
}

/// Integers, with ranges measured on `examples`.
fn quantised(
    network: &Network,
    weights: &Weights,
    config: &Config,
    examples: &[Example],
    rounding: Rounding,
) -> Result<QuantNet, QuantError> {
    let (weights, words) = bounded_words(network, weights);
    let float = FloatNet::new(network, &weights).expect("weights were checked against the network");
    let ranges = calibrate(&float, examples);
    let mut quant = QuantNet::new(network, &weights, &config.fixed, &ranges)?;
    if rounding == Rounding::Calibrated {
        let fits = fit::fits(&float, &quant, examples);
        quant = QuantNet::fitted(network, &weights, &config.fixed, &ranges, &fits)?;
    }
    quant.clipped.extend(words);
    Ok(quant)
}

/// The golden model of a mapped network.
pub fn golden(net: &CrossbarNet, config: &Config) -> Golden<TiledMatrix> {
    Golden::tiled(net, &config.accelerator)
}
