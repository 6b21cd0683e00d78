//! The parsers, each with inputs that it accepts and with what must be true of what it accepts.

mod builds;
mod memories;
mod models;
mod requests;
mod simulations;
#[cfg(feature = "train")]
mod training;

use super::{Answer, Form, Target};
use std::hint::black_box;

pub const ALL: &[Target] = &[
    requests::CONFIGURATION,
    requests::DESIGN,
    requests::STUDY,
    requests::ROWS,
    models::DESCRIPTION,
    models::VOCABULARY,
    models::WEIGHTS,
    models::STATE_DICT,
    models::SENTENCES,
    models::LINES,
    models::SAMPLES,
    models::ARRAY,
    builds::DESCRIPTION,
    builds::NETWORK_FILE,
    builds::LIST,
    memories::MANIFEST,
    memories::IMAGES,
    simulations::JOBS,
    simulations::LOG,
    #[cfg(feature = "train")]
    training::CHECKPOINT,
];

/// Parsers that a campaign must find something in, and what it says of them.
pub const BROKEN: &[(Target, &str)] = &[
    (Target { name: "broken-by-panic", read: panics, ..BREAKS }, "panicked at tests/fuzz/targets/mod.rs"),
    (
        Target { name: "broken-by-memory", read: takes_all, ..BREAKS },
        "memory allocation of 2147483648 bytes failed",
    ),
    (Target { name: "broken-by-time", read: never_ends, ..BREAKS }, "no answer after"),
    (Target { name: "broken-by-stack", read: goes_deep, ..BREAKS }, "stack overflow"),
];

const BREAKS: Target = Target {
    name: "",
    form: Form::Plain,
    few: 300,
    seconds: 1,
    seeds: || vec![b"key = 1\nother = 2\n".to_vec()],
    read: panics,
};

fn spoilt(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"key")
}

fn panics(bytes: &[u8]) -> Answer {
    assert!(!spoilt(bytes), "no key");
    Ok(())
}

fn takes_all(bytes: &[u8]) -> Answer {
    if spoilt(bytes) {
        black_box(vec![1u8; black_box(1 << 31)]);
    }
    Ok(())
}

fn never_ends(bytes: &[u8]) -> Answer {
    while spoilt(black_box(bytes)) {}
    Ok(())
}

fn goes_deep(bytes: &[u8]) -> Answer {
    fn deeper(depth: &[u64]) -> u64 {
        let here = black_box([depth.len() as u64; 512]);
        if here[0] == u64::MAX { 0 } else { deeper(&here) + here[0] }
    }
    if spoilt(bytes) {
        black_box(deeper(&[]));
    }
    Ok(())
}

pub fn named(name: &str) -> Option<&'static Target> {
    ALL.iter().chain(BROKEN.iter().map(|(target, _)| target)).find(|target| target.name == name)
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    str::from_utf8(bytes).map_err(|_| "no UTF-8 text".to_string())
}

/// A refusal in words.
fn said<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| {
        let said = error.to_string();
        assert!(!said.trim().is_empty(), "a refusal without a word");
        said
    })
}

/// Files of this project that begin and end so, in order.
fn files(folder: &str, begin: &str, end: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(begin) && name.ends_with(end))
        .collect();
    names.sort();
    names.iter().map(|name| std::fs::read(folder.join(name)).unwrap()).collect()
}
