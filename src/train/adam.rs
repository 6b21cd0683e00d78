//! Adam (Kingma & Ba 2015) with PyTorch's conventions, and the start of the weights.

use crate::config::{Decay, Train};
use crate::model::{FloatNet, Network, Op, PAD, Random};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, Zip};

const BETA1: f32 = 0.9;

/// Which tensors an update changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Encoder,
    /// Everything else.
    Decoder,
}

/// First and second moments of the gradient, per tensor.
#[derive(Debug, Clone)]
pub struct Adam {
    /// Mean of the gradients, per tensor.
    pub first: Vec<Array2<f32>>,
    /// Mean of their squares, per tensor.
    pub second: Vec<Array2<f32>>,
    /// Updates done, of the encoder and of everything else.
    pub updates: [u64; 2],
    /// Whose every tensor is.
    parts: Vec<Part>,
}

impl Adam {
    /// Before the first update.
    pub fn new(network: &Network, tensors: &[Array2<f32>]) -> Self {
        let zeros = || tensors.iter().map(|t| Array2::zeros(t.dim())).collect();
        Self::with(network, zeros(), zeros(), [0; 2])
    }

    /// With moments from a checkpoint.
    pub fn with(
        network: &Network,
        first: Vec<Array2<f32>>,
        second: Vec<Array2<f32>>,
        updates: [u64; 2],
    ) -> Self {
        // What makes z, and what carries it on.
        let carries = network.carrying();
        let inference =
            (0..network.blocks.len()).filter(|id| Some(*id) < network.latent() || carries.contains(id));
        let encoder: Vec<String> = inference.map(|id| format!("{}.", network.blocks[id].name)).collect();
        let part = |(name, _): (String, Vec<usize>)| match encoder.iter().any(|block| name.starts_with(block))
        {
            true => Part::Encoder,
            false => Part::Decoder,
        };
        Adam { first, second, updates, parts: network.tensors().into_iter().map(part).collect() }
    }

    /// Changes `tensors` of `parts` by one update at `learning_rate`.
    pub fn update(
        &mut self,
        tensors: &mut [Array2<f32>],
        gradients: &[Array2<f32>],
        parts: &[Part],
        learning_rate: f32,
        train: &Train,
    ) {
        let steps = self.begin(parts, learning_rate, train);
        for (index, step) in steps.into_iter().enumerate() {
            if let Some(step) = step {
                self.change(index, &mut tensors[index], &gradients[index], step);
            }
        }
    }

    /// Begins an update of `parts`: the step of every tensor that is of them.
    pub fn begin(&mut self, parts: &[Part], learning_rate: f32, train: &Train) -> Vec<Option<Step>> {
        for &part in parts {
            self.updates[part as usize] += 1;
        }
        let (coupled, decoupled) = match train.decay {
            Decay::Coupled => (train.weight_decay, 0.0),
            Decay::Decoupled => (0.0, learning_rate * train.weight_decay),
        };
        let step = |part: &Part| {
            let updates = self.updates[*part as usize] as i32;
            let bias = |beta: f32| (1.0 - f64::from(beta).powi(updates)) as f32;
            let (rate, bias2) = (learning_rate / bias(BETA1), bias(train.adam_beta2).sqrt());
            parts.contains(part).then_some(Step {
                rate,
                bias2,
                beta2: train.adam_beta2,
                epsilon: train.adam_epsilon,
                coupled,
                decoupled,
            })
        };
        self.parts.iter().map(step).collect()
    }

    /// Changes tensor number `index` by its step.
    pub fn change(&mut self, index: usize, tensor: &mut Array2<f32>, gradient: &Array2<f32>, step: Step) {
        Zip::from(tensor)
            .and(&mut self.first[index])
            .and(&mut self.second[index])
            .and(gradient)
            .par_for_each(|w, m, v, g| {
                let g = g + step.coupled * *w;
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = step.beta2 * *v + (1.0 - step.beta2) * g * g;
                *w -= step.decoupled * *w;
                *w -= step.rate * *m / (v.sqrt() / step.bias2 + step.epsilon);
            });
    }
}

/// What one update does with a weight, besides its gradient and moments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// learning rate / (1 - beta1^t)
    rate: f32,
    /// sqrt(1 - beta2^t)
    bias2: f32,
    beta2: f32,
    epsilon: f32,
    coupled: f32,
    decoupled: f32,
}

