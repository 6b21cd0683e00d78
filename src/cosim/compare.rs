//! Golden against observed: every number, every cycle; where they first differ.

use super::host::Seen;
use super::log::{Access, Observed, Probed, lane};
use super::registers::Value;
use crate::emit::ProbeSignal;
use crate::emit::controllers::registers::REGISTERS;
use crate::golden::{Run, VectorEvent};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Where hardware and golden model first differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the job.
    pub sentence: usize,
    /// Token of the sentence or of the answer.
    pub step: usize,
    /// Job cycle.
    pub cycle: u64,
    /// `<block>.<signal>[<index>]`, `output[<beat>]` or a register's name.
    pub signal: String,
    /// What the golden model says.
    pub expected: String,
    /// What the hardware did.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Difference { sentence, step, cycle, signal, expected, got } = self;
        write!(f, "sentence {sentence}, step {step}, cycle {cycle}, {signal}: expected {expected}, got {got}")
    }
}

/// What the comparison of some jobs showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Bits of numbers, cycles, beats and counters compared.
    pub bits_compared: u64,
    /// Numbers (or cycles, beats, counters) that differ.
    pub mismatches: u64,
    /// The first difference.
    pub first: Option<Difference>,
}

/// One group of lanes the golden model expects on a signal.
struct Expected<'a> {
    event: &'a VectorEvent,
    group: usize,
}

impl Expected<'_> {
    fn cycle(&self) -> u64 {
        self.event.cycle + self.group as u64
    }

    fn values(&self) -> &[i32] {
        let lanes = self.event.lanes;
        let from = self.group * lanes;
        &self.event.values[from..self.event.values.len().min(from + lanes)]
    }
}

/// Compares job number `sentence`: every write of a probed signal, the answer, the registers.
pub fn compare(
    probes: &[ProbeSignal],
    sentence: usize,
    run: &Run,
    registers: &[Seen],
    observed: Option<&Observed>,
) -> Comparison {
    let mut job = JobComparison { sentence, result: Comparison::default() };
    let Some(observed) = observed else {
        job.differ(0, 0, "job".into(), "an answer".into(), "the simulation ended before it".into());
        return job.result;
    };
    let mut by_channel: BTreeMap<usize, Vec<&Probed>> = BTreeMap::new();
    for probe in &observed.probes {
        by_channel.entry(probe.channel).or_default().push(probe);
    }
    for signal in probes {
        let seen = by_channel.get(&signal.channel).map_or(&[][..], Vec::as_slice);
        job.signal(signal, run, seen);
    }
    job.output(run, observed);
    for violation in &observed.violations {
        job.differ(0, 0, "bus".into(), "the rules of AXI".into(), violation.clone());
    }
    if observed.timed_out {
        job.differ(0, run.counters.cycles, "job".into(), "done".into(), "still busy at the time-out".into());
    }
    job.registers(run, registers, &observed.accesses);
    job.result
}

struct JobComparison {
    sentence: usize,
    result: Comparison,
}

impl JobComparison {
    fn signal(&mut self, signal: &ProbeSignal, run: &Run, seen: &[&Probed]) {
        let events = run.events.iter().filter(|e| e.block == signal.block && e.signal == signal.role);
        let expected: Vec<Expected> = events
            .flat_map(|event| {
                let groups = event.values.len().div_ceil(event.lanes);
                (0..groups).map(move |group| Expected { event, group })
            })
            .collect();
        for (want, got) in expected.iter().zip(seen) {
            self.group(signal, want, got);
        }
        if let Some(want) = expected.get(seen.len()) {
            self.result.mismatches += (expected.len() - seen.len()) as u64 - 1;
            let at = format!("{}[{}]", signal.name, want.group * want.event.lanes);
            self.differ(want.event.step, want.cycle(), at, "a write".into(), "none".into());
        }
        if let Some(extra) = seen.get(expected.len()) {
            self.result.mismatches += (seen.len() - expected.len()) as u64 - 1;
            let step = expected.last().map_or(0, |e| e.event.step);
            self.differ(step, extra.cycle, signal.name.clone(), "no more writes".into(), "a write".into());
        }
    }

