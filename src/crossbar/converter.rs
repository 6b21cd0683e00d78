//! One conversion: a column sum to the number that its code stands for.
//!
//! ```text
//! seen = sum + noise                                   noise: see Converter::noise
//! wide = (seen + zero + offset + half) >> adc_shift    offset: signed phases only
//! code = inl[clamp(wide, 0, top)]
//! value = (code << adc_shift) - zero - offset          in code steps
//! ```
//!
//! `rtl/hvae_tile_core.sv` says the same in Verilog. Noise belongs to a conversion and not to a
//! moment: it is a function of the job, the step, the matrix, the tile, the phase, the slot and the
//! converter, so that stalls, rounds and the order of evaluation change nothing.

use super::TileGeometry;
use crate::config::Noise;
use crate::model::Random;

/// Entries of the table of deviations.
pub const BINS: usize = 32;
/// Fraction bits of an entry.
const SIGMA_FRAC: u32 = 12;
/// Deviation of a draw of [`normal`]: 28 coins of 32, 16 evenly spaced values of 2.
const DRAW_SIGMA: f64 = 85.164_546_615_569_28;
/// Spreads the converters of a tile over the draws of one conversion.
const PER_ADC: u32 = 0x9e37_79b9;

/// The converters of all tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Converter {
    /// Code steps per ADC step, as a power of two.
    pub adc_shift: u32,
    /// The largest code.
    pub top: i64,
    /// Of the most significant phase, where digits have several bits.
    pub offset: i64,
    /// Of every phase: the code of no current, in code steps.
    pub zero: i64,
    /// What a conversion draws, where it does.
    pub noise: Option<NoiseTable>,
    /// By code, where there is a non-linearity.
    pub inl: Option<Vec<u32>>,
    /// Phases whose digit is 0 on every row of a tile are not converted.
    pub skips_zeros: bool,
}

/// Converters of every range that the tiles of a network may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Converters {
    finest: u32,
    /// By `adc_shift`, from the finest on.
    of_range: Vec<Converter>,
}

impl Converters {
    /// With steps from that of `g` to that of `coarsest`.
    pub fn new(g: &TileGeometry, coarsest: u32, noise: &Noise, skips_zeros: bool) -> Converters {
        let of = |shift| Converter::new(&g.with_range(shift), noise, skips_zeros);
        Converters {
            finest: g.adc_shift,
            of_range: (g.adc_shift..=coarsest.max(g.adc_shift)).map(of).collect(),
        }
    }

    /// The converter whose step is 2^`adc_shift` code steps.
    pub fn of(&self, adc_shift: u32) -> &Converter {
        &self.of_range[(adc_shift - self.finest) as usize]
    }

    /// The converter with the smallest step.
    pub fn finest(&self) -> &Converter {
        &self.of_range[0]
    }

    /// From the finest range on.
    pub fn all(&self) -> &[Converter] {
        &self.of_range
    }
}

/// How much noise a conversion has.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseTable {
    /// Of every draw.
    pub seed: u32,
    /// By the magnitude of the column sum, in units of a draw, with `SIGMA_FRAC` fraction bits.
    pub sigma: [u32; BINS],
    /// Column sums per bin, as a power of two.
    pub bin_shift: u32,
}

/// Where and when a conversion is; see [`Converter::noise`].
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// [`product_key`].
    pub key: u32,
    /// Logical tile of the matrix, row by row.
    pub tile: u32,
    /// Most significant digit first.
    pub phase: u32,
    /// Which of the converter's columns.
    pub slot: u32,
    /// Which converter of the tile.
    pub adc: u32,
}

/// Where a column is converted: what [`Conversion`] says of it in every phase alike, packed.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    /// Tile << 16 | slot.
    place: u32,
    /// Converter times `PER_ADC`.
    adc: u32,
}

impl Seat {
    /// The place of a column.
    pub fn new(tile: usize, slot: usize, adc: usize) -> Seat {
        Seat { place: (tile as u32) << 16 | slot as u32, adc: (adc as u32).wrapping_mul(PER_ADC) }
    }
}

/// The converters of a row of tiles in one phase.
pub struct PhaseConverter<'a> {
    converter: &'a Converter,
    key: u32,
    /// First tile << 16 | phase << 8, added to places.
    place: u32,
}

