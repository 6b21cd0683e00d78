//! The whole network in integers: one entry per block, formats and shifts decided.

use super::bias::ClippedBias;
use super::builder::Builder;
use super::{BlockIntegers, Calibration, Format, Function, IntMatrix, Integers, OctaveTable, Table};
use crate::config::{CellKind, Fixed, LatentSteps};
use crate::model::{
    Activation, Block, BlockId, Combination, Edge, JobKind, Network, Op, Schedule, Time, Weights,
};
use ndarray::Array2;
use serde::Serialize;

/// One matrix of a recurrent cell: a part of its pre-activation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantPart {
    /// What makes the input vector, or the cell itself (recurrent part).
    pub edge: Edge,
    /// Its name, or `h` for the recurrent part.
    pub name: String,
    pub matrix: IntMatrix,
    /// Accumulator to pre-activation.
    pub shift: i32,
}

/// A recurrent cell in integers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantCell {
    pub kind: CellKind,
    pub hidden: usize,
    /// Input parts in order, the recurrent part last.
    pub parts: Vec<QuantPart>,
    pub h: Format,
    /// LSTM only.
    pub c: Option<Format>,
    /// The bridge that gives h_0 (and c_0).
    pub init: Option<BlockId>,
}

/// A block in integers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum QuantBlock {
    /// DAC codes [vocabulary, size].
    Embedding {
        codes: Array2<i32>,
    },
    Cell(QuantCell),
    /// Outputs 0..size are the mean, size..2*size the log-variance.
    Moments {
        matrix: IntMatrix,
        size: usize,
        shift: i32,
    },
    Latent {
        moments: Vec<BlockId>,
    },
    /// A latent of every step, of moments in the same format.
    Draw {
        posterior: BlockId,
        prior: Option<BlockId>,
    },
    /// `shift` leads to the reader's h format, `shift_c` to its c format.
    Linear {
        matrix: IntMatrix,
        shift: i32,
        shift_c: Option<i32>,
    },
    Vocabulary {
        matrix: IntMatrix,
        logit: Format,
        shift: i32,
    },
    /// Frames come as words of this format.
    Input {
        word: Format,
    },
    /// A product with an activation, whose words drive word lines; `shift` leads to pre-activations.
    Dense {
        matrix: IntMatrix,
        shift: i32,
        activation: Activation,
        word: Format,
    },
    /// Words of other blocks, number by number, to words of this format.
    Elementwise {
        function: Combination,
        word: Format,
    },
    /// As `Vocabulary`, over labels.
    Label {
        matrix: IntMatrix,
        logit: Format,
        shift: i32,
    },
    /// As `Moments`, of numbers that leave.
    Values {
        matrix: IntMatrix,
        size: usize,
        shift: i32,
    },
}

impl QuantBlock {
    /// Names of the block's matrices, which are those of their tiles: `<block>` or
    /// `<block>_<part>`.
    pub fn matrix_names(&self, block: &str) -> Vec<String> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| format!("{block}_{}", p.name)).collect(),
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Elementwise { .. } => Vec::new(),
            QuantBlock::Moments { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Vocabulary { .. }
            | QuantBlock::Label { .. }
            | QuantBlock::Values { .. } => vec![block.to_string()],
        }
    }

    /// The block's matrices, in the order of their names.
    pub fn matrices(&self) -> Vec<&IntMatrix> {
        match self {
            QuantBlock::Cell(cell) => cell.parts.iter().map(|p| &p.matrix).collect(),
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Elementwise { .. } => Vec::new(),
            QuantBlock::Moments { matrix, .. }
            | QuantBlock::Linear { matrix, .. }
            | QuantBlock::Dense { matrix, .. }
            | QuantBlock::Vocabulary { matrix, .. }
            | QuantBlock::Label { matrix, .. }
            | QuantBlock::Values { matrix, .. } => vec![matrix],
        }
    }
}

