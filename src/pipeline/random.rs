//! Weights of a network that nobody trained, for designs of a given size.

use crate::model::{Network, Op, Random, Weights};
use ndarray::{ArrayD, IxDyn};

/// PyTorch's initial values: U(+-1/sqrt(hidden)) for cells, U(+-1/sqrt(fan in)) for
/// products, N(0, 1) for embeddings. The same seed gives the same weights.
pub fn random_weights(network: &Network, seed: u64) -> Weights {
    let tensors = network.tensors().into_iter().enumerate().map(|(i, (name, shape))| {
        let mut random = Random::keyed(&[seed, 0, i as u64]);
        let block = network.find(name.split('.').next().unwrap_or(&name));
        let embedding = block.is_some_and(|id| matches!(network.blocks[id].op, Op::Embedding { .. }));
        // A bias has the bound of its matrix; the width of a state bounds both well.
        let fan = *shape.last().expect("a tensor has a shape") as f32;
        let bound = 1.0 / fan.sqrt();
        let count = shape.iter().product();
        let value = |random: &mut Random| {
            if embedding { random.normal() } else { (2.0 * random.uniform() - 1.0) * bound }
        };
        let values: Vec<f32> = (0..count).map(|_| value(&mut random)).collect();
        (name, ArrayD::from_shape_vec(IxDyn(&shape), values).expect("as many as the shape has"))
    });
    Weights::checked("random weights", tensors.collect(), network).expect("made for this network")
}
