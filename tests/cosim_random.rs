//! Random networks on hardware: what a description says is what the Verilog does, bit by bit and cycle by cycle.

use crate::common::random_network::random_network;
use crate::common::tiny;
use crate::cosim_networks::plays;
use crate::random_golden::sequences;
use hvae_mnn::config::CellKind::Gru;
use hvae_mnn::pipeline::{map_on, random_weights};

/// Simulates the first `count` random networks from `seed` on that have integers.
fn simulate(seed: u64, count: usize) {
    let config = tiny(&[Gru]);
    let mut done = 0;
    for seed in seed.. {
        let network = random_network(seed);
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

#[test]
fn a_few_random_networks() {
    simulate(1000, 2);
}

#[test]
#[ignore = "make test-all: half a minute a design"]
fn some_more_random_networks() {
    simulate(2000, 2);
}

#[test]
#[ignore = "make test-all: forty designs, half a minute each"]
fn forty_random_networks() {
    simulate(0, 40);
}