/// Mixes 32 bits (the finaliser of MurmurHash3; Appleby, public domain).
#[inline(always)]
pub const fn mix(mut h: u32) -> u32 {
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

/// The key of a job: of its seed and that of `[noise]`.
pub const fn job_key(job: u64, seed: u32) -> u32 {
    mix(mix(job as u32 ^ seed) ^ (job >> 32) as u32)
}

/// The key of one product: `step` of the job, number `matrix` of the design.
pub const fn product_key(job_key: u32, matrix: u32, step: u32) -> u32 {
    mix(job_key ^ matrix << 16 ^ (step & 0xffff))
}

/// A bell of 32 random bits: the sum of 28 of them, smoothed by the other four. Mean 0, deviation
/// [`DRAW_SIGMA`], nothing beyond 5.4 deviations.
#[inline(always)]
const fn normal(bits: u32) -> i32 {
    32 * (bits & 0x0fff_ffff).count_ones() as i32 + 2 * (bits >> 28) as i32 - 463
}

impl Converter {
    /// The converter of `[crossbar]` and `[noise]` on such tiles.
    pub fn new(g: &TileGeometry, noise: &Noise, skips_zeros: bool) -> Converter {
        Converter {
            adc_shift: g.adc_shift,
            top: g.adc_top(),
            offset: g.adc_offset,
            zero: g.adc_zero,
            noise: noise.draws().then(|| NoiseTable::new(g, noise)),
            inl: (noise.inl > 0.0 || noise.dnl > 0.0).then(|| non_linearity(g, noise)),
            skips_zeros,
        }
    }

    /// Exact but for its range, which begins at 0, and its step.
    pub fn plain(&self) -> bool {
        self.noise.is_none() && self.inl.is_none() && self.zero == 0
    }

    /// What a conversion adds to its column sum, in code steps.
    pub fn noise(&self, sum: i64, at: Conversion) -> i64 {
        let Some(noise) = &self.noise else { return 0 };
        let place = at.tile << 16 | at.phase << 8 | at.slot;
        noise.add(sum as i32, at.key ^ place, at.adc.wrapping_mul(PER_ADC)).into()
    }

    /// The converters of the row of tiles that begins with logical tile `tile`, in `phase`.
    pub fn phase(&self, key: u32, tile: u32, phase: u32) -> PhaseConverter<'_> {
        PhaseConverter { converter: self, key, place: tile << 16 | phase << 8 }
    }

    /// The value of a column sum in code steps, and whether its conversion clipped. `signed`: the
    /// digit may be negative.
    pub fn convert(&self, sum: i64, signed: bool) -> (i64, bool) {
        let offset = self.zero + if signed { self.offset } else { 0 };
        let round = (1i64 << self.adc_shift) >> 1;
        let wide = (sum + offset + round) >> self.adc_shift;
        let clamped = wide.clamp(0, self.top);
        let code = self.inl.as_ref().map_or(clamped, |table| i64::from(table[clamped as usize]));
        ((code << self.adc_shift) - offset, clamped != wide)
    }
}

impl PhaseConverter<'_> {
    /// Makes values of many column sums, and says how many conversions clipped:
    /// [`Converter::noise`] and [`Converter::convert`] of each.
    pub fn convert(&self, values: &mut [i32], seats: &[Seat], signed: bool) -> u64 {
        let c = self.converter;
        let offset = (c.zero + if signed { c.offset } else { 0 }) as i32;
        let (round, top) = ((1i32 << c.adc_shift) >> 1, c.top as i32);
        if let Some(noise) = &c.noise {
            for (value, seat) in values.iter_mut().zip(seats) {
                *value += noise.add(*value, self.key ^ self.place.wrapping_add(seat.place), seat.adc);
            }
        }
        let mut clips = 0u32;
        for value in values.iter_mut() {
            let wide = (*value + offset + round) >> c.adc_shift;
            let code = wide.clamp(0, top);
            clips += u32::from(code != wide);
            *value = code;
        }
        if let Some(table) = &c.inl {
            values.iter_mut().for_each(|code| *code = table[*code as usize] as i32);
        }
        values.iter_mut().for_each(|code| *code = (*code << c.adc_shift) - offset);
        clips.into()
    }
}

impl NoiseTable {
    /// A draw for a conversion of `sum`.
    #[inline(always)]
    fn add(&self, sum: i32, place: u32, adc: u32) -> i32 {
        let draw = normal(mix(mix(place).wrapping_add(adc)));
        let bin = (sum.unsigned_abs() >> self.bin_shift).min(BINS as u32 - 1) as usize;
        (draw * self.sigma[bin] as i32 + (1 << (SIGMA_FRAC - 1))) >> SIGMA_FRAC
    }

    /// The variance of a conversion is that of the comparator and that of its cells. Cells of the
    /// highest level carry the most of it for their current, so all current counts as theirs: what
    /// follows is exact for them and an upper bound for the others.
    fn new(g: &TileGeometry, noise: &Noise) -> NoiseTable {
        let peak = g.peak_sum() as u64;
        let bin_shift = (64 - peak.leading_zeros()).saturating_sub(BINS.trailing_zeros());
        let comparator = noise.comparator * f64::from(1u32 << g.adc_shift);
        let highest = f64::from(g.top_code);
        let sigma = std::array::from_fn(|bin| {
            let middle = (bin as f64 + 0.5) * f64::from(1u32 << bin_shift);
            let variance = comparator * comparator + noise.cell * noise.cell * highest * middle;
            let units = variance.sqrt() / DRAW_SIGMA * f64::from(1u32 << SIGMA_FRAC);
            units.round().min(65_535.0) as u32
        });
        NoiseTable { seed: noise.seed, sigma, bin_shift }
    }
}

