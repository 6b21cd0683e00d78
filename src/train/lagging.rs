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
mod tests {
    use super::*;
    use crate::config::Model;
    use crate::model::{Labels, Network, Vocabulary};
    use crate::train::adam::initial;
    use crate::train::hardware::no_cells;

    /// The encoder that catches up is that of the cells, as in every other update.
    #[test]
    fn the_updates_between_see_the_cells() {
        let model = Model { embedding: 3, hidden: 4, latent: 2, vocabulary: 7, ..Model::default() };
        let network = Network::hsr_vae(&model, 1.0);
        let sentences = [vec![2, 4, 5, 3], vec![2, 6, 3]].map(Example::sentence).to_vec();
        let corpus = Corpus {
            vocabulary: Vocabulary::of_sentences(["a b c"], 7),
            labels: Labels::default(),
            train: sentences.clone(),
            valid: sentences.clone(),
            test: sentences,
            digest: String::new(),
        };
        let train = Train { lagging_steps: 2, batch: 2, ..Train::default() };
        let after = |mut hardware: Hardware| {
            let mut net = FloatNet::with_tensors(&network, initial(&network, 3));
            let mut adam = Adam::new(&network, net.tensors());
            let mut position = Position { lagging: Lagging::begin(&train), ..Position::default() };
            let mut machine = Machine::new(None, &net, &adam, &train).unwrap();
            hardware.programmed(&net, 0, 0).unwrap();
            let both = (&mut net, &mut adam);
            let changed = parts(
                &mut machine,
                both,
                &hardware,
                &mut position,
                &corpus,
                &train,
                (TermWeights::of_kl(1.0), 0.1),
            )
            .unwrap();
            assert!(changed == [Part::Decoder] && position.lagging.unwrap().updates == 2);
            net.tensors().to_vec()
        };
        let mut halves = |net: &FloatNet, _: u64| {
            let tensors = net.tensors().iter().map(|t| t * 0.5).collect();
            Ok(FloatNet::with_tensors(net.network(), tensors))
        };
        let exact = after(Hardware::new(&mut no_cells, 0));
        assert_eq!(exact, after(Hardware::exact()));
        assert_ne!(exact, after(Hardware::new(&mut halves, 1)));
    }

    #[test]
    fn it_ends_when_information_falls_and_does_not_begin_again() {
        assert_eq!(Lagging::begin(&Train::default()), None);
        let mut lagging = Lagging::begin(&Train { lagging_steps: 100, ..Train::default() }).unwrap();
        for (information, goes_on) in [(0.5, true), (0.9, true), (0.8, false), (1.5, false)] {
            lagging.measured(information);
            assert_eq!(lagging.goes_on, goes_on, "{information}");
        }
    }
}
