//! Variables of what joins the stages: program, core, top and testbench.

use super::super::program::Code;
use super::{Drawn, Frames, Template};

/// Labels or numbers, which leave step by step.
#[derive(Debug, Clone)]
pub struct Head {
    pub name: String,
    /// What a row of the program sends them by.
    pub code: u32,
    /// It runs once a job.
    pub once: bool,
    /// Most beats of an answer.
    pub beats: String,
}

/// A job of the program.
pub struct ProgramJob {
    pub number: u32,
    pub name: String,
    pub packet: &'static str,
    pub entry: usize,
}

/// A row of the program, field by field.
pub struct ProgramRow {
    pub pc: usize,
    /// That begins here.
    pub job: Option<String>,
    pub first: usize,
    pub depths: usize,
    pub wave: u8,
    pub count: &'static str,
    pub backwards: u8,
    pub draw: &'static str,
    pub sends: &'static str,
    pub last: &'static str,
    /// For people.
    pub says: String,
}

#[derive(Template)]
#[template(path = "program.sv", escape = "none")]
pub struct Program<'a> {
    pub banner: &'a str,
    pub groups: Vec<String>,
    pub codes: Vec<Code>,
    pub jobs: Vec<ProgramJob>,
    pub rows: Vec<ProgramRow>,
    pub pc_bits: usize,
    pub row_bits: usize,
}

#[derive(Template)]
#[template(path = "core.sv", escape = "none")]
pub struct Core<'a> {
    pub banner: &'a str,
    pub overview: Vec<String>,
    pub max_tokens: usize,
    pub latent_size: usize,
    pub vocabulary: usize,
    pub state_bits: u32,
    pub stage_count: usize,
    /// Where conversions draw.
    pub noise_seed: Option<u32>,
    pub target: String,
    /// Nets that stages drive.
    pub nets: Vec<String>,
    /// The latent whose statistics leave, and whose dimensions are given.
    pub z: String,
    /// A net that no stage drives in this design, and its value.
    pub absent: Vec<String>,
    /// While a step works, the word behind its own is read: it is to be predicted.
    pub looks_ahead: bool,
    /// Words of a position, and whether they are numbers.
    pub frame: usize,
    pub frames: bool,
    /// The word of a frame that is read.
    pub frame_index: Option<String>,
    pub head: Option<Head>,
    /// Draws that leave while words are scored.
    pub drawn: Option<Drawn>,
    /// Frames of bits that are written.
    pub written_frames: Option<Frames>,
    /// Words of an answer at most, of a position; and those before all positions, with a plus sign.
    pub answer_words: usize,
    pub drawn_once: String,
    /// Cells keep something from job to job.
    pub converses: bool,
    /// Somebody works at the last step of what is read alone.
    pub knows_last: bool,
    pub stages: Vec<String>,
    /// The tiles that all matrices share, and what stages ask of them.
    pub engine: Option<EngineNumbers>,
    pub asks: Vec<String>,
    pub unused: String,
}

/// The tiles that all matrices share, as an instance.
pub struct EngineNumbers {
    pub images: usize,
    pub adc_shift: u32,
    /// Where its counters stand among those of the stages.
    pub index: usize,
}

#[derive(Template)]
#[template(path = "top.sv", escape = "none")]
pub struct Top<'a> {
    pub banner: &'a str,
    pub version: &'a str,
    pub design: &'a str,
    pub vocabulary: usize,
    pub latent_size: usize,
}

/// A channel of the testbench's log.
pub struct Probe {
    pub channel: usize,
    pub valid: String,
    pub group: String,
    pub data: String,
}

#[derive(Template)]
#[template(path = "tb.sv", escape = "none")]
pub struct Testbench<'a> {
    pub banner: &'a str,
    pub probes: &'a [Probe],
    pub timeout: u64,
    /// Offsets of registers, as hex digits; ABORT's bit, and the number of DONE's.
    pub control: String,
    pub abort: u32,
    pub status: String,
    pub done: u32,
    pub codes: &'a [(&'static str, u32)],
}
