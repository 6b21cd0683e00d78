//! Cycles of every stage: what the hardware takes, and the floor under it.

use crate::config::{Accelerator, CellKind, LatentSteps};
use crate::crossbar::{TileGeometry, Turns};
use crate::model::{Activation, BlockId, Body, Combination, Over, Schedule};
use crate::quant::{FRAME_BITS, QuantBlock, QuantNet};
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
/// From the start of a latent to that of its dimensions, where its moments come from sums over steps: the last step is
/// added, then sums become moments, of which a dimension's must be there 10 cycles after its index.
const POOLING: u64 = 7;
/// From a logit's index to its lane's best so far.
const CHOICE_LATENCY: u64 = 16;

/// From the last logit of the second pass to its log-probability, trees over lanes left out.
const SCORE_LATENCY: u64 = 24;

/// From the last logit's index to the log-probability of a frame of bits, the tree over lanes left out.
const BITS_SCORE_LATENCY: u64 = 9;

/// From the index of a number of a frame to its word.
const INPUT_LATENCY: u64 = 2;
/// From the last value of a step to the first that is sent.
const SEND: u64 = 1;

/// Cycles from a pre-activation to its word.
const fn activation_latency(activation: Activation) -> u64 {
    match activation {
        Activation::None => 1,
        Activation::Tanh | Activation::Sigmoid | Activation::LeakyRelu => 5,
    }
}

/// From a group of words to what they are combined to.
const fn combine_latency(function: Combination) -> u64 {
    match function {
        Combination::Add | Combination::Subtract | Combination::Multiply => 3,
        // Difference, product and sum one after the other.
        Combination::Blend => 5,
    }
}

/// From a group of words to their sum or mean.
const fn accumulate_latency(steps: LatentSteps) -> u64 {
    match steps {
        LatentSteps::Sum | LatentSteps::Last => 3,
        // A product with the share of a step.
        LatentSteps::Mean => 4,
    }
}

/// Cycles that a latent waits for the moments of all steps of a loop; none where it takes those of the last.
fn pooling(quant: &QuantNet, id: BlockId) -> u64 {
    match &quant.blocks[id] {
        QuantBlock::Latent { moments } if moments.iter().any(|&m| quant.network.pooled(m).is_some()) => {
            POOLING
        }
        _ => 0,
    }
}

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
    /// Cycles of `adc` that it does not take after the first step of its loop.
    #[serde(skip_serializing_if = "is_zero")]
    pub kept: u64,
}

fn is_zero(cycles: &u64) -> bool {
    *cycles == 0
}

impl StageTiming {
    /// The same in step `step` of its loop.
    pub fn at(self, step: usize) -> StageTiming {
        let less = if step > 0 { self.kept } else { 0 };
        StageTiming { adc: self.adc - less, scan: self.scan - less, floor: self.floor - less, ..self }
    }

    /// Cycle in which the first outputs are written.
    pub fn first_write(&self) -> u64 {
        self.scan + self.latency
    }

    /// Cycles in which the stage is busy; it starts in cycle 0 and is idle in `busy + 1`.
    pub fn busy(&self) -> u64 {
        self.scan - 1 + self.groups + self.latency + self.settle
    }
}

/// Stage by stage, in block order (`None`: embeddings, which are read on the fly, and views, which are wires).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// By block.
    pub stages: Vec<Option<StageTiming>>,
    /// The vocabulary stage when it scores a token: the logits are read twice. Of bits, that of a frame.
    pub score: Option<StageTiming>,
    /// The stage that draws a latent of every step, when it scores a token: it sends what it drew of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<StageTiming>,
}

