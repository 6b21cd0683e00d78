//! Jobs out of sentences, z on the way between two of them, and what is written: as words, or as music.

mod conversation;
mod float;
mod jobs;
mod midi;
mod pieces;
mod roll;

pub use conversation::conversation;
pub use float::draw;
pub use jobs::{
    between, decode_all, encode, endless, frames, generation, generations, job, piece, reconstruct, score,
    shares,
};
pub use midi::{KEYS, LOWEST, midi};
pub use pieces::{Note, notes};
pub use roll::{Part, Shown, roll};

use crate::model::Vocabulary;

/// Tokens as words, or as numbers where there are no words.
pub fn words(vocabulary: Option<&Vocabulary>, tokens: &[u32]) -> String {
    match vocabulary {
        Some(v) => v.decode(tokens),
        None => tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
