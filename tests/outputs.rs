//! Outputs are whole or not there, whoever else writes, reads or kills; and what is not ours stays.

use crate::bad_requests::{prepare, run};
use crate::common::tree;
use hvae_mnn::files::{FileList, Lock, share};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(300);

fn generate(dir: &Path, config: &str, out: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hvae"));
    command.current_dir(dir).args(["generate", "--random-weights", "1", "--config", config, "--out", out]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A second configuration beside the one that is there: another design.
fn another(dir: &Path) {
    let text = fs::read_to_string(dir.join("hvae.toml")).unwrap();
    assert!(text.contains("hidden = 7"));
    fs::write(dir.join("other.toml"), text.replace("hidden = 7", "hidden = 6")).unwrap();
}

fn made(dir: &Path, config: &str, out: &str) {
    let output = generate(dir, config, out).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Files by their path below `folder`.
fn below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    tree(folder).into_iter().map(|(p, b)| (p.strip_prefix(folder).unwrap().to_path_buf(), b)).collect()
}

fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !seen() {
        assert!(begun.elapsed() < PATIENCE, "{what}: never seen");
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn the_second_of_two_writers_is_told_who_the_first_is() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let place = dir.display();
    let study = format!(
        "model = \"{place}/model\"\ndata = \"{place}/data.txt\"\nseeds = [1]\n[vary]\n\"crossbar.rows\" = [8]\n"
    );
    fs::write(dir.join("study.toml"), study).unwrap();
    let replaced = "DIR/.out.hvae/lock";
    let added_to = "DIR/out/.hvae-lock";
    for (lock, words) in [
        (replaced, "generate --config DIR/hvae.toml --random-weights 1 --out DIR/out"),
        (replaced, "export DIR/model --config DIR/hvae.toml --out DIR/out"),
        (
            replaced,
            "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --out DIR/out",
        ),
        (added_to, "study DIR/study.toml --out DIR/out"),
        (added_to, "demo --model DIR/model --data DIR --out DIR/out"),
        (added_to, "pareto --cosim 1 --out DIR/out"),
        #[cfg(feature = "train")]
        (added_to, "train --config DIR/hvae.toml --data DIR --device cpu --out DIR/out"),
    ] {
        let lock = PathBuf::from(lock.replace("DIR", dir.to_str().unwrap()));
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        let held = Lock::take(&lock).unwrap();
        let before = tree(dir);
        let answer = run(dir, words, &[]);
        let begins = "2\nhvae: DIR/out: `";
        let holder = format!("(process {} on ", std::process::id());
        assert!(answer.starts_with(begins) && answer.contains(&holder), "{words}: {answer}");
        assert!(answer.ends_with("writes here; wait for it, or choose another path\n"), "{words}: {answer}");
        assert!(tree(dir) == before, "{words}: files were changed");
        drop(held);
        fs::remove_dir_all(lock.parent().unwrap()).unwrap();
    }
    let lock = dir.join("build/synth/generic/lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = Lock::take(&lock).unwrap();
    let answer = run(dir, "synth DIR/build --flow generic", &[]);
    assert!(answer.starts_with("2\nhvae: DIR/build/synth/generic: `"), "{answer}");
    assert!(answer.ends_with("writes here; wait for it\n"), "{answer}");
    drop(held);
    // A holder that is dead is followed, and what it left goes.
    fs::create_dir_all(dir.join(".out.hvae/new/rtl")).unwrap();
    fs::write(dir.join(".out.hvae/lock"), r#"{"hvae":"hvae generate","pid":1,"host":"x","since":5}"#)
        .unwrap();
    made(dir, "hvae.toml", "out");
    assert!(!dir.join(".out.hvae").exists());
}

/// Two processes, as they come: one of them may refuse, and the folder is whole.
#[test]
fn two_at_once_leave_one_whole_output() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    another(dir);
    for config in ["hvae.toml", "other.toml"] {
        made(dir, config, config.strip_suffix(".toml").unwrap());
    }
    for round in 0..8 {
        let both = ["hvae.toml", "other.toml"].map(|config| generate(dir, config, "out").spawn().unwrap());
        let status = both.map(|child| {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let refused = said.contains("`hvae generate --random-weights 1 --config");
            assert!(output.status.success() || output.status.code() == Some(2) && refused, "{round}: {said}");
            output.status.success()
        });
        assert!(status.contains(&true), "{round}: neither worked");
        let found = below(&dir.join("out"));
        assert!(["hvae", "other"].iter().any(|whole| found == below(&dir.join(whole))), "round {round}");
    }
}

#[test]
fn killed_at_any_moment_it_is_the_old_output_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    another(dir);
    let configs = ["hvae.toml", "other.toml"];
    let whole = configs.map(|config| {
        let place = config.strip_suffix(".toml").unwrap();
        made(dir, config, place);
        below(&dir.join(place))
    });
    made(dir, configs[0], "out");
    // The moment of the kill goes to and fro over that of the change, wherever this machine has it.
    let (mut there, mut delay, mut changes) = (0, Duration::from_millis(1), 0);
    let begun = Instant::now();
    for kills in 1.. {
        let mut child = generate(dir, configs[1 - there], "out").spawn().unwrap();
        std::thread::sleep(delay);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = below(&dir.join("out"));
        let which = whole.iter().position(|w| *w == found);
        let which = which.unwrap_or_else(|| panic!("kill {kills}: neither the old output nor the new one"));
        changes += u32::from(which != there);
        delay = if which == there { delay * 5 / 4 } else { delay * 3 / 4 };
        there = which;
        if changes >= 8 && kills >= 40 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{kills} kills, {changes} changes");
    }
    made(dir, "hvae.toml", "out");
    let left = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(left.filter(|name| name.starts_with('.')).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn there_is_no_moment_without_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    another(dir);
    made(dir, "hvae.toml", "out");
    let (out, done) = (dir.join("out"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut looks = 0u64;
            while !done.load(Ordering::Relaxed) {
                assert!(out.is_dir(), "gone at look {looks}");
                looks += 1;
            }
            looks
        });
        for i in 0..20 {
            made(dir, if i % 2 == 0 { "other.toml" } else { "hvae.toml" }, "out");
        }
        done.store(true, Ordering::Relaxed);
        assert!(watcher.join().unwrap() > 1000);
    });
}

#[test]
fn what_lies_beside_an_output_stays() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let beside = [".out.partial", "out.partial", ".out.old", "out.old", ".out"];
    for name in beside {
        fs::create_dir(dir.join(name)).unwrap();
        fs::write(dir.join(name).join("notes.md"), "mine").unwrap();
    }
    for _ in 0..2 {
        made(dir, "hvae.toml", "out");
        for name in beside {
            assert_eq!(fs::read(dir.join(name).join("notes.md")).unwrap(), b"mine", "{name}");
        }
    }
    // An output reached by a link is replaced where it lies, and the link stays.
    another(dir);
    std::os::unix::fs::symlink(dir.join("out"), dir.join("link")).unwrap();
    made(dir, "other.toml", "link");
    assert!(fs::symlink_metadata(dir.join("link")).unwrap().is_symlink());
    made(dir, "other.toml", "other");
    assert!(below(&dir.join("out")) == below(&dir.join("other")));
}

