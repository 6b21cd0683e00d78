//! When the stages of one job work, read off the golden model's own account of it.

use crate::golden::{FLUSH_CYCLES, Golden, HANDOVER, Job, KEY_CYCLES, Run, StageTiming};
use crate::model::{BlockId, JobKind};
use crate::quant::{MatVec, Signal};
use std::collections::BTreeMap;

/// One stage at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Whose stage it is.
    pub block: BlockId,
    /// Step of its loop.
    pub step: usize,
    /// Job cycle in which it starts.
    pub start: u64,
    /// What its cycles are made of.
    pub timing: StageTiming,
}

impl Span {
    /// Job cycle in which it falls idle.
    pub fn end(&self) -> u64 {
        self.start + self.timing.busy()
    }
}

/// The stages of a job at work, in the order in which they start.
pub fn spans<M: MatVec>(golden: &Golden<M>, job: &Job, run: &Run) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for event in &run.events {
        // What is there when the stage has ended is no stage's work.
        if matches!(event.signal, Signal::Score | Signal::Token | Signal::Label) {
            continue;
        }
        let Some(stage) = golden.timing.stages[event.block] else { continue };
        // The golden model writes down when the first numbers of a stage are there.
        let start = event.cycle.saturating_sub(stage.at(event.step).first_write());
        let whole = match job.kind {
            JobKind::Score => golden.timing.scoring(&golden.quant, event.block).unwrap_or(stage),
            _ => stage,
        };
        let span = Span { block: event.block, step: event.step, start, timing: whole.at(event.step) };
        if !spans.contains(&span) {
            spans.push(span);
        }
    }
    spans.sort_by_key(|span| (span.start, span.block));
    spans
}

/// Where the cycles of a job go, of the stages that others wait for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Critical {
    /// By block.
    pub stages: BTreeMap<BlockId, Parts>,
    /// Of the sequencer: keys of the noise, fetches, hand-overs, tokens that are sent, and the end.
    pub sequencer: u64,
}

/// What the cycles of a stage are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Converters work.
    pub converting: u64,
    /// The last sums travel to where they are read.
    pub settling: u64,
    /// Outputs are read, a group of lanes a cycle.
    pub reading: u64,
    /// The last group is on its way through gates, tables and comparisons.
    pub arithmetic: u64,
}

impl Parts {
    fn of(stage: &StageTiming) -> Parts {
        Parts {
            converting: stage.adc,
            settling: stage.scan - 1 - stage.adc,
            reading: stage.groups,
            arithmetic: stage.latency + stage.settle,
        }
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.converting + self.settling + self.reading + self.arithmetic
    }
}

/// Divides the cycles of a job: of stages that start together the slowest one counts; what no stage has is the
/// sequencer's.
pub fn critical(spans: &[Span], cycles: u64) -> Critical {
    let mut slowest: BTreeMap<u64, Span> = BTreeMap::new();
    for span in spans {
        let one = slowest.entry(span.start).or_insert(*span);
        if span.timing.busy() > one.timing.busy() {
            *one = *span;
        }
    }
    let mut found = Critical::default();
    for span in slowest.values() {
        let parts = Parts::of(&span.timing);
        let sum = found.stages.entry(span.block).or_default();
        sum.converting += parts.converting;
        sum.settling += parts.settling;
        sum.reading += parts.reading;
        sum.arithmetic += parts.arithmetic;
    }
    let stages: u64 = found.stages.values().map(Parts::all).sum();
    found.sequencer = cycles.saturating_sub(stages);
    found
}

/// What the sequencer's cycles are, in words; `spans` of the job.
pub fn sequencer(spans: &[Span], critical: &Critical) -> String {
    let mut starts: Vec<u64> = spans.iter().map(|span| span.start).collect();
    starts.dedup();
    let handed = HANDOVER * starts.len() as u64;
    let other = critical.sequencer.saturating_sub(KEY_CYCLES + FLUSH_CYCLES + handed);
    format!(
        "{KEY_CYCLES} to make the keys of the noise, {handed} to hand over from stage to stage, {other} to fetch and send tokens and to \
         pass over stages with nothing to do, {FLUSH_CYCLES} until the counters have settled"
    )
}
