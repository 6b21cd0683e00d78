//! The tiles against the integer product, over shapes, encodings and converters.

use hvae_mnn::config::{Crossbar, Encoding, Fixed};
use hvae_mnn::crossbar::{MappedMatrix, TileGeometry, TiledMatrix};
use hvae_mnn::quant::{Format, IntMatrix, MatVec};
use ndarray::Array2;
use proptest::prelude::*;

fn matrix(outputs: usize, inputs: usize, seed: u64) -> IntMatrix {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 * 2.0 - 1.0
    };
    let weights = Array2::from_shape_fn((outputs, inputs), |_| next());
    let bias: Vec<f64> = (0..outputs).map(|_| f64::from(next()) * 3.0).collect();
    IntMatrix::quantise(weights.view(), Some(&bias), 8, Format::new(8, 6))
}

fn shape() -> impl Strategy<Value = Crossbar> {
    (1usize..40, 20usize..70, 1u32..5, 1u32..4, 1usize..20, any::<bool>(), 0u32..4, 0u32..4).prop_map(
        |(rows, columns, cell_bits, dac_bits, columns_per_adc, offset, reads, read_phases)| Crossbar {
            reads: 1 << reads,
            read_phases,
            rows,
            columns,
            cell_bits,
            dac_bits,
            adc_bits: 14,
            columns_per_adc,
            encoding: if offset { Encoding::Offset } else { Encoding::Differential },
            ..Crossbar::default()
        },
    )
}

proptest! {
    #[test]
    fn ideal_devices_and_a_lossless_adc_give_the_integer_product(
        crossbar in shape(), outputs in 1usize..30, inputs in 1usize..90, seed in any::<u64>(),
        input in prop::collection::vec(-128i32..128, 90),
    ) {
        let Ok(g) = TileGeometry::new(&crossbar, &Fixed::default(), crossbar.cell_bits) else { return Ok(()) };
        prop_assert!(g.lossless());
        let m = matrix(outputs, inputs, seed);
        let tiled = TiledMatrix::new(&m, &g);
        let (mut want, mut got) = (vec![0; outputs], vec![0; outputs]);
        m.apply(&input[..inputs], &mut want, 0);
        let clips = tiled.apply_by_phases(&input[..inputs], &mut got, 0);
        prop_assert_eq!(clips, 0);
        prop_assert_eq!(got, want);
        prop_assert_eq!(MappedMatrix::new(&m.weights, &g).weights(&g), m.weights);
    }

    #[test]
    fn a_narrower_adc_clips_and_counts(seed in any::<u64>(), offset in any::<bool>()) {
        let encoding = if offset { Encoding::Offset } else { Encoding::Differential };
        let crossbar = Crossbar { adc_bits: 4, encoding, ..Crossbar::default() };
        let g = TileGeometry::new(&crossbar, &Fixed::default(), crossbar.cell_bits).unwrap();
        let m = matrix(8, 100, seed);
        let (mut want, mut got) = (vec![0; 8], vec![0; 8]);
        m.apply(&[-1; 100], &mut want, 0);
        let clips = TiledMatrix::new(&m, &g).apply(&[-1; 100], &mut got, 0);
        prop_assert!(clips > 0);
        prop_assert_ne!(got, want);
    }
}
