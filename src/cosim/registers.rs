//! The registers as a host knows them: what a write does and what a read gives, by the table alone.

use crate::emit::controllers::registers::{Access, REGISTERS, Register, find, offset};
use crate::golden::{Ending, Run, Shape};
use std::collections::BTreeMap;

/// What a read gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// It is known before the job.
    Known(u32),
    /// What the job that has ended leaves in that register, of these bits.
    Left {
        /// Offset of the register.
        offset: u32,
        /// Of these bits.
        mask: u32,
    },
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
        for name in ["STATUS", "CYCLES", "ADC_CLIPS", "SATURATIONS", "TOKENS", "TILE_SAMPLES", "IRQ_STATUS"] {
            self.values.insert(offset(name), Value::Left { offset: offset(name), mask: u32::MAX });
        }
    }

    /// What the interrupt line is high for: bits of IRQ_STATUS.
    pub fn interrupt(&self) -> Value {
        let Value::Known(enabled) = self.values[&offset("IRQ_ENABLE")] else { unreachable!("always known") };
        match self.values[&offset("IRQ_STATUS")] {
            Value::Known(pending) => Value::Known(pending & enabled),
            Value::Left { offset, mask } => Value::Left { offset, mask: mask & enabled },
        }
    }
}

/// What `run` leaves in a register.
pub fn left(run: &Run, offset: u32) -> u32 {
    let counters = &run.counters;
    let name = register(offset as u8).expect("a register").name;
    let field = |name: &str| find("STATUS").field(name).mask();
    let pending = |name: &str| find("IRQ_STATUS").field(name).mask();
    let answer = if run.output.is_empty() { 0 } else { field("ANSWER") };
    let refused = matches!(run.ending, Ending::Refused(_));
    let number = match name {
        "CYCLES" => counters.cycles,
        "ADC_CLIPS" => counters.adc_clips,
        "SATURATIONS" => counters.saturations,
        "TOKENS" => counters.tokens,
        "TILE_SAMPLES" => counters.tile_samples,
        "IRQ_STATUS" => (pending("DONE") | if refused { pending("ERROR") } else { 0 }).into(),
        "STATUS" => match run.ending {
            Ending::Answered => (field("DONE") | answer).into(),
            Ending::Aborted => (field("DONE") | field("ABORTED") | answer).into(),
            Ending::Refused(refusal) => {
                let bits = [
                    (refusal.length, "ERR_LENGTH"),
                    (refusal.token, "ERR_TOKEN"),
                    (refusal.job, "ERR_JOB"),
                    (refusal.z, "ERR_Z"),
                ];
                let set = bits.iter().filter(|(is, _)| *is);
                set.fold(field("DONE"), |status, (_, name)| status | field(name)).into()
            }
        },
        _ => unreachable!("{name} does not depend on a job"),
    };
    number as u32
}
