//! `make prove` as a test: every promise holds for ever, every planted bug is caught, and a design
//! that breaks a promise is refused. What guards every change is the induction with what it begins with, and a bug a
//! module; longer traces, reachable states and the other bugs are of `make test-all`.

use crate::common::{build, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Modules with promises, as formal/ has them.
const PROVED: [&str; 8] = [
    "hvae_axil_regs",
    "hvae_fifo",
    "hvae_input_buffer",
    "hvae_job_seq",
    "hvae_program",
    "hvae_skid",
    "hvae_stage_seq",
    "hvae_top",
];

fn prove(words: &[&str], design: &Path, modules: &[&str]) -> Option<Output> {
    for (program, ask) in [("yosys", "-V"), ("yosys-smtbmc", "--help"), ("z3", "--version")] {
        if Command::new(program).arg(ask).output().is_err() {
            skip("proofs", &format!("{program}: not found on PATH; install: make tools"));
            return None;
        }
    }
    let out = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("formal/prove.py");
    let mut command = Command::new("python3");
    command.arg(script).args(words).arg(design).arg(out.path()).args(modules);
    Some(command.output().unwrap())
}

fn design() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = tiny(&[Gru, Lstm]);
    build(&mapped(&config, 1).0, &config, folder.path());
    folder
}

/// Every module's checks pass, and `bugs` of it at least are caught.
fn holds(words: &[&str], tasks: &[&str], bugs: usize) {
    let design = design();
    let Some(output) = prove(words, design.path(), &[]) else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for module in PROVED {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("formal/{module}.svh")).is_file());
        let lines: Vec<&str> = text.lines().filter(|l| l.contains(module)).collect();
        for what in tasks {
            let held = lines.iter().any(|l| l.starts_with("ok") && l.contains(what) && l.contains("pass"));
            assert!(held, "{module}: {what}\n{text}");
        }
        let caught = lines.iter().filter(|l| l.starts_with("ok") && l.contains(" caught ")).count();
        assert!(caught >= bugs, "{module}: {caught} planted bugs\n{text}");
    }
}

#[test]
fn promises_hold_for_ever() {
    holds(&["--first"], &["from reset", "induction"], 1);
}

#[test]
#[ignore = "make test-all: some ten minutes of a solver"]
fn whole_jobs_keep_every_promise_and_planted_bugs_are_caught() {
    holds(&[], &["from reset", "induction", "cover"], 3);
}

#[test]
fn a_design_that_breaks_a_promise_is_refused() {
    let design = design();
    let path = design.path().join("rtl/hvae_fifo.sv");
    let text = fs::read_to_string(&path).unwrap();
    let (was, broken) = ("words[write_q] <= {last_i, data_i}", "words[write_q] <= {data_i[0], data_i}");
    assert_eq!(text.matches(was).count(), 1);
    fs::write(&path, text.replace(was, broken)).unwrap();
    let Some(output) = prove(&["--traces"], design.path(), &["hvae_fifo"]) else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.lines().any(|l| l.starts_with("FAIL") && l.contains("from reset")), "{text}");
}
