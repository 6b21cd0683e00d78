//! `[train]`: how a network is fitted, and how that is measured.

use serde::{Deserialize, Serialize};

/// How NLL, KL and PPL are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// As TWR-VAE and HSR-VAE print them: z is the mean of the last step, KL is averaged over the
    /// steps and summed over levels with their weights, PPL divides by words + 2. No bound.
    Paper,
    /// A bound: z is sampled, KL is that of the latents in use at the last step, PPL divides by
    /// the words + 1 tokens that are predicted.
    Honest,
    /// `paper` as the programs of TWR-VAE run it: sentences are sorted by length and padded in batches to the longest, the
    /// encoder runs over the pads, z is the mean at the padded end, KL is averaged over the padded steps. No bound.
    Padded,
}

impl Protocol {
    /// As it is written in `[train] validate_on`.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Paper => "paper",
            Protocol::Honest => "honest",
            Protocol::Padded => "padded",
        }
    }

    /// z is its mean, and KL an average over steps: no bound.
    pub const fn is_of_papers(self) -> bool {
        matches!(self, Protocol::Paper | Protocol::Padded)
    }
}

/// How the weight of the KL terms goes over the updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KlSchedule {
    /// Full weight from the first update; what HSR-VAE and TWR-VAE do.
    Constant,
    /// From 0 to full over `kl_warmup_epochs`, then full.
    Linear,
    /// Every `kl_warmup_epochs`: from 0 to full in the first half, then full (Fu et al. 2019).
    Cyclical,
}

/// How the weight of the KL rises from its start to 1 (Fu et al., NAACL 2019).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KlShape {
    /// On a straight line.
    #[default]
    Linear,
    /// 1 / (1 + e^-(12 v - 6)) of the linear one.
    Sigmoid,
    /// 1/2 - cos(pi v) / 2 of the linear one.
    Cosine,
}

impl KlShape {
    fn is_linear(&self) -> bool {
        *self == KlShape::Linear
    }
}

/// What a number of `model.safetensors` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum NumberFormat {
    /// IEEE 754 binary32.
    #[default]
    F32,
    /// IEEE 754 binary16: half the bytes, 11 significant bits, up to 65,504.
    F16,
}

impl NumberFormat {
    fn is_f32(&self) -> bool {
        *self == NumberFormat::F32
    }
}

/// Where the weight decay acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// On the gradient, before Adam scales it (PyTorch's `Adam`).
    Coupled,
    /// On the weight, beside Adam (PyTorch's `AdamW`).
    Decoupled,
}

