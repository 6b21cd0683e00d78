//! Streams that take nothing, give nothing, or have no end; a machine without a thread to spare.

use crate::bad_requests::{prepare, run};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

fn hvae(dir: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hvae"));
    command.args(words.split(' ').map(|word| word.replace("DIR", dir.to_str().unwrap())));
    command
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Commands that need no simulator; all print in the same place (clippy.toml).
const PRINTING: &[&str] = &[
    "--help",
    "--version",
    "init DIR/new",
    "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --out DIR/imported",
    "eval DIR/model --data DIR/data.txt",
    "export DIR/model --out DIR/exported",
    "generate --config DIR/hvae.toml --random-weights 1 --out DIR/generated",
    "sample DIR/model -n 18446744073709551615",
    "sample DIR/model -n 3 --on float",
    "spice DIR/build --tile 0 --out DIR/t.cir",
    "pareto --config DIR/hvae.toml --rows 8 --lanes 2",
    "study DIR/study.toml --count",
    "doctor",
    "keys --markdown",
    "keys --schema",
];

#[test]
fn a_full_output_is_said_and_what_was_made_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let place = dir.display();
    let study =
        format!("model = \"{place}/model\"\ndata = \"{place}/data.txt\"\n[vary]\n\"crossbar.rows\" = [8]\n");
    fs::write(dir.join("study.toml"), study).unwrap();
    for words in PRINTING {
        let output = hvae(dir, words).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}: {said}");
        assert_eq!(
            said.lines().last().unwrap(),
            "hvae: standard output: No space left on device (os error 28); expected a place for the whole report; \
             files that are named in it are whole",
            "{words}"
        );
        // Nobody need hear it.
        let status = hvae(dir, words).stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{words}");
    }
    for made in ["imported/model.toml", "exported/manifest.json", "generated/design.json", "new/hvae.toml"] {
        assert!(dir.join(made).exists(), "{made}");
    }
    let build = run(dir, "spice DIR/generated --tile 0 --out DIR/t.cir", &[]);
    assert!(build.starts_with("0\n"), "{build}");
}

#[test]
fn a_pipe_is_waited_for_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let pipe = dir.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = hvae(dir, "eval DIR/model --data DIR/pipe --on float")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let place = pipe.display();
    assert_eq!(line, format!("hvae: {place}: nobody has written to it yet; waiting (Ctrl-C ends it)\n"));
    File::options().write(true).open(&pipe).unwrap().write_all(b"w5 w6 w7\nw8 unheard of\n").unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{rest}");
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.starts_with("2 sentences, 6 words, 33.33 % of them unknown to the model\n"), "{found}");
}

/// No stack is that large, so no thread can be had.
#[test]
fn no_thread_to_spare_is_a_message() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    for words in ["doctor", "generate --config DIR/hvae.toml --random-weights 1 --out DIR/out"] {
        let answer = run(folder.path(), words, &[("RUST_MIN_STACK", "70368744177664")]);
        assert_eq!(
            answer,
            "2\nhvae: expected to start a thread, found: Resource temporarily unavailable (os error 11); end other programs, \
             or raise the limit of processes or memory (ulimit)\n"
        );
    }
    // One worker of a study is the thread that is there.
    let answer = run(folder.path(), "study --help", &[]);
    assert!(answer.starts_with("0\n"), "{answer}");
}
