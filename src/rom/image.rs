//! The bit layout of every memory of the design, and its inverse.

use super::{HexError, HexWord};
use crate::crossbar::{Correction, GAIN_BITS, Tile, TileGeometry};
use crate::quant::{OctaveTable, Table};
use ndarray::Array2;

/// Name of a tile's files: matrix, tile row, tile column.
pub fn tile_name(matrix: &str, at: (usize, usize)) -> String {
    format!("{matrix}_r{:02}_c{:04}", at.0, at.1)
}

fn lines(words: impl Iterator<Item = HexWord>) -> String {
    words.map(|w| w.line() + "\n").collect()
}

/// Bit of plane `bit` of the cell of `row` under converter `adc`.
fn cell_bit(g: &TileGeometry, adc: usize, bit: usize, row: usize) -> usize {
    (adc * g.code_bits as usize + bit) * g.rows + row
}

fn tile_word_bits(g: &TileGeometry) -> usize {
    g.adcs() * g.code_bits as usize * g.rows
}

/// One word per slot: the columns that all converters of the tile see together.
/// Without a tile, all cells are at level 0.
pub fn tile_image(tile: Option<&Tile>, g: &TileGeometry) -> String {
    lines((0..g.slots).map(|slot| {
        let mut word = HexWord::zero(tile_word_bits(g));
        let Some(tile) = tile else { return word };
        for adc in 0..g.adcs() {
            let column = g.physical_column(adc, slot);
            for row in 0..g.rows {
                let code = tile.codes[[row, column]];
                (0..g.code_bits as usize)
                    .filter(|b| code >> b & 1 == 1)
                    .for_each(|b| word.set(cell_bit(g, adc, b, row)));
            }
        }
        word
    }))
}

/// One word per slot: which converters see a flipped column.
pub fn flip_image(tile: Option<&Tile>, g: &TileGeometry) -> String {
    lines((0..g.slots).map(|slot| {
        let mut word = HexWord::zero(g.weight_adcs());
        let flipped = |adc: &usize| tile.is_some_and(|tile| tile.flipped[g.physical_column(*adc, slot)]);
        (0..g.weight_adcs()).filter(flipped).for_each(|adc| word.set(adc));
        word
    }))
}

/// The inverse of [`flip_image`], into `tile`.
///
/// # Errors
///
/// The text is no such image.
pub fn flips_from_image(text: &str, tile: &mut Tile, g: &TileGeometry) -> Result<(), HexError> {
    for (slot, word) in HexWord::parse_all(text, g.weight_adcs(), g.slots)?.iter().enumerate() {
        for adc in 0..g.weight_adcs() {
            tile.flipped[g.physical_column(adc, slot)] = word.get(adc);
        }
    }
    Ok(())
}

/// Bits of the number of a place.
pub fn place_bits(g: &TileGeometry) -> usize {
    (g.places().next_power_of_two().trailing_zeros() as usize).max(1)
}

/// One word: the place of every logical column, the first one lowest.
pub fn place_image(tile: Option<&Tile>, g: &TileGeometry) -> String {
    let bits = place_bits(g);
    let mut word = HexWord::zero(bits * g.logical_columns());
    for l in 0..g.logical_columns() {
        let place = tile.map_or(l as u16, |tile| tile.places[l]);
        word.put(l * bits, bits, place.into());
    }
    lines([word].into_iter())
}

/// The inverse of [`place_image`], into `tile`; places of no weight follow in their order.
///
/// # Errors
///
/// The text is no such image.
pub fn places_from_image(text: &str, tile: &mut Tile, g: &TileGeometry) -> Result<(), HexError> {
    let bits = place_bits(g);
    let word = &HexWord::parse_all(text, bits * g.logical_columns(), 1)?[0];
    let place = |l: usize| (0..bits).map(|b| u16::from(word.get(l * bits + b)) << b).sum::<u16>();
    let used: Vec<u16> = (0..g.logical_columns()).map(place).collect();
    let odd = |(l, place): (usize, &u16)| usize::from(*place) >= g.places() || used[..l].contains(place);
    if let Some(l) = used.iter().enumerate().position(odd) {
        return Err(HexError::Place { places: g.places(), found: used[l] });
    }
    let empty = (0..g.places() as u16).filter(|place| !used.contains(place));
    tile.places = used.iter().copied().chain(empty).collect();
    Ok(())
}

