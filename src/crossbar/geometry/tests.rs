//! Tiles of every encoding, and those that cannot be.

use super::*;

fn geometry(encoding: Encoding, columns_per_adc: usize, cell_bits: u32) -> TileGeometry {
    let crossbar = Crossbar { encoding, columns_per_adc, cell_bits, ..Crossbar::default() };
    TileGeometry::new(&crossbar, &Fixed::default(), cell_bits).unwrap()
}

#[test]
fn a_range_moves_the_zero_and_the_lift_with_it() {
    let crossbar = Crossbar { dac_bits: 2, adc_bits: 6, adc_zero: 5, ..Crossbar::default() };
    let fine = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
    let coarse = TileGeometry::new(&Crossbar { adc_shift: 3, ..crossbar }, &Fixed::default(), 2).unwrap();
    assert_eq!((fine.adc_zero, fine.adc_offset), (5, 32));
    assert_eq!((coarse.adc_zero, coarse.adc_offset), (40, 256));
    assert_eq!(fine.with_range(3), coarse);
    assert_eq!(coarse.with_range(0), fine);
}

#[test]
fn every_weight_survives_its_cells() {
    for encoding in [Encoding::Differential, Encoding::Offset] {
        for cell_bits in [1, 2, 3, 4, 7] {
            let g = geometry(encoding, 8, cell_bits);
            for w in -127..=127 {
                let codes = (0..g.cells_per_weight).map(|q| g.level(w, q) as i32);
                assert_eq!(g.weight(codes), w, "{encoding:?}, {cell_bits} bits");
            }
        }
    }
}

#[test]
fn no_two_cells_share_a_site() {
    for encoding in [Encoding::Differential, Encoding::Offset] {
        for m in [1, 3, 4, 5, 8, 16, 20, 64] {
            let g = geometry(encoding, m, 2);
            let mut seen = std::collections::BTreeSet::new();
            for l in 0..g.logical_columns() {
                for q in 0..g.cells_per_weight {
                    let site = g.site(l, q);
                    assert!(site.slot < g.slots && g.slots <= m && site.adc < g.weight_adcs());
                    assert!(g.physical_column(site.adc, site.slot) < g.columns);
                    assert!(seen.insert((site.adc, site.slot)), "{encoding:?} M={m} l={l} q={q}");
                }
            }
        }
    }
}

#[test]
fn a_tile_too_narrow_for_one_weight_is_refused() {
    let crossbar = Crossbar { columns: 6, columns_per_adc: 4, ..Crossbar::default() };
    let error = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap_err();
    assert!(error.to_string().contains("expected at least 8"), "{error}");
}
