//! A network described as data: blocks and what feeds what.
//!
//! Every later room reads this description and none knows a family by name, so
//! a new family is a new function that returns a [`Network`].

use super::ModelError;
use crate::config::{CellKind, LatentFrom, LatentSteps, Model};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Index of a block in [`Network::blocks`].
pub type BlockId = usize;

/// When a block is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once per token of the source sentence.
    EncoderStep,
    /// Once per sentence, after the last encoder step, in block order.
    Sentence,
    /// Once per token of the produced sentence.
    DecoderStep,
}

impl When {
    /// The loops in the order in which a whole pass goes through them.
    pub const ORDER: [When; 3] = [When::EncoderStep, When::Sentence, When::DecoderStep];
}

/// What a block computes. A vector-valued input is named by the block that makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    /// Token to vector. Weights: `weight` [vocabulary, size].
    Embedding { size: usize },
    /// Recurrent cell on the concatenation of `inputs`, in that order.
    /// Weights: `weight_ih_l0` [gates*hidden, inputs], `weight_hh_l0`, `bias_ih_l0`,
    /// `bias_hh_l0`. `init` gives h_0 (and c_0); absent: zero.
    Cell { kind: CellKind, hidden: usize, inputs: Vec<BlockId>, init: Option<BlockId> },
    /// Mean and log-variance of a diagonal Gaussian, from `input` and, if any, the latent that is
    /// `given`, joined in this order.
    /// Weights: `mean.weight` [size, input], `mean.bias`, `log_variance.weight`, `.bias`.
    /// `kl_weight` scales its KL term in the objective.
    Moments {
        size: usize,
        input: BlockId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given: Option<BlockId>,
        kl_weight: f32,
    },
    /// z = concatenation of mean + exp(log_variance / 2) * epsilon of `moments`, taken at the last
    /// step, or the mean or sum over all steps. The last such block is the z that the decoder reads;
    /// the others are ends of it, with the same epsilon.
    Latent {
        moments: Vec<BlockId>,
        #[serde(default, skip_serializing_if = "LatentSteps::is_last")]
        steps: LatentSteps,
    },
    /// Matrix product. Weights: `weight` [outputs, input], and `bias` when `bias`.
    Linear { outputs: usize, input: BlockId, bias: bool },
    /// Logits over the vocabulary, from which the next token is chosen.
    /// Weights: `weight` [vocabulary, input], `bias`.
    Vocabulary { input: BlockId },
}

/// A named operation of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Prefix of its weights in a checkpoint and of its instances in the hardware.
    pub name: String,
    pub when: When,
    #[serde(flatten)]
    pub op: Op,
}

/// The whole network. Blocks stand in evaluation order: an input's index is
/// smaller than its reader's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    pub family: String,
    pub vocabulary: usize,
    pub blocks: Vec<Block>,
}

impl Network {
    /// Length of the vector that block `id` makes (for `Moments`: of its mean).
    pub fn width(&self, id: BlockId) -> usize {
        match &self.blocks[id].op {
            Op::Embedding { size } | Op::Moments { size, .. } => *size,
            Op::Cell { hidden, .. } => *hidden,
            Op::Latent { moments, .. } => moments.iter().map(|&m| self.width(m)).sum(),
            Op::Linear { outputs, .. } => *outputs,
            Op::Vocabulary { .. } => self.vocabulary,
        }
    }

    /// The blocks whose vectors block `id` reads, in the order in which it joins them.
    pub fn inputs(&self, id: BlockId) -> Vec<BlockId> {
        match &self.blocks[id].op {
            Op::Embedding { .. } => Vec::new(),
            Op::Cell { inputs, .. } => inputs.clone(),
            Op::Latent { moments, .. } => moments.clone(),
            Op::Moments { input, given, .. } => std::iter::once(*input).chain(*given).collect(),
            Op::Linear { input, .. } | Op::Vocabulary { input } => vec![*input],
        }
    }

    /// Length of what block `id` reads.
    pub fn fan_in(&self, id: BlockId) -> usize {
        self.inputs(id).into_iter().map(|i| self.width(i)).sum()
    }

