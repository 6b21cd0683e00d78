//! A prior fitted to the codes of a trained model, by weights that make the codes fit the prior that is there.
//!
//! Models whose KL is averaged over steps store more in z than the standard normal expects. Where the mean square of
//! dimension j of z over sentences, draws included, is s_j^2, of all normal priors around 0 that of deviation s_j costs the
//! fewest nats. z_j / s_j has the standard normal for it: the heads divide by s_j (means by it, log-variances less 2 ln s_j),
//! and whatever reads z multiplies its weights of z_j by s_j. What is written of a sentence stays the same, and so does the
//! hardware, which draws from a standard normal.

use super::engine::Engine;
use super::{BlockId, FloatNet, Latent, ModelError, Network, Op, TrainedModel};
use serde::{Deserialize, Serialize};

/// What the codes of sentences are like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Codes {
    /// Sentences that were read.
    pub sentences: usize,
    /// Root of the mean square of every dimension of z, draws included.
    pub deviations: Vec<f64>,
    /// Mean of every dimension of z.
    pub means: Vec<f64>,
    /// Nats a sentence to the standard normal.
    pub kl: f64,
    /// Nats a sentence to a normal prior with these deviations.
    pub fitted_kl: f64,
    /// The same around these means. Weights cannot move z: where it makes the states that a decoder starts with, nothing is
    /// added to it.
    pub centred_kl: f64,
}

impl Codes {
    /// Those that `model` makes of `sentences`.
    ///
    /// # Errors
    ///
    /// Its z is not one that a standard normal is the prior of by itself, or no weights could take its scale.
    ///
    /// # Panics
    /// If there are no sentences.
    pub fn of(model: &TrainedModel, sentences: &[Vec<u32>]) -> Result<Codes, ModelError> {
        assert!(!sentences.is_empty(), "at least one sentence to read");
        weights_of_z(&model.network)?;
        let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        let posteriors = model.float_net().encode_all(&views);
        let latents: Vec<Latent> = posteriors.iter().map(|p| Latent::of(&model.network, p)).collect();
        let mean_of = |of: &dyn Fn(&Latent, usize) -> f64, j: usize| {
            latents.iter().map(|latent| of(latent, j)).sum::<f64>() / latents.len() as f64
        };
        let mean = |latent: &Latent, j: usize| f64::from(latent.mean[j]);
        let square = |latent: &Latent, j: usize| {
            f64::from(latent.mean[j]).powi(2) + f64::from(latent.log_variance[j]).exp()
        };
        let dimensions = 0..model.network.latent_width();
        let squares: Vec<f64> = dimensions.clone().map(|j| mean_of(&square, j)).collect();
        let means: Vec<f64> = dimensions.map(|j| mean_of(&mean, j)).collect();
        let kl = latents.iter().map(Latent::kl).sum::<f64>() / latents.len() as f64;
        // A prior of variance v around m instead of 1 around 0, over codes of mean square s and mean m.
        let saved = |s: f64, v: f64| 0.5 * (s - 1.0 - v.ln());
        let variances = squares.iter().zip(&means).map(|(s, m)| (*s, s - m * m));
        Ok(Codes {
            sentences: latents.len(),
            kl,
            fitted_kl: kl - squares.iter().map(|&s| saved(s, s)).sum::<f64>(),
            centred_kl: kl - variances.map(|(s, v)| saved(s, v)).sum::<f64>(),
            deviations: squares.into_iter().map(f64::sqrt).collect(),
            means,
        })
    }

