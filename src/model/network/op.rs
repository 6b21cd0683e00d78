//! What a block computes, and what it reads.

use super::BlockId;
use crate::config::{CellKind, LatentSteps};
use serde::{Deserialize, Serialize};

/// A vector that a block reads: which block makes it, and whether of this step or of the one before.
///
/// Everything else about its time follows from the loops of both blocks ([`Time`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The block that makes the vector.
    pub block: BlockId,
    /// Its value one step ago, zero at the first step; of a loop over turns that another loop reads, before the turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
}

impl Edge {
    /// The value of the step before.
    pub const fn before(block: BlockId) -> Edge {
        Edge { block, before: true }
    }
}

impl From<BlockId> for Edge {
    fn from(block: BlockId) -> Edge {
        Edge { block, before: false }
    }
}

/// Which value of its source an edge reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// That of the same step of the same loop.
    Now,
    /// That of the step before; zero at the first step.
    Before,
    /// The one at the same position, of another loop over the same sequence, which has ended.
    Each,
    /// The one at the position that a step of the written loop predicts, of a loop over what is read.
    Ahead,
    /// The last one of a loop that has ended.
    Last,
    /// The one that was made once.
    Held,
    /// The one of a loop over turns as it stood before the reader's turn; zero before the first.
    Heard,
}

impl Time {
    /// It goes along with the positions of another loop, whose vectors are kept for it.
    pub const fn by_position(self) -> bool {
        matches!(self, Time::Each | Time::Ahead)
    }
}

/// What a linear block does to each of its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// Hyperbolic tangent.
    Tanh,
    /// Logistic function.
    Sigmoid,
    /// x above 0 and a third of it below, within -3 .. 3 (the hidden layers of Z-Forcing, Goyal et al., 2017).
    LeakyRelu,
}

/// What a leaky rectifier multiplies numbers below 0 by.
pub const LEAK: f32 = 1.0 / 3.0;
/// The limit of its numbers, either way.
pub const LEAKY_LIMIT: f32 = 3.0;

impl Activation {
    /// Nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Activation::None
    }

    /// As it stands in a description.
    pub const fn name(self) -> &'static str {
        match self {
            Activation::None => "none",
            Activation::Tanh => "tanh",
            Activation::Sigmoid => "sigmoid",
            Activation::LeakyRelu => "leaky_relu",
        }
    }
}

