//! What somebody does who has just come: commands with nothing said.

#[cfg(feature = "train")]
use crate::bad_requests::prepare;
use crate::common::{skip, smallest};
use hvae_mnn::tools;
use std::process::Command;

/// `hvae cosim BUILD` plays every job that the design has, of three sequences.
#[test]
fn a_cosim_without_a_request_plays_every_job() {
    if let Err(why) = tools::ICARUS.find() {
        return skip("hvae cosim with nothing said", &why.to_string());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hvae.toml"), smallest().to_toml()).unwrap();
    let hvae = |words: &str| {
        let words = words.split(' ');
        Command::new(env!("CARGO_BIN_EXE_hvae")).args(words).current_dir(folder.path()).output().unwrap()
    };
    hvae("generate --config hvae.toml --random-weights 1 --out build");
    let output = hvae("cosim build --simulator icarus");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    // ENCODE, RECONSTRUCT, DECODE, GENERATE and SCORE.
    assert!(said.starts_with("15 jobs, ") && said.contains(" 0 mismatches\n"), "{said}");
    assert!(said.contains("hardware's NLL of the sentences"), "{said}");
}

/// Before the first loss: how many epochs and updates, what will be written, and what the numbers of a line are.
#[cfg(feature = "train")]
#[test]
fn training_says_its_plan_first() {
    use std::fs;
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let data = folder.path().join("set");
    fs::create_dir(&data).unwrap();
    let sentence =
        |i: usize| (0..4).map(|k| format!("w{}", 4 + (3 * i + k) % 19)).collect::<Vec<_>>().join(" ") + "\n";
    for (part, count) in [("train", 30), ("valid", 5), ("test", 5)] {
        fs::write(data.join(format!("{part}.txt")), (0..count).map(sentence).collect::<String>()).unwrap();
    }
    let path = folder.path().join("hvae.toml");
    let mut config =
        hvae_mnn::config::Config::parse("hvae.toml", &fs::read_to_string(&path).unwrap()).unwrap();
    (config.train.epochs, config.train.batch) = (2, 8);
    fs::write(&path, config.to_toml()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args(["train", "--config", "hvae.toml", "--data", "set", "--out", "trained", "--device", "cpu"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let plan = "plan: 2 epochs, 4 updates each with 8 examples at most, 8 updates in all\nplan: written to trained: ";
    assert!(said.contains(plan), "{said}");
    let (before, after) = said.split_once("a line says: A + B nats").unwrap();
    assert!(!before.contains(" updates, epoch "), "{said}");
    assert!(after.contains("1/8 updates, epoch 1/2, ") && after.contains(" left\n"), "{said}");
}

/// Versions without the banners around them, and what else there is.
#[test]
fn the_doctor_says_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ngspice");
    crate::common::script(&path, "echo '******'; echo '** ngspice-41 : Circuit level simulation program'");
    let output =
        Command::new(env!("CARGO_BIN_EXE_hvae")).arg("doctor").env("HVAE_NGSPICE", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("ngspice")).unwrap();
    assert!(line.starts_with("ok ") && line.ends_with(" 41"), "{said}");
    crate::common::script(&path, "echo '******'; echo '** ngspice-30 : Circuit level simulation program'");
    let output =
        Command::new(env!("CARGO_BIN_EXE_hvae")).arg("doctor").env("HVAE_NGSPICE", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("found version ** ngspice-30") && said.contains("expected 36 or newer"), "{said}");
}