/// One word per group of lanes: of every set and lane {offset, gain}. `shape`: sets of outputs that
/// are read side by side, outputs of a set, lanes of a set.
pub fn gain_image(corrections: &[Correction], shape: (usize, usize, usize), sum_bits: u32) -> String {
    let (sets, size, lanes) = shape;
    let (gain_bits, offset_bits) = (GAIN_BITS as usize, sum_bits as usize);
    let each = gain_bits + offset_bits;
    lines((0..size.div_ceil(lanes)).map(|group| {
        let mut word = HexWord::zero(each * sets * lanes);
        for (set, lane) in (0..sets).flat_map(|set| (0..lanes).map(move |lane| (set, lane))) {
            let unit = group * lanes + lane;
            if unit < size {
                let correction = corrections[set * size + unit];
                let at = (set * lanes + lane) * each;
                word.put(at, gain_bits, correction.gain.into());
                word.put(at + gain_bits, offset_bits, correction.offset);
            }
        }
        word
    }))
}

/// The inverse of [`gain_image`].
///
/// # Errors
///
/// The text is no such image.
pub fn gains_from_image(
    text: &str,
    shape: (usize, usize, usize),
    sum_bits: u32,
) -> Result<Vec<Correction>, HexError> {
    let (sets, size, lanes) = shape;
    let (gain_bits, offset_bits) = (GAIN_BITS as usize, sum_bits as usize);
    let each = gain_bits + offset_bits;
    let words = HexWord::parse_all(text, each * sets * lanes, size.div_ceil(lanes))?;
    let unused = |group: &usize| {
        let lanes_of_sets = (0..sets * lanes).filter(|lane| group * lanes + lane % lanes >= size);
        lanes_of_sets.flat_map(|lane| lane * each..(lane + 1) * each).any(|bit| words[*group].get(bit))
    };
    if let Some(group) = (0..words.len()).find(unused) {
        return Err(HexError::Unused { line: group + 1 });
    }
    let correction = |n: usize| {
        let (set, unit) = (n / size, n % size);
        let (word, at) = (&words[unit / lanes], (set * lanes + unit % lanes) * each);
        Correction {
            gain: word.unsigned(at, gain_bits) as u32,
            offset: word.signed(at + gain_bits, offset_bits),
        }
    };
    Ok((0..sets * size).map(correction).collect())
}

/// The inverse of [`tile_image`]; flips, places and range are those of `g`'s plainest tile.
///
/// # Errors
///
/// The text is no such image.
pub fn tile_from_image(text: &str, at: (usize, usize), g: &TileGeometry) -> Result<Tile, HexError> {
    let words = HexWord::parse_all(text, tile_word_bits(g), g.slots)?;
    let mut codes = Array2::<u8>::zeros((g.rows, g.columns));
    for (slot, word) in words.iter().enumerate() {
        for adc in 0..g.adcs() {
            let column = g.physical_column(adc, slot);
            for row in 0..g.rows {
                let bit = |b: usize| u8::from(word.get(cell_bit(g, adc, b, row))) << b;
                let code = (0..g.code_bits as usize).map(bit).sum();
                // Every word has the one offset column again.
                if slot > 0 && adc == g.weight_adcs() && codes[[row, column]] != code {
                    return Err(HexError::Column { word: slot + 1 });
                }
                codes[[row, column]] = code;
            }
        }
    }
    Ok(Tile::new(at, codes, g))
}

/// One word per token: bit plane after bit plane of its codes, as they drive word lines.
pub fn embedding_image(codes: &Array2<i32>, bits: u32) -> String {
    let size = codes.ncols();
    lines(codes.outer_iter().map(|row| {
        let mut word = HexWord::zero(size * bits as usize);
        for (j, &code) in row.iter().enumerate() {
            (0..bits as usize).filter(|b| code >> b & 1 == 1).for_each(|b| word.set(b * size + j));
        }
        word
    }))
}

