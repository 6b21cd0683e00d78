//! Mutation as a measure: single mutants of the emitted Verilog, planted in one build and chosen when a
//! simulation starts. Every one that co-simulation and proofs do not see has its reason in
//! `tests/mutation/survivors.txt`.

use crate::common::simulations::simulation;
use crate::common::{build, matches, skip};
use crate::suite::{Case, cases, whole};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::files::sha256;
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A place and what stands there instead, as `tests/mutation/mutate.py` gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Mutant {
    file: String,
    line: usize,
    start: usize,
    end: usize,
    kind: String,
    was: String,
    becomes: String,
}

impl Mutant {
    /// One line that stays the same when other lines of the file move.
    fn name(&self) -> String {
        let short = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}: {} => {}", self.file, short(&self.was), short(&self.becomes))
    }
}

/// A file's text decides whether a mutant of one design is the same in another.
type Place = (String, Mutant);

/// Designs that together use every module of `rtl/` but those of the board, which `hvae_tb` does not hold.
const DESIGNS: [&str; 20] = [
    "strained-gru-lstm-to-rnn-lstm",
    "gru-gru-narrow-adc-skips-zeros",
    "lstm-lstm-unfilled-wide-lanes-noisy-cells",
    "gru-rnn-offset-dac2-shared-noisy-adc",
    "lstm-one-lane-in-rounds",
    "two-noisy-shared-tiles",
    "three-shared-tiles-of-few-rows",
    "a-shared-tile-with-faults",
    "z-forcing",
    "z-forcing-of-frames",
    "a-conversation-of-ones-own",
    "gated-flow-and-label",
    "coupling-flow",
    "strained-tagger",
    "strained-odd-widths",
    "sums-behind-a-loop",
    "latent-of-sums",
    "strained-mean-of-z",
    "words-of-two-loops",
    "numbers-of-two-loops",
];

/// Modules that stand outside the core, in front of a board's pins (`tests/board.rs` plants bugs in them).
const BOARD: [&str; 2] = ["hvae_terminal.sv", "hvae_uart.sv"];

struct Bench {
    case: Case,
    folder: tempfile::TempDir,
    texts: BTreeMap<String, String>,
}

fn bench(case: Case) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    build(&case.net, &case.config, folder.path());
    let files = fs::read_dir(folder.path().join("rtl")).unwrap().flatten();
    let texts =
        files.map(|f| (f.file_name().to_string_lossy().into_owned(), sha256(&fs::read(f.path()).unwrap())));
    Bench { texts: texts.collect(), folder, case }
}

/// Those of the list, in its order.
fn benches() -> Vec<Bench> {
    let only = std::env::var("HVAE_ONLY").unwrap_or_default();
    let wanted: Vec<&str> = DESIGNS.into_iter().filter(|name| name.contains(&only)).collect();
    let mut found = cases(&|name| wanted.contains(&name));
    found.sort_by_key(|case| wanted.iter().position(|name| *name == case.name));
    assert_eq!(found.iter().map(|case| &*case.name).collect::<Vec<_>>(), wanted);
    found.into_iter().map(bench).collect()
}

#[test]
fn mutants_are_planted_in_every_module() {
    let used: BTreeSet<String> = benches().into_iter().flat_map(|bench| bench.texts.into_keys()).collect();
    let all = fs::read_dir("rtl").unwrap().flatten().map(|f| f.file_name().to_string_lossy().into_owned());
    let unused: Vec<String> = all
        .filter(|name| name.ends_with(".sv") && !BOARD.contains(&&**name) && !used.contains(name))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

fn python() -> Result<PathBuf, String> {
    crate::common::python(&["pyslang"])
}

fn mutate(words: &[&std::ffi::OsStr], folder: &Path) -> Vec<u8> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutation/mutate.py");
    let output =
        Command::new(python().unwrap()).arg(script).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn sites(bench: &Bench) -> Vec<Place> {
    let found: Vec<Mutant> =
        serde_json::from_slice(&mutate(&["sites".as_ref(), "rtl".as_ref()], bench.folder.path())).unwrap();
    found.into_iter().map(|m| (bench.texts[&m.file].clone(), m)).collect()
}

/// One change of the Verilog: the places where it stands in the designs, that of the first design first. A line of a template stands in
/// the text of many designs under names and numbers of their blocks, and what one of them cannot show another may.
#[derive(Debug, Clone)]
struct Change {
    /// What stands where, in the first design.
    name: String,
    /// The line of the text that it begins in.
    line: String,
    places: Vec<Place>,
}

impl Change {
    /// As a survivor is told.
    fn told(&self) -> String {
        format!("{}  |  {}", self.name, self.line)
    }

    fn in_design(&self, bench: &Bench) -> Option<&Place> {
        self.places.iter().find(|(text, m)| bench.texts.get(&m.file) == Some(text))
    }
}

fn different(benches: &[Bench]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut number: BTreeMap<String, usize> = BTreeMap::new();
    for bench in benches {
        let mut names: Vec<&str> =
            bench.case.net.quant.network.blocks.iter().map(|block| &*block.name).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let numbers = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "9");
        let shape =
            |text: &str| numbers(&names.iter().fold(text.to_string(), |text, name| text.replace(name, "#")));
        let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl");
        let mut of_line: BTreeMap<(String, usize), usize> = BTreeMap::new();
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (text, mutant) in sites(bench) {
            let nth = of_line.entry((mutant.file.clone(), mutant.line)).or_default();
            *nth += 1;
            let lines = texts.entry(mutant.file.clone()).or_insert_with(|| {
                let text = fs::read_to_string(bench.folder.path().join("rtl").join(&mutant.file)).unwrap();
                text.lines().map(String::from).collect()
            });
            let line = &lines[mutant.line - 1];
            // The name of a block may be part of a word of the template: the line as it is counts as well.
            let keys = match rooms.join(&mutant.file).exists() {
                true => vec![format!("{text} {} {} {}", mutant.start, mutant.end, mutant.becomes)],
                false => vec![
                    format!("{} {nth} {}", numbers(line), numbers(&mutant.becomes)),
                    format!("{} {nth} {}", shape(line), shape(&mutant.becomes)),
                ],
            };
            let i = keys.iter().find_map(|key| number.get(key)).copied().unwrap_or(changes.len());
            for key in keys {
                number.entry(key).or_insert(i);
            }
            if i == changes.len() {
                let (name, line) = (mutant.name(), line.trim().to_string());
                changes.push(Change { name, line, places: Vec::new() });
            }
            changes[i].places.push((text, mutant));
        }
    }
    changes
}

