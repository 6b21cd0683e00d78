//! What each module of `rtl/` takes on an ECP5, as formulas over its parameters.
//!
//! The coefficients were fitted to `yosys synth_ecp5` (0.70) of single modules
//! (`scripts/fit_budget.py`) and to whole designs as `hvae synth --flow ecp5` makes them, hierarchy
//! kept: refit here when a module changes. A look-up table is a LUT4; a carry cell counts as
//! two, a 16 x 4 memory as four.

use super::Fabric;
use crate::config::{CellKind, Fixed};
use crate::model::Combination;

/// Look-up tables of six inputs that do the work of one of four, over whole designs.
pub const XILINX_LUTS_PER_LUT4: f64 = 0.5;

/// Largest error of the look-up tables of a whole design against synthesis, as a share:
/// `scripts/fit_budget.py` over its designs.
pub const LUT_ERROR: f64 = 0.25;

/// Most words of a memory that is only read and made of look-up tables; larger ones become block
/// RAM. (yosys begins to at 65 words, for one tile in four.)
const LOGIC_WORDS: usize = 127;

/// A tile, and what of it weights make busy: cells that hold nothing leave no logic.
#[derive(Debug, Clone, Copy)]
pub struct TileShape {
    /// Word lines with an input, converters with a weight.
    pub used_rows: usize,
    /// Converters with a weight.
    pub used_adcs: usize,
    /// Converters.
    pub adcs: usize,
    /// Sums that are accumulated side by side, that of the offset column included.
    pub sums: usize,
    /// Sums that are kept: those of all rounds.
    pub weights: usize,
    /// Columns under a converter, of all rounds.
    pub columns: usize,
    /// Bits of the code of a cell.
    pub code_bits: u32,
    /// Bits of a digit of an input.
    pub dac_bits: u32,
    /// Bits of a conversion.
    pub adc_bits: u32,
    /// Bits of an accumulator.
    pub acc_bits: u32,
    /// No conversion can clip.
    pub lossless: bool,
}

/// `hvae_tile` with its core.
pub fn tile(t: &TileShape) -> Fabric {
    // Cells seen in a cycle, which meet as many driven word lines. As logic, a cell is a
    // function of the column that is selected: the more columns, the less they have in common.
    let cells = t.used_adcs * t.used_rows * t.code_bits as usize;
    let counted = cells as f64 * f64::from(t.dac_bits);
    let (memory, bram) = if t.columns > LOGIC_WORDS {
        (0.0, blocks(t.columns, cells))
    } else {
        (0.25 * (t.columns as f64).powf(0.75), 0)
    };
    let acc = f64::from(t.acc_bits);
    // One adder a converter; a sum is picked, shifted and put back.
    let accumulate = acc * (3.5 * t.adcs as f64 + 3.0 * t.sums as f64);
    let clips = if t.lossless { 0.0 } else { 15.0 };
    let lut = 35.0 + 2.4 * counted + cells as f64 * memory + accumulate + clips;
    let spans =
        (t.used_adcs * t.code_bits as usize * t.used_rows.div_ceil(32)) as f64 * f64::from(t.dac_bits);
    let sum_bits = (t.used_rows as f64).log2() + f64::from(t.code_bits + t.dac_bits);
    let converter = sum_bits + f64::from(t.adc_bits);
    let column = if bram > 0 { 0.0 } else { 0.6 * cells as f64 * (t.columns as f64 / 16.0).min(1.0) };
    let ff = 75.0 + acc * (t.sums + t.weights) as f64 + 6.0 * spans + t.adcs as f64 * converter + column;
    Fabric { bram, ..Fabric::of(lut, ff) }
}

/// `hvae_dac`: a multiplexer over the phases in front of every word line.
pub fn word_lines(rows: usize, input_bits: u32, dac_bits: u32) -> Fabric {
    let digits = rows as f64 * f64::from(dac_bits);
    let phases = f64::from(input_bits.div_ceil(dac_bits));
    Fabric::of(digits * (2.0 + 0.5 * phases), digits)
}

