//! Every small design is clean for the linters and for synthesis.

use crate::common::designs::designs;
use crate::common::ops::described_designs;
use crate::common::{all_asked, build, family_designs, mapped, mapped_family, python, skip, smallest};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::tools::{self, Needed, Tool};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn found(needed: Needed, test: &str) -> Option<Tool> {
    needed.find().map_err(|why| skip(test, &why.to_string())).ok()
}

/// Runs a tool in `folder`; what it printed, if it printed anything or failed.
fn silent(tool: &Tool, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let mut command = Command::new(&tool.path);
    if let Some(root) = &tool.root {
        command.env("VERILATOR_ROOT", root);
    }
    let output = command.args(arguments).current_dir(folder).output().map_err(|e| e.to_string())?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Verilator ends with lines that begin with a dash: its statistics.
    let words: Vec<&str> = text.lines().filter(|l| !l.starts_with("- ")).take(30).collect();
    if output.status.success() && words.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\n{}", output.status, words.join("\n")))
    }
}

/// Checks each small design whose name `wanted` takes, in a folder of its own.
fn on_each(wanted: impl Fn(&str) -> bool, check: impl Fn(&Path) -> Result<(), String>) {
    let mut failures = Vec::new();
    let mut one = |name: &str, net: &dyn Fn() -> CrossbarNet, config: &Config| {
        if !wanted(name) {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        build(&net(), config, folder.path());
        if let Err(why) = check(folder.path()) {
            failures.push(format!("{name}: {why}"));
        }
    };
    designs().iter().for_each(|d| one(d.name, &|| mapped(&d.config, 1).0, &d.config));
    described_designs().iter().for_each(|d| one(d.name, &|| d.mapped(), &d.config));
    family_designs().iter().for_each(|(name, config)| one(name, &|| mapped_family(config), config));
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn verilator_finds_nothing() {
    let Some(verilator) = found(tools::VERILATOR, "lint with verilator") else { return };
    on_each(
        |_| true,
        |folder| {
            silent(
                &verilator,
                &["--lint-only", "-Wall", "-f", "design.f", "--top-module", "hvae_top"],
                folder,
            )
        },
    );
}

#[test]
fn iverilog_finds_nothing() {
    let Some(iverilog) = found(tools::ICARUS, "lint with iverilog") else { return };
    on_each(
        |_| true,
        |folder| {
            let list = std::fs::read_to_string(folder.join("design.f")).map_err(|e| e.to_string())?;
            let sources = list.lines().filter(|l| l.ends_with(".sv"));
            let flags = ["-g2012", "-Wall", "-Irtl", "-o", "lint.vvp", "-s", "hvae_top"];
            silent(&iverilog, &flags.into_iter().chain(sources).collect::<Vec<_>>(), folder)
        },
    );
}

/// A front end that shares nothing with the others; design and testbench. A cast to the width that a parameter happens
/// to give is no fault, nor is a name of a loop in a block of its own.
fn slang(python: &Path, folder: &Path) -> Result<(), String> {
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/slang.py");
    let tool = Tool { path: python.into(), version: String::new(), root: None };
    let flags = "-Wextra -Wpedantic -Wno-useless-cast -Wno-shadow-value -f design.f sim/hvae_tb.sv --timescale 1ns/1ps";
    let words = [reader.to_str().unwrap()].into_iter().chain(flags.split(' ')).chain(["--top", "hvae_tb"]);
    silent(&tool, &words.collect::<Vec<_>>(), folder)
}

#[test]
fn slang_finds_nothing() {
    match python(&["pyslang"]) {
        Ok(python) => on_each(|_| true, |folder| slang(&python, folder)),
        Err(why) => skip("lint with slang", &why),
    }
}

/// Names that are unknown or there twice, and a number that loses bits.
#[test]
fn slang_finds_what_is_planted() {
    let python = match python(&["pyslang"]) {
        Ok(python) => python,
        Err(why) => return skip("faults that slang finds", &why),
    };
    let folder = tempfile::tempdir().unwrap();
    let config = smallest();
    build(&mapped(&config, 1).0, &config, folder.path());
    let path = folder.path().join("rtl/hvae_skid.sv");
    let text = std::fs::read_to_string(&path).unwrap();
    for (was, becomes, said) in [
        ("assign m_valid_o = valid_q", "assign m_valid_o = nowhere_q", "undeclared identifier"),
        ("reg            valid_q;", "reg            valid_q, valid_q;", "redefinition"),
        ("endmodule", "wire [1:0] narrow = 3'd5;\nendmodule", "-Wconstant-conversion"),
    ] {
        assert_eq!(text.matches(was).count(), 1, "{was}");
        std::fs::write(&path, text.replace(was, becomes)).unwrap();
        let found = slang(&python, folder.path()).expect_err(becomes);
        assert!(found.contains(said), "{becomes}: {found}");
    }
}

/// Yosys takes minutes for most designs: the smallest guards every change, and with `make test-all` both encodings, every kind of cell
/// and all converters.
#[test]
fn yosys_finds_no_latch_and_no_loose_end() {
    let Some(yosys) = found(tools::YOSYS, "synthesis checks with yosys") else { return };
    let check = |folder: &Path| {
        let script = "read_verilog -sv -Irtl rtl/*.sv; hierarchy -check -top hvae_top; proc; check -assert; \
                      select -assert-none t:$dlatch t:$adlatch t:$dlatchsr";
        silent(&yosys, &["-q", "-p", script], folder)
    };
    let folder = tempfile::tempdir().unwrap();
    let config = smallest();
    build(&mapped(&config, 1).0, &config, folder.path());
    assert_eq!(check(folder.path()), Ok(()));
    if all_asked() {
        let few = BTreeSet::from([
            "rnn-lstm-dac2",
            "gru-to-rnn-lstm-offset-two-adcs-a-weight",
            "blend-with-a-cell",
            "steps-before",
            "z-forcing-of-frames",
        ]);
        on_each(|name| few.contains(name), check);
    }
}
