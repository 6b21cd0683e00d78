//! The emitted design against the golden model, on small designs of every kind.

use crate::common::designs::{Small, designs};
use crate::common::{build, jobs, mapped, skip};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::sync::Mutex;
use std::thread;

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
    let (net, sentences) = mapped(config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, config, folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs = jobs(config, &sentences[..count], 12, net.quant.network.width(net.quant.network.latent()));
    let mut reports = Vec::new();
    for &engine in engines {
        let simulation =
            Simulation::build_for(engine, folder.path(), false, Effort::Build).map_err(|e| e.to_string())?;
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

/// Runs `check` on all designs, two at a time; every failure by its design's name.
fn on_all(designs: Vec<Small>, check: impl Fn(&Small) -> Result<(), String> + Sync) {
    let queue = Mutex::new(designs.into_iter());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(design) = next else { break };
                    if let Err(why) = check(&design) {
                        failures.lock().unwrap().push(format!("{}: {why}", design.name));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn every_design_agrees_with_the_golden_model_bit_by_bit_and_cycle_by_cycle() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("the matrix of designs under Verilator", &why.to_string());
    }
    on_all(designs(), |design| cosimulate(design, &[Engine::Verilator], &STALLS, 4).map(|_| ()));
}

#[test]
fn icarus_gives_the_same_answers() {
    for tool in [tools::VERILATOR, tools::ICARUS] {
        if let Err(why) = tool.find() {
            return skip("designs under Icarus", &why.to_string());
        }
    }
    let few = [
        "gru-rnn-offset-dac2-shared-noisy-adc",
        "lstm-lstm-unfilled-wide-lanes-noisy-cells",
        "gru-gru-to-lstm-three-adcs-a-weight",
    ];
    let chosen: Vec<Small> = designs().into_iter().filter(|d| few.contains(&d.name)).collect();
    assert_eq!(chosen.len(), few.len());
    on_all(chosen, |design| {
        let mut reports = cosimulate(design, &[Engine::Verilator, Engine::Icarus], &[0, 1], 1)?;
        reports.iter_mut().for_each(|r| r.simulation_seconds = 0.0);
        let [a, b, c, d] = &reports[..] else { unreachable!() };
        if format!("{a:?}{b:?}") == format!("{c:?}{d:?}") {
            Ok(())
        } else {
            Err(format!("Verilator {a:?}\n  Icarus {c:?}"))
        }
    });
}