/// What an elementwise block does with its inputs, number by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    /// The sum of all inputs.
    Add,
    /// The first less the second.
    Subtract,
    /// The product of two inputs.
    Multiply,
    /// a x + (1 - a) y of inputs a, x, y.
    Blend,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What a block computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Token to vector. Weights: `weight` [vocabulary, size].
    Embedding {
        /// Length of the vector.
        size: usize,
    },
    /// A vector from outside: a frame of the sequence that is read.
    Input {
        /// Numbers of a frame.
        size: usize,
    },
    /// Recurrent cell on the concatenation of `inputs`, in that order.
    /// Weights: `weight_ih_l0` [gates*hidden, inputs], `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`.
    Cell {
        /// Which cell.
        kind: CellKind,
        /// Units.
        hidden: usize,
        /// What it reads beside its own state.
        inputs: Vec<Edge>,
        /// Gives h_0; absent: zero.
        init: Option<BlockId>,
        /// Of an LSTM with `init`: c_0 is zero (`nn.LSTM` given (h_0, zeros)), not h_0 as well.
        #[serde(default, skip_serializing_if = "is_false")]
        zero_c: bool,
    },
    /// Mean and log-variance of a diagonal Gaussian, from the concatenation of `inputs`.
    /// Weights: `mean.weight` [size, inputs], `mean.bias`, `log_variance.weight`, `.bias`.
    Moments {
        /// Dimensions.
        size: usize,
        /// What it reads.
        inputs: Vec<Edge>,
        /// Scales its KL term in the objective.
        kl_weight: f32,
        /// The limit of means and log-variances, either way; beyond it they have no slope.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clamp: Option<f32>,
    },
    /// z = concatenation of mean + exp(log_variance / 2) * epsilon of `moments`, taken at the last
    /// step, or the mean or sum over all steps. The last such block is the z of the network;
    /// the others are ends of it, with the same epsilon.
    Latent {
        /// Whose Gaussians it draws.
        moments: Vec<BlockId>,
        /// At which steps.
        #[serde(default, skip_serializing_if = "LatentSteps::is_last")]
        steps: LatentSteps,
    },
    /// z of a step: mean + exp(log_variance / 2) * epsilon of `posterior`, or where nothing is known of the
    /// sequence of `prior` (absent: standard normal). Its KL term is that of the two Gaussians
    /// (Chung et al., NIPS 2015, eq. 11; Goyal et al., NIPS 2017, eq. 3).
    Draw {
        /// The Gaussian that has seen what the step must predict.
        posterior: BlockId,
        /// The one that has not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prior: Option<BlockId>,
    },
    /// A product with the concatenation of `inputs`. Weights: `weight` [outputs, inputs], and `bias` when `bias`.
    Linear {
        /// Length of the product.
        outputs: usize,
        /// What it reads.
        inputs: Vec<Edge>,
        /// It has a bias.
        bias: bool,
        /// What is done to each output.
        #[serde(default, skip_serializing_if = "Activation::is_none")]
        activation: Activation,
    },
    /// Vectors of one length, number by number.
    Elementwise {
        /// What is done.
        function: Combination,
        /// What it reads.
        inputs: Vec<Edge>,
    },
    /// `size` numbers of a vector, from number `from` on. It is evaluated with what it reads, in the same loop.
    Slice {
        /// What it reads.
        input: Edge,
        /// The first number.
        from: usize,
        /// How many.
        size: usize,
    },
    /// Vectors side by side under one name: who reads it reads `inputs`, in that order. Nothing is computed, and no
    /// room but this one knows it ([`Network::edges`](super::Network::edges)).
    Join {
        /// What stands side by side.
        inputs: Vec<Edge>,
    },
    /// The sum, or the mean, of a vector over the steps of its loop so far; after the last step that of all of them.
    Accumulate {
        /// The vector.
        input: Edge,
        /// `mean` or `sum`.
        steps: LatentSteps,
    },
    /// z behind a flow (Rezende & Mohamed, ICML 2015): where `latent` is drawn of its posterior, `inputs` side by side,
    /// which are made of it by steps that can be turned back ([`Network::carried`](super::Network::carried)); where it
    /// is drawn of its prior or given, `latent` itself. So the prior is that of what the flow has made, and a job that
    /// reads nothing does without the flow.
    Flow {
        /// The z that it carries on.
        latent: BlockId,
        /// What it has made of it.
        inputs: Vec<Edge>,
    },
    /// Logits over the vocabulary, from which the next token is chosen.
    /// Weights: `weight` [vocabulary, inputs], `bias`.
    Vocabulary {
        /// What it reads.
        inputs: Vec<Edge>,
    },
    /// Logits over `classes`, the largest of which is the label of a step, or of the sequence.
    /// Weights: `weight` [classes, inputs], `bias`.
    Label {
        /// How many labels there are.
        classes: usize,
        /// What it reads.
        inputs: Vec<Edge>,
    },
    /// A Gaussian with mean tanh(m) and log-variance v within -8 .. 8 that must foretell `target`, which learns nothing of it: the
    /// auxiliary cost of Z-Forcing (Goyal et al., NIPS 2017, eq. 6). For training only. Weights as of `moments`.
    Auxiliary {
        /// What it reads.
        inputs: Vec<Edge>,
        /// What it foretells.
        target: Edge,
    },
    /// Mean and log-variance of numbers that are predicted. Weights as of `moments`.
    Values {
        /// How many numbers.
        size: usize,
        /// What it reads.
        inputs: Vec<Edge>,
    },
    /// Logits of independent bits, the next frame of what is written: bit j is 1 with probability
    /// 1 / (1 + e^-logit). Weights: `weight` [size, inputs], `bias`.
    Bits {
        /// Bits of a frame.
        size: usize,
        /// What it reads.
        inputs: Vec<Edge>,
    },
}

