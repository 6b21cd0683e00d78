//! Resources of an FPGA, and which part of a design takes them.

use super::Family;
use super::modules::XILINX_LUTS_PER_LUT4;
use serde::Serialize;
use std::iter::Sum;
use std::ops::{Add, Mul};

/// Resources of an FPGA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fabric {
    /// Look-up tables, those of carry chains and of memories made of them included.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block RAMs of 18 kbit.
    pub bram: u64,
    /// Multipliers of at least 18 x 18 bits.
    pub dsp: u64,
}

impl Fabric {
    /// From formulas in real numbers.
    pub(super) fn of(lut: f64, ff: f64) -> Fabric {
        Fabric { lut: lut.round() as u64, ff: ff.round() as u64, bram: 0, dsp: 0 }
    }
}

impl Fabric {
    /// The least it can be when an estimate of look-up tables and flip-flops is off by `error`.
    /// Memories and multipliers are counted, not estimated.
    pub fn at_least(self, error: f64) -> Fabric {
        let less = |n: u64| (n as f64 * (1.0 - error)) as u64;
        Fabric { lut: less(self.lut), ff: less(self.ff), ..self }
    }
}

impl Add for Fabric {
    type Output = Fabric;
    fn add(self, other: Fabric) -> Fabric {
        Fabric {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            bram: self.bram + other.bram,
            dsp: self.dsp + other.dsp,
        }
    }
}

impl Mul<usize> for Fabric {
    type Output = Fabric;
    fn mul(self, count: usize) -> Fabric {
        let n = count as u64;
        Fabric { lut: self.lut * n, ff: self.ff * n, bram: self.bram * n, dsp: self.dsp * n }
    }
}

impl Sum for Fabric {
    fn sum<I: Iterator<Item = Fabric>>(iter: I) -> Fabric {
        iter.fold(Fabric::default(), Add::add)
    }
}

/// Kinds of modules that take resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consumer {
    /// Cells, column sums, converters, shift and add.
    Tiles,
    /// Multiplexers of digits in front of the word lines.
    WordLines,
    /// Multiplexers from the tiles' sums to the lanes, and the sum over row tiles.
    ReadPorts,
    /// Rounding and saturation of the lanes, sums of parts.
    Requantisers,
    /// Gate arithmetic of the cells, with its tables.
    Gates,
    /// States, kept moments.
    States,
    /// The sampler of z.
    Latent,
    /// Scores of the tokens and their noise.
    TokenChoice,
    /// Log-probabilities of the job SCORE.
    Scores,
    Embeddings,
    /// Sequencers, registers, buffers, keys.
    Control,
}

impl Consumer {
    pub const fn name(self) -> &'static str {
        match self {
            Consumer::Tiles => "tiles",
            Consumer::WordLines => "word lines",
            Consumer::ReadPorts => "read ports",
            Consumer::Requantisers => "requantisers",
            Consumer::Gates => "gates",
            Consumer::States => "states",
            Consumer::Latent => "latent",
            Consumer::TokenChoice => "token choice",
            Consumer::Scores => "scores",
            Consumer::Embeddings => "embeddings",
            Consumer::Control => "control",
        }
    }

    /// What a person can turn to make it smaller.
    pub const fn knob(self) -> &'static str {
        match self {
            Consumer::Tiles => {
                "lower [crossbar] physical_tiles (columns then take turns; with shared = true all matrices) or raise columns_per_adc"
            }
            Consumer::WordLines => "use tiles of more columns, or a smaller [model]",
            Consumer::ReadPorts => {
                "set [crossbar] shared = true, or lower [model] hidden or vocabulary: every output is an input of a multiplexer"
            }
            Consumer::Requantisers | Consumer::Gates => "lower [accelerator] gate_lanes",
            Consumer::States => "lower [model] hidden",
            Consumer::Latent => "lower [model] latent",
            Consumer::TokenChoice => "lower [accelerator] token_lanes",
            Consumer::Scores => "lower [accelerator] token_lanes, or set score = false",
            Consumer::Embeddings => "lower [model] embedding or vocabulary",
            Consumer::Control => "nothing of it depends on the size of the network",
        }
    }
}

/// Estimated resources of a whole design.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FabricBudget {
    /// On four-input look-up tables (ECP5), by consumer, largest first.
    pub by_consumer: Vec<(Consumer, Fabric)>,
    pub ecp5: Fabric,
    pub xilinx: Fabric,
}

impl FabricBudget {
    /// Adds up what the consumers take.
    pub(super) fn new(all: impl IntoIterator<Item = (Consumer, Fabric)>) -> FabricBudget {
        let mut sums: Vec<(Consumer, Fabric)> = Vec::new();
        for (consumer, fabric) in all {
            match sums.iter_mut().find(|(c, _)| *c == consumer) {
                Some((_, sum)) => *sum = *sum + fabric,
                None => sums.push((consumer, fabric)),
            }
        }
        sums.sort_by_key(|&(consumer, fabric)| (std::cmp::Reverse(fabric.lut), consumer));
        let ecp5: Fabric = sums.iter().map(|s| s.1).sum();
        let xilinx = Fabric { lut: (ecp5.lut as f64 * XILINX_LUTS_PER_LUT4).round() as u64, ..ecp5 };
        FabricBudget { by_consumer: sums, ecp5, xilinx }
    }

    /// Estimated on a part of this family.
    pub fn of(&self, family: Family) -> Fabric {
        match family {
            Family::Ecp5 => self.ecp5,
            Family::Xilinx => self.xilinx,
        }
    }

    /// The consumer with the largest share of a resource, and that share.
    pub fn largest(&self, of: impl Fn(&Fabric) -> u64) -> Option<(Consumer, f64)> {
        let total = self.by_consumer.iter().map(|(_, f)| of(f)).sum::<u64>().max(1);
        let most = self.by_consumer.iter().max_by_key(|(_, f)| of(f))?;
        Some((most.0, of(&most.1) as f64 / total as f64))
    }
}
