//! The KL of a z that a flow has made, by the one draw of an update (models.md 1d).

use super::objective::{Losses, MomentGradients, last_row};
use crate::config::Train;
use crate::model::{BlockId, Flowed, Network, Role, Trace, flow_kl};
use ndarray::Array2;
use std::collections::BTreeMap;

/// ln q - ln p of what the flow has made of z at `epsilon` [sentences, width of z], added to `losses`, and its gradients times
/// `scale` and `last_step_kl`: to the log-variances, added to those of `moments`; to the flow and to its gates, by block. Nothing is
/// charged while the batch mean is below `free_nats_of_z`.
pub fn flow_divergence(
    network: &Network,
    trace: &Trace,
    train: &Train,
    epsilon: &Array2<f32>,
    scale: f32,
    losses: &mut Losses,
    moments: &mut MomentGradients,
) -> Vec<(BlockId, Array2<f32>)> {
    let Some((flow, ..)) = network.flow() else { return Vec::new() };
    let made = trace.get(flow, Role::Output);
    let gates: Vec<BlockId> = network.flow_gates();
    let row_of = |block: BlockId, sentence: usize| {
        last_row(network, trace.layout(network.blocks[block].within), block, sentence)
    };
    let of_sentence = |sentence: usize| {
        let ends = network
            .latent_moments()
            .iter()
            .flat_map(|&block| trace.get(block, Role::LogVariance).row(row_of(block, sentence)).to_vec());
        let gates = gates.iter().flat_map(|&gate| trace.get(gate, Role::Output).row(sentence).to_vec());
        let log_determinant = gates.map(|gate| f64::from(gate).ln()).sum();
        let flowed = Flowed { z: made.row(sentence).to_vec(), log_determinant };
        flow_kl(&ends.collect::<Vec<_>>(), &epsilon.row(sentence).to_vec(), &flowed)
    };
    let sentences = made.nrows();
    let of_all: f64 = (0..sentences).map(of_sentence).sum();
    losses.last_kl += of_all;
    if of_all / (sentences as f64) < f64::from(train.free_nats_of_z) {
        return Vec::new();
    }
    let weight = scale * train.last_step_kl;
    for &block in network.latent_moments() {
        let (_, d_log_variance) = moments.get_mut(&block).expect("every block");
        for sentence in 0..sentences {
            d_log_variance.row_mut(row_of(block, sentence)).mapv_inplace(|d| d - 0.5 * weight);
        }
    }
    let mut gradients = BTreeMap::from([(flow, made * weight)]);
    for gate in gates {
        let d = trace.get(gate, Role::Output).mapv(|gate| -weight / gate);
        match gradients.get_mut(&gate) {
            Some(sum) => *sum += &d,
            None => drop(gradients.insert(gate, d)),
        }
    }
    gradients.into_iter().collect()
}
