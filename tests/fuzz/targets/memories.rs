//! An export: its manifest, and memory images.

use super::{Answer, Form, Target, said, text};
use crate::build_folder::everything;
use crate::common::{mapped, smallest};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::{Correction, CrossbarNet, Tile};
use hvae_mnn::quant::{Format, Function, OctaveTable, Table};
use hvae_mnn::rom::{
    Manifest, embedding_from_image, embedding_image, export, flip_image, flips_from_image, gain_image,
    gains_from_image, octave_from_image, octave_image, place_image, places_from_image, read_back,
    table_from_image, table_image, tile_from_image, tile_image,
};
use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

type Export = BTreeMap<String, Vec<u8>>;

fn exports() -> &'static [Export; 2] {
    static EXPORTS: OnceLock<[Export; 2]> = OnceLock::new();
    EXPORTS.get_or_init(|| {
        [smallest(), everything()].map(|config| {
            let mut files = Export::new();
            let mut sink = |path: &str, bytes: &[u8]| {
                files.insert(path.into(), bytes.into());
                Ok(())
            };
            export(&mapped(&config, 1).0, &mut sink).unwrap();
            files
        })
    })
}

const NAME: &str = "manifest.json";

/// `manifest.json` beside images that are whole.
pub const MANIFEST: Target = Target {
    name: "manifest",
    form: Form::Json,
    few: 150,
    seconds: 10,
    seeds: || exports().iter().map(|files| files[NAME].clone()).collect(),
    read: manifest,
};

fn manifest(input: &[u8]) -> Answer {
    // Images of both are there, each under its own hash; where names are the same, those of the first that fit.
    let read = |files: &Export| {
        let file = |path: &str| match path {
            NAME => Ok(input.to_vec()),
            _ => files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        };
        said(read_back(&file))
    };
    let (manifest, weights) = exports().iter().map(read).reduce(Result::or).unwrap()?;
    let written = serde_json::to_vec(&manifest).unwrap();
    let again: Manifest = serde_json::from_slice(&written).unwrap();
    assert_eq!(again, manifest, "what was accepted reads back");
    for (entry, (name, weights)) in manifest.matrices.iter().zip(&weights) {
        assert_eq!((&entry.name, entry.outputs), (name, weights.nrows()));
    }
    Ok(())
}

/// Images of every kind, each behind a line with the letter of its kind.
pub const IMAGES: Target = Target {
    name: "images",
    form: Form::Plain,
    few: 500,
    seconds: 10,
    seeds: || KINDS.iter().map(|kind| format!("{}\n{}", kind.0, (kind.1)()).into_bytes()).collect(),
    read: images,
};

/// A letter, an image, and the image of what is read from one.
type Kind = (char, fn() -> String, fn(&str) -> Result<String, String>);

const KINDS: [Kind; 7] = [
    (
        't',
        || tile_image(Some(tile()), g()),
        |text| said(tile_from_image(text, (0, 0), g())).map(|tile| tile_image(Some(&tile), g())),
    ),
    (
        'f',
        || flip_image(Some(tile()), g()),
        |text| {
            let mut tile = tile().clone();
            said(flips_from_image(text, &mut tile, g())).map(|()| flip_image(Some(&tile), g()))
        },
    ),
    (
        'p',
        || place_image(Some(tile()), g()),
        |text| {
            let mut tile = tile().clone();
            said(places_from_image(text, &mut tile, g())).map(|()| {
                let mut places = tile.places.clone();
                places.sort_unstable();
                assert!(places.into_iter().eq(0..g().places() as u16), "places of a tile, each once");
                place_image(Some(&tile), g())
            })
        },
    ),
    (
        'g',
        || gain_image(&corrections(), GAINS, 25),
        |text| said(gains_from_image(text, GAINS, 25)).map(|gains| gain_image(&gains, GAINS, 25)),
    ),
    (
        'e',
        || embedding_image(&codes(), 6),
        |text| said(embedding_from_image(text, (5, 7), 6)).map(|codes| embedding_image(&codes, 6)),
    ),
    (
        's',
        || table_image(&table()),
        |text| {
            said(table_from_image(text, &table()))
                .map(|(values, deltas)| table_image(&Table { values, deltas, ..table() }))
        },
    ),
    (
        'o',
        || octave_image(&octaves()),
        |text| {
            said(octave_from_image(text, octaves().bits, octaves().words.len()))
                .map(|read| octave_image(&read))
        },
    ),
];

fn images(input: &[u8]) -> Answer {
    let (kind, image) = text(input)?.split_once('\n').ok_or("no kind")?;
    let (.., again) = KINDS.iter().find(|(letter, ..)| kind == letter.to_string()).ok_or("no such kind")?;
    let words = |text: &str| {
        let words =
            text.lines().map(|line| line.split("//").next().unwrap_or("").trim().to_ascii_lowercase());
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(words(&again(image)?), words(image), "what was accepted is written as it stood there");
    Ok(())
}

/// Cells whose weights were moved, on a tile that has flips, places and gains.
fn net() -> &'static CrossbarNet {
    static NET: OnceLock<CrossbarNet> = OnceLock::new();
    NET.get_or_init(|| {
        let mut config: Config = smallest();
        config.crossbar.encoding = hvae_mnn::config::Encoding::Offset;
        (config.crossbar.flip, config.crossbar.dodge_faults) = (true, true);
        (config.crossbar.columns, config.crossbar.physical_tiles) = (50, 0);
        mapped(&config, 1).0
    })
}

fn g() -> &'static hvae_mnn::crossbar::TileGeometry {
    &net().geometry
}

fn tile() -> &'static Tile {
    &net().matrices.values().next().unwrap().mapped().tiles[0]
}

/// Sets of outputs, outputs of a set, lanes: neither fills the other.
const GAINS: (usize, usize, usize) = (3, 5, 2);

fn corrections() -> Vec<Correction> {
    (0..15).map(|i| Correction { gain: 1000 + 3 * i, offset: 77 * i64::from(i) - 500 }).collect()
}

fn codes() -> ndarray::Array2<i32> {
    ndarray::Array2::from_shape_fn((5, 7), |(i, j)| (i as i32 * 13 + j as i32 * 5) % 64 - 32)
}

fn table() -> Table {
    Table::new(Function::Tanh, Format::new(12, 8), 9, 4)
}

fn octaves() -> OctaveTable {
    OctaveTable::gumbel()
}
