//! The sections of `hvae.toml`, one struct each, some in files of their own. Every default stands there and nowhere else.

use super::{Accelerator, Crossbar, Device, Fixed, Noise, Target, Tokenizer, Train, Wires};
use serde::{Deserialize, Serialize};

/// One complete request: which network, in which numbers, on which tiles.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[model]`: the shape of the network. A trained model brings its own.
    pub model: Model,
    /// `[train]`: objective, schedule and optimiser. The defaults are those of the publication. A trained model brings its own.
    pub train: Train,
    /// `[fixed]`: widths in bits of the numbers of the accelerator.
    pub fixed: Fixed,
    /// `[crossbar]`: the tile, how weights lie on it, and its converters.
    pub crossbar: Crossbar,
    /// `[device]`: the memristors. A preset gives every number; a key of its own replaces one.
    pub device: Device,
    /// `[wires]`: resistances between the cells of a tile and its drivers and converters, in ohms. All zero: every cell sees its
    /// full read voltage.
    pub wires: Wires,
    /// `[noise]`: what reading adds to what was programmed. All zero: converters are exact, and the design has no source of it.
    pub noise: Noise,
    /// `[accelerator]`: the digital side.
    pub accelerator: Accelerator,
    /// `[target]`: what the design is built for.
    pub target: Target,
}

/// The recurrent cell of one level (PyTorch conventions and gate orders).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    /// A plain one: tanh.
    Rnn,
    /// A gated recurrent unit.
    Gru,
    /// A long short-term memory.
    Lstm,
}

impl CellKind {
    /// Every kind.
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

    /// As it is written in `[model] cells`.
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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LatentFrom {
    /// z = [z of every level]; the default reading of HSR-VAE.
    Both,
    /// z = z of the top level; the lower levels are regularised but not sampled.
    Top,
    /// z = [z of every level], that of the top drawn first and each other given those above it
    /// ("HSR-B").
    TopDown,
}

/// At which steps of the encoder z is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LatentSteps {
    /// At the last one.
    #[default]
    Last,
    /// The mean of a z of every step (TWR-VAE's variant).
    Mean,
    /// The sum of a z of every step (TWR-VAE's other variant).
    Sum,
}

impl LatentSteps {
    /// z is that of the last step.
    pub fn is_last(&self) -> bool {
        *self == LatentSteps::Last
    }

    /// As it is written in `[model] latent_steps`.
    pub const fn name(self) -> &'static str {
        match self {
            LatentSteps::Last => "last",
            LatentSteps::Mean => "mean",
            LatentSteps::Sum => "sum",
        }
    }

    /// What the z of each of `steps` steps counts for.
    pub fn share(self, steps: usize) -> f32 {
        match self {
            LatentSteps::Mean => 1.0 / steps as f32,
            LatentSteps::Last | LatentSteps::Sum => 1.0,
        }
    }
}

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Two recurrent stacks with a z between them, and its kin.
    #[default]
    HsrVae,
    /// Tokens given the tokens before them.
    LanguageModel,
    /// A label for every word.
    Tagger,
    /// Numbers given the frames before them.
    Regression,
    /// Tokens given the tokens before them and a latent of every step.
    ZForcing,
    /// A recurrent stack, a z that a flow carries on, and a stack that writes of it.
    FlowVrae,
    /// Answers in a conversation.
    Dialogue,
    /// As a description file says.
    Custom,
}

/// What a latent of every step is drawn from where the text is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// A Gaussian that reads the state before the step.
    #[default]
    Learned,
    /// The standard normal.
    Standard,
}

impl Prior {
    fn is_learned(&self) -> bool {
        *self == Prior::Learned
    }
}

/// The steps that carry z of a flow VRAE on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// None: a VAE with recurrent stacks.
    None,
    /// To one half something is added that is made of the other, in turns (NICE, Dinh et al., ICLR 2015).
    #[default]
    Coupling,
    /// Every part is blended with something that is made of the parts before it, by a gate that is too, and the order is turned
    /// in every step (inverse autoregressive flow, Kingma et al., NIPS 2016, over parts instead of single numbers).
    Iaf,
}

impl Flow {
    fn is_coupling(&self) -> bool {
        *self == Flow::Coupling
    }
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 8] = [
        Family::HsrVae,
        Family::LanguageModel,
        Family::Tagger,
        Family::Regression,
        Family::ZForcing,
        Family::FlowVrae,
        Family::Dialogue,
        Family::Custom,
    ];

    /// As it is written in `[model] family`.
    pub const fn name(self) -> &'static str {
        match self {
            Family::HsrVae => "hsr-vae",
            Family::LanguageModel => "language-model",
            Family::Tagger => "tagger",
            Family::Regression => "regression",
            Family::ZForcing => "z-forcing",
            Family::FlowVrae => "flow-vrae",
            Family::Dialogue => "dialogue",
            Family::Custom => "custom",
        }
    }
}