impl Op {
    /// As it stands in a description.
    pub const fn name(&self) -> &'static str {
        match self {
            Op::Embedding { .. } => "embedding",
            Op::Input { .. } => "input",
            Op::Cell { .. } => "cell",
            Op::Moments { .. } => "moments",
            Op::Latent { .. } => "latent",
            Op::Draw { .. } => "draw",
            Op::Auxiliary { .. } => "auxiliary",
            Op::Linear { .. } => "linear",
            Op::Elementwise { .. } => "elementwise",
            Op::Slice { .. } => "slice",
            Op::Join { .. } => "join",
            Op::Accumulate { .. } => "accumulate",
            Op::Flow { .. } => "flow",
            Op::Vocabulary { .. } => "vocabulary",
            Op::Label { .. } => "label",
            Op::Values { .. } => "values",
            Op::Bits { .. } => "bits",
        }
    }

    /// It has weights: its stage multiplies by a matrix.
    pub const fn multiplies(&self) -> bool {
        match self {
            Op::Cell { .. }
            | Op::Moments { .. }
            | Op::Linear { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Bits { .. }
            | Op::Values { .. } => true,
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Elementwise { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. } => false,
        }
    }

    /// What it reads, in the order in which it joins it. What starts a cell is not among it.
    pub fn edges(&self) -> Vec<Edge> {
        match self {
            Op::Embedding { .. } | Op::Input { .. } => Vec::new(),
            Op::Slice { input, .. } | Op::Accumulate { input, .. } => vec![*input],
            Op::Latent { moments, .. } => moments.iter().map(|&m| m.into()).collect(),
            Op::Draw { posterior, prior } => [*posterior].into_iter().chain(*prior).map(Edge::from).collect(),
            Op::Cell { inputs, .. }
            | Op::Moments { inputs, .. }
            | Op::Linear { inputs, .. }
            | Op::Elementwise { inputs, .. }
            | Op::Join { inputs }
            | Op::Flow { inputs, .. }
            | Op::Vocabulary { inputs }
            | Op::Label { inputs, .. }
            | Op::Auxiliary { inputs, .. }
            | Op::Bits { inputs, .. }
            | Op::Values { inputs, .. } => inputs.clone(),
        }
    }

    /// It reads a word or a frame of the sequence, and no block.
    pub const fn reads_outside(&self) -> bool {
        matches!(self, Op::Embedding { .. } | Op::Input { .. })
    }

    /// It computes nothing: what it shows is made by others, and it is there with them.
    pub const fn is_view(&self) -> bool {
        matches!(self, Op::Slice { .. } | Op::Flow { .. })
    }

    /// Its values leave the network.
    pub const fn is_head(&self) -> bool {
        matches!(
            self,
            Op::Vocabulary { .. }
                | Op::Label { .. }
                | Op::Values { .. }
                | Op::Bits { .. }
                | Op::Auxiliary { .. }
        )
    }

    /// The same with every block that it names called anew.
    pub(super) fn renamed(mut self, new: impl Fn(BlockId) -> BlockId) -> Op {
        let edge = |edge: &mut Edge| edge.block = new(edge.block);
        match &mut self {
            Op::Embedding { .. } | Op::Input { .. } => {}
            Op::Cell { inputs, init, .. } => {
                inputs.iter_mut().for_each(edge);
                init.iter_mut().for_each(|id| *id = new(*id));
            }
            Op::Latent { moments, .. } => moments.iter_mut().for_each(|id| *id = new(*id)),
            Op::Draw { posterior, prior } => {
                [posterior].into_iter().chain(prior).for_each(|id| *id = new(*id));
            }
            Op::Auxiliary { inputs, target } => inputs.iter_mut().chain([target]).for_each(edge),
            Op::Slice { input, .. } | Op::Accumulate { input, .. } => edge(input),
            Op::Flow { latent, inputs } => {
                *latent = new(*latent);
                inputs.iter_mut().for_each(edge);
            }
            Op::Moments { inputs, .. }
            | Op::Linear { inputs, .. }
            | Op::Elementwise { inputs, .. }
            | Op::Join { inputs }
            | Op::Vocabulary { inputs }
            | Op::Label { inputs, .. }
            | Op::Bits { inputs, .. }
            | Op::Values { inputs, .. } => inputs.iter_mut().for_each(edge),
        }
        self
    }
}
