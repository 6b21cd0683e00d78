//! Devices that are not ideal, in the Verilog as in the golden model, bit by bit: every preset, and
//! all effects at once on tiles of several shapes.

use crate::common::simulations::simulation;
use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{self, Gru, Lstm, Rnn};
use hvae_mnn::config::{AdcRange, Config, Crossbar, Encoding, Fault, Noise, RangeOf, Stuck, Wires};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::crossbar::{CrossbarNet, PRESETS};
use hvae_mnn::emit::Emitted;
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn compiled(folder: &Path) -> Simulation {
    // One short run does not pay for an optimiser.
    simulation(folder, Engine::Verilator, false, Effort::Once).unwrap()
}

/// Simulates the design of `config` and compares it with the golden model of `net`.
fn compare(config: &Config, net: &CrossbarNet) -> CosimReport {
    let (own, _) = mapped(config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&own, config, folder.path());
    run(&compiled(folder.path()), &emitted, config, net)
}

fn run(simulation: &Simulation, emitted: &Emitted, config: &Config, net: &CrossbarNet) -> CosimReport {
    let (_, sentences) = mapped(config, 1);
    let golden = Golden::tiled(net, &config.accelerator);
    let latent = net.quant.network.latent_width();
    let jobs = jobs(config, &sentences[..1], 8, latent);
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation, processes: 1 };
    cosim.run(&jobs, &RunOptions { stalls: 1, ..RunOptions::default() }, &|_| {}).unwrap()
}

fn same(name: &str, report: &CosimReport) {
    assert_eq!(report.first_difference, None, "{name}: {} mismatches", report.mismatches);
    assert_eq!(report.cycles, report.cycles_expected, "{name}: {report:?}");
}

fn agrees(config: &Config) {
    same(&format!("{:?}", config.crossbar), &compare(config, &mapped(config, 1).0));
}

/// Whether Verilator is here; else says that `test` is skipped.
fn verilator(test: &str) -> bool {
    tools::VERILATOR.find().map_err(|why| skip(test, &why.to_string())).is_ok()
}

/// Rows, columns, columns that share a converter, encoding.
type Shape = (usize, usize, usize, Encoding);

const SHAPES: [Shape; 4] = [
    (8, 24, 8, Encoding::Differential),
    (16, 41, 8, Encoding::Offset),
    (8, 48, 4, Encoding::Differential),
    (32, 17, 4, Encoding::Offset),
];

fn on_shape(cells: &[CellKind], (rows, columns, columns_per_adc, encoding): Shape) -> Config {
    let mut config = tiny(cells);
    config.crossbar = Crossbar { rows, columns, columns_per_adc, encoding, ..config.crossbar };
    config
}

/// Everything that a device, its wires and its converter can do, noise of reading included.
fn everything(mut config: Config) -> Config {
    config.device.preset = "pcm".into();
    config.device.seed = 7;
    config.device.time_s = 86_400.0;
    config.device.compensate_drift = true;
    (config.device.stuck_on, config.device.stuck_off) = (Some(0.02), Some(0.03));
    (config.device.verify_tries, config.device.verify_tolerance_us) = (Some(5), Some(0.4));
    let fault = |row, column| Fault { matrix: "vocab".into(), tile: (0, 0), row, column, stuck: Stuck::On };
    config.device.faults = vec![fault(0, 0), fault(3, 5)];
    if config.crossbar.dac_bits == 1 {
        (config.device.nl2_us_per_v, config.device.nl3_us_per_v2) = (Some(0.8), Some(-0.3));
    }
    config.wires = Wires {
        word_line_ohm: 5.0,
        bit_line_ohm: 5.0,
        driver_ohm: 100.0,
        sense_ohm: 50.0,
        ..Wires::default()
    };
    // A step of two levels, and a range that clips.
    (config.crossbar.adc_bits, config.crossbar.adc_shift, config.crossbar.adc_zero) = (4, 1, 3);
    config.noise = Noise { cell: 0.05, comparator: 0.7, inl: 0.6, dnl: 0.2, seed: 3 };
    config
}

