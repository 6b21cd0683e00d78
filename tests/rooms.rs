//! The rooms of `src/`, what each is for, and what it may import.
//!
//! Rooms stand in the order in which data moves; a room may import earlier ones only. An import
//! is any path that leaves its room: `use crate::a`, grouped, by `super::`, or written inline.
//! A test module may also reach what its room's imports are built on (a rom test needs a
//! `[crossbar]` section). The table is exact: a permission that nobody uses fails as well.

mod reader;

use reader::{Import, imports};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

struct Room {
    name: &'static str,
    /// What it is for, in one sentence.
    promise: &'static str,
    may_import: &'static [&'static str],
}

const fn room(name: &'static str, promise: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { name, promise, may_import }
}

/// `train` is built with its feature only. `src/commands` and `src/main.rs` are the program, on
/// top of all rooms; they are bound by nothing but are no room's to import.
const ROOMS: &[Room] = &[
    room("failure", "why work on files and with tools ended without what was asked for", &[]),
    room("tools", "other programs: finding them, their versions, running them into a log", &["failure"]),
    room(
        "files",
        "files and folders that are whole or not there, lists of them by hash, claims that name their holder",
        &["failure"],
    ),
    room("config", "the text a person writes, checked into a value that cannot be wrong", &[]),
    room(
        "model",
        "the trained network in floating point, exactly as trained",
        &["failure", "files", "config"],
    ),
    room("train", "fitting it", &["files", "config", "model"]),
    room("quant", "real numbers to integers; the network in integers", &["config", "model"]),
    room(
        "crossbar",
        "integer weights to conductances of cells on tiles, and back",
        &["config", "model", "quant"],
    ),
    room(
        "rom",
        "memory images and conductance files; each bit layout in one place",
        &["failure", "files", "crossbar", "quant"],
    ),
    room(
        "golden",
        "what the hardware must answer, bit by bit and cycle by cycle",
        &["config", "model", "quant", "crossbar"],
    ),
    room(
        "budget",
        "what a design will cost, before anything is synthesised",
        &["config", "model", "quant", "crossbar", "golden"],
    ),
    room(
        "emit",
        "Verilog and the files around it, as text in a sorted map",
        &["config", "model", "quant", "crossbar", "rom"],
    ),
    room(
        "cosim",
        "build and run the emitted design on the same vectors; find the first difference",
        &["failure", "tools", "files", "quant", "golden", "emit"],
    ),
    room(
        "synth",
        "area and clock of the emitted design, from the tools that know",
        &["failure", "tools", "files", "budget", "cosim"],
    ),
    room(
        "build",
        "build folders: written whole, read back only as they were written; their simulation and synthesis",
        &[
            "failure", "files", "config", "model", "quant", "crossbar", "golden", "budget", "emit", "cosim",
            "synth",
        ],
    ),
    room(
        "pipeline",
        "a model to integers, to tiles, to a golden model",
        &["failure", "files", "config", "model", "quant", "crossbar", "golden"],
    ),
    room(
        "sample",
        "jobs out of sentences, and what is written: as words, or as music",
        &["failure", "model", "quant", "golden"],
    ),
    room(
        "eval",
        "what a network is worth, whatever computes it, and what others have published",
        &["config", "model", "quant", "crossbar", "golden"],
    ),
    room(
        "report",
        "what was built and what it showed, as a page for people",
        &["config", "model", "quant", "crossbar", "golden", "budget", "cosim", "synth", "build", "sample"],
    ),
    room(
        "study",
        "studies as people write them: their configurations, the rows that come of them, tables and plots",
        &["failure", "files", "config", "model", "golden", "pipeline", "report"],
    ),
    room(
        "pareto",
        "many configurations of one network side by side",
        &[
            "failure", "files", "config", "model", "crossbar", "budget", "emit", "cosim", "synth", "build",
            "pipeline", "sample", "report",
        ],
    ),
    room(
        "soak",
        "small designs and jobs at random, for hours",
        &["failure", "files", "config", "model", "golden", "cosim", "build", "pipeline"],
    ),
    room(
        "bench",
        "how fast the library computes, and how fast its designs simulate",
        &[
            "failure", "config", "model", "quant", "crossbar", "golden", "cosim", "build", "pipeline",
            "sample",
        ],
    ),
];

