//! Conversions in bit slices: 512 columns are counted, converted and added up at once.
//!
//! A word holds one bit of each of 512 columns. Rows whose digit is set are counted with
//! full adders over words (carry-save counters), the converter clips by a disjunction of
//! the planes above its range, and shift-and-add is a ripple of full adders. No number
//! leaves the bit planes before the product is complete.

use super::adders::{add, add_constant, count, subtract};
use super::drive::Drive;
use super::lanes::{Lanes, Word, transpose};
use super::wide::{self, Level};
use crate::crossbar::TileGeometry;

/// Widest sum of one conversion, in planes.
const MOST_SUM: usize = 40;
/// Rows up to which five planes hold eighths of a count.
const FEW_ROWS: usize = 255;
/// Rows up to which eight do.
pub const MOST_ROWS: usize = 2047;

/// Columns of several cells a lane, with what converts them.
#[derive(Debug, Clone)]
pub struct Sliced {
    rows: usize,
    row_tiles: usize,
    groups: usize,
    /// Cells of a lane.
    cells: Vec<Cell>,
    /// Bit planes of the cells, each of `rows` words and one of zeros.
    planes: Vec<Word>,
    /// [group][row tile][cell].
    blocks: Vec<Block>,
    converter: Converter,
    /// Planes of a column sum, its sign included.
    sum_bits: usize,
    /// Planes of an accumulator.
    pub total_bits: usize,
}

/// What a column of a lane is worth.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Significance, as a power of two.
    pub shift: u32,
    /// It counts for less.
    pub negative: bool,
}

/// The cells of 512 lanes on one row of tiles.
#[derive(Debug, Clone)]
struct Block {
    /// Where its planes begin.
    first: usize,
    /// Bits of the code of which some cell has one.
    bits: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Converter {
    phases: usize,
    dac_bits: usize,
    adc_bits: usize,
    shift: usize,
    offset: i64,
}

/// One product of many vectors; see [`Sliced::apply`].
pub struct Product<'a> {
    matrix: &'a Sliced,
    drives: &'a [Drive],
    /// [vector][group][plane].
    totals: &'a mut [Word],
    clips: &'a mut [u64],
}

/// Column sums of one vector before any converter; see [`Sliced::sums`].
pub struct Sums<'a> {
    matrix: &'a Sliced,
    drive: &'a Drive,
    visit: &'a mut dyn FnMut(Columns),
}

/// Sums of one cell of up to 512 lanes on one row of tiles in one phase.
pub struct Columns<'a> {
    /// The row of tiles.
    pub row_tile: usize,
    /// Most significant digit first.
    pub phase: usize,
    /// The cell of the weight.
    pub cell: usize,
    /// The first lane; the others follow.
    pub lane: usize,
    /// What flows, before offset, noise, rounding and clipping.
    pub sums: &'a [i32; Word::LANES],
}

impl Sliced {
    /// `lanes` lanes of `cells` cells each; `code(lane, cell, row)` is the conductance code
    /// on a row of the matrix. `None` for shapes whose sums do not fit.
    pub fn new(
        g: &TileGeometry,
        lanes: usize,
        rows: usize,
        cells: Vec<Cell>,
        code: impl Fn(usize, usize, usize) -> u8,
    ) -> Option<Sliced> {
        let bits = |value: i64| (i64::BITS - value.leading_zeros()) as usize;
        let round = if g.adc_shift > 0 { 1 << (g.adc_shift - 1) } else { 0 };
        let sum_bits = bits(g.peak_sum() + g.adc_offset + round) + 1;
        let row_tiles = rows.div_ceil(g.rows);
        let value_bits = sum_bits.max((g.adc_bits + g.adc_shift) as usize);
        let weight: i64 = cells.iter().map(|c| 1i64 << c.shift).sum();
        let total_bits =
            value_bits + g.phases * g.dac_bits as usize + bits(weight) + bits(row_tiles as i64) + 1;
        if sum_bits > MOST_SUM || total_bits > 62 || g.rows > MOST_ROWS {
            return None;
        }
        let groups = lanes.div_ceil(Word::LANES);
        let mut planes = Vec::new();
        let mut blocks = Vec::with_capacity(groups * row_tiles * cells.len());
        for group in 0..groups {
            let first_lane = group * Word::LANES;
            let within = Word::LANES.min(lanes - first_lane);
            for tile in 0..row_tiles {
                let used = g.rows.min(rows - tile * g.rows);
                for cell in 0..cells.len() {
                    let mut block = Block { first: planes.len(), bits: Vec::new() };
                    let mut all = vec![vec![Word::ZERO; g.rows + 1]; g.code_bits as usize];
                    for r in 0..used {
                        for lane in 0..within {
                            let code = code(first_lane + lane, cell, tile * g.rows + r);
                            for (bit, plane) in all.iter_mut().enumerate() {
                                if code >> bit & 1 == 1 {
                                    plane[r].set(lane);
                                }
                            }
                        }
                    }
                    for (bit, plane) in all.into_iter().enumerate() {
                        if plane.iter().any(|w| *w != Word::ZERO) {
                            block.bits.push(bit as u8);
                            planes.extend(plane);
                        }
                    }
                    blocks.push(block);
                }
            }
        }
        let converter = Converter {
            phases: g.phases,
            dac_bits: g.dac_bits as usize,
            adc_bits: g.adc_bits as usize,
            shift: g.adc_shift as usize,
            offset: g.adc_offset,
        };
        Some(Sliced {
            rows: g.rows,
            row_tiles,
            groups,
            cells,
            planes,
            blocks,
            converter,
            sum_bits,
            total_bits,
        })
    }