/// The network in integers, with the tables its gates read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuantNet {
    pub network: Network,
    pub fixed: Fixed,
    pub blocks: Vec<QuantBlock>,
    /// Format of the codes that drive word lines with the block's vector, where it drives any.
    pub dac: Vec<Option<Format>>,
    pub sigmoid: Table,
    pub tanh: Table,
    /// Where some block has that activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaky_relu: Option<Table>,
    pub exp_half: Table,
    /// Of the log-probabilities: 2^-f and log2(1 + f) of a 16-bit fraction.
    pub exp2_fraction: Table,
    pub log2_fraction: Table,
    pub half_normal: OctaveTable,
    pub gumbel: OctaveTable,
    /// Biases that were larger than they can matter. Not stored: nothing of the hardware depends on it.
    #[serde(skip)]
    pub clipped: Vec<ClippedBias>,
}

/// Why a network cannot be put into these integers.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum QuantError {
    #[error(
        "[fixed] weight_bits = {weight_bits} and input_bits = {input_bits}: expected a sum of at most 20 \
         (exact 32-bit products over 2048 rows), got {}; lower one of them", weight_bits + input_bits
    )]
    TooWide { weight_bits: u32, input_bits: u32 },
    #[error(
        "[model] latent_steps = \"{}\": expected \"last\", the z that the accelerator takes; train that variant, or evaluate this one with --on float",
        .0.name()
    )]
    Steps(LatentSteps),
    #[error(
        "block {reader}: expected to read {source_block} before it is computed anew in a step, found that it must wait for it; \
         read its value of this step, or evaluate this network with --on float"
    )]
    Overtaken { reader: String, source_block: String },
    #[error(
        "block {block}: expected numbers while the network reads sentences, found some beyond single precision; train it again, or bound its weights"
    )]
    Infinite { block: String },
    #[error(
        "the job sequencer: expected at most {most} {what}, found {found}; take fewer levels, or smaller loops"
    )]
    TooLong { what: &'static str, most: usize, found: usize },
    #[error(
        "block {reader}: expected to read what the accelerator keeps as words, found {source_block}, {why}; \
         read a linear block of it instead, or evaluate this network with --on float"
    )]
    Unread { reader: String, source_block: String, why: &'static str },
    #[error(
        "block {block}: expected a network without blocks that are there for training alone, found one; leave it out"
    )]
    Training { block: String },
    #[error(
        "block {block}: expected clamp = {limit}, where its words of [fixed] state_bits = {bits} with {frac} of a fraction end, \
         found {clamp}; set pre_frac = {to_do}, or train it with that clamp"
    )]
    Clamp { block: String, limit: f64, bits: u32, frac: u32, clamp: f32, to_do: String },
    #[error(
        "block {block}: expected a head of words, labels or numbers, found one of bits, which the accelerator does not have; \
         evaluate this network with --on float"
    )]
    Bits { block: String },
    #[error("{place}: expected {expected}, found {found}")]
    Stored { place: String, expected: String, found: String },
}

impl QuantNet {
    /// Quantises every block with the ranges of `calibration`.
    ///
    /// # Errors
    ///
    /// The network has no hardware, sums are too wide, or numbers are not finite.
    pub fn new(
        network: &Network,
        weights: &Weights,
        fixed: &Fixed,
        calibration: &Calibration,
    ) -> Result<Self, QuantError> {
        check(network, fixed)?;
        if let Some(block) = calibration.infinite {
            return Err(QuantError::Infinite { block: network.blocks[block].name.clone() });
        }
        let builder = Builder::new(network, weights, fixed, calibration);
        let (integers, clipped) = builder.integers();
        Ok(QuantNet { clipped, ..Self::assemble(network, fixed, integers)? })
    }