/// The inverse of [`embedding_image`]; `shape` is [vocabulary, size].
///
/// # Errors
///
/// The text is no such image.
pub fn embedding_from_image(text: &str, shape: (usize, usize), bits: u32) -> Result<Array2<i32>, HexError> {
    let (count, size) = shape;
    let words = HexWord::parse_all(text, size * bits as usize, count)?;
    Ok(Array2::from_shape_fn(shape, |(token, j)| {
        let raw: i32 = (0..bits as usize).map(|b| i32::from(words[token].get(b * size + j)) << b).sum();
        let unused = 32 - bits;
        raw << unused >> unused
    }))
}

/// One word per segment: {value, delta}.
pub fn table_image(table: &Table) -> String {
    let (value_bits, delta_bits) = (table.output.bits as usize, table.delta_bits as usize);
    lines(table.values.iter().zip(&table.deltas).map(|(&value, &delta)| {
        let mut word = HexWord::zero(value_bits + delta_bits);
        word.put(delta_bits, value_bits, value.into());
        word.put(0, delta_bits, delta.into());
        word
    }))
}

/// The inverse of [`table_image`]: values and deltas, as wide as those of `table`.
///
/// # Errors
///
/// The text is no such image.
pub fn table_from_image(text: &str, table: &Table) -> Result<(Vec<i32>, Vec<i32>), HexError> {
    let (value_bits, delta_bits) = (table.output.bits as usize, table.delta_bits as usize);
    let words = HexWord::parse_all(text, value_bits + delta_bits, 1 << table.address_bits)?;
    let pair =
        |word: &HexWord| (word.signed(delta_bits, value_bits) as i32, word.signed(0, delta_bits) as i32);
    Ok(words.iter().map(pair).unzip())
}

/// The inverse of [`octave_image`]: `count` words of `bits` bits.
///
/// # Errors
///
/// The text is no such image.
pub fn octave_from_image(text: &str, bits: u32, count: usize) -> Result<OctaveTable, HexError> {
    let words = HexWord::parse_all(text, bits as usize, count)?;
    let word = |word: &HexWord| word.signed(0, bits as usize) as i32;
    Ok(OctaveTable { bits, words: words.iter().map(word).collect() })
}

