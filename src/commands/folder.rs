//! A build folder: the emitted design with what the golden model needs.

use super::inputs::read_text;
use super::output::OutputFolder;
use super::{Failure, source};
use hvae_mnn::build::{Build, BuildFile, NETWORK, Network, Parts, VOCABULARY};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::emit;
use hvae_mnn::model::Vocabulary;
use hvae_mnn::rom::sha256;
use std::path::Path;

/// The file every build folder has.
pub use hvae_mnn::build::DESCRIPTION as MARKER;

/// Writes the whole design; returns what `design.json` says.
pub fn write_build(
    out: &Path,
    net: &CrossbarNet,
    config: &Config,
    vocabulary: Option<&Vocabulary>,
) -> Result<(BuildFile, usize), Failure> {
    let folder = OutputFolder::begin(out, MARKER)?;
    let emitted = emit(net, config);
    let count = emitted.files.len() + 2;
    for (path, text) in &emitted.files {
        folder.put(path, text.as_bytes())?;
    }
    let mut hashes = emitted.design.files;
    let mut put = |path: &str, bytes: &[u8]| {
        hashes.insert(path.into(), sha256(bytes));
        folder.put(path, bytes)
    };
    put(NETWORK, &Network::of(net).to_bytes())?;
    if let Some(vocabulary) = vocabulary {
        put(VOCABULARY, vocabulary.to_text().as_bytes())?;
    }
    let file = BuildFile::new(net, config, hashes);
    folder.put(MARKER, file.to_text().as_bytes())?;
    folder.finish()?;
    Ok((file, count))
}

/// Reads a build folder.
pub fn read_build(folder: &Path) -> Result<Build, Failure> {
    let path = folder.join(MARKER);
    if !path.exists() {
        return Err(Failure::input(format!(
            "{}: expected a build folder (with {MARKER}), found none; make one with `hvae generate`",
            folder.display()
        )));
    }
    let description = read_text(&path)?;
    let path = folder.join(NETWORK);
    let network = source::read(&path)?;
    let path = folder.join(VOCABULARY);
    let vocabulary = if path.exists() { Some(read_text(&path)?) } else { None };
    let parts = Parts { description: &description, network: &network, vocabulary: vocabulary.as_deref() };
    Build::read(parts).map_err(|e| Failure::input(format!("{}/{e}", folder.display())))
}
