//! The programs of `examples/` do what they say.

use crate::common::{simulations, skip};
use hvae_mnn::cosim::{Effort, Engine};
use hvae_mnn::files::FileList;
use hvae_mnn::tools;
use std::path::Path;

#[path = "../examples/answer_controls.rs"]
#[allow(dead_code)]
mod answer_controls;
#[path = "../examples/model_to_conductances.rs"]
#[allow(dead_code)]
mod model_to_conductances;
#[path = "../examples/network_to_cosim.rs"]
#[allow(dead_code)]
mod network_to_cosim;
#[path = "../examples/size_to_verilog.rs"]
#[allow(dead_code)]
mod size_to_verilog;

#[test]
fn controls_of_a_set_have_a_row_each() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/dialogues");
    let table = answer_controls::table(&set, hvae_mnn::eval::Smoothing::Nltk36).unwrap();
    let of = |name: &str| -> Vec<f64> {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).map(|figure| figure.parse().unwrap()).collect()
    };
    let [random, frequent, retrieved] = ["random", "frequent", "retrieved"].map(of);
    assert!(retrieved[1] > random[1] && random[1] > frequent[1], "{table}");
    assert!(retrieved[5] > 5.0 * frequent[5] && random[5] > 5.0 * frequent[5], "{table}");
}

#[test]
fn a_size_becomes_verilog() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("design");
    let said = size_to_verilog::generate(&out).unwrap();
    let top = std::fs::read_to_string(out.join("rtl/hvae_top.sv")).unwrap();
    assert!(top.contains("module hvae_top"));
    let files = FileList::of(&out).unwrap().expect("a list").len() + 1;
    assert!(said.contains(&format!(": {files} files, ")) && !said.contains(" 0 tiles"), "{said}");
}

#[test]
fn a_trained_model_becomes_conductances() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("conductances");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/gutenberg");
    let said = model_to_conductances::export(&model, &out).unwrap();
    let files = FileList::of(&out).unwrap().expect("a list");
    assert_eq!(files.damage(&out).unwrap(), []);
    assert!(said.contains(&format!(", {} files\n", files.len() + 1)), "{said}");
    // The preset of this device misses some levels, and the example says so.
    assert!(!said.contains("every cell holds its level"), "{said}");
}

#[test]
fn a_network_of_ones_own_agrees_with_the_golden_model() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("co-simulation of an example", &why.to_string());
    }
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("design");
    network_to_cosim::generate(&out).unwrap();
    // Compiled already, if a run before has met the same text.
    simulations::simulation(&out, Engine::Verilator, false, Effort::Run).unwrap();
    let report = network_to_cosim::cosim(&out).unwrap();
    assert_eq!(report.first_difference.map(|first| first.to_string()), None);
    assert_eq!((report.sentences, report.mismatches, report.cycles), (6, 0, report.cycles_expected));
    assert!(report.bits_compared > 1000, "{}", report.bits_compared);
}
