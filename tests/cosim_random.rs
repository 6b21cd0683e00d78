//! Random networks on hardware: what a description says is what the Verilog does, bit by bit and cycle by cycle.

use crate::common::random_network::{random_network, with_draws, with_frames};
use crate::common::random_turns::random_conversation;
use crate::common::tiny;
use crate::cosim_networks::plays;
use crate::random_golden::sequences;
use hvae_mnn::config::CellKind::Gru;
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{map_on, random_weights};

/// Simulates the first `count` networks from `seed` on that have integers and that `change` makes of random ones.
fn simulate(seed: u64, count: usize, change: impl Fn(Network, u64) -> Option<Network>) {
    let config = tiny(&[Gru]);
    let mut done = 0;
    for seed in seed.. {
        let Some(network) = change(random_network(seed), seed) else { continue };
        let weights = random_weights(&network, seed);
        if let Ok(net) = map_on(&network, &weights, &config, &sequences(&network, seed)) {
            plays(&format!("random network {seed}:\n{}", network.to_text()), &net, &config, 8);
            done += 1;
        }
        if done == count {
            return;
        }
    }
}

fn as_it_is(network: Network, _: u64) -> Option<Network> {
    Some(network)
}

fn of_frames(network: Network, seed: u64) -> Option<Network> {
    with_frames(&network, 1 + seed as usize % 40)
}

fn drawn(network: Network, seed: u64) -> Option<Network> {
    with_draws(&network, seed)
}

fn drawn_of_frames(network: Network, seed: u64) -> Option<Network> {
    with_frames(&with_draws(&network, seed)?, 17)
}

fn of_turns(_: Network, seed: u64) -> Option<Network> {
    Some(random_conversation(seed))
}

#[test]
fn a_random_conversation() {
    simulate(1000, 1, of_turns);
}

#[test]
fn a_few_random_networks() {
    simulate(1000, 2, as_it_is);
}

#[test]
fn a_random_network_of_frames() {
    simulate(1000, 1, of_frames);
}

#[test]
fn a_random_network_that_draws() {
    simulate(1000, 1, drawn_of_frames);
}

#[test]
#[ignore = "make test-all: half a minute a design"]
fn some_more_random_networks() {
    simulate(2000, 2, as_it_is);
}

#[test]
#[ignore = "make test-all: sixty-six designs, half a minute each"]
fn more_than_sixty_random_networks() {
    simulate(0, 40, as_it_is);
    simulate(0, 8, of_frames);
    simulate(0, 6, drawn);
    simulate(0, 6, drawn_of_frames);
    simulate(0, 6, of_turns);
}
