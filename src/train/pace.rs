//! How fast updates are.

use super::adam::{Adam, Part, beginning};
use super::batch::Batch;
use super::gpu::Device;
use super::hardware::Hardware;
use super::machine::{Machine, Update};
use super::objective::TermWeights;
use crate::config::Config;
use crate::model::{FloatNet, ModelError, Network, Random};
use std::time::Instant;

/// Tokens predicted a second by `updates` updates on batches of `sentences`, one after the other, from
/// random weights on; as often as `repeats` says. One update before them is not timed. No cells are
/// programmed, whatever `hardware_every` says.
///
/// # Errors
///
/// The device cannot make such updates.
pub fn pace(
    config: &Config,
    sentences: &[Vec<u32>],
    updates: usize,
    repeats: usize,
    device: Option<Device>,
) -> Result<Vec<f64>, ModelError> {
    let train = &config.train;
    let network = Network::to_train(&config.model, train.lambda_low)?;
    let mut net = FloatNet::with_tensors(&network, beginning(&network, train));
    let mut adam = Adam::new(&network, net.tensors());
    let mut machine = Machine::new(device, &net, &adam, train)?;
    let batches: Vec<&[Vec<u32>]> = sentences.chunks(train.batch).collect();
    let mut make = |update: usize| {
        let mut random = Random::keyed(&[train.seed, update as u64]);
        let chosen: Vec<&[u32]> = batches[update % batches.len()].iter().map(Vec::as_slice).collect();
        let batch = Batch::new(&chosen, train, &mut random);
        let update = Update {
            batch: &batch,
            train,
            weights: TermWeights::at(train, 0.0),
            learning_rate: train.learning_rate,
            parts: &[Part::Encoder, Part::Decoder],
            random,
        };
        machine.update(&mut net, &mut adam, &Hardware::exact(), update).map(|(losses, _)| losses.tokens)
    };
    make(0)?;
    let mut paces = Vec::new();
    for repeat in 0..repeats {
        let (mut tokens, started) = (0, Instant::now());
        for update in 1..=updates {
            tokens += make(repeat * updates + update)?;
        }
        paces.push(tokens as f64 / started.elapsed().as_secs_f64());
    }
    Ok(paces)
}
