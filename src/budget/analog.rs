//! Conversions of a token, and energy and area of the analog part from published figures.
//!
//! Only what is published is counted: converters, word-line drivers, cells, sample and hold,
//! shift and add. Gates, memories, sequencers and wires of the digital side are not, nor is leakage.

use super::constants::{
    ADC_BY_BITS, ADC_ENERGY, ADC_ENERGY_PUMA, ADC_RULE, CELL_AREA, CELL_ENERGY, DAC_AREA, DAC_ENERGY,
    DAC_RULE, HOLD_AREA, HOLD_ENERGY, SHIFT_ADD_AREA, SHIFT_ADD_ENERGY,
};
use crate::crossbar::CrossbarNet;
use crate::model::Over;
use crate::quant::{IntMatrix, QuantBlock};
use serde::Serialize;

/// Conversions of all ADCs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Conversions {
    /// Of a token that is read.
    pub token_read: u64,
    /// Of a token that is written.
    pub token_written: u64,
    /// Once a sentence: first states of the decoder.
    pub sentence: u64,
}

/// Energy of one token, or of what is done once a sentence, in pJ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Energy {
    /// Of the converters.
    pub adc_pj: f64,
    /// Of the drivers of word lines.
    pub dac_pj: f64,
    /// Of the cells.
    pub cells_pj: f64,
    /// Of sampling and holding column sums.
    pub sample_hold_pj: f64,
    /// Of shifting and adding codes.
    pub shift_add_pj: f64,
    /// Of all of them.
    pub total_pj: f64,
    /// `adc_pj` again with PUMA's figure, which does not depend on the resolution.
    pub adc_puma_pj: f64,
}

/// Area of all tiles, in um2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Area {
    /// Of the converters.
    pub adc_um2: f64,
    /// Of the drivers of word lines.
    pub dac_um2: f64,
    /// Of the cells.
    pub cells_um2: f64,
    /// Of sampling and holding column sums.
    pub sample_hold_um2: f64,
    /// Of shifting and adding codes.
    pub shift_add_um2: f64,
    /// Of all of them.
    pub total_um2: f64,
}

/// The analog part of a design.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Analog {
    /// How many, by what is done.
    pub conversions: Conversions,
    /// Of a token that is read.
    pub energy_token_read: Energy,
    /// Of a token that is written.
    pub energy_token_written: Energy,
    /// Of what is done once a sentence.
    pub energy_sentence: Energy,
    /// Of all tiles.
    pub area: Area,
    /// By which rule the published converter became this one.
    pub adc_rule: String,
    /// The same of the driver of a word line.
    pub dac_rule: String,
}

/// A converter of some resolution.
#[derive(Debug, Clone, PartialEq)]
pub struct AdcFigures {
    /// Of a conversion.
    pub energy_pj: f64,
    /// Of one converter.
    pub area_um2: f64,
    /// How it follows from the published one.
    pub rule: String,
}

/// Energy and area of a converter of `bits`. Beyond the published range the nearest published
/// converter stands in, and the rule says which side of the truth that is.
pub fn adc_figures(bits: u32) -> AdcFigures {
    let (low, high) = (ADC_BY_BITS[0], ADC_BY_BITS[ADC_BY_BITS.len() - 1]);
    let used = bits.clamp(low.0, high.0);
    let &(_, energy_pj, area_um2) = ADC_BY_BITS
        .iter()
        .find(|row| row.0 == used)
        .expect("the table has every resolution between its ends");
    let rule = match bits {
        8 => ADC_ENERGY.source.to_string(),
        b if b < low.0 => {
            format!("no figure for {b} bits: that of {} bits, an upper bound ({ADC_RULE})", low.0)
        }
        b if b > high.0 => {
            format!("no figure for {b} bits: that of {} bits, a lower bound ({ADC_RULE})", high.0)
        }
        b => format!("{b} bits: {ADC_RULE}"),
    };
    AdcFigures { energy_pj, area_um2, rule }
}

/// What happens in the tiles of some blocks when each works once.
#[derive(Debug, Clone, Copy, Default)]
struct Activity {
    conversions: u64,
    /// Word lines driven, once a phase.
    drives: u64,
    /// Cells and columns read, once a phase: a sample and hold keeps every column until its slot.
    cells: u64,
    columns: u64,
}

