//! The rooms of `src/`, what each is for, and what it may import.
//!
//! Rooms stand in the order in which data moves; a room may import earlier ones only. An import
//! is any path that leaves its room: `use crate::a`, grouped, by `super::`, or written inline.
//! A test module may also reach what its room's imports are built on (a rom test needs a
//! `[crossbar]` section). The table is exact: a permission that nobody uses fails as well.

use std::collections::{BTreeMap, BTreeSet};
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
    room("tools", "other programs: finding them, their versions, running them into a log", &[]),
    room(
        "files",
        "files that are whole or not there, lists of them by hash, claims that name their holder",
        &[],
    ),
    room("config", "the text a person writes, checked into a value that cannot be wrong", &[]),
    room("model", "the trained network in floating point, exactly as trained", &["files", "config"]),
    room("train", "fitting it", &["config", "model"]),
    room("quant", "real numbers to integers; the network in integers", &["config", "model"]),
    room(
        "crossbar",
        "integer weights to conductances of cells on tiles, and back",
        &["config", "model", "quant"],
    ),
    room(
        "rom",
        "memory images and conductance files; each bit layout in one place",
        &["files", "crossbar", "quant"],
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
        "build",
        "what a build folder says of itself, read back only as it was written",
        &["config", "model", "quant", "crossbar", "rom", "golden", "budget", "emit"],
    ),
    room(
        "cosim",
        "build and run the emitted design on the same vectors; find the first difference",
        &["tools", "files", "quant", "golden", "emit"],
    ),
    room(
        "synth",
        "area and clock of the emitted design, from the tools that know",
        &["tools", "files", "budget", "cosim"],
    ),
    room(
        "pipeline",
        "a model to integers, to tiles, to a golden model",
        &["config", "model", "quant", "crossbar", "golden"],
    ),
    room(
        "study",
        "studies as people write them: their configurations, and the rows that come of them",
        &["config", "model"],
    ),
    room("report", "what was built and what it showed, as a page for people", &[]),
];

/// Lines of the longest file that is still read as a whole.
const MAX_LINES: usize = 440;

fn find(name: &str) -> &'static Room {
    ROOMS.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("src/{name} is no room of the table"))
}

/// Everything a room is built on, itself included.
fn foundation(name: &str) -> BTreeSet<&'static str> {
    let room = find(name);
    let below = room.may_import.iter().flat_map(|below| foundation(below));
    below.chain([room.name]).collect()
}

/// A word or a sign of Rust text, with its line. Comments and literals are left out.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

fn tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let at = |i: usize| text.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut all, mut i, mut line) = (Vec::new(), 0, 1);
    while i < text.len() {
        let start = i;
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < text.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= text.len() {
                        break;
                    }
                }
            }
            '"' => i = end_of_string(&text, i),
            // A character or a lifetime.
            '\'' if at(i + 1) == '\\' => {
                i += 3;
                while i < text.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' => i += if at(i + 2) == '\'' { 3 } else { 1 },
            c if is_word(c) => {
                while is_word(at(i)) {
                    i += 1;
                }
                let word: String = text[start..i].iter().collect();
                let hashes = text[i..].iter().take_while(|&&c| c == '#').count();
                if matches!(word.as_str(), "r" | "br") && at(i + hashes) == '"' {
                    let end: Vec<char> = "\"".chars().chain("#".repeat(hashes).chars()).collect();
                    i += hashes + 1;
                    while i < text.len() && !text[i..].starts_with(&end) {
                        i += 1;
                    }
                    i += end.len();
                } else if word == "b" && at(i) == '"' {
                    i = end_of_string(&text, i);
                } else {
                    all.push(Token { text: word, line });
                }
            }
            ':' if at(i + 1) == ':' => {
                all.push(Token { text: "::".into(), line });
                i += 2;
            }
            c => {
                if !c.is_whitespace() {
                    all.push(Token { text: c.into(), line });
                }
                i += 1;
            }
        }
        line += text[start..i.min(text.len())].iter().filter(|&&c| c == '\n').count();
    }
    all
}

