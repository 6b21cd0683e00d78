//! A build folder: the emitted design with what the golden model needs.

use super::inputs::read_text;
use super::output::{Kind, OutputFolder};
use super::{Failure, source};
use hvae_mnn::build::{Build, BuildFile, NETWORK, Network, Parts, VOCABULARY};
use hvae_mnn::config::Config;
use hvae_mnn::cosim::is_simulation;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::emit::emit;
use hvae_mnn::files::{FileList, LIST, Problem, share};
use hvae_mnn::model::Vocabulary;
use hvae_mnn::rom::sha256;
use hvae_mnn::synth::is_synthesis;
use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// The file every build folder has.
pub use hvae_mnn::build::DESCRIPTION as MARKER;

/// A build folder, to which simulations, synthesis and the driver's makefile add.
pub const DESIGN: Kind = Kind { name: "design", later: added, kept };

fn added(path: &str) -> bool {
    let driver = path.starts_with("driver/obj/") || path == "driver/example";
    driver || is_simulation(path) || is_synthesis(path)
}

/// What of an earlier build is of use to a new one: simulations are found by the content of their sources, and
/// synthesis of the same design is the same.
fn kept(old: &Path, same: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(old.join("sim")).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut kept: Vec<PathBuf> = names
        .filter(|name| is_simulation(&format!("sim/{name}/")))
        .map(|name| Path::new("sim").join(name))
        .collect();
    kept.extend(same.then(|| "synth".into()));
    kept
}

/// A build folder that was read back.
pub struct ReadBuild {
    build: Build,
    /// Files that are not as they were generated, where that was allowed.
    pub changed: Vec<String>,
    /// As long as it is there, nobody replaces the folder.
    _reading: File,
}

impl Deref for ReadBuild {
    type Target = Build;

    fn deref(&self) -> &Build {
        &self.build
    }
}

/// Writes the whole design; returns what `design.json` says, and the number of files.
pub fn write_build(
    folder: OutputFolder,
    net: &CrossbarNet,
    config: &Config,
    vocabulary: Option<&Vocabulary>,
) -> Result<(BuildFile, usize), Failure> {
    let emitted = emit(net, config);
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
    Ok((file, folder.finish()?))
}

/// Reads a build folder that is as it was generated.
pub fn read_build(folder: &Path) -> Result<ReadBuild, Failure> {
    read(folder, None)
}

/// The same; with `as_is` also one in which files were changed (`--changed`).
pub fn read_build_as_is(folder: &Path, as_is: bool) -> Result<ReadBuild, Failure> {
    read(folder, Some(as_is))
}

fn read(folder: &Path, as_is: Option<bool>) -> Result<ReadBuild, Failure> {
    let path = folder.join(MARKER);
    if !path.exists() {
        return Err(Failure::input(format!(
            "{}: expected a build folder (with {MARKER}), found none; make one with `hvae generate`",
            folder.display()
        )));
    }
    let reading = share(folder).map_err(|e| Failure::io(folder, e))?;
    let changed = check(folder, as_is)?;
    let description = read_text(&path)?;
    let path = folder.join(NETWORK);
    let network = source::read(&path)?;
    let path = folder.join(VOCABULARY);
    let vocabulary = if path.exists() { Some(read_text(&path)?) } else { None };
    let parts = Parts { description: &description, network: &network, vocabulary: vocabulary.as_deref() };
    let build = Build::read(parts).map_err(|e| Failure::input(format!("{}/{e}", folder.display())))?;
    Ok(ReadBuild { build, changed, _reading: reading })
}

/// Compares every file with the hash that it was generated with; those that differ, where `as_is` allows it.
fn check(folder: &Path, as_is: Option<bool>) -> Result<Vec<String>, Failure> {
    let list = FileList::of(folder).map_err(|e| Failure::io(&folder.join(LIST), e))?;
    let list = list.filter(|list| list.kind() == DESIGN.name).ok_or_else(|| {
        Failure::input(format!(
            "{}: expected the hashes of all files, as `hvae generate` writes them, found none; generate the design again",
            folder.join(LIST).display()
        ))
    })?;
    let damage = list.damage(folder).map_err(|e| Failure::io(folder, e))?;
    let place = |path: &str| folder.join(path).display().to_string();
    if let Some((path, _)) = damage.iter().find(|(_, problem)| *problem == Problem::Missing) {
        let place = place(path);
        return Err(Failure::input(format!(
            "{place}: missing since it was generated; generate the design again"
        )));
    }
    let changed: Vec<String> = damage.into_iter().map(|(path, _)| path).collect();
    if changed.is_empty() || as_is == Some(true) {
        return Ok(changed);
    }
    let more = match changed.len() - 1 {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let hint = if as_is.is_some() { ", or take it as it is with --changed" } else { "" };
    let place = place(&changed[0]);
    Err(Failure::input(format!(
        "{place}: changed since it was generated{more}; generate the design again{hint}"
    )))
}
