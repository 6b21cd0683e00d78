//! Data flows one way: which room of the house may import which.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room, what it is for, what it may import.
const ROOMS: &[(&str, &str, &[&str])] = &[
    ("config", "the text a person writes, checked", &[]),
    ("model", "the trained network in floating point", &["config"]),
    ("train", "fitting it", &["config", "model"]),
    ("quant", "real numbers to integers", &["config", "model"]),
    ("crossbar", "integer weights to conductances on tiles", &["config", "quant"]),
    ("rom", "memory images and conductance files", &["crossbar", "quant"]),
    ("golden", "what the hardware must answer", &["config", "model", "quant", "crossbar"]),
    ("emit", "Verilog and the files around it", &["config", "model", "quant", "crossbar", "rom"]),
    ("cosim", "the emitted design on the same vectors", &["golden", "emit", "rom", "quant", "model"]),
    ("report", "what was built and what it showed", &[]),
    ("pipeline", "the stages in order", &["config", "model", "quant", "crossbar", "golden"]),
];

/// A few lines more than one can read at one go.
const LONGEST: usize = 400;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

/// Rooms that `text` names: `crate::a::x`, `crate::{a::x, b}`, and `super::` paths that
/// climb out of a room of `depth` folders.
fn imports(text: &str, depth: usize) -> Vec<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join(" ");
    let mut starts: Vec<usize> = code.match_indices("crate::").map(|(i, m)| i + m.len()).collect();
    let climb = "super::".repeat(depth + 1);
    starts.extend(code.match_indices(&climb).map(|(i, m)| i + m.len()));
    let mut found = Vec::new();
    for start in starts {
        let rest = code[start..].trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(heads_of_group(group));
        } else {
            found.push(head(rest));
        }
    }
    found
}

fn head(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// First names of the members of `a::x, b::{c, d}, e}`.
fn heads_of_group(group: &str) -> Vec<String> {
    let (mut level, mut start, mut heads) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => {
                heads.push(head(&group[start..i]));
                break;
            }
            '}' => level -= 1,
            ',' if level == 0 => {
                heads.push(head(&group[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    heads.into_iter().filter(|h| !h.is_empty()).collect()
}

#[test]
fn every_room_imports_only_what_it_may() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.iter().map(|&(name, _, may)| (name, may)).collect();
    let mut wrong = Vec::new();
    for (&room, &may) in &rooms {
        let root = Path::new("src").join(room);
        for file in files(&root) {
            let depth = file.strip_prefix(&root).unwrap().components().count() - 1;
            // A file's own module is one level below its folder's, `mod.rs` is the folder's.
            let depth = if file.ends_with("mod.rs") { depth } else { depth + 1 };
            for import in imports(&fs::read_to_string(&file).unwrap(), depth) {
                let known = rooms.contains_key(import.as_str());
                if known && import != room && !may.contains(&import.as_str()) {
                    wrong.push(format!("{}: imports {import}, but {room} may import {may:?}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn golden_and_emit_never_see_each_other() {
    for (room, other) in [("golden", "emit"), ("emit", "golden")] {
        let may = ROOMS.iter().find(|r| r.0 == room).unwrap().2;
        assert!(!may.contains(&other), "{room} must not see {other}: a shared bug could hide");
    }
}

#[test]
fn every_folder_is_a_room() {
    for entry in fs::read_dir("src").unwrap().flatten().filter(|e| e.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        assert!(name == "commands" || ROOMS.iter().any(|r| r.0 == name), "src/{name} is no room of the table");
    }
}

#[test]
fn every_file_says_what_it_is_for_and_can_be_read_at_one_go() {
    for file in files(Path::new("src")) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{}: expected a first line `//! what this file is for`", file.display());
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines, expected at most {LONGEST}; split it", file.display());
    }
}

#[test]
fn imports_are_seen_in_every_spelling() {
    assert_eq!(imports("use crate::emit::Design;", 0), ["emit"]);
    assert_eq!(imports("use crate::{golden::{Job, Run}, quant};", 0), ["golden", "quant"]);
    assert_eq!(imports("let x = crate::rom::sha256(b);", 0), ["rom"]);
    assert_eq!(imports("use super::super::emit::Design;", 1), ["emit"]);
    assert!(imports("use super::Design; // crate::emit", 1).is_empty());
}
