//! Integer weights to conductances of cells on tiles, and back; the device physics.

mod allocation;
mod columns;
mod converter;
mod correction;
mod device;
mod engine;
mod geometry;
mod kernel;
mod mapping;
mod network;
mod places;
mod presets;
mod programming;
mod ranges;
mod tiled;
mod wires;

pub use allocation::{BalanceError, balance};
pub use converter::{Conversion, Converter, Converters, NoiseTable, job_key, product_key};
pub use correction::{Correction, Fit, GAIN_BITS, GAIN_FRAC};
pub use device::{CodeScale, DeviceError, Devices, Programming};
pub use engine::Engine;
pub use geometry::{CellSite, GeometryError, TileGeometry};
pub use kernel::{ColumnSums, Kernel, KernelChoice, Level};
pub use mapping::{MappedMatrix, Tile};
pub use network::{CrossbarNet, MapError, Settings, SettingsError, Turns, programmed_weights};
pub use presets::{Drift, PRESETS, Preset};
pub use programming::{Programmed, program};
pub use ranges::{Histograms, Ranges, fitted_ranges, full_ranges};
pub use tiled::TiledMatrix;
pub use wires::{WireError, effective_conductances};
