//! The product as the tiles compute it: phase by phase, column by column, through the ADC.

use super::columns::{ByColumns, Seats};
use super::converter::Converters;
use super::correction::{Correction, GAIN_FRAC};
use super::kernel::{ColumnSums, Kernel, KernelChoice};
use super::{Conversion, Converter, MappedMatrix, Tile, TileGeometry};
use crate::config::Noise;
use crate::quant::{IntMatrix, MatVec};
use std::sync::Arc;

/// A programmed matrix. Behaves bit by bit as `rtl/hvae_matvec.sv`.
#[derive(Debug, Clone)]
pub struct TiledMatrix {
    geometry: TileGeometry,
    /// Rows, biases and formats; its weights are those read back from the cells.
    matrix: IntMatrix,
    mapped: MappedMatrix,
    /// Words of 64 rows of one bit plane: [tile][adc][slot][code bit][word].
    planes: Vec<u64>,
    /// The same product, fast; none for shapes that it does not know.
    kernel: Option<Arc<Kernel>>,
    converters: Converters,
    /// Of every column, where the kernel does not know its converter.
    seats: Option<Arc<Seats>>,
    /// Of every output, where columns are calibrated.
    corrections: Option<Arc<[Correction]>>,
}

/// Sums of one tile in one phase.
struct Phase<'a> {
    /// Digit planes of the driven rows: [digit bit][word].
    digits: &'a [u64],
    number: usize,
    /// Of all conversions of a column, those of phases before it included.
    read: usize,
}

impl TiledMatrix {
    /// A matrix on ideal cells.
    pub fn new(matrix: &IntMatrix, geometry: &TileGeometry) -> TiledMatrix {
        Self::from_mapped(matrix, MappedMatrix::new(&matrix.weights, geometry), geometry)
    }

    /// From tiles that were read back; the product uses what the cells hold.
    pub fn from_mapped(matrix: &IntMatrix, mapped: MappedMatrix, geometry: &TileGeometry) -> TiledMatrix {
        let matrix = IntMatrix { weights: mapped.weights(geometry), ..matrix.clone() };
        let planes = mapped.tiles.iter().flat_map(|tile| tile_planes(tile, geometry)).collect();
        let range = |tile: &Tile| tile.adc_shift;
        let coarsest = mapped.tiles.iter().map(range).max().expect("a matrix has a tile");
        let finest = mapped.tiles.iter().map(range).min().expect("a matrix has a tile");
        let geometry = geometry.with_range(finest);
        let kernel = Kernel::new(&matrix, &mapped, &geometry, KernelChoice::default()).map(Arc::new);
        let converters = Converters::new(&geometry, coarsest, &Noise::default(), false);
        let corrections = Self::own_corrections(&matrix).map(Into::into);
        let seats = None;
        let tiled = TiledMatrix { geometry, matrix, mapped, planes, kernel, converters, seats, corrections };
        tiled.seated()
    }

    /// The gains that the matrix has in its integers.
    fn own_corrections(matrix: &IntMatrix) -> Option<Vec<Correction>> {
        let of_gain = |&gain: &u32| Correction { gain, offset: 0 };
        (!matrix.gains.is_empty()).then(|| matrix.gains.iter().map(of_gain).collect())
    }

    /// With converters that have noise, that bend, or that leave out digits of zeros.
    pub fn with_converters(self, converters: Converters) -> TiledMatrix {
        TiledMatrix { converters, ..self }.seated()
    }

    /// With a gain and an offset for every output.
    pub fn with_corrections(self, corrections: Vec<Correction>) -> TiledMatrix {
        assert_eq!(corrections.len(), self.matrix.weights.nrows());
        TiledMatrix { corrections: Some(corrections.into()), ..self }
    }

    /// Of each output, where columns are calibrated.
    pub fn corrections(&self) -> Option<&[Correction]> {
        self.corrections.as_deref()
    }

    /// Finds a seat for every column if every column sum is needed.
    fn seated(self) -> TiledMatrix {
        let collapsed = self.kernel.as_ref().is_some_and(|k| k.collapsed_all());
        let flipped = || self.mapped.tiles.iter().any(|tile| tile.flipped.contains(&true));
        let shared = self.mapped.shared_range().is_some();
        let once = self.geometry.read_bits == 0;
        if self.converters.finest().plain() && shared && once && (collapsed || !flipped()) {
            return TiledMatrix { seats: None, ..self };
        }
        let every = KernelChoice { collapse: false, ..KernelChoice::default() };
        let seats = Some(Arc::new(Seats::new(&self.geometry, &self.mapped)));
        TiledMatrix { seats, ..self.with_kernel(every) }
    }

