//! Faults planted in an emitted design: co-simulation must fail and name the place.

use crate::common::simulations::simulation;
use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind;
use hvae_mnn::cosim::{Cosim, Difference, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::tools;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One planted fault: an expression of the Verilog that becomes another one when the fault is chosen.
struct Fault {
    name: &'static str,
    file: &'static str,
    /// Must stand in the file exactly once.
    was: &'static str,
    becomes: &'static str,
    /// How the name of the first signal that differs must begin.
    named: &'static [&'static str],
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "two gates of the lower encoder change places",
        file: "rtl/hvae_enc1.sv",
        was: "{ x[(2*LANES+l)*PRE_BITS+:PRE_BITS], x[(1*LANES+l)*PRE_BITS+:PRE_BITS], x[(0*LANES+l)*PRE_BITS+:PRE_BITS] }",
        becomes: "{ x[(2*LANES+l)*PRE_BITS+:PRE_BITS], x[(0*LANES+l)*PRE_BITS+:PRE_BITS], x[(1*LANES+l)*PRE_BITS+:PRE_BITS] }",
        named: &["enc1.h"],
    },
    Fault {
        name: "the converters drop a bit too many",
        file: "rtl/hvae_tile_core.sv",
        was: "mid >>> AdcShift",
        becomes: "(mid >>> AdcShift) & ~MID_BITS'(1)",
        named: &["enc1.h"],
    },
    Fault {
        name: "the answer loses its third beat",
        file: "rtl/hvae_core.sv",
        was: "token_push || statistics_push || score_valid",
        becomes: "(token_push && tokens_o != 32'd2) || statistics_push || score_valid",
        // Tokens repeat: what shows first may be a later beat, or the early end.
        named: &["output["],
    },
    Fault {
        name: "the sentence loses its third beat",
        file: "rtl/hvae_input_buffer.sv",
        was: "length_o + 16'd1",
        becomes: "length_o + (length_o == 16'd2 ? 16'd0 : 16'd1)",
        // A head that works at the last token alone works too early.
        named: &["enc1.h[", "q1.mean["],
    },
    Fault {
        name: "negative halves are rounded away from zero",
        file: "rtl/hvae_requant.sv",
        was: "((wide <<< UP) + HALF) >>> DOWN",
        becomes: "((wide <<< UP) + HALF - WIDE'(DOWN > 0 && wide[WIDE-1] ? 1 : 0)) >>> DOWN",
        named: &["enc1.h["],
    },
    Fault {
        name: "negative numbers are cut off towards zero",
        file: "rtl/hvae_requant.sv",
        was: "((wide <<< UP) + HALF) >>> DOWN",
        becomes: "((wide <<< UP) + (wide[WIDE-1] ? (HALF <<< 1) - WIDE'(DOWN > 0 ? 1 : 0) : HALF)) >>> DOWN",
        named: &["enc1.h"],
    },
    Fault {
        name: "the upper encoder waits a cycle too long",
        file: "rtl/hvae_enc2.sv",
        was: "8'd5",
        becomes: "8'd6",
        named: &["enc2.h[0] (cycle of the write)"],
    },
    Fault {
        name: "a term of the softmax comes out one place too small",
        file: "rtl/hvae_log_prob.sv",
        was: "diff_q * LOG2_E",
        becomes: "diff_q * 18'(LOG2_E + 18'sd1)",
        named: &["vocab.score", "output["],
    },
    Fault {
        name: "SCORE predicts the token before the next",
        file: "rtl/hvae_core.sv",
        was: "history_q[31:16]",
        becomes: "history_q[15:0]",
        named: &["vocab.score", "output["],
    },
    Fault {
        name: "a phase is taken for empty that is not",
        file: "rtl/hvae_dac.sv",
        was: "|digit",
        becomes: "|digit[WIDTH-1:1]",
        named: &["enc1.h[", "TILE_SAMPLES"],
    },
    Fault {
        name: "skipped phases still convert",
        file: "rtl/hvae_matvec.sv",
        was: "sample_q2 && live[row]",
        becomes: "sample_q2",
        named: &["TILE_SAMPLES"],
    },
];

/// Where the number of the chosen fault stands: 0 for none. Read when a simulation starts, so one
/// program holds every fault.
const CHOSEN: &str = "planted.hex";

fn choose(folder: &Path, number: usize) {
    fs::write(folder.join(CHOSEN), format!("{number:08x}\n")).unwrap();
}

