//! Cycles of every stage: what the hardware takes, and the floor under it.

use crate::config::{Accelerator, CellKind};
use crate::crossbar::TileGeometry;
use crate::model::{BlockId, Schedule, When};
use crate::quant::{QuantBlock, QuantNet};
use serde::Serialize;

/// From the last sample to the first sum that may be read: select, drive, count, column
/// sum, code, accumulator, weight (D_adc of the floor).
pub const ADC_LATENCY: u64 = 7;
/// Accumulators read, row tiles added, requantised.
const READ: u64 = 3;
/// Parts of a cell added up.
const PART_SUM: u64 = 1;
/// Round keys of the noise source, before anything else of a job.
pub const KEY_CYCLES: u64 = 24;
/// Counters settle, after everything else of a job.
pub const FLUSH_CYCLES: u64 = 8;
/// The busy signals fall and the sequencer sees it.
pub const HANDOVER: u64 = 2;
/// The token of a wave beat is read from the input buffer.
pub const FETCH: u64 = 1;
/// From a latent dimension's index to its z.
const LATENT_LATENCY: u64 = 19;
/// From a logit's index to its lane's best so far.
const CHOICE_LATENCY: u64 = 16;

/// From the last logit of the second pass to its log-probability, trees over lanes left out.
const SCORE_LATENCY: u64 = 24;

/// Cycles from valid_i to valid_o of a gate lane.
pub const fn gate_latency(kind: CellKind) -> u64 {
    match kind {
        CellKind::Rnn => 6,
        CellKind::Gru => 16,
        CellKind::Lstm => 15,
    }
}

/// One stage. It starts in cycle 0, scans its outputs and falls idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StageTiming {
    /// Cycles in which its converters work (rounds * X * slots); 0 without a matrix.
    pub adc: u64,
    /// Cycle in which the first outputs are asked for.
    pub scan: u64,
    /// Groups of lanes asked for, one a cycle.
    pub groups: u64,
    /// From asking to writing.
    pub latency: u64,
    /// From writing the last group to idle.
    pub settle: u64,
    /// Numbers written a cycle.
    pub lanes: usize,
    /// The least cycles the stage could take.
    pub floor: u64,
}

impl StageTiming {
    /// Cycle in which the first outputs are written.
    pub fn first_write(&self) -> u64 {
        self.scan + self.latency
    }

    /// Cycles in which the stage is busy; it starts in cycle 0 and is idle in `busy + 1`.
    pub fn busy(&self) -> u64 {
        self.scan - 1 + self.groups + self.latency + self.settle
    }

    fn matrix(adc: u64, outputs: usize, lanes: usize, latency: u64, settle: u64) -> StageTiming {
        let groups = outputs.div_ceil(lanes) as u64;
        StageTiming { adc, scan: adc + ADC_LATENCY, groups, latency, settle, lanes, floor: 0 }
    }
}

/// Stage by stage, in block order (`None`: embeddings, which are read on the fly).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timing {
    pub stages: Vec<Option<StageTiming>>,
    /// The vocabulary stage when it scores a token: the logits are read twice.
    pub score: Option<StageTiming>,
}

impl Timing {
    /// `rounds`: by block, how many logical tiles take turns on a physical one.
    pub fn new(quant: &QuantNet, g: &TileGeometry, rounds: &[usize], accelerator: &Accelerator) -> Timing {
        let lanes = accelerator.gate_lanes.count();
        let mut score = None;
        let stages = quant.blocks.iter().enumerate().map(|(id, block)| {
            let adc = (rounds[id] * g.phases * g.slots) as u64;
            let mut stage = match block {
                QuantBlock::Embedding { .. } => return None,
                QuantBlock::Cell(cell) => {
                    StageTiming::matrix(adc, cell.hidden, lanes, READ + PART_SUM + gate_latency(cell.kind), 1)
                }
                QuantBlock::Moments { size, .. } => StageTiming::matrix(adc, *size, lanes, READ, 1),
                QuantBlock::Linear { .. } => {
                    StageTiming::matrix(adc, quant.network.width(id), lanes, READ, 1)
                }
                QuantBlock::Latent { .. } => {
                    let groups = quant.network.width(id) as u64;
                    StageTiming {
                        adc: 0,
                        scan: 1,
                        groups,
                        latency: LATENT_LATENCY,
                        settle: 1,
                        lanes: 1,
                        floor: 0,
                    }
                }
                QuantBlock::Vocabulary { .. } => {
                    let lanes = accelerator.token_lanes.count();
                    let tree = tree_depth(lanes);
                    let settle = CHOICE_LATENCY - READ + tree + 2;
                    let stage = StageTiming::matrix(adc, quant.network.vocabulary, lanes, READ, settle);
                    if accelerator.score {
                        let groups = 2 * stage.groups;
                        let settle = 2 * tree + SCORE_LATENCY + 1;
                        let twice = StageTiming { groups, settle, ..stage };
                        score = Some(StageTiming { floor: floor(&twice, block, g), ..twice });
                    }
                    stage
                }
            };
            stage.floor = floor(&stage, block, g);
            Some(stage)
        });
        let stages = stages.collect();
        Timing { stages, score }
    }
}