    /// The vector of block `id` drives word lines of some matrix.
    pub fn drives(&self, id: BlockId) -> bool {
        matches!(self.blocks[id].op, Op::Embedding { .. } | Op::Latent { .. } | Op::Cell { .. })
    }

    /// The cell that starts from what block `id` makes.
    pub fn reader_of_start(&self, id: BlockId) -> Option<BlockId> {
        self.blocks.iter().position(|b| matches!(b.op, Op::Cell { init, .. } if init == Some(id)))
    }

    /// The block called `name`.
    pub fn find(&self, name: &str) -> Option<BlockId> {
        self.blocks.iter().position(|b| b.name == name)
    }

    /// The block that makes z: what stands before it is the encoder, what stands after it the decoder.
    ///
    /// # Panics
    /// If the description has none.
    pub fn latent(&self) -> BlockId {
        let is_latent = |b: &Block| matches!(b.op, Op::Latent { .. });
        self.blocks.iter().rposition(is_latent).expect("a network with a latent block")
    }

    /// The block that makes the logits.
    ///
    /// # Panics
    /// If the description has none.
    pub fn vocabulary_block(&self) -> BlockId {
        let is_vocabulary = |b: &Block| matches!(b.op, Op::Vocabulary { .. });
        self.blocks.iter().position(is_vocabulary).expect("a network with a vocabulary block")
    }

