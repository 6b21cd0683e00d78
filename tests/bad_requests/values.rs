//! Values that cannot be: in configurations, models, builds, studies, and how many of something.

use super::{Case, EVAL, GENERATE, IMPORT, answers, case, change, compare, nothing, set};
use hvae_mnn::build::{DESCRIPTION, NETWORK, Network, sealed_again};
use hvae_mnn::files::sha256;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const COSIM: &str = "cosim DIR/build --random 1 --changed";
const STUDY: &str = "study DIR/study.toml --count";

const VALUES: &[Case] = &[
    // Configurations.
    case("negative deviation", GENERATE, |d| set(d, "[device]\nsigma_us = [-4.0]\n")),
    case("a deviation that falls below 0", GENERATE, |d| set(d, "[device]\nsigma_us = [1.0, -2.0]\n")),
    case("infinite deviation", GENERATE, |d| set(d, "[device]\nsigma_us = [1.0, inf]\n")),
    case("negative drift", GENERATE, |d| set(d, "[device]\ndrift_nu = -0.1\n")),
    case("infinite drift", GENERATE, |d| set(d, "[device]\ndrift_nu = inf\n")),
    case("negative deviation of the drift", GENERATE, |d| set(d, "[device]\ndrift_nu_sigma = -0.1\n")),
    case("drift from no time on", GENERATE, |d| set(d, "[device]\ndrift_t0_s = 0.0\n")),
    case("negative read voltage", GENERATE, |d| set(d, "[device]\nread_volts = -0.2\n")),
    case("no number of volts", GENERATE, |d| set(d, "[device]\nread_volts = nan\n")),
    case("reading before writing", GENERATE, |d| set(d, "[device]\ntime_s = -1.0\n")),
    case("negative conductance", GENERATE, |d| set(d, "[device]\ng_min_us = -1.0\n")),
    case("infinite conductance", GENERATE, |d| set(d, "[device]\ng_max_us = inf\n")),
    case("levels too close", GENERATE, |d| set(d, "[device]\ng_min_us = 1.0\ng_max_us = 1.0000000001\n")),
    case("more than all stuck", GENERATE, |d| set(d, "[device]\nstuck_on = 1.5\n")),
    case("no write at all", GENERATE, |d| set(d, "[device]\nverify_tries = 0\n")),
    case("negative tolerance", GENERATE, |d| set(d, "[device]\nverify_tolerance_us = -1.0\n")),
    case("infinite non-linearity", GENERATE, |d| set(d, "[device]\nnl2_us_per_v = -inf\n")),
    case("a fault in three dimensions", GENERATE, |d| {
        set(
            d,
            "[device]\nfaults = [{ matrix = \"vocab\", tile = [0, 0, 0], row = 1, column = 2, stuck = \"on\" }]\n",
        )
    }),
    case("a cell stuck on and off", GENERATE, |d| {
        let cell = "matrix = \"vocab\", tile = [0, 0], row = 1, column = 2";
        set(d, &format!("[device]\nfaults = [{{ {cell}, stuck = \"on\" }}, {{ {cell}, stuck = \"off\" }}]\n"))
    }),
    case("a cell stuck twice", GENERATE, |d| {
        let cell = "{ matrix = \"vocab\", tile = [0, 0], row = 1, column = 2, stuck = \"on\" }";
        set(d, &format!("[device]\nfaults = [{cell}, {cell}]\n"))
    }),
    case("infinite resistance", GENERATE, |d| set(d, "[wires]\nword_line_ohm = inf\n")),
    case("no number of noise", GENERATE, |d| set(d, "[noise]\ncell = nan\n")),
    case("a clock that stands still", GENERATE, |d| set(d, "[accelerator]\nclock_mhz = 1e-9\n")),
    case("a converter wider than any sum", GENERATE, |d| {
        set(d, "[crossbar]\nadc_bits = 24\nadc_shift = 16\n")
    }),
    case("a table of a million codes", GENERATE, |d| {
        set(d, "[crossbar]\nadc_bits = 20\n[noise]\ninl = 0.5\n")
    }),
    case("tiles without number", GENERATE, |d| set(d, "[crossbar]\nphysical_tiles = 1000000000000\n")),
    case("a step by nothing", GENERATE, |d| set(d, "[train]\nadam_epsilon = 0.0\n")),
    case("a grid with tiles of no rows", "pareto --rows 0", nothing),
    case("a grid with shared converters of none", "pareto --columns-per-adc 0", nothing),
    case("a grid with no lanes", "pareto --lanes 0,18446744073709551615", nothing),
    // Models.
    case(
        "rename of nothing",
        "import DIR/state.safetensors --config DIR/hvae.toml --vocab DIR/model/vocab.txt --rename model.=enc --out DIR/out",
        nothing,
    ),
    case("a tensor twice", IMPORT, |d| {
        let bytes = fs::read(d.join("state.safetensors")).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
        let from = header.find("\"vocab.bias\":").unwrap();
        let entry = &header[from..=from + header[from..].find('}').unwrap()];
        let twice = format!("{},{entry}}}", header.trim_end().strip_suffix('}').unwrap());
        let length = (twice.len() as u64).to_le_bytes();
        fs::write(
            d.join("state.safetensors"),
            [&length, twice.as_bytes(), &bytes[8 + length_of(&bytes)..]].concat(),
        )
        .unwrap();
    }),
    case("a word that nobody can see", IMPORT, |d| change(d, "model/vocab.txt", "w7\n", "w\x007\n")),
    case("model without its checksums", EVAL, |d| {
        let path = d.join("model/model.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.split("[sha256]").next().unwrap()).unwrap();
    }),
    case("model of no units", EVAL, |d| change(d, "model/model.toml", "hidden = 7", "hidden = 0")),
    case("model of no levels", EVAL, |d| {
        let path = d.join("model/model.toml");
        let mut file: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        file["model"]["cells"] = toml::Value::Array(Vec::new());
        fs::write(path, file.to_string()).unwrap();
    }),
    case("model whose words are a pipe", EVAL, |d| {
        fs::remove_file(d.join("model/vocab.txt")).unwrap();
        pipe(&d.join("model/vocab.txt"));
    }),
    // Builds.
    case("a number of a build", COSIM, |d| change(d, "build/design.json", "\"rows\": 8", "\"rows\": 16")),
    case("a build of an older version", COSIM, |d| change(d, "build/design.json", "\"sha256\"", "\"sha\"")),
    case("a build by another version", COSIM, |d| edit(d, "/tool", json!("hvae-mnn 0.0.9"))),
    case("a build with tiles of no rows", COSIM, |d| edit(d, "/config/crossbar/rows", json!(0))),
    case("a build with cells of no bits", COSIM, |d| edit(d, "/config/crossbar/cell_bits", json!(0))),
    case("a build with no lanes", COSIM, |d| edit(d, "/config/accelerator/gate_lanes", json!(0))),
    case("a build with lanes that nobody chose", COSIM, |d| {
        edit(d, "/config/accelerator/gate_lanes", json!("auto"))
    }),
    case("a build with another geometry", COSIM, |d| edit(d, "/geometry/slots", json!(0))),
    case("a build with another budget", COSIM, |d| edit(d, "/budget/tiles", json!(1))),
    case("a build with probes elsewhere", COSIM, |d| edit(d, "/probes/3/bits", json!(64))),
    case("a build of another seed", COSIM, |d| edit(d, "/config/device/seed", json!(2))),
    case("a build with more than a build has", COSIM, |d| edit(d, "/more", json!(1))),
    case("a build without a geometry's key", COSIM, |d| {
        edited(d, |v| drop(v["geometry"].as_object_mut().unwrap().remove("level_shift")))
    }),
    case("a network that was changed", COSIM, |d| {
        let path = d.join("build").join(NETWORK);
        let mut bytes = fs::read(&path).unwrap();
        bytes[200] ^= 4;
        fs::write(path, bytes).unwrap();
    }),
    case("a network of fewer blocks", COSIM, |d| network(d, |n| drop(n.0.0.pop()))),
    case("a network without a matrix", COSIM, |d| network(d, |n| n.0.0[1].matrices.clear())),
    case("a network with a matrix more", COSIM, |d| {
        network(d, |n| {
            let matrix = n.0.0[1].matrices[0].clone();
            n.0.0[1].matrices.push(matrix);
        })
    }),
    case("a weight of more bits", COSIM, |d| network(d, |n| n.0.0[1].matrices[0].weights[[0, 0]] = -128)),
    case("a scale of no number", COSIM, |d| network(d, |n| n.0.0[1].matrices[0].frac = i32::MIN)),
    case("codes of no word", COSIM, |d| network(d, |n| n.0.0[0].codes = None)),
    case("a range beyond all", COSIM, |d| {
        network(d, |n| {
            n.1.ranges.get_mut("vocab").unwrap()[0] = 60;
        })
    }),
    case("ranges of no matrix", COSIM, |d| network(d, |n| drop(n.1.ranges.remove("vocab")))),
    case("corrections of too few outputs", COSIM, |d| {
        network(d, |n| {
            n.1.corrections.insert("vocab".into(), Vec::new());
        })
    }),
    // Studies.
    case("a study of no numbers", STUDY, |d| study(d, "\"device.time_s\" = [nan]")),
    case("a study without an end", STUDY, |d| study(d, "\"device.time_s\" = [inf]")),
    case("a study of dates", STUDY, |d| study(d, "\"device.time_s\" = [1979-05-27]")),
    case("a study of tables", STUDY, |d| study(d, "\"device.time_s\" = [{ a = 1 }]")),
    case("a study of unknown keys", STUDY, |d| study(d, "\"device.time\" = [1.0]")),
    case("a study of another model's size", STUDY, |d| study(d, "\"model.hidden\" = [7]")),
    case("a study of 2^64 rows", STUDY, |d| {
        let keys = [
            "rows",
            "columns",
            "adc_bits",
            "adc_shift",
            "adc_zero",
            "dac_bits",
            "cell_bits",
            "spare_columns",
        ];
        let values: Vec<u32> = (0..256).collect();
        study(d, &keys.map(|key| format!("\"crossbar.{key}\" = {values:?}\n")).concat())
    }),
    case("rows that were changed", "study DIR/study.toml --out DIR/rows", |d| {
        study(d, "\"crossbar.adc_bits\" = [6, 8]");
        let made = super::run(d, "study DIR/study.toml --out DIR/rows --jobs 1", &[]);
        assert!(made.starts_with("0\n"), "{made}");
        change(d, "rows/rows.jsonl", "\"row\":1", "\"row\":0");
    }),
    // How many.
    case("no sentence", "sample DIR/model -n 0", nothing),
    case("sentences of a build without number", "sample DIR/build -n 18446744073709551615", nothing),
    case("jobs without number", "cosim DIR/build --generate 18446744073709551615", nothing),
    case(
        "figures of sentences without number",
        "eval DIR/model --data DIR/data.txt --generate 1000000000000",
        nothing,
    ),
    // What is read.
    case("sentences without an end", "eval DIR/model --data /dev/zero", nothing),
    case(
        "a configuration without an end",
        "generate --config /dev/urandom --random-weights 1 --out DIR/out",
        nothing,
    ),
    case(
        "a state dict that is a folder",
        "import DIR/model --config DIR/hvae.toml --vocab DIR/model/vocab.txt --out DIR/out",
        nothing,
    ),
    case("a sentence of 10 MB", EVAL, |d| {
        fs::write(d.join("data.txt"), format!("w5 w6\n{}\n", "w7 w8 ".repeat(2_000_000))).unwrap()
    }),
];

fn length_of(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn study(dir: &Path, vary: &str) {
    let place = dir.display();
    let text = format!("model = \"{place}/model\"\ndata = \"{place}/data.txt\"\n[vary]\n{vary}\n");
    fs::write(dir.join("study.toml"), text).unwrap();
}

/// Changes `design.json` and gives it a checksum that fits.
fn edited(dir: &Path, change: impl Fn(&mut Value)) {
    let path = dir.join("build").join(DESCRIPTION);
    let mut value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, sealed_again(&value.to_string()).unwrap()).unwrap();
}

fn edit(dir: &Path, path: &str, to: Value) {
    edited(dir, |value| match value.pointer_mut(path) {
        Some(place) => *place = to.clone(),
        None => drop(value.as_object_mut().unwrap().insert(path[1..].into(), to.clone())),
    });
}

/// Changes the network, and all checksums so that they fit.
fn network(dir: &Path, change: impl Fn(&mut Network)) {
    let path = dir.join("build").join(NETWORK);
    let mut network: Network = ciborium::from_reader(fs::read(&path).unwrap().as_slice()).unwrap();
    change(&mut network);
    let bytes = network.to_bytes();
    fs::write(path, &bytes).unwrap();
    edited(dir, |value| value["files"][NETWORK] = sha256(&bytes).into());
}

#[test]
fn every_bad_value_gets_its_status_and_message() {
    compare("tests/bad_requests/values.txt", &answers(VALUES));
}
