//! The committed model has learned: the bars it was trained for, on the first 250 test sentences
//! (its README has the figures of all).

use hvae_mnn::model::{Effort, Ngram, Protocol, TrainedModel, evaluate, read_sentences, text_of};
use std::path::{Path, PathBuf};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn beats_the_baselines_and_uses_its_latent() {
    let folder = at("models/gutenberg");
    let model = TrainedModel::load(&folder).unwrap();
    let size = folder.join("model.safetensors").metadata().unwrap().len();
    assert!(size <= 3_000_000, "{size} bytes");

    let sentences = |name: &str| {
        let text = text_of(&at("data/gutenberg").join(name)).unwrap();
        read_sentences(name, &model.vocabulary, &text).unwrap()
    };
    let mut test = sentences("test.txt");
    test.truncate(250);
    let baselines = Ngram::fit(&sentences("train.txt"), model.vocabulary.len()).measure(&test);
    let mut net = model.float_net();
    let honest = evaluate(&mut net, &test, Protocol::Honest, &Effort::default());
    assert_eq!(honest.tokens, baselines.tokens);
    assert!(honest.ppl < 0.9 * baselines.bigram_ppl, "{} and {baselines:?}", honest.ppl);
    assert!(honest.ppl < 0.5 * baselines.unigram_ppl, "{} and {baselines:?}", honest.ppl);
    assert!(honest.kl > 1.0 && honest.active_units > 0, "{honest:?}");
    let (shared, chance) = (honest.word_overlap.unwrap(), honest.chance_overlap.unwrap());
    assert!(shared > 1.5 * chance, "reconstructions share {shared} of the words, chance {chance}");
}

#[test]
fn the_vocabulary_is_that_of_the_committed_text() {
    let model = TrainedModel::load(&at("models/gutenberg")).unwrap();
    let text = text_of(&at("data/gutenberg/train.txt")).unwrap();
    let again = hvae_mnn::model::Vocabulary::of_sentences(text.lines(), model.vocabulary.len());
    assert_eq!(again, model.vocabulary);
}
