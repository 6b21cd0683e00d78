//! Hardware that is wrong on demand: in the same simulation as the right one, behind plusargs.

use super::build;
use super::simulations::simulation;
use hvae_mnn::config::Config;
use hvae_mnn::cosim::{Cosim, Difference, Effort, Engine, RunOptions};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Golden, Job};
use std::fs;
use std::path::Path;

/// Where a module is changed.
#[derive(Clone, Copy)]
pub struct Fault {
    pub names: &'static [&'static str],
    module: &'static str,
    was: &'static str,
    becomes: &'static str,
    state: &'static str,
}

impl Fault {
    /// `becomes` is wrong where `fault_NAME` is 1, which an argument `+NAME` of the simulation makes so, for
    /// each of `names`; without them it is what `was` is.
    pub const fn new(
        names: &'static [&'static str],
        module: &'static str,
        was: &'static str,
        becomes: &'static str,
    ) -> Fault {
        Fault { names, module, was, becomes, state: "" }
    }

    /// What `becomes` remembers: declarations, which may use the ports of the module.
    pub const fn with_state(self, state: &'static str) -> Fault {
        Fault { state, ..self }
    }
}

/// Changes the modules in a build folder.
pub fn plant(folder: &Path, faults: &[Fault]) {
    for Fault { names, module, was, becomes, state } in faults {
        let path = folder.join(format!("rtl/{module}.sv"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(was).count(), 1, "{module}: expected once: {was}");
        let declare = |name: &&str| {
            format!("  reg fault_{name};\n  initial fault_{name} = $test$plusargs(\"{name}\") != 0;\n")
        };
        let declared: String = names.iter().map(declare).collect();
        let body = format!(");\n{declared}{state}\n");
        fs::write(&path, text.replace(was, becomes).replacen(");\n", &body, 1)).unwrap();
    }
}

/// The faults that `jobs` do not show on a design of `net`, which plays them right while none is chosen: each must be seen
/// first in a signal that begins as it says.
pub fn missed(
    net: &CrossbarNet,
    config: &Config,
    faults: &[(Fault, &str)],
    jobs: &[Job],
) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(net, config, folder.path());
    plant(folder.path(), &faults.iter().map(|(fault, _)| *fault).collect::<Vec<_>>());
    let golden = Golden::tiled(net, &config.accelerator);
    let simulation = simulation(folder.path(), Engine::Verilator, false, Effort::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let run = |plusargs| {
        let options = RunOptions { plusargs, ..RunOptions::default() };
        cosim.run(jobs, &options, &|_| {}).unwrap().first_difference
    };
    assert_eq!(run(Vec::new()), None, "no fault is chosen");
    let missed = faults.iter().filter_map(|(fault, named)| {
        let name = fault.names[0];
        let first = run(vec![format!("+{name}")]);
        println!("{name}: {}", first.as_ref().map_or("not found".into(), Difference::to_string));
        (!first.is_some_and(|first| first.signal.starts_with(named))).then_some(name)
    });
    missed.collect()
}
