//! The templates and what fills their blanks; one struct per file of `templates/`.

mod whole;

use super::draws::Drawn;
use super::frames::Frames;
use crate::crossbar::TileGeometry;
use askama::Template;
pub use whole::{Core, EngineNumbers, Head, Probe, Program, ProgramJob, ProgramRow, Testbench, Top};

#[derive(Template)]
#[template(path = "design.svh", escape = "none")]
pub struct DesignHeader<'a> {
    pub banner: &'a str,
    pub g: &'a TileGeometry,
    /// Conversions of a column beyond one a phase.
    pub extra_reads: usize,
    pub differential: u8,
    pub lossless: u8,
    pub skip_zeros: u8,
    pub noise: u8,
    pub bent: u8,
    pub high_first: u8,
    pub bin_shift: u32,
    pub sigma: String,
    pub adc_codes: String,
    pub lift: i64,
    pub zero: i64,
    pub flip: u8,
    pub remap: u8,
    pub cell_storage: &'a str,
    /// Tiles that all matrices share; 0: every matrix has its own.
    pub engines: usize,
    /// The module that makes products.
    pub product: &'a str,
    pub ask_bits: usize,
    pub tell_bits: usize,
}

/// A matrix as an instance sees it.
pub struct MatrixNumbers {
    /// In the design.
    pub matrix: usize,
    pub inputs: usize,
    pub bias_coarse: usize,
    pub bias_fine: usize,
    pub coarse_bit: u32,
    pub row_tiles: usize,
    pub col_tiles: usize,
    pub sum_bits: u32,
    /// The finest range of its tiles.
    pub adc_shift: u32,
    /// Of every physical tile beyond that, as one literal.
    pub ranges: String,
    /// Logical tiles that take turns on a physical one.
    pub rounds: usize,
    /// Where its tiles begin in the memories of those that all matrices share.
    pub image: usize,
}

/// One matrix of a cell.
pub struct CellPart {
    pub name: String,
    /// The same in capitals, for constants.
    pub upper: String,
    pub rom: String,
    /// Bus that drives it.
    pub planes: String,
    /// When it converts.
    pub sample: &'static str,
    pub shift: i32,
    /// The first round of the stage that is for it.
    pub from: usize,
    pub m: MatrixNumbers,
}

#[derive(Template)]
#[template(path = "cell.sv", escape = "none")]
pub struct CellModule<'a> {
    pub banner: &'a str,
    pub name: &'a str,
    pub kind: &'a str,
    pub kind_name: &'a str,
    pub hidden: usize,
    pub lanes: usize,
    pub gates: usize,
    pub latency: u32,
    pub pre_bits: usize,
    pub state_bits: usize,
    pub input_bits: usize,
    pub phases: usize,
    pub slots: usize,
    pub rounds: usize,
    /// Rounds after the first step: what stays the same has been made.
    pub later_rounds: usize,
    /// From the last conversion to the first read, less one.
    pub wait: u64,
    pub h_shift: i32,
    /// Outputs have gains and offsets.
    pub gains: bool,
    /// What knows the first step, where a part converts in that one alone.
    pub once: &'static str,
    pub inputs: &'a [CellPart],
    /// Inputs, then the recurrent part.
    pub parts: Vec<&'a CellPart>,
    pub input_pres: String,
    pub old_c: &'a str,
    pub gate_parameters: String,
    pub gate_x: String,
    pub gate_h: String,
    pub gate_ports: &'a str,
    pub c_state: &'a str,
    pub clips: String,
    pub sats: String,
    pub samples: String,
    /// Others read its words.
    pub words: bool,
    pub unused: &'a str,
    /// What its matrices ask of the tiles that all share.
    pub asks: String,
}

#[derive(Template)]
#[template(path = "stage_embedding.sv", escape = "none")]
pub struct EmbeddingStage<'a> {
    pub name: &'a str,
    pub size: usize,
    pub input_bits: usize,
    pub start: String,
}

