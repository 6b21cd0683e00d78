//! Labels and numbers are learned, measured on every engine, and kept in whole folders.

use hvae_mnn::config::{CellKind, Config, Decay, Family, Model, Train};
use hvae_mnn::eval::{AnswerRow, On, measure_head};
use hvae_mnn::files::silently;
use hvae_mnn::model::{Answers, FrameBaseline, Network, Split, TrainedModel, bytes_of};
use hvae_mnn::pipeline::{map_model_on, read_config, read_examples, read_model};
use hvae_mnn::train::{Control, Progress, Summary, TrainRequest, no_cells, run};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

fn config(family: Family) -> Config {
    let model = Model {
        family,
        cells: vec![CellKind::Gru],
        embedding: 4,
        hidden: 6,
        vocabulary: 9,
        classes: 3,
        frame: 1,
        values: 1,
        ..Model::default()
    };
    let train = Train {
        seed: 5,
        epochs: 40,
        batch: 4,
        shuffle: true,
        embedding_dropout: 0.05,
        level_dropout: 0.0,
        learning_rate: 3e-2,
        final_learning_rate: 0.1,
        decay: Decay::Decoupled,
        clip_norm: 5.0,
        ..Train::default()
    };
    let mut config = Config { model, train, ..Config::default() };
    (config.crossbar.rows, config.crossbar.columns) = (16, 64);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes) = (3.into(), 3.into());
    config
}

/// Words whose label says what comes next: `up` where that is a later letter, `down`, or `end`.
fn write_words(folder: &Path) {
    let letters = ["a", "b", "c", "d", "e"];
    let mut state = 7usize;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12345) % (1 << 31);
        (state >> 8) % bound
    };
    for (file, count) in [("train", 40), ("valid", 8), ("test", 10)] {
        let mut text = String::new();
        for _ in 0..count {
            let word: Vec<usize> = (0..3 + below(5)).map(|_| below(letters.len())).collect();
            for (i, &letter) in word.iter().enumerate() {
                let label = match word.get(i + 1) {
                    Some(next) if *next > letter => "up",
                    Some(_) => "down",
                    None => "end",
                };
                writeln!(text, "{}\t{label}", letters[letter]).unwrap();
            }
            text.push('\n');
        }
        std::fs::write(folder.join(format!("{file}.txt")), text).unwrap();
    }
}

fn write_waves(folder: &Path) {
    for (file, range) in [("train", 0..16), ("valid", 16..20), ("test", 20..24)] {
        let mut text = String::new();
        for sequence in range {
            let wave = |t: usize| (0.7 * t as f64 + sequence as f64).sin();
            (0..20).for_each(|t| writeln!(text, "{:.3},{:.3}", wave(t), wave(t + 1)).unwrap());
            text.push('\n');
        }
        std::fs::write(folder.join(format!("{file}.csv")), text).unwrap();
    }
}

fn fit(config: &Config, data: &Path, out: &Path, stop_at: Option<u64>) -> Summary {
    let mut progress =
        |p: &Progress| if stop_at == Some(p.update) { Control::Stop } else { Control::Continue };
    let program = &mut no_cells;
    run(TrainRequest { config, data, out, from: None, program, device: None, progress: &mut progress })
        .unwrap()
}

fn same_files(a: &Path, b: &Path) {
    let names = |folder: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(a), names(b));
    for name in names(a) {
        assert!(bytes_of(&a.join(&name)).unwrap() == bytes_of(&b.join(&name)).unwrap(), "{name:?}");
    }
}

/// The test part, in floating point and in integers.
fn measured(out: &Path, data: &Path, config: &Config) -> [AnswerRow; 3] {
    let (model, config) = read_model(out, config.clone()).unwrap();
    let examples = |split| read_examples(data, split, &model, &silently).unwrap();
    let (valid, test) = (examples(Split::Valid), examples(Split::Test));
    let net = map_model_on(&model, &config, Some(&valid)).unwrap();
    [On::Float, On::Fixed, On::Crossbar].map(|on| measure_head(&model, Some(&net), &config, on, (&test, 0)))
}

