//! Waveforms: FST that another reader opens, of the asked window and no more.

use crate::common::simulations::simulation;
use crate::common::{build, jobs, mapped, python, skip, smallest};
use hvae_mnn::cosim::{Effort, Engine, RunOptions, Trace, stimulus};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::path::Path;
use std::process::Command;

/// Simulation time of a cycle, in nanoseconds (`templates/tb.sv`).
const PERIOD: u64 = 10;
const CYCLES: &str = "hvae_tb.u_dut.u_core.cycles_o";

/// Times in cycles and values of a signal.
fn changes(python: &Path, file: &Path, per_cycle: u64) -> Vec<(u64, Option<u64>)> {
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/fst.py");
    let output = Command::new(python).arg(reader).arg(file).arg(CYCLES).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let change = |line: &str| {
        let (time, value) = line.split_once(' ').unwrap();
        time.parse::<u64>().ok().map(|t| (t / per_cycle, u64::from_str_radix(value, 2).ok()))
    };
    text.lines().filter_map(change).collect()
}

fn check(engine: Engine, python: &Path, per_cycle: u64) {
    let config = smallest();
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    build(&net, &config, folder.path());
    let jobs = &jobs(&config, &sentences, 12, net.quant.network.latent_width())[..1];
    let shape = Golden::tiled(&net, &config.accelerator).shape;
    let simulation = simulation(folder.path(), engine, true, Effort::Build).unwrap();
    let run = |from, to| {
        let file = folder.path().join(format!("{from}.fst"));
        let trace = Some(Trace { file: file.clone(), from, to });
        simulation.run(&stimulus(jobs, &shape), 1, &RunOptions { trace, ..RunOptions::default() }).unwrap();
        changes(python, &file, per_cycle)
    };
    let whole = run(0, 0);
    let counted = whole.iter().filter_map(|c| c.1).max().unwrap();
    assert!(counted > 250, "{engine:?}: the job's cycles, up to {counted}");
    // In the job, one more each cycle; nothing but that outside it.
    let (from, to) = (200, 230);
    let window = run(from, to);
    let value_at = |cycle| whole.iter().rev().find(|c| c.0 <= cycle && c.1.is_some()).unwrap().1;
    for &(cycle, value) in window.iter().filter(|c| c.1.is_some()) {
        // A waveform begins with the values before its first edge.
        assert!(
            value == value_at(cycle) || (cycle == from && value == value_at(from - 1)),
            "{engine:?}: {cycle}"
        );
    }
    let cycles: Vec<u64> = window.iter().map(|c| c.0).collect();
    assert!(cycles.iter().all(|c| (from..=to).contains(c)), "{engine:?}: {cycles:?}");
    assert!(cycles.len() as u64 >= to - from, "{engine:?}: {cycles:?}");
}

#[test]
fn the_window_is_what_a_reader_of_fst_sees() {
    let python = match python(&["pylibfst"]) {
        Ok(python) => python,
        Err(why) => return skip("waveforms read back", &why),
    };
    match tools::VERILATOR.find().and(tools::waveform_headers()) {
        // Picoseconds.
        Ok(()) => check(Engine::Verilator, &python, 1000 * PERIOD),
        Err(why) => skip("waveforms of Verilator", &why.to_string()),
    }
    match tools::ICARUS.find() {
        // Icarus counts in what `#` counts in, seconds where nobody says.
        Ok(_) => check(Engine::Icarus, &python, PERIOD),
        Err(why) => skip("waveforms of Icarus", &why.to_string()),
    }
}
