//! Every fast way to a product against the plain one: sums and clips, bit by bit.

use hvae_mnn::config::{Crossbar, Encoding, Fixed, Noise, SliceOrder};
use hvae_mnn::crossbar::{
    CodeScale, Converters, KernelChoice, Level, MappedMatrix, Tile, TileGeometry, TiledMatrix,
};
use hvae_mnn::quant::{Format, IntMatrix, MatVec};
use ndarray::Array2;
use proptest::prelude::*;

struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

fn matrix(outputs: usize, inputs: usize, fixed: &Fixed, seed: u64) -> IntMatrix {
    let mut draw = Draw(seed | 1);
    let mut unit = move || draw.below(1 << 24) as f32 / (1u64 << 23) as f32 - 1.0;
    let weights = Array2::from_shape_fn((outputs, inputs), |_| unit());
    let bias: Vec<f64> = (0..outputs).map(|_| f64::from(unit()) * 3.0).collect();
    IntMatrix::quantise(
        weights.view(),
        Some(&bias),
        fixed.weight_bits,
        Format::new(fixed.input_bits, fixed.input_bits as i32 - 2),
    )
}

fn levels() -> impl Iterator<Item = Level> {
    [Level::Portable, Level::Avx2, Level::Avx512].into_iter().filter(|&l| l <= Level::detect())
}

/// All ways to the product of three vectors.
fn compare(tiled: &TiledMatrix, fixed: &Fixed, seed: u64) -> Result<u64, TestCaseError> {
    let mut draw = Draw(seed | 1);
    let half = 1i64 << (fixed.input_bits - 1);
    let inputs: Vec<Vec<i32>> = (0..3)
        .map(|i| match i {
            0 => vec![-1; tiled.inputs()],
            1 => vec![half as i32 - 1; tiled.inputs()],
            _ => (0..tiled.inputs()).map(|_| (draw.below(2 * half as u64) as i64 - half) as i32).collect(),
        })
        .collect();
    let blank = || vec![vec![0i64; tiled.outputs()]; inputs.len()];
    let mut want = blank();
    let want_clips: Vec<u64> =
        inputs.iter().zip(&mut want).map(|(input, sums)| tiled.apply_by_phases(input, sums, 0)).collect();
    for level in levels() {
        for collapse in [false, true] {
            let fast = tiled.clone().with_kernel(KernelChoice { collapse, level });
            prop_assert!(fast.kernel().is_some());
            let mut got = blank();
            let clips: Vec<u64> =
                inputs.iter().zip(&mut got).map(|(input, sums)| fast.apply(input, sums, 0)).collect();
            prop_assert_eq!(&got, &want, "{:?}, collapse {}", level, collapse);
            prop_assert_eq!(&clips, &want_clips, "{:?}, collapse {}", level, collapse);
            let mut together = blank();
            let refs: Vec<&[i32]> = inputs.iter().map(Vec::as_slice).collect();
            let mut sums: Vec<&mut [i64]> = together.iter_mut().map(Vec::as_mut_slice).collect();
            prop_assert_eq!(fast.apply_all(&refs, &mut sums), want_clips.clone());
            prop_assert_eq!(&together, &want, "together, {:?}", level);
        }
    }
    Ok(want_clips.iter().sum())
}