/// Simulations are found by the content of their sources; synthesis is of one design.
#[test]
fn what_we_added_to_a_design_is_kept_as_far_as_it_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    another(dir);
    let added = [
        "sim/verilator-0123456789abcdef/Vhvae_tb",
        "synth/ecp5/result.json",
        "driver/obj/a.o",
        "driver/example",
    ];
    let there = || added.map(|path| dir.join("build").join(path).exists());
    for path in added {
        let path = dir.join("build").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "made").unwrap();
    }
    made(dir, "hvae.toml", "build");
    assert_eq!(there(), [true, true, false, false]);
    made(dir, "other.toml", "build");
    assert_eq!(there(), [true, false, false, false]);
}

fn reader(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    BufReader::new(child.stderr.take().unwrap())
}

#[test]
fn a_design_is_not_replaced_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    prepare(dir);
    let before = below(&dir.join("build"));
    let held = share(&dir.join("build")).unwrap();
    let answer = run(dir, "generate --config DIR/hvae.toml --random-weights 1 --out DIR/build", &[]);
    assert!(answer.starts_with("2\nhvae: DIR/build: another `hvae` reads it (cosim, "), "{answer}");
    drop(held);

    // Who comes while the new one is made is waited for.
    let large = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/ptb-paper.toml");
    let mut child = generate(dir, large.to_str().unwrap(), "build").spawn().unwrap();
    wait_for("the new design", || dir.join(".build.hvae/new").is_dir());
    let held = share(&dir.join("build")).unwrap();
    let mut said = String::new();
    reader(&mut child).read_line(&mut said).unwrap();
    assert_eq!(said, "waiting for another `hvae` that reads build\n");
    assert!(below(&dir.join("build")) == before);
    drop(held);
    assert!(child.wait().unwrap().success());
    let list = FileList::of(&dir.join("build")).unwrap().unwrap();
    assert_eq!(list.damage(&dir.join("build")).unwrap(), []);
    assert!(below(&dir.join("build")) != before);
}