#[test]
fn labels_are_learned_and_a_run_is_the_same_however_it_goes() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    write_words(place.path());
    let config = config(Family::Tagger);
    let summary = fit(&config, place.path(), &at("whole"), None);
    assert!(summary.finished && summary.test.is_none());
    let stopped = fit(&config, place.path(), &at("parts"), Some(37));
    assert!(!stopped.finished);
    fit(&config, place.path(), &at("parts"), None);
    same_files(&at("whole"), &at("parts"));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    pool.install(|| fit(&config, place.path(), &at("threads"), None));
    same_files(&at("whole"), &at("threads"));

    let model = TrainedModel::load(&at("whole")).unwrap();
    assert_eq!(model.labels.len(), 3);
    let rows = measured(&at("whole"), place.path(), &config);
    assert_eq!(Some(&rows[0].figures), summary.answers.as_ref());
    for row in &rows {
        let Answers::Labels { accuracy, baseline_accuracy, nll, .. } = row.figures else { panic!("{row:?}") };
        assert!(accuracy > 0.8 && baseline_accuracy < 0.6 && nll < 0.5, "{row:?}");
    }
    // What a label is called is part of the model.
    std::fs::write(at("whole").join("labels.txt"), "up\nend\ndown\n").unwrap();
    let refused = TrainedModel::load(&at("whole")).unwrap_err().to_string();
    assert!(refused.contains("labels.txt: expected the sha256"), "{refused}");
}

/// Sentences of a small grammar, most of them with a label that one of their words decides.
fn write_moods(folder: &Path) {
    let names = ["ann", "bob", "cat", "dog", "elf"];
    let verbs = [("likes", "good"), ("fears", "bad"), ("loves", "good"), ("hates", "bad")];
    let things = ["rain", "snow", "tea", "milk", "wind", "bread", "noise"];
    for (file, range) in [("train", 0..160), ("valid", 160..190), ("test", 190..230)] {
        let mut text = String::new();
        for i in range {
            let ((verb, label), end) = (verbs[i * 7 / 3 % 4], if i % 3 == 0 { " today" } else { "" });
            if i % 8 != 5 {
                write!(text, "{label}\t").unwrap();
            }
            writeln!(text, "{} {verb} {}{end} .", names[i * 3 % 5], things[i * 5 % 7]).unwrap();
        }
        std::fs::write(folder.join(format!("{file}.txt")), text).unwrap();
    }
}

/// A label of z beside the words, from all labels and from a part of them: learned, measured on every engine, and the same bytes
/// however the run goes.
#[test]
fn labels_of_z_are_learned_beside_words() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    write_moods(place.path());
    let mut config = config(Family::FlowVrae);
    let m = &mut config.model;
    (m.label, m.classes, m.vocabulary, m.latent, m.flow_hidden) = (true, 2, 22, 4, 4);
    (m.embedding, m.hidden) = (8, 12);
    let t = &mut config.train;
    (t.epochs, t.batch, t.mask_pads, t.step_kl, t.last_step_kl) = (25, 8, true, 0.0, 1.0);
    // Less, and a z that few labels need is not worth its nats.
    t.label_weight = 10.0;
    fit(&config, place.path(), &at("whole"), None);
    assert!(!fit(&config, place.path(), &at("parts"), Some(70)).finished);
    fit(&config, place.path(), &at("parts"), None);
    same_files(&at("whole"), &at("parts"));
    let of = |folder: &str, config: &Config| {
        let model = TrainedModel::load(&at(folder)).unwrap();
        assert_eq!(model.labels.names().len(), 2);
        let read = |split| read_examples(place.path(), split, &model, &silently).unwrap();
        let mut examples = read(Split::Test);
        assert_eq!(examples.len(), 40);
        examples.retain(|example| !example.labels.is_empty());
        assert_eq!(examples.len(), 35);
        let net = map_model_on(&model, config, Some(&read(Split::Valid))).unwrap();
        let on = |on| match measure_head(&model, Some(&net), config, on, (&examples, 0)).figures {
            Answers::Labels { accuracy, baseline_accuracy, .. } => (accuracy, baseline_accuracy),
            other => panic!("{other:?}"),
        };
        [On::Float, On::Fixed, On::Crossbar].map(on)
    };
    for (accuracy, baseline) in of("whole", &config) {
        assert!(accuracy > 0.9 && baseline < 0.6, "{accuracy} {baseline}");
    }
    config.train.labels = 60;
    fit(&config, place.path(), &at("part"), None);
    for (accuracy, _) in of("part", &config) {
        assert!(accuracy > 0.8, "{accuracy}");
    }
    let weights = |folder: &str| bytes_of(&at(folder).join("model.safetensors")).unwrap();
    assert!(weights("part") != weights("whole"), "fewer labels are another model");
    config.train.labels = 141;
    let (program, progress) = (&mut no_cells, &mut |_: &Progress| Control::Continue);
    let (data, out) = (place.path(), &at("many"));
    let request = TrainRequest { config: &config, data, out, from: None, program, device: None, progress };
    let refused = run(request).unwrap_err().to_string();
    assert!(refused.contains("[train] labels: expected at most 140"), "{refused}");
}