/// The read port of `hvae_matvec`: every sum is an input of a multiplexer in front of a lane,
/// then rows of tiles are added.
pub fn read_port(outputs: usize, lanes: usize, row_tiles: usize, acc_bits: u32, sum_bits: u32) -> Fabric {
    let (outputs, lanes, rows) = (outputs as f64, lanes as f64, row_tiles as f64);
    let (acc, sum) = (f64::from(acc_bits), f64::from(sum_bits));
    let lut = 0.75 * outputs * acc * rows + (rows - 1.0) * lanes * sum;
    Fabric::of(lut, lanes * (rows * acc + sum) + 30.0)
}

/// `hvae_turns`: a row of tiles picked of several, small memories with an adder each behind the lanes, and what counts.
pub fn turns(
    rows: usize,
    row_tiles: usize,
    input_bits: u32,
    lanes: usize,
    groups: usize,
    sum_bits: u32,
) -> Fabric {
    let picked = if row_tiles > 1 { 0.5 * (rows * row_tiles * input_bits as usize) as f64 } else { 0.0 };
    let (lanes, sum) = (lanes as f64, f64::from(sum_bits));
    let memory = sum * groups.div_ceil(16) as f64;
    Fabric::of(picked + lanes * (memory + 2.0 * sum) + 190.0, 2.0 * lanes * sum + 100.0)
}

/// `hvae_engine` without its tiles: what is asked and told, and one of `words` sums.
pub fn engine(rows: usize, dac_bits: u32, matrices: usize, words: usize, acc_bits: u32) -> Fabric {
    let asked = (rows * dac_bits as usize + 60) as f64;
    let told = words as f64 * f64::from(acc_bits);
    Fabric::of(asked * (matrices as f64 - 1.0) / 3.0 + 0.4 * told, asked + 60.0)
}

/// `hvae_lanes_requant`.
pub fn requantisers(lanes: usize, in_bits: u32, out_bits: u32, shift: i32) -> Fabric {
    let lanes = lanes as f64;
    let each = if shift > 0 { 2.7 * f64::from(in_bits) } else { 1.75 * f64::from(out_bits) };
    Fabric::of(lanes * each, lanes * f64::from(out_bits) + 4.0)
}

/// `hvae_part_sum`.
pub fn part_sums(lanes: usize, parts: usize, bits: u32) -> Fabric {
    let (lanes, bits) = (lanes as f64, f64::from(bits));
    Fabric::of(2.5 * bits * lanes * (parts as f64 - 1.0), lanes * bits + 8.0)
}

/// One lane of `hvae_gate_*`, fitted at 16 bits.
pub fn gate(kind: CellKind, fixed: &Fixed) -> Fabric {
    let (lut, ff, tables, dsp) = match kind {
        CellKind::Rnn => (140.0, 96.0, 1, 1),
        CellKind::Gru => (620.0, 853.0, 3, 5),
        CellKind::Lstm => (760.0, 787.0, 5, 8),
    };
    let bits = f64::from(fixed.state_bits + fixed.pre_bits + fixed.table_bits) / 48.0;
    Fabric { dsp, ..Fabric::of(lut * bits, ff * bits) }
        + read_only(1 << fixed.table_address_bits, 28) * tables
}

/// A table of an activation with what interpolates in it, a lane.
pub fn activation(fixed: &Fixed) -> Fabric {
    let bits = f64::from(fixed.table_bits) / 16.0;
    Fabric { dsp: 1, ..Fabric::of(60.0 * bits, 75.0 * bits) } + read_only(1 << fixed.table_address_bits, 28)
}

