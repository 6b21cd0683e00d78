//! Everything that is known of a design before synthesis, in one value.

use super::constants::{ALL, Constant};
use super::modules::LUT_ERROR;
use super::{Analog, Energy, Fabric, FabricBudget, Pace, Part, Stages, Verdict, digital};
use crate::config::Config;
use crate::crossbar::CrossbarNet;
use crate::golden::Timing;
use crate::quant::{OctaveTable, QuantBlock, Table};
use serde::Serialize;

/// The budget of a design: counts, estimates, and where the figures behind them are from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    pub tiles: usize,
    pub adcs: usize,
    /// Bits of cells, embeddings and tables.
    pub rom_bits: u64,
    /// Bits of the network's state: what a sentence leaves from one step to the next.
    pub storage_bits: u64,
    pub pace: Pace,
    pub analog: Analog,
    pub fabric: FabricBudget,
    /// Largest error of the look-up tables seen where they were fitted, as a share.
    pub fabric_error: f64,
    pub constants: Vec<Constant>,
}

/// Why a design is not built for the part that `[target]` names.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum TargetError {
    #[error("[target] part = \"{0}\": expected one of {1}, or \"\" for no check; choose one")]
    Unknown(String, String),
    #[error("{0}")]
    TooLarge(String),
}

impl Budget {
    /// Counts and estimates.
    pub fn new(net: &CrossbarNet, config: &Config) -> Budget {
        let timing = Timing::new(&net.quant, &net.geometry, (&net.rounds, net.told()), &config.accelerator);
        let schedule = net.schedule();
        let stages = Stages { quant: &net.quant, schedule: &schedule, timing: &timing };
        Budget {
            tiles: net.tiles(),
            adcs: net.tiles() * net.geometry.adcs(),
            rom_bits: rom_bits(net),
            storage_bits: storage_bits(net),
            pace: Pace::new(&stages, config.accelerator.clock_mhz),
            analog: Analog::new(net),
            fabric: digital::fabric(net, config),
            fabric_error: LUT_ERROR,
            constants: ALL.into_iter().cloned().collect(),
        }
    }

    /// Energy of the analog part for reading and writing a sentence of the budget's length, in pJ.
    pub fn sentence_pj(&self) -> f64 {
        let of = |energy: &Energy, times: usize| energy.total_pj * times as f64;
        let a = &self.analog;
        let words = self.pace.sentence_words;
        of(&a.energy_token_read, words + 2)
            + of(&a.energy_sentence, 1)
            + of(&a.energy_token_written, words + 1)
    }

    /// Refuses a design that does not fit the named part even if the estimate is too large by its
    /// error; `""` is any part. A warning if it may or may not fit.
    ///
    /// # Errors
    ///
    /// It cannot fit, or no part has that name.
    pub fn check_target(&self, part: &str) -> Result<Option<String>, TargetError> {
        if part.is_empty() {
            return Ok(None);
        }
        let names = || super::PARTS.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
        let found = Part::find(part).ok_or_else(|| TargetError::Unknown(part.into(), names()))?;
        let need = self.fabric.of(found.family);
        let verdict = found.judge(need);
        if verdict.fits() {
            return Ok(None);
        }
        let message = self.does_not_fit(part, &verdict);
        let hopeless = !found.judge(need.at_least(self.fabric_error)).fits();
        if hopeless { Err(TargetError::TooLarge(message)) } else { Ok(Some(message)) }
    }

    /// What lacks on a part, who takes it and what can be done.
    fn does_not_fit(&self, part: &str, verdict: &Verdict) -> String {
        // The worst of what is lacking names the consumer to shrink.
        let lacks = |&(_, need, has): &(&str, u64, u64)| need as f64 / has.max(1) as f64;
        let worst =
            verdict.lacking.iter().max_by(|a, b| lacks(a).total_cmp(&lacks(b))).expect("something lacks");
        let resource: fn(&Fabric) -> u64 = match worst.0 {
            "look-up tables" => |f| f.lut,
            "flip-flops" => |f| f.ff,
            "multipliers" => |f| f.dsp,
            _ => |f| f.bram,
        };
        let (consumer, share) = self.fabric.largest(resource).expect("a design has modules");
        let list = |&(what, need, has): &(&str, u64, u64)| format!("{need} {what} of {has}");
        let lacking = verdict.lacking.iter().map(list).collect::<Vec<_>>().join(", ");
        let other = Part::smallest(&self.fabric).map_or_else(
            || "no listed part holds it".into(),
            |p| format!("the smallest listed part that holds it is {} ({})", p.name, p.board),
        );
        format!(
            "[target] part = \"{part}\": expected a design that fits, found an estimate of {lacking}; {:.0} % of the {} \
             are {}: {}; {other} (the estimate may be off by {:.0} %; `--force` or part = \"\" generate it all the same)",
            100.0 * share,
            worst.0,
            consumer.name(),
            consumer.knob(),
            100.0 * self.fabric_error,
        )
    }
}

/// Words of all images: cells with those of unused columns, embeddings, tables.
fn rom_bits(net: &CrossbarNet) -> u64 {
    let g = &net.geometry;
    let quant = &net.quant;
    let blocks = quant.network.blocks.iter().zip(&quant.blocks).zip(&net.rounds);
    let stored = |((block, quant), &rounds): ((&crate::model::Block, &QuantBlock), &usize)| {
        let names = quant.matrix_names(&block.name);
        let own = || names.iter().map(|n| net.matrices[n].mapped().physical_tiles(rounds)).sum::<usize>();
        // Logical tiles in the memories, empty ones included.
        let tiles = match &net.engine {
            Some(engine) => names.iter().map(|n| engine.rounds(n)).sum::<usize>() * engine.tiles,
            None => own() * rounds,
        };
        let cells = g.slots * g.adcs() * g.code_bits as usize * g.rows;
        let codes = match quant {
            QuantBlock::Embedding { codes } => codes.len() * net.quant.fixed.input_bits as usize,
            _ => 0,
        };
        tiles * cells + codes
    };
    let table = |t: &Table| t.values.len() * (t.output.bits + t.delta_bits) as usize;
    let octaves = |t: &OctaveTable| t.words.len() * t.bits as usize;
    let tables = quant.tables().into_iter().map(table).sum::<usize>();
    let noise = quant.noises().into_iter().map(|(_, table)| octaves(table)).sum::<usize>();
    (blocks.map(stored).sum::<usize>() + tables + noise) as u64
}

/// States and kept moments, and the codes that drive word lines with them.
fn storage_bits(net: &CrossbarNet) -> u64 {
    let fixed = &net.quant.fixed;
    let (state, input) = (u64::from(fixed.state_bits), u64::from(fixed.input_bits));
    let blocks = net.quant.blocks.iter().enumerate();
    let bits = |(id, quant): (usize, &QuantBlock)| {
        let width = net.quant.network.width(id) as u64;
        match quant {
            QuantBlock::Cell(cell) => {
                width * (state + input) + if cell.c.is_some() { width * state } else { 0 }
            }
            QuantBlock::Moments { .. } if !net.quant.network.is_once(id) => 2 * width * state,
            QuantBlock::Values { .. } => 2 * width * state,
            QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Elementwise { .. } => width * (state + input),
            QuantBlock::Embedding { .. }
            | QuantBlock::Moments { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Vocabulary { .. }
            | QuantBlock::Label { .. } => 0,
            QuantBlock::Bits { .. } => width,
        }
    };
    blocks.map(bits).sum()
}
