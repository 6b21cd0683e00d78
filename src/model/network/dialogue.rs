//! Answers in a conversation: CVAE, TWR-VAE and HSR-VAE for dialogue (models.md 1a, 1b, 1f).

use super::families::Builder;
use super::{Activation, BlockId, Edge, Network, Op, Over};
use crate::config::Model;

impl Network {
    /// Every sentence is an answer to those before it. Two cells read its words, one from either end; the stack of `cells` keeps
    /// what they end with from turn to turn. z of a sentence is drawn given what has been heard before it, and in training
    /// given its own words too; a decoder writes from z and what has been heard.
    ///
    /// One cell and the KL of an answer's own turn are a CVAE (Zhao et al., ACL 2017, without its bag of words); with
    /// `context_kl` the mean over all turns up to it, TWR-VAE (Li et al., COLING 2020); with two cells HSR-VAE, whose z is of
    /// both levels (Hu & Yang, 2023, as DESIGN.md reads it).
    pub fn dialogue(model: &Model) -> Network {
        let mut build = Builder::new(model.family, model.vocabulary);
        let forwards = build.repeat("forwards", Over::Positions);
        let backwards = build.repeat("backwards", Over::Backwards);
        let turns = build.repeat("turns", Over::Turns);
        let asked = build.repeat("asked", if model.context_kl { Over::Heard } else { Over::Once });
        let answer = build.repeat("answer", Over::Once);
        let written = build.repeat("decoder", Over::Written);
        let cell = |level: usize, inputs: Vec<Edge>, init: Option<BlockId>| {
            let kind = model.cells[level.min(model.cells.len() - 1)];
            Op::Cell { kind, hidden: model.hidden, inputs, init, zero_c: false }
        };
        let linear = |outputs, inputs, activation| Op::Linear { outputs, inputs, bias: true, activation };

        let embed = build.add("embed", forwards, Op::Embedding { size: model.embedding });
        let first_to_last = build.add("fwd", forwards, cell(0, vec![embed.into()], None));
        let embed_back = build.add("embed_back", backwards, Op::Embedding { size: model.embedding });
        let last_to_first = build.add("bwd", backwards, cell(0, vec![embed_back.into()], None));
        let words: Vec<Edge> = vec![first_to_last.into(), last_to_first.into()];

        let (mut below, mut heard) = (words.clone(), Vec::new());
        for level in 0..model.cells.len() {
            let context = build.add(format!("context{}", level + 1), turns, cell(level, below, None));
            below = vec![context.into()];
            heard.push(Edge::before(context));
        }

        let gaussian = |inputs| {
            let size = model.latent * model.cells.len();
            Op::Moments { size, inputs, kl_weight: 1.0, clamp: Some(super::families::DRAW_CLAMP) }
        };
        let hidden = linear(model.dense, heard.clone(), Activation::Tanh);
        let prior_hidden = build.add("prior_hidden", asked, hidden);
        let prior = build.add("prior", asked, gaussian(vec![prior_hidden.into()]));
        let posterior = build.add("post", asked, gaussian(words.into_iter().chain(heard.clone()).collect()));

        let z = build.add("z", answer, Op::Draw { posterior, prior: Some(prior) });
        let from: Vec<Edge> = std::iter::once(z.into()).chain(heard).collect();
        let decoder = model.decoder_cells.clone().unwrap_or_else(|| vec![model.cells[model.cells.len() - 1]]);
        let inits: Vec<BlockId> = (1..=decoder.len())
            .map(|level| {
                let start = linear(model.hidden, from.clone(), Activation::None);
                build.add(format!("init{level}"), answer, start)
            })
            .collect();
        let embed_again = build.add("embed_again", written, Op::Embedding { size: model.embedding });
        for again in [embed_back, embed_again] {
            build.network.0.blocks[again].tied = Some(embed);
        }
        let mut inputs: Vec<Edge> = vec![embed_again.into()];
        inputs.extend(model.skip.then_some(Edge::from(z)));
        for (level, &kind) in decoder.iter().enumerate() {
            let op = Op::Cell { kind, hidden: model.hidden, inputs, init: Some(inits[level]), zero_c: false };
            inputs = vec![build.add(format!("dec{}", level + 1), written, op).into()];
        }
        build.add("vocab", written, Op::Vocabulary { inputs });
        build.network
    }
}
