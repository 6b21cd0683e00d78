//! What the integration tests share: small designs, written to a folder.
#![allow(dead_code)]

pub mod designs;
pub mod faults;
pub mod interpreter;
mod jobs;
pub mod ops;
pub mod random_network;
pub mod random_turns;
pub mod simulations;

use hvae_mnn::config::{CellKind, Config, Crossbar, Family};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::{Emitted, emit};
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{map, map_on, random_examples, random_sentences, random_weights};
use hvae_mnn::synth::Synthesis;
pub use jobs::jobs;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A network small enough to simulate in no time, with sizes that fill nothing evenly.
pub fn tiny(cells: &[CellKind]) -> Config {
    let mut config = Config::default();
    config.model.cells = cells.to_vec();
    (config.model.vocabulary, config.model.embedding) = (23, 5);
    (config.model.hidden, config.model.latent) = (7, 3);
    config.crossbar = Crossbar { rows: 8, columns: 24, ..Crossbar::default() };
    config.accelerator.gate_lanes = 3.into();
    config.accelerator.token_lanes = 5.into();
    config.accelerator.max_tokens = 12;
    config
}

/// Random weights on tiles, and sentences they can read.
pub fn mapped(config: &Config, seed: u64) -> (CrossbarNet, Vec<Vec<u32>>) {
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    let sentences = random_sentences(config.model.vocabulary, 8, seed);
    let net = map(&network, &random_weights(&network, seed), config, &sentences).unwrap();
    (net, sentences)
}

/// The same of a family that may read and write other things than sentences.
pub fn mapped_family(config: &Config) -> CrossbarNet {
    let network = Network::describe(&config.model, config.train.lambda_low).unwrap();
    map_on(&network, &random_weights(&network, 1), config, &random_examples(&network, 8, 1)).unwrap()
}

/// Families whose core has what an autoencoder's has not: latents of steps, frames of bits, both.
pub fn family_designs() -> Vec<(&'static str, Config)> {
    let family = |family, frame| {
        let mut config = tiny(&[CellKind::Lstm]);
        (config.model.family, config.model.frame) = (family, frame);
        (config.model.dense, config.model.latent) = (7, 5);
        config
    };
    let mut silent = family(Family::LanguageModel, 16);
    silent.accelerator.score = false;
    vec![
        ("language-model", family(Family::LanguageModel, 1)),
        ("z-forcing", family(Family::ZForcing, 1)),
        ("frames", family(Family::LanguageModel, 21)),
        ("frames-without-scores", silent),
        ("z-forcing-of-frames", family(Family::ZForcing, 37)),
        ("dialogue", family(Family::Dialogue, 1)),
    ]
}

/// Emits the design into `folder`.
pub fn build(net: &CrossbarNet, config: &Config, folder: &Path) -> Emitted {
    let emitted = emit(net, config);
    for (path, text) in &emitted.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    emitted
}

/// Whether everything was asked for (`make test-all`), not only what guards every change.
pub fn all_asked() -> bool {
    std::env::var("HVAE_TESTS").as_deref() == Ok("all")
}

/// Says that a test did not run for want of a tool. Where everything was asked for (`make test-all`),
/// that is a failure.
pub fn skip(test: &str, why: &str) {
    assert!(!all_asked(), "HVAE_TESTS=all, but {test} was skipped: {why}");
    say_skipped(test, why);
}

/// Says aloud that a test did not run, and why: on the terminal itself, which the harness does not
/// capture, and in a list that `make test` ends with.
pub fn say_skipped(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped.txt");
    if let Ok(mut list) = fs::OpenOptions::new().create(true).append(true).open(list) {
        let _ = list.write_all(line.as_bytes());
    }
}

/// The Python of `.venv`, if it has all `modules`; else what to do.
pub fn python(modules: &[&str]) -> Result<PathBuf, String> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let imports = format!("import {}", modules.join(", "));
    let found = Command::new(&python).args(["-c", &imports]).output();
    match found.is_ok_and(|o| o.status.success()) {
        true => Ok(python),
        false => Err(format!("{}: not found in .venv; install: make tools", modules.join(", "))),
    }
}

/// A Python with PyTorch: `HVAE_PYTHON`, that of `.venv`, or Debian's; else what to do.
pub fn torch_python() -> Result<PathBuf, String> {
    let asked = std::env::var_os("HVAE_PYTHON").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let with_torch = |python: &PathBuf| {
        let found = Command::new(python).args(["-c", "import torch, numpy, safetensors"]).output();
        found.is_ok_and(|o| o.status.success())
    };
    asked.into_iter().chain([own, "python3".into()]).find(with_torch).ok_or_else(|| {
        "no torch, numpy and safetensors; `.venv/bin/pip install torch safetensors`, or HVAE_PYTHON names a Python that has \
         them (docs/pytorch.md)"
            .into()
    })
}

/// The smallest network with everything: two kinds of cells, rounds, scores.
pub fn smallest() -> Config {
    let mut config = tiny(&[CellKind::Gru]);
    config.model.decoder_cells = Some(vec![CellKind::Lstm]);
    (config.model.vocabulary, config.model.embedding) = (9, 3);
    (config.model.hidden, config.model.latent) = (3, 2);
    (config.crossbar.rows, config.crossbar.columns, config.crossbar.physical_tiles) = (8, 16, 14);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes) = (1.into(), 2.into());
    config
}

/// The flows on a build folder.
pub fn synthesis<'a>(build: &'a Path, config: &Config) -> Synthesis<'a> {
    let below = |folder: &str, ends: &str| {
        let entries = std::fs::read_dir(build.join(folder)).unwrap();
        let names = entries.map(|e| format!("{folder}/{}", e.unwrap().file_name().to_string_lossy()));
        let mut found: Vec<String> = names.filter(|name| name.ends_with(ends)).collect();
        found.sort();
        found
    };
    let (sources, images) = (below("rtl", ".sv"), below("rom", ".hex"));
    let clock_mhz = config.accelerator.clock_mhz;
    Synthesis { build, sources, images, board: None, clock_mhz, part: None, liberty: None }
}

/// A folder of links to every program on the PATH but one.
pub fn programs_but(name: &str, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in
        std::env::split_paths(&path).filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten()
    {
        let link = folder.join(program.file_name());
        if program.file_name() != name && link.symlink_metadata().is_err() {
            std::os::unix::fs::symlink(program.path(), link).unwrap();
        }
    }
}

/// Copies a folder with all that is in it.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_tree(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Every file below a folder, with its bytes; links by where they lead.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            // An empty folder is something as well.
            files.insert(path.clone(), Vec::new());
            files.append(&mut tree(&path));
        } else if kind.is_symlink() {
            files.insert(path.clone(), fs::read_link(path).unwrap().into_os_string().into_encoded_bytes());
        } else {
            // A pipe has nothing to read.
            let bytes = if kind.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            files.insert(path, bytes);
        }
    }
    files
}

/// A program of a few lines of shell.
pub fn script(path: &Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

/// Whether `text` is what `pattern` says, where `*` stands for any letters.
pub fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            let Some(rest) = text.strip_prefix(head) else { return false };
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
        }
    }
}