    /// What all lanes of each vector add up to, [vector][lane], and the conversions that clipped.
    pub fn apply(&self, level: Level, drives: &[Drive]) -> (Vec<Vec<i64>>, Vec<u64>) {
        let mut totals = vec![Word::ZERO; drives.len() * self.groups * self.total_bits];
        let mut clips = vec![0; drives.len()];
        wide::product(level, Product { matrix: self, drives, totals: &mut totals, clips: &mut clips });
        let lifted = self.lifted();
        let numbers = totals.chunks(self.groups * self.total_bits).map(|of_vector| {
            let mut numbers = vec![0; self.groups * Word::LANES];
            let groups = of_vector.chunks(self.total_bits).zip(numbers.chunks_mut(Word::LANES));
            for (planes, numbers) in groups {
                to_numbers(planes, |lane, number| numbers[lane] = number - lifted);
            }
            numbers
        });
        (numbers.collect(), clips)
    }

    /// Calls `visit` with the sums of every column in every phase.
    pub fn sums(&self, level: Level, drive: &Drive, visit: &mut dyn FnMut(Columns)) {
        wide::sums(level, Sums { matrix: self, drive, visit });
    }

    /// What the converters' offset adds to a lane when it is not taken out conversion by conversion.
    fn lifted(&self) -> i64 {
        let c = &self.converter;
        let weight = |c: &Cell| if c.negative { -1 } else { 1 } << c.shift;
        let cells: i64 = self.cells.iter().map(weight).sum();
        (c.offset * cells * self.row_tiles as i64) << ((c.phases - 1) * c.dac_bits)
    }

    #[inline(always)]
    fn block(&self, group: usize, row_tile: usize, cell: usize) -> &Block {
        &self.blocks[(group * self.row_tiles + row_tile) * self.cells.len() + cell]
    }
}

/// Planes of 512 signed numbers, least significant first, to the numbers.
#[inline(always)]
fn to_numbers(planes: &[Word], mut put: impl FnMut(usize, i64)) {
    for w in 0..8 {
        let sign = planes[planes.len() - 1].0[w];
        let mut words = [sign; 64];
        for (word, plane) in words.iter_mut().zip(planes) {
            *word = plane.0[w];
        }
        transpose(&mut words);
        for (i, &word) in words.iter().enumerate() {
            put(w * 64 + i, word as i64);
        }
    }
}

/// The product in registers of `L`. Inlined whole into a function compiled for them.
#[inline(always)]
pub fn product<L: Lanes>(call: Product) {
    if call.matrix.rows <= FEW_ROWS {
        product_of::<L, 5>(call);
    } else {
        product_of::<L, 8>(call);
    }
}