impl Analog {
    pub(super) fn new(net: &CrossbarNet) -> Analog {
        let adc = adc_figures(net.geometry.adc_bits);
        let dac = f64::from(1u32 << (net.geometry.dac_bits - 1).min(16));
        let of = |works| activity(net, works);
        let (read, written, once) = (of(Works::Read), of(Works::Written), of(Works::Once));
        let energy = |a: Activity| {
            let adc_pj = a.conversions as f64 * adc.energy_pj;
            let dac_pj = a.drives as f64 * DAC_ENERGY.value * dac;
            let cells_pj = a.cells as f64 * CELL_ENERGY.value;
            let sample_hold_pj = a.columns as f64 * HOLD_ENERGY.value;
            let shift_add_pj = a.conversions as f64 * SHIFT_ADD_ENERGY.value;
            Energy {
                adc_pj,
                dac_pj,
                cells_pj,
                sample_hold_pj,
                shift_add_pj,
                total_pj: adc_pj + dac_pj + cells_pj + sample_hold_pj + shift_add_pj,
                adc_puma_pj: a.conversions as f64 * ADC_ENERGY_PUMA.value,
            }
        };
        Analog {
            conversions: Conversions {
                token_read: read.conversions,
                token_written: written.conversions,
                sentence: once.conversions,
            },
            energy_token_read: energy(read),
            energy_token_written: energy(written),
            energy_sentence: energy(once),
            area: area(net, adc.area_um2, dac),
            adc_rule: adc.rule,
            dac_rule: DAC_RULE.into(),
        }
    }
}

/// How often a matrix works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Works {
    /// At every position that is read.
    Read,
    /// At every token that is written.
    Written,
    /// Once a sequence.
    Once,
    /// Never: nobody reads it.
    Never,
}

/// Rows of tiles, logical tiles of a row, and rounds of every matrix with when it works: a product that
/// stays the same in a sentence, once; one that nobody reads, never.
fn matrices(net: &CrossbarNet) -> impl Iterator<Item = (Works, usize, usize, usize)> + '_ {
    let g = &net.geometry;
    let schedule = net.schedule();
    let blocks = net.quant.network.blocks.iter().zip(&net.quant.blocks).zip(&net.rounds).enumerate();
    blocks.flat_map(move |(id, ((block, quant), &rounds))| {
        let once = |part: usize| match quant {
            QuantBlock::Cell(cell) => schedule.constant(cell.parts[part].edge.block, id),
            _ => false,
        };
        let body = schedule.body(block.within);
        let idle = body.idle.contains(&id);
        let at_last = body.at_last.contains(&id);
        let works = |part| match body.over {
            _ if idle => Works::Never,
            _ if once(part) || at_last => Works::Once,
            Over::Positions | Over::Backwards => Works::Read,
            Over::Written => Works::Written,
            Over::Once | Over::Turns | Over::Heard => Works::Once,
        };
        let matrix = |(part, m): (usize, &IntMatrix)| {
            let rows = m.rows().div_ceil(g.rows);
            (works(part), rows, m.weights.nrows().div_ceil(g.logical_columns()), rounds)
        };
        quant.matrices().into_iter().enumerate().map(matrix).collect::<Vec<_>>()
    })
}

fn activity(net: &CrossbarNet, works: Works) -> Activity {
    let g = &net.geometry;
    let mut sum = Activity::default();
    for (_, row_tiles, logical, _) in matrices(net).filter(|m| m.0 == works) {
        // A physical tile that has no columns in a round is idle.
        let turns = (row_tiles * logical * g.all_reads()) as u64;
        sum.conversions += turns * (g.slots * g.adcs()) as u64;
        sum.drives += turns * g.rows as u64;
        sum.cells += turns * (g.rows * g.columns) as u64;
        sum.columns += turns * g.columns as u64;
    }
    sum
}

fn area(net: &CrossbarNet, adc: f64, dac: f64) -> Area {
    let g = &net.geometry;
    let mut area = Area::default();
    // Tiles, and the logical tiles that each holds.
    let physical: Vec<(usize, usize)> = match &net.engine {
        Some(engine) => vec![(engine.tiles, engine.images())],
        None => matrices(net)
            .map(|(_, rows, logical, rounds)| (rows * logical.div_ceil(rounds), rounds))
            .collect(),
    };
    for (tiles, rounds) in physical {
        let tiles = tiles as f64;
        let (rows, columns) = (g.rows as f64, (g.columns * rounds) as f64);
        area.adc_um2 += tiles * g.adcs() as f64 * adc;
        area.dac_um2 += tiles * rows * DAC_AREA.value * dac;
        area.cells_um2 += tiles * rows * columns * CELL_AREA.value;
        area.sample_hold_um2 += tiles * g.columns as f64 * HOLD_AREA.value;
        area.shift_add_um2 += tiles * g.adcs() as f64 * SHIFT_ADD_AREA.value;
    }
    area.total_um2 = area.adc_um2 + area.dac_um2 + area.cells_um2 + area.sample_hold_um2 + area.shift_add_um2;
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_converter_outside_the_published_range_is_said_to_be_a_bound() {
        assert_eq!((adc_figures(8).energy_pj, adc_figures(8).area_um2), (1.667, 1200.0));
        assert_eq!(adc_figures(9).energy_pj, 1.969);
        assert!(adc_figures(12).rule.contains("a lower bound"));
        assert_eq!(adc_figures(12).energy_pj, adc_figures(10).energy_pj);
        assert!(adc_figures(2).rule.contains("an upper bound"));
    }
}
