//! The families that ship: functions from the sizes of `[model]` to a description.

use super::{Activation, Block, BlockId, Blueprint, Edge, Loop, LoopId, ModelError, Network, Op, Over};
use crate::config::{Family, LatentFrom, Model, Prior};

/// The limit of means and log-variances of a draw (models.md 1c).
pub(super) const DRAW_CLAMP: f32 = 8.0;

impl Network {
    /// The network that `[model]` asks for, with the objective's weight of the lower levels' KL, as it works
    /// when it has been trained.
    ///
    /// # Errors
    /// If a description of one's own is none.
    pub fn describe(model: &Model, lambda_low: f32) -> Result<Network, ModelError> {
        Ok(Network::to_train(model, lambda_low)?.deployed())
    }

    /// The same with what is there for training alone.
    ///
    /// # Errors
    /// If a description of one's own is none.
    pub fn to_train(model: &Model, lambda_low: f32) -> Result<Network, ModelError> {
        match model.family {
            Family::HsrVae => Ok(Network::hsr_vae(model, lambda_low)),
            Family::LanguageModel => Ok(Network::language_model(model)),
            Family::Tagger => Ok(Network::tagger(model)),
            Family::Regression => Ok(Network::regression(model)),
            Family::ZForcing => Ok(Network::z_forcing(model)),
            Family::FlowVrae => Ok(Network::flow_vrae(model, lambda_low)),
            Family::Dialogue => Ok(Network::dialogue(model)),
            Family::Custom => match &model.network {
                Some(text) => Network::from_text("[model] network", text, model.vocabulary),
                None => Err(ModelError::new(
                    "[model] description",
                    "the file that describes the network",
                    "none",
                    "name it (`hvae describe` prints one to begin with), or choose another family",
                )),
            },
        }
    }

    /// HSR-VAE ("HSR-A"): a stack of recurrent levels with a regularised latent
    /// state at every step of each, and a decoder stack conditioned on z
    /// (Hu & Yang, JEIT 45(2), 2023, as reconstructed in DESIGN.md). With `latent_from = "top-down"`
    /// the latents depend on each other ("HSR-B"): q(z1 | h1_T, z2).
    pub fn hsr_vae(model: &Model, lambda_low: f32) -> Network {
        let mut build = Builder::new(model.family, model.vocabulary);
        let read = build.repeat("encoder", Over::Positions);
        let once = build.repeat("sentence", Over::Once);
        let written = build.repeat("decoder", Over::Written);
        let hidden = model.hidden;
        let top = model.cells.len() - 1;

        let mut below = build.add("enc_embed", read, Op::Embedding { size: model.embedding });
        let (mut levels, mut moments) = (Vec::new(), Vec::new());
        for (level, &kind) in model.cells.iter().enumerate() {
            let cell = Op::Cell { kind, hidden, inputs: vec![below.into()], init: None, zero_c: false };
            below = build.add(format!("enc{}", level + 1), read, cell);
            levels.push(below);
            let kl_weight = if level == top { 1.0 } else { lambda_low };
            let heads =
                Op::Moments { size: model.latent, inputs: vec![below.into()], kl_weight, clamp: None };
            moments.push(build.add(format!("q{}", level + 1), read, heads));
        }
        let latent =
            |moments: &[BlockId]| Op::Latent { moments: moments.to_vec(), steps: model.latent_steps };
        if model.latent_from != LatentFrom::Both {
            moments.drain(..top);
        }
        if model.latent_from == LatentFrom::TopDown {
            for level in (1..=top).rev() {
                let above = format!("z{}", level + 1);
                let given = build.add(above.clone(), once, latent(&moments));
                let inputs = vec![levels[level - 1].into(), given.into()];
                let heads = Op::Moments { size: model.latent, inputs, kl_weight: 1.0, clamp: None };
                moments.insert(0, build.add(format!("q{level}_given_{above}"), once, heads));
            }
        }
        let z = build.add("z", once, latent(&moments));

        let decoder = model.decoder_cells.as_ref().unwrap_or(&model.cells);
        let inits: Vec<BlockId> = (1..=decoder.len())
            .map(|level| {
                let op = Op::Linear {
                    outputs: hidden,
                    inputs: vec![z.into()],
                    bias: false,
                    activation: Activation::None,
                };
                build.add(format!("init{level}"), once, op)
            })
            .collect();
        let embed = build.add("dec_embed", written, Op::Embedding { size: model.embedding });
        let mut inputs: Vec<Edge> = vec![embed.into(), z.into()];
        for (level, &kind) in decoder.iter().enumerate() {
            let cell = Op::Cell { kind, hidden, inputs, init: Some(inits[level]), zero_c: false };
            inputs = vec![build.add(format!("dec{}", level + 1), written, cell).into()];
        }
        build.add("vocab", written, Op::Vocabulary { inputs });
        build.network
    }

