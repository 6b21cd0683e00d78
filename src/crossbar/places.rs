//! Weights on the places of a tile where its stuck cells do the least harm.

use super::{Tile, TileGeometry};
use ndarray::Array2;
use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;

/// Moves the weights of a tile, which holds levels, so that the sum of the squared errors of all
/// weights is the least that its stuck cells allow. A tile without any stays as it is.
///
/// `stuck`: cells that show the highest (true) or the lowest level whatever is written; `rows` of
/// the whole matrix.
pub fn dodge(tile: &mut Tile, stuck: &Array2<Option<bool>>, rows: usize, g: &TileGeometry) {
    if stuck.iter().all(Option::is_none) {
        return;
    }
    let places = g.places();
    let used = g.rows.min(rows - tile.at.0 * g.rows);
    // Staying costs nothing, moving a little: of equal choices the one with the fewest moves.
    let moved = |l: usize, place: usize| i64::from(l != place);
    let mut costs = Matrix::from_fn(places, places, |(l, place)| moved(l, place));
    for place in 0..places {
        let sites: Vec<_> = (0..g.cells_per_weight).map(|q| g.site(place, q)).collect();
        let columns: Vec<usize> = sites.iter().map(|s| g.physical_column(s.adc, s.slot)).collect();
        let broken = |r: usize| columns.iter().any(|&column| stuck[[r, column]].is_some());
        for r in (0..used).filter(|&r| broken(r)) {
            for l in 0..g.logical_columns() {
                let miss = |q: usize| {
                    let Some(on) = stuck[[r, columns[q]]] else { return 0 };
                    let own = tile.column(g, l, q);
                    let wanted = i64::from(tile.codes[[r, own]]);
                    let shown = if on { (1 << g.cell_bits) - 1 } else { 0 };
                    let error = (shown - wanted) << (sites[q].slice * g.cell_bits);
                    if tile.flipped[own] != sites[q].negative { -error } else { error }
                };
                let error: i64 = (0..g.cells_per_weight).map(miss).sum();
                costs[(l, place)] += (error * error) << places.ilog2() << 1;
            }
        }
    }
    let (_, chosen) = kuhn_munkres_min(&costs);
    tile.move_to(chosen.into_iter().map(|place| place as u16).collect(), g);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Crossbar, Encoding, Fixed};
    use crate::crossbar::MappedMatrix;
    use proptest::prelude::*;

    fn geometry(encoding: Encoding, spare_columns: usize) -> TileGeometry {
        let crossbar = Crossbar {
            rows: 8,
            columns: 65,
            encoding,
            flip: encoding == Encoding::Offset,
            spare_columns,
            dodge_faults: true,
            ..Crossbar::default()
        };
        TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap()
    }

    /// Weights of a tile, and the sum of their squared errors with cells stuck.
    fn held(tile: &Tile, stuck: &Array2<Option<bool>>, weights: &Array2<i32>, g: &TileGeometry) -> i64 {
        let mut tile = tile.clone();
        for (code, stuck) in tile.codes.iter_mut().zip(stuck) {
            *code = match stuck {
                Some(on) => {
                    if *on {
                        3
                    } else {
                        0
                    }
                }
                None => *code,
            };
        }
        let back = MappedMatrix::from_tiles(vec![tile], weights.dim(), g).weights(g);
        (&back - weights).iter().map(|d| i64::from(*d).pow(2)).sum()
    }

    proptest! {
        #[test]
        fn moving_weights_never_harms_and_loses_none(seed in any::<u64>(), offset in any::<bool>(), spare in 0usize..3) {
            let g = geometry(if offset { Encoding::Offset } else { Encoding::Differential }, spare);
            let mut random = crate::model::Random::keyed(&[seed]);
            let outputs = g.logical_columns();
            let weights = Array2::from_shape_fn((outputs, 6), |_| random.below(255) as i32 - 127);
            let tile = MappedMatrix::new(&weights, &g).tiles[0].clone();
            // The offset column is as good as any other cell; here it is whole.
            let stuck = Array2::from_shape_fn(tile.codes.dim(), |(_, c)| {
                (random.below(40) == 0 && c != g.columns - 1).then(|| random.below(2) == 1)
            });
            let mut moved = tile.clone();
            dodge(&mut moved, &stuck, 6, &g);
            let none = stuck.mapv(|_| None);
            prop_assert_eq!(held(&moved, &none, &weights, &g), 0);
            prop_assert!(held(&moved, &stuck, &weights, &g) <= held(&tile, &stuck, &weights, &g));
            let mut places = moved.places.clone();
            places.sort_unstable();
            prop_assert_eq!(places, tile.places);
        }
    }

    #[test]
    fn a_weight_leaves_a_broken_place_for_a_spare_one() {
        let g = geometry(Encoding::Differential, 1);
        let weights = Array2::from_elem((g.logical_columns(), 6), 127);
        let mut tile = MappedMatrix::new(&weights, &g).tiles[0].clone();
        let mut stuck = Array2::from_elem(tile.codes.dim(), None);
        stuck[[3, tile.column(&g, 2, 0)]] = Some(false);
        dodge(&mut tile, &stuck, 6, &g);
        let spare = g.places() as u16 - 1;
        assert_eq!((tile.places[2], tile.places[g.places() - 1]), (spare, 2));
        assert_eq!(held(&tile, &stuck, &weights, &g), 0);
    }
}