/// `count` of them, the same ones for the same seed.
fn sample(mut all: Vec<Change>, count: usize, seed: u64) -> Vec<Change> {
    let key = |change: &Change| {
        let (_, m) = &change.places[0];
        sha256(format!("{seed} {} {} {}", m.name(), m.line, m.start).as_bytes())
    };
    all.sort_by_cached_key(key);
    all.truncate(count);
    all
}

/// Runs every mutant of the design; the places that were noticed, and those the simulator refuses.
fn hunt(bench: &Bench, mutants: &[Place]) -> (BTreeSet<Place>, BTreeSet<Place>) {
    let folder = bench.folder.path();
    let verilator = tools::VERILATOR.find().unwrap();
    let list = folder.join("mutants.json");
    let plain: Vec<&Mutant> = mutants.iter().map(|(_, m)| m).collect();
    fs::write(&list, serde_json::to_vec(&plain).unwrap()).unwrap();
    let testbench = folder.join("sim/hvae_tb.sv");
    let text = fs::read_to_string(&testbench).unwrap();
    let declared =
        "module hvae_tb;\n  reg [31:0] mutant [0:0];\n  initial $readmemh(\"mutant.hex\", mutant);";
    fs::write(&testbench, text.replacen("module hvae_tb;", declared, 1)).unwrap();
    let design = fs::read_to_string(folder.join("design.f")).unwrap();
    let program = verilator.path.display().to_string();
    let mut words = vec!["plant", "rtl", "hvae_tb", list.to_str().unwrap(), "env"];
    let root = verilator.root.as_ref().map(|r| format!("VERILATOR_ROOT={}", r.display()));
    words.extend(root.as_deref());
    words.extend([&*program, "--lint-only", "--timing", "-Irtl", "--top-module", "hvae_tb"]);
    words.extend(design.lines().map(str::trim).filter(|l| l.ends_with(".sv")));
    words.push("sim/hvae_tb.sv");
    let words: Vec<&std::ffi::OsStr> = words.iter().map(std::ffi::OsStr::new).collect();
    let refused: Vec<usize> = serde_json::from_slice(&mutate(&words, folder)).unwrap();

    let golden = Golden::tiled(&bench.case.net, &bench.case.config.accelerator);
    let emitted = hvae_mnn::emit::emit(&bench.case.net, &bench.case.config);
    let jobs = bench.case.jobs(&golden);
    let whole = whole(&jobs);
    choose(folder, 0);
    let simulation = simulation(folder, Engine::Verilator, false, Effort::Build).unwrap();
    let play = |folder: &Path, stalls: u32, reset_at: Option<u32>| {
        let jobs = if reset_at.is_some() { &whole } else { &jobs };
        let simulation = simulation.over(folder);
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        let options = RunOptions { stalls, reset_at, ..RunOptions::default() };
        match cosim.run(jobs, &options, &|_| {}) {
            Ok(r) if r.mismatches == 0 && r.cycles == r.cycles_expected => Ok(()),
            Ok(r) => Err(format!("{r:?} {:?}", r.first_difference.as_ref().map(|d| &jobs[d.sentence]))),
            Err(e) => Err(e.to_string()),
        }
    };
    const RUNS: [(u32, Option<u32>); 3] = [(0, None), (3, None), (1, Some(117))];
    for (stalls, reset_at) in RUNS {
        let played = play(folder, stalls, reset_at);
        assert_eq!(played, Ok(()), "{}, stalls {stalls}: no mutant is alive", bench.case.name);
    }

    let killed = Mutex::new(BTreeSet::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                // Which mutant is alive stands in a file of the folder, so every worker has one.
                let own = tempfile::tempdir().unwrap();
                crate::common::copy_tree(&folder.join("rom"), &own.path().join("rom"));
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(place) = mutants.get(i) else { break };
                    if refused.contains(&(i + 1)) {
                        continue;
                    }
                    choose(own.path(), i + 1);
                    if !RUNS.into_iter().all(|(stalls, reset_at)| play(own.path(), stalls, reset_at).is_ok())
                    {
                        killed.lock().unwrap().insert(place.clone());
                    }
                }
            });
        }
    });
    let refused = refused.into_iter().map(|n| mutants[n - 1].clone()).collect();
    (killed.into_inner().unwrap(), refused)
}