/// The sources of a design but for its number.
fn sources(emitted: &Emitted) -> BTreeMap<&String, String> {
    let id = emitted.files["rtl/hvae_core.sv"].split_once(", design ").expect("a banner").1[..8].to_string();
    let source = |path: &str| path.ends_with(".sv") || path.ends_with(".svh");
    let files = emitted.files.iter().filter(|(path, _)| source(path));
    files.map(|(path, text)| (path, text.replace(&id, ""))).collect()
}

/// Devices differ in memory images alone, so one program simulates all of them.
fn every_preset(cells: &[CellKind], shape: Shape) {
    if !verilator("presets") {
        return;
    }
    let mut first: Option<(tempfile::TempDir, Simulation, Emitted)> = None;
    let mut images = BTreeSet::new();
    for preset in PRESETS {
        let mut config = on_shape(cells, shape);
        config.device.preset = preset.name.into();
        (config.device.time_s, config.device.level_shift) = (3600.0, Some(4));
        let (net, _) = mapped(&config, 1);
        let folder = tempfile::tempdir().unwrap();
        let emitted = build(&net, &config, folder.path());
        images.insert(emitted.files["rom/vocab_r00_c0000.hex"].clone());
        let report = match &first {
            None => run(&compiled(folder.path()), &emitted, &config, &net),
            Some((_, simulation, other)) => {
                assert_eq!(sources(&emitted), sources(other), "{}", preset.name);
                // The program says the number of the design that it was compiled from.
                run(&simulation.over(folder.path()), other, &config, &net)
            }
        };
        same(preset.name, &report);
        first.get_or_insert_with(|| {
            let simulation = compiled(folder.path());
            (folder, simulation, emitted)
        });
    }
    // Levels of ideal cells stand in some presets too; the rest are arrays of their own.
    assert!(images.len() >= PRESETS.len() - 2, "{} of {}", images.len(), PRESETS.len());
}

#[test]
fn every_preset_is_the_same_array_in_verilog() {
    every_preset(&[Gru, Lstm], SHAPES[0]);
}

#[test]
fn every_preset_beside_an_offset_column() {
    every_preset(&[Rnn], SHAPES[1]);
}

fn all_effects(i: usize) {
    if verilator("all effects at once") {
        let mut config = on_shape(&[Gru, Lstm], SHAPES[i]);
        (config.crossbar.dac_bits, config.crossbar.physical_tiles) = [(1, 0), (2, 16), (1, 0), (2, 0)][i];
        config.accelerator.skip_zero_phases = i == 2;
        agrees(&everything(config));
    }
}

#[test]
fn all_effects_at_once() {
    all_effects(0);
}

#[test]
fn all_effects_at_once_beside_an_offset_column_in_rounds() {
    all_effects(1);
}

#[test]
#[ignore = "make test-all: two more shapes of tiles"]
fn all_effects_at_once_with_zeros_skipped() {
    all_effects(2);
}

#[test]
#[ignore = "make test-all: two more shapes of tiles"]
fn all_effects_at_once_on_tiles_that_nothing_fills() {
    all_effects(3);
}

/// Where weights stand and what converters and columns are set to, on top of all that goes wrong.
fn arranged(mut config: Config) -> Config {
    let x = &mut config.crossbar;
    x.flip = x.encoding == Encoding::Offset;
    x.dodge_faults = true;
    x.spare_columns = 1;
    (x.adc_range, x.adc_range_of) = (AdcRange::Data, RangeOf::Tile);
    (x.adc_shift, x.calibrate_columns) = (0, true);
    config
}

fn mapping_and_calibration(i: usize) {
    if verilator("mapping and calibration") {
        let (rows, columns, columns_per_adc, encoding) = SHAPES[i];
        // Two places more, for one that stays empty.
        let mut config = on_shape(&[Lstm, Gru], (rows, columns + 16, columns_per_adc, encoding));
        (config.crossbar.dac_bits, config.crossbar.physical_tiles) = [(1, 24), (1, 0), (2, 0), (1, 24)][i];
        agrees(&arranged(everything(config)));
    }
}

