//! Devices that are not ideal, in the Verilog as in the golden model, bit by bit: every preset, and
//! all effects at once on tiles of several shapes.

use crate::common::{build, jobs, mapped, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{AdcRange, Config, Crossbar, Encoding, Fault, Noise, RangeOf, Stuck, Wires};
use hvae_mnn::cosim::{Cosim, CosimReport, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::crossbar::{CrossbarNet, PRESETS};
use hvae_mnn::golden::Golden;
use hvae_mnn::tools;
use std::sync::Mutex;
use std::thread;

/// Simulates the design of `config` and compares it with the golden model of `net`.
fn compare(config: &Config, net: &CrossbarNet) -> CosimReport {
    let (own, sentences) = mapped(config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&own, config, folder.path());
    let simulation = Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
    let golden = Golden::tiled(net, &config.accelerator);
    let latent = net.quant.network.width(net.quant.network.latent());
    let jobs = jobs(config, &sentences[..1], 8, latent);
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    cosim.run(&jobs, &RunOptions { stalls: 1, ..RunOptions::default() }, &|_| {}).unwrap()
}

/// Two at a time; every failure by its name.
fn on_all(configs: Vec<(String, Config)>, check: impl Fn(&Config) -> Result<(), String> + Sync) {
    let queue = Mutex::new(configs.into_iter());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, config)) = { queue.lock().unwrap().next() } {
                    if let Err(why) = check(&config) {
                        failures.lock().unwrap().push(format!("{name}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn agrees(config: &Config) -> Result<(), String> {
    let (net, _) = mapped(config, 1);
    let report = compare(config, &net);
    match &report.first_difference {
        Some(first) => Err(format!("{} mismatches, first: {first}", report.mismatches)),
        None if report.cycles != report.cycles_expected => Err(format!("{report:?}")),
        None => Ok(()),
    }
}

/// Rows, columns, columns that share a converter, encoding.
type Shape = (usize, usize, usize, Encoding);

const SHAPES: [Shape; 4] = [
    (8, 24, 8, Encoding::Differential),
    (16, 41, 8, Encoding::Offset),
    (8, 48, 4, Encoding::Differential),
    (32, 17, 4, Encoding::Offset),
];

fn on_shape(
    cells: &[hvae_mnn::config::CellKind],
    (rows, columns, columns_per_adc, encoding): Shape,
) -> Config {
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

#[test]
fn every_preset_is_the_same_array_in_verilog() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("presets against Verilator", &why.to_string());
    }
    let cells = [[Gru, Lstm], [Rnn, Gru], [Lstm, Rnn]];
    let config = |(i, preset): (usize, &hvae_mnn::crossbar::Preset)| {
        let mut config = on_shape(&cells[i % 3], SHAPES[i % 4]);
        config.device.preset = preset.name.into();
        config.device.time_s = 3600.0;
        (preset.name.to_string(), config)
    };
    on_all(PRESETS.iter().enumerate().map(config).collect(), agrees);
}

#[test]
fn all_effects_at_once_on_four_shapes() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("all effects against Verilator", &why.to_string());
    }
    let config = |(i, &shape): (usize, &Shape)| {
        let mut config = on_shape(&[Gru, Lstm], shape);
        (config.crossbar.dac_bits, config.crossbar.physical_tiles) = [(1, 0), (2, 16), (1, 0), (2, 0)][i];
        config.accelerator.skip_zero_phases = i == 2;
        (format!("{shape:?}"), everything(config))
    };
    on_all(SHAPES.iter().enumerate().map(config).collect(), agrees);
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

#[test]
fn mapping_and_calibration_on_four_shapes() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("mapping and calibration against Verilator", &why.to_string());
    }
    let config = |(i, &shape): (usize, &Shape)| {
        let (rows, columns, columns_per_adc, encoding) = shape;
        // Two places more, for one that stays empty.
        let mut config = on_shape(&[Lstm, Gru], (rows, columns + 16, columns_per_adc, encoding));
        (config.crossbar.dac_bits, config.crossbar.physical_tiles) = [(1, 24), (1, 0), (2, 0), (1, 24)][i];
        (format!("{shape:?}"), arranged(everything(config)))
    };
    on_all(SHAPES.iter().enumerate().map(config).collect(), agrees);
}

/// As a user does it: the build folder remembers what sentences set, which its configuration does not
/// say.
#[test]
fn a_calibrated_build_agrees_when_it_is_read_back() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("a calibrated build against Verilator", &why.to_string());
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
    if let Err(why) = tools::VERILATOR.find() {
        return skip("settings of tiles against Verilator", &why.to_string());
    }
    let (rows, columns, columns_per_adc, encoding) = SHAPES[1];
    let mut config = arranged(on_shape(&[Rnn, Gru], (rows, columns + 16, columns_per_adc, encoding)));
    (config.device.stuck_off, config.device.level_shift) = (Some(0.05), Some(0));
    let (net, sentences) = mapped(&config, 1);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let simulation = Simulation::build_for(Engine::Verilator, folder.path(), false, Effort::Build).unwrap();
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs = jobs(&config, &sentences[..1], 8, net.quant.network.width(net.quant.network.latent()));
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
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("{what} against Verilator"), &why.to_string());
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
