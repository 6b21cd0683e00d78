//! What co-simulation reaches of the Verilog: lines, branches and toggles of every hand-written module.

use crate::common::designs::designs;
use crate::common::simulations::simulation;
use crate::common::{build, jobs, mapped};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::golden::Golden;
use std::fs;
use std::path::Path;

#[test]
#[ignore = "make coverage: some ten minutes"]
fn baseline() {
    let only = std::env::var("HVAE_ONLY").unwrap_or_default();
    for design in designs().iter().filter(|d| d.name.contains(&only)) {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("coverage").join(design.name);
        fs::create_dir_all(&out).unwrap();
        let config = &design.config;
        let (net, sentences) = mapped(config, 1);
        let folder = tempfile::tempdir().unwrap();
        let emitted = build(&net, config, folder.path());
        let _ = fs::remove_dir_all(out.join("rtl"));
        crate::common::copy_tree(&folder.path().join("rtl"), &out.join("rtl"));
        let golden = Golden::tiled(&net, &config.accelerator);
        let jobs = jobs(config, &sentences, 12, net.quant.network.width(net.quant.network.latent()));
        let simulation = simulation(folder.path(), Engine::Verilator, false, Effort::Coverage).unwrap();
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
        for (stalls, reset_at) in [(0, None), (1, None), (2, None), (3, None), (0, Some(117)), (3, Some(200))]
        {
            let file = out.join(format!("{stalls}-{}.dat", reset_at.unwrap_or(0)));
            let plusargs = vec![format!("+verilator+coverage+file+{}", file.display())];
            let options = RunOptions { stalls, reset_at, plusargs, ..RunOptions::default() };
            let report = cosim.run(&jobs, &options, &|_| {}).unwrap();
            assert_eq!(report.first_difference, None);
        }
    }
}
