//! Every matrix of a network on tiles of one kind.

use super::allocation::rounds;
use super::{
    Converter, DeviceError, Devices, GeometryError, MappedMatrix, Programmed, TileGeometry, TiledMatrix,
    WireError, program,
};
use crate::config::Config;
use crate::model::Block;
use crate::quant::{IntMatrix, QuantBlock, QuantNet};
use ndarray::Array2;
use std::collections::BTreeMap;

/// A quantised network with every matrix mapped.
#[derive(Debug, Clone)]
pub struct CrossbarNet {
    pub quant: QuantNet,
    pub devices: Devices,
    pub geometry: TileGeometry,
    /// By the names of [`QuantNet::matrices`].
    pub matrices: BTreeMap<String, TiledMatrix>,
    /// By block: how many logical tiles take turns on a physical one.
    pub rounds: Vec<usize>,
    /// Of every tile.
    pub converter: Converter,
    /// What became of all cells.
    pub programmed: Programmed,
}

/// Why a network cannot be mapped.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum MapError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    #[error(transparent)]
    Wires(#[from] WireError),
    #[error(
        "[crossbar] physical_tiles = {found}: expected at least {needed}, one for each row of tiles of every matrix; \
         allow more, or use tiles of more rows"
    )]
    Tiles { found: usize, needed: usize },
}

impl CrossbarNet {
    pub fn new(quant: QuantNet, config: &Config) -> Result<CrossbarNet, MapError> {
        let crossbar = &config.crossbar;
        let devices = Devices::new(&config.device, crossbar)?;
        let geometry = TileGeometry::new(crossbar, &quant.fixed, devices.scale())?;
        let converter = Converter::new(&geometry, &config.noise, config.accelerator.skip_zero_phases);
        let mut matrices = BTreeMap::new();
        let mut programmed = Programmed::default();
        unknown_matrix(config, &quant)?;
        for (name, matrix) in quant.matrices() {
            let levels = MappedMatrix::new(&matrix.weights, &geometry);
            let (mapped, cells) = program(&name, levels, &devices, config)?;
            programmed.add(&cells);
            let tiled = TiledMatrix::from_mapped(matrix, mapped, &geometry);
            matrices.insert(name, tiled.with_converter(converter.clone()));
        }
        let rounds = rounds(&quant, &matrices, config)?;
        Ok(CrossbarNet { quant, devices, geometry, matrices, rounds, converter, programmed })
    }

    /// Physical tiles of the whole network.
    pub fn tiles(&self) -> usize {
        let stages = self.quant.network.blocks.iter().zip(&self.quant.blocks).zip(&self.rounds);
        let of_stage = |((block, quant), &rounds): ((&Block, &QuantBlock), &usize)| {
            let names = quant.matrix_names(&block.name);
            names.iter().map(|n| self.matrices[n].mapped().physical_tiles(rounds)).sum::<usize>()
        };
        stages.map(of_stage).sum()
    }
}

/// The weights of every matrix as its cells hold them, by name: what [`CrossbarNet::new`] computes
/// products with.
pub fn programmed_weights(
    quant: &QuantNet,
    config: &Config,
) -> Result<BTreeMap<String, Array2<i32>>, MapError> {
    let devices = Devices::new(&config.device, &config.crossbar)?;
    let geometry = TileGeometry::new(&config.crossbar, &quant.fixed, devices.scale())?;
    let held = |(name, matrix): (String, &IntMatrix)| {
        let levels = MappedMatrix::new(&matrix.weights, &geometry);
        let (cells, _) = program(&name, levels, &devices, config)?;
        Ok((name, cells.weights(&geometry)))
    };
    quant.matrices().into_iter().map(held).collect()
}

/// A fault map that names what is not there is a mistake.
fn unknown_matrix(config: &Config, quant: &QuantNet) -> Result<(), DeviceError> {
    let names: Vec<String> = quant.matrices().into_iter().map(|(name, _)| name).collect();
    match config.device.faults.iter().find(|f| !names.contains(&f.matrix)) {
        Some(fault) => Err(DeviceError::fault(fault, format!("one of the matrices {}", names.join(", ")))),
        None => Ok(()),
    }
}