    /// A plain recurrent language model: p(next token | tokens before it); with `frame` above 1
    /// p(next frame | frames before it), its bits independent of each other.
    pub fn language_model(model: &Model) -> Network {
        if model.frame > 1 {
            let mut build = Builder::new(model.family, 0);
            let written = build.repeat("music", Over::Written);
            let frame = build.add("frame", written, Op::Input { size: model.frame });
            let inputs = vec![build.levels("level", written, model, frame).into()];
            build.add("bits", written, Op::Bits { size: model.frame, inputs });
            return build.network;
        }
        let mut build = Builder::new(model.family, model.vocabulary);
        let written = build.repeat("text", Over::Written);
        let embed = build.add("embed", written, Op::Embedding { size: model.embedding });
        let inputs = vec![build.levels("level", written, model, embed).into()];
        build.add("vocab", written, Op::Vocabulary { inputs });
        build.network
    }

    /// Z-Forcing (Goyal et al., NIPS 2017): a latent at every step, drawn given the state before it and, while
    /// the text is known, given a level that has read it from its end down to the word that the step predicts;
    /// with `frame` above 1 of frames instead of words.
    pub fn z_forcing(model: &Model) -> Network {
        let of_frames = model.frame > 1;
        let mut build = Builder::new(model.family, if of_frames { 0 } else { model.vocabulary });
        let backwards = build.repeat("backwards", Over::Backwards);
        let written = build.repeat(if of_frames { "music" } else { "text" }, Over::Written);
        let read = match of_frames {
            true => build.add("bwd_frame", backwards, Op::Input { size: model.frame }),
            false => build.add("bwd_embed", backwards, Op::Embedding { size: model.embedding }),
        };
        let behind = build.levels("bwd", backwards, model, read);
        if model.auxiliary {
            let inputs = vec![behind.into()];
            match of_frames {
                true => build.add("bwd_bits", backwards, Op::Bits { size: model.frame, inputs }),
                false => build.add("bwd_vocab", backwards, Op::Vocabulary { inputs }),
            };
            build.only_train();
        }
        let words = match of_frames {
            true => build.add("frame", written, Op::Input { size: model.frame }),
            false => build.add("embed", written, Op::Embedding { size: model.embedding }),
        };
        build.network.0.blocks[words].tied = (!of_frames).then_some(read);
        // What the draw reads of the state is that before the step: the block stands further below.
        let in_prior = usize::from(model.prior == Prior::Learned) * 2;
        let in_auxiliary = usize::from(model.auxiliary) * 2;
        let top = words + in_prior + 4 + in_auxiliary + model.cells.len();
        let state = Edge::before(top);
        let hidden = |build: &mut Builder, name: &str, inputs: Vec<Edge>| {
            let (outputs, activation) = (model.dense, Activation::LeakyRelu);
            build.add(name, written, Op::Linear { outputs, inputs, bias: true, activation })
        };
        let gaussian = |build: &mut Builder, name: &str, from: BlockId| {
            let (size, clamp) = (model.latent, Some(DRAW_CLAMP));
            build.add(name, written, Op::Moments { size, inputs: vec![from.into()], kl_weight: 1.0, clamp })
        };
        let prior = (model.prior == Prior::Learned).then(|| {
            let from = hidden(&mut build, "prior_hidden", vec![state]);
            gaussian(&mut build, "prior", from)
        });
        let from = hidden(&mut build, "post_hidden", vec![state, behind.into()]);
        let posterior = gaussian(&mut build, "post", from);
        let z = build.add("z", written, Op::Draw { posterior, prior });
        let drawn = hidden(&mut build, "gen", vec![z.into()]);
        if model.auxiliary {
            let from = hidden(&mut build, "aux_hidden", vec![z.into()]);
            build.only_train();
            build.add("aux", written, Op::Auxiliary { inputs: vec![from.into()], target: behind.into() });
            build.only_train();
        }
        let below = vec![words.into(), drawn.into()];
        let last = build.levels_on("dec", written, model, below);
        debug_assert_eq!(last, top);
        match of_frames {
            // Keys that sound together hang together through what was drawn.
            true => {
                let inputs = vec![last.into(), drawn.into()];
                build.add("bits", written, Op::Bits { size: model.frame, inputs })
            }
            false => build.add("vocab", written, Op::Vocabulary { inputs: vec![last.into()] }),
        };
        build.network
    }

