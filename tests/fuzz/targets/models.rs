//! What training and PyTorch write, and sentences.

use super::{Answer, Form, Target, said, text};
use crate::common::smallest;
use hvae_mnn::config::{Config, Family, Model, NumberFormat};
use hvae_mnn::model::{
    DESCRIPTION_FILE, Description, EOS, Example, Labels, Lines, Network, SOS, Samples, TrainedModel,
    Vocabulary, WEIGHTS_FILE, Weights, import, read_npz, read_sentences,
};
use hvae_mnn::pipeline::random_weights;
use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;

/// A network with everything, and weights of it.
pub fn small() -> &'static (Config, Network, Weights) {
    static SMALL: OnceLock<(Config, Network, Weights)> = OnceLock::new();
    SMALL.get_or_init(|| {
        let config = smallest();
        let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
        let weights = random_weights(&network, 1);
        (config, network, weights)
    })
}

fn words() -> String {
    let (config, ..) = small();
    let words: String = (4..config.model.vocabulary).map(|i| format!("w{i}\n")).collect();
    format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}")
}

fn model() -> TrainedModel {
    let (config, _, weights) = small();
    let description = Description { model: config.model.clone(), train: config.train.clone() };
    TrainedModel::new(description, weights.clone(), Vocabulary::parse("vocab.txt", &words()).unwrap())
        .unwrap()
}

fn file(name: &str) -> Vec<u8> {
    model().files().into_iter().find(|(file, _)| *file == name).unwrap().1
}

/// `model.toml` beside files that are whole.
pub const DESCRIPTION: Target = Target {
    name: "model-description",
    form: Form::Toml,
    few: 300,
    seconds: 10,
    seeds: || vec![file(DESCRIPTION_FILE)],
    read: description,
};

fn description(input: &[u8]) -> Answer {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        model().save(folder.path()).unwrap();
        folder
    });
    std::fs::write(folder.path().join(DESCRIPTION_FILE), input).unwrap();
    let read = said(TrainedModel::load(folder.path()))?;
    let again = read.files().into_iter().find(|(file, _)| *file == DESCRIPTION_FILE).unwrap().1;
    let (again, _) = Description::parse("again", text(&again)?).unwrap();
    assert_eq!(again, read.description, "what was accepted reads back");
    Ok(())
}

pub const VOCABULARY: Target = Target {
    name: "vocabulary",
    form: Form::Plain,
    few: 400,
    seconds: 10,
    seeds: || vec![words().into_bytes(), "<pad>\n<unk0>\n<sos>\n<eos>\né\n'\n".into()],
    read: vocabulary,
};

fn vocabulary(input: &[u8]) -> Answer {
    let read = said(Vocabulary::parse("vocab.txt", text(input)?))?;
    assert_eq!(
        said(Vocabulary::parse("again", &read.to_text())),
        Ok(read.clone()),
        "what was accepted reads back"
    );
    for id in 0..read.len() as u32 {
        assert_eq!(read.word(id).and_then(|word| read.get(word)), Some(id));
    }
    Ok(())
}

pub const WEIGHTS: Target = Target {
    name: "weights",
    form: Form::Safetensors,
    few: 300,
    seconds: 10,
    seeds: || vec![file(WEIGHTS_FILE)],
    read: |input| {
        let (_, network, _) = small();
        reads_back(said(Weights::parse("model.safetensors", input, network))?)
    },
};

/// With names that are not ours.
pub const STATE_DICT: Target = Target {
    name: "state-dict",
    form: Form::Safetensors,
    few: 300,
    seconds: 10,
    seeds: || {
        let whole = file(WEIGHTS_FILE);
        let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let header =
            String::from_utf8(whole[8..8 + length].to_vec()).unwrap().replace("\"enc", "\"module.enc");
        vec![[&(header.len() as u64).to_le_bytes(), header.as_bytes(), &whole[8 + length..]].concat()]
    },
    read: |input| {
        let (_, network, _) = small();
        let renames = [("module.".to_string(), String::new())];
        reads_back(said(import("state.safetensors", input, network, &renames))?)
    },
};

fn reads_back(weights: Weights) -> Answer {
    let (_, network, _) = small();
    let again = said(Weights::parse("again", &weights.to_bytes(NumberFormat::F32), network));
    assert_eq!(again.as_ref(), Ok(&weights), "what was accepted reads back");
    Ok(())
}

pub const SENTENCES: Target = Target {
    name: "sentences",
    form: Form::Plain,
    few: 400,
    seconds: 10,
    seeds: || {
        vec![
            b"w5 w6 w7\nDo n't W4 , w8 !\n".to_vec(),
            "Hey , w4 ? __eou__ \"w5\" it's 'em ... \u{e9}t\u{e9} 3.50 __eou__\n\n".into(),
        ]
    },
    read: sentences,
};