    fn group(&mut self, signal: &ProbeSignal, want: &Expected, got: &Probed) {
        let step = want.event.step;
        let first = want.group * want.event.lanes;
        if got.cycle != want.cycle() {
            let at = format!("{}[{first}] (cycle of the write)", signal.name);
            self.differ(
                step,
                got.cycle.min(want.cycle()),
                at,
                want.cycle().to_string(),
                got.cycle.to_string(),
            );
        }
        if got.index != want.group {
            let at = format!("{}[{first}] (group of lanes)", signal.name);
            self.differ(step, got.cycle, at, want.group.to_string(), got.index.to_string());
        }
        for (l, &value) in want.values().iter().enumerate() {
            self.result.bits_compared += signal.bits as u64;
            let seen = lane(&got.data, signal.first_lane + l, signal.bits);
            if seen != Some(value) {
                let at = format!("{}[{}]", signal.name, first + l);
                let got_text =
                    seen.map_or_else(|| format!("undefined bits in {}", got.data), |v| v.to_string());
                self.differ(step, got.cycle, at, value.to_string(), got_text);
            }
        }
    }

    fn output(&mut self, run: &Run, observed: &Observed) {
        let count = run.output.len().max(observed.output.len());
        for beat in 0..count {
            let want = run.output.get(beat).map(|&d| (d, beat + 1 == run.output.len()));
            let got = observed.output.get(beat).copied();
            self.result.bits_compared += 33;
            if want != got {
                let text = |b: Option<(u32, bool)>| match b {
                    Some((data, last)) => format!("{data:#010x}{}", if last { " with TLAST" } else { "" }),
                    None => "no beat".into(),
                };
                self.differ(beat, run.counters.cycles, format!("output[{beat}]"), text(want), text(got));
            }
        }
    }

    fn registers(&mut self, run: &Run, expected: &[Seen], seen: &[Access]) {
        let cycles = run.counters.cycles;
        for (i, want) in expected.iter().enumerate() {
            let want = resolved(want, run);
            self.result.bits_compared += match want {
                Access::Read { .. } => 34,
                Access::Write { .. } => 2,
                Access::Interrupt(_) => 1,
            };
            let got = seen.get(i).copied();
            if got == Some(want) {
                continue;
            }
            // What follows an access that is missing would all be out of step.
            let same = |got: &Access| place(got) == place(&want);
            let text = got.map_or("nothing".into(), |got| match same(&got) {
                true => shown(&got),
                false => format!("{} of {}", shown(&got), place(&got)),
            });
            self.differ(0, cycles, place(&want), shown(&want), text);
            if !got.as_ref().is_some_and(same) {
                return;
            }
        }
        if let Some(more) = seen.get(expected.len()) {
            self.differ(0, cycles, place(more), "no more accesses".into(), shown(more));
        }
    }

    /// Notes a difference; the earliest cycle of the sentence is kept as its first.
    fn differ(&mut self, step: usize, cycle: u64, signal: String, expected: String, got: String) {
        self.result.mismatches += 1;
        if self.result.first.as_ref().is_none_or(|first| cycle < first.cycle) {
            self.result.first =
                Some(Difference { sentence: self.sentence, step, cycle, signal, expected, got });
        }
    }
}

fn resolved(want: &Seen, run: &Run) -> Access {
    let number = |value| match value {
        Value::Known(number) => number,
        Value::Left { of, mask } => of.left(run) & mask,
    };
    match *want {
        Seen::Write { address, response } => Access::Write { address, response },
        Seen::Read { address, response, value } => Access::Read { address, response, data: number(value) },
        Seen::Interrupt { pending } => Access::Interrupt(number(pending) != 0),
    }
}

/// A register's name, or an address that has none.
fn place(access: &Access) -> String {
    let (address, write) = match *access {
        Access::Write { address, .. } => (address, " (write)"),
        Access::Read { address, .. } => (address, ""),
        Access::Interrupt(_) => return "irq".into(),
    };
    let named = REGISTERS.iter().find(|r| r.offset == u32::from(address) & !3);
    named.map_or_else(|| format!("register {address:#04x}{write}"), |r| format!("{}{write}", r.name))
}

fn shown(access: &Access) -> String {
    let response = |response| match response {
        0 => "OKAY",
        2 => "SLVERR",
        _ => "an undefined response",
    };
    match *access {
        Access::Write { response: r, .. } => response(r).into(),
        Access::Read { response: 0, data, .. } => data.to_string(),
        Access::Read { response: r, data, .. } => format!("{} with {data}", response(r)),
        Access::Interrupt(high) => u8::from(high).to_string(),
    }
}