/// Lines of the longest file that is still read as a whole, tests included.
const MAX_LINES: usize = 400;

/// Half of them have fewer.
const MEDIAN_LINES: usize = 120;

fn find(name: &str) -> &'static Room {
    ROOMS.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("src/{name} is no room of the table"))
}

/// Everything a room is built on, itself included.
fn foundation(name: &str) -> BTreeSet<&'static str> {
    let room = find(name);
    let below = room.may_import.iter().flat_map(|below| foundation(below));
    below.chain([room.name]).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            all.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every import of a room that leads to another room or where none may lead.
fn imports_of(room: &Room) -> Vec<(PathBuf, Import)> {
    let folder = src().join(room.name);
    let mut all = Vec::new();
    for file in rust_files(&folder) {
        let within = file.strip_prefix(src()).expect("below src").with_extension("");
        let depth = within.components().count() - usize::from(within.ends_with("mod"));
        let text = fs::read_to_string(&file).expect("readable sources");
        let leaving = imports(&text, depth).into_iter().filter(|i| i.target != room.name);
        all.extend(leaving.map(|import| (within.with_extension("rs"), import)));
    }
    all
}

#[test]
fn imports_follow_the_table() {
    let mut wrong = Vec::new();
    for room in ROOMS {
        let foundation = foundation(room.name);
        for (file, Import { target, line, in_test }) in imports_of(room) {
            let allowed =
                room.may_import.contains(&target.as_str()) || in_test && foundation.contains(target.as_str());
            if !allowed {
                wrong.push(format!(
                    "src/{}:{line}: found `{target}` in {} ({}), expected one of {:?}; move the code, or pass it a value",
                    file.display(), room.name, room.promise, room.may_import
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_permission_is_left_over() {
    for room in ROOMS {
        let used: BTreeSet<String> =
            imports_of(room).into_iter().filter(|(_, i)| !i.in_test).map(|(_, i)| i.target).collect();
        for may in room.may_import {
            assert!(used.contains(*may), "{} no longer imports {may}: take it out of the table", room.name);
        }
    }
}

#[test]
fn data_moves_one_way() {
    for (i, room) in ROOMS.iter().enumerate() {
        for below in room.may_import {
            let earlier = ROOMS[..i].iter().any(|r| r.name == *below);
            assert!(earlier, "{} may import {below}, which does not stand before it", room.name);
        }
    }
}

/// A mistake in one would hide in the other; they meet in cosim.
#[test]
fn golden_and_emit_never_see_each_other() {
    assert!(!foundation("golden").contains("emit"));
    assert!(!foundation("emit").contains("golden"));
    for (one, other) in [("golden", "emit"), ("emit", "golden")] {
        let seen = imports_of(find(one)).into_iter().find(|(_, i)| i.target == other);
        assert_eq!(seen, None, "{one} sees {other}");
    }
}

#[test]
fn every_room_is_in_the_table() {
    let entries = fs::read_dir(src()).expect("sources").map(|e| e.expect("readable").path());
    let folders: BTreeSet<String> = entries
        .filter(|p| p.is_dir() && !p.ends_with("commands"))
        .map(|p| p.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, ROOMS.iter().map(|r| r.name.to_string()).collect());
    for room in ROOMS {
        assert!(!room.promise.is_empty(), "{}", room.name);
    }
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    let (mut wrong, mut lengths) = (Vec::new(), Vec::new());
    for file in rust_files(&src()) {
        let text = fs::read_to_string(&file).expect("readable sources");
        let (name, lines) = (file.display(), text.lines().count());
        if !text.lines().next().is_some_and(|l| l.starts_with("//! ") && l.len() > 8) {
            wrong.push(format!("{name}: expected `//! ` and what the file promises on its first line"));
        }
        lengths.push(lines);
        if text.contains("unreachable!(") {
            wrong.push(format!("{name}: `unreachable!`; make it a type that has no such value"));
        }
        if lines > MAX_LINES {
            wrong.push(format!(
                "{name}: {lines} lines, expected at most {MAX_LINES}; split it by what it promises"
            ));
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    if median > MEDIAN_LINES {
        wrong.push(format!("half of the files have {median} lines or more, expected at most {MEDIAN_LINES}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
