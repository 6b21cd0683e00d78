//! Cycles of tokens and sentences, and what they are worth at a clock.

use crate::golden::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES, StageTiming, Timing, TokenCycles};
use crate::model::{Network, Op, When};
use serde::Serialize;

/// Words of the sentence that a budget is quoted for.
pub const WORDS: usize = 20;

/// How fast a design is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Pace {
    pub clock_mhz: f64,
    pub cycles_token_read: u64,
    pub cycles_token_written: u64,
    /// Words of the sentence read and of the sentence written below.
    pub sentence_words: usize,
    /// Reading that sentence and writing one as long, as one job.
    pub cycles_sentence: u64,
    pub tokens_read_per_second: f64,
    pub tokens_written_per_second: f64,
    pub sentences_per_second: f64,
    /// Share of the cycles of a token written in which the converters of a stage work.
    pub adc_utilisation: f64,
}

impl Pace {
    pub(super) fn new(network: &Network, timing: &Timing, clock_mhz: f64) -> Pace {
        let TokenCycles { encode_expected, decode_expected, .. } = timing.token(network);
        // Read with <sos> and <eos>, written with <eos>.
        let cycles_sentence = Pace::sentence(network, timing, WORDS + 2, WORDS + 1);
        let per_second = |cycles: u64| clock_mhz * 1e6 / cycles.max(1) as f64;
        let converting: u64 = stages(network, timing, When::DecoderStep).map(|s| s.1.adc).sum();
        Pace {
            clock_mhz,
            cycles_token_read: encode_expected,
            cycles_token_written: decode_expected,
            sentence_words: WORDS,
            cycles_sentence,
            tokens_read_per_second: per_second(encode_expected),
            tokens_written_per_second: per_second(decode_expected),
            sentences_per_second: per_second(cycles_sentence),
            adc_utilisation: converting as f64 / decode_expected.max(1) as f64,
        }
    }

    /// Cycles of a job that reads `read` tokens and writes `written`, as the job sequencer runs it.
    pub fn sentence(network: &Network, timing: &Timing, read: usize, written: usize) -> u64 {
        let busiest = |all: &mut dyn Iterator<Item = StageTiming>| all.map(|s| s.busy()).max().unwrap_or(0);
        let encoder: Vec<_> = stages(network, timing, When::EncoderStep).collect();
        let depths = encoder.iter().map(|s| s.0 + 1).max().unwrap_or(0);
        let beats = (read + depths).saturating_sub(1);
        // A wave: in each beat the stage of depth d works on token beat - d.
        let wave: u64 = (0..beats)
            .map(|beat| {
                let mut active = encoder.iter().filter(|(d, _)| *d <= beat && beat < read + d).map(|s| s.1);
                FETCH + HANDOVER + busiest(&mut active)
            })
            .sum();
        let is_latent = |id: usize| matches!(network.blocks[id].op, Op::Latent { .. });
        let between: u64 = [true, false]
            .into_iter()
            .map(|latent| {
                let ids = (0..network.blocks.len())
                    .filter(|&id| network.blocks[id].when == When::Sentence && is_latent(id) == latent);
                HANDOVER + busiest(&mut ids.filter_map(|id| timing.stages[id]))
            })
            .sum();
        KEY_CYCLES + wave + between + written as u64 * timing.token(network).decode_expected + FLUSH_CYCLES
    }
}

/// Stages that work at this time, with their depth.
fn stages<'a>(
    network: &'a Network,
    timing: &'a Timing,
    when: When,
) -> impl Iterator<Item = (usize, StageTiming)> + 'a {
    let all = timing.stages.iter().enumerate().filter_map(|(id, stage)| stage.map(|s| (id, s)));
    all.filter(move |(id, _)| network.blocks[*id].when == when).map(|(id, s)| (network.depth(id), s))
}
