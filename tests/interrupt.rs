//! Ctrl-C in the middle of writing leaves what was there before, and nothing else.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn generate(out: &Path, config: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hvae"));
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(config);
    command.args(["generate", "--random-weights", "1", "--config"]).arg(config).arg("--out").arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
fn an_interrupted_output_leaves_the_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("design");
    assert!(generate(&out, "tiny.toml").status().unwrap().success());
    let before = fs::read(out.join("design.json")).unwrap();

    // Large enough to be caught while it is written.
    let child = generate(&out, "ptb-paper.toml").spawn().unwrap();
    let partial = folder.path().join(".design.hvae/new");
    let begun = Instant::now();
    while !fs::read_dir(&partial).is_ok_and(|mut files| files.next().is_some()) {
        assert!(begun.elapsed() < Duration::from_secs(300), "it never began to write");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();

    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("hvae: interrupted; no output was replaced"), "{message}");
    assert_eq!(fs::read(out.join("design.json")).unwrap(), before);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["design"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args(["pareto", "--help"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
