//! Pieces of frames that the network goes on with, or writes again.

use super::{Example, FloatNet, Random};
use ndarray::{Array2, s};

impl FloatNet {
    /// `frames` frames after those of `prime` [steps, bits], which may be none: every bit drawn by itself, its logit divided
    /// by `temperature` (above 0), given all frames before. z, where there is one, is of its prior; latents of steps are of
    /// their posteriors as far as `prime` goes, then of their priors. What comes back begins with `prime`. The same seed
    /// gives the same piece.
    ///
    /// # Panics
    /// If the network writes no frames, or ones of another size.
    pub fn dream_piece(
        &self,
        prime: &Array2<f32>,
        frames: usize,
        (temperature, seed): (f64, u64),
    ) -> Array2<f32> {
        let network = self.network();
        let head = network.bits_block().expect("a network that writes frames");
        let mut random = Random::keyed(&[seed]);
        let z = Array2::from_shape_simple_fn((1, network.latent_width()), || random.normal());
        let of_step = network.draw().map(|(z, ..)| network.width(z));
        let (played, width) = (prime.nrows(), network.width(head));
        let known = Example::piece(prime);
        let mut decoder = match of_step {
            Some(_) if played > 0 => self.decoder_knowing_piece(&known),
            _ => self.decoder(z),
        };
        let mut piece = Array2::zeros((played + frames, width));
        piece.slice_mut(s![..played, ..]).assign(prime);
        // Silence stands before the first frame.
        let mut before = Array2::zeros((1, width));
        for step in 0..piece.nrows() {
            let noise = of_step.map(|of_step| Array2::from_shape_simple_fn((1, of_step), || random.normal()));
            let logits = decoder.bits(&before, noise.as_ref()).row(0).to_owned();
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

    /// A piece [frames, bits] written again, the likelier value of every bit: latents of steps at the means of their
    /// posteriors, and each step fed what the one before it has written.
    ///
    /// # Panics
    /// If the network writes no frames of this size, or draws no latent at every step.
    pub fn rewrite_piece(&self, piece: &Array2<f32>) -> Array2<f32> {
        assert!(self.network().draw().is_some(), "a network with a draw");
        let known = Example::piece(piece);
        let mut decoder = self.decoder_knowing_piece(&known);
        let mut written = Array2::zeros(piece.dim());
        let mut before = Array2::zeros((1, piece.ncols()));
        for mut frame in written.outer_iter_mut() {
            let logits = decoder.bits(&before, None).row(0).to_owned();
            frame.assign(&logits.mapv(|logit| if logit > 0.0 { 1.0 } else { 0.0 }));
            before.row_mut(0).assign(&frame);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Network;

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
        let piece = echo().dream_piece(&prime, 4000, (1.0, 7));
        assert_eq!(piece.slice(s![..2, ..]), prime);
        assert!((1..4002).all(|t| piece[[t, 0]] == 1.0 - piece[[t - 1, 0]]));
        let ones = |piece: &Array2<f32>| piece.slice(s![2.., 1]).sum();
        assert!((900.0..1100.0).contains(&ones(&piece)), "{}", ones(&piece));
        // Half the temperature squares the odds: one in ten.
        let cold = echo().dream_piece(&prime, 4000, (0.5, 7));
        assert!((320.0..480.0).contains(&ones(&cold)), "{}", ones(&cold));
        assert_eq!(echo().dream_piece(&prime, 50, (1.0, 7)), piece.slice(s![..52, ..]));
        assert_ne!(echo().dream_piece(&prime, 50, (1.0, 8)), piece.slice(s![..52, ..]));
    }

    /// Nothing played: what comes first follows silence.
    #[test]
    fn a_piece_begins_after_silence() {
        let piece = echo().dream_piece(&Array2::zeros((0, 2)), 3, (1.0, 1));
        assert_eq!(piece.column(0).to_vec(), [1.0, 0.0, 1.0]);
        assert_eq!(Example::piece(&piece).frames.row(0).sum(), 0.0);
    }
}
