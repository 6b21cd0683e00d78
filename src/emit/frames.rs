//! Frames: as they are read, and the head of one of bits, which is chosen, or scored.

use super::stages::{StageBuilder, render};
use super::templates::MatrixNumbers;
use crate::model::BlockId;
use crate::quant::{FRAME_BITS, Format, IntMatrix, Signal};
use askama::Template;

#[derive(Template)]
#[template(path = "stage_frame.sv", escape = "none")]
pub struct FrameStage<'a> {
    /// The word of a bit that is 1, where frames are of bits.
    pub one: Option<i64>,
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    pub size: usize,
    pub state_bits: u32,
    pub input_bits: u32,
    /// Word to code; nothing where it drives no word lines.
    pub code_shift: Option<i32>,
}

#[derive(Template)]
#[template(path = "stage_bits.sv", escape = "none")]
pub struct BitsStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// The net that drives its word lines.
    pub planes: String,
    pub size: usize,
    pub lanes: usize,
    pub logit_bits: u32,
    pub logit_frac: i32,
    pub shift: i32,
    pub score: u8,
    pub softplus_delta_bits: u32,
    pub gains: bool,
    pub m: MatrixNumbers,
}

/// Frames of bits, as the core sees them.
#[derive(Debug, Clone)]
pub struct Frames {
    /// The head.
    pub name: String,
    /// Bits in the last word of a frame.
    pub last_bits: usize,
}

impl StageBuilder<'_> {
    pub(super) fn bits(&mut self, id: BlockId, matrix: &IntMatrix, logit: Format, shift: i32) {
        let lanes = self.config.accelerator.token_lanes.count();
        let (name, score) = (self.name(id), self.config.accelerator.score);
        self.net(1, &format!("{name}_sends"));
        self.net(16, &format!("{name}_sent"));
        self.net(16, &format!("{name}_word"));
        self.net(16, &format!("{name}_asks"));
        let stage = BitsStage {
            name,
            index: self.index(id),
            start: self.start(id),
            planes: self.planes(id),
            size: self.width(id),
            lanes,
            logit_bits: logit.bits,
            logit_frac: logit.frac,
            shift,
            score: u8::from(score),
            softplus_delta_bits: self.net.quant.softplus.as_ref().map_or(1, |table| table.delta_bits),
            gains: self.config.has_gains(),
            m: self.numbers(name, matrix),
        };
        self.out.instances.push(render(&stage));
        let scored = if score { "" } else { ", never scored" };
        self.note(format!("{name}: {} bits of a frame, of {}{scored}", stage.size, self.sources(id)));
        self.probe(id, "write_valid", "write_group", "write_data", lanes, &[(Signal::Logits, logit.bits)]);
        self.probe(id, "@token_push", "0", "@chosen", 1, &[(Signal::Token, 16)]);
        if score {
            self.probe(id, "@score_valid", "0", "@score", 1, &[(Signal::Score, 32)]);
        }
    }

    /// Frames of bits that are written, if some are.
    pub(super) fn written_frames(&self) -> Option<Frames> {
        let network = &self.net.quant.network;
        let bits = network.bits_block()?;
        let last_bits = (network.width(bits) - 1) % FRAME_BITS + 1;
        Some(Frames { name: self.name(bits).into(), last_bits })
    }
}