    /// The same matrix computed in another way; the answers are the same.
    pub fn with_kernel(self, choice: KernelChoice) -> TiledMatrix {
        let kernel = Kernel::new(&self.matrix, &self.mapped, &self.geometry, choice).map(Arc::new);
        TiledMatrix { kernel, ..self }
    }

    /// The fast way, if there is one for these tiles.
    pub fn kernel(&self) -> Option<&Kernel> {
        self.kernel.as_deref()
    }

    /// Products of several vectors, which read every weight once; clips of each.
    pub fn apply_all(&self, inputs: &[&[i32]], sums: &mut [&mut [i64]]) -> Vec<u64> {
        let Some(kernel) = self.kernel.as_ref().filter(|_| self.seats.is_none()) else {
            return inputs.iter().zip(sums).map(|(input, sums)| self.apply(input, sums, 0)).collect();
        };
        let codes: Vec<Vec<i32>> = inputs.iter().map(|input| self.codes(input)).collect();
        let codes: Vec<&[i32]> = codes.iter().map(Vec::as_slice).collect();
        let mut clips = vec![0; inputs.len()];
        kernel.apply_all(&codes, sums, &mut clips);
        clips
    }

    /// Every column sum before its converter; `None` unless the kernel keeps all of them
    /// ([`KernelChoice::collapse`] false).
    pub fn column_sums(&self, input: &[i32], visit: &mut dyn FnMut(ColumnSums)) -> Option<()> {
        self.kernel.as_ref()?.column_sums(&self.codes(input), visit)
    }

    /// The code of every row, biases included.
    fn codes(&self, input: &[i32]) -> Vec<i32> {
        assert_eq!(input.len(), self.matrix.inputs);
        (0..self.matrix.rows()).map(|k| self.matrix.drive(input, k)).collect()
    }

    /// Its weights on tiles.
    pub fn mapped(&self) -> &MappedMatrix {
        &self.mapped
    }

    /// The matrix that it holds.
    pub fn matrix(&self) -> &IntMatrix {
        &self.matrix
    }

    /// Phase by phase and column by column, as plainly as it can be said: what every kernel
    /// must equal.
    pub fn apply_by_phases(&self, input: &[i32], sums: &mut [i64], key: u32) -> u64 {
        let g = &self.geometry;
        let words = g.rows.div_ceil(64);
        let tile_words = g.adcs() * g.slots * g.code_bits as usize * words;
        let mut clips = 0;
        sums.fill(0);
        for (i, tile) in self.mapped.tiles.iter().enumerate() {
            let digits = self.digit_planes(input, tile.at.0);
            let cells = &self.planes[i * tile_words..][..tile_words];
            let converter = self.converters.of(tile.adc_shift);
            let product = TileProduct { g, converter, cells, words, key, number: i, tile };
            let (sums_of_tile, clipped) = product.sums(&digits);
            clips += clipped;
            let first = tile.at.1 * g.logical_columns();
            for (sum, part) in sums[first..].iter_mut().zip(sums_of_tile) {
                *sum += part;
            }
        }
        sums.iter_mut().for_each(|sum| *sum = g.mean_of_reads(*sum));
        clips
    }

    /// Digit planes of one row of tiles: [phase][digit bit][word], most significant phase first.
    fn digit_planes(&self, input: &[i32], row_tile: usize) -> Vec<u64> {
        let g = &self.geometry;
        let (bits, words) = (g.dac_bits as usize, g.rows.div_ceil(64));
        let mut planes = vec![0u64; g.phases * bits * words];
        let first = row_tile * g.rows;
        for r in 0..g.rows.min(self.matrix.rows() - first) {
            let code = self.matrix.drive(input, first + r);
            for (phase, plane) in planes.chunks_mut(bits * words).enumerate() {
                let digit = g.phases - 1 - phase;
                for j in 0..bits {
                    // Digits beyond the input's width repeat its sign.
                    let bit = (digit * bits + j).min(g.input_bits as usize - 1);
                    plane[j * words + r / 64] |= u64::from(code >> bit & 1 == 1) << (r % 64);
                }
            }
        }
        planes
    }
}

impl MatVec for TiledMatrix {
    fn inputs(&self) -> usize {
        self.matrix.inputs
    }

    fn outputs(&self) -> usize {
        self.matrix.weights.nrows()
    }

    fn apply(&self, input: &[i32], sums: &mut [i64], key: u32) -> u64 {
        match &self.kernel {
            None => self.apply_by_phases(input, sums, key),
            Some(kernel) => match &self.seats {
                None => kernel.apply(&self.codes(input), sums),
                Some(seats) => {
                    let (geometry, converters) = (&self.geometry, &self.converters);
                    ByColumns { geometry, converters, kernel, seats }.apply(&self.codes(input), sums, key)
                }
            },
        }
    }

    fn integers(&self) -> &IntMatrix {
        &self.matrix
    }