/// Behind the string literal whose opening quote stands at `i`.
fn end_of_string(text: &[char], mut i: usize) -> usize {
    i += 1;
    while i < text.len() && text[i] != '"' {
        i += if text[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Something outside the file's own module path that a path starts from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    /// The first name below the root of the crate.
    target: String,
    line: usize,
    in_test: bool,
}

/// The imports of a file whose module lies `depth` below the root of the crate.
fn imports(source: &str, depth: usize) -> Vec<Import> {
    let tokens = tokens(source);
    let word = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    let mut found = Vec::new();
    // Inline modules: the braces around them, and whether they are tests.
    let mut modules: Vec<(usize, bool)> = Vec::new();
    let (mut braces, mut i) = (0, 0);
    while i < tokens.len() {
        let in_test = modules.iter().any(|m| m.1);
        match word(i) {
            "mod" if word(i + 2) == "{" => {
                let test = i >= 7
                    && tokens[i - 7..i]
                        .iter()
                        .map(|t| t.text.as_str())
                        .eq(["#", "[", "cfg", "(", "test", ")", "]"]);
                modules.push((braces, test));
            }
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                modules.pop_if(|m| m.0 == braces);
            }
            // The library's own name, and files put elsewhere than their path says.
            own @ ("hvae_mnn" | "extern") => {
                found.push(Import { target: own.into(), line: tokens[i].line, in_test });
            }
            "path" if i >= 2 && word(i - 1) == "[" && word(i - 2) == "#" => {
                found.push(Import { target: "#[path]".into(), line: tokens[i].line, in_test });
            }
            "crate" | "super" | "self"
                if (i == 0 || word(i - 1) != "::") && matches!(word(i + 1), "::" | "as") =>
            {
                let mut targets = Vec::new();
                i = path(&tokens, i, depth + modules.len(), &mut targets);
                found.extend(targets.into_iter().map(|(target, line)| Import { target, line, in_test }));
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// Reads the path (or the group of paths) at `i`, seen from a module `depth` below the root.
fn path(tokens: &[Token], mut i: usize, mut depth: usize, targets: &mut Vec<(String, usize)>) -> usize {
    let word = |i: usize| tokens.get(i).map_or("", |t| t.text.as_str());
    loop {
        match word(i) {
            "crate" => depth = 0,
            "super" => depth = depth.saturating_sub(1),
            "self" => {}
            "{" => {
                i += 1;
                while !matches!(word(i), "}" | "") {
                    i = path(tokens, i, depth, targets);
                    // The rest of this member, which may hold groups of its own.
                    let mut open = 0;
                    while !(matches!(word(i), "" | "}" | ",") && open == 0) {
                        open += i32::from(word(i) == "{") - i32::from(word(i) == "}");
                        i += 1;
                    }
                    i += usize::from(word(i) == ",");
                }
                return i + 1;
            }
            name => {
                if depth == 0 {
                    targets.push((name.into(), tokens[i].line));
                }
                return i + 1;
            }
        }
        if word(i + 1) != "::" {
            if depth == 0 {
                targets.push(("the whole crate".into(), tokens[i].line));
            }
            return i + 1;
        }
        i += 2;
    }
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
    let mut wrong = Vec::new();
    for file in rust_files(&src()) {
        let text = fs::read_to_string(&file).expect("readable sources");
        let (name, lines) = (file.display(), text.lines().count());
        if !text.lines().next().is_some_and(|l| l.starts_with("//! ") && l.len() > 8) {
            wrong.push(format!("{name}: expected `//! ` and what the file promises on its first line"));
        }
        if lines > MAX_LINES {
            wrong.push(format!(
                "{name}: {lines} lines, expected at most {MAX_LINES}; split it by what it promises"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The reader above, on what people write: the text of src/golden/run.rs (depth 2) and the
/// names it must find.
#[test]
fn every_form_of_an_import_is_seen() {
    let cases: &[(&str, &[&str])] = &[
        ("use crate::emit::Design;", &["emit"]),
        ("use crate::{config::Config, emit, model::{self, Op}};", &["config", "emit", "model"]),
        (
            "use crate::{\n    quant::{IntMatrix, MatVec},\n    emit::controllers::{registers::{self}, csr},\n};",
            &["quant", "emit"],
        ),
        ("use super::super::emit;", &["emit"]),
        ("use super::{Golden, super::emit::emit};", &["emit"]),
        ("use super::{super::{quant, emit}, Golden};", &["quant", "emit"]),
        ("use self::super::super::emit;", &["emit"]),
        ("pub use crate::emit as e;", &["emit"]),
        ("use crate as root;", &["the whole crate"]),
        ("use crate::{self as root};", &["the whole crate"]),
        ("use super::super as root;", &["the whole crate"]),
        ("use crate::*;", &["*"]),
        ("fn f(x: &crate::emit::Design) {}", &["emit"]),
        ("macro_rules! m { () => { $crate::emit::f() } }", &["emit"]),
        ("mod inner { use super::super::super::emit; }", &["emit"]),
        ("mod inner {} use super::super::emit;", &["emit"]),
        ("use hvae_mnn::emit;", &["hvae_mnn"]),
        ("#[path = \"../emit/mod.rs\"] mod e;", &["#[path]"]),
        ("const Q: char = '\"'; use crate::emit; const R: &str = \"\";", &["emit"]),
        ("fn f<'a>(x: &'a str) {} use crate::emit;", &["emit"]),
        // And what is none.
        ("use super::{Golden, Job}; use super::net::Machine;", &[]),
        ("mod tests { use super::*; use super::super::Golden; }", &[]),
        ("pub(crate) fn f() {} pub(super) struct S; fn g(self: &S) {}", &[]),
        ("// use crate::emit;\n/* crate::emit /* crate::emit */ */", &[]),
        ("const T: &str = \"crate::emit \\\" crate::emit\"; const R: &str = r#\"crate::emit\" \"#;", &[]),
        ("use rust_hdl_core::ast; use std::fmt;", &[]),
    ];
    for (source, want) in cases {
        let got: Vec<String> = imports(source, 2).into_iter().map(|i| i.target).collect();
        assert_eq!(got, *want, "{source}");
    }
    let by_line: BTreeMap<usize, bool> =
        imports("use crate::a;\n#[cfg(test)]\nmod tests {\n    use crate::b;\n}\nuse crate::c;", 2)
            .into_iter()
            .map(|i| (i.line, i.in_test))
            .collect();
    assert_eq!(by_line, BTreeMap::from([(1, false), (4, true), (6, false)]));
}
