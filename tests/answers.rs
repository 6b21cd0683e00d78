//! The measures of answers against the program that publications use: figures of NLTK in `tests/fixtures/nltk`, written by
//! `tests/nltk/make_fixture.py`.

use crate::common::say_skipped;
use hvae_mnn::eval::{ANSWERS, AnswerMeter, Control, Controls, Smoothing, bleu};
use hvae_mnn::model::{Dialogues, EOS, Split, Tokenizer};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Fixture {
    nltk: String,
    pairs: Vec<Pair>,
    contexts: Vec<Context>,
    /// Recall, precision, F1, intra-distinct 1 and 2, inter-distinct 1 and 2, words.
    quality: [f64; 8],
}

#[derive(Deserialize)]
struct Pair {
    answer: Vec<u32>,
    reference: Vec<u32>,
    bleu: f64,
}

#[derive(Deserialize)]
struct Context {
    answers: Vec<Vec<u32>>,
    reference: Vec<u32>,
}

/// The versions that rate otherwise.
fn fixtures() -> Vec<(Smoothing, Fixture)> {
    let read = |(smoothing, version): (Smoothing, &str)| {
        let file = format!("tests/fixtures/nltk/nltk-{version}.json");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let fixture: Fixture = serde_json::from_str(&text).unwrap();
        assert!(fixture.nltk.starts_with(version));
        (smoothing, fixture)
    };
    Smoothing::ALL.into_iter().zip(["3.9", "3.5", "3.4"]).map(read).collect()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12
}

#[test]
fn bleu_is_that_of_nltk() {
    for (smoothing, fixture) in fixtures() {
        assert!(fixture.pairs.len() > 150);
        for pair in &fixture.pairs {
            let found = bleu(&pair.answer, &pair.reference, smoothing);
            let what = (smoothing, &pair.answer, &pair.reference);
            assert!(close(found, pair.bleu), "{found} is not {} of {what:?}", pair.bleu);
        }
    }
}

/// So the choice of a version is no detail, and each fixture tells its version from the others.
#[test]
fn versions_of_nltk_differ() {
    for (smoothing, fixture) in fixtures() {
        for other in Smoothing::ALL.into_iter().filter(|other| *other != smoothing) {
            let differ = |pair: &&Pair| !close(bleu(&pair.answer, &pair.reference, other), pair.bleu);
            assert!(fixture.pairs.iter().filter(differ).count() > 50, "{smoothing:?} and {other:?}");
        }
    }
}

#[test]
fn qualities_are_those_of_the_publications() {
    for (smoothing, fixture) in fixtures() {
        let mut meter = AnswerMeter::new(smoothing);
        for context in &fixture.contexts {
            assert_eq!(context.answers.len(), ANSWERS);
            meter.add(&context.answers, &context.reference);
        }
        let q = meter.quality().unwrap();
        assert_eq!((q.contexts, q.smoothing), (fixture.contexts.len(), smoothing));
        for (i, (found, expected)) in q.figures().into_iter().zip(fixture.quality).enumerate() {
            assert!(close(found, expected), "figure {i} of {smoothing:?}: {found} is not {expected}");
        }
    }
}

/// DailyDialog as TWR-VAE's programs load it: tokens and words of the training part by the README of the set, and 76,052 and
/// 6,740 responses, since the last utterance of a dialogue is never one. Its controls keep their order.
#[test]
fn dialogues_of_the_publications() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/dailydialog");
    if !folder.exists() {
        let why = format!("{} is not here, and not ours to commit", folder.display());
        return say_skipped("responses of DailyDialog", &why);
    }
    let read = |split: Split| Dialogues::load(&split.file(&folder).unwrap(), Tokenizer::WordPunct).unwrap();
    let (train, test) = (read(Split::Train), read(Split::Test));
    assert_eq!((train.conversations().len(), test.conversations().len()), (11_118, 1_000));
    assert_eq!((train.utterances(), test.utterances()), (87_170, 7_740));
    assert_eq!(train.words().count(), 1_262_063);
    let different: std::collections::BTreeSet<&str> = train.words().collect();
    assert_eq!(different.len(), 17_713);

    let (train, test) = (train.without_last(), test.without_last());
    assert_eq!((train.utterances(), test.utterances()), (76_052, 6_740));
    let vocabulary = train.vocabulary(Tokenizer::WordPunct, 10_004);
    let (train, test) = (train.numbered(&vocabulary, 40), test.numbered(&vocabulary, 40));
    let longest = train.iter().chain(&test).flatten().map(Vec::len).max();
    assert_eq!(longest, Some(40));
    assert!(train.iter().chain(&test).flatten().all(|tokens| tokens.last() == Some(&EOS)));

    let controls = Controls::of(&train, 1);
    let row = |control| controls.measure(control, 1, &test[..100], Smoothing::Nltk36).unwrap();
    let [random, frequent, retrieved] = Control::ALL.map(row);
    assert!(retrieved.bleu_recall > random.bleu_recall, "{retrieved:?} {random:?}");
    assert!(random.inter_distinct_1 > frequent.inter_distinct_1, "{random:?} {frequent:?}");
}

/// The committed set is the one that its README describes: conversations, utterances and words of each part.
#[test]
fn dialogues_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/dialogues");
    let mut openings = std::collections::BTreeMap::new();
    for (split, counts) in [
        (Split::Train, (1_589, 5_438, 75_227)),
        (Split::Valid, (128, 452, 6_329)),
        (Split::Test, (124, 436, 6_368)),
    ] {
        let read = Dialogues::load(&split.file(&folder).unwrap(), Tokenizer::WordPunct).unwrap();
        assert_eq!(
            (read.conversations().len(), read.utterances(), read.words().count()),
            counts,
            "{split:?}"
        );
        for conversation in read.conversations() {
            let first = openings.entry(conversation[0].clone()).or_insert(split);
            assert_eq!(*first, split, "{:?} begins a conversation of two parts", conversation[0].join(" "));
        }
    }
}
