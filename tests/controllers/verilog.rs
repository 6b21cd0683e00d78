//! The emitted Verilog: clean for every tool, and the same as rust-hdl's
//! simulation under random stimulus.

use std::fmt::Write;
use std::path::Path;

use super::bench::{Bench, Circuit, Random};
use super::tools::{emitted, icarus, output, verilator, yosys};
use hvae_mnn::emit::controllers::axil_regs::AxilRegs;
use hvae_mnn::emit::controllers::job_seq::JobSeq;
use hvae_mnn::emit::controllers::shape::{Wire, shape_of};
use hvae_mnn::emit::controllers::stage_seq::StageSeq;
use hvae_mnn::emit::controllers::verilog;

const CYCLES: usize = 12000;

/// Payload that means something only with its valid: it has no reset.
const WITH_VALID: &[(&str, &str)] = &[
    ("s_axil_rdata_o", "s_axil_rvalid_o"),
    ("s_axil_rresp_o", "s_axil_rvalid_o"),
    ("s_axil_bresp_o", "s_axil_bvalid_o"),
];

#[test]
fn same_bytes_every_time_and_plain_names() {
    let files = verilog();
    assert_eq!(files, verilog());
    for (name, text) in files {
        let module = name.strip_suffix(".sv").expect("a .sv file");
        assert!(text.starts_with("// SPDX-License-Identifier: Apache-2.0\n"), "{name}");
        assert!(text.contains(&format!("\nmodule {module} (\n")), "{name}");
        assert!(text.ends_with("`default_nettype wire\n"), "{name}");
        assert!(!text.contains('$'), "{name}: an inner name of rust-hdl");
        let long = text.lines().find(|line| line.len() > 100);
        assert_eq!(long, None, "{name}: a line of more than 100 characters");
    }
}

#[test]
fn clean_for_verilator_icarus_and_yosys() {
    let folder = tempfile::tempdir().unwrap();
    for path in emitted(folder.path()) {
        let file = path.to_str().unwrap();
        if let Some(verilator) = verilator("lint") {
            output(&verilator, &["--lint-only", "-Wall", file], folder.path());
        }
        if let Some(iverilog) = icarus("lint") {
            let arguments = ["-g2012", "-Wall", "-o", "lint.vvp", file];
            assert_eq!(output(&iverilog, &arguments, folder.path()), "");
        }
        if let Some(yosys) = yosys("lint") {
            let script = format!(
                "read_verilog -sv {file}; hierarchy -check; proc; check -assert; \
                 select -assert-none t:$dlatch"
            );
            assert_eq!(output(&yosys, &["-q", "-p", &script], folder.path()), "");
        }
    }
}

/// A random value that leads somewhere: limits stay small, resets rare.
fn stimulus(name: &str, cycle: usize, random: &mut Random) -> u64 {
    match name {
        "rst_i" => u64::from(cycle < 2 || random.below(200) == 0),
        "abort_i" => u64::from(random.below(60) == 0),
        "start_i" | "done_i" => u64::from(random.below(4) == 0),
        "length_i" | "max_tokens_i" | "flush_last_i" | "token_capacity_i" => random.below(4),
        "token_eos_i" => u64::from(random.below(8) == 0),
        // One to eight depths, and as often as not the last row.
        "row_i" => random.below(1 << 19) & !(0xf << 5) | (1 + random.below(8)) << 5,
        name if name.ends_with("addr_i") => random.below(if cycle.is_multiple_of(8) { 256 } else { 80 }),
        name if name.ends_with("last_i") => random.below(4),
        _ => random.below(1 << 32),
    }
}

/// A bench in Verilog that plays `<module>.hex` and prints every output.
fn bench(module: &str, inputs: &[Wire], outputs: &[Wire]) -> String {
    let width: usize = inputs.iter().map(|wire| wire.width).sum();
    let (mut text, mut ports, mut low) = (String::new(), String::from(".clk_i(clk)"), 0);
    for Wire { name, width } in inputs {
        write!(ports, ",\n    .{name}(now[{low} +: {width}])").unwrap();
        low += width;
    }
    for Wire { name, width } in outputs {
        writeln!(text, "  wire [{}:0] {name};", width - 1).unwrap();
        write!(ports, ",\n    .{name}({name})").unwrap();
    }
    let names: Vec<&str> = outputs.iter().map(|wire| wire.name.as_str()).collect();
    let format = " %h".repeat(names.len());
    format!(
        "module bench_{module};\n  reg clk = 0;\n  reg [{top}:0] stimulus [0:{last}];\n  \
         reg [{top}:0] now;\n  integer cycle;\n{text}  {module} u_dut (\n    {ports}\n  );\n  \
         initial begin\n    $readmemh(\"{module}.hex\", stimulus);\n    \
         for (cycle = 0; cycle <= {last}; cycle = cycle + 1) begin\n      \
         now = stimulus[cycle];\n      #1 $display(\"{module}{format}\", {list});\n      \
         #1 clk = 1;\n      #1 clk = 0;\n    end\n  end\nendmodule\n",
        top = width - 1,
        last = CYCLES - 1,
        list = names.join(", "),
    )
}