/// Codes of a converter whose transfer curve bends (four harmonics of the range with random
/// amplitudes, of the deviation asked for) and whose codes are not equally wide (each by a draw, the
/// ends of the range where they should be), rounded to codes.
fn non_linearity(g: &TileGeometry, noise: &Noise) -> Vec<u32> {
    let mut random = Random::keyed(&[noise.seed.into(), 0x1e1]);
    let amplitudes: [f64; 4] = std::array::from_fn(|_| f64::from(random.normal()));
    let top = g.adc_top();
    let bend = |code: i64| -> f64 {
        let x = code as f64 / top as f64;
        let wave = |(k, a): (usize, &f64)| a * libm::sin(std::f64::consts::PI * x * (k + 1) as f64);
        amplitudes.iter().enumerate().map(wave).sum()
    };
    let power = (0..=top).map(|c| bend(c) * bend(c)).sum::<f64>() / (top + 1) as f64;
    let scale = noise.inl / power.sqrt().max(f64::MIN_POSITIVE);
    let mut edges = vec![0.0; top as usize + 1];
    for code in 1..edges.len() {
        edges[code] = edges[code - 1] + noise.dnl * f64::from(random.normal());
    }
    let last = edges[edges.len() - 1];
    let of_code = |c: i64| {
        let walk = edges[c as usize] - last * c as f64 / top as f64;
        ((c as f64 + scale * bend(c) + walk).round() as i64).clamp(0, top) as u32
    };
    (0..=top).map(of_code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Crossbar, Fixed};

    fn converter(noise: Noise) -> Converter {
        let g = TileGeometry::new(&Crossbar::default(), &Fixed::default(), 2).unwrap();
        Converter::new(&g, &noise, false)
    }

    fn moments(c: &Converter, sum: i64) -> (f64, f64) {
        let at = |i: u32| Conversion { key: mix(i), tile: i % 7, phase: i % 8, slot: i % 5, adc: i % 16 };
        let draws: Vec<f64> = (0..200_000).map(|i| c.noise(sum, at(i)) as f64).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / draws.len() as f64;
        (mean, variance.sqrt())
    }

    #[test]
    fn a_draw_has_the_deviation_of_its_table() {
        let exact: f64 =
            (0..1u32 << 20).map(|i| normal(mix(i)) as f64).map(|d| d * d).sum::<f64>() / f64::from(1 << 20);
        assert!((exact.sqrt() / DRAW_SIGMA - 1.0).abs() < 0.002, "{exact}");
        let (mean, deviation) = moments(&converter(Noise { comparator: 3.0, ..Noise::default() }), 100);
        assert!(mean.abs() < 0.03 && (deviation - 3.0).abs() < 0.05, "{mean} {deviation}");
    }

    #[test]
    fn noise_of_cells_grows_with_the_root_of_the_current() {
        let c = converter(Noise { cell: 0.5, ..Noise::default() });
        // 100 cells of level 3: 0.5 * 3 * sqrt(100).
        let (_, deviation) = moments(&c, 300);
        assert!((deviation - 15.0).abs() < 0.5, "{deviation}");
        assert!(moments(&c, 3).1 < 3.0);
    }

    #[test]
    fn a_bent_converter_is_off_by_as_much_as_asked_for() {
        let c = converter(Noise { inl: 2.0, ..Noise::default() });
        let off: f64 =
            (0..512i64).map(|s| (c.convert(s, false).0 - s) as f64).map(|d| d * d).sum::<f64>() / 512.0;
        assert!((off.sqrt() - 2.0).abs() < 0.2, "{off}");
        assert!(c.convert(600, false).1);
    }

    #[test]
    fn codes_are_as_unequal_as_asked_for_and_the_range_stays() {
        let c = converter(Noise { dnl: 1.5, ..Noise::default() });
        let value = |s: i64| c.convert(s, false).0;
        // Away from the ends, where codes are cut off; a rounded width has 1/6 more of variance.
        let miss = |s: i64| (value(s + 1) - value(s) - 1) as f64;
        let kept: Vec<f64> = (40..460).map(miss).collect();
        let deviation = (kept.iter().map(|d| d * d).sum::<f64>() / kept.len() as f64 - 1.0 / 6.0).sqrt();
        assert!((deviation - 1.5).abs() < 0.2, "{deviation}");
        assert_eq!((value(0), value(511)), (0, 511));
    }
}