/// `hvae_state_vec`: words in small memories, codes in flip-flops.
pub fn state(size: usize, lanes: usize, bits: u32, input_bits: u32) -> Fabric {
    let (words, lanes_bits) = (size.div_ceil(lanes), (lanes * bits as usize) as f64);
    let memory = lanes_bits * words.div_ceil(16) as f64;
    let lut = memory + lanes_bits + 50.0 * lanes as f64 + 0.7 * size as f64 + 10.0;
    Fabric::of(lut, (input_bits as usize * size) as f64 + lanes_bits + 18.0)
}

/// `hvae_state_vec` of which nobody reads the words: codes.
pub fn codes(size: usize, lanes: usize, input_bits: u32) -> Fabric {
    Fabric::of(50.0 * lanes as f64 + 0.7 * size as f64 + 10.0, (input_bits as usize * size) as f64 + 18.0)
}

/// Words of a state that drives no word lines (`HasPlanes` = 0).
pub fn cell_state(size: usize, lanes: usize, bits: u32) -> Fabric {
    let (words, lanes_bits) = (size.div_ceil(lanes), (lanes * bits as usize) as f64);
    Fabric::of(lanes_bits * (1.0 + words.div_ceil(16) as f64) + 13.0, lanes_bits + 2.0)
}

/// `hvae_sender`: a memory of a step beside the multiplexer in front of the answer.
pub fn sender(size: usize, lanes: usize, bits: u32) -> Fabric {
    let lanes_bits = (2 * lanes * bits as usize) as f64;
    // Of one group, flip-flops; of more, small memories.
    let groups = size.div_ceil(lanes);
    let (memory, held) =
        if groups > 1 { (lanes_bits * groups.div_ceil(16) as f64, 0.0) } else { (0.0, lanes_bits) };
    Fabric::of(0.9 * lanes_bits + memory + 20.0, lanes_bits + held + 45.0)
}

/// `hvae_combine` without its stage control, with what others see of it: look-up tables and flip-flops a bit of a
/// lane by what is done, and codes.
pub fn combine(size: usize, lanes: usize, function: Combination, inputs: usize, fixed: &Fixed) -> Fabric {
    let (lut, ff, dsp) = match function {
        Combination::Add | Combination::Subtract => (3.5 + inputs as f64, 2.1, 0),
        Combination::Multiply => (4.0, 3.1, lanes as u64),
        Combination::Blend => (7.0, 7.9, lanes as u64),
    };
    let lane_bits = (lanes * fixed.state_bits as usize) as f64;
    Fabric { dsp, ..Fabric::of(lane_bits * lut, lane_bits * ff + (fixed.input_bits as usize * size) as f64) }
}

/// `hvae_accumulate` without its stage control, with what others see of it: sums of `most` steps, and of a mean the shares.
pub fn accumulate(size: usize, lanes: usize, mean: bool, most: usize, fixed: &Fixed) -> Fabric {
    let more = most.next_power_of_two().trailing_zeros();
    let sum = (lanes * (fixed.state_bits + more) as usize) as f64;
    let groups = size.div_ceil(lanes).div_ceil(16) as f64;
    let codes = (fixed.input_bits as usize * size) as f64;
    let (lut, ff) = (sum * (2.0 + groups) + 2.7 * sum + 40.0, 2.0 * sum + codes + 40.0);
    Fabric::of(lut, ff) + if mean { share(lanes, most, fixed) } else { Fabric::default() }
}

/// `hvae_share`, and the products with it.
fn share(lanes: usize, most: usize, fixed: &Fixed) -> Fabric {
    let bits = fixed.state_bits + most.next_power_of_two().trailing_zeros();
    let each = u64::from((bits + 1).div_ceil(18)).pow(2);
    let product = 2.0 * f64::from(bits) * lanes as f64;
    Fabric { dsp: each * lanes as u64, ..Fabric::of(2.7 * product, product) }
        + read_only(most + 1, bits as usize + 1)
}