/// `[model]`: the shape of the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Which family of networks describes the blocks.
    pub family: Family,
    /// Family `custom`: the file that describes the network, beside the configuration. What is read is kept as `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text of that file, as a model folder keeps it: not written by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Cells of the encoder, bottom level first.
    pub cells: Vec<CellKind>,
    /// Cells of the decoder, bottom level first; absent: the same as `cells`.
    /// One cell gives the single-level decoders of the ablation.
    pub decoder_cells: Option<Vec<CellKind>>,
    /// Which levels z is made of.
    pub latent_from: LatentFrom,
    /// At which steps z is taken.
    #[serde(skip_serializing_if = "LatentSteps::is_last")]
    pub latent_steps: LatentSteps,
    /// Width of the word embeddings of encoder and decoder.
    pub embedding: usize,
    /// Units of every recurrent level.
    pub hidden: usize,
    /// Dimensions of the latent state of one level.
    pub latent: usize,
    /// Words, the four special tokens included.
    pub vocabulary: usize,
    /// How text is split into words.
    #[serde(skip_serializing_if = "Tokenizer::is_twr")]
    pub tokenizer: Tokenizer,
    /// Labels to tell apart, of a tagger and with `label`.
    pub classes: usize,
    /// Numbers of a frame that a regression reads; of a language model or of Z-Forcing, where it is above 1, bits of the
    /// frames that it reads and writes instead of words (88: the keys of a piano).
    pub frame: usize,
    /// Numbers that a regression predicts.
    pub values: usize,
    /// Units of the hidden layers around a latent of every step.
    #[serde(skip_serializing_if = "is_dense")]
    pub dense: usize,
    /// What a latent of every step is drawn from where the text is not known.
    #[serde(skip_serializing_if = "Prior::is_learned")]
    pub prior: Prior,
    /// A latent of every step must foretell the state of the level that reads backwards, and that level the word it comes
    /// to next: blocks for training alone, weighed by `[train] auxiliary`.
    #[serde(skip_serializing_if = "is_true")]
    pub auxiliary: bool,
    /// Which steps carry z of a flow VRAE on.
    #[serde(skip_serializing_if = "Flow::is_coupling")]
    pub flow: Flow,
    /// Steps of the flow.
    #[serde(skip_serializing_if = "is_two")]
    pub flow_steps: usize,
    /// Units of the hidden layer of each step of the flow.
    #[serde(skip_serializing_if = "is_flow_hidden")]
    pub flow_hidden: usize,
    /// The vocabulary reads z beside the state: z reaches every word directly (Dieng et al., AISTATS 2019). Of a dialogue the
    /// decoder reads z with every word.
    #[serde(skip_serializing_if = "is_false")]
    pub skip: bool,
    /// One of `classes` labels of the sentence is said too, of z.
    #[serde(skip_serializing_if = "is_false")]
    pub label: bool,
    /// Of a dialogue: what an answer is charged is the mean KL over the turns up to its own (TWR-VAE, HSR-VAE), not that of
    /// its own alone (CVAE).
    #[serde(skip_serializing_if = "is_true")]
    pub context_kl: bool,
}

/// The default of `flow_hidden`.
const FLOW_HIDDEN: usize = 32;

fn is_flow_hidden(units: &usize) -> bool {
    *units == FLOW_HIDDEN
}

fn is_two(steps: &usize) -> bool {
    *steps == 2
}

fn is_false(value: &bool) -> bool {
    !value
}

/// The default of `dense`.
const DENSE: usize = 96;

fn is_dense(units: &usize) -> bool {
    *units == DENSE
}

fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Model {
    fn default() -> Self {
        Model {
            family: Family::HsrVae,
            description: None,
            network: None,
            cells: vec![CellKind::Gru, CellKind::Gru],
            decoder_cells: None,
            latent_from: LatentFrom::Both,
            latent_steps: LatentSteps::Last,
            embedding: 64,
            hidden: 96,
            latent: 16,
            vocabulary: 2000,
            tokenizer: Tokenizer::Twr,
            classes: 2,
            frame: 1,
            values: 1,
            dense: DENSE,
            prior: Prior::Learned,
            auxiliary: true,
            flow: Flow::Coupling,
            flow_steps: 2,
            flow_hidden: FLOW_HIDDEN,
            skip: false,
            label: false,
            context_kl: true,
        }
    }
}
