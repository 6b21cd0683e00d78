//! Lagging inference (He et al., ICLR 2019): while z says more of its sentence after every epoch, the
//! encoder is updated until it gains no more before the decoder takes its next step.

use super::adam::{Adam, Part};
use super::batch::Batch;
use super::checkpoint::{Lagging, Position};
use super::corpus::Corpus;
use super::hardware::Hardware;
use super::machine::{Machine, Update};
use super::objective::TermWeights;
use crate::config::Train;
use crate::model::{Example, FloatNet, ModelError, Random};

/// Updates of the encoder over which its loss is compared.
const WINDOW: usize = 15;

impl Lagging {
    /// At the start of a run.
    pub fn begin(train: &Train) -> Option<Lagging> {
        (train.lagging_steps > 0).then_some(Lagging { goes_on: true, ..Lagging::default() })
    }

    /// After a validation that measured `information`: it goes on as long as that grows.
    pub fn measured(&mut self, information: f64) {
        self.goes_on = self.goes_on && information > self.information;
        self.information = information;
    }
}

/// Which tensors the next update of the run changes; before it, if the inference lags, the encoder
/// is updated on sentences of its own, by the net that the cells hold.
pub fn parts(
    machine: &mut Machine,
    (net, adam): (&mut FloatNet, &mut Adam),
    hardware: &Hardware,
    position: &mut Position,
    corpus: &Corpus,
    train: &Train,
    (weights, learning_rate): (TermWeights, f32),
) -> Result<&'static [Part], ModelError> {
    let Some(lagging) = &mut position.lagging else { return Ok(&[Part::Encoder, Part::Decoder]) };
    if !lagging.goes_on {
        lagging.updates += 1;
        return Ok(&[Part::Encoder, Part::Decoder]);
    }
    let (mut before, mut sum) = (f64::INFINITY, 0.0);
    for step in 1..=train.lagging_steps {
        let mut random = Random::keyed(&[train.seed, position.updates, u64::MAX - step as u64]);
        let draw = |random: &mut Random| &corpus.train[random.below(corpus.train.len())];
        let examples: Vec<&Example> = (0..train.batch).map(|_| draw(&mut random)).collect();
        let batch = Batch::of(net.network(), &examples, train, &mut random);
        let parts = &[Part::Encoder];
        let update = Update { batch: &batch, train, weights, learning_rate, parts, random };
        let (losses, _) = machine.update(net, adam, hardware, update)?;
        lagging.updates += 1;
        sum += (losses.reconstruction + losses.last_kl) / losses.sentences as f64;
        if step % WINDOW == 0 {
            if sum >= before {
                break;
            }
            (before, sum) = (sum, 0.0);
        }
    }
    Ok(&[Part::Decoder])
}

#[cfg(test)]
mod tests;