/// `hvae_pool`: sums of means and variances of `most` steps, and what makes moments of them.
pub fn pool(size: usize, lanes: usize, mean: bool, most: usize, fixed: &Fixed) -> Fabric {
    let more = most.next_power_of_two().trailing_zeros();
    let sums = (lanes * (fixed.state_bits + 2 * fixed.table_bits + 2 * more) as usize) as f64;
    let groups = size.div_ceil(lanes).div_ceil(16) as f64;
    let kept = (2 * size * fixed.state_bits as usize) as f64;
    let logarithm = Fabric { dsp: 2, ..Fabric::of(500.0, 400.0) } + read_only(512, 28);
    let logarithms = if mean { logarithm * 2 + share(1, most, fixed) } else { logarithm };
    activation(fixed) * lanes
        + Fabric {
            dsp: lanes as u64,
            ..Fabric::of(sums * (3.0 + groups) + size as f64, 3.0 * sums + kept + 300.0)
        }
        + logarithms
}

/// The part of `hvae_label` behind its logits: a comparison a lane, and a tree over them.
pub fn argmax(lanes: usize, bits: u32) -> Fabric {
    let each = 2.0 * lanes as f64;
    Fabric::of(each * 3.0 * f64::from(bits), each * f64::from(bits + 17))
}

/// Moments that `hvae_linear` keeps for the sampler.
pub fn kept(words: usize, bits: u32) -> Fabric {
    Fabric::of(0.0, (words * bits as usize) as f64)
}

/// One of two, bit by bit.
pub fn either(bits: usize) -> Fabric {
    Fabric::of(bits as f64, 0.0)
}

/// `hvae_latent`.
pub fn latent(size: usize) -> Fabric {
    let size = size as f64;
    Fabric { bram: 3, dsp: 2, ..Fabric::of(1600.0 + 30.0 * size, 1030.0 + 8.5 * size) }
}

/// `hvae_draw_sender`: both memories, and what counts.
pub fn draw_sender(size: usize, bits: u32) -> Fabric {
    read_only(size, 64 + bits as usize) + Fabric::of(60.0, 120.0)
}

/// `hvae_token_choice`: noise, a product and a comparison a lane.
pub fn token_choice(lanes: usize) -> Fabric {
    Fabric { bram: 3, dsp: 1, ..Fabric::of(1400.0, 720.0) } * lanes + Fabric::of(0.0, 200.0)
}

/// The part of `hvae_bits` that chooses `size` bits: noise and a product a lane, and the frame.
pub fn bit_choice(size: usize, lanes: usize) -> Fabric {
    Fabric { bram: 3, dsp: 1, ..Fabric::of(1340.0, 660.0) } * lanes
        + Fabric::of(size as f64, 2.0 * size as f64)
}

/// The part of it that scores a frame: a table a lane, a tree of sums, the frame to be predicted.
pub fn bit_scores(size: usize, lanes: usize) -> Fabric {
    let target = size as f64;
    Fabric { bram: 1, dsp: 1, ..Fabric::of(210.0, 280.0) } * lanes + Fabric::of(2.0 * target, target)
}

/// `hvae_log_prob`.
pub fn scores(lanes: usize) -> Fabric {
    Fabric { bram: 1, dsp: 2, ..Fabric::of(560.0, 425.0) } * lanes
        + Fabric { bram: 1, dsp: 3, ..Fabric::of(600.0, 108.0) }
}

/// A memory of `words` words of `bits` that is only read (`hvae_embedding`, tables).
pub fn read_only(words: usize, bits: usize) -> Fabric {
    if words > LOGIC_WORDS {
        return Fabric { bram: blocks(words, bits), ..Fabric::default() };
    }
    Fabric::of(bits as f64 * (words.next_power_of_two() as f64 / 16.0).max(1.0), bits as f64)
}

/// `hvae_stage_seq` with the delays of a stage.
pub fn stage_control() -> Fabric {
    Fabric::of(240.0, 130.0)
}

