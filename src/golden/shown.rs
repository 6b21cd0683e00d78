//! What a job must show: vectors with their cycles, counters, an answer.

use super::{Ending, Places};
use crate::model::BlockId;
use crate::quant::Signal;
use serde::Serialize;

/// A vector that the hardware writes, `lanes` numbers a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorEvent {
    /// Who wrote it.
    pub block: BlockId,
    /// What it is.
    pub signal: Signal,
    /// Token of the sentence (encoder) or of the answer (decoder) it belongs to.
    pub step: usize,
    /// Job cycle in which the first numbers are written; the others follow cycle by cycle.
    pub cycle: u64,
    /// Numbers written a cycle.
    pub lanes: usize,
    /// All of them, in order.
    pub values: Vec<i32>,
}

/// The counters a job leaves in the registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// From the first cycle of KEY to the last of FLUSH.
    pub cycles: u64,
    /// Conversions that clipped.
    pub adc_clips: u64,
    /// Numbers that saturated.
    pub saturations: u64,
    /// Tokens, frames or labels that came out.
    pub tokens: u64,
    /// Cycles in which tiles converted, summed over tiles.
    pub tile_samples: u64,
}

/// What the converters of a block did in a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Converted {
    /// Conversions that clipped.
    pub clips: u64,
    /// Cycles in which its tiles converted, summed over tiles.
    pub tile_samples: u64,
}

impl Converted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Converted) {
        self.clips += other.clips;
        self.tile_samples += other.tile_samples;
    }
}

impl<'a> std::iter::Sum<&'a Converted> for Converted {
    fn sum<I: Iterator<Item = &'a Converted>>(all: I) -> Converted {
        all.fold(Converted::default(), |mut sum, more| {
            sum.add(more);
            sum
        })
    }
}

/// Everything a job must show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// What stages write, in the order in which they start.
    pub events: Vec<VectorEvent>,
    /// Beats of the output stream.
    pub output: Vec<u32>,
    /// What the registers show afterwards.
    pub counters: Counters,
    /// The least cycles the job could take, by the dependency chain and the converters.
    pub floor: u64,
    /// Cycles in which the converters on the critical chain were busy.
    pub adc_cycles: u64,
    /// Tile samples left out because their digits were 0.
    pub tile_samples_skipped: u64,
    /// By block; nothing where no job was begun.
    pub converted: Vec<Converted>,
    /// How it ended.
    pub ending: Ending,
    /// Where numbers were clipped.
    pub places: Places,
}
