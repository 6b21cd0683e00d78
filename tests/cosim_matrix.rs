//! The emitted design against the golden model, on small designs of every kind.

use crate::common::designs::{Small, designs};
use crate::common::simulations::simulation;
use crate::common::{build, jobs, skip};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;

/// Without stalls, then with three seeds of them.
const STALLS: [u32; 4] = [0, 1, 2, 3];

/// Co-simulates every kind of job with each of `count` sentences; what was seen, or why not.
fn cosimulate(
    design: &Small,
    engines: &[Engine],
    stalls: &[u32],
    count: usize,
) -> Result<Vec<CosimReport>, String> {
    let config = &design.config;
    let (net, sentences) = design.mapped();
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, config, folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs = jobs(config, &sentences[..count], 12, net.quant.network.latent_width());
    let mut reports = Vec::new();
    for &engine in engines {
        let simulation = simulation(folder.path(), engine, false, Effort::Build)?;
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        for &stalls in stalls {
            let options = RunOptions { stalls, ..RunOptions::default() };
            let report = cosim.run(&jobs, &options, &|_| {}).map_err(|e| e.to_string())?;
            if let Some(first) = &report.first_difference {
                return Err(format!(
                    "{engine:?}, stalls {stalls}: {} mismatches, first: {first}",
                    report.mismatches
                ));
            }
            if report.cycles != report.cycles_expected || report.bits_compared < 2_500 * jobs.len() as u64 / 5
            {
                return Err(format!("{engine:?}, stalls {stalls}: {report:?}"));
            }
            if (report.adc_clips > 0) != design.clips {
                return Err(format!("{} conversions clipped", report.adc_clips));
            }
            reports.push(report);
        }
    }
    Ok(reports)
}

/// One test a design, so that the harness hands them to all cores.
macro_rules! each_design {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            agrees(stringify!($name));
        })*

        #[test]
        fn no_design_is_left_out() {
            let names: Vec<String> = designs().iter().map(|d| d.name.replace('-', "_")).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

each_design! {
    rnn_rnn_in_rounds
    rnn_gru_offset_unfilled
    rnn_lstm_dac2
    gru_rnn_offset_dac2_shared_noisy_adc
    gru_gru_narrow_adc_skips_zeros
    gru_lstm_two_adcs_a_weight
    lstm_rnn_four_weights_an_adc
    lstm_gru_offset_dac2_narrow_adc
    lstm_lstm_unfilled_wide_lanes_noisy_cells
    gru_gru_to_lstm_three_adcs_a_weight
    lstm_rnn_to_gru_gru_top
    gru_to_rnn_lstm_offset_two_adcs_a_weight
    lstm_one_lane_in_rounds
    gru_rnn_odd_widths
    three_levels
    rnn_offset_coarse_adc
    strained_gru_lstm_to_rnn_lstm
}

/// Designs that Icarus reads too.
const TWICE: [&str; 3] = [
    "gru-rnn-offset-dac2-shared-noisy-adc",
    "lstm-lstm-unfilled-wide-lanes-noisy-cells",
    "gru-gru-to-lstm-three-adcs-a-weight",
];

/// Bit by bit and cycle by cycle under Verilator; some under Icarus as well, with the same answers.
fn agrees(name: &str) {
    let design = designs().into_iter().find(|d| d.name.replace('-', "_") == name).expect("a design");
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("{name} under Verilator"), &why.to_string());
    }
    let check = |engines: &[Engine], stalls: &[u32], count| {
        cosimulate(&design, engines, stalls, count).unwrap_or_else(|why| panic!("{name}: {why}"))
    };
    check(&[Engine::Verilator], &STALLS, 4);
    if !TWICE.contains(&design.name) {
        return;
    }
    if let Err(why) = tools::ICARUS.find() {
        return skip(&format!("{name} under Icarus"), &why.to_string());
    }
    let mut reports = check(&[Engine::Verilator, Engine::Icarus], &[1], 1);
    reports.iter_mut().for_each(|r| r.simulation_seconds = 0.0);
    let (verilator, icarus) = reports.split_at(1);
    assert_eq!(format!("{verilator:?}"), format!("{icarus:?}"));
}
