//! Pieces of frames that the network in single precision goes on with.

use crate::model::{FloatNet, Random};
use ndarray::{Array2, s};

/// `frames` frames after those of `prime` [steps, bits], which may be none: every bit drawn by itself, its logit divided by
/// `temperature` (above 0), given all frames before; z, where there is one, from its prior. What comes back begins with
/// `prime`. The same seed gives the same piece.
///
/// # Panics
/// If the network writes no frames, or ones of another size.
pub fn draw_piece(
    net: &FloatNet,
    prime: &Array2<f32>,
    frames: usize,
    (temperature, seed): (f64, u64),
) -> Array2<f32> {
    let network = net.network();
    let head = network.bits_block().expect("a network that writes frames");
    let mut random = Random::keyed(&[seed]);
    let z = Array2::from_shape_simple_fn((1, network.latent_width()), || random.normal());
    let mut decoder = net.decoder(z);
    let (played, width) = (prime.nrows(), network.width(head));
    let mut piece = Array2::zeros((played + frames, width));
    piece.slice_mut(s![..played, ..]).assign(prime);
    // Silence stands before the first frame.
    let mut before = Array2::zeros((1, width));
    for step in 0..piece.nrows() {
        let logits = decoder.bits(&before, None).row(0).to_owned();
        if step >= played {
            let bit = |logit: f32| {
                let one = 1.0 / (1.0 + (-f64::from(logit) / temperature).exp());
                if f64::from(random.uniform()) < one { 1.0 } else { 0.0 }
            };
            piece.row_mut(step).assign(&logits.mapv(bit));
        }
        before.row_mut(0).assign(&piece.row(step));
    }
    piece
}

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
    use crate::model::{Example, Network};

    const ECHO: &str = r#"
        loop = [{ name = "write", over = "written" }]
        block = [
            { name = "before", loop = "write", op = "input", size = 2 },
            { name = "next", loop = "write", op = "bits", size = 2, inputs = ["before"] },
        ]
    "#;

    /// Bit 0 becomes the other one, bit 1 is a coin of one in four.
    fn echo() -> FloatNet {
        let network = Network::from_text("n", ECHO, 0).unwrap();
        let weight = ndarray::arr2(&[[-200.0, 0.0], [0.0, 0.0]]);
        FloatNet::with_tensors(&network, vec![weight, ndarray::arr2(&[[100.0, -(3f32.ln())]])])
    }

    #[test]
    fn a_piece_goes_on_from_what_was_played() {
        let prime = ndarray::arr2(&[[0.0, 1.0], [1.0, 1.0]]);
        let piece = draw_piece(&echo(), &prime, 4000, (1.0, 7));
        assert_eq!(piece.slice(s![..2, ..]), prime);
        assert!((1..4002).all(|t| piece[[t, 0]] == 1.0 - piece[[t - 1, 0]]));
        let ones = |piece: &Array2<f32>| piece.slice(s![2.., 1]).sum();
        assert!((900.0..1100.0).contains(&ones(&piece)), "{}", ones(&piece));
        // Half the temperature squares the odds: one in ten.
        let cold = draw_piece(&echo(), &prime, 4000, (0.5, 7));
        assert!((320.0..480.0).contains(&ones(&cold)), "{}", ones(&cold));
        assert_eq!(draw_piece(&echo(), &prime, 50, (1.0, 7)), piece.slice(s![..52, ..]));
        assert_ne!(draw_piece(&echo(), &prime, 50, (1.0, 8)), piece.slice(s![..52, ..]));
    }

    /// Nothing played: what comes first follows silence.
    #[test]
    fn a_piece_begins_after_silence() {
        let piece = draw_piece(&echo(), &Array2::zeros((0, 2)), 3, (1.0, 1));
        assert_eq!(piece.column(0).to_vec(), [1.0, 0.0, 1.0]);
        assert_eq!(Example::piece(&piece).frames.row(0).sum(), 0.0);
    }

    #[test]
    fn equal_frames_are_one_long_note() {
        let piece = ndarray::arr2(&[[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]);
        let found: Vec<_> = notes(&piece).iter().map(|n| (n.key, n.from, n.to)).collect();
        assert_eq!(found, [(0, 0, 2), (2, 0, 1), (1, 1, 3), (2, 2, 3)]);
    }
}