impl Timing {
    /// Of a network whose products take such turns.
    pub fn new(quant: &QuantNet, g: &TileGeometry, turns: &Turns, accelerator: &Accelerator) -> Timing {
        let lanes = accelerator.gate_lanes.count();
        let product = |adc: u64, outputs: usize, lanes: usize, latency: u64, settle: u64| {
            let groups = outputs.div_ceil(lanes) as u64;
            let scan = adc + ADC_LATENCY + turns.told;
            StageTiming { adc, scan, groups, latency, settle, lanes, floor: 0, kept: 0 }
        };
        // Without a matrix.
        let scanned = |outputs: usize, lanes: usize, latency: u64| StageTiming {
            adc: 0,
            scan: 1,
            groups: outputs.div_ceil(lanes) as u64,
            latency,
            settle: 1,
            lanes,
            floor: 0,
            kept: 0,
        };
        let (mut score, mut draw) = (None, None);
        let stages = quant.blocks.iter().enumerate().map(|(id, block)| {
            let adc = (turns.rounds[id] * g.all_reads() * g.slots) as u64;
            let mut stage = match block {
                QuantBlock::Embedding { .. }
                | QuantBlock::Slice { .. }
                | QuantBlock::Join
                | QuantBlock::Flow { .. } => {
                    return None;
                }
                QuantBlock::Cell(cell) => {
                    product(adc, cell.hidden, lanes, READ + PART_SUM + gate_latency(cell.kind), 1)
                }
                QuantBlock::Moments { size, .. } => product(adc, *size, lanes, READ, 1),
                QuantBlock::Linear { .. } => product(adc, quant.network.width(id), lanes, READ, 1),
                QuantBlock::Values { size, .. } => {
                    let stage = product(adc, *size, lanes, READ, 1);
                    // Sent number by number when all are there.
                    StageTiming { settle: stage.settle + SEND + *size as u64, ..stage }
                }
                QuantBlock::Dense { activation, .. } => {
                    let latency = READ + activation_latency(*activation);
                    product(adc, quant.network.width(id), lanes, latency, 1)
                }
                QuantBlock::Label { .. } => {
                    let lanes = accelerator.token_lanes.count();
                    // The label stands in the cycle in which the stage falls idle.
                    product(adc, quant.network.width(id), lanes, READ, tree_depth(lanes))
                }
                QuantBlock::Latent { .. } => {
                    let stage = scanned(quant.network.width(id), 1, LATENT_LATENCY);
                    StageTiming { scan: stage.scan + pooling(quant, id), ..stage }
                }
                QuantBlock::Accumulate { steps, .. } => {
                    scanned(quant.network.width(id), lanes, accumulate_latency(*steps))
                }
                QuantBlock::Draw { .. } => {
                    let size = quant.network.width(id);
                    let stage = scanned(size, 1, LATENT_LATENCY);
                    if accelerator.score {
                        // Posterior, prior and z of every dimension are sent when all are there.
                        let sent = StageTiming { settle: stage.settle + SEND + 3 * size as u64, ..stage };
                        draw = Some(StageTiming { floor: floor(&stage, block, g) + 3 * size as u64, ..sent });
                    }
                    stage
                }
                // Of bits a word of them a cycle.
                QuantBlock::Input { .. } if quant.frame_words().is_some() => {
                    scanned(quant.network.width(id), FRAME_BITS, INPUT_LATENCY)
                }
                QuantBlock::Input { .. } => scanned(quant.network.width(id), 1, INPUT_LATENCY),
                QuantBlock::Bits { .. } => {
                    let lanes = accelerator.token_lanes.count();
                    let words = quant.frame_words().unwrap_or(1) as u64;
                    // All words but the last are sent by the stage; the sequencer pushes that one.
                    let settle = CHOICE_LATENCY - READ + words + 1;
                    let stage = product(adc, quant.network.width(id), lanes, READ, settle);
                    // What is to be predicted is read while the converters work.
                    let stage = StageTiming { scan: stage.scan + words.saturating_sub(adc + 8), ..stage };
                    if accelerator.score {
                        let settle = tree_depth(lanes) + BITS_SCORE_LATENCY + 1;
                        let scored = StageTiming { settle, ..stage };
                        score = Some(StageTiming { floor: floor(&scored, block, g), ..scored });
                    }
                    stage
                }
                QuantBlock::Elementwise { function, .. } => {
                    scanned(quant.network.width(id), lanes, combine_latency(*function))
                }
                QuantBlock::Vocabulary { .. } => {
                    let lanes = accelerator.token_lanes.count();
                    let tree = tree_depth(lanes);
                    let settle = CHOICE_LATENCY - READ + tree + 2;
                    let stage = product(adc, quant.network.vocabulary, lanes, READ, settle);
                    if accelerator.score {
                        let groups = 2 * stage.groups;
                        let settle = 2 * tree + SCORE_LATENCY + 1;
                        let twice = StageTiming { groups, settle, ..stage };
                        score = Some(StageTiming { floor: floor(&twice, block, g), ..twice });
                    }
                    stage
                }
            };
            stage.floor = floor(&stage, block, g) + pooling(quant, id);
            stage.kept = (turns.kept[id] * g.all_reads() * g.slots) as u64;
            Some(stage)
        });
        let stages = stages.collect();
        Timing { stages, score, draw }
    }
}

/// Cycles of one token, expected and at the floor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TokenCycles {
    /// A token read: levels work side by side, the slowest stage sets the beat.
    pub encode_expected: u64,
    /// At the floor.
    pub encode_floor: u64,
    /// A token written: every stage waits for the one before, down to the chosen token.
    pub decode_expected: u64,
    /// At the floor.
    pub decode_floor: u64,
    /// Of these cycles, those in which the converters of the critical chain work.
    pub encode_adc: u64,
    /// Of a token written.
    pub decode_adc: u64,
    /// A token scored: as one read, by the stages of the decoder. 0 without SCORE.
    pub score_expected: u64,
    /// At the floor.
    pub score_floor: u64,
}

impl Timing {
    /// The stage of a block while tokens are predicted: the vocabulary reads its logits twice, and a draw is sent.
    pub fn scoring(&self, quant: &QuantNet, id: BlockId) -> Option<StageTiming> {
        match quant.blocks[id] {
            QuantBlock::Vocabulary { .. } | QuantBlock::Bits { .. } => self.score,
            QuantBlock::Draw { .. } => self.draw,
            _ => self.stages[id],
        }
    }

