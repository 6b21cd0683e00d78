//! A build folder: what it says of itself with checksums that fit, and its list of files.

use super::{Answer, Form, Target, said, text};
use crate::build_folder::{Files, everything, files};
use crate::common::smallest;
use hvae_mnn::build::{Build, NETWORK, Network, Parts, sealed_again};
use hvae_mnn::files::{FileList, sha256};
use hvae_mnn::golden::{Golden, Job, JobKind};
use serde_json::Value;
use std::sync::OnceLock;

/// Of a plain design, and of one with all that cells and converters can have.
fn whole() -> &'static [Files; 2] {
    static WHOLE: OnceLock<[Files; 2]> = OnceLock::new();
    WHOLE.get_or_init(|| [files(&smallest()), files(&everything())])
}

fn read(description: &str, network: &[u8], vocabulary: &str) -> Result<Build, String> {
    said(Build::read(Parts { description, network, vocabulary: Some(vocabulary) }))
}

/// `design.json`, sealed again.
pub const DESCRIPTION: Target = Target {
    name: "design-json",
    form: Form::Json,
    few: 100,
    seconds: 10,
    seeds: || whole().iter().map(|files| files.description.clone().into_bytes()).collect(),
    read: description,
};

fn description(input: &[u8]) -> Answer {
    let input = text(input)?;
    let sealed = sealed_again(input).unwrap_or_else(|| input.to_string());
    // Beside the network that it means.
    let value: Value = serde_json::from_str(&sealed).unwrap_or_default();
    let meant = |files: &&Files| value["files"][NETWORK] == sha256(&files.network);
    let files = whole().iter().find(meant).unwrap_or(&whole()[0]);
    let build = read(&sealed, &files.network, &files.vocabulary)?;
    let again = read(&build.file.to_text(), &files.network, &files.vocabulary);
    assert_eq!(
        again.map(|build| build.file.to_text()),
        Ok(build.file.to_text()),
        "what was accepted reads back"
    );
    Ok(())
}

/// `sim/network.cbor`, with its hash in a description that is sealed again.
pub const NETWORK_FILE: Target = Target {
    name: "network-cbor",
    form: Form::Cbor,
    few: 100,
    seconds: 10,
    seeds: || vec![whole()[0].network.clone()],
    read: network,
};

fn network(input: &[u8]) -> Answer {
    let files = &whole()[0];
    let mut value: Value = serde_json::from_str(&files.description).unwrap();
    value["files"][NETWORK] = sha256(input).into();
    let description = sealed_again(&value.to_string()).unwrap();
    let build = read(&description, input, &files.vocabulary)?;
    let stored: Network = ciborium::from_reader(input).unwrap();
    assert_eq!(Network::of(&build.net), stored, "what was accepted is what was stored");
    let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
    for job in [JobKind::Reconstruct, JobKind::Score] {
        golden.run(&Job::new(job, vec![2, 4, 5, 3], 4));
    }
    Ok(())
}

pub const LIST: Target = Target {
    name: "list-of-files",
    form: Form::Plain,
    few: 500,
    seconds: 10,
    seeds: || {
        let mut list = FileList::new("design");
        for path in ["rtl/a.sv", "b.txt", "sim/network.cbor", "\u{e9} a"] {
            list.add(path, path.as_bytes());
        }
        vec![list.to_text().into_bytes()]
    },
    read: list,
};

fn list(input: &[u8]) -> Answer {
    let input = text(input)?;
    let list = FileList::parse(input).ok_or("none of ours")?;
    let written = list.to_text();
    assert_eq!(FileList::parse(&written), Some(list), "what was accepted reads back");
    // Line by line as it stood there, whatever their order: nothing is read past.
    let mut lines = [written.as_str(), input].map(|text| text.lines().skip(1).collect::<Vec<_>>());
    lines.iter_mut().for_each(|lines| lines.sort_unstable());
    assert_eq!(lines[0], lines[1], "every line was read");
    Ok(())
}