/// What every design has once: registers, job sequencer, keys, counters, buffers of `depth`.
pub fn control(depth: usize) -> Fabric {
    let (registers, jobs, keys) =
        (Fabric::of(1342.0, 193.0), Fabric::of(313.0, 47.0), Fabric::of(1297.0, 422.0));
    let counters = Fabric::of(1200.0, 240.0);
    let buffers = Fabric::of(120.0 + 2.0 * depth as f64, 120.0);
    registers + jobs + keys + counters + buffers
}

/// Block RAMs of 18 kbit for words of `bits`: each is as wide as its depth allows.
fn blocks(words: usize, bits: usize) -> u64 {
    let width = match words {
        0..=512 => 36,
        513..=1024 => 18,
        1025..=2048 => 9,
        2049..=4096 => 4,
        4097..=8192 => 2,
        _ => 1,
    };
    (bits.div_ceil(width) * words.div_ceil(16_384)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand.
    #[test]
    fn memories_take_the_blocks_that_their_shape_needs() {
        assert_eq!(blocks(512, 28), 1);
        assert_eq!(blocks(512, 37), 2);
        assert_eq!(blocks(2000, 512), 57);
        assert_eq!(blocks(9947, 4096), 4096);
        assert_eq!(blocks(65_536, 8), 32);
        // 23 words are a function of five inputs: two tables of four a bit.
        assert_eq!(read_only(23, 40).lut, 80);
        assert_eq!(read_only(64, 128), Fabric { lut: 512, ff: 128, bram: 0, dsp: 0 });
    }

    /// Single modules as yosys 0.70 made them of the RTL this was fitted to; alone they come
    /// out smaller than within a design whose hierarchy is kept.
    #[test]
    fn formulas_follow_the_modules_they_were_fitted_to() {
        let within = |name: &str, estimate: Fabric, lut: u64, ff: u64, share: f64| {
            for (what, said, made) in [("LUT", estimate.lut, lut), ("FF", estimate.ff, ff)] {
                let off = (said as f64 - made as f64).abs() / made as f64;
                assert!(off <= share, "{name}: {said} {what} estimated, {made} made");
            }
        };
        let shape = TileShape {
            used_rows: 32,
            used_adcs: 2,
            adcs: 2,
            weights: 2,
            sums: 2,
            columns: 8,
            code_bits: 2,
            dac_bits: 1,
            adc_bits: 7,
            acc_bits: 23,
            lossless: true,
        };
        within("tile", tile(&shape), 895, 252, 0.2);
        let taller = TileShape { used_rows: 128, adc_bits: 9, acc_bits: 25, ..shape };
        within("taller tile", tile(&taller), 2567, 408, 0.2);
        let in_rounds = TileShape { used_adcs: 8, adcs: 8, weights: 48, sums: 8, columns: 48, ..shape };
        within("tile in rounds", tile(&in_rounds), 5216, 2106, 0.2);
        let shared = TileShape { weights: 8, sums: 8, columns: 32, ..shape };
        within("four weights an ADC", tile(&shared), 1707, 600, 0.2);
        within("word lines", word_lines(32, 8, 1), 192, 32, 0.1);
        within("word lines of two bits a phase", word_lines(80, 8, 2), 640, 160, 0.1);
        // With their stage control, which the budget counts apart.
        let fixed = Fixed::default();
        let control = Fabric::of(150.0, 130.0);
        let combined = |function, inputs| combine(96, 8, function, inputs, &fixed) + control;
        within("sum", combined(Combination::Add, 2), 691, 1174, 0.25);
        within("product", combined(Combination::Multiply, 2), 663, 1294, 0.1);
        within("blend", combined(Combination::Blend, 3), 1046, 1908, 0.1);
        within("words", cell_state(96, 8, 16), 306, 137, 0.2);
        within("sender", sender(8, 8, 16), 248, 558, 0.1);
        within("scores", scores(8), 4288, 3503, 0.2);
        within("token choice", token_choice(8), 11_340, 5787, 0.1);
    }
}