#[derive(Template)]
#[template(path = "stage_cell.sv", escape = "none")]
pub struct CellStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// The pulse that sets its states to zero.
    pub clear: &'a str,
    /// Parts, and the nets that drive them.
    pub sources: Vec<(&'a str, String)>,
    /// Others read its words.
    pub words: bool,
    pub load: String,
    pub load_group: String,
    pub load_h: String,
    pub load_c: String,
}

#[derive(Template)]
#[template(path = "stage_linear.sv", escape = "none")]
pub struct LinearStage<'a> {
    pub name: &'a str,
    pub index: usize,
    /// The net that says that it works.
    pub busy: String,
    pub start: String,
    /// The net that drives its word lines.
    pub planes: String,
    pub sets: usize,
    pub size: usize,
    pub lanes: usize,
    pub out_bits: usize,
    pub shift: i32,
    pub shift_c: i32,
    pub has_c: u8,
    pub gains: bool,
    pub m: MatrixNumbers,
}

#[derive(Template)]
#[template(path = "stage_vocab.sv", escape = "none")]
pub struct VocabStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// The net that drives its word lines.
    pub planes: String,
    pub lanes: usize,
    pub logit_bits: u32,
    pub logit_frac: i32,
    pub shift: i32,
    pub score: u8,
    pub exp2_delta_bits: u32,
    pub log2_delta_bits: u32,
    pub gains: bool,
    pub m: MatrixNumbers,
}

#[derive(Template)]
#[template(path = "stage_store.sv", escape = "none")]
pub struct StoreStage<'a> {
    pub name: &'a str,
    pub source: &'a str,
    pub bits: usize,
    /// Of the stage that makes the vector.
    pub index: usize,
    /// The positions that it is made and read at.
    pub written: String,
    pub read: String,
}

#[derive(Template)]
#[template(path = "stage_dense.sv", escape = "none")]
pub struct DenseStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// The net that drives its word lines.
    pub planes: String,
    pub size: usize,
    pub lanes: usize,
    pub pre_bits: u32,
    pub state_bits: u32,
    pub shift: i32,
    pub word_shift: i32,
    /// The function's name and the width of its steps, where there is one.
    pub table: Option<(&'static str, u32)>,
    pub table_bits: u32,
    pub address_bits: u32,
    /// Word to code; nothing where it drives no word lines.
    pub code_shift: Option<i32>,
    pub gains: bool,
    pub m: MatrixNumbers,
}

#[derive(Template)]
#[template(path = "stage_combine.sv", escape = "none")]
pub struct CombineStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    pub function: u32,
    pub inputs: usize,
    /// What it reads, the last one leftmost.
    pub words: String,
    pub size: usize,
    pub lanes: usize,
    pub state_bits: u32,
    pub input_bits: u32,
    pub ups: String,
    pub most_up: i32,
    pub one_frac: i32,
    pub shift: i32,
    /// Word to code; nothing where it drives no word lines.
    pub code_shift: Option<i32>,
}

#[derive(Template)]
#[template(path = "stage_label.sv", escape = "none")]
pub struct LabelStage<'a> {
    pub name: &'a str,
    pub index: usize,
    pub start: String,
    /// The net that drives its word lines.
    pub planes: String,
    pub classes: usize,
    pub lanes: usize,
    pub logit_bits: u32,
    pub shift: i32,
    pub gains: bool,
    pub m: MatrixNumbers,
}

/// `hvae_sender` beside the `hvae_linear` of predicted numbers.
#[derive(Template)]
#[template(path = "stage_sender.sv", escape = "none")]
pub struct Sender<'a> {
    pub name: &'a str,
    pub index: usize,
    pub size: usize,
    pub lanes: usize,
    pub bits: u32,
}

/// Words of a stage, beside it.
#[derive(Template)]
#[template(path = "stage_words.sv", escape = "none")]
pub struct Words<'a> {
    pub name: &'a str,
    /// The stage that writes them.
    pub written_by: &'a str,
    /// Of a slice: where it begins in what is written, and how much that is.
    pub part: Option<(usize, usize)>,
    pub readers: String,
    /// The pulse that sets them to zero.
    pub clear: &'a str,
    pub size: usize,
    pub lanes: usize,
    pub read_lanes: usize,
    pub bits: u32,
    /// The group that is read.
    pub group: String,
}