#[test]
fn numbers_are_learned_with_how_sure_they_are() {
    let place = tempfile::tempdir().unwrap();
    write_waves(place.path());
    let config = config(Family::Regression);
    let out = place.path().join("model");
    let summary = fit(&config, place.path(), &out, None);
    assert!(!out.join("vocab.txt").exists() && summary.finished);
    for row in measured(&out, place.path(), &config) {
        let Answers::Values { rmse, baseline_rmse, nll, .. } = row.figures else { panic!("{row:?}") };
        assert!(rmse < 0.6 * baseline_rmse.unwrap() && nll < 0.3, "{row:?}");
    }
}

/// Two voices that go up and down by turns: all keys of a frame follow from those of the frame before.
fn write_pieces(folder: &Path) {
    for (file, range) in [("train", 0..12), ("valid", 12..16), ("test", 16..20)] {
        let mut text = String::new();
        for piece in range {
            let frame = |t: usize| match (t + piece) % 4 {
                3 => "-".into(),
                at => format!("{at},{}", 4 - at / 2),
            };
            writeln!(text, "{}", (0..11 + piece % 3).map(frame).collect::<Vec<_>>().join(" ")).unwrap();
        }
        std::fs::write(folder.join(format!("tunes.{file}.txt")), text).unwrap();
    }
}

#[test]
fn frames_are_learned_whole_or_in_parts() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    write_pieces(place.path());
    let mut config = config(Family::LanguageModel);
    config.model.frame = 5;
    let summary = fit(&config, place.path(), &at("whole"), None);
    assert!(summary.finished && summary.test.is_none() && !at("whole").join("vocab.txt").exists());
    assert!(!fit(&config, place.path(), &at("stopped"), Some(37)).finished);
    fit(&config, place.path(), &at("stopped"), None);
    same_files(&at("whole"), &at("stopped"));
    config.train.piece_frames = 4;
    fit(&config, place.path(), &at("parts"), None);

    let mut found = Vec::new();
    for name in ["whole", "parts"] {
        let (model, _) = read_model(&at(name), config.clone()).unwrap();
        let examples = |split| read_examples(place.path(), split, &model, &silently).unwrap();
        let test = examples(Split::Test);
        let figures = measure_head(&model, None, &config, On::Float, (&test, 0)).figures;
        let Answers::Frames { nll, accuracy, frames, sequences, .. } = figures else { panic!("{figures:?}") };
        let simple = FrameBaseline::fit(&examples(Split::Train)).measure(&test);
        assert!(nll < 0.5 * simple.repeat_nll && nll < 0.5 * simple.unigram_nll, "{nll}, {simple:?}");
        // The first frame of a piece is anybody's guess.
        assert!(accuracy > 0.8 && (frames, sequences) == (48, 4), "{name}: {accuracy}, {frames}");
        // The last line has the same figures, and those of the baselines.
        let lines = std::fs::read_to_string(at(name).join("metrics.jsonl")).unwrap();
        let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(last["test"]["nll"].as_f64(), Some(nll));
        assert_eq!(last["baselines"]["repeat_nll"].as_f64(), Some(simple.repeat_nll));
        // What goes on from a frame is the next one, at a temperature that leaves no choice.
        let net = model.float_net();
        let prime = test[0].frames.slice(ndarray::s![1..5, ..]).to_owned();
        let piece = net.dream_piece(&prime, 6, (0.07, 1));
        assert_eq!(piece, test[0].frames.slice(ndarray::s![1..11, ..]), "{name}");
        found.push(nll);
    }
    assert_ne!(found[0], found[1], "parts are other batches");
}

#[test]
fn data_that_does_not_fit_is_refused() {
    let place = tempfile::tempdir().unwrap();
    write_words(place.path());
    let mut config = config(Family::Tagger);
    config.model.classes = 2;
    let refused = |config: &Config| {
        let (data, program) = (place.path(), &mut no_cells);
        let out = place.path().join("none");
        let progress = &mut |_: &Progress| Control::Continue;
        let request = TrainRequest { config, data, out: &out, from: None, program, device: None, progress };
        run(request).unwrap_err().to_string()
    };
    let found = refused(&config);
    assert!(
        found.contains("train.txt: expected 2 labels, as many as the network tells apart, got 3 labels: "),
        "{found}"
    );
    config.model.classes = 3;
    std::fs::write(place.path().join("valid.txt"), "a up\n").unwrap();
    let found = refused(&config);
    assert!(
        found.contains("valid.txt: line 1: expected a word and a label, with tabs between them, got `a up`"),
        "{found}"
    );

    // What only frames have, and what they have not.
    config.train.piece_frames = 9;
    let found = refused(&config);
    assert!(
        found.contains("[train] piece_frames: expected 0 where no frames are written, got 9;"),
        "{found}"
    );
    let mut config = Config { ..config };
    (config.model.family, config.model.frame) = (Family::LanguageModel, 5);
    config.train.batch_norm = 0.5;
    let found = refused(&config);
    assert!(found.contains("[train] batch_norm: expected 0 where frames are written, got 0.5;"), "{found}");
    config.train.batch_norm = 0.0;
    std::fs::write(place.path().join("train.txt"), "1 2\n1 2,5\n").unwrap();
    let found = refused(&config);
    assert!(found.contains("train.txt: line 2, frame 2: expected frames of keys 0 to 4 "), "{found}");
}