    /// Every moments block, in block order.
    pub fn moments(&self) -> impl Iterator<Item = BlockId> + '_ {
        let is_moments = |id: &BlockId| matches!(self.blocks[*id].op, Op::Moments { .. });
        (0..self.blocks.len()).filter(is_moments)
    }

    /// The moments blocks that z is made of, in the order of its parts.
    pub fn latent_moments(&self) -> &[BlockId] {
        match &self.blocks[self.latent()].op {
            Op::Latent { moments, .. } => moments,
            _ => unreachable!("latent() finds latent blocks"),
        }
    }

    /// Which dimensions of z are of moments block `block`.
    ///
    /// # Panics
    /// If z is not made of it.
    pub fn latent_part(&self, block: BlockId) -> Range<usize> {
        let before = self.latent_moments().iter().take_while(|&&m| m != block);
        let from = before.map(|&m| self.width(m)).sum();
        assert!(from < self.width(self.latent()), "block {block} is no part of z");
        from..from + self.width(block)
    }

    /// The dimensions of z that are drawn given nothing but the sentence: all, or from the top down
    /// those of the top level.
    pub fn latent_drawn_first(&self) -> Range<usize> {
        let given = |m: &&BlockId| matches!(self.blocks[**m].op, Op::Moments { given: Some(_), .. });
        let from = self.latent_moments().iter().take_while(given).map(|&m| self.width(m)).sum();
        from..self.width(self.latent())
    }

    /// True where that is all of z.
    pub fn latent_drawn_at_once(&self) -> bool {
        self.latent_drawn_first().start == 0
    }

    /// At which steps z is taken.
    pub fn latent_steps(&self) -> LatentSteps {
        match self.blocks[self.latent()].op {
            Op::Latent { steps, .. } => steps,
            _ => unreachable!("latent() finds latent blocks"),
        }
    }

    /// Every tensor of the checkpoint with its shape, in block order.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = Vec::new();
        for (id, block) in self.blocks.iter().enumerate() {
            let mut add = |suffix: &str, shape: &[usize]| {
                all.push((format!("{}.{suffix}", block.name), shape.to_vec()));
            };
            match &block.op {
                Op::Embedding { size } => add("weight", &[self.vocabulary, *size]),
                Op::Cell { kind, hidden, .. } => {
                    let rows = kind.gates() * hidden;
                    add("weight_ih_l0", &[rows, self.fan_in(id)]);
                    add("weight_hh_l0", &[rows, *hidden]);
                    add("bias_ih_l0", &[rows]);
                    add("bias_hh_l0", &[rows]);
                }
                Op::Moments { size, .. } => {
                    for head in ["mean", "log_variance"] {
                        add(&format!("{head}.weight"), &[*size, self.fan_in(id)]);
                        add(&format!("{head}.bias"), &[*size]);
                    }
                }
                Op::Latent { .. } => {}
                Op::Linear { outputs, input, bias } => {
                    add("weight", &[*outputs, self.width(*input)]);
                    if *bias {
                        add("bias", &[*outputs]);
                    }
                }
                Op::Vocabulary { input } => {
                    add("weight", &[self.vocabulary, self.width(*input)]);
                    add("bias", &[self.vocabulary]);
                }
            }
        }
        all
    }

    /// The network that `[model]` asks for, with the objective's weight of the lower levels' KL.
    ///
    /// # Errors
    ///
    /// A family that is not known.
    pub fn describe(model: &Model, lambda_low: f32) -> Result<Network, ModelError> {
        match model.family.as_str() {
            "hsr-vae" => Ok(Network::hsr_vae(model, lambda_low)),
            other => Err(ModelError::new(
                "[model] family",
                "hsr-vae",
                format!("`{other}`"),
                "write family = \"hsr-vae\"",
            )),
        }
    }

    /// HSR-VAE ("HSR-A"): a stack of recurrent levels with a regularised latent
    /// state at every step of each, and a decoder stack conditioned on z
    /// (Hu & Yang, JEIT 45(2), 2023, as reconstructed in DESIGN.md). With `latent_from = "top-down"`
    /// the latents depend on each other ("HSR-B"): q(z1 | h1_T, z2).
    pub fn hsr_vae(model: &Model, lambda_low: f32) -> Network {
        let mut blocks: Vec<Block> = Vec::new();
        let mut push = |name: String, when, op| {
            blocks.push(Block { name, when, op });
            blocks.len() - 1
        };
        let hidden = model.hidden;
        let top = model.cells.len() - 1;

        let embed = Op::Embedding { size: model.embedding };
        let mut below = push("enc_embed".into(), When::EncoderStep, embed.clone());
        let (mut levels, mut moments) = (Vec::new(), Vec::new());
        for (level, &kind) in model.cells.iter().enumerate() {
            let cell = Op::Cell { kind, hidden, inputs: vec![below], init: None };
            below = push(format!("enc{}", level + 1), When::EncoderStep, cell);
            levels.push(below);
            let kl_weight = if level == top { 1.0 } else { lambda_low };
            let heads = Op::Moments { size: model.latent, input: below, given: None, kl_weight };
            moments.push(push(format!("q{}", level + 1), When::EncoderStep, heads));
        }
        let latent =
            |moments: &[BlockId]| Op::Latent { moments: moments.to_vec(), steps: model.latent_steps };
        if model.latent_from != LatentFrom::Both {
            moments.drain(..top);
        }
        if model.latent_from == LatentFrom::TopDown {
            for level in (1..=top).rev() {
                let above = format!("z{}", level + 1);
                let given = Some(push(above.clone(), When::Sentence, latent(&moments)));
                let input = levels[level - 1];
                let heads = Op::Moments { size: model.latent, input, given, kl_weight: 1.0 };
                moments.insert(0, push(format!("q{level}_given_{above}"), When::Sentence, heads));
            }
        }
        let z = push("z".into(), When::Sentence, latent(&moments));

        let decoder = model.decoder_cells.as_ref().unwrap_or(&model.cells);
        let inits: Vec<BlockId> = (1..=decoder.len())
            .map(|level| {
                let op = Op::Linear { outputs: hidden, input: z, bias: false };
                push(format!("init{level}"), When::Sentence, op)
            })
            .collect();
        let mut inputs = vec![push("dec_embed".into(), When::DecoderStep, embed), z];
        for (level, &kind) in decoder.iter().enumerate() {
            let cell = Op::Cell { kind, hidden, inputs, init: Some(inits[level]) };
            inputs = vec![push(format!("dec{}", level + 1), When::DecoderStep, cell)];
        }
        push("vocab".into(), When::DecoderStep, Op::Vocabulary { input: inputs[0] });
        Network { family: model.family.clone(), vocabulary: model.vocabulary, blocks }
    }
}