fn sentences(input: &[u8]) -> Answer {
    let vocabulary = model().vocabulary;
    let read = said(read_sentences("test.txt", &vocabulary, text(input)?))?;
    for sentence in read {
        assert!(sentence.len() >= 2 && sentence[0] == SOS && sentence.last() == Some(&EOS));
        assert!(sentence.iter().all(|&token| (token as usize) < vocabulary.len()));
        // Words that it knows are written as they were read.
        let written = vocabulary.decode(&sentence);
        let inner = &sentence[1..sentence.len() - 1];
        if inner.iter().all(|&token| token >= 4) {
            assert_eq!(vocabulary.encode(&written), sentence, "{written:?} reads back");
        }
    }
    Ok(())
}

/// Sets of frames (`train.csv`) and of words with a label, each behind a line with the letter of its kind.
pub const LINES: Target = Target {
    name: "lines",
    form: Form::Plain,
    few: 400,
    seconds: 10,
    seeds: || {
        vec![
            b"f\n1,2,3\n4, 5, -6.5\n\n7,8,9e-3\n".to_vec(),
            b"f\n-0.25,1e6,0\n0,0,-1e-6\n".to_vec(),
            b"w\nGood\tx\nday\ty\n\n\nsir\tx\n".to_vec(),
        ]
    },
    read: lines,
};

fn lines(input: &[u8]) -> Answer {
    let (kind, set) = text(input)?.split_once('\n').ok_or("no kind")?;
    let family = match kind {
        "f" => Family::Regression,
        "w" => Family::Tagger,
        _ => return Err("no such kind".into()),
    };
    let model = Model { family, frame: 2, values: 1, classes: 2, ..Model::default() };
    let lines = Lines::of(&Network::describe(&model, 1.0).unwrap()).unwrap();
    let vocabulary = Vocabulary::of_words(["good", "day", "sir"].into_iter().map(String::from), 7);
    let labels = Labels::parse("labels.txt", "x\ny\n").unwrap();
    let read = |set: &str| said(lines.examples("train.csv", set, &vocabulary, &labels));
    let examples = read(set)?;
    if family == Family::Tagger {
        let steps: usize = examples.iter().map(|e| e.tokens.len()).sum();
        assert_eq!(said(lines.words("train.txt", set))?.len(), steps, "a word a step");
        assert!(examples.iter().all(|e| e.labels.len() == e.tokens.len()));
        return Ok(());
    }
    // What was read is written in full, and is read again as it was.
    let line = |example: &Example, step: usize| {
        let (frame, value) = (example.frames.row(step), example.values.row(step));
        let numbers: Vec<String> = frame.iter().chain(value).map(f32::to_string).collect();
        numbers.join(",")
    };
    let sequence = |e: &Example| (0..e.frames.nrows()).map(|i| line(e, i) + "\n").collect::<String>();
    let written: Vec<String> = examples.iter().map(sequence).collect();
    let again = read(&written.join("\n"))?;
    assert_eq!(again.len(), examples.len());
    for (one, two) in examples.iter().zip(&again) {
        assert_eq!((&one.frames, &one.values), (&two.frames, &two.values), "numbers read back");
    }
    Ok(())
}

/// Samples of an imported network, as they were written.
pub const SAMPLES: Target = Target {
    name: "samples",
    form: Form::Plain,
    few: 300,
    seconds: 10,
    seeds: || vec![exported("samples.npz")],
    read: samples,
};

fn exported(file: &str) -> Vec<u8> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/export/language-model");
    std::fs::read(folder.join(file)).unwrap()
}

fn samples(input: &[u8]) -> Answer {
    let network = Network::from_text("n", text(&exported("network.toml"))?, 11).unwrap();
    let samples = said(Samples::parse("samples.npz", input, &network))?;
    assert!(samples.sequences() > 0 && samples.steps() > 0);
    Ok(())
}

/// One array of them, in an archive whose sums fit.
pub const ARRAY: Target = Target {
    name: "array-of-samples",
    form: Form::Plain,
    few: 500,
    seconds: 10,
    seeds: || {
        let mut archive = zip::ZipArchive::new(Cursor::new(exported("samples.npz"))).unwrap();
        let entry = |index: usize| {
            let mut bytes = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        (0..2).map(entry).collect()
    },
    read: array,
};

fn array(input: &[u8]) -> Answer {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a.npy", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(input).unwrap();
    let numbers = said(read_npz("a.npz", &archive.finish().unwrap().into_inner()))?;
    // Every number has its bytes in the file.
    assert!(numbers["a"].shape().iter().product::<usize>() <= input.len());
    Ok(())
}
