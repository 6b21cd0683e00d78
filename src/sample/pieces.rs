//! The notes of pieces of frames.

use ndarray::Array2;

/// A bit that stays 1: a note held from one frame to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Which bit.
    pub key: usize,
    /// Its first frame.
    pub from: usize,
    /// The first frame after it.
    pub to: usize,
}

/// The notes of a piece [steps, bits], by their first frames and keys. Ones that follow each other are one long note.
pub fn notes(piece: &Array2<f32>) -> Vec<Note> {
    let mut notes = Vec::new();
    for (key, bits) in piece.columns().into_iter().enumerate() {
        let mut from = None;
        for step in 0..=bits.len() {
            let on = step < bits.len() && bits[step] > 0.5;
            match (from, on) {
                (None, true) => from = Some(step),
                (Some(first), false) => {
                    notes.push(Note { key, from: first, to: step });
                    from = None;
                }
                _ => {}
            }
        }
    }
    notes.sort_by_key(|note| (note.from, note.key));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_frames_are_one_long_note() {
        let piece = ndarray::arr2(&[[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]);
        let found: Vec<_> = notes(&piece).iter().map(|n| (n.key, n.from, n.to)).collect();
        assert_eq!(found, [(0, 0, 2), (2, 0, 1), (1, 1, 3), (2, 2, 3)]);
    }
}