    /// A label for every word, from a level that has read the words before it and one that has read those behind it.
    pub fn tagger(model: &Model) -> Network {
        let mut build = Builder::new(model.family, model.vocabulary);
        let backwards = build.repeat("backwards", Over::Backwards);
        let forwards = build.repeat("forwards", Over::Positions);
        let embed = build.add("embed", backwards, Op::Embedding { size: model.embedding });
        let behind = build.levels("bwd", backwards, model, embed);
        let again = build.add("embed_again", forwards, Op::Embedding { size: model.embedding });
        build.network.0.blocks[again].tied = Some(embed);
        let before = build.levels("fwd", forwards, model, again);
        let inputs = vec![before.into(), behind.into()];
        build.add("label", forwards, Op::Label { classes: model.classes, inputs });
        build.network
    }

    /// Frames of numbers in, numbers that follow them out, with how sure it is of each.
    pub fn regression(model: &Model) -> Network {
        let mut build = Builder::new(model.family, 0);
        let read = build.repeat("frames", Over::Positions);
        let frame = build.add("frame", read, Op::Input { size: model.frame });
        let inputs = vec![build.levels("level", read, model, frame).into()];
        build.add("values", read, Op::Values { size: model.values, inputs });
        build.network
    }
}

pub(super) struct Builder {
    pub(super) network: Network,
}

impl Builder {
    pub(super) fn new(family: Family, vocabulary: usize) -> Builder {
        let (loops, blocks) = (Vec::new(), Vec::new());
        Builder { network: Network(Blueprint { family: family.name().into(), vocabulary, loops, blocks }) }
    }

    pub(super) fn repeat(&mut self, name: &str, over: Over) -> LoopId {
        self.network.0.loops.push(Loop { name: name.into(), over });
        self.network.loops.len() - 1
    }

    pub(super) fn add(&mut self, name: impl Into<String>, within: LoopId, op: Op) -> BlockId {
        self.network.0.blocks.push(Block { name: name.into(), within, tied: None, only_train: false, op });
        self.network.blocks.len() - 1
    }

    /// The block added last is there while the network is trained.
    fn only_train(&mut self) {
        self.network.0.blocks.last_mut().expect("one was added").only_train = true;
    }

    /// The cells of `[model]`, one on the other, on `below`; the top one.
    fn levels(&mut self, name: &str, within: LoopId, model: &Model, below: BlockId) -> BlockId {
        self.levels_on(name, within, model, vec![below.into()])
    }

    /// The same on several vectors side by side.
    fn levels_on(&mut self, name: &str, within: LoopId, model: &Model, mut inputs: Vec<Edge>) -> BlockId {
        for (level, &kind) in model.cells.iter().enumerate() {
            let cell = Op::Cell { kind, hidden: model.hidden, inputs, init: None, zero_c: false };
            inputs = vec![self.add(format!("{name}{}", level + 1), within, cell).into()];
        }
        inputs[0].block
    }
}
