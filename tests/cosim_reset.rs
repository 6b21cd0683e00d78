//! Resets: the first transfers in the first legal cycle after one, and one in every part of a job,
//! after which the job gives the same bits. On hardware that listens or talks in a reset both fail.

use crate::common::faults::{Fault, plant};
use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::tools;

/// Cycles after a job's begin: its registers, its packet, every kind of stage, its answer.
const MOMENTS: [u32; 20] =
    [1, 2, 3, 5, 8, 13, 17, 21, 30, 36, 40, 45, 56, 70, 110, 250, 600, 1200, 1203, 2000];

/// Ports that are awake two edges before the inside, as they once were; and aborts that leave something behind.
const FAULTS: [Fault; 7] = [
    Fault::new(&["skid_ready"], "hvae_skid", "= !kept_valid_q && !rst_i;", "= !kept_valid_q && (!rst_i || fault_skid_ready);"),
    Fault::new(&["write_ready"], "hvae_axil_regs", "= !aw_full_q && !rst_i;", "= !aw_full_q && (!rst_i || fault_write_ready);"),
    Fault::new(&["read_ready"], "hvae_axil_regs", "= !ar_full_q && !rst_i;", "= !ar_full_q && (!rst_i || fault_read_ready);"),
    Fault::new(&["answer_valid"], "hvae_fifo", "= valid_q && !rst_i;", "= valid_q && (!rst_i || fault_answer_valid);"),
    Fault::new(&["rest_of_packet"], "hvae_input_buffer", "(take ? !s_axis_tlast_i : begun);", "(take ? !s_axis_tlast_i : begun) && !fault_rest_of_packet;"),
    Fault::new(&["open_answer", "closed_twice"], "hvae_core", "wire close = aborted_o && open_q;", "wire close = aborted_o && !fault_open_answer && (open_q || fault_closed_twice);"),
    // The sequencer is told that nothing works any more, from the cycle after an ABORT to its next job.
    Fault::new(&["stages_work_on"], "hvae_core", ".busy_i(|stage_busy),", ".busy_i(|stage_busy && !(fault_stages_work_on && fault_aborting)),").with_state(
        "  reg fault_aborting;\n  always @(posedge clk_i) fault_aborting <= abort_i || (fault_aborting && !start_i);"),
];

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
    plant(folder.path(), &FAULTS);
    let golden = Golden::tiled(&net, &config.accelerator);
    let latent = net.quant.network.latent_width();
    let some = jobs(&config, &sentences, 12, latent);
    // Where an ABORT meets a job depends on what else happens: no reset may be between.
    let whole = jobs(&config, &sentences[..2], 12, latent);
    let whole: Vec<Job> = whole.into_iter().filter(|job| job.manner.abort.is_none()).collect();
    let simulation = Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let play = |jobs: &[Job], stalls: u32, reset_at: Option<u32>, fault: Option<&str>| -> CosimReport {
        let plusargs = fault.iter().map(|name| format!("+{name}")).collect();
        cosim.run(jobs, &RunOptions { stalls, reset_at, plusargs, ..RunOptions::default() }, &|_| {}).unwrap()
    };
    let run = |stalls, reset_at, fault| play(&whole, stalls, reset_at, fault);
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

    // Of these jobs some are broken off: before their packet, in the middle of it, on their way.
    assert_eq!(play(&some, 0, None, None).first_difference, None);
    for fault in ["rest_of_packet", "open_answer", "closed_twice", "stages_work_on"] {
        found(fault, [play(&some, 0, None, Some(fault))].into_iter());
    }
}
