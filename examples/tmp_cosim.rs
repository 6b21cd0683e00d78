#[path = "../tests/common/mod.rs"]
mod common;
use hvae_mnn::config::CellKind;
use hvae_mnn::cosim::*;
use hvae_mnn::golden::Golden;
fn main() {
    let k = |s: &str| match s { "rnn" => CellKind::Rnn, "gru" => CellKind::Gru, _ => CellKind::Lstm };
    let a: Vec<String> = std::env::args().collect();
    let config = common::tiny(&[k(&a[2]), k(&a[3])]);
    let (net, s) = common::mapped(&config, 1);
    let folder = std::path::Path::new(&a[1]);
    let e = common::build(&net, &config, folder);
    let golden = Golden::tiled(&net, &config.accelerator);
    let engine = if a.len() > 5 { Engine::Icarus } else { Engine::Verilator };
    let simulation = Simulation::build(engine, folder, false).unwrap();
    let cosim = Cosim { design: &e.design, golden: &golden, simulation: &simulation, processes: 1 };
    let all = common::jobs(&s, 12, 6);
    let options = RunOptions { stalls: a[4].parse().unwrap(), ..RunOptions::default() };
    for (i, j) in all.iter().enumerate() {
        let r = cosim.run(std::slice::from_ref(j), &options, &|_| {}).unwrap();
        println!("{i} {:?} bits {} mism {} cyc {} exp {} {}", j.kind, r.bits_compared, r.mismatches, r.cycles, r.cycles_expected, r.first_difference.map_or(String::new(), |d| d.to_string()));
    }
    let r = cosim.run(&all, &options, &|_| {}).unwrap();
    println!("{r:?}");
}
