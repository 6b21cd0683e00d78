//! An export as a folder.

use super::{export, read_back};
use crate::crossbar::CrossbarNet;
use crate::failure::Failure;
use crate::files::{Kind, OutputFolder};
use crate::quant::ClippedBias;
use serde::Serialize;
use std::path::Path;

/// What an export folder is.
pub const EXPORT: Kind = Kind::closed("export");

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exported {
    /// Matrices written.
    pub matrices: usize,
    /// Tiles written.
    pub tiles: usize,
    /// Files written.
    pub files: usize,
    /// Weights that the hex images give back as they were.
    pub weights_read_back: usize,
    /// Biases that were larger than they can matter.
    pub clipped_biases: Vec<ClippedBias>,
}

/// Writes the export and reads it back before it is put in its place. `waits` hears when the folder that is replaced is
/// still being read.
///
/// # Errors
///
/// The disk, or images that do not give the weights back.
pub fn write_export(
    net: &CrossbarNet,
    folder: OutputFolder,
    waits: &dyn Fn(&Path),
) -> Result<Exported, Failure> {
    export(net, &mut |path, bytes| folder.write(path, bytes)).map_err(|e| folder.failed(e))?;
    let (_, weights) = read_back(&|path| folder.read(path)).map_err(|e| Failure::check(e.to_string()))?;
    let mut count = 0;
    for (name, read) in &weights {
        if *read != net.matrices[name].matrix().weights {
            return Err(Failure::check(format!("matrix {name} read back differs from the network")));
        }
        count += read.len();
    }
    let (matrices, tiles) = (weights.len(), net.tiles());
    let clipped_biases = net.quant.clipped.clone();
    Ok(Exported { matrices, tiles, files: folder.finish(waits)?, weights_read_back: count, clipped_biases })
}
