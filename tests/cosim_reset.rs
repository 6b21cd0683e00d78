//! Resets: the first transfers in the first legal cycle after one, and one in every part of a job,
//! after which the job gives the same bits. On hardware that listens or talks in a reset both fail.

use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::fs;
use std::path::Path;

/// Cycles after a job's begin: its registers, its packet, every kind of stage, its answer.
const MOMENTS: [u32; 20] =
    [1, 2, 3, 5, 8, 13, 17, 21, 30, 36, 40, 45, 56, 70, 110, 250, 600, 1200, 1203, 2000];

/// Hardware that is wrong, in the same simulation and behind an argument of its name: ports that are
/// awake two edges before the inside, as they once were.
const FAULTS: [(&[&str], &str, &str, &str); 4] = [
    (
        &["skid_ready"],
        "hvae_skid",
        "= !kept_valid_q && !rst_i;",
        "= !kept_valid_q && (!rst_i || fault_skid_ready);",
    ),
    (
        &["write_ready"],
        "hvae_axil_regs",
        "= !aw_full_q && !rst_i;",
        "= !aw_full_q && (!rst_i || fault_write_ready);",
    ),
    (
        &["read_ready"],
        "hvae_axil_regs",
        "= !ar_full_q && !rst_i;",
        "= !ar_full_q && (!rst_i || fault_read_ready);",
    ),
    (&["answer_valid"], "hvae_fifo", "= valid_q && !rst_i;", "= valid_q && (!rst_i || fault_answer_valid);"),
];

fn plant(folder: &Path) {
    for (names, module, was, becomes) in FAULTS {
        let path = folder.join(format!("rtl/{module}.sv"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(was).count(), 1, "{module}: {was}");
        let declare = |name: &&str| {
            format!("  reg fault_{name};\n  initial fault_{name} = $test$plusargs(\"{name}\") != 0;\n")
        };
        let declared: String = names.iter().map(declare).collect();
        fs::write(&path, text.replace(was, becomes).replacen(");\n", &format!(");\n{declared}"), 1)).unwrap();
    }
}

/// The first difference that one of the runs shows.
fn found(fault: &str, mut runs: impl Iterator<Item = CosimReport>) -> String {
    let first = runs.find_map(|report| report.first_difference);
    let first = first.unwrap_or_else(|| panic!("{fault}: not found"));
    println!("{fault}: {first}");
    first.signal
}

#[test]
fn every_job_is_right_in_the_first_legal_cycle_and_after_a_reset_at_any_moment() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("resets in mid-job", &why.to_string());
    }
    let config = tiny(&[Gru, Lstm]);
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    plant(folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let latent = net.quant.network.latent_width();
    let mut jobs = jobs(&config, &sentences[..2], 12, latent);
    // Where an ABORT meets a job depends on what else happens.
    jobs.retain(|job| job.manner.abort.is_none());
    let simulation = Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let run = |stalls: u32, reset_at: Option<u32>, fault: Option<&str>| -> CosimReport {
        let plusargs = fault.iter().map(|name| format!("+{name}")).collect();
        cosim
            .run(&jobs, &RunOptions { stalls, reset_at, plusargs, ..RunOptions::default() }, &|_| {})
            .unwrap()
    };
    assert_eq!(run(0, None, None).first_difference, None);
    for (n, cycle) in MOMENTS.into_iter().enumerate() {
        for stalls in [0, 1, 2 + n as u32] {
            let report = run(stalls, Some(cycle), None);
            assert_eq!(report.first_difference, None, "stalls {stalls}, reset {cycle}");
            assert_eq!(report.cycles, report.cycles_expected);
        }
    }

    for fault in ["skid_ready", "write_ready", "read_ready"] {
        assert_eq!(found(fault, [run(0, None, Some(fault))].into_iter()), "bus");
        assert_eq!(found(fault, [run(1, Some(5), Some(fault))].into_iter()), "bus");
    }
    // Answers wait only under stalls: a reset must hit one.
    let hits = (1..400).map(|n| run(3, Some(25 * n), Some("answer_valid")));
    assert_eq!(found("answer_valid", hits), "bus");
}