#[inline(always)]
fn product_of<L: Lanes, const H: usize>(call: Product) {
    let m = call.matrix;
    let c = &m.converter;
    let signed = c.dac_bits > 1;
    let mut sum = [L::zero(); MOST_SUM];
    let sum = &mut sum[..m.sum_bits];
    let mut total = [L::zero(); 64];
    let total = &mut total[..m.total_bits];
    for group in 0..m.groups {
        for row_tile in 0..m.row_tiles {
            for (i, cell) in m.cells.iter().enumerate() {
                let block = m.block(group, row_tile, i);
                if block.bits.is_empty() && !signed {
                    continue;
                }
                for (v, drive) in call.drives.iter().enumerate() {
                    let kept = &mut call.totals[(v * m.groups + group) * m.total_bits..][..m.total_bits];
                    for (t, word) in total.iter_mut().zip(kept.iter()) {
                        *t = L::load(word);
                    }
                    for phase in 0..c.phases {
                        let most_significant = phase == 0;
                        column_sums::<L, H>(m, block, drive, (row_tile, phase), sum);
                        let lift = signed && most_significant;
                        if lift && c.offset > 0 {
                            add_constant(sum, c.offset);
                        }
                        let clipped = convert(c, sum, lift);
                        for word in clipped.store().0 {
                            call.clips[v] += u64::from(word.count_ones());
                        }
                        let top = sum.len().min(c.shift + c.adc_bits);
                        let at = c.shift + (c.phases - 1 - phase) * c.dac_bits + cell.shift as usize;
                        if cell.negative != (most_significant && !signed) {
                            subtract(total, &sum[c.shift.min(top)..top], at);
                        } else {
                            add(total, &sum[c.shift.min(top)..top], at);
                        }
                    }
                    for (t, word) in total.iter().zip(kept.iter_mut()) {
                        *word = t.store();
                    }
                }
            }
        }
    }
}

/// The column sums in registers of `L`. Inlined whole into a function compiled for them.
#[inline(always)]
pub fn sums<L: Lanes>(call: Sums) {
    let m = call.matrix;
    let mut sum = [L::zero(); MOST_SUM];
    let sum = &mut sum[..m.sum_bits];
    let mut planes = [Word::ZERO; MOST_SUM];
    let mut numbers = [0; Word::LANES];
    for group in 0..m.groups {
        for row_tile in 0..m.row_tiles {
            for cell in 0..m.cells.len() {
                let block = m.block(group, row_tile, cell);
                for phase in 0..m.converter.phases {
                    column_sums::<L, 8>(m, block, call.drive, (row_tile, phase), sum);
                    for (plane, s) in planes.iter_mut().zip(sum.iter()) {
                        *plane = s.store();
                    }
                    to_numbers(&planes[..m.sum_bits], |lane, number| numbers[lane] = number as i32);
                    let lane = group * Word::LANES;
                    (call.visit)(Columns { row_tile, phase, cell, lane, sums: &numbers });
                }
            }
        }
    }
}

/// Sums of a block in one phase, in two's complement.
#[inline(always)]
fn column_sums<L: Lanes, const H: usize>(
    m: &Sliced,
    block: &Block,
    drive: &Drive,
    (row_tile, phase): (usize, usize),
    sum: &mut [L],
) {
    let c = &m.converter;
    for s in sum.iter_mut() {
        *s = L::zero();
    }
    let digit = (c.phases - 1 - phase) * c.dac_bits;
    for j in 0..c.dac_bits {
        let list = drive.list(row_tile, digit + j);
        let negative = phase == 0 && c.dac_bits > 1 && j + 1 == c.dac_bits;
        for (i, &bit) in block.bits.iter().enumerate() {
            let plane = &m.planes[block.first + i * (m.rows + 1)..][..m.rows + 1];
            let (low, high) = count::<L, H>(plane, list);
            let at = j + usize::from(bit);
            if negative {
                subtract(sum, &low, at);
                subtract(sum, &high, at + 3);
            } else {
                add(sum, &low, at);
                add(sum, &high, at + 3);
            }
        }
    }
}

/// Rounds and clips in place: the code stands from plane `shift` on. Which lanes clipped.
#[inline(always)]
fn convert<L: Lanes>(c: &Converter, sum: &mut [L], signed: bool) -> L {
    if c.shift > 0 && c.shift < sum.len() {
        // Half a step more: the plane below carries.
        let mut carry = sum[c.shift - 1];
        for s in &mut sum[c.shift..] {
            let next = s.and(carry);
            *s = s.xor(carry);
            carry = next;
        }
    }
    let sign = sum.len() - 1;
    let top = sum.len().min(c.shift + c.adc_bits);
    let below = if signed { sum[sign] } else { L::zero() };
    let mut above = L::zero();
    for s in &sum[top.min(sign)..sign] {
        above = above.or(*s);
    }
    let above = above.and_not(below);
    for s in &mut sum[c.shift.min(top)..top] {
        *s = s.or(above).and_not(below);
    }
    above.or(below)
}
