//! Every parser of the library on inputs that begin valid and are spoilt step by step: it accepts or refuses, and
//! neither panics, nor aborts, nor takes more than a gibibyte or some seconds; what it accepts reads back as it was.
//!
//! `make test` gives each some hundred inputs, `make test-all` a minute, `make fuzz SECONDS_EACH=3600` an hour. A
//! failing input is kept in `fuzz` of cargo's folder for tests and named with the command that shows it again.

mod bytes;
mod child;
mod form;
mod targets;
mod tree;

use form::Form;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// What a parser says: nothing, or why it refuses.
type Answer = Result<(), String>;

/// One parser.
struct Target {
    name: &'static str,
    form: Form,
    /// How many inputs it gets in `make test`: as many as a fraction of a second allows.
    few: u64,
    /// Processor time that an answer may take.
    seconds: u64,
    /// Inputs that it accepts.
    seeds: fn() -> Vec<Vec<u8>>,
    /// Reads an input. Panics where what is accepted does not read back.
    read: fn(&[u8]) -> Answer,
}

/// For how long a target is tried.
#[derive(Clone, Copy)]
enum Effort {
    Few,
    Seconds(u64),
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: expected a number")))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// Runs targets, each in processes of its own, as many at a time as there are processors.
fn campaign(effort: Effort) {
    let seed = number("HVAE_SEED").unwrap_or(1);
    let only = std::env::var("HVAE_FUZZ").ok();
    let chosen = |target: &&Target| only.as_ref().is_none_or(|only| target.name.contains(only));
    let left = Mutex::new(targets::ALL.iter().filter(chosen));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(target) = left.lock().unwrap().next() else { break };
                    let said = try_target(target, seed, effort);
                    failures.lock().unwrap().extend(said.err());
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// `Err`: every way to fail that was found, with its input and how to see it again.
fn try_target(target: &Target, seed: u64, effort: Effort) -> Result<(), String> {
    fs::create_dir_all(folder()).unwrap();
    let report = folder().join(format!("{}.txt", target.name));
    let output = fs::File::create(&report).unwrap();
    let mut command = child::command();
    command.env("HVAE_FUZZ_TARGET", target.name).env("HVAE_SEED", seed.to_string());
    if let Effort::Seconds(seconds) = effort {
        command.env("HVAE_FUZZ_SECONDS", seconds.to_string());
    }
    let status = command.stdout(Stdio::null()).stderr(output).status().unwrap();
    let said = fs::read_to_string(&report).unwrap_or_default();
    // What a long campaign did is worth a line.
    if matches!(effort, Effort::Seconds(_)) {
        let done = said.lines().find(|line| line.contains(" inputs, ")).unwrap_or("ended before its time");
        eprintln!("{}: {done}", target.name);
    }
    if status.success() {
        return Ok(());
    }
    let mut found = child::found(target, &said);
    if found.is_empty() {
        // It did not live to say so: the last input that it began with.
        let last = child::keep(target, &fs::read(child::current(target)).unwrap_or_default());
        let words = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: ");
        let why = said.lines().rfind(words).unwrap_or("nothing was said");
        found.push((format!("{status}: {why}"), last));
    }
    let shown = found.iter().map(|(why, input)| {
        format!("{}: {why}\n  input: {}\n  again: {}", target.name, input.display(), again(target, input))
    });
    Err(shown.collect::<Vec<_>>().join("\n"))
}

fn again(target: &Target, input: &Path) -> String {
    format!(
        "HVAE_FUZZ_TARGET={} HVAE_FUZZ_INPUT={} cargo test --release --features train --test all \
         fuzz::child::reads -- --exact --ignored --nocapture",
        target.name,
        input.display()
    )
}

#[test]
fn parsers_accept_or_refuse_some_hundred_inputs() {
    campaign(Effort::Few);
}

#[test]
#[ignore = "a minute each (make test-all, or make fuzz SECONDS_EACH=N)"]
fn parsers_accept_or_refuse_for_a_while() {
    campaign(Effort::Seconds(number("SECONDS_EACH").unwrap_or(60)));
}

/// A parser that panics, one that takes all memory, one that never ends and one that goes too deep: a campaign that
/// finds none of them would prove nothing.
#[test]
fn a_campaign_finds_what_it_looks_for() {
    for (target, expected) in targets::BROKEN {
        let found = try_target(target, 1, Effort::Few).expect_err(target.name);
        assert!(found.contains(expected), "{}: {found}", target.name);
        let input = found.lines().find_map(|line| line.trim().strip_prefix("input: ")).unwrap();
        let again = child::command()
            .env("HVAE_FUZZ_TARGET", target.name)
            .env("HVAE_FUZZ_INPUT", input)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(!again.unwrap().success(), "{} is not shown again by {input}", target.name);
        fs::remove_file(input).unwrap();
    }
}

/// This program again.
fn this_program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}