impl Step {
    /// Its numbers, in the order of `kernels/adam.wgsl`.
    pub fn numbers(&self) -> [f32; 7] {
        [self.rate, self.bias2, BETA1, self.beta2, self.epsilon, self.coupled, self.decoupled]
    }
}

/// The sum of the squares of all numbers.
pub fn norm_squared(gradients: &[Array2<f32>]) -> f64 {
    let square = |t: &Array2<f32>| {
        let (parts, rest) = t.as_slice().expect("built row by row").as_chunks::<16>();
        let mut sums = [0.0f64; 16];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, g)| *sum += f64::from(*g) * f64::from(*g));
        }
        sums.into_iter().chain(rest.iter().map(|g| f64::from(*g).powi(2))).sum::<f64>()
    };
    // Summed in one order, whoever squared them.
    let squares: Vec<f64> = gradients.par_iter().map(square).collect();
    squares.iter().sum()
}

/// What gradients of this joint norm are multiplied by, so that it is at most `limit` (0: no limit).
pub fn scale_by(norm: f32, limit: f32) -> f32 {
    if limit > 0.0 && norm > limit { limit / norm } else { 1.0 }
}

/// Scales `gradients` so that their joint norm is at most `limit` (0: no limit); returns the norm
/// they had.
pub fn clip(gradients: &mut [Array2<f32>], limit: f32) -> f32 {
    let norm = norm_squared(gradients).sqrt() as f32;
    let scale = scale_by(norm, limit);
    if scale != 1.0 {
        gradients.par_iter_mut().for_each(|t| *t *= scale);
    }
    norm
}

/// Weights to start from, as PyTorch's modules draw them: cells uniform within 1/sqrt(hidden),
/// products uniform within 1/sqrt(inputs), embeddings normal scaled by 1/sqrt(size).
///
/// PyTorch's embeddings have deviation 1; the smaller one keeps the first updates calm and the
/// embeddings within the range of the other matrices, which share 8-bit scales with them later.
pub fn initial(network: &Network, seed: u64) -> Vec<Array2<f32>> {
    let mut random = Random::keyed(&[seed, u64::MAX, 0]);
    let mut tensors = Vec::new();
    for (id, block) in network.blocks.iter().enumerate() {
        for (_, shape) in network.tensors_of(id) {
            let dim = if shape.len() == 1 { (1, shape[0]) } else { (shape[0], shape[1]) };
            let fan = match &block.op {
                Op::Cell { hidden, .. } => *hidden,
                Op::Embedding { .. } => dim.1,
                Op::Input { .. }
                | Op::Moments { .. }
                | Op::Latent { .. }
                | Op::Draw { .. }
                | Op::Auxiliary { .. }
                | Op::Linear { .. }
                | Op::Elementwise { .. }
                | Op::Slice { .. }
                | Op::Join { .. }
                | Op::Accumulate { .. }
                | Op::Flow { .. }
                | Op::Vocabulary { .. }
                | Op::Label { .. }
                | Op::Values { .. }
                | Op::Bits { .. } => network.fan_in(id),
            };
            let bound = 1.0 / (fan as f32).sqrt();
            tensors.push(Array2::from_shape_simple_fn(dim, || match &block.op {
                Op::Embedding { .. } => bound * random.normal(),
                _ => bound * (2.0 * random.uniform() - 1.0),
            }));
        }
    }
    tensors
}

/// The weights that a run of `train` begins with: [`initial`] ones, with embeddings of its deviation.
pub fn beginning(network: &Network, train: &Train) -> Vec<Array2<f32>> {
    let mut tensors = initial(network, train.seed);
    let mut next = 0;
    for (id, block) in network.blocks.iter().enumerate() {
        let first = next;
        next += network.tensors_of(id).len();
        if let Op::Embedding { size } = block.op {
            for tensor in &mut tensors[first..next] {
                if train.embedding_deviation > 0.0 {
                    *tensor *= train.embedding_deviation * (size as f32).sqrt();
                }
                if train.zero_pads {
                    tensor.row_mut(PAD as usize).fill(0.0);
                }
            }
        }
    }
    tensors
}

