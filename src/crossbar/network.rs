//! Every matrix of a network on tiles of one kind.

use super::{DeviceError, Devices, GeometryError, TileGeometry, TiledMatrix};
use crate::config::{Crossbar, Device};
use crate::quant::QuantNet;
use std::collections::BTreeMap;

/// A quantised network with every matrix mapped.
#[derive(Debug, Clone)]
pub struct CrossbarNet {
    pub quant: QuantNet,
    pub devices: Devices,
    pub geometry: TileGeometry,
    /// By the names of [`QuantNet::matrices`].
    pub matrices: BTreeMap<String, TiledMatrix>,
}

/// Why a network cannot be mapped.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum MapError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Geometry(#[from] GeometryError),
}

impl CrossbarNet {
    pub fn new(quant: QuantNet, crossbar: &Crossbar, device: &Device) -> Result<CrossbarNet, MapError> {
        let devices = Devices::new(device, crossbar)?;
        let geometry = TileGeometry::new(crossbar, &quant.fixed, devices.code_bits())?;
        let matrices =
            quant.matrices().into_iter().map(|(name, m)| (name, TiledMatrix::new(m, &geometry))).collect();
        Ok(CrossbarNet { quant, devices, geometry, matrices })
    }

    /// Tiles of the whole network.
    pub fn tiles(&self) -> usize {
        self.matrices.values().map(|m| m.mapped().tiles.len()).sum()
    }
}
