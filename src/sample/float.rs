//! Sentences of the network in single precision.

use crate::model::{EOS, FloatNet, Random, SOS, likeliest};
use ndarray::Array2;

/// A sentence of at most `limit` tokens from a z of the prior, or from one of every step, every token but the unknown word drawn at `temperature` (above 0). The same
/// seed gives the same sentence.
pub fn draw(net: &FloatNet, seed: u64, temperature: f64, limit: usize) -> Vec<u32> {
    let network = net.network();
    let width = network.latent_width();
    let mut random = Random::keyed(&[seed]);
    let z = Array2::from_shape_simple_fn((1, width), || random.normal());
    let of_step = network.draw();
    let mut decoder = net.decoder(z);
    let (mut token, mut written) = (SOS, Vec::new());
    while token != EOS && written.len() < limit {
        let noise = of_step.map(|(z, ..)| {
            let width = network.width(z);
            Array2::from_shape_simple_fn((1, width), || random.normal())
        });
        let logits = decoder.logits_with(&[token], noise.as_ref()).row(0).to_owned();
        // The largest of logits with Gumbel noise is a draw from their softmax.
        let noisy = logits.mapv(|logit| {
            let uniform = f64::from(random.uniform()).max(f64::MIN_POSITIVE);
            (f64::from(logit) / temperature - (-uniform.ln()).ln()) as f32
        });
        token = likeliest(noisy.view());
        written.push(token);
    }
    written
}