    /// `model` with codes that the standard normal fits as well as a normal prior around 0 can.
    ///
    /// # Errors
    ///
    /// Those of [`of`](Self::of).
    ///
    /// # Panics
    /// If they are codes of another network.
    pub fn standardise(&self, model: &TrainedModel) -> Result<TrainedModel, ModelError> {
        let network = &model.network;
        let readers = weights_of_z(network)?;
        let mut net: FloatNet = model.float_net();
        assert_eq!(self.deviations.len(), network.latent_width(), "codes of this network");
        let deviations: Vec<f32> = self.deviations.iter().map(|&s| s as f32).collect();
        for &block in network.latent_moments() {
            let part = &deviations[network.latent_part(block)];
            let [weight, bias, log_variance] = [0, 1, 3].map(|tensor| net.index(block, tensor));
            for (j, &s) in part.iter().enumerate() {
                net.tensors_mut()[weight].row_mut(j).mapv_inplace(|w| w / s);
                net.tensors_mut()[bias][[0, j]] /= s;
                net.tensors_mut()[log_variance][[0, j]] -= 2.0 * s.ln();
            }
        }
        for (reader, column) in readers {
            let tensor = net.index(reader, 0);
            for (j, &s) in deviations.iter().enumerate() {
                net.tensors_mut()[tensor].column_mut(column + j).mapv_inplace(|w| w * s);
            }
        }
        let description = model.description.clone();
        TrainedModel::new(description, net.weights(), model.vocabulary.clone())?
            .with_labels(model.labels.clone())
    }
}

/// Every block that multiplies z with its first tensor, and the column where z begins in it.
fn weights_of_z(network: &Network) -> Result<Vec<(BlockId, usize)>, ModelError> {
    let refuse = |expected: &str, got: String| {
        Err(ModelError::new("the prior of z", expected, got, "fit the prior of another model"))
    };
    let Some(z) = network.latent() else {
        return refuse("a model with a z", format!("one of family {}", network.family));
    };
    if network.latents().count() > 1 || network.flow().is_some() {
        let got = if network.flow().is_some() {
            "one that a flow carries on"
        } else {
            "one drawn from the top down"
        };
        return refuse("a z that is drawn at once, and is what is read", got.into());
    }
    let name = |id: BlockId| network.blocks[id].name.clone();
    for &block in network.latent_moments() {
        let clamped = matches!(network.blocks[block].op, Op::Moments { clamp: Some(_), .. });
        let read = (0..network.blocks.len()).any(|id| id != z && network.inputs(id).contains(&block));
        if clamped || read {
            let got = if clamped { "with clamped log-variances" } else { "that something else reads" };
            return refuse("moments that are free and are of z alone", format!("`{}` {got}", name(block)));
        }
    }
    let mut readers = Vec::new();
    for id in 0..network.blocks.len() {
        let mut column = 0;
        for edge in network.edges(id) {
            if edge.block == z {
                readers.push((id, column));
            }
            column += network.width(edge.block);
        }
    }
    let tied = |id: BlockId| {
        network.blocks[id].tied.is_some() || network.blocks.iter().any(|block| block.tied == Some(id))
    };
    let multiplies = |id: BlockId| match network.blocks[id].op {
        Op::Cell { .. } | Op::Linear { .. } | Op::Vocabulary { .. } | Op::Label { .. } => true,
        Op::Embedding { .. }
        | Op::Input { .. }
        | Op::Moments { .. }
        | Op::Latent { .. }
        | Op::Draw { .. }
        | Op::Auxiliary { .. }
        | Op::Elementwise { .. }
        | Op::Slice { .. }
        | Op::Join { .. }
        | Op::Accumulate { .. }
        | Op::Flow { .. }
        | Op::Values { .. }
        | Op::Bits { .. } => false,
    };
    let of_z = network.latent_moments();
    if let Some(id) = readers.iter().map(|&(id, _)| id).chain(of_z.iter().copied()).find(|&id| tied(id)) {
        return refuse("weights that no two blocks share", format!("`{}`", name(id)));
    }
    match readers.iter().find(|&&(id, _)| !multiplies(id)) {
        Some(&(id, _)) => refuse("z read by cells, layers and heads", format!("`{}`", name(id))),
        None => Ok(readers),
    }
}