/// Writes bench and stimulus, and returns what rust-hdl says to it.
fn prepare<C: Circuit>(module: &str, folder: &Path) -> Vec<Vec<u64>> {
    let mut bench_rust = Bench::<C>::unreset();
    let shape = shape_of(&bench_rust.circuit);
    let named = |wires: &[Wire]| wires.iter().map(|wire| wire.name.clone()).collect::<Vec<_>>();
    assert_eq!(named(&shape.inputs), C::INPUTS, "{module}: inputs in tests/controllers/bench.rs");
    assert_eq!(named(&shape.outputs), C::OUTPUTS, "{module}: outputs there");
    let text = bench(module, &shape.inputs, &shape.outputs);
    std::fs::write(folder.join(format!("bench_{module}.sv")), text).unwrap();

    let mut random = Random(2026);
    let (mut hex, mut rows) = (String::new(), Vec::new());
    for cycle in 0..CYCLES {
        let mut bits = String::new();
        for Wire { name, width } in &shape.inputs {
            let value = stimulus(name, cycle, &mut random) & ((1 << width) - 1);
            bench_rust.set(name, value);
            bits = format!("{value:0width$b}{bits}");
        }
        let padding = bits.len().next_multiple_of(4);
        let bits = format!("{bits:0>padding$}");
        for nibble in bits.as_bytes().chunks(4) {
            let nibble = std::str::from_utf8(nibble).unwrap();
            write!(hex, "{:x}", u8::from_str_radix(nibble, 2).unwrap()).unwrap();
        }
        hex.push('\n');
        rows.push(bench_rust.outputs());
        bench_rust.edge();
    }
    for (index, name) in C::OUTPUTS.iter().enumerate() {
        let mut values = rows.iter().map(|row| row[index]);
        let first = values.next();
        assert!(values.any(|value| Some(value) != first), "{module}.{name}: never moved");
    }
    std::fs::write(folder.join(format!("{module}.hex")), hex).unwrap();
    rows
}

fn compare<C: Circuit>(module: &str, printed: &str, rows: &[Vec<u64>]) {
    let prefix = format!("{module} ");
    let lines = printed.lines().filter_map(|line| line.strip_prefix(&prefix));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), CYCLES, "{module}: lines printed");
    // Before the first edge under reset nothing is promised.
    for (cycle, (line, row)) in lines.iter().zip(rows).enumerate().skip(1) {
        let value = |wanted: &str| row[C::OUTPUTS.iter().position(|name| *name == wanted).unwrap()];
        for ((name, text), expected) in C::OUTPUTS.iter().zip(line.split(' ')).zip(row) {
            let guard = WITH_VALID.iter().find(|(payload, _)| payload == name);
            if guard.is_some_and(|(_, valid)| value(valid) == 0) {
                continue;
            }
            let got = u64::from_str_radix(text, 16).ok();
            assert_eq!(got, Some(*expected), "{module}.{name} in cycle {cycle}: printed {text}");
        }
    }
}

#[test]
fn rust_hdl_verilator_and_icarus_agree() {
    let folder = tempfile::tempdir().unwrap();
    let stage = prepare::<StageSeq>("hvae_stage_seq", folder.path());
    let job = prepare::<JobSeq>("hvae_job_seq", folder.path());
    let axil = prepare::<AxilRegs>("hvae_axil_regs", folder.path());
    let top = format!(
        "`timescale 1ns/1ns\nmodule bench;\n  bench_hvae_stage_seq u_stage ();\n  \
         bench_hvae_job_seq u_job ();\n  bench_hvae_axil_regs u_axil ();\n  \
         initial #{} $finish;\nendmodule\n",
        3 * CYCLES + 10
    );
    std::fs::write(folder.path().join("bench.sv"), top).unwrap();
    let mut files: Vec<String> = vec!["bench.sv".into()];
    for path in emitted(folder.path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.extend([format!("bench_{name}"), name]);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let check = |printed: String| {
        compare::<StageSeq>("hvae_stage_seq", &printed, &stage);
        compare::<JobSeq>("hvae_job_seq", &printed, &job);
        compare::<AxilRegs>("hvae_axil_regs", &printed, &axil);
    };
    if let Some(iverilog) = icarus("rust-hdl against Icarus") {
        let arguments = [&["-g2012", "-o", "bench.vvp", "-s", "bench"], &files[..]].concat();
        output(&iverilog, &arguments, folder.path());
        check(output("vvp", &["-n", "bench.vvp"], folder.path()));
    }
    if let Some(verilator) = verilator("rust-hdl against Verilator") {
        let mut arguments = vec!["--binary", "--timing", "--top-module", "bench"];
        // The wheel was configured for clang; with g++ it needs to be told these.
        arguments.extend(["-CFLAGS", "-std=c++20 -fcoroutines"]);
        arguments.extend(["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include PYTHON3=python3"]);
        arguments.extend(files);
        output(&verilator, &arguments, folder.path());
        let program = folder.path().join("obj_dir/Vbench");
        check(output(program.to_str().unwrap(), &[], folder.path()));
    }
}
