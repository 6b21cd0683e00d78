//! What people write: configurations and studies; and the rows of studies.

use super::{Answer, Form, Target, files, said, text};
use crate::common::smallest;
use crate::fuzz::targets::models::small;
use hvae_mnn::build::{Build, BuildFile, NETWORK, Network as Stored, Parts};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::balance;
use hvae_mnn::emit::emit;
use hvae_mnn::files::sha256;
use hvae_mnn::golden::{Golden, Job, JobKind};
use hvae_mnn::pipeline::{map, random_sentences};
use hvae_mnn::study::{Row, Study, read_rows};
use std::collections::BTreeMap;

pub const CONFIGURATION: Target = Target {
    name: "configuration",
    form: Form::Toml,
    few: 300,
    seconds: 10,
    seeds: || files("configs", "", ".toml").into_iter().filter(|file| configuration(file).is_ok()).collect(),
    read: configuration,
};

fn configuration(input: &[u8]) -> Answer {
    let config = said(Config::parse("hvae.toml", text(input)?))?;
    assert_eq!(said(Config::parse("again", &config.to_toml())), Ok(config), "what was accepted reads back");
    Ok(())
}

/// A configuration that is accepted makes a design, or it is said why not; and the design reads back.
pub const DESIGN: Target = Target {
    name: "design",
    form: Form::Toml,
    few: 12,
    seconds: 10,
    seeds: || {
        vec![smallest().to_toml().into_bytes(), crate::build_folder::everything().to_toml().into_bytes()]
    },
    read: design,
};

fn design(input: &[u8]) -> Answer {
    let (small, network, weights) = small();
    let mut config = said(Config::parse("hvae.toml", text(input)?))?;
    config.model = small.model.clone();
    // Seconds are for parsers: arrays of millions of cells, and resistors around them, take longer.
    let cells = config.crossbar.rows * config.crossbar.columns;
    let tries = config.device.verify_tries.unwrap_or(1) as usize;
    if cells > 4096 || (cells > 1024 && !config.wires.ideal()) || tries > 20 {
        return Err("too many cells for a moment".into());
    }
    let config = said(balance(config))?;
    let sentences = random_sentences(config.model.vocabulary, 4, 1);
    let net = said(map(network, weights, &config, &sentences))?;
    let emitted = emit(&net, &config);
    assert!(emitted.files.len() > 20, "{} files", emitted.files.len());
    let stored = Stored::of(&net).to_bytes();
    let hashes = BTreeMap::from([(NETWORK.to_string(), sha256(&stored))]);
    let description = BuildFile::new(&net, &config, hashes).to_text();
    let parts = Parts { description: &description, network: &stored, vocabulary: None };
    let build = Build::read(parts).unwrap_or_else(|e| panic!("what was made does not read back: {e}"));
    assert_eq!(Stored::of(&build.net), Stored::of(&net), "what was made reads back");
    let golden = Golden::tiled(&build.net, &config.accelerator);
    golden.run(&Job::new(JobKind::Reconstruct, vec![2, 4, 3], 3));
    Ok(())
}

pub const STUDY: Target = Target {
    name: "study",
    form: Form::Toml,
    few: 200,
    seconds: 10,
    seeds: || files("configs", "study-", ".toml").into_iter().filter(|file| study(file).is_ok()).collect(),
    read: study,
};

fn study(input: &[u8]) -> Answer {
    let study = said(Study::parse("study.toml", text(input)?))?;
    let written = toml::to_string(&study).unwrap();
    let again = said(Study::parse("again", &written)).unwrap_or_else(|e| panic!("does not read back: {e}"));
    assert_eq!(toml::to_string(&again).unwrap(), written, "what was accepted reads back");
    let rows = study.rows();
    for row in [0, rows / 2, rows.saturating_sub(1)] {
        let choice = study.choice(row);
        assert_eq!(choice, again.choice(row));
        // Values of a row may be beyond their bounds: that is said when its turn comes.
        let _ = study.config("study.toml", &choice);
    }
    Ok(())
}

/// Lines of rows, their checksums made to fit where they are rows at all.
pub const ROWS: Target = Target {
    name: "rows",
    form: Form::Json,
    few: 300,
    seconds: 10,
    seeds: || {
        let figures = serde_json::json!({ "ppl": 43.25, "nll": 0.3, "kl": 1e-9, "accuracy": 0.3, "overlap": null,
            "clip_rate": 0.0, "adc_clips": 0, "saturations": 7 });
        let row = |number: usize| {
            let choice = serde_json::to_value(tried().choice(number)).unwrap();
            let mut row = choice.as_object().unwrap().clone();
            row.insert("figures".into(), if number == 1 { figures.clone() } else { serde_json::Value::Null });
            row.insert("error".into(), serde_json::Value::Null);
            serde_json::Value::Object(row)
        };
        vec![serde_json::to_vec(&[row(2), row(1)]).unwrap()]
    },
    read: rows,
};

fn tried() -> Study {
    let vary =
        "\"crossbar.adc_bits\" = [6, 8]\n\"device.time_s\" = [0.5, 1e6]\n\"crossbar.flip\" = [false]\n";
    Study::parse("s.toml", &format!("model = \"m\"\ndata = \"d\"\nseeds = [1, 2]\n[vary]\n{vary}")).unwrap()
}

fn rows(input: &[u8]) -> Answer {
    let as_it_is = text(input)?;
    let sealed = serde_json::from_slice::<Vec<Row>>(input)
        .map(|rows| rows.iter().map(|row| row.to_line("id") + "\n").collect::<String>());
    let lines = sealed.as_deref().unwrap_or(as_it_is);
    let rows = said(read_rows("rows.jsonl", 2, lines, &tried(), "id"))?;
    let again: String = rows.values().map(|row| row.to_line("id") + "\n").collect();
    assert_eq!(said(read_rows("again", 2, &again, &tried(), "id")), Ok(rows), "what was accepted reads back");
    Ok(())
}
