//! Memory images and conductance files; each bit layout in one place.

mod conductance;
mod export;
mod folder;
mod hex;
mod image;
mod manifest;

pub use crate::files::sha256;
pub use export::{Sink, export, read_back};
pub use folder::{EXPORT, Exported, write_export};
pub use hex::{HexError, HexWord};
pub use image::{
    embedding_from_image, embedding_image, flip_image, flips_from_image, gain_image, gains_from_image,
    octave_from_image, octave_image, place_image, places_from_image, table_from_image, table_image,
    tile_from_image, tile_image, tile_name,
};
pub use manifest::{Manifest, MatrixEntry, RomError, TileEntry};
