//! The sections of `hvae.toml`, one struct each. Every default stands here and nowhere else.

use super::{Device, Lanes, Noise, Wires};
use serde::{Deserialize, Serialize};

/// One complete request: which network, in which numbers, on which tiles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub model: Model,
    pub train: Train,
    pub fixed: Fixed,
    pub crossbar: Crossbar,
    pub device: Device,
    pub wires: Wires,
    pub noise: Noise,
    pub accelerator: Accelerator,
    pub target: Target,
}

/// The recurrent cell of one level (PyTorch conventions and gate orders).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    Rnn,
    Gru,
    Lstm,
}

impl CellKind {
    pub const ALL: [CellKind; 3] = [CellKind::Rnn, CellKind::Gru, CellKind::Lstm];

    /// Gates per unit, which is also the row blocks of its weight matrices
    /// (RNN: h; GRU: r, z, n; LSTM: i, f, g, o).
    pub const fn gates(self) -> usize {
        match self {
            CellKind::Rnn => 1,
            CellKind::Gru => 3,
            CellKind::Lstm => 4,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            CellKind::Rnn => "rnn",
            CellKind::Gru => "gru",
            CellKind::Lstm => "lstm",
        }
    }
}

/// Which levels' latent states make up z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LatentFrom {
    /// z = [z of every level]; the default reading of HSR-VAE.
    Both,
    /// z = z of the top level; the lower levels are regularised but not sampled.
    Top,
}

/// `[model]`: the shape of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Which family of networks describes the blocks; `hsr-vae` for now.
    pub family: String,
    /// Cells of the encoder, bottom level first.
    pub cells: Vec<CellKind>,
    /// Cells of the decoder, bottom level first; absent: the same as `cells`.
    /// One cell gives the single-level decoders of the ablation.
    pub decoder_cells: Option<Vec<CellKind>>,
    pub latent_from: LatentFrom,
    /// Width of the word embeddings of encoder and decoder.
    pub embedding: usize,
    /// Units of every recurrent level.
    pub hidden: usize,
    /// Dimensions of the latent state of one level.
    pub latent: usize,
    /// Words, the four special tokens included.
    pub vocabulary: usize,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            family: "hsr-vae".into(),
            cells: vec![CellKind::Gru, CellKind::Gru],
            decoder_cells: None,
            latent_from: LatentFrom::Both,
            embedding: 64,
            hidden: 96,
            latent: 16,
            vocabulary: 2000,
        }
    }
}

/// How NLL, KL and PPL are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// As TWR-VAE and HSR-VAE print them: z is the mean of the last step, KL is averaged over the
    /// steps and summed over levels with their weights, PPL divides by words + 2. No bound.
    Paper,
    /// A bound: z is sampled, KL is that of the latents in use at the last step, PPL divides by
    /// the words + 1 tokens that are predicted.
    Honest,
}

/// How the weight of the KL terms goes over the updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KlSchedule {
    /// Full weight from the first update; what HSR-VAE and TWR-VAE do.
    Constant,
    /// From 0 to full over `kl_warmup_epochs`, then full.
    Linear,
    /// Every `kl_warmup_epochs`: from 0 to full in the first half, then full (Fu et al. 2019).
    Cyclical,
}

/// Where the weight decay acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// On the gradient, before Adam scales it (PyTorch's `Adam`).
    Coupled,
    /// On the weight, beside Adam (PyTorch's `AdamW`).
    Decoupled,
}

/// `[train]`: objective, schedule and optimiser. The defaults are those of the publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    pub seed: u64,
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
    pub start_limit: f32,
    pub kl_schedule: KlSchedule,
    pub kl_warmup_epochs: f32,

    /// Share of embedding values set to zero, encoder and decoder.
    pub embedding_dropout: f32,
    /// Share of values set to zero between one level and the next.
    pub level_dropout: f32,
    /// Share of values set to zero between the top of the decoder and the vocabulary.
    pub output_dropout: f32,
    /// Share of decoder input words replaced by the unknown word.
    pub word_dropout: f32,

    pub learning_rate: f32,
    /// Learning rate at the last epoch, as a share of the first; a half cosine in between.
    pub final_learning_rate: f32,
    pub adam_epsilon: f32,
    pub weight_decay: f32,
    pub decay: Decay,
    /// Largest norm of the gradient of a batch's mean loss; 0: no limit.
    pub clip_norm: f32,
    /// Epochs without a better validation loss until training stops; 0: never.
    pub patience: usize,
    /// Which validation NLL decides what the best epoch is.
    pub validate_on: Protocol,
    /// Updates from one programming of the cells to the next, where the forward pass sees the
    /// weights that the cells of `[device]` would hold; 0: it sees the exact ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub hardware_every: usize,
}

