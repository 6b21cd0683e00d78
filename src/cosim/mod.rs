//! Builds and runs the emitted design on the same vectors as the golden model and
//! finds the first difference.

mod compare;
mod error;
mod host;
mod log;
mod profile;
mod registers;
mod run;
mod runtime;
mod seal;
mod simulator;

pub use compare::{Comparison, Difference};
pub use error::SimError;
pub use log::{Access, Observed, parse as parse_log};
pub use profile::Profile;
pub use run::{PATIENCE, RunOptions, Trace};
pub use simulator::{Effort, Engine, NETLIST, Simulation, is_simulation};

use crate::emit::Design;
use crate::failure::Failure;
use crate::golden::{Context, Ending, Golden, Job, JobKind, Run, SCORE_FRAC, Shape, Stop};
use crate::quant::MatVec;
use rayon::prelude::*;
use serde::Serialize;
use std::time::Instant;

impl From<SimError> for Failure {
    fn from(error: SimError) -> Failure {
        match error {
            SimError::Tool(tool) => tool.into(),
            SimError::Run(error) => error.into(),
            SimError::Log { .. } => Failure::check(error.to_string()),
            SimError::Io { .. }
            | SimError::Seal { .. }
            | SimError::NoLog { .. }
            | SimError::NoTrace { .. }
            | SimError::NoProfile { .. }
            | SimError::Place(_) => Failure::input(error.to_string()),
        }
    }
}

/// What a co-simulation showed; the fields scripts rely on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CosimReport {
    /// Jobs.
    pub sentences: usize,
    /// Bits of numbers, cycles, beats and counters compared.
    pub bits_compared: u64,
    /// Numbers that differ.
    pub mismatches: u64,
    /// Of all jobs, as the hardware counted them.
    pub cycles: u64,
    /// As the golden model says.
    pub cycles_expected: u64,
    /// The least that the chain of what needs what leaves.
    pub cycles_floor: u64,
    /// Share of the cycles in which the converters of the critical chain worked.
    pub adc_utilisation: f64,
    /// The first difference, if there is one.
    pub first_difference: Option<Difference>,
    /// Tokens, frames or labels that came out.
    pub tokens: u64,
    /// Conversions that clipped.
    pub adc_clips: u64,
    /// Numbers that saturated.
    pub saturations: u64,
    /// Cycles in which tiles converted, summed over tiles; times the converters of a tile,
    /// these are the conversions.
    pub tile_samples: u64,
    /// Those left out because no row of the tile was driven.
    pub tile_samples_skipped: u64,
    /// Nats per token, from the scores that the hardware gave (SCORE jobs only).
    pub nll_per_token: Option<f64>,
    /// Wall seconds of the simulation itself.
    pub simulation_seconds: f64,
    #[serde(skip)]
    scores: Scores,
}

/// Golden model and hardware on the same jobs.
pub struct Cosim<'a, M> {
    /// What was emitted.
    pub design: &'a Design,
    /// What it must do.
    pub golden: &'a Golden<M>,
    /// The simulator's program of it.
    pub simulation: &'a Simulation,
    /// Processes that share the jobs.
    pub processes: usize,
}

impl<M: MatVec + Sync> Cosim<'_, M> {
    /// Runs all jobs; `progress` hears of every finished job.
    ///
    /// # Errors
    ///
    /// The simulator failed. A difference is none: it is in the report.
    pub fn run(
        &self,
        jobs: &[Job],
        options: &RunOptions,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<CosimReport, SimError> {
        // Resets break jobs off: none may lean on what another has left.
        let alone: Vec<Job>;
        let jobs = match options.reset_at {
            None => jobs,
            Some(_) => {
                alone = jobs.iter().map(|job| Job { fresh: true, ..job.clone() }).collect();
                &alone
            }
        };
        let parts = self.parts(jobs);
        let run = |&(first, jobs): &(usize, &[Job])| self.part(first, jobs, options, progress);
        let results: Vec<Result<CosimReport, SimError>> = parts.par_iter().map(run).collect();
        let mut total = CosimReport::default();
        let mut adc_cycles = 0.0;
        for result in results {
            let part = result?;
            adc_cycles += part.adc_utilisation * part.cycles_expected as f64;
            total.add(part);
        }
        total.nll_per_token = total.scores.nll_per_token();
        total.adc_utilisation = adc_cycles / (total.cycles_expected.max(1) as f64);
        Ok(total)
    }

    /// Jobs for each process, and the number of the first. A conversation stays together.
    fn parts<'a>(&self, jobs: &'a [Job]) -> Vec<(usize, &'a [Job])> {
        let share = jobs.len().div_ceil(self.processes.max(1)).max(1);
        let converses = self.golden.quant.network.converses();
        let (mut parts, mut first) = (Vec::new(), 0);
        while first < jobs.len() {
            let begins = |at: &usize| !converses || jobs[*at].fresh;
            let end = (first + share..jobs.len()).find(begins).unwrap_or(jobs.len());
            parts.push((first, &jobs[first..end]));
            first = end;
        }
        parts
    }

    fn part(
        &self,
        first: usize,
        jobs: &[Job],
        options: &RunOptions,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<CosimReport, SimError> {
        let started = Instant::now();
        let style = self.style(options);
        let plays = style.plays(jobs);
        let mut observed = self.simulation.run(&host::stimulus(&plays), jobs.len(), options)?;
        let simulation_seconds = started.elapsed().as_secs_f64();
        let mut report = CosimReport { simulation_seconds, ..CosimReport::default() };
        let mut scores = Scores::default();
        let mut adc_cycles = 0;
        let mut context = Context::default();
        for (i, (job, play)) in jobs.iter().zip(&plays).enumerate() {
            let run = self.golden.run_in(&mut context, job, stop(observed.get(i)));
            if style.eager(jobs, i + 1) && !run.output.is_empty() {
                take_late_answer(&mut observed, i);
            }
            let seen = observed.get(i);
            adc_cycles += run.adc_cycles;
            if job.kind == JobKind::Score && run.ending == Ending::Answered {
                // What latents of steps were drawn of comes before each.
                let shape = &self.golden.shape;
                let (once, step) = (3 * shape.turn_latent, 3 * shape.step_latent + 1);
                let sent = seen.into_iter().flat_map(|o| o.output.iter().skip(once + step - 1).step_by(step));
                sent.for_each(|&(beat, _)| scores.add(beat as i32));
            }
            let probes = if self.simulation.netlist { &[][..] } else { &self.design.probes };
            let cycles = seen.map_or(0, log::Observed::cycles);
            report.add_job(&run, cycles, compare::compare(probes, first + i, &run, &play.seen, seen));
            progress(first + i);
        }
        report.adc_utilisation = adc_cycles as f64 / report.cycles_expected.max(1) as f64;
        report.scores = scores;
        Ok(report)
    }
}

