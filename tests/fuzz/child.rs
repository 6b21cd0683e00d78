//! The process that reads inputs: with bounds of memory and time, beyond which it ends.

use super::{Answer, Effort, Target, folder, number, targets};
use hvae_mnn::files::sha256;
use hvae_mnn::model::{Random, fingerprint};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// More than any reader may take, beside what the process has when it begins.
const MOST_BYTES: u64 = 1 << 30;
/// Of a clock, for one input that waits; processor time is the target's own.
const MOST_WAIT: Duration = Duration::from_secs(60);
/// Ways to fail after which a target is left.
const MOST_FOUND: usize = 12;
/// Answers that differ from all before are worth going on from, up to so many.
const MOST_KEPT: usize = 400;

/// What begins the line of a failure, before its input.
const FOUND: &str = "found: ";

pub fn command() -> Command {
    let mut command = super::this_program();
    command.args(["fuzz::child::reads", "--exact", "--ignored", "--nocapture"]);
    for variable in ["HVAE_FUZZ_TARGET", "HVAE_FUZZ_INPUT", "HVAE_FUZZ_SECONDS"] {
        command.env_remove(variable);
    }
    // One thread does not wait for others, nor take memory for them.
    command.env("RAYON_NUM_THREADS", "1").env("RUST_BACKTRACE", "0");
    command
}

/// The input that a process has begun with.
pub fn current(target: &Target) -> PathBuf {
    folder().join(format!("{}.input", target.name))
}

/// Puts an input where it stays.
pub fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let path = folder().join(format!("{}-{}", target.name, &sha256(input)[..12]));
    fs::write(&path, input).unwrap();
    path
}

/// What a process said of its failures.
pub fn found(target: &Target, said: &str) -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    for line in said.lines().filter_map(|line| line.strip_prefix(FOUND)) {
        let (name, why) = line.split_once(' ').unwrap_or((line, ""));
        all.push((why.to_string(), folder().join(format!("{}-{name}", target.name))));
    }
    all
}

/// Reads the input `HVAE_FUZZ_INPUT`, or makes inputs, for the target `HVAE_FUZZ_TARGET`.
#[test]
#[ignore = "what campaigns run"]
fn reads() {
    let Ok(name) = std::env::var("HVAE_FUZZ_TARGET") else { return };
    let target = targets::named(&name).unwrap_or_else(|| panic!("HVAE_FUZZ_TARGET={name}: no such target"));
    // What is made once is made before anything is bounded.
    let seeds = (target.seeds)();
    for seed in &seeds {
        assert_eq!((target.read)(seed), Ok(()), "a seed is refused");
    }
    bound();
    if let Some(input) = std::env::var_os("HVAE_FUZZ_INPUT") {
        let input = fs::read(&input).unwrap_or_else(|e| panic!("{}: {e}", Path::new(&input).display()));
        let _watched = Watched::begin(target);
        return println!("{:?}", (target.read)(&input));
    }
    let effort = number("HVAE_FUZZ_SECONDS").map_or(Effort::Few, Effort::Seconds);
    let failures = Campaign::new(target, seeds).run(number("HVAE_SEED").unwrap_or(1), effort);
    assert!(failures == 0, "{failures} ways to fail");
}

/// Allocations fail beyond what a reader may take.
fn bound() {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let now =
        text.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse().ok());
    let bytes = now.unwrap_or(0) * 1024 + MOST_BYTES;
    let maximum = getrlimit(Resource::Data).maximum;
    setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum }).unwrap();
}

/// Processor time when the reader that works now began; 0: none works. And how much of it it may take.
static BEGAN: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);

fn processor_milliseconds() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    1 + time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// While it lives, somebody looks at the clock.
struct Watched;

impl Watched {
    fn begin(target: &Target) -> Watched {
        static WATCH: std::sync::Once = std::sync::Once::new();
        WATCH.call_once(|| drop(std::thread::spawn(watch)));
        MOST.store(1000 * target.seconds, Ordering::Relaxed);
        BEGAN.store(processor_milliseconds(), Ordering::Relaxed);
        Watched
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        BEGAN.store(0, Ordering::Relaxed);
    }
}