/// Cycles of one token, expected and at the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TokenCycles {
    /// A token read: levels work side by side, the slowest stage sets the beat.
    pub encode_expected: u64,
    pub encode_floor: u64,
    /// A token written: every stage waits for the one before, down to the chosen token.
    pub decode_expected: u64,
    pub decode_floor: u64,
    /// Of these cycles, those in which the converters of the critical chain work.
    pub encode_adc: u64,
    pub decode_adc: u64,
    /// A token scored: as one read, by the stages of the decoder. 0 without SCORE.
    pub score_expected: u64,
    pub score_floor: u64,
}

impl Timing {
    /// The stage of a block while tokens are predicted: the vocabulary reads its logits twice.
    pub fn scoring(&self, quant: &QuantNet, id: BlockId) -> Option<StageTiming> {
        match quant.blocks[id] {
            QuantBlock::Vocabulary { .. } => self.score,
            _ => self.stages[id],
        }
    }

    /// Cycles per token of a network with these stages.
    pub fn token(&self, quant: &QuantNet, schedule: &Schedule) -> TokenCycles {
        let of = |over| schedule.body(over).stages();
        let read = || schedule.body(When::EncoderStep).steady().filter_map(|id| self.stages[id]);
        let written = || of(When::DecoderStep).filter_map(|id| self.stages[id]);
        let scored = || of(When::DecoderStep).filter_map(|id| self.scoring(quant, id));
        let beat = FETCH + HANDOVER;
        TokenCycles {
            encode_expected: beat + read().map(|s| s.busy()).max().unwrap_or(0),
            encode_floor: read().map(|s| s.floor).max().unwrap_or(0),
            decode_expected: 1 + written().map(|s| s.busy() + HANDOVER).sum::<u64>(),
            decode_floor: written().map(|s| s.floor).sum(),
            encode_adc: read().map(|s| s.adc).max().unwrap_or(0),
            decode_adc: written().map(|s| s.adc).sum(),
            score_expected: self.score.map_or(0, |_| beat + scored().map(|s| s.busy()).max().unwrap_or(0)),
            score_floor: self.score.map_or(0, |_| scored().map(|s| s.floor).max().unwrap_or(0)),
        }
    }

    /// The stage that loses most over its floor per token written: block and cycles.
    pub fn largest_gap(&self, schedule: &Schedule) -> Option<(BlockId, u64)> {
        let written = schedule.body(When::DecoderStep).stages();
        let gaps = written.filter_map(|id| self.stages[id].map(|s| (id, s.busy() + HANDOVER - s.floor)));
        gaps.max_by_key(|&(id, gap)| (gap, std::cmp::Reverse(id)))
    }
}

impl StageTiming {
    /// Cycle in which the log-probability of a scored token is there.
    pub fn score_cycle(&self) -> u64 {
        self.scan + self.groups - 1 + self.latency + 2 * tree_depth(self.lanes) + SCORE_LATENCY
    }
}

/// Levels of a tree over lanes.
fn tree_depth(lanes: usize) -> u64 {
    u64::from(lanes.next_power_of_two().trailing_zeros())
}

/// t_MVM + D_adc + log2(row tiles) + groups of lanes + depth of the gate arithmetic.
fn floor(stage: &StageTiming, block: &QuantBlock, g: &TileGeometry) -> u64 {
    let depth = match block {
        QuantBlock::Cell(cell) => gate_latency(cell.kind),
        QuantBlock::Latent { .. } => LATENT_LATENCY,
        // Requantise; the comparison of the last logits.
        QuantBlock::Vocabulary { .. } => 1 + tree_depth(stage.lanes),
        _ => 1,
    };
    let rows = block.matrices().into_iter().map(|m| m.rows().div_ceil(g.rows));
    let adder_tree = tree_depth(rows.max().unwrap_or(1));
    let converters = if stage.adc > 0 { ADC_LATENCY } else { 0 };
    stage.adc + converters + adder_tree + stage.groups + depth
}
