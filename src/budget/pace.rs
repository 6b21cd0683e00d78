//! Cycles of tokens and sentences, and what they are worth at a clock.

use crate::golden::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES, StageTiming, Timing, TokenCycles};
use crate::model::{BlockId, Body, JobKind, Schedule, Step};
use crate::quant::QuantNet;
use serde::Serialize;

/// Words of the sentence that a budget is quoted for.
pub const WORDS: usize = 20;

/// How fast a design is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Pace {
    /// The clock of `[accelerator]`.
    pub clock_mhz: f64,
    /// Cycles of a token read, in the middle of a long sentence.
    pub cycles_token_read: u64,
    /// Cycles of a token written.
    pub cycles_token_written: u64,
    /// Words of the sentence read and of the sentence written below.
    pub sentence_words: usize,
    /// Reading that sentence and writing one as long, as one job.
    pub cycles_sentence: u64,
    /// At that clock.
    pub tokens_read_per_second: f64,
    /// At that clock.
    pub tokens_written_per_second: f64,
    /// At that clock: the sentence above read, and one as long written.
    pub sentences_per_second: f64,
    /// Share of the cycles of a token written in which the converters of a stage work.
    pub adc_utilisation: f64,
}

/// What works when, and how long.
#[derive(Clone, Copy)]
pub struct Stages<'a> {
    /// The network in integers.
    pub quant: &'a QuantNet,
    /// When its stages work.
    pub schedule: &'a Schedule,
    /// How long each takes.
    pub timing: &'a Timing,
}

impl Pace {
    pub(super) fn new(stages: &Stages<'_>, clock_mhz: f64) -> Pace {
        let Stages { quant, schedule, timing } = *stages;
        let TokenCycles { encode_expected, decode_expected, decode_adc, .. } = timing.token(quant, schedule);
        // Read with <sos> and <eos>, written with <eos>.
        let cycles_sentence = Pace::job(stages, JobKind::Reconstruct, WORDS + 2, WORDS + 1);
        let per_second = |cycles: u64| clock_mhz * 1e6 / cycles.max(1) as f64;
        Pace {
            clock_mhz,
            cycles_token_read: encode_expected,
            cycles_token_written: decode_expected,
            sentence_words: WORDS,
            cycles_sentence,
            tokens_read_per_second: per_second(encode_expected),
            tokens_written_per_second: per_second(decode_expected),
            sentences_per_second: per_second(cycles_sentence),
            adc_utilisation: decode_adc as f64 / decode_expected.max(1) as f64,
        }
    }

    /// Cycles of a job that reads `read` tokens and writes `written`: its plan, folded into cycles alone.
    pub fn job(golden: &Stages<'_>, kind: JobKind, read: usize, written: usize) -> u64 {
        let Stages { quant, schedule, timing } = *golden;
        let busiest = |all: &mut dyn Iterator<Item = StageTiming>| all.map(|s| s.busy()).max().unwrap_or(0);
        let together =
            |ids: &[BlockId]| HANDOVER + busiest(&mut ids.iter().filter_map(|&id| timing.stages[id]));
        let wave = |body: &Body, steps: usize, stage: &dyn Fn(BlockId) -> Option<StageTiming>| -> u64 {
            let beat = |beat| FETCH + HANDOVER + busiest(&mut body.beat(beat, steps).filter_map(stage));
            let depth = |depth: &Vec<BlockId>| {
                let working = depth.iter().filter(|&&id| body.works(id, 0, 1));
                HANDOVER + busiest(&mut working.filter_map(|&id| stage(id)))
            };
            match body.wave {
                true => (0..body.beats(steps)).map(beat).sum(),
                false => steps as u64 * (FETCH + body.depths.iter().map(depth).sum::<u64>()),
            }
        };
        let cycles = |step: &Step| match step {
            Step::Read(over) => wave(schedule.body(*over), read, &|id| timing.stages[id]),
            Step::Predict(over) => {
                wave(schedule.body(*over), read.saturating_sub(1), &|id| timing.scoring(quant, id))
            }
            Step::Draw(stages) | Step::Once(stages) => together(stages),
            Step::Load(_) | Step::Statistics(_) => 0,
            Step::Write(_) => written as u64 * timing.token(quant, schedule).decode_expected,
        };
        KEY_CYCLES + schedule.plan(kind).iter().map(cycles).sum::<u64>() + FLUSH_CYCLES
    }
}