/// `[train]`: objective, schedule and optimiser. The defaults are those of the publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Seed of every draw of the training.
    pub seed: u64,
    /// Times through the data.
    pub epochs: usize,
    /// Sentences per update.
    pub batch: usize,
    /// Batches in a new order every epoch; the publication keeps them sorted by length.
    pub shuffle: bool,
    /// Run the encoder over no padding. The publication runs it over all of it.
    pub mask_pads: bool,

    /// Weight of the KL of the lower levels' states.
    pub lambda_low: f32,
    /// Weight of the KL averaged over all steps.
    pub step_kl: f32,
    /// Weight of the KL of the last step, of the latents in z: 1 makes the objective a bound.
    pub last_step_kl: f32,
    /// Nats per dimension of z that the last-step term does not charge for (batch mean).
    pub free_nats: f32,
    /// Nats of z as a whole that the last-step term does not charge for (batch mean).
    pub free_nats_of_z: f32,
    /// Weight of the squares by which initial states of the decoder exceed `start_limit`. A cell
    /// keeps its states within 1; larger ones to start from would cost the hardware a bit of
    /// every later state.
    pub start_penalty: f32,
    /// What a state to start from may be, either way.
    pub start_limit: f32,
    /// How the weight of the KL goes over the epochs.
    pub kl_schedule: KlSchedule,
    /// Epochs in which the weight of the KL rises; of "cyclical", epochs of a cycle.
    pub kl_warmup_epochs: f32,
    /// Of "cyclical": share of a cycle in which the weight rises (R).
    #[serde(skip_serializing_if = "is_half")]
    pub kl_ratio: f32,
    /// Of "cyclical": cycles after which the weight stays at 1 (M); 0: never.
    #[serde(skip_serializing_if = "is_zero")]
    pub kl_cycles: usize,
    /// Of "cyclical": the weight that a cycle starts with.
    #[serde(skip_serializing_if = "is_none")]
    pub kl_start: f32,
    /// How the weight of the KL rises.
    #[serde(skip_serializing_if = "KlShape::is_linear")]
    pub kl_shape: KlShape,
    /// Weight of what a latent of every step must foretell, and of the words that the level behind it must
    /// (the auxiliary cost of Z-Forcing), at the start; after `auxiliary_epochs` it is `auxiliary_end`, on a straight
    /// line in between.
    #[serde(skip_serializing_if = "is_none")]
    pub auxiliary: f32,
    /// What `auxiliary` is after `auxiliary_epochs`.
    #[serde(skip_serializing_if = "is_none")]
    pub auxiliary_end: f32,
    /// Epochs in which `auxiliary` becomes `auxiliary_end`; 0: `auxiliary` all along.
    #[serde(skip_serializing_if = "is_none")]
    pub auxiliary_epochs: f32,

    /// Where a label is said beside words: its weight in the objective.
    #[serde(skip_serializing_if = "is_one")]
    pub label_weight: f32,
    /// Of how many sentences for training the label is learned, drawn by the seed; 0: of all that have one. The others are sentences
    /// without a label.
    #[serde(skip_serializing_if = "is_zero")]
    pub labels: usize,
    /// Of conversations: tokens of a sentence at most, `<sos>` and `<eos>` included (a longer one is cut before `<eos>`).
    #[serde(skip_serializing_if = "is_most_tokens")]
    pub most_tokens: usize,
    /// The last sentence of each conversation is left out, as the loader of TWR-VAE's dialogue models does.
    #[serde(skip_serializing_if = "is_false")]
    pub without_last: bool,
    /// Deviation of the Gaussian noise on the word embeddings that the encoder reads, drawn anew in every update (amortised
    /// regularisation, after Shu et al., NeurIPS 2018); 0: none.
    #[serde(skip_serializing_if = "is_none")]
    pub code_noise: f32,
    /// Deviation of word embeddings at the start (PyTorch's is 1); 0: 1 / sqrt(embedding).
    #[serde(skip_serializing_if = "is_none")]
    pub embedding_deviation: f32,
    /// The embedding of pads is 0 and stays so (PyTorch's `padding_idx`), instead of learned as that of a word.
    #[serde(skip_serializing_if = "is_off")]
    pub zero_pads: bool,
    /// Share of embedding values set to zero, encoder and decoder.
    pub embedding_dropout: f32,
    /// Share of values set to zero between one level and the next.
    pub level_dropout: f32,
    /// Share of values set to zero between the top of the decoder and the vocabulary.
    pub output_dropout: f32,
    /// Share of decoder input words replaced by the unknown word.
    pub word_dropout: f32,

    /// Learning rate of Adam, at the first epoch.
    pub learning_rate: f32,
    /// Updates in which the learning rate rises to its first value, on a straight line; 0: it begins there.
    #[serde(skip_serializing_if = "is_zero")]
    pub warmup_updates: usize,
    /// The learning rate falls within every cycle of "cyclical" and begins anew with the next (as the authors of cyclical
    /// annealing train); behind the last of `kl_cycles` it falls once more over what is left.
    #[serde(skip_serializing_if = "is_off")]
    pub restarts: bool,
    /// Learning rate at the last epoch, as a share of the first; a half cosine in between.
    pub final_learning_rate: f32,
    /// Epsilon of Adam, of gradients that are means over a batch: where a publication sums them, its value over its batch.
    pub adam_epsilon: f32,
    /// How much of the mean square of the gradients an update keeps.
    #[serde(skip_serializing_if = "is_beta2")]
    pub adam_beta2: f32,
    /// Share of a weight that an update takes away, times the learning rate.
    pub weight_decay: f32,
    /// How `weight_decay` acts.
    pub decay: Decay,
    /// Largest norm of the gradient of a batch's mean loss; 0: no limit.
    pub clip_norm: f32,
    /// Epochs without a better validation loss until training stops; 0: never.
    pub patience: usize,
    /// Which validation NLL decides what the best epoch is.
    pub validate_on: Protocol,
    /// What the weights are rounded to in the model folder; training itself goes on in single precision.
    #[serde(skip_serializing_if = "NumberFormat::is_f32")]
    pub stored_as: NumberFormat,
    /// Updates from one programming of the cells to the next, where the forward pass sees the
    /// weights that the cells of `[device]` would hold; 0: it sees the exact ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub hardware_every: usize,
    /// The forward pass also goes through the converters of those cells: inputs are rounded,
    /// conversions clip. The gradient is that of exact products.
    #[serde(skip_serializing_if = "is_off")]
    pub hardware_converters: bool,

    /// Frames of a piece at most while training: longer ones are cut into parts; 0: whole. Held-out pieces are always whole.
    #[serde(skip_serializing_if = "is_zero")]
    pub piece_frames: usize,

    /// Deviation that the means of z keep within a batch (gamma of BN-VAE, Zhu et al., ACL 2020), so
    /// that its KL cannot vanish; 0: they are as the head makes them.
    #[serde(skip_serializing_if = "is_none")]
    pub batch_norm: f32,
    /// Updates of the encoder at most before one of the decoder, until the mutual information of a
    /// validation falls (lagging inference, He et al., ICLR 2019); 0: both are updated together.
    #[serde(skip_serializing_if = "is_zero")]
    pub lagging_steps: usize,
}

