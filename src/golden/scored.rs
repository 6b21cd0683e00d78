//! What a host makes of the answer of SCORE where a latent is drawn at every step, or once a sentence.

use super::SCORE_FRAC;
use crate::model::{Drawn, DrawnStep, Score};
use crate::quant::QuantNet;

/// The words of an answer as figures: for every token the moments of posterior and prior, z, and the log-probability; the
/// former before the first token alone where they are there once.
/// The most probable token is not among them; 0 stands for it.
///
/// # Panics
/// If the network draws no latent at every step.
pub fn scored(quant: &QuantNet, answer: &[u32]) -> Drawn {
    let (z, _, prior) = quant.network.draw().expect("a network with a draw");
    let size = quant.network.width(z);
    let format = quant.moment_format();
    let real = |word: i32| format.decode(i64::from(word)) as f32;
    let low = |word: u32| real(i32::from(word as u16 as i16));
    let high = |word: u32| real(i32::from((word >> 16) as u16 as i16));
    let mut drawn = Drawn::of(Vec::new(), size);
    let add = |drawn: &mut Drawn, sent: &[u32]| {
        let of = |part: usize, number: &dyn Fn(u32) -> f32| -> Vec<f32> {
            sent.chunks_exact(3).map(|words| number(words[part])).collect()
        };
        let (means, log_variances) = (of(0, &low), of(0, &high));
        let (prior_means, prior_log_variances) = (of(1, &low), of(1, &high));
        drawn.add(&DrawnStep {
            posterior: (&means, &log_variances),
            prior: prior.map(|_| (&prior_means[..], &prior_log_variances[..])),
            z: &of(2, &|word| real(word as i32)),
        });
    };
    let score = |word: u32| {
        let log_probability = f64::from(word as i32) / f64::from(1u32 << SCORE_FRAC);
        Score { log_probability, best: 0 }
    };
    if quant.network.is_once(z) {
        let (sent, scores) = answer.split_at(answer.len().min(3 * size));
        add(&mut drawn, sent);
        drawn.scores.extend(scores.iter().map(|&word| score(word)));
        return drawn;
    }
    for token in answer.chunks_exact(3 * size + 1) {
        add(&mut drawn, &token[..3 * size]);
        drawn.scores.push(score(token[3 * size]));
    }
    drawn
}
