//! Latents: of a sentence, and of steps, which are drawn of a posterior where what is written is known, else of a prior.

use super::stages::{StageBuilder, render};
use super::sums::Pool;
use crate::model::{BlockId, Op};
use crate::quant::Signal;
use askama::Template;
use std::fmt;

/// What every `hvae_latent` is told.
pub struct LatentNumbers {
    pub size: usize,
    pub state_bits: u32,
    pub pre_frac: u32,
    pub table_bits: u32,
    pub address_bits: u32,
    pub exp_delta_bits: u32,
    input_bits: u32,
    shift: i32,
}

/// As the parameters of an instance.
impl fmt::Display for LatentNumbers {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let LatentNumbers { size, state_bits, pre_frac, table_bits, address_bits, .. } = self;
        let LatentNumbers { exp_delta_bits, input_bits, shift, .. } = self;
        write!(
            f,
            ".Size({size}), .StateBits({state_bits}), .PreFrac({pre_frac}), .TableBits({table_bits}), .TableAddressBits({address_bits}),\n      \
             .ExpDeltaBits({exp_delta_bits}), .ExpFile({{`HVAE_ROM_DIR, \"/exp_half.hex\"}}), .NormalFile({{`HVAE_ROM_DIR, \"/half_normal.hex\"}}),\n      \
             .InputBits({input_bits}), .Shift({shift})"
        )
    }
}

#[derive(Template)]
#[template(path = "stage_latent.sv", escape = "none")]
pub struct LatentStage<'a> {
    pub name: &'a str,
    pub index: usize,
    /// Where its dimensions begin among those of z, whose noise it has.
    pub first: usize,
    pub start: String,
    pub numbers: LatentNumbers,
    pub means: String,
    pub log_variances: String,
    /// What adds up the moments of all steps, where it takes those.
    pub pools: Vec<Pool<'a>>,
}

#[derive(Template)]
#[template(path = "stage_draw.sv", escape = "none")]
pub struct DrawStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// It is drawn, not taken at its mean.
    pub sampled: &'a str,
    pub numbers: LatentNumbers,
    /// Posterior, and prior where there is one.
    pub sources: usize,
    pub pair_bits: usize,
    /// Draws leave when words are scored.
    pub score: bool,
    pub means: String,
    pub log_variances: String,
}

/// Draws that leave the core while words are scored.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub name: String,
    /// Words of a step, or of the sentence.
    pub words: usize,
    /// They leave once a sentence.
    pub once: bool,
}