#[test]
fn mapping_and_calibration_in_rounds() {
    mapping_and_calibration(0);
}

#[test]
fn mapping_and_calibration_of_flipped_columns() {
    mapping_and_calibration(1);
}

#[test]
#[ignore = "make test-all: two more shapes of tiles"]
fn mapping_and_calibration_of_two_bits_a_phase() {
    mapping_and_calibration(2);
}

#[test]
#[ignore = "make test-all: two more shapes of tiles"]
fn mapping_and_calibration_on_tiles_that_nothing_fills() {
    mapping_and_calibration(3);
}

/// As a user does it: the build folder remembers what sentences set, which its configuration does not
/// say.
#[test]
fn a_calibrated_build_agrees_when_it_is_read_back() {
    if !verilator("a calibrated build") {
        return;
    }
    let (rows, columns, columns_per_adc, encoding) = SHAPES[1];
    let mut config = arranged(on_shape(&[Rnn], (rows, columns + 16, columns_per_adc, encoding)));
    config.crossbar.adc_bits = 3;
    config.device.preset = "pcm".into();
    let folder = tempfile::tempdir().unwrap();
    let (file, build) = (folder.path().join("hvae.toml"), folder.path().join("build"));
    std::fs::write(&file, config.to_toml()).unwrap();
    let (file, build) = (file.to_str().unwrap(), build.to_str().unwrap());
    for words in [
        &["generate", "--config", file, "--random-weights", "3", "--out", build][..],
        &["cosim", build, "--random", "1", "--once"],
    ] {
        // From here, where .venv is.
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_hvae")).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What is written beside the cells is read: one bit of it, or one weight on another place, shows.
#[test]
fn settings_of_tiles_are_told_apart() {
    if !verilator("settings of tiles") {
        return;
    }
    let (rows, columns, columns_per_adc, encoding) = SHAPES[1];
    let mut config = arranged(on_shape(&[Rnn, Gru], (rows, columns + 16, columns_per_adc, encoding)));
    (config.device.stuck_off, config.device.level_shift) = (Some(0.05), Some(0));
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let simulation = compiled(folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs = jobs(&config, &sentences[..1], 8, net.quant.network.latent_width());
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let mismatches = || cosim.run(&jobs, &RunOptions::default(), &|_| {}).unwrap().mismatches;
    assert_eq!(mismatches(), 0);
    // The flip of converter 0, the place of weight 0, and half the gain of lane 0, which is bit 9
    // of a word: image, digit from the right, bit.
    let planted =
        [("enc2_h_r00_c0000_flips", 1, 1), ("enc2_h_r00_c0000_places", 1, 1), ("enc2_h_gains", 3, 2)];
    for (image, from_right, bit) in planted {
        let path = folder.path().join(format!("rom/{image}.hex"));
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.find('\n').unwrap() - from_right;
        let digit = u8::from_str_radix(&text[at..=at], 16).unwrap() ^ bit;
        std::fs::write(&path, format!("{}{digit:x}{}", &text[..at], &text[at + 1..])).unwrap();
        assert!(mismatches() > 0, "{image} is not read");
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(mismatches(), 0);
}

/// The design of all effects against the golden model of one that differs.
fn told_apart(what: &str, differ: fn(&mut Config)) {
    if !verilator(what) {
        return;
    }
    let config = everything(on_shape(&[Gru, Lstm], SHAPES[0]));
    let mut other = config.clone();
    differ(&mut other);
    let report = compare(&config, &mapped(&other, 1).0);
    assert!(report.mismatches > 0, "{what} computes the same");
}

#[test]
fn an_array_programmed_with_another_seed_is_told_apart() {
    told_apart("another seed of programming", |config| config.device.seed += 1);
}

#[test]
fn noise_of_another_seed_is_told_apart() {
    told_apart("another seed of noise", |config| config.noise.seed += 1);
}