/// One word per segment of each octave.
pub fn octave_image(table: &OctaveTable) -> String {
    lines(table.words.iter().map(|&value| {
        let mut word = HexWord::zero(table.bits as usize);
        word.put(0, table.bits as usize, value.into());
        word
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Crossbar, Encoding, Fixed};
    use crate::quant::{Format, Function};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tiles_survive_their_images(
            seed in any::<u64>(), rows in 1usize..70, cell_bits in 1u32..4, m in 1usize..20, offset in any::<bool>(),
        ) {
            let encoding = if offset { Encoding::Offset } else { Encoding::Differential };
            let crossbar = Crossbar { rows, columns: 48, cell_bits, columns_per_adc: m, encoding, ..Crossbar::default() };
            let g = TileGeometry::new(&crossbar, &Fixed::default(), cell_bits).unwrap();
            let mut codes = Array2::<u8>::zeros((g.rows, g.columns));
            for adc in 0..g.adcs() {
                for slot in 0..g.slots {
                    for r in 0..rows {
                        let mix = seed.wrapping_mul((1 + r + 131 * slot + 7919 * adc) as u64) >> 40;
                        codes[[r, g.physical_column(adc, slot)]] = (mix as u8) & ((1 << cell_bits) - 1);
                    }
                }
            }
            let tile = Tile::new((0, 3), codes, &g);
            prop_assert_eq!(tile_from_image(&tile_image(Some(&tile), &g), (0, 3), &g).unwrap(), tile);
        }

        #[test]
        fn embeddings_survive_their_images(codes in prop::collection::vec(-128i32..128, 35)) {
            let codes = Array2::from_shape_vec((5, 7), codes).unwrap();
            prop_assert_eq!(embedding_from_image(&embedding_image(&codes, 8), (5, 7), 8).unwrap(), codes);
        }
    }

    proptest! {
        #[test]
        fn gains_survive_their_image(
            gains in prop::collection::vec((0u32..1 << GAIN_BITS, -(1i64 << 24)..1 << 24), 1..40), sets in 1usize..5, lanes in 1usize..9,
        ) {
            let corrections: Vec<Correction> = gains.into_iter().map(|(gain, offset)| Correction { gain, offset }).collect();
            let size = corrections.len() / sets;
            prop_assume!(size > 0);
            let corrections = &corrections[..sets * size];
            let image = gain_image(corrections, (sets, size, lanes), 25);
            prop_assert_eq!(gains_from_image(&image, (sets, size, lanes), 25).unwrap(), corrections);
        }
    }

    #[test]
    fn tables_survive_their_images() {
        let input = Format::new(16, 12);
        for function in [Function::Sigmoid, Function::Tanh, Function::ExpHalf] {
            for (bits, address_bits) in [(16, 9), (8, 2), (18, 12)] {
                let table = Table::new(function, input, bits, address_bits);
                let (values, deltas) = table_from_image(&table_image(&table), &table).unwrap();
                assert_eq!((values, deltas), (table.values, table.deltas));
            }
        }
        for table in [OctaveTable::half_normal(), OctaveTable::gumbel()] {
            let read = octave_from_image(&octave_image(&table), table.bits, table.words.len()).unwrap();
            assert_eq!(read, table);
        }
    }

    #[test]
    fn the_offset_column_is_one_in_every_word() {
        let crossbar = Crossbar { columns: 48, encoding: Encoding::Offset, ..Crossbar::default() };
        let g = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
        let image = tile_image(None, &g);
        assert!(tile_from_image(&image, (0, 0), &g).is_ok() && g.slots > 2);
        // Its highest bit stands first.
        let odd = image.replacen("\n0", "\n8", 1);
        assert_eq!(tile_from_image(&odd, (0, 0), &g), Err(HexError::Column { word: 2 }));
    }

    #[test]
    fn lanes_without_an_output_hold_nothing() {
        let shape = (2, 3, 2);
        let some: Vec<Correction> = (0..6).map(|i| Correction { gain: 1 + i, offset: -1 }).collect();
        let image = gain_image(&some, shape, 25);
        assert_eq!(gains_from_image(&image, shape, 25).as_ref(), Ok(&some));
        // Two sets of two lanes of 36 bits, of whose last words one is of no output.
        let odd = image.replacen("\n000000000", "\n000000001", 1);
        assert_ne!(odd, image);
        assert_eq!(gains_from_image(&odd, shape, 25), Err(HexError::Unused { line: 2 }));
    }

    #[test]
    fn places_are_those_of_a_tile_each_once() {
        let crossbar = Crossbar { columns: 48, spare_columns: 1, dodge_faults: true, ..Crossbar::default() };
        let g = TileGeometry::new(&crossbar, &Fixed::default(), 2).unwrap();
        assert_eq!((g.places(), g.logical_columns()), (6, 5));
        let mut tile = Tile::new((0, 0), Array2::zeros((g.rows, g.columns)), &g);
        tile.places = vec![5, 0, 4, 1, 2, 3];
        let image = place_image(Some(&tile), &g);
        let read = |text: &str| {
            let mut read = tile.clone();
            places_from_image(text, &mut read, &g).map(|()| read.places).map_err(|e| e.to_string())
        };
        assert_eq!(read(&image), Ok(tile.places.clone()));
        for (places, found) in [([0, 1, 2, 1, 3], 1), ([0, 1, 6, 2, 3], 6), ([7, 1, 2, 3, 4], 7)] {
            let mut word = HexWord::zero(place_bits(&g) * 5);
            (0..5).for_each(|l| word.put(l * place_bits(&g), place_bits(&g), places[l]));
            let message =
                format!("expected each of 6 places at most once, found {found} twice or beyond them");
            assert_eq!(read(&word.line()), Err(message));
        }
    }

    #[test]
    fn a_truncated_image_is_refused() {
        let text = embedding_image(&Array2::zeros((3, 4)), 8);
        let cut = &text[..text.len() - 3];
        assert_eq!(
            embedding_from_image(cut, (3, 4), 8).unwrap_err().to_string(),
            "line 3: expected 8 hex digits, found 6"
        );
        assert!(
            embedding_from_image(&text, (4, 4), 8)
                .unwrap_err()
                .to_string()
                .contains("expected 4 words, found 3")
        );
    }
}