    /// Cycles per token of a network with these stages.
    pub fn token(&self, quant: &QuantNet, schedule: &Schedule) -> TokenCycles {
        let mut token = TokenCycles::default();
        // Loops over what is read follow on each other. A step in their midst.
        let steady = |stage: Option<StageTiming>| stage.map(|stage| stage.at(1));
        for body in schedule.bodies().iter().filter(|body| body.over.is_read()) {
            let (expected, floor, adc) = self.step_of(body, |id| steady(self.stages[id]));
            token.encode_expected += expected;
            token.encode_floor += floor;
            token.encode_adc += adc;
        }
        for body in schedule.over(Over::Written) {
            // As GENERATE does it: nothing is known of what is written.
            let guessed = |id: BlockId| {
                steady(self.stages[id]).filter(|_| body.works(id, 0, 1) && !schedule.infers(id))
            };
            let written = || body.depths.iter().filter_map(|depth| slowest(depth, guessed));
            token.decode_expected = 1 + written().map(|s| s.busy() + HANDOVER).sum::<u64>();
            token.decode_floor = written().map(|s| s.floor).sum();
            token.decode_adc = written().map(|s| s.adc).sum();
            if self.score.is_some() {
                (token.score_expected, token.score_floor, _) =
                    self.step_of(body, |id| steady(self.scoring(quant, id)));
            }
        }
        token
    }

    /// Cycles of a step over what is given: expected, at the floor, and in which converters work. The slowest
    /// stage of a wave; of a chain the sum over its depths.
    fn step_of(&self, body: &Body, stage: impl Fn(BlockId) -> Option<StageTiming>) -> (u64, u64, u64) {
        if body.wave {
            let all: Vec<BlockId> = body.steady().collect();
            let most = |of: fn(&StageTiming) -> u64| {
                all.iter().filter_map(|&id| stage(id)).map(|s| of(&s)).max().unwrap_or(0)
            };
            return (FETCH + HANDOVER + most(StageTiming::busy), most(|s| s.floor), most(|s| s.adc));
        }
        // What no job reads never works, what the last step alone reads not here.
        let stage = |id| stage(id).filter(|_| body.works(id, 0, 2));
        let depths = || body.depths.iter().filter_map(|depth| slowest(depth, stage));
        let expected = FETCH + depths().map(|s| s.busy() + HANDOVER).sum::<u64>();
        (expected, depths().map(|s| s.floor).sum(), depths().map(|s| s.adc).sum())
    }

    /// The stage that loses most over its floor per token written: block and cycles.
    pub fn largest_gap(&self, schedule: &Schedule) -> Option<(BlockId, u64)> {
        let written = schedule.over(Over::Written).flat_map(Body::stages);
        let gaps = written.filter_map(|id| self.stages[id].map(|s| (id, s.busy() + HANDOVER - s.floor)));
        gaps.max_by_key(|&(id, gap)| (gap, std::cmp::Reverse(id)))
    }
}

impl StageTiming {
    /// Cycle in which the log-probability of a scored token or frame is there: the last one of the stage but one.
    pub fn score_cycle(&self) -> u64 {
        self.busy() - 1
    }
}

/// The stage of a depth that takes longest.
fn slowest(depth: &[BlockId], stage: impl Fn(BlockId) -> Option<StageTiming>) -> Option<StageTiming> {
    depth.iter().filter_map(|&id| stage(id)).max_by_key(StageTiming::busy)
}

/// Levels of a tree over lanes.
fn tree_depth(lanes: usize) -> u64 {
    u64::from(lanes.next_power_of_two().trailing_zeros())
}

/// t_MVM + D_adc + log2(row tiles) + groups of lanes + depth of the gate arithmetic.
fn floor(stage: &StageTiming, block: &QuantBlock, g: &TileGeometry) -> u64 {
    let depth = match block {
        QuantBlock::Cell(cell) => gate_latency(cell.kind),
        QuantBlock::Latent { .. } | QuantBlock::Draw { .. } => LATENT_LATENCY,
        // Requantise; the comparison of the last logits.
        QuantBlock::Vocabulary { .. } | QuantBlock::Label { .. } | QuantBlock::Bits { .. } => {
            1 + tree_depth(stage.lanes)
        }
        QuantBlock::Dense { activation, .. } => 1 + activation_latency(*activation),
        QuantBlock::Elementwise { function, .. } => combine_latency(*function),
        QuantBlock::Accumulate { steps, .. } => accumulate_latency(*steps),
        QuantBlock::Input { .. } => INPUT_LATENCY,
        // Sent one a cycle.
        QuantBlock::Values { size, .. } => 1 + *size as u64,
        QuantBlock::Embedding { .. }
        | QuantBlock::Slice { .. }
        | QuantBlock::Join
        | QuantBlock::Flow { .. }
        | QuantBlock::Moments { .. }
        | QuantBlock::Linear { .. } => 1,
    };
    let rows = block.matrices().into_iter().map(|m| m.rows().div_ceil(g.rows));
    let adder_tree = tree_depth(rows.max().unwrap_or(1));
    let converters = if stage.adc > 0 { ADC_LATENCY } else { 0 };
    stage.adc + converters + adder_tree + stage.groups + depth
}