/// A network of one's own: read from the file beside the configuration, and whole in the model folder without it.
#[test]
fn a_described_network_trains_and_its_folder_is_whole() {
    let place = tempfile::tempdir().unwrap();
    write_words(place.path());
    let at = |name: &str| place.path().join(name);
    let of_tagger = Network::describe(&config(Family::Tagger).model, 1.0).unwrap();
    let base = config(Family::Tagger).to_toml().replace("family = \"tagger\"", "family = \"custom\"");
    let named = |name: &str| base.replace("[model]", &format!("[model]\ndescription = \"{name}\""));
    let read = |text: &str| {
        std::fs::write(at("hvae.toml"), text).unwrap();
        read_config(Some(&at("hvae.toml")), &silently).map_err(|e| e.to_string())
    };
    let missing = read(&named("network.toml")).unwrap_err();
    assert!(
        missing.contains("hvae.toml: [model] description = network.toml: ")
            && missing.contains("No such file"),
        "{missing}"
    );
    let missing = read(&named("/nowhere/network.toml")).unwrap_err();
    assert!(missing.contains("/nowhere/network.toml"), "{missing}");
    std::fs::write(at("network.toml"), of_tagger.to_text().replace("op = \"cell\"", "op = cell")).unwrap();
    let wrong = read(&named("network.toml")).unwrap_err();
    assert!(
        wrong.contains("network.toml:") && wrong.contains("expected [[loop]] and [[block]] tables"),
        "{wrong}"
    );

    std::fs::write(at("network.toml"), of_tagger.to_text()).unwrap();
    let mut described = read(&named("network.toml")).unwrap();
    described.train.epochs = 1;
    fit(&described, place.path(), &at("model"), None);
    std::fs::remove_file(at("network.toml")).unwrap();
    let model = TrainedModel::load(&at("model")).unwrap();
    assert_eq!(model.network.blocks, of_tagger.blocks);
}

#[test]
fn descriptions_are_printed_and_read_back() {
    let describe = |what: &str| {
        let run = Command::new(env!("CARGO_BIN_EXE_hvae")).args(["describe", what]).output().unwrap();
        (run.status.code(), String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
    };
    for family in Family::ALL.into_iter().filter(|f| *f != Family::Custom) {
        let (status, text, errors) = describe(family.name());
        assert_eq!(status, Some(0), "{errors}");
        let wanted = Network::to_train(&Model { family, ..Model::default() }, 1.0).unwrap();
        assert_eq!(Network::from_text("n", &text, 2000).unwrap().blocks, wanted.blocks);
    }
    let (status, text, _) = describe("models/gutenberg");
    assert!(status == Some(0) && text.contains("name = \"enc1\""), "{text}");
    let (status, _, errors) = describe("tager");
    assert!(
        status == Some(2) && errors.contains("tager: expected one of hsr-vae, language-model, tagger"),
        "{errors}"
    );
}

/// The figures of models/README.md, of the heads that write no words.
#[test]
fn committed_heads_are_worth_what_their_table_says() {
    let table = std::fs::read_to_string("models/README.md").unwrap();
    for (name, data) in [
        ("tagger", "data/punctuation"),
        ("regression", "data/signal"),
        ("music", "data/music"),
        ("music-z", "data/music"),
    ] {
        let (model, config) = read_model(&Path::new("models").join(name), Config::default()).unwrap();
        let test = read_examples(Path::new(data), Split::Test, &model, &silently).unwrap();
        let said = match measure_head(&model, None, &config, On::Float, (&test, 0)).figures {
            Answers::Labels { accuracy, nll, .. } => {
                format!("accuracy {:.2} %, NLL {nll:.4}", 100.0 * accuracy)
            }
            Answers::Values { rmse, nll, .. } => format!("RMSE {rmse:.4}, NLL {nll:.4}"),
            Answers::Frames { nll, accuracy, .. } => {
                format!("log-likelihood {:.4}, accuracy {:.2} %", -nll, 100.0 * accuracy)
            }
        };
        assert!(table.contains(&format!("`{data}` | {said} |")), "{name}: {said}");
    }
}
