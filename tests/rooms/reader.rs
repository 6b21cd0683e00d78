//! Reads Rust text for the paths in it that lead out of a module.

use std::collections::BTreeMap;

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
pub struct Import {
    /// The first name below the root of the crate.
    pub target: String,
    pub line: usize,
    pub in_test: bool,
}

/// The imports of a file whose module lies `depth` below the root of the crate.
pub fn imports(source: &str, depth: usize) -> Vec<Import> {
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