    /// The network whose weights and ranges are `integers`; everything else follows from `network` and `fixed`.
    ///
    /// # Errors
    ///
    /// The integers are not of that network.
    pub fn assemble(network: &Network, fixed: &Fixed, integers: Integers) -> Result<Self, QuantError> {
        check(network, fixed)?;
        let (blocks, dac) = integers.blocks(network, fixed)?;
        let pre = Format::new(fixed.pre_bits, fixed.pre_frac as i32);
        let state = Format::new(fixed.state_bits, fixed.pre_frac as i32);
        let table = |f, input| Table::new(f, input, fixed.table_bits, fixed.table_address_bits);
        Ok(QuantNet {
            network: network.clone(),
            fixed: fixed.clone(),
            blocks,
            dac,
            sigmoid: table(Function::Sigmoid, pre),
            tanh: table(Function::Tanh, pre),
            leaky_relu: network.blocks.iter().any(is_leaky).then(|| table(Function::LeakyRelu, pre)),
            exp_half: table(Function::ExpHalf, state),
            exp2_fraction: Table::of_fraction(Function::Exp2Fraction),
            log2_fraction: Table::of_fraction(Function::Log2Fraction),
            half_normal: OctaveTable::half_normal(),
            gumbel: OctaveTable::gumbel(),
            clipped: Vec::new(),
        })
    }

    /// What has to be stored of it: [`assemble`](Self::assemble) gives the same network again.
    pub fn integers(&self) -> Integers {
        let block = |(block, dac): (&QuantBlock, &Option<Format>)| BlockIntegers {
            dac: dac.map(|f| f.frac),
            ..block.into()
        };
        Integers(self.blocks.iter().zip(&self.dac).map(block).collect())
    }

    /// The table of an activation; none where nothing is done.
    ///
    /// # Panics
    /// If no block has that activation.
    pub fn table(&self, activation: Activation) -> Option<&Table> {
        match activation {
            Activation::None => None,
            Activation::Tanh => Some(&self.tanh),
            Activation::Sigmoid => Some(&self.sigmoid),
            Activation::LeakyRelu => Some(self.leaky_relu.as_ref().expect("a block with a leaky rectifier")),
        }
    }

    /// Every table whose image the hardware reads.
    pub fn tables(&self) -> Vec<&Table> {
        let always = [&self.sigmoid, &self.tanh, &self.exp_half, &self.exp2_fraction, &self.log2_fraction];
        always.into_iter().chain(&self.leaky_relu).collect()
    }

    /// Format of latent moments and of z.
    pub fn moment_format(&self) -> Format {
        Format::new(self.fixed.state_bits, self.fixed.pre_frac as i32)
    }

