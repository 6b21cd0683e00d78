//! When the inference network is trained alone, and when that ends.

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