/// Files written before a key existed stay as they are.
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
            embedding_dropout: 0.5,
            level_dropout: 0.5,
            output_dropout: 0.0,
            word_dropout: 0.0,
            learning_rate: 1e-4,
            final_learning_rate: 1.0,
            adam_epsilon: 1e-6,
            weight_decay: 1e-5,
            decay: Decay::Coupled,
            clip_norm: 0.0,
            patience: 0,
            validate_on: Protocol::Paper,
            hardware_every: 0,
        }
    }
}

/// `[fixed]`: widths in bits of the numbers of the accelerator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fixed {
    /// Signed weights, one power-of-two scale per matrix.
    pub weight_bits: u32,
    /// Share of a matrix's weights that its scale may clip. Absent: the scale with the least squared
    /// error, whatever it clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_clip: Option<f64>,
    /// Signed numbers that drive the word lines.
    pub input_bits: u32,
    /// Hidden and cell states, latent moments, z.
    pub state_bits: u32,
    /// Pre-activations: total width, of which `pre_frac` are fraction bits.
    pub pre_bits: u32,
    pub pre_frac: u32,
    /// Outputs of the sigmoid, tanh and exp tables.
    pub table_bits: u32,
    /// Segments of each table are 2^`table_address_bits`, linearly interpolated.
    pub table_address_bits: u32,
    /// Logits as the token choice compares them.
    pub logit_bits: u32,
}

impl Default for Fixed {
    fn default() -> Self {
        Fixed {
            weight_bits: 8,
            weight_clip: None,
            input_bits: 8,
            state_bits: 16,
            pre_bits: 16,
            pre_frac: 12,
            table_bits: 16,
            table_address_bits: 9,
            logit_bits: 16,
        }
    }
}

/// How a signed weight sits on columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// A pair of columns: positive and negative magnitude.
    Differential,
    /// One column of w + 2^(weight_bits-1), and one shared offset column a tile.
    Offset,
}

/// Which slice of a weight comes first, nearest to the drivers of the word lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SliceOrder {
    LowFirst,
    HighFirst,
}

/// `[crossbar]`: the tile and its converters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crossbar {
    /// Word lines of a tile.
    pub rows: usize,
    /// Bit lines of a tile.
    pub columns: usize,
    /// Bits stored in one cell.
    pub cell_bits: u32,
    /// Bits of an input driven in one phase.
    pub dac_bits: u32,
    pub adc_bits: u32,
    /// Conductance steps per ADC step, as a power of two.
    pub adc_shift: u32,
    /// Code of no current: the range of a converter begins that many ADC steps below 0.
    pub adc_zero: u32,
    /// Columns that share one ADC, converted one after the other.
    pub columns_per_adc: usize,
    pub encoding: Encoding,
    pub slice_order: SliceOrder,
    /// Tiles there are; with fewer than the weights need, columns take turns on the
    /// converters in rounds. 0: as many as the weights need.
    pub physical_tiles: usize,
}

impl Default for Crossbar {
    fn default() -> Self {
        Crossbar {
            rows: 128,
            columns: 128,
            cell_bits: 2,
            dac_bits: 1,
            adc_bits: 9,
            adc_shift: 0,
            adc_zero: 0,
            columns_per_adc: 8,
            encoding: Encoding::Differential,
            slice_order: SliceOrder::LowFirst,
            physical_tiles: 0,
        }
    }
}

/// `[accelerator]`: the digital side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accelerator {
    /// Units of gate arithmetic per cell; also read lanes of heads and bridges.
    pub gate_lanes: Lanes,
    /// Logits compared per cycle.
    pub token_lanes: Lanes,
    /// Longest sentence, special tokens included.
    pub max_tokens: usize,
    pub clock_mhz: f64,
    /// With the job SCORE: log-probabilities of given sentences.
    pub score: bool,
    /// No conversions in phases whose digit is 0 on every row of a tile.
    pub skip_zero_phases: bool,
    /// How FPGA tools keep the cells of a tile.
    pub cell_storage: CellStorage,
}

/// Memory of an FPGA for the cells of the behavioural tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellStorage {
    /// As the tool thinks best.
    #[default]
    Auto,
    /// Block RAM.
    Block,
    /// Look-up tables.
    Distributed,
}

impl CellStorage {
    /// Its value as an attribute in Verilog.
    pub const fn name(self) -> &'static str {
        match self {
            CellStorage::Auto => "auto",
            CellStorage::Block => "block",
            CellStorage::Distributed => "distributed",
        }
    }
}

impl Default for Accelerator {
    fn default() -> Self {
        Accelerator {
            gate_lanes: Lanes::Count(8),
            token_lanes: Lanes::Count(16),
            max_tokens: 64,
            clock_mhz: 80.0,
            score: true,
            skip_zero_phases: false,
            cell_storage: CellStorage::Auto,
        }
    }
}

/// `[target]`: what the design is built for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    pub part: String,
}
