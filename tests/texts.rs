//! The tokeniser on the sets of the publications, which are not ours to commit: skipped where they are not.

use crate::common::say_skipped;
use hvae_mnn::config::{Family, Model};
use hvae_mnn::model::{Network, Pieces, Split, Vocabulary, sentences_of, words};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn shared(name: &str, test: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        say_skipped(test, &format!("{} is not here, and not ours to commit", path.display()));
        return None;
    }
    Some(path)
}

/// 9,947 words on the Penn Treebank, the 9.95 thousand of the publication's Table 1, and
/// 23.32 tokens a sentence of its test part, by which its PPL divides.
#[test]
fn words_of_the_penn_treebank() {
    let Some(folder) = shared("ptb", "words of the Penn Treebank") else { return };
    let text = |part: &str| fs::read_to_string(folder.join(format!("ptb.{part}.txt"))).unwrap();
    let all = Vocabulary::of_sentences(text("train").lines(), usize::MAX);
    assert_eq!(all.len(), 9947);
    let test = text("test");
    let lengths: Vec<usize> = test.lines().map(|line| words(line).len() + 2).collect();
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    assert!((mean - 23.320).abs() < 0.0005, "{mean}");
}

/// 19,728 words from the vocabulary of Yahoo Answers, the 19.73 thousand of Table 1.
#[test]
fn words_of_yahoo() {
    let Some(folder) = shared("yahoo_partial", "words of Yahoo Answers") else { return };
    let text = fs::read_to_string(folder.join("yahoo_train_vocab.txt")).unwrap();
    // Its own marks are no words; `_UNK` is one, of the text.
    let marks = ["<pad>", "<bos>", "<eos>"];
    let entries = text.lines().map(|line| line.split('\t').next().unwrap()).filter(|e| !marks.contains(e));
    let different: BTreeSet<String> = entries.flat_map(words).collect();
    assert_eq!(different.len() + 4, 19_728);
}

/// How many sentences each set has, by its own README; of DailyDialog the utterances. Of Yahoo there
/// is no training part.
#[test]
fn sentences_of_the_sets() {
    let sets = [
        ("ptb", [Some(42_068), Some(3_370), Some(3_761)]),
        ("yelp_short", [Some(100_000), Some(10_000), Some(10_000)]),
        ("yahoo_partial", [None, Some(10_000), Some(10_000)]),
        ("dailydialog", [Some(87_170), Some(8_069), Some(7_740)]),
        ("tatoeba_en", [Some(18_820), Some(1_000), Some(1_000)]),
        ("gutenberg", [Some(12_494), Some(1_000), Some(1_000)]),
    ];
    for (name, counts) in sets {
        let Some(folder) = shared(name, &format!("sentences of {name}")) else { continue };
        let count = |split: Split| {
            let text = fs::read_to_string(split.file(&folder).ok()?).unwrap();
            Some(sentences_of(&text).count())
        };
        assert_eq!(Split::ALL.map(count), counts, "{name}");
    }
}

/// Pieces, frames and the longest piece of each part, by the README of the sets.
#[test]
fn pieces_of_the_sets() {
    let Some(folder) = shared("music", "pieces of JSB chorales and Nottingham") else { return };
    let model = Model { family: Family::LanguageModel, frame: 88, ..Model::default() };
    let pieces = Pieces::of(&Network::language_model(&model)).unwrap();
    for (set, part, counts) in [
        ("jsb", "train", (229, 13_807, 129)),
        ("jsb", "valid", (76, 4_602, 144)),
        ("jsb", "test", (77, 4_725, 160)),
        ("nottingham", "train", (694, 176_561, 1_788)),
        ("nottingham", "valid", (173, 45_513, 1_473)),
        ("nottingham", "test", (170, 44_463, 1_793)),
    ] {
        let text = fs::read_to_string(folder.join(format!("{set}.{part}.txt"))).unwrap();
        let read = pieces.read(set, &text).unwrap();
        let frames = || read.iter().map(|piece| piece.steps() - 1);
        assert_eq!((read.len(), frames().sum(), frames().max().unwrap()), counts, "{set} {part}");
        let again: Vec<String> = read.iter().map(Pieces::line).collect();
        assert!(again.iter().map(String::as_str).eq(text.lines()), "{set} {part}");
    }
}
