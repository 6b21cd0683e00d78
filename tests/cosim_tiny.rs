//! The emitted design against the golden model, on small networks of every kind.

mod common;

use common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind;
use hvae_mnn::cosim::{Cosim, Engine, RunOptions, Simulation, tools};
use hvae_mnn::golden::Golden;

#[test]
fn gru_over_lstm_agrees_bit_by_bit_and_cycle_by_cycle() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("gru_over_lstm", &why.to_string());
    }
    let config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let simulation = Simulation::build(Engine::Verilator, folder.path(), false).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    for stalls in [0, 1, 2, 3] {
        let options = RunOptions { stalls, ..RunOptions::default() };
        let report = cosim.run(&jobs(&sentences, 12, 6), &options, &|_| {}).unwrap();
        assert_eq!(report.first_difference, None, "stalls {stalls}: {report:#?}");
        assert!(report.bits_compared > 10_000, "{report:?}");
    }
}
