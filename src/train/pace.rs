//! How fast updates are.

use super::adam::{Adam, Part, initial};
use super::batch::Batch;
use super::gpu::Device;
use super::machine::{Machine, Update};
use super::objective::kl_weight;
use crate::config::Config;
use crate::model::{FloatNet, ModelError, Network, Random};
use std::time::Instant;

/// Tokens predicted a second by `updates` updates on batches of `sentences`, one after the other,
/// from random weights; the first of them is not timed, and bringing weights to a graphics processor is not
/// either, but bringing them back.
pub fn pace(
    config: &Config,
    sentences: &[Vec<u32>],
    updates: usize,
    device: Option<Device>,
) -> Result<f64, ModelError> {
    let train = &config.train;
    let network = Network::describe(&config.model, train.lambda_low)?;
    let mut net = FloatNet::with_tensors(&network, initial(&network, train.seed));
    let mut adam = Adam::new(&network, net.tensors());
    let mut machine = Machine::new(device, &net, &adam, train)?;
    let batches: Vec<&[Vec<u32>]> = sentences.chunks(train.batch).collect();
    let mut tokens = 0;
    let mut started = Instant::now();
    for update in 0..=updates {
        if update == 1 {
            (tokens, started) = (0, Instant::now());
        }
        let mut random = Random::keyed(&[train.seed, update as u64]);
        let chosen: Vec<&[u32]> = batches[update % batches.len()].iter().map(Vec::as_slice).collect();
        let batch = Batch::new(&chosen, train, &mut random);
        let update = Update {
            batch: &batch,
            train,
            kl_weight: kl_weight(train, 0.0),
            learning_rate: train.learning_rate,
            parts: &[Part::Encoder, Part::Decoder],
            random,
        };
        let (losses, _) = machine.update(&mut net, &mut adam, None, update)?;
        tokens += losses.tokens;
    }
    machine.settle(&mut net, &mut adam)?;
    Ok(tokens as f64 / started.elapsed().as_secs_f64())
}
