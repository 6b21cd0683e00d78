//! VAEs with a flow on z (Chien & Luo, APSIPA 2022, as models.md 1d reads it).

use super::families::Builder;
use super::{Activation, BlockId, Combination, Edge, LoopId, Network, Op, Over};
use crate::config::{Flow, LatentFrom, Model};

/// Parts of z in an inverse autoregressive step, where it has as many numbers.
const IAF_PARTS: usize = 4;

impl Network {
    /// Stacks of `cells` that read and write, z of the last step between them, carried on by the steps of `flow`. The decoder reads
    /// z with every word, and with `skip` the vocabulary does; with `label` a head says a label of z.
    pub fn flow_vrae(model: &Model, lambda_low: f32) -> Network {
        let mut build = Builder::new(model.family, model.vocabulary);
        let read = build.repeat("encoder", Over::Positions);
        let once = build.repeat("sentence", Over::Once);
        let written = build.repeat("decoder", Over::Written);
        let embed = build.add("enc_embed", read, Op::Embedding { size: model.embedding });
        let (mut below, mut moments) = (embed, Vec::new());
        let top = model.cells.len() - 1;
        for (level, &kind) in model.cells.iter().enumerate() {
            let cell = Op::Cell {
                kind,
                hidden: model.hidden,
                inputs: vec![below.into()],
                init: None,
                zero_c: false,
            };
            below = build.add(format!("enc{}", level + 1), read, cell);
            if level < top && model.latent_from == LatentFrom::Top {
                continue;
            }
            let kl_weight = if level == top { 1.0 } else { lambda_low };
            let heads =
                Op::Moments { size: model.latent, inputs: vec![below.into()], kl_weight, clamp: None };
            moments.push(build.add(format!("q{}", level + 1), read, heads));
        }
        let latent = build.add("z", once, Op::Latent { moments, steps: model.latent_steps });
        let z = match model.flow {
            Flow::None => latent,
            Flow::Coupling => build.coupling(once, latent, model),
            Flow::Iaf => build.autoregressive(once, latent, model),
        };

        if model.label {
            build.add("label", once, Op::Label { classes: model.classes, inputs: vec![z.into()] });
        }
        let decoder = model.decoder_cells.as_ref().unwrap_or(&model.cells);
        let inits: Vec<BlockId> = (1..=decoder.len())
            .map(|level| {
                let (outputs, inputs) = (model.hidden, vec![z.into()]);
                let op = Op::Linear { outputs, inputs, bias: false, activation: Activation::None };
                build.add(format!("init{level}"), once, op)
            })
            .collect();
        let words = build.add("dec_embed", written, Op::Embedding { size: model.embedding });
        let mut inputs: Vec<Edge> = vec![words.into(), z.into()];
        for (level, &kind) in decoder.iter().enumerate() {
            let cell =
                Op::Cell { kind, hidden: model.hidden, inputs, init: Some(inits[level]), zero_c: false };
            inputs = vec![build.add(format!("dec{}", level + 1), written, cell).into()];
        }
        if model.skip {
            inputs.push(z.into());
        }
        build.add("vocab", written, Op::Vocabulary { inputs });
        build.network
    }
}

impl Builder {
    fn linear(
        &mut self,
        name: String,
        within: LoopId,
        outputs: usize,
        inputs: Vec<Edge>,
        activation: Activation,
    ) -> BlockId {
        self.add(name, within, Op::Linear { outputs, inputs, bias: true, activation })
    }

    /// `count` parts of z side by side, as even as can be.
    fn parts(&mut self, within: LoopId, latent: BlockId, count: usize) -> Vec<BlockId> {
        let width = self.network.width(latent);
        let part = |n: usize| {
            let (from, to) = (n * width / count, (n + 1) * width / count);
            let op = Op::Slice { input: latent.into(), from, size: to - from };
            self.add(format!("z_part{}", n + 1), within, op)
        };
        (0..count).map(part).collect()
    }

    fn flow(&mut self, within: LoopId, latent: BlockId, parts: Vec<BlockId>) -> BlockId {
        let inputs = parts.into_iter().map(Edge::from).collect();
        self.add("flow", within, Op::Flow { latent, inputs })
    }

    /// To one half of z is added what a hidden layer makes of the other, in turns.
    fn coupling(&mut self, within: LoopId, latent: BlockId, model: &Model) -> BlockId {
        let mut halves = self.parts(within, latent, 2);
        for step in 1..=model.flow_steps {
            let (given, changed) = if step % 2 == 1 { (0, 1) } else { (1, 0) };
            let inputs = vec![halves[given].into()];
            let name = |what: &str| format!("flow{step}_{what}");
            let hidden = self.linear(name("hidden"), within, model.flow_hidden, inputs, Activation::Tanh);
            let width = self.network.width(halves[changed]);
            let shift = self.linear(name("shift"), within, width, vec![hidden.into()], Activation::None);
            let inputs = vec![halves[changed].into(), shift.into()];
            let op = Op::Elementwise { function: Combination::Add, inputs };
            halves[changed] = self.add(name("sum"), within, op);
        }
        self.flow(within, latent, halves)
    }

    /// Every part but the first of the order is blended with what is made of those before it; the order is turned in every step.
    fn autoregressive(&mut self, within: LoopId, latent: BlockId, model: &Model) -> BlockId {
        let count = IAF_PARTS.min(self.network.width(latent));
        let mut parts = self.parts(within, latent, count);
        for step in 1..=model.flow_steps {
            let order: Vec<usize> =
                if step % 2 == 1 { (0..count).collect() } else { (0..count).rev().collect() };
            let before = parts.clone();
            for (at, &part) in order.iter().enumerate().skip(1) {
                let given: Vec<Edge> = order[..at].iter().map(|&other| before[other].into()).collect();
                let name = |what: &str| format!("flow{step}_{what}{}", part + 1);
                let width = self.network.width(before[part]);
                let hidden = self.linear(name("hidden"), within, model.flow_hidden, given, Activation::Tanh);
                let inputs = || vec![Edge::from(hidden)];
                let gate = self.linear(name("gate"), within, width, inputs(), Activation::Sigmoid);
                let shift = self.linear(name("shift"), within, width, inputs(), Activation::None);
                let inputs = vec![gate.into(), before[part].into(), shift.into()];
                let op = Op::Elementwise { function: Combination::Blend, inputs };
                parts[part] = self.add(name("blend"), within, op);
            }
        }
        self.flow(within, latent, parts)
    }
}