    fn correct(&self, sums: &mut [i64]) -> i32 {
        let Some(corrections) = &self.corrections else { return 0 };
        for (sum, correction) in sums.iter_mut().zip(corrections.iter()) {
            *sum = correction.apply(*sum);
        }
        GAIN_FRAC
    }
}

/// Bit planes of one tile: [adc][slot][code bit][word of 64 rows].
fn tile_planes(tile: &super::Tile, g: &TileGeometry) -> Vec<u64> {
    let words = g.rows.div_ceil(64);
    let mut planes = Vec::with_capacity(g.adcs() * g.slots * g.code_bits as usize * words);
    for adc in 0..g.adcs() {
        for slot in 0..g.slots {
            let column = g.physical_column(adc, slot);
            for bit in 0..g.code_bits {
                let from = planes.len();
                planes.resize(from + words, 0);
                for r in 0..g.rows {
                    planes[from + r / 64] |= u64::from(tile.codes[[r, column]] >> bit & 1) << (r % 64);
                }
            }
        }
    }
    planes
}

/// One tile and what it is driven with.
struct TileProduct<'a> {
    g: &'a TileGeometry,
    converter: &'a Converter,
    cells: &'a [u64],
    words: usize,
    /// [`Conversion::key`], and the number of the logical tile.
    key: u32,
    number: usize,
    tile: &'a Tile,
}

impl TileProduct<'_> {
    /// Shift-and-add over the phases of one tile: sums per logical column, and clips.
    fn sums(&self, digits: &[u64]) -> (Vec<i64>, u64) {
        let (g, words) = (self.g, self.words);
        let mut sums = vec![0i64; g.places()];
        let mut reference = 0;
        let mut clips = 0;
        let column_words = g.code_bits as usize * words;
        let top = (1 << g.cell_bits) - 1;
        for (number, digits) in digits.chunks(g.dac_bits as usize * words).enumerate() {
            let dead = self.converter.skips_zeros && digits.iter().all(|d| *d == 0);
            let weight = g.weight_of_a_read(number);
            for again in 0..g.reads(number) {
                let phase = Phase { digits, number, read: g.first_read(number) + again };
                let mut convert = |adc: usize, slot: usize| {
                    if dead {
                        return 0;
                    }
                    let column = &self.cells[(adc * g.slots + slot) * column_words..][..column_words];
                    let (value, clipped) = self.convert(column, &phase, adc, slot);
                    clips += u64::from(clipped);
                    value
                };
                let scale = |sum: i64| match (number, again) {
                    (0, 0) => 0,
                    (_, 0) => sum << g.dac_bits,
                    _ => sum,
                };
                // The driven rows, in levels.
                let driven = if g.differential() { 0 } else { convert(g.weight_adcs(), 0) };
                reference = scale(reference) + (driven << weight);
                for (l, sum) in sums.iter_mut().enumerate() {
                    *sum = scale(*sum);
                    for q in 0..g.cells_per_weight {
                        let site = self.tile.site(g, l, q);
                        let value = convert(site.adc, site.slot);
                        let flipped = self.tile.flipped[self.tile.column(g, l, q)];
                        let value = if flipped { top * driven - value } else { value };
                        let value = value << (site.slice * g.cell_bits + weight);
                        *sum += if site.negative { -value } else { value };
                    }
                }
            }
        }
        sums.truncate(g.logical_columns());
        if !g.differential() {
            sums.iter_mut().for_each(|sum| *sum -= reference << (g.weight_bits - 1));
        }
        // Whole converter steps, so whole levels: nothing is dropped.
        sums.iter_mut().for_each(|sum| *sum >>= g.level_shift);
        (sums, clips)
    }

    /// One conversion: column sum, ADC, and the digital value the code stands for.
    fn convert(&self, column: &[u64], phase: &Phase, adc: usize, slot: usize) -> (i64, bool) {
        let g = self.g;
        let signed = phase.number == 0 && g.dac_bits > 1;
        let mut sum = 0i64;
        for (j, driven) in phase.digits.chunks(self.words).enumerate() {
            let negative = signed && j + 1 == g.dac_bits as usize;
            for (bit, plane) in column.chunks(self.words).enumerate() {
                let ones: u32 = driven.iter().zip(plane).map(|(d, c)| (d & c).count_ones()).sum();
                let weighted = i64::from(ones) << (j + bit);
                sum += if negative { -weighted } else { weighted };
            }
        }
        let at = Conversion {
            key: self.key,
            tile: self.number as u32,
            phase: phase.read as u32,
            slot: slot as u32,
            adc: adc as u32,
        };
        let (value, clipped) = self.converter.convert(sum + self.converter.noise(sum, at), signed);
        let negate = phase.number == 0 && g.dac_bits == 1;
        (if negate { -value } else { value }, clipped)
    }
}
