//! A build folder is read back as it was written, and not otherwise: nothing in it is believed.

use crate::common::{all_asked, mapped, smallest};
use hvae_mnn::build::{Build, BuildFile, DESCRIPTION, NETWORK, Network, Parts, VOCABULARY, sealed_again};
use hvae_mnn::config::Config;
use hvae_mnn::files::sha256;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The three files of a small build.
pub struct Files {
    pub description: String,
    pub network: Vec<u8>,
    pub vocabulary: String,
}

impl Files {
    pub fn read(&self) -> Result<Build, String> {
        let parts = Parts {
            description: &self.description,
            network: &self.network,
            vocabulary: Some(&self.vocabulary),
        };
        Build::read(parts).map_err(|e| e.to_string())
    }
}

pub fn files(config: &Config) -> Files {
    let net = mapped(config, 1).0;
    let network = Network::of(&net).to_bytes();
    let words: String = (4..config.model.vocabulary).map(|i| format!("w{i}\n")).collect();
    let vocabulary = format!("<pad>\n<unk0>\n<sos>\n<eos>\n{words}");
    let hashes = BTreeMap::from([
        (NETWORK.to_string(), sha256(&network)),
        (VOCABULARY.to_string(), sha256(vocabulary.as_bytes())),
    ]);
    let description = BuildFile::new(&net, config, hashes).to_text();
    Files { description, network, vocabulary }
}

/// Everything that a configuration can change of the cells and their converters.
pub fn everything() -> Config {
    let mut config = smallest();
    config.crossbar.calibrate_columns = true;
    config.crossbar.adc_range = hvae_mnn::config::AdcRange::Data;
    config.crossbar.adc_range_of = hvae_mnn::config::RangeOf::Tile;
    config.device.preset = "wan2022".into();
    config.noise.comparator = 0.1;
    config.model.tokenizer = hvae_mnn::config::Tokenizer::WordPunct;
    config
}

#[test]
fn a_build_reads_back_as_it_was_written() {
    for config in [smallest(), everything()] {
        let files = files(&config);
        let build = files.read().unwrap();
        assert_eq!(build.file.to_text(), files.description);
        assert_eq!(Network::of(&build.net).to_bytes(), files.network);
        let vocabulary = build.vocabulary.unwrap();
        assert_eq!(vocabulary.to_text(), files.vocabulary);
        assert_eq!(vocabulary.tokenizer(), config.model.tokenizer);
        // Laid out otherwise it says the same.
        let compact = serde_json::from_str::<Value>(&files.description).unwrap().to_string();
        Files { description: compact, ..files }.read().unwrap();
    }
}

/// Paths of all numbers, words and switches of a description.
fn leaves(value: &Value, path: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, v)| leaves(v, &format!("{path}/{}", key.replace('/', "~1")), all))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{path}/{i}"), all))
        }
        _ => all.push(path.into()),
    }
}

/// Values that have broken programs before.
fn edges() -> Vec<Value> {
    vec![
        json!(0),
        json!(-1),
        json!(63),
        json!(u64::MAX),
        json!(1e300),
        json!(-0.5),
        json!(null),
        json!("x"),
        json!([]),
        json!({}),
    ]
}

#[test]
fn no_value_of_a_description_can_be_changed() {
    let files = files(&smallest());
    let whole: Value = serde_json::from_str(&files.description).unwrap();
    let mut paths = Vec::new();
    leaves(&whole, "", &mut paths);
    assert!(paths.len() > 300, "{} values", paths.len());
    for (i, path) in paths.iter().enumerate() {
        // Every edge for what a person chose, where all was asked for, else three of ten in turn; one for what follows
        // from it.
        let mut edges = edges();
        edges.rotate_left(i % 10);
        edges.truncate(match path.starts_with("/config") {
            true if all_asked() => 10,
            true => 3,
            false => 1,
        });
        for edge in edges {
            let mut changed = whole.clone();
            let place = changed.pointer_mut(path).unwrap();
            if *place == edge {
                continue;
            }
            *place = edge.clone();
            let text = changed.to_string();
            let sealed = sealed_again(&text).unwrap();
            let said = |description: String| {
                let files = Files {
                    description,
                    network: files.network.clone(),
                    vocabulary: files.vocabulary.clone(),
                };
                files.read().err().unwrap_or_else(|| panic!("{path} = {edge} was accepted"))
            };
            let plain = said(text);
            if path != "/sha256" {
                assert!(
                    plain.starts_with("design.json: changed since it was generated"),
                    "{path} = {edge}: {plain}"
                );
                said(sealed);
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_build_is_said() {
    let whole = files(&smallest());
    let again = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&whole.description).unwrap();
        change(&mut value);
        Files {
            description: sealed_again(&value.to_string()).unwrap(),
            network: whole.network.clone(),
            vocabulary: whole.vocabulary.clone(),
        }
    };
    let set = |path: &str, to: Value| {
        let files =
            again(&|value| *value.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = to.clone());
        files.read().unwrap_err()
    };
    let end = "generate the design again";
    for (path, to, message) in [
        ("/config/crossbar/rows", json!(0), "[crossbar] rows = 0: expected 1 to 1024; a tile has word lines"),
        ("/geometry/cell_bits", json!(0), "geometry.cell_bits: expected 2, found 0"),
        ("/budget/tiles", json!(3), "budget.tiles: expected 14, found 3"),
        ("/config/model/hidden", json!(4), "block enc1: expected a matrix of 12 x 4 to 260, found 9 x 5"),
        ("/tool", json!("hvae-mnn 0.0.9"), "generated by hvae-mnn 0.0.9, expected hvae-mnn 0.1.0"),
    ] {
        let file = if message.starts_with("block") { NETWORK } else { DESCRIPTION };
        assert_eq!(set(path, to), format!("{file}: {message}; {end}"));
    }
    let files = again(&|value| drop(value["geometry"].as_object_mut().unwrap().remove("level_shift")));
    assert_eq!(
        files.read().unwrap_err(),
        format!("design.json: geometry.level_shift: expected 0, found null; {end}")
    );
    let old = Files { description: whole.description.replace("\"sha256\"", "\"sha\""), ..again(&|_| ()) };
    assert_eq!(
        old.read().unwrap_err(),
        format!("design.json: generated by an older version (it has no sha256); {end}")
    );
    let mut network = whole.network.clone();
    network[100] ^= 1;
    let changed = Files { network, ..again(&|_| ()) }.read().unwrap_err();
    assert!(
        changed.starts_with("sim/network.cbor: changed since it was generated (sha256 expected "),
        "{changed}"
    );
    let words =
        Files { vocabulary: whole.vocabulary.replace("w4", "w44"), ..again(&|_| ()) }.read().unwrap_err();
    assert!(words.starts_with("sim/vocab.txt: changed since it was generated"), "{words}");
}
