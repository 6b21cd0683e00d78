//! The figures of a head of labels or numbers, the same code for every engine.

use super::engine::Engine;
use super::example::answering;
use super::frames::{importance_weighted_frames, measure_pieces};
use super::{Example, Op, gaussian_nll, label_nll};
use serde::{Deserialize, Serialize};

/// What a head that writes no words is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum Answers {
    /// A label a position, or one a sequence.
    Labels {
        /// Nats a label.
        nll: f64,
        /// Share of labels that were the most probable one.
        accuracy: f64,
        /// That of always saying the label that is most frequent here.
        baseline_accuracy: f64,
        /// Labels said.
        labels: usize,
        /// Sequences read.
        sequences: usize,
    },
    /// Numbers a position, or of a sequence.
    Values {
        /// Nats a number.
        nll: f64,
        /// Root of the mean squared error of a number.
        rmse: f64,
        /// That of repeating the frame that was read last; absent where a frame is shorter than what is predicted.
        baseline_rmse: Option<f64>,
        /// Numbers predicted.
        values: usize,
        /// Sequences read.
        sequences: usize,
    },
    /// Frames of bits, each after those before it.
    Frames {
        /// Nats a frame: summed over its bits, the mean over all frames, with the KL of latents where there are some.
        nll: f64,
        /// The same without what the first frame of each piece costs, as publications count that give it.
        nll_but_first: f64,
        /// Of that of all frames, the KL.
        kl: f64,
        /// e to the nats a bit: 1 where everything is certain, 2 where nothing is known.
        bit_perplexity: f64,
        /// Bits that are 1 and expected to be, of those that are one or the other.
        accuracy: f64,
        /// Importance-weighted bound in nats a frame, where it was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        iwae_nll: Option<f64>,
        /// Frames predicted.
        frames: usize,
        /// Pieces read.
        sequences: usize,
    },
}

impl Answers {
    /// The same with the importance-weighted bound of so many samples, where frames are written; 0: without.
    pub fn bounded(mut self, engine: &mut dyn Engine, examples: &[Example], samples: usize) -> Answers {
        if let Answers::Frames { iwae_nll, .. } = &mut self {
            *iwae_nll = (samples > 0).then(|| importance_weighted_frames(engine, examples, samples));
        }
        self
    }

    /// Nats a label, a number or a frame.
    pub fn nll(&self) -> f64 {
        match self {
            Answers::Labels { nll, .. } | Answers::Values { nll, .. } | Answers::Frames { nll, .. } => *nll,
        }
    }
}

/// Measures the head of `engine` on `examples`.
///
/// # Panics
/// If there are no examples, or the network writes words.
pub fn measure_answers(engine: &mut dyn Engine, examples: &[Example]) -> Answers {
    let network = engine.network().clone();
    let head = answering(&network).expect("a network with a head of labels, numbers or bits");
    if matches!(network.blocks[head].op, Op::Bits { .. }) {
        return measure_pieces(engine, examples);
    }
    let views: Vec<&Example> = examples.iter().collect();
    let said = engine.answer_all(&views);
    let (mut nll, mut count) = (0.0, 0usize);
    match network.blocks[head].op {
        Op::Values { size, .. } => {
            let (mut squares, mut of_last) = (0.0, 0.0);
            let repeats = examples[0].frames.ncols() >= size;
            for (example, answer) in examples.iter().zip(&said) {
                for ((step, j), &mean) in answer.output.indexed_iter() {
                    let at = example.told(&network, head, step);
                    let value = example.values[[at, j]];
                    nll += gaussian_nll(mean, answer.log_variance[[step, j]], value);
                    squares += f64::from(value - mean).powi(2);
                    if repeats {
                        of_last += f64::from(value - example.frames[[at, j]]).powi(2);
                    }
                    count += 1;
                }
            }
            let mean = |sum: f64| sum / count as f64;
            Answers::Values {
                nll: mean(nll),
                rmse: mean(squares).sqrt(),
                baseline_rmse: repeats.then(|| mean(of_last).sqrt()),
                values: count,
                sequences: examples.len(),
            }
        }
        _ => {
            let (mut right, mut frequent) = (0, vec![0usize; network.width(head)]);
            for (example, answer) in examples.iter().zip(&said) {
                for (step, logits) in answer.output.outer_iter().enumerate() {
                    let label = example.labels[example.told(&network, head, step)];
                    let (loss, best) = label_nll(logits.to_slice().expect("built row by row"), label);
                    nll += loss;
                    right += usize::from(best == label);
                    frequent[label as usize] += 1;
                    count += 1;
                }
            }
            let share = |part: usize| part as f64 / count as f64;
            Answers::Labels {
                nll: nll / count as f64,
                accuracy: share(right),
                baseline_accuracy: share(frequent.into_iter().max().unwrap_or(0)),
                labels: count,
                sequences: examples.len(),
            }
        }
    }
}