impl<M: MatVec> Cosim<'_, M> {
    fn style(&self, options: &RunOptions) -> host::Style {
        host::Style {
            id: u32::from_str_radix(&self.design.id, 16).expect("the identity of a design is hex"),
            shape: self.golden.shape,
            packet_last: options.stalls % 2 == 1,
            resets: options.reset_at.is_some(),
            blind: self.simulation.netlist,
        }
    }
}

/// Where an ABORT met the job.
fn stop(observed: Option<&log::Observed>) -> Stop {
    match observed.and_then(|o| o.abort) {
        None => Stop::Never,
        Some((0, false)) => Stop::Waiting,
        // It had ended.
        Some((_, false)) => Stop::Never,
        Some((cycle, true)) => Stop::At(cycle),
    }
}

/// Beats of job `i` that were taken when the next one already waited.
fn take_late_answer(observed: &mut [log::Observed], i: usize) {
    if observed.get(i).is_none_or(|o| o.output.last().is_some_and(|&(_, last)| last)) {
        return;
    }
    let Some(next) = observed.get_mut(i + 1) else { return };
    let end = next.output.iter().position(|&(_, last)| last).map_or(next.output.len(), |at| at + 1);
    let late: Vec<_> = next.output.drain(..end).collect();
    observed[i].output.extend(late);
}

/// What a testbench without stalls reads to do `jobs` on a design of that shape.
pub fn stimulus(jobs: &[Job], shape: &Shape) -> String {
    let style = host::Style { id: 0, shape: *shape, packet_last: false, resets: false, blind: false };
    host::stimulus(&style.plays(jobs))
}

/// Log-probabilities as the hardware gave them.
#[derive(Debug, Clone, Copy, Default)]
struct Scores {
    sum: i64,
    count: u64,
}

impl Scores {
    fn add(&mut self, score: i32) {
        self.sum += i64::from(score);
        self.count += 1;
    }

    fn nll_per_token(&self) -> Option<f64> {
        let nats = -(self.sum as f64) / f64::from(1u32 << SCORE_FRAC);
        (self.count > 0).then(|| nats / self.count as f64)
    }
}

impl CosimReport {
    fn add_job(&mut self, run: &Run, cycles: u64, comparison: Comparison) {
        self.sentences += 1;
        self.cycles += cycles;
        self.cycles_expected += run.counters.cycles;
        self.cycles_floor += run.floor;
        self.tokens += run.counters.tokens;
        self.adc_clips += run.counters.adc_clips;
        self.saturations += run.counters.saturations;
        self.tile_samples += run.counters.tile_samples;
        self.tile_samples_skipped += run.tile_samples_skipped;
        self.bits_compared += comparison.bits_compared;
        self.mismatches += comparison.mismatches;
        self.first_difference = self.first_difference.take().or(comparison.first);
    }

    fn add(&mut self, other: CosimReport) {
        self.sentences += other.sentences;
        self.bits_compared += other.bits_compared;
        self.mismatches += other.mismatches;
        self.cycles += other.cycles;
        self.cycles_expected += other.cycles_expected;
        self.cycles_floor += other.cycles_floor;
        self.tokens += other.tokens;
        self.adc_clips += other.adc_clips;
        self.saturations += other.saturations;
        self.tile_samples += other.tile_samples;
        self.tile_samples_skipped += other.tile_samples_skipped;
        self.scores.sum += other.scores.sum;
        self.scores.count += other.scores.count;
        self.simulation_seconds = self.simulation_seconds.max(other.simulation_seconds);
        self.first_difference = self.first_difference.take().or(other.first_difference);
    }
}
