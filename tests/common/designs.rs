//! Small designs that together use every switch of the emitter at least once.

use super::{mapped, tiny};
use hvae_mnn::config::{AdcRange, CellKind, Config, Crossbar, Encoding, LatentFrom, RangeOf, SliceOrder};

use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::quant::{QuantBlock, QuantNet};

/// A design of the matrix.
pub struct Small {
    pub name: &'static str,
    /// Its converters are too narrow: conversions must clip.
    pub clips: bool,
    /// Its integers are changed so that every place of the data path clips, and does not always.
    pub strained: bool,
    pub config: Config,
}

impl Small {
    /// Random weights on tiles, and sentences they can read.
    pub fn mapped(&self) -> (CrossbarNet, Vec<Vec<u32>>) {
        let (net, sentences) = mapped(&self.config, 1);
        if !self.strained {
            return (net, sentences);
        }
        let mut quant = net.quant;
        strain(&mut quant);
        (CrossbarNet::new(quant, &self.config).unwrap(), sentences)
    }
}

/// Larger numbers everywhere, formats that do not hold 1, and a sigmoid that goes beyond it: nothing
/// less makes the gates leave their formats.
fn strain(quant: &mut QuantNet) {
    let bits = quant.fixed.state_bits;
    let mut lstms = 0;
    for block in &mut quant.blocks {
        match block {
            QuantBlock::Cell(cell) => {
                cell.parts.iter_mut().for_each(|part| part.shift -= 4);
                cell.h.frac = bits as i32 - 1;
                if let Some(c) = &mut cell.c {
                    // One too narrow for a product, one wider than a pre-activation.
                    c.frac = bits as i32 - if lstms % 2 == 0 { 1 } else { 6 };
                    lstms += 1;
                }
            }
            QuantBlock::Moments { shift, .. }
            | QuantBlock::Values { shift, .. }
            | QuantBlock::Vocabulary { shift, .. }
            | QuantBlock::Label { shift, .. }
            | QuantBlock::Bits { shift, .. }
            | QuantBlock::Dense { shift, .. } => *shift -= 4,
            QuantBlock::Linear { shift, shift_c, .. } => {
                *shift -= 5;
                shift_c.iter_mut().for_each(|shift| *shift -= 5);
            }
            QuantBlock::Embedding { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Elementwise { .. } => {}
        }
    }
    let steep = |n: &mut i32| *n = *n * 15 / 8;
    let table = &mut quant.sigmoid;
    table.values.iter_mut().chain(&mut table.deltas).for_each(steep);
    table.delta_bits += 1;
}

use CellKind::{Gru, Lstm, Rnn};
use Encoding::{Differential, Offset};

fn small(name: &'static str, cells: &[CellKind], change: impl Fn(&mut Config)) -> Small {
    let mut config = tiny(cells);
    change(&mut config);
    Small { name, clips: false, strained: false, config }
}

/// Rows, columns, columns that share a converter, encoding.
fn tile(config: &mut Config, rows: usize, columns: usize, columns_per_adc: usize, encoding: Encoding) {
    config.crossbar = Crossbar { rows, columns, columns_per_adc, encoding, ..config.crossbar.clone() };
}

/// Every pair of cells; tiles that the inputs do not fill, and many row tiles; one bit and
/// more a phase; tiles in rounds, phases without a digit skipped; converters that are exact, too
/// coarse, too narrow, noisy and bent; both encodings; several converters a weight and several
/// weights a converter; decoders of another depth.
pub fn designs() -> Vec<Small> {
    let clipping = |design: Small| Small { clips: true, ..design };
    vec![
        small("rnn-rnn-in-rounds", &[Rnn, Rnn], |c| c.crossbar.physical_tiles = 40),
        small("rnn-gru-offset-unfilled", &[Rnn, Gru], |c| tile(c, 32, 17, 4, Offset)),
        small("rnn-lstm-dac2", &[Rnn, Lstm], |c| c.crossbar.dac_bits = 2),
        small("gru-rnn-offset-dac2-shared-noisy-adc", &[Gru, Rnn], |c| {
            tile(c, 16, 41, 8, Offset);
            (c.crossbar.dac_bits, c.crossbar.physical_tiles) = (2, 16);
            c.accelerator.skip_zero_phases = true;
            // A range that begins four deviations below 0: nothing clips.
            (c.noise.comparator, c.crossbar.adc_zero) = (0.5, 2);
            (c.crossbar.reads, c.crossbar.read_phases) = (4, 2);
        }),
        clipping(small("gru-gru-narrow-adc-skips-zeros", &[Gru, Gru], |c| {
            c.crossbar.adc_bits = 2;
            c.accelerator.skip_zero_phases = true;
        })),
        small("gru-lstm-two-adcs-a-weight", &[Gru, Lstm], |c| {
            tile(c, 8, 48, 4, Differential);
            c.crossbar.adc_shift = 1;
            (c.crossbar.adc_range, c.crossbar.adc_range_of) = (AdcRange::Full, RangeOf::Tile);
            c.crossbar.calibrate_columns = true;
        }),
        small("lstm-rnn-four-weights-an-adc", &[Lstm, Rnn], |c| {
            tile(c, 16, 33, 16, Differential);
            (c.crossbar.cell_bits, c.crossbar.slice_order) = (4, SliceOrder::HighFirst);
            c.fixed.weight_clip = Some(0.01);
            c.fixed.column_scales = true;
        }),
        clipping(small("lstm-gru-offset-dac2-narrow-adc", &[Lstm, Gru], |c| {
            tile(c, 8, 33, 4, Offset);
            (c.crossbar.dac_bits, c.crossbar.adc_bits, c.crossbar.adc_shift) = (2, 4, 1);
            c.crossbar.flip = true;
        })),
        clipping(small("lstm-lstm-unfilled-wide-lanes-noisy-cells", &[Lstm, Lstm], |c| {
            tile(c, 64, 64, 8, Differential);
            (c.accelerator.gate_lanes, c.accelerator.token_lanes) = (8.into(), 32.into());
            c.accelerator.score = false;
            (c.noise.cell, c.noise.inl) = (0.1, 0.5);
        })),
        clipping(small("gru-gru-to-lstm-three-adcs-a-weight", &[Gru, Gru], |c| {
            c.model.decoder_cells = Some(vec![Lstm]);
            tile(c, 8, 27, 3, Differential);
            (c.crossbar.dac_bits, c.crossbar.adc_bits) = (2, 4);
        })),
        small("lstm-rnn-to-gru-gru-top", &[Lstm, Rnn], |c| {
            c.model.decoder_cells = Some(vec![Gru, Gru]);
            c.model.latent_from = LatentFrom::Top;
        }),
        small("gru-to-rnn-lstm-offset-two-adcs-a-weight", &[Gru], |c| {
            c.model.decoder_cells = Some(vec![Rnn, Lstm]);
            tile(c, 16, 37, 3, Offset);
            c.crossbar.slice_order = SliceOrder::HighFirst;
        }),
        small("lstm-one-lane-in-rounds", &[Lstm], |c| {
            (c.accelerator.gate_lanes, c.accelerator.token_lanes) = (1.into(), 1.into());
            c.crossbar.physical_tiles = 25;
            (c.crossbar.dodge_faults, c.device.stuck_off) = (true, Some(0.02));
        }),
        small("gru-rnn-odd-widths", &[Gru, Rnn], |c| {
            let f = &mut c.fixed;
            (f.weight_bits, f.input_bits, f.state_bits, f.pre_bits, f.pre_frac) = (5, 7, 12, 14, 9);
            (f.table_bits, f.table_address_bits, f.logit_bits) = (12, 6, 13);
            (c.crossbar.cell_bits, c.crossbar.dac_bits, c.crossbar.columns_per_adc) = (1, 3, 8);
        }),
        small("three-levels", &[Gru, Rnn, Lstm], |c| {
            tile(c, 8, 26, 9, Differential);
            // More lanes than words.
            c.accelerator.token_lanes = 32.into();
        }),
        clipping(small("rnn-offset-coarse-adc", &[Rnn], |c| {
            tile(c, 16, 25, 12, Offset);
            (c.crossbar.adc_bits, c.crossbar.adc_shift) = (2, 2);
        })),
        Small {
            strained: true,
            ..small("strained-gru-lstm-to-rnn-lstm", &[Gru, Lstm], |c| {
                c.model.decoder_cells = Some(vec![Rnn, Lstm]);
                c.fixed.state_bits = 14;
                tile(c, 32, 64, 8, Differential);
                // More groups of lanes than a gate has stages.
                (c.model.hidden, c.accelerator.gate_lanes) = (18, 1.into());
            })
        },
    ]
}