    /// Fraction bits of the words of a block that elementwise blocks can read.
    pub fn word_frac(&self, id: BlockId) -> i32 {
        match &self.blocks[id] {
            QuantBlock::Cell(cell) => cell.h.frac,
            QuantBlock::Input { word }
            | QuantBlock::Dense { word, .. }
            | QuantBlock::Elementwise { word, .. } => word.frac,
            QuantBlock::Vocabulary { logit, .. } | QuantBlock::Label { logit, .. } => logit.frac,
            QuantBlock::Embedding { .. }
            | QuantBlock::Moments { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Values { .. } => self.moment_format().frac,
        }
    }

    pub fn cell(&self, id: BlockId) -> &QuantCell {
        match &self.blocks[id] {
            QuantBlock::Cell(cell) => cell,
            _ => panic!("block {} is not a cell", self.network.blocks[id].name),
        }
    }

    /// Every matrix with the name of its tiles.
    pub fn matrices(&self) -> Vec<(String, &IntMatrix)> {
        let blocks = self.network.blocks.iter().zip(&self.blocks);
        blocks
            .flat_map(|(block, quant)| quant.matrix_names(&block.name).into_iter().zip(quant.matrices()))
            .collect()
    }

    /// Number of a block's first matrix among all of [`matrices`](Self::matrices).
    pub fn first_matrix(&self, id: BlockId) -> usize {
        self.blocks[..id].iter().map(|b| b.matrices().len()).sum()
    }
}

fn is_leaky(block: &Block) -> bool {
    matches!(block.op, Op::Linear { activation: Activation::LeakyRelu, .. })
}

/// Moments are cut where their words end: a narrower clamp would have no hardware, a wider one does nothing.
fn check_clamps(network: &Network, fixed: &Fixed) -> Result<(), QuantError> {
    let integer_bits = fixed.state_bits as i32 - 1 - fixed.pre_frac as i32;
    let limit = libm::ldexp(1.0, integer_bits);
    for block in &network.blocks {
        let Op::Moments { clamp: Some(clamp), .. } = block.op else { continue };
        if f64::from(clamp) < limit {
            let wanted = f64::from(clamp).log2().floor() as i64;
            let frac = i64::from(fixed.state_bits) - 1 - wanted;
            let to_do = frac.to_string();
            let (bits, frac, block) = (fixed.state_bits, fixed.pre_frac, block.name.clone());
            return Err(QuantError::Clamp { block, limit, bits, frac, clamp, to_do });
        }
    }
    Ok(())
}

/// Which networks and widths the accelerator takes.
fn check(network: &Network, fixed: &Fixed) -> Result<(), QuantError> {
    let (weight_bits, input_bits) = (fixed.weight_bits, fixed.input_bits);
    if weight_bits + input_bits > 20 {
        return Err(QuantError::TooWide { weight_bits, input_bits });
    }
    if let Some(block) = network.blocks.iter().find(|block| block.only_train) {
        return Err(QuantError::Training { block: block.name.clone() });
    }
    check_clamps(network, fixed)?;
    if let Some(bits) = network.bits_block() {
        return Err(QuantError::Bits { block: network.blocks[bits].name.clone() });
    }
    match network.latent_steps() {
        LatentSteps::Last => {}
        steps => return Err(QuantError::Steps(steps)),
    }
    let schedule = Schedule::new(network);
    let depths = || schedule.bodies().iter().map(|body| body.depths.len());
    let steps = JobKind::ALL.into_iter().map(|kind| schedule.plan(kind).len()).sum();
    let limits = [
        ("depths of a loop", 8, depths().max().unwrap_or(0)),
        ("groups of stages", 32, depths().sum()),
        ("steps of all jobs", 64, steps),
    ];
    if let Some(&(what, most, found)) = limits.iter().find(|(_, most, found)| found > most) {
        return Err(QuantError::TooLong { what, most, found });
    }
    let overtaken = schedule.bodies().iter().flat_map(|body| &body.overtaken).next();
    if let Some(&(reader, source)) = overtaken {
        let name = |id: BlockId| network.blocks[id].name.clone();
        return Err(QuantError::Overtaken { reader: name(reader), source_block: name(source) });
    }
    let mut unread = (0..network.blocks.len()).flat_map(|reader| {
        let edges = network.edges(reader).into_iter();
        edges.filter_map(move |edge| not_kept(network, reader, edge).map(|why| (reader, edge.block, why)))
    });
    match unread.next() {
        Some((reader, source, why)) => {
            let name = |id: BlockId| network.blocks[id].name.clone();
            Err(QuantError::Unread { reader: name(reader), source_block: name(source), why })
        }
        None => Ok(()),
    }
}

/// Why the accelerator does not keep what an edge of `reader` reads, if so.
fn not_kept(network: &Network, reader: BlockId, edge: Edge) -> Option<&'static str> {
    let elementwise = matches!(network.blocks[reader].op, Op::Elementwise { .. });
    match &network.blocks[edge.block].op {
        Op::Embedding { .. } if elementwise => Some("a table of codes"),
        Op::Embedding { .. } if edge.before => Some("a table, of the step before"),
        Op::Linear { .. } if network.start_of(edge.block).is_some() => Some("which is the start of a cell"),
        _ if elementwise && matches!(network.time(reader, edge), Time::Each | Time::Ahead) => {
            Some("of another loop, position by position")
        }
        _ => None,
    }
}
