//! The registers as a host knows them: what a write does and what a read gives, by the table alone.

use crate::emit::controllers::registers::{Access, REGISTERS, Register, find, offset};
use crate::golden::{Ending, Run, Shape};
use std::collections::BTreeMap;

/// What a read gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// It is known before the job.
    Known(u32),
    /// What the job that has ended leaves in a register, of these bits.
    Left {
        /// The register.
        of: OfJob,
        /// Of these bits.
        mask: u32,
    },
}

/// A register that a job leaves something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfJob {
    /// How it ended.
    Status,
    /// What of that the interrupt line tells.
    IrqStatus,
    /// Clock cycles.
    Cycles,
    /// Conversions that clipped.
    AdcClips,
    /// Words that left their range.
    Saturations,
    /// Tokens read and written.
    Tokens,
    /// Conversions of a tile.
    TileSamples,
}

impl OfJob {
    const ALL: [OfJob; 7] = [
        OfJob::Status,
        OfJob::IrqStatus,
        OfJob::Cycles,
        OfJob::AdcClips,
        OfJob::Saturations,
        OfJob::Tokens,
        OfJob::TileSamples,
    ];

    /// As the table of registers calls it.
    const fn name(self) -> &'static str {
        match self {
            OfJob::Status => "STATUS",
            OfJob::IrqStatus => "IRQ_STATUS",
            OfJob::Cycles => "CYCLES",
            OfJob::AdcClips => "ADC_CLIPS",
            OfJob::Saturations => "SATURATIONS",
            OfJob::Tokens => "TOKENS",
            OfJob::TileSamples => "TILE_SAMPLES",
        }
    }

    /// What `run` leaves there.
    pub fn left(self, run: &Run) -> u32 {
        let counters = &run.counters;
        let number = match self {
            OfJob::Cycles => counters.cycles,
            OfJob::AdcClips => counters.adc_clips,
            OfJob::Saturations => counters.saturations,
            OfJob::Tokens => counters.tokens,
            OfJob::TileSamples => counters.tile_samples,
            OfJob::IrqStatus => {
                let pending = |name: &str| find("IRQ_STATUS").field(name).mask();
                let refused = matches!(run.ending, Ending::Refused(_));
                (pending("DONE") | if refused { pending("ERROR") } else { 0 }).into()
            }
            OfJob::Status => status(run).into(),
        };
        number as u32
    }
}

fn status(run: &Run) -> u32 {
    let field = |name: &str| find("STATUS").field(name).mask();
    let answer = if run.output.is_empty() { 0 } else { field("ANSWER") };
    match run.ending {
        Ending::Answered => field("DONE") | answer,
        Ending::Aborted => field("DONE") | field("ABORTED") | answer,
        Ending::Refused(refusal) => {
            let bits = [
                (refusal.length, "ERR_LENGTH"),
                (refusal.token, "ERR_TOKEN"),
                (refusal.job, "ERR_JOB"),
                (refusal.z, "ERR_Z"),
            ];
            let set = bits.iter().filter(|(is, _)| *is);
            set.fold(field("DONE"), |status, (_, name)| status | field(name))
        }
    }
}

/// The AXI response.
pub const OKAY: u8 = 0;
/// The AXI response to what no register takes.
pub const SLVERR: u8 = 2;

/// The accelerator's registers, write by write.
#[derive(Debug, Clone)]
pub struct Registers {
    values: BTreeMap<u32, Value>,
    /// A job runs.
    pub busy: bool,
}

fn register(address: u8) -> Option<&'static Register> {
    REGISTERS.iter().find(|r| r.offset == u32::from(address) & !3)
}

impl Registers {
    /// After reset; `id` is the design's.
    pub fn new(id: u32, shape: &Shape) -> Registers {
        let latent = shape.latent + shape.step_latent + shape.turn_latent;
        let tied = [("DESIGN", id), ("VOCABULARY", shape.vocabulary as u32), ("LATENT", latent as u32)];
        let mut values: BTreeMap<u32, Value> =
            REGISTERS.iter().map(|r| (r.offset, Value::Known(r.reset))).collect();
        values.extend(tied.map(|(name, value)| (offset(name), Value::Known(value))));
        Registers { values, busy: false }
    }

    /// The response.
    pub fn write(&mut self, address: u8, strobes: u8, data: u32) -> u8 {
        let Some(register) = register(address) else { return SLVERR };
        let bytes = (0..4).filter(|b| strobes >> b & 1 == 1).fold(0u32, |mask, b| mask | 0xff << (8 * b));
        match register.access {
            Access::ReadOnly => return SLVERR,
            Access::ReadWrite if self.busy => return SLVERR,
            Access::WriteOnly => {}
            Access::ReadWrite | Access::AnyTime => {
                if let Some(Value::Known(old)) = self.values.get_mut(&register.offset) {
                    *old = (*old & !bytes | data & bytes) & register.mask();
                }
            }
            Access::OneToClear => {
                let kept = !(data & bytes);
                match self.values.get_mut(&register.offset) {
                    Some(Value::Known(old)) => *old &= kept,
                    Some(Value::Left { mask, .. }) => *mask &= kept,
                    None => {}
                }
            }
        }
        OKAY
    }

    /// Response and value.
    pub fn read(&self, address: u8) -> (u8, Value) {
        match register(address) {
            None => (SLVERR, Value::Known(0)),
            Some(r) if r.access == Access::WriteOnly => (OKAY, Value::Known(0)),
            Some(r) => (OKAY, self.values[&r.offset]),
        }
    }

    /// A job has begun.
    pub fn start(&mut self) {
        self.busy = true;
        self.values.insert(offset("STATUS"), Value::Known(find("STATUS").field("BUSY").mask()));
    }

    /// It has ended.
    pub fn end(&mut self) {
        self.busy = false;
        for of in OfJob::ALL {
            self.values.insert(offset(of.name()), Value::Left { of, mask: u32::MAX });
        }
    }

    /// What the interrupt line is high for: bits of IRQ_STATUS.
    pub fn interrupt(&self) -> Value {
        match (self.values[&offset("IRQ_STATUS")], self.values[&offset("IRQ_ENABLE")]) {
            (Value::Known(pending), Value::Known(enabled)) => Value::Known(pending & enabled),
            (Value::Left { of, mask }, Value::Known(enabled)) => Value::Left { of, mask: mask & enabled },
            // No job leaves anything in what a host enables.
            (pending, Value::Left { .. }) => pending,
        }
    }
}
