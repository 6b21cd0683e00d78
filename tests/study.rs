//! Studies: killed and resumed, row by row, and refused.

use crate::common::tiny;
use hvae_mnn::config::CellKind;
use hvae_mnn::model::{Description, Network, TrainedModel, Vocabulary};
use hvae_mnn::pipeline::random_weights;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const RESULTS: [&str; 3] = ["results.csv", "results.json", "ppl-crossbar-adc_bits.svg"];

/// A tiny model and a study of 200 rows.
fn prepare(dir: &Path) {
    let config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    let words: String = (4..config.model.vocabulary).map(|i| format!("w{i}\n")).collect();
    let vocabulary =
        Vocabulary::parse("vocab.txt", &format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}")).unwrap();
    let description = Description { model: config.model.clone(), train: config.train.clone() };
    fs::create_dir_all(dir.join("model")).unwrap();
    TrainedModel::new(description, random_weights(&network, 1), vocabulary)
        .unwrap()
        .save(&dir.join("model"))
        .unwrap();
    fs::write(dir.join("data.txt"), "w5 w6 w7\nw8 w9\nw10 w11 w12 w5\n").unwrap();
    let study = r#"
model = "model"
data = "data.txt"
seeds = [1, 2, 3, 4, 5]
[base.crossbar]
rows = 8
columns = 24
[vary]
"crossbar.adc_bits" = [1, 2, 3, 4, 5]
"crossbar.dac_bits" = [1, 2]
"fixed.weight_bits" = [6, 7, 8, 40]
[[plot]]
x = "crossbar.adc_bits"
y = "ppl"
"#;
    fs::write(dir.join("study.toml"), study).unwrap();
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hvae"));
    command.current_dir(dir).arg("study").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn study(dir: &Path, arguments: &[&str]) -> Output {
    let output = command(dir, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn lines(path: &Path) -> usize {
    fs::read(path).map_or(0, |bytes| bytes.iter().filter(|&&b| b == b'\n').count())
}

#[test]
fn a_killed_study_ends_in_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    assert_eq!(study(dir, &["study.toml", "--count"]).stdout, b"200\n");
    study(dir, &["study.toml", "--out", "whole"]);

    let journal = dir.join("killed/rows.jsonl");
    let mut running = command(dir, &["study.toml", "--out", "killed", "--jobs", "1"]).spawn().unwrap();
    let started = Instant::now();
    while lines(&journal) < 60 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL: nothing is flushed, nothing is tidied.
    running.kill().unwrap();
    running.wait().unwrap();
    let done = lines(&journal) - 1;
    assert!((59..200).contains(&done), "killed after {done} rows");
    assert!(!dir.join("killed/results.csv").exists());
    // And a line torn in the middle.
    let mut bytes = fs::read(&journal).unwrap();
    bytes.extend(b"{\"row\":199,\"seed\":5,\"sett");
    fs::write(&journal, bytes).unwrap();

    study(dir, &["study.toml", "--out", "killed"]);
    assert_eq!(lines(&journal), 201, "a row was computed twice");
    for name in RESULTS {
        assert_eq!(
            fs::read(dir.join("killed").join(name)).unwrap(),
            fs::read(dir.join("whole").join(name)).unwrap(),
            "{name}"
        );
    }
    // A configuration that cannot be is a row of its own.
    let csv = fs::read_to_string(dir.join("whole/results.csv")).unwrap();
    assert_eq!(csv.matches("[fixed] weight_bits = 40").count(), 50);
}

#[test]
fn rows_made_one_by_one_are_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let short = fs::read_to_string(dir.join("study.toml")).unwrap().replace("[1, 2, 3, 4, 5]", "[3, 4]");
    fs::write(dir.join("study.toml"), short).unwrap();
    let count = 32;
    let mut rows = Vec::new();
    for k in (0..count).rev() {
        let line = study(dir, &["study.toml", "--row", &k.to_string()]).stdout;
        let name = format!("{k}.json");
        fs::write(dir.join(&name), line).unwrap();
        rows.push(name);
    }
    let mut arguments = vec!["study.toml", "--out", "collected", "--collect"];
    arguments.extend(rows.iter().map(String::as_str));
    study(dir, &arguments);
    study(dir, &["study.toml", "--out", "whole"]);
    for name in RESULTS {
        assert_eq!(
            fs::read(dir.join("collected").join(name)).unwrap(),
            fs::read(dir.join("whole").join(name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn studies_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let refused = |arguments: &[&str], message: &str| {
        let output = command(dir, arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(message), "{text}");
    };
    refused(&["study.toml", "--row", "200"], "--row 200: expected 0 to 199");
    fs::create_dir(dir.join("out")).unwrap();
    fs::write(dir.join("out/rows.jsonl"), "{\"study\":\"another\"}\n").unwrap();
    refused(&["study.toml", "--out", "out"], "expected rows of this study");
    let text = fs::read_to_string(dir.join("study.toml")).unwrap();
    fs::write(dir.join("none.toml"), text.replace("[1, 2]", "[]")).unwrap();
    refused(&["none.toml", "--count"], "[vary] \"crossbar.dac_bits\": expected");
    fs::write(dir.join("plot.toml"), text.replace("y = \"ppl\"", "y = \"speed\"")).unwrap();
    refused(&["plot.toml", "--count"], "[[plot]]");
}
