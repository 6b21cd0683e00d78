//! Resets: the first transfers in the first legal cycle after one, and one in every part of a job,
//! after which the job gives the same bits. On hardware that listens or talks in a reset both fail.

use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation, tools};
use hvae_mnn::golden::Golden;
use std::fs;
use std::path::Path;

/// Cycles after a job's begin: its registers, its packet, every kind of stage, its answer.
const MOMENTS: [u32; 20] =
    [1, 2, 3, 5, 8, 13, 17, 21, 30, 36, 40, 45, 56, 70, 110, 250, 600, 1200, 1203, 2000];

/// What the hardware once did: it was awake at its ports two edges before its inside. Each in the
/// same simulation, behind an argument of its name.
const BEFORE: [(&str, &str, &str); 4] = [
    ("hvae_skid", "s_ready_o", "!kept_valid_q"),
    ("hvae_axil_regs", "s_axil_awready_o", "!aw_full_q"),
    ("hvae_axil_regs", "s_axil_arready_o", "!ar_full_q"),
    ("hvae_fifo", "m_axis_tvalid_o", "valid_q"),
];

fn plant(folder: &Path) {
    for (module, port, condition) in BEFORE {
        let path = folder.join(format!("rtl/{module}.sv"));
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().filter(|l| l.contains(&format!("assign {port} "))).collect();
        let [line] = lines[..] else { panic!("{module}: {port}: {lines:?}") };
        assert!(line.ends_with(&format!("= {condition} && !rst_i;")), "{line}");
        let planted = format!(
            "  reg before_{port};\n  initial before_{port} = $test$plusargs(\"{port}\") != 0;\n  \
             assign {port} = {condition} && (!rst_i || before_{port});"
        );
        fs::write(&path, text.replace(line, &planted)).unwrap();
    }
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
    let latent = net.quant.network.width(net.quant.network.latent());
    let mut jobs = jobs(&config, &sentences[..1], 12, latent);
    // Where an ABORT meets a job depends on what else happens.
    jobs.retain(|job| job.manner.abort.is_none());
    let simulation = Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let run = |stalls: u32, reset_at: Option<u32>, plusargs: &[&str]| -> CosimReport {
        let plusargs = plusargs.iter().map(|name| format!("+{name}")).collect();
        let options = RunOptions { stalls, reset_at, plusargs, ..RunOptions::default() };
        cosim.run(&jobs, &options, &|_| {}).unwrap()
    };
    let whole = run(0, None, &[]);
    for (n, moment) in MOMENTS.into_iter().enumerate() {
        for stalls in [0, 1 + n as u32] {
            let report = run(stalls, Some(moment), &[]);
            let first = &report.first_difference;
            assert_eq!(*first, None, "stalls {stalls}, reset {moment} cycles after the begin of each job");
            assert_eq!((report.bits_compared, report.cycles), (whole.bits_compared, whole.cycles));
        }
    }

    // What was there before is found: a lost beat or request, or an answer from within the reset.
    let found = |stalls, moment, name: &str| {
        let report = run(stalls, moment, &[name]);
        let first = report.first_difference.unwrap_or_else(|| panic!("{name}: not found"));
        println!("{name}: {} mismatches, first: {first}", report.mismatches);
    };
    for name in ["s_ready_o", "s_axil_awready_o", "s_axil_arready_o"] {
        found(0, None, name);
        found(1, Some(5), name);
    }
    // Answers wait only under stalls: a reset must hit one.
    let hit = (1..400).map(|n| run(3, Some(25 * n), &["m_axis_tvalid_o"]));
    let first = hit.map(|r| r.first_difference).find_map(|first| first).expect("m_axis_tvalid_o: not found");
    assert_eq!(first.signal, "bus", "m_axis_tvalid_o: {first}");
}