fn choose(folder: &Path, number: usize) {
    fs::write(folder.join("mutant.hex"), format!("{number:08x}\n")).unwrap();
}

/// Modules with promises of their own: what co-simulation does not see, a proof may.
fn proved(file: &str) -> Option<&str> {
    let module = file.strip_suffix(".sv")?;
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("formal/{module}.svh")).exists().then_some(module)
}

/// Whether the promises of its module fail for the mutant, in a design that has its text.
fn refuted((text, mutant): &Place, module: &str, benches: &[Bench]) -> bool {
    let has = |b: &&Bench| b.texts.get(&mutant.file) == Some(text);
    let bench = benches.iter().find(has).expect("the design of its place");
    let folder = tempfile::tempdir().unwrap();
    build(&bench.case.net, &bench.case.config, folder.path());
    let path = folder.path().join("rtl").join(&mutant.file);
    let text = fs::read_to_string(&path).unwrap();
    let wrong = format!("{}({}){}", &text[..mutant.start], mutant.becomes, &text[mutant.end..]);
    fs::write(&path, wrong).unwrap();
    let out = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("formal/prove.py");
    let status = Command::new("python3")
        .args([script.as_os_str(), "--traces".as_ref(), folder.path().as_os_str(), out.path().as_os_str()])
        .arg(module)
        .output()
        .unwrap()
        .status;
    status.code() == Some(1)
}

/// A line of `survivors.txt`: `file: what is replaced => by what | the line it stands in`, the last part or none; `*` stands for any
/// letters.
fn explains(pattern: &str, change: &Change) -> bool {
    let (name, line) = pattern.split_once(" | ").unwrap_or((pattern, "*"));
    matches(name, &change.name) && matches(line, &change.line)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect(name))
}

/// How many of them are noticed, and the survivors that nobody has explained. HVAE_ONLY=NAME: of some designs; HVAE_LIST=1: which would be
/// planted, with the lines that they stand in.
#[test]
#[ignore = "make mutate: some twenty minutes"]
fn every_mutant_is_noticed_or_explained() {
    if let Err(why) = python() {
        return skip("mutants", &why);
    }
    let (count, seed) = (number("HVAE_MUTANTS", 600) as usize, number("HVAE_SEED", 1));
    let benches = benches();
    let every = different(&benches);
    let total = every.len();
    let mut alive = sample(every, count, seed);
    let chosen = alive.len();
    if std::env::var_os("HVAE_LIST").is_some() {
        alive.iter().for_each(|change| println!("{}", change.told()));
        return;
    }
    let mut by_simulation = 0;
    for bench in &benches {
        let mutants: Vec<Place> =
            alive.iter().filter_map(|change| change.in_design(bench)).cloned().collect();
        let (killed, refused) = hunt(bench, &mutants);
        let before = alive.len();
        alive.retain(|change| change.in_design(bench).is_none_or(|place| !killed.contains(place)));
        println!("{}: {} of {} noticed", bench.case.name, before - alive.len(), mutants.len());
        by_simulation += before - alive.len();
        // What is no Verilog here may be some elsewhere.
        alive.iter_mut().for_each(|change| change.places.retain(|place| !refused.contains(place)));
    }
    let before = alive.len();
    alive.retain(|change| !change.places.is_empty());
    let no_verilog = before - alive.len();
    let before = alive.len();
    let unproved = |change: &Change| {
        let place = &change.places[0];
        proved(&place.1.file).is_none_or(|module| !refuted(place, module, &benches))
    };
    alive.retain(unproved);
    let by_proof = before - alive.len();

    let reasons = fs::read_to_string("tests/mutation/survivors.txt").unwrap_or_default();
    let explained: Vec<&str> =
        reasons.lines().filter(|l| !l.starts_with([' ', '#']) && !l.is_empty()).collect();
    let unknown: Vec<String> = alive
        .iter()
        .filter(|change| !explained.iter().any(|pattern| explains(pattern, change)))
        .map(Change::told)
        .collect();
    println!(
        "{total} places, {chosen} mutants of seed {seed}: {} no Verilog, {by_simulation} killed by co-simulation, \
         {by_proof} by proofs, {} survive with a reason, {} without",
        no_verilog,
        alive.len() - unknown.len(),
        unknown.len()
    );
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants-alive.txt");
    fs::write(&out, unknown.join("\n")).unwrap();
    assert!(unknown.is_empty(), "no reason in tests/mutation/survivors.txt:\n{}", unknown.join("\n"));
}
