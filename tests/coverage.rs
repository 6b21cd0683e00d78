//! What co-simulation reaches of the Verilog: lines, branches and toggles of every hand-written module, over all
//! small designs of the tests. What it does not reach stands in `tests/coverage/` with the reason.

mod points;
mod reasons;

use crate::common::simulations::simulation;
use crate::common::{build, skip};
use crate::suite::{Case, cases, whole};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use points::{Kind, Points};
use reasons::{Toggles, Unreached};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stalls, and resets in mid-job.
const RUNS: [(u32, Option<u32>); 6] =
    [(0, None), (1, None), (2, None), (3, None), (0, Some(117)), (3, Some(200))];

/// What the jobs of a design reach of it, as Verilator writes it down, a text a run.
fn reach(case: &Case, folder: &Path) -> Vec<String> {
    let emitted = build(&case.net, &case.config, folder);
    let golden = Golden::tiled(&case.net, &case.config.accelerator);
    let jobs = case.jobs(&golden);
    let whole = whole(&jobs);
    let simulation = simulation(folder, Engine::Verilator, false, Effort::Coverage).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let run = |(stalls, reset_at): (u32, Option<u32>)| {
        let file = folder.join("reached.dat");
        let plusargs = vec![format!("+verilator+coverage+file+{}", file.display())];
        let options = RunOptions { stalls, reset_at, plusargs, ..RunOptions::default() };
        let jobs = if reset_at.is_some() { &whole } else { &jobs };
        let report = cosim.run(jobs, &options, &|_| {}).unwrap();
        assert_eq!(report.first_difference, None, "{}", case.name);
        fs::read_to_string(file).unwrap()
    };
    RUNS.into_iter().map(run).collect()
}

/// A row a module: reached of all.
fn table(points: &Points) -> String {
    let mut text = String::from("| module | lines | branches | toggles |\n|---|--:|--:|--:|\n");
    let share = |reached: usize, all: usize| match all {
        0 => "-".into(),
        _ => format!("{reached}/{all} ({:.0} %)", 100.0 * reached as f64 / all as f64),
    };
    let mut row = |name: &str, of: &dyn Fn(Kind) -> (usize, usize)| {
        let cells = [Kind::Line, Kind::Branch, Kind::Toggle].map(|kind| share(of(kind).0, of(kind).1));
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    };
    for module in points.modules() {
        row(&format!("`{module}`"), &|kind| points.reached(Some(&module), kind));
    }
    row("all", &|kind| points.reached(None, kind));
    text
}

#[test]
#[ignore = "make coverage: some twenty minutes"]
fn every_line_and_branch_is_reached_or_explained() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("coverage", &why.to_string());
    }
    let only = std::env::var("HVAE_ONLY").unwrap_or_default();
    let cases = cases(&|name| name.contains(&only));
    let (points, next) = (Mutex::new(Points::default()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |n| n.get()) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let folder = tempfile::tempdir().unwrap();
                    for text in reach(case, folder.path()) {
                        points.lock().unwrap().read(&text, folder.path());
                    }
                    println!("{}", case.name);
                }
            });
        }
    });
    let points = points.into_inner().unwrap();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("coverage");
    fs::create_dir_all(&out).unwrap();
    let table = table(&points);
    println!("{table}");
    fs::write(out.join("table.md"), &table).unwrap();
    fs::write(out.join("points.tsv"), points.listing()).unwrap();

    let unreached = Unreached::parse(&fs::read_to_string("tests/coverage/unreached.txt").unwrap());
    let toggles = Toggles::parse(&fs::read_to_string("tests/coverage/untoggled.txt").unwrap());
    let mut wrong = unreached.wrong(&points);
    wrong.extend(toggles.wrong(&points));
    assert!(wrong.is_empty(), "{} of {out:?}:\n{}", wrong.len(), wrong.join("\n"));
}