// Files written before a key existed stay as they are.

fn is_half(value: &f32) -> bool {
    *value == 0.5
}

/// PyTorch's default of `adam_beta2`.
const BETA2: f32 = 0.999;

fn is_beta2(value: &f32) -> bool {
    *value == BETA2
}

fn is_none(value: &f32) -> bool {
    *value == 0.0
}

fn is_off(value: &bool) -> bool {
    !value
}

fn is_one(value: &f32) -> bool {
    *value == 1.0
}

/// The default of `most_tokens`.
const MOST_TOKENS: usize = 40;

fn is_most_tokens(tokens: &usize) -> bool {
    *tokens == MOST_TOKENS
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

impl Default for Train {
    fn default() -> Self {
        Train {
            seed: 999,
            epochs: 1000,
            batch: 128,
            shuffle: false,
            mask_pads: false,
            lambda_low: 1.0,
            step_kl: 1.0,
            last_step_kl: 0.0,
            free_nats: 0.0,
            free_nats_of_z: 0.0,
            start_penalty: 0.0,
            start_limit: 1.0,
            kl_schedule: KlSchedule::Constant,
            kl_warmup_epochs: 10.0,
            kl_ratio: 0.5,
            kl_cycles: 0,
            kl_start: 0.0,
            kl_shape: KlShape::Linear,
            auxiliary: 0.0,
            auxiliary_end: 0.0,
            auxiliary_epochs: 0.0,
            label_weight: 1.0,
            labels: 0,
            most_tokens: MOST_TOKENS,
            without_last: false,
            code_noise: 0.0,
            embedding_deviation: 0.0,
            zero_pads: false,
            embedding_dropout: 0.5,
            level_dropout: 0.5,
            output_dropout: 0.0,
            word_dropout: 0.0,
            learning_rate: 1e-4,
            warmup_updates: 0,
            restarts: false,
            final_learning_rate: 1.0,
            adam_epsilon: 1e-6,
            adam_beta2: BETA2,
            weight_decay: 1e-5,
            decay: Decay::Coupled,
            clip_norm: 0.0,
            patience: 0,
            validate_on: Protocol::Paper,
            stored_as: NumberFormat::F32,
            hardware_every: 0,
            hardware_converters: false,
            piece_frames: 0,
            batch_norm: 0.0,
            lagging_steps: 0,
        }
    }
}