fn watch() {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let began = BEGAN.load(Ordering::Relaxed);
        if began != seen {
            (seen, since) = (began, Instant::now());
        }
        let worked = processor_milliseconds().saturating_sub(began);
        if began != 0 && (worked > MOST.load(Ordering::Relaxed) || since.elapsed() > MOST_WAIT) {
            eprintln!("no answer after {worked} ms of processor time");
            std::process::exit(97);
        }
    }
}

struct Campaign<'a> {
    target: &'a Target,
    /// What inputs are made from.
    inputs: Vec<Vec<u8>>,
    seeds: usize,
    answers: BTreeSet<String>,
    /// Where it panicked.
    places: BTreeSet<String>,
}

/// Where the last panic was, and what it said.
static PANIC: Mutex<String> = Mutex::new(String::new());

impl<'a> Campaign<'a> {
    fn new(target: &'a Target, seeds: Vec<Vec<u8>>) -> Campaign<'a> {
        std::panic::set_hook(Box::new(|panic| {
            let place =
                panic.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
            let said = panic.payload_as_str().unwrap_or("").lines().collect::<Vec<_>>().join(" ");
            let said: String = said.chars().take(300).collect();
            *PANIC.lock().unwrap_or_else(|e| e.into_inner()) = format!("panicked at {place}: {said}");
        }));
        let count = seeds.len();
        Campaign { target, inputs: seeds, seeds: count, answers: BTreeSet::new(), places: BTreeSet::new() }
    }

    /// How many ways to fail it found.
    fn run(mut self, seed: u64, effort: Effort) -> usize {
        let name = fingerprint(self.target.name.bytes().map(u64::from));
        let mut random = Random::keyed(&[seed, name]);
        let began = Instant::now();
        let (mut count, mut accepted) = (0u64, 0u64);
        let goes_on = |count: u64| match effort {
            Effort::Few => count < self.target.few,
            Effort::Seconds(seconds) => began.elapsed() < Duration::from_secs(seconds),
        };
        while goes_on(count) && self.places.len() < MOST_FOUND {
            // Seeds as often as all that came of them.
            let most = if random.below(2) == 0 { self.seeds } else { self.inputs.len() };
            let from = &self.inputs[random.below(most)];
            let input = self.target.form.changed(from, &self.inputs, &mut random);
            fs::write(current(self.target), &input).unwrap();
            count += 1;
            if let Some(answer) = self.read(&input) {
                accepted += u64::from(answer.is_ok());
                self.note(input, answer);
            }
        }
        eprintln!(
            "{count} inputs, {accepted} accepted, {} answers, {} ways to fail, seed {seed}",
            self.answers.len(),
            self.places.len()
        );
        self.places.len()
    }

    /// `None`: it panicked, which is said.
    fn read(&mut self, input: &[u8]) -> Option<Answer> {
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let _watched = Watched::begin(self.target);
            (self.target.read)(input)
        }));
        if let Ok(answer) = answer {
            return Some(answer);
        }
        let why = PANIC.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let place = why.split(": ").next().unwrap_or_default().to_string();
        if self.places.insert(place) {
            let path = keep(self.target, input);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = name.rsplit('-').next().unwrap_or_default().to_string();
            eprintln!("{FOUND}{name} {why}");
        }
        None
    }

    /// An answer that was never given leads on: its input came somewhere new.
    fn note(&mut self, input: Vec<u8>, answer: Answer) {
        let kind = match answer {
            Ok(()) => "accepted".to_string(),
            Err(why) => kind(&why),
        };
        if self.answers.insert(kind) && self.inputs.len() < MOST_KEPT {
            self.inputs.push(input);
        }
    }
}

/// A message without what it quotes and counts.
fn kind(message: &str) -> String {
    let mut kind = String::new();
    let mut quote = None;
    let mut chars = message.chars().take(2000);
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => drop(chars.next()),
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if c.is_ascii_digit() || c == '-' || c == '.' => {}
            None => kind.push(c),
        }
    }
    kind
}
