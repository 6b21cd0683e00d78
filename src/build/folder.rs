//! A build folder: the emitted design with what the golden model needs.

// Here a build folder reaches the disk.
#![allow(clippy::disallowed_methods)]

use super::{Build, BuildFile, DESCRIPTION, NETWORK, Network, Parts, VOCABULARY};
use crate::config::Config;
use crate::cosim::is_simulation;
use crate::crossbar::CrossbarNet;
use crate::emit::emit_with;
use crate::failure::Failure;
use crate::files::{FileList, Kind, LIST, OutputFolder, Problem, read, read_text, sha256, share, silently};
use crate::model::Vocabulary;
use crate::synth::is_synthesis;
use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};

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

/// Writes the whole design and puts `folder` in its place; what `design.json` says, and the number of files.
/// `waits` hears when the folder that is replaced is still being read.
///
/// # Errors
///
/// Those of the disk; a board that has no use for the network.
pub fn write_build(
    folder: OutputFolder,
    net: &CrossbarNet,
    config: &Config,
    vocabulary: Option<&Vocabulary>,
    waits: &dyn Fn(&Path),
) -> Result<(BuildFile, usize), Failure> {
    let emitted = emit_with(net, config, vocabulary).map_err(|e| Failure::input(e.to_string()))?;
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
    folder.put(DESCRIPTION, file.to_text().as_bytes())?;
    Ok((file, folder.finish(waits)?))
}

/// Reads a build folder that is as it was generated.
///
/// # Errors
///
/// `folder` is none, or a file of it is missing, changed, or of another version.
pub fn read_build(folder: &Path) -> Result<ReadBuild, Failure> {
    read_checked(folder, None)
}

/// The same; with `as_is` also one in which files were changed (`--changed`).
///
/// # Errors
///
/// Those of [`read_build`]; a changed file only where it makes no sense.
pub fn read_build_as_is(folder: &Path, as_is: bool) -> Result<ReadBuild, Failure> {
    read_checked(folder, Some(as_is))
}

fn read_checked(folder: &Path, as_is: Option<bool>) -> Result<ReadBuild, Failure> {
    let path = folder.join(DESCRIPTION);
    if !path.exists() {
        return Err(Failure::input(format!(
            "{}: expected a build folder (with {DESCRIPTION}), found none; make one with `hvae generate`",
            folder.display()
        )));
    }
    let reading = share(folder).map_err(|e| Failure::io(folder, e))?;
    let changed = check(folder, as_is)?;
    let description = read_text(&path, &silently)?;
    let path = folder.join(NETWORK);
    let network = read(&path, &silently)?;
    let path = folder.join(VOCABULARY);
    let vocabulary = if path.exists() { Some(read_text(&path, &silently)?) } else { None };
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
