//! What is added up over the steps of a loop: vectors, and the moments of z.

use super::stages::{StageBuilder, render};
use crate::config::LatentSteps;
use crate::model::BlockId;
use crate::quant::Format;
use askama::Template;

#[derive(Template)]
#[template(path = "stage_accumulate.sv", escape = "none")]
struct AccumulateStage<'a> {
    name: &'a str,
    /// The net with the words that it adds up.
    source: String,
    index: usize,
    start: String,
    mean: u8,
    size: usize,
    lanes: usize,
    state_bits: u32,
    input_bits: u32,
    shift: i32,
    /// Word to code; nothing where it drives no word lines.
    code_shift: Option<i32>,
}

/// An `hvae_pool` beside the latent that reads it.
pub struct Pool<'a> {
    /// Prefix of its nets.
    pub name: String,
    /// The moments that it adds up.
    pub source: &'a str,
    pub mean: u8,
    pub size: usize,
    pub lanes: usize,
    pub bits: usize,
    pub log2_delta_bits: u32,
}

impl<'a> StageBuilder<'a> {
    pub(super) fn accumulate(&mut self, id: BlockId, steps: LatentSteps, word: Format) {
        let quant = &self.net.quant;
        let fixed = &self.config.fixed;
        let lanes = self.lanes();
        let code_shift = self.vector(id, word, lanes);
        let name = self.name(id);
        self.net(18, &format!("{name}_reads"));
        let edge = quant.network.edges(id)[0];
        let source = self.words_seen(id, edge);
        let mean = steps == LatentSteps::Mean;
        // The share of a step has as many fraction bits as a word and the longest packet need.
        let longest = self.config.accelerator.max_tokens.next_power_of_two().ilog2();
        let of_share = if mean { fixed.state_bits + longest } else { 0 };
        let stage = AccumulateStage {
            name,
            source,
            index: self.index(id),
            start: self.start(id),
            mean: u8::from(mean),
            size: self.width(id),
            lanes,
            state_bits: fixed.state_bits,
            input_bits: fixed.input_bits,
            shift: quant.word_frac(edge.block) + of_share as i32 - word.frac,
            code_shift,
        };
        self.out.instances.push(render(&stage));
        self.seen_of(id, lanes);
        self.note(format!("{name}: {} of {} over the steps so far", steps.name(), self.sources(id)));
    }

    /// What adds up moments `block` for the latent `id`; nothing where it takes those of the last step.
    pub(super) fn pool(&self, id: BlockId, block: BlockId) -> Option<Pool<'a>> {
        let steps = self.net.quant.network.pooled(block)?;
        Some(Pool {
            name: format!("{}_of_{}", self.name(id), self.name(block)),
            source: self.name(block),
            mean: u8::from(steps == LatentSteps::Mean),
            size: self.width(block),
            lanes: self.lanes(),
            bits: 2 * self.width(block) * self.config.fixed.state_bits as usize,
            log2_delta_bits: self.net.quant.log2_fraction.delta_bits,
        })
    }
}