/// Plants all faults: each expression becomes a choice between itself and what is wrong.
fn plant(folder: &Path) {
    let expressions: BTreeSet<(&str, &str)> = FAULTS.iter().map(|f| (f.file, f.was)).collect();
    for (file, was) in expressions {
        let here = FAULTS.iter().enumerate().filter(|(_, f)| (f.file, f.was) == (file, was));
        let choice = here.fold(format!("({was})"), |right, (i, fault)| {
            format!("(hvae_tb.planted[0] == 32'd{} ? ({}) : {right})", i + 1, fault.becomes)
        });
        replace(&folder.join(file), was, &choice);
    }
    let declared =
        format!("module hvae_tb;\n  reg [31:0] planted [0:0];\n  initial $readmemh(\"{CHOSEN}\", planted);");
    replace(&folder.join("sim/hvae_tb.sv"), "module hvae_tb;", &declared);
}

/// The design that faults are planted in, and what it should do.
struct Bench {
    net: CrossbarNet,
    config: hvae_mnn::config::Config,
    golden: Golden<hvae_mnn::crossbar::TiledMatrix>,
    jobs: Vec<Job>,
}

impl Bench {
    fn new() -> Bench {
        let mut config = tiny(&[CellKind::Gru, CellKind::Rnn]);
        config.accelerator.skip_zero_phases = true;
        let (net, sentences) = mapped(&config, 1);
        let golden = Golden::tiled(&net, &config.accelerator);
        let jobs = jobs(&config, &sentences, 12, net.quant.network.latent_width());
        Bench { net, config, golden, jobs }
    }

    /// What a co-simulation of the folder, with a simulation built before, says first.
    fn first_difference(&self, folder: &Path, simulation: &Simulation) -> Option<Difference> {
        let design = hvae_mnn::emit::emit(&self.net, &self.config).design;
        let cosim = Cosim { design: &design, golden: &self.golden, simulation, processes: 1 };
        let report = cosim.run(&self.jobs, &RunOptions::default(), &|_| {});
        let report = report.unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        assert_eq!(report.mismatches > 0, report.first_difference.is_some());
        report.first_difference
    }
}

fn compiled(folder: &Path) -> Simulation {
    simulation(folder, Engine::Verilator, false, Effort::Build).unwrap()
}

fn replace(path: &Path, was: &str, becomes: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(was).count(), 1, "{}: {was}", path.display());
    fs::write(path, text.replace(was, becomes)).unwrap();
}

/// Flips a bit of the lowest conductance plane of one cell.
fn flip_a_bit(image: &Path) {
    let text = fs::read_to_string(image).unwrap();
    let at = text.trim_end().rfind('\n').map_or(0, |n| n + 1);
    let mut bytes = text.into_bytes();
    let last = bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n) - 1;
    let digit = (bytes[last] as char).to_digit(16).expect("an image holds hex digits");
    bytes[last] = char::from_digit(digit ^ 1, 16).unwrap() as u8;
    fs::write(image, bytes).unwrap();
}

#[test]
fn a_flipped_bit_of_any_image_is_found_in_its_stage() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in images", &why.to_string());
    }
    let bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    build(&bench.net, &bench.config, folder.path());
    // The text of the test below, compiled once for both.
    plant(folder.path());
    choose(folder.path(), 0);
    let simulation = compiled(folder.path());
    assert_eq!(bench.first_difference(folder.path(), &simulation), None);
    // Images are loaded when a simulation starts: one build serves all.
    for (image, named) in [
        ("enc1_enc_embed_r00_c0000", "enc1.h["),
        ("enc2_h_r00_c0000", "enc2.h["),
        ("q2_r00_c0000", "q2."),
        ("dec1_z_r00_c0000", "dec1.h["),
        ("vocab_r00_c0000", "vocab.logits["),
        ("enc_embed", "enc1.h["),
    ] {
        let path = folder.path().join(format!("rom/{image}.hex"));
        let whole = fs::read(&path).unwrap();
        flip_a_bit(&path);
        let first = bench.first_difference(folder.path(), &simulation);
        let first = first.unwrap_or_else(|| panic!("{image}: a flipped bit changed nothing"));
        println!("{image}: {first}");
        assert!(first.signal.starts_with(named), "{image}: {first}");
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn every_fault_in_the_verilog_is_found_where_it_is() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in the Verilog", &why.to_string());
    }
    let bench = Bench::new();
    let folder = tempfile::tempdir().unwrap();
    build(&bench.net, &bench.config, folder.path());
    plant(folder.path());
    choose(folder.path(), 0);
    let simulation = compiled(folder.path());
    assert_eq!(bench.first_difference(folder.path(), &simulation), None, "no fault is chosen");
    let mut failures = Vec::new();
    for (i, fault) in FAULTS.iter().enumerate() {
        choose(folder.path(), i + 1);
        match bench.first_difference(folder.path(), &simulation) {
            None => failures.push(format!("{}: not found", fault.name)),
            Some(first) => {
                println!("{}: {first}", fault.name);
                if !fault.named.iter().any(|n| first.signal.starts_with(n)) {
                    failures.push(format!("{}: {first}", fault.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