fn shape() -> impl Strategy<Value = (Crossbar, Fixed)> {
    let array = (1usize..80, 30usize..90, 1u32..5, 1usize..20, any::<bool>());
    let converters = (1u32..4, 2u32..14, 0u32..4);
    let widths = (3u32..10, 4u32..10, any::<bool>());
    (array, converters, widths).prop_map(|(array, converters, widths)| {
        let (rows, columns, cell_bits, columns_per_adc, offset) = array;
        let (dac_bits, adc_bits, adc_shift) = converters;
        let fixed = Fixed { weight_bits: widths.0, input_bits: widths.1, ..Fixed::default() };
        let crossbar = Crossbar {
            rows,
            columns,
            cell_bits: cell_bits.min(fixed.weight_bits),
            dac_bits: dac_bits.min(fixed.input_bits),
            adc_bits,
            adc_shift,
            columns_per_adc,
            slice_order: if widths.2 { SliceOrder::HighFirst } else { SliceOrder::LowFirst },
            encoding: if offset { Encoding::Offset } else { Encoding::Differential },
            ..Crossbar::default()
        };
        (crossbar, fixed)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_tile_any_converter(
        (crossbar, fixed) in shape(), outputs in 1usize..40, inputs in 1usize..150, seed in any::<u64>(),
    ) {
        let Ok(g) = TileGeometry::new(&crossbar, &fixed, crossbar.cell_bits) else { return Ok(()) };
        let m = matrix(outputs, inputs, &fixed, seed);
        compare(&TiledMatrix::new(&m, &g), &fixed, seed)?;
    }

    /// Cells that hold anything, of more planes than the levels need, as devices leave them.
    #[test]
    fn any_codes_in_the_cells(
        (crossbar, fixed) in shape(), outputs in 1usize..30, inputs in 1usize..100, more in 0u32..5,
        finer in any::<bool>(), seed in any::<u64>(),
    ) {
        let code_bits = (crossbar.cell_bits + more).min(8);
        let level_shift = if finer { code_bits - crossbar.cell_bits.min(code_bits) } else { 0 };
        let scale = CodeScale { level_shift, ..code_bits.into() };
        let Ok(g) = TileGeometry::new(&crossbar, &fixed, scale) else { return Ok(()) };
        let m = matrix(outputs, inputs, &fixed, seed);
        let mapped = MappedMatrix::new(&m.weights, &g);
        let mut draw = Draw(seed | 1);
        let tiles = mapped.tiles.iter().map(|t| Tile {
            codes: Array2::from_shape_fn((g.rows, g.columns), |_| draw.below(1 << code_bits) as u8),
            ..t.clone()
        });
        let mapped = MappedMatrix::from_tiles(tiles.collect(), mapped.shape(), &g);
        compare(&TiledMatrix::from_mapped(&m, mapped, &g), &fixed, seed)?;
    }
}

/// Noise, a bent curve and skipped phases, for which every column is converted by itself.
fn noisy() -> impl Strategy<Value = Noise> {
    (0.0..0.3f64, 0.0..3.0f64, prop_oneof![Just(0.0), 0.1..2.0f64], any::<u32>())
        .prop_map(|(cell, comparator, inl, seed)| Noise { cell, comparator, inl, dnl: inl / 2.0, seed })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_noise(
        (crossbar, fixed) in shape(), noise in noisy(), outputs in 1usize..40, inputs in 1usize..150,
        skips in any::<bool>(), zero in 0u32..4, key in any::<u32>(), seed in any::<u64>(),
        reads in 0u32..4, read_phases in 0u32..4,
    ) {
        let crossbar = Crossbar { adc_zero: zero, reads: 1 << reads, read_phases, ..crossbar };
        let Ok(g) = TileGeometry::new(&crossbar, &fixed, crossbar.cell_bits) else { return Ok(()) };
        let m = matrix(outputs, inputs, &fixed, seed);
        let tiled = TiledMatrix::new(&m, &g).with_converters(Converters::new(&g, 0, &noise, skips));
        prop_assert!(tiled.kernel().is_some());
        let mut draw = Draw(seed | 1);
        let half = 1i64 << (fixed.input_bits - 1);
        // Few rows with a digit: some phases have none.
        let input: Vec<i32> = (0..inputs)
            .map(|_| if draw.below(8) == 0 { (draw.below(2 * half as u64) as i64 - half) as i32 } else { 0 })
            .collect();
        let (mut want, mut got) = (vec![0i64; outputs], vec![0i64; outputs]);
        let want_clips = tiled.apply_by_phases(&input, &mut want, key);
        prop_assert_eq!(tiled.apply(&input, &mut got, key), want_clips);
        prop_assert_eq!(&got, &want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Weights on any place, some columns flipped, and a range for every tile.
    #[test]
    fn any_mapping(
        (crossbar, fixed) in shape(), outputs in 1usize..40, inputs in 1usize..150, noise in noisy(),
        spare in 0usize..3, exact in any::<bool>(), one_range in any::<bool>(), seed in any::<u64>(),
    ) {
        let flip = crossbar.encoding == Encoding::Offset;
        let reads = if flip { 2 } else { 1 };
        let crossbar = Crossbar { flip, spare_columns: spare, dodge_faults: true, adc_zero: 1, reads, ..crossbar };
        let Ok(g) = TileGeometry::new(&crossbar, &fixed, crossbar.cell_bits) else { return Ok(()) };
        let m = matrix(outputs, inputs, &fixed, seed);
        let mut mapped = MappedMatrix::new(&m.weights, &g);
        let mut draw = Draw(seed | 1);
        let coarsest = g.adc_shift + 2;
        for tile in &mut mapped.tiles {
            let mut places = tile.places.clone();
            for i in (1..places.len()).rev() {
                places.swap(i, draw.below(i as u64 + 1) as usize);
            }
            tile.move_to(places, &g);
            tile.adc_shift += if one_range { 1 } else { draw.below(3) as u32 };
        }
        prop_assert_eq!(&mapped.weights(&g), &m.weights);
        let noise = if exact { Noise::default() } else { noise };
        let converters = Converters::new(&g, coarsest, &noise, false);
        let tiled = TiledMatrix::from_mapped(&m, mapped, &g).with_converters(converters);
        let half = 1i64 << (fixed.input_bits - 1);
        let input: Vec<i32> = (0..inputs).map(|_| (draw.below(2 * half as u64) as i64 - half) as i32).collect();
        let (mut want, mut got) = (vec![0i64; outputs], vec![0i64; outputs]);
        let want_clips = tiled.apply_by_phases(&input, &mut want, 9);
        prop_assert_eq!(tiled.apply(&input, &mut got, 9), want_clips);
        prop_assert_eq!(&got, &want);
        let mut together = vec![0i64; outputs];
        prop_assert_eq!(tiled.apply_all(&[&input], &mut [&mut together]).len(), 1);
    }
}

/// ISAAC's encoding: half the range is enough for what the converters see, and nothing is lost.
#[test]
fn flipped_columns_need_a_bit_less() {
    let tile = |adc_bits, flip| {
        let crossbar = Crossbar { encoding: Encoding::Offset, adc_bits, flip, ..Crossbar::default() };
        TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap()
    };
    let fixed = Fixed::default();
    let mut m = matrix(60, 128, &fixed, 3);
    m.weights.slice_mut(ndarray::s![..30, ..]).fill(127);
    let input = vec![-1; 128];
    let (mut want, mut got) = (vec![0; 60], vec![0; 60]);
    m.apply(&input, &mut want, 0);
    for (adc_bits, flip, clips) in [(9, false, false), (8, false, true), (8, true, false), (7, true, true)] {
        let tiled = TiledMatrix::new(&m, &tile(adc_bits, flip));
        let clipped = tiled.apply(&input, &mut got, 0);
        assert_eq!(clipped > 0, clips, "{adc_bits} bits, flip {flip}");
        assert_eq!(got == want, !clips, "{adc_bits} bits, flip {flip}");
        assert_eq!(tiled.mapped().weights(&tile(adc_bits, flip)), m.weights);
    }
}

/// More than one word of columns, more rows than five planes count, 8-bit clipping converters.
#[test]
fn large_tiles_clip_and_agree() {
    for (rows, encoding, heavy) in [
        (128, Encoding::Differential, true),
        (300, Encoding::Offset, false),
        (1024, Encoding::Differential, true),
    ] {
        let crossbar = Crossbar { rows, encoding, adc_bits: 8, ..Crossbar::default() };
        let fixed = Fixed::default();
        let g = TileGeometry::new(&crossbar, &fixed, 2).unwrap();
        let mut m = matrix(700, 300, &fixed, 5);
        if heavy {
            m.weights.mapv_inplace(|w| w.signum() * 127);
        }
        m.weights.slice_mut(ndarray::s![..200, ..]).mapv_inplace(|w| w.abs());
        let clips = compare(&TiledMatrix::new(&m, &g), &fixed, 9).unwrap();
        assert!(clips > 1000, "{clips}");
    }
}

/// Outputs are told apart one by one.
#[test]
fn only_columns_that_can_clip_are_converted() {
    let crossbar = Crossbar { adc_bits: 8, ..Crossbar::default() };
    let g = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
    let mut m = matrix(100, 256, &Fixed::default(), 3);
    m.weights.mapv_inplace(|w| w / 2);
    assert_eq!(TiledMatrix::new(&m, &g).kernel().unwrap().collapsed(), 100);
    m.weights.row_mut(17).fill(127);
    assert_eq!(TiledMatrix::new(&m, &g).kernel().unwrap().collapsed(), 99);
    compare(&TiledMatrix::new(&m, &g), &Fixed::default(), 4).unwrap();
}

/// The sums before the converters: converting them one by one gives the product.
#[test]
fn column_sums_are_what_the_converters_see() {
    for encoding in [Encoding::Differential, Encoding::Offset] {
        for dac_bits in [1, 2] {
            let crossbar = Crossbar { encoding, dac_bits, adc_bits: 7, adc_shift: 1, ..Crossbar::default() };
            let fixed = Fixed::default();
            let g = TileGeometry::new(&crossbar, &fixed, 2).unwrap();
            let m = matrix(90, 200, &fixed, 11);
            let choice = KernelChoice { collapse: false, ..KernelChoice::default() };
            let tiled = TiledMatrix::new(&m, &g).with_kernel(choice);
            let input: Vec<i32> = (0..200).map(|k| (k * 37 % 256) - 128).collect();
            let mut want = vec![0; 90];
            let want_clips = tiled.apply_by_phases(&input, &mut want, 0);
            let (mut got, mut clips) = (vec![0i64; 90], 0);
            tiled
                .column_sums(&input, &mut |c| {
                    let signed = c.phase == 0 && dac_bits > 1;
                    let offset = if signed { g.adc_offset } else { 0 };
                    for (i, &sum) in c.sums.iter().enumerate() {
                        let wide = (i64::from(sum) + offset + 1) >> 1;
                        let code = wide.clamp(0, g.adc_top());
                        clips += u64::from(code != wide);
                        let mut value = (code << 1) - offset;
                        if c.phase == 0 && dac_bits == 1 {
                            value = -value;
                        }
                        value <<= (g.phases - 1 - c.phase) * dac_bits as usize;
                        match c.cell {
                            Some(q) => {
                                let site = g.site(0, q);
                                let part = value << (site.slice * g.cell_bits);
                                if let Some(sum) = got.get_mut(c.first + i) {
                                    *sum += if site.negative { -part } else { part };
                                }
                            }
                            None => {
                                let tile = (c.first + i) * g.logical_columns();
                                for sum in got.iter_mut().skip(tile).take(g.logical_columns()) {
                                    *sum -= value << (g.weight_bits - 1);
                                }
                            }
                        }
                    }
                })
                .unwrap();
            assert_eq!((got, clips), (want, want_clips), "{encoding:?}, {dac_bits} bits a phase");
        }
    }
}