/// Takes away what would move the embeddings of pads.
pub fn still_pads(net: &FloatNet, gradients: &mut [Array2<f32>]) {
    let network = net.network();
    let embeddings =
        (0..network.blocks.len()).filter(|&id| matches!(network.blocks[id].op, Op::Embedding { .. }));
    for index in embeddings.flat_map(|id| net.indices(id)) {
        gradients[index].row_mut(PAD as usize).fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Model;

    /// By the formulas that PyTorch prints for Adam and AdamW, in double precision (beta 0.9 and 0.999, learning rate
    /// 0.1, epsilon 1e-6, weight decay 0.01): weights after each of three updates, then both moments.
    #[test]
    fn updates_are_those_of_pytorchs_formulas() {
        let gradients = [[0.1, -0.2, 0.3], [0.4, 0.0, -0.5], [-1e-3, 2.0, 0.25]];
        let coupled = [
            [0.400000952, -1.15000047, 1.90000031],
            [0.311130979, -1.0790699, 1.92486356],
            [0.242111887, -1.13676266, 1.91528212],
            [0.0450761318, 0.18067343, 0.00955486384],
            [0.00017406021, 0.00400215174, 0.000405819766],
        ];
        let decoupled = [
            [0.399501, -1.1487505, 1.89800033],
            [0.310664153, -1.0805964, 1.92545838],
            [0.242146435, -1.13793195, 1.9192009],
            [0.044, 0.1838, 0.0043],
            [0.00016982101, 0.00403992004, 0.00040207009],
        ];
        for (decay, wanted) in [(Decay::Coupled, coupled), (Decay::Decoupled, decoupled)] {
            let train = Train { decay, weight_decay: 0.01, adam_epsilon: 1e-6, ..Train::default() };
            let row =
                |values: [f64; 3]| Array2::from_shape_vec((1, 3), values.map(|v| v as f32).to_vec()).unwrap();
            let zeros = || vec![Array2::zeros((1, 3))];
            let mut adam =
                Adam { first: zeros(), second: zeros(), updates: [0; 2], parts: vec![Part::Decoder] };
            let mut tensors = [row([0.5, -1.25, 2.0])];
            let close = |what: &str, found: &Array2<f32>, wanted: [f64; 3], limit: f64| {
                for (found, wanted) in found.iter().zip(wanted) {
                    let off = (f64::from(*found) / wanted - 1.0).abs();
                    assert!(off < limit, "{decay:?}, {what}: {found}, not {wanted}");
                }
            };
            for (t, gradient) in gradients.into_iter().enumerate() {
                adam.update(&mut tensors, &[row(gradient)], &[Part::Decoder], 0.1, &train);
                close("weights", &tensors[0], wanted[t], 2e-6);
            }
            close("first moments", &adam.first[0], wanted[3], 2e-6);
            // 1 - beta2 in single precision is 1.3e-5 off, here and in the correction of the bias.
            close("second moments", &adam.second[0], wanted[4], 2e-5);
        }
    }

    #[test]
    fn embeddings_begin_with_their_deviation_and_pads_with_none() {
        let model = Model { embedding: 64, hidden: 4, latent: 2, vocabulary: 400, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let train = Train { embedding_deviation: 1.0, zero_pads: true, ..Train::default() };
        let net = FloatNet::with_tensors(&network, beginning(&network, &train));
        let plain = initial(&network, train.seed);
        for (id, block) in network.blocks.iter().enumerate() {
            for index in net.indices(id) {
                let tensor = &net.tensors()[index];
                if !matches!(block.op, Op::Embedding { .. }) {
                    assert_eq!(*tensor, plain[index], "{}", block.name);
                    continue;
                }
                assert!(tensor.row(0).iter().all(|&v| v == 0.0));
                let square = tensor.iter().map(|v| v * v).sum::<f32>() / (399.0 * 64.0);
                assert!((square - 1.0).abs() < 0.05, "{square}");
                assert!((plain[index][[5, 3]] * 8.0 - tensor[[5, 3]]).abs() < 1e-6);
            }
        }
        assert_eq!(beginning(&network, &Train::default()), initial(&network, Train::default().seed));
    }

    #[test]
    fn an_update_of_the_encoder_leaves_the_decoder_alone() {
        let model = Model { embedding: 3, hidden: 4, latent: 2, vocabulary: 6, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let start = initial(&network, 3);
        let gradients: Vec<Array2<f32>> = start.iter().map(|t| Array2::ones(t.dim())).collect();
        for part in [Part::Encoder, Part::Decoder] {
            let (mut tensors, mut adam) = (start.clone(), Adam::new(&network, &start));
            adam.update(&mut tensors, &gradients, &[part], 0.1, &Train::default());
            for ((name, _), (before, after)) in network.tensors().iter().zip(start.iter().zip(&tensors)) {
                let encoder = name.starts_with("enc") || name.starts_with('q');
                assert_eq!(before != after, encoder == (part == Part::Encoder), "{name}");
            }
        }
    }
}