impl StageBuilder<'_> {
    fn latent_numbers(&self, id: BlockId) -> LatentNumbers {
        let (quant, fixed) = (&self.net.quant, &self.config.fixed);
        LatentNumbers {
            size: self.width(id),
            state_bits: fixed.state_bits,
            pre_frac: fixed.pre_frac,
            table_bits: fixed.table_bits,
            address_bits: fixed.table_address_bits,
            exp_delta_bits: quant.exp_half.delta_bits,
            input_bits: fixed.input_bits,
            shift: quant.moment_format().frac - quant.dac[id].expect("z drives word lines").frac,
        }
    }

    pub(super) fn latent(&mut self, id: BlockId, moments: &[BlockId]) {
        let name = self.name(id);
        self.drives(id);
        self.writes(id, 1);
        self.net(1, &format!("{name}_sends"));
        self.net(1, &format!("{name}_sends_last"));
        self.net(32, &format!("{name}_statistics"));
        self.net(16, &format!("{name}_given_index"));
        let nets = ["sends", "sends_last", "statistics", "given_index"];
        self.out.unread.extend(nets.map(|net| format!("{name}_{net}")));
        let quant = &self.net.quant;
        let fixed = &self.config.fixed;
        let bits = fixed.state_bits as usize;
        // Later dimensions stand to the left of a concatenation.
        let slices = |set: usize| {
            let slice = |&m: &BlockId| {
                let size = self.width(m);
                let made = self.pool(id, m).map_or_else(|| self.name(m).to_string(), |pool| pool.name);
                format!("{made}_kept[{}:{}]", (set + 1) * size * bits - 1, set * size * bits)
            };
            moments.iter().rev().map(slice).collect::<Vec<_>>().join(", ")
        };
        let stage = LatentStage {
            name,
            index: self.index(id),
            first: quant.network.latent_part(moments[0]).start,
            start: self.start(id),
            numbers: self.latent_numbers(id),
            means: slices(0),
            log_variances: slices(1),
            pools: moments.iter().filter_map(|&m| self.pool(id, m)).collect(),
        };
        let kept: Vec<String> = stage.pools.iter().map(|pool| format!("{}_kept", pool.source)).collect();
        self.out.unread.extend(kept);
        self.out.instances.push(render(&stage));
        self.note(format!("{name}: latent state, {} dimensions, one a cycle", self.width(id)));
        if !self.has_words(id) {
            self.out.unread.extend(["write", "group", "data"].map(|net| format!("{name}_{net}")));
        }
        self.words(id, 1);
        self.probe(id, "write_valid", "write_group", "write_data", 1, &[(Signal::Z, fixed.state_bits)]);
    }

    /// What tells that it is known what is written at a step: the packet has a word behind it. (A loop that draws
    /// is no wave, so all its stages work on the same step.) Of a sentence of a conversation, the job says it.
    pub(super) fn text_known(&mut self) {
        if self.net.quant.network.draw().is_some() {
            let at_once =
                self.net.quant.network.draw().is_some_and(|(z, ..)| self.net.quant.network.is_once(z));
            let known = if at_once { "!draw[1]" } else { "!draw[1] && position + 16'd1 < frames" };
            self.out.nets.push(format!("wire text_known = {known};"));
        }
    }

    /// When a stage of the written loop works, beside the pulse that starts its group.
    pub(super) fn condition(&self, id: BlockId) -> Option<String> {
        let schedule = &self.out.schedule;
        if schedule.infers(id) {
            return Some("text_known".into());
        }
        // What a word that is scored was drawn of leaves, the prior too.
        schedule.guesses(id).then(|| "(scoring || !text_known)".into())
    }

    pub(super) fn draw(&mut self, id: BlockId, posterior: BlockId, prior: Option<BlockId>) {
        let (name, score) = (self.name(id), self.config.accelerator.score);
        self.drives(id);
        self.writes(id, 1);
        if score {
            self.net(1, &format!("{name}_sends"));
            self.net(32, &format!("{name}_sent"));
        } else {
            self.out.unread.extend([format!("{name}_paired"), format!("{name}_pairs")]);
        }
        let nets = ["unused_last", "unused_index"];
        self.out.unread.extend(nets.map(|net| format!("{name}_{net}")));
        let fixed = &self.config.fixed;
        let (size, bits) = (self.width(id), fixed.state_bits as usize);
        // Of each the means, then the log-variances; the prior stands to the left of the posterior.
        let slices = |set: usize| {
            let slice = |m: BlockId| {
                format!("{}_kept[{}:{}]", self.name(m), (set + 1) * size * bits - 1, set * size * bits)
            };
            prior.into_iter().chain([posterior]).map(slice).collect::<Vec<_>>().join(", ")
        };
        let sources = 1 + usize::from(prior.is_some());
        let stage = DrawStage {
            name,
            index: self.index(id),
            start: self.start(id),
            // GENERATE draws always.
            sampled: "draw[1] || sample_z_i",
            numbers: self.latent_numbers(id),
            sources,
            pair_bits: 32 * sources,
            score,
            means: slices(0),
            log_variances: slices(1),
        };
        self.out.instances.push(render(&stage));
        self.note(format!("{name}: latent of a step, {size} dimensions, one a cycle"));
        if !score && !self.has_words(id) {
            self.out.unread.extend(["write", "group", "data"].map(|net| format!("{name}_{net}")));
        }
        self.words(id, 1);
        self.probe(id, "write_valid", "write_group", "write_data", 1, &[(Signal::Z, fixed.state_bits)]);
    }

    /// The latent of a step whose draws leave, as the core sees it.
    pub(super) fn drawn(&self) -> Option<Drawn> {
        let network = &self.net.quant.network;
        let id = network.blocks.iter().position(|block| matches!(block.op, Op::Draw { .. }))?;
        let once = network.is_once(id);
        let drawn = Drawn { name: self.name(id).into(), words: 3 * self.width(id), once };
        self.config.accelerator.score.then_some(drawn)
    }
}
