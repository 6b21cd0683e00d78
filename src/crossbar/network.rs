//! Every matrix of a network on tiles of one kind.

use super::allocation::rounds;
use super::{
    Converters, Correction, DeviceError, Devices, Engine, GeometryError, MappedMatrix, Programmed, Ranges,
    TileGeometry, TiledMatrix, WireError, program,
};
use crate::config::Config;
use crate::model::{Block, BlockId, Schedule};
use crate::quant::{IntMatrix, QuantBlock, QuantNet};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A quantised network with every matrix mapped.
#[derive(Debug, Clone)]
pub struct CrossbarNet {
    /// The network in integers.
    pub quant: QuantNet,
    /// What its cells are of.
    pub devices: Devices,
    /// How a tile is divided.
    pub geometry: TileGeometry,
    /// By the names of [`QuantNet::matrices`].
    pub matrices: BTreeMap<String, TiledMatrix>,
    /// By block: how many logical tiles take turns on a physical one.
    pub rounds: Vec<usize>,
    /// The tiles that all matrices share, if they do.
    pub engine: Option<Engine>,
    /// Of the ranges that tiles have.
    pub converters: Converters,
    /// What became of all cells.
    pub programmed: Programmed,
}

/// How the products of a network take turns on tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    /// By block: logical tiles that take turns on a physical one.
    pub rounds: Vec<usize>,
    /// Of those, for products that stay the same from the first step on and are not made again.
    pub kept: Vec<usize>,
    /// Cycles that sums take longer to be there than with tiles for every matrix.
    pub told: u64,
}

impl Turns {
    /// Tiles for everything: nothing takes turns.
    pub fn none(blocks: usize) -> Turns {
        Turns { rounds: vec![1; blocks], kept: vec![0; blocks], told: 0 }
    }
}

/// What sentences decide of a mapped network, beside its integers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Ranges of converters beyond the finest one.
    pub ranges: Ranges,
    /// By matrix, an output after the other; absent: none.
    pub corrections: BTreeMap<String, Vec<Correction>>,
}

/// Settings of other cells.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{what}: expected {expected}, found {found}")]
pub struct SettingsError {
    what: String,
    expected: String,
    found: String,
}

/// Why a network cannot be mapped.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum MapError {
    /// `[device]` says what cannot be.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// There is no such tile.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// `[wires]` says what cannot be.
    #[error(transparent)]
    Wires(#[from] WireError),
    /// Fewer physical tiles than a matrix must have.
    #[error(
        "[crossbar] physical_tiles = {found}: expected at least {needed}, one for each row of tiles of every matrix; \
         allow more, or use tiles of more rows"
    )]
    Tiles {
        /// What is there.
        found: usize,
        /// What is needed.
        needed: usize,
    },
    /// A round is over before its sums have been told.
    #[error(
        "[crossbar] physical_tiles = {tiles} with shared = true: expected at most {most}: a round has {words} sums, which are told one a \
         cycle while the next one converts, and converts for {cycles} cycles (reads x slots); take fewer tiles, fewer columns, or \
         more columns_per_adc"
    )]
    Told {
        /// `[crossbar] physical_tiles`.
        tiles: usize,
        /// Sums of a round.
        words: usize,
        /// Cycles in which a round converts.
        cycles: usize,
        /// Tiles of which the sums are told in that time.
        most: usize,
    },
    /// A matrix takes too many rounds.
    #[error(
        "[crossbar] physical_tiles = {tiles} with shared = true: expected at most 256 rounds a stage, {block} takes {rounds}; allow more \
         tiles, or use larger ones"
    )]
    Rounds {
        /// The block.
        block: String,
        /// Rounds that its matrix takes.
        rounds: usize,
        /// Tiles that there are.
        tiles: usize,
    },
}

impl CrossbarNet {
    /// Puts every matrix of `quant` on tiles, and programs their cells.
    ///
    /// # Errors
    ///
    /// Devices, geometry or wires that cannot be, or too few tiles.
    pub fn new(quant: QuantNet, config: &Config) -> Result<CrossbarNet, MapError> {
        let crossbar = &config.crossbar;
        let devices = Devices::new(&config.device, crossbar)?;
        let geometry = TileGeometry::new(crossbar, &quant.fixed, devices.scale())?;
        let skips_zeros = config.accelerator.skip_zero_phases;
        let converters = Converters::new(&geometry, geometry.full_range(), &config.noise, skips_zeros);
        let mut matrices = BTreeMap::new();
        let mut programmed = Programmed::default();
        unknown_matrix(config, &quant)?;
        for (name, matrix) in quant.matrices() {
            let levels = MappedMatrix::new(&matrix.weights, &geometry);
            let (mapped, cells) = program(&name, levels, &devices, &geometry, config)?;
            programmed.add(&cells);
            let tiled = TiledMatrix::from_mapped(matrix, mapped, &geometry);
            matrices.insert(name, tiled.with_converters(converters.clone()));
        }
        let engine = match crossbar.shared {
            true => Some(Engine::new(&quant, &matrices, &geometry, crossbar.physical_tiles)?),
            false => None,
        };
        let rounds = match &engine {
            Some(engine) => engine.rounds_of_stages(&quant),
            None => rounds(&quant, &matrices, config)?,
        };
        Ok(CrossbarNet { quant, devices, geometry, matrices, rounds, engine, converters, programmed })
    }

    /// The same cells behind converters of these ranges.
    pub fn with_ranges(mut self, ranges: &Ranges) -> CrossbarNet {
        let integers: BTreeMap<String, &IntMatrix> = self.quant.matrices().into_iter().collect();
        for (name, tiled) in &mut self.matrices {
            let mut mapped = tiled.mapped().clone();
            for (tile, &range) in mapped.tiles.iter_mut().zip(&ranges[name]) {
                tile.adc_shift = range;
            }
            let tiled_again = TiledMatrix::from_mapped(integers[name], mapped, &self.geometry);
            *tiled = tiled_again.with_converters(self.converters.clone());
        }
        self
    }

    /// The same cells with a gain and an offset for every output of the matrices named.
    pub fn with_corrections(mut self, corrections: BTreeMap<String, Vec<Correction>>) -> CrossbarNet {
        for (name, corrections) in corrections {
            if let Some(tiled) = self.matrices.remove(&name) {
                self.matrices.insert(name, tiled.with_corrections(corrections));
            }
        }
        self
    }

    /// What was set on sentences after programming, for [`with_settings`](Self::with_settings).
    pub fn settings(&self) -> Settings {
        let named = self.matrices.iter();
        let range = |m: &TiledMatrix| m.mapped().tiles.iter().map(|tile| tile.adc_shift).collect();
        let corrections =
            |(name, m): (&String, &TiledMatrix)| Some((name.clone(), m.corrections()?.to_vec()));
        Settings {
            ranges: named.clone().map(|(name, m)| (name.clone(), range(m))).collect(),
            corrections: named.filter_map(corrections).collect(),
        }
    }

    /// The same cells with the settings of an earlier calibration, if they are of these cells.
    ///
    /// # Errors
    ///
    /// They are of other cells.
    pub fn with_settings(self, settings: Settings) -> Result<CrossbarNet, SettingsError> {
        let wrong = |what: &str, expected: String, found: String| {
            Err(SettingsError { what: what.into(), expected, found })
        };
        let known: Vec<&str> = self.matrices.keys().map(String::as_str).collect();
        if !settings.ranges.keys().eq(known.iter()) {
            let found: Vec<&str> = settings.ranges.keys().map(String::as_str).collect();
            return wrong("ranges", known.join(", "), found.join(", "));
        }
        let ranges = self.geometry.adc_shift..=self.geometry.full_range();
        for (name, of_tiles) in &settings.ranges {
            let tiles = self.matrices[name].mapped().tiles.len();
            if of_tiles.len() != tiles {
                return wrong(
                    &format!("ranges of {name}"),
                    format!("{tiles}, one a tile"),
                    of_tiles.len().to_string(),
                );
            }
            if let Some(range) = of_tiles.iter().find(|range| !ranges.contains(*range)) {
                let expected = format!("{} to {}", ranges.start(), ranges.end());
                return wrong(&format!("ranges of {name}"), expected, range.to_string());
            }
        }
        for (name, of_outputs) in &settings.corrections {
            let what = format!("corrections of {name}");
            let Some(tiled) = self.matrices.get(name) else {
                return wrong(&what, format!("one of {}", known.join(", ")), name.clone());
            };
            let outputs = tiled.matrix().weights.nrows();
            if of_outputs.len() != outputs {
                return wrong(&what, format!("{outputs}, one an output"), of_outputs.len().to_string());
            }
            if let Some(beyond) = of_outputs.iter().find(|c| !c.fits(self.geometry.acc_bits)) {
                let expected = format!("a gain below 2 and an offset of {} bits", self.geometry.acc_bits);
                return wrong(&what, expected, format!("{beyond:?}"));
            }
        }
        Ok(self.with_ranges(&settings.ranges).with_corrections(settings.corrections))
    }

    /// The coarsest range of any tile.
    pub fn coarsest_range(&self) -> u32 {
        let tiles = self.matrices.values().flat_map(|m| &m.mapped().tiles);
        tiles.map(|tile| tile.adc_shift).max().unwrap_or(self.geometry.adc_shift)
    }

    /// Every matrix with the rounds of its stage.
    pub fn matrix_rounds(&self) -> Vec<(&str, usize)> {
        let stages = self.quant.network.blocks.iter().zip(&self.quant.blocks).zip(&self.rounds);
        let of_stage = |((block, quant), &rounds): ((&Block, &QuantBlock), &usize)| {
            let named = |name: String| {
                let (name, _) = self.matrices.get_key_value(&name).expect("every matrix is mapped");
                (name.as_str(), rounds)
            };
            quant.matrix_names(&block.name).into_iter().map(named).collect::<Vec<_>>()
        };
        stages.flat_map(of_stage).collect()
    }

    /// When the blocks work: one product at a time where all share their tiles.
    pub fn schedule(&self) -> Schedule {
        let network = &self.quant.network;
        if self.engine.is_some() { Schedule::one_by_one(network) } else { Schedule::new(network) }
    }

    /// Cycles that sums take longer to be there than with tiles for every matrix.
    pub fn told(&self) -> u64 {
        self.engine.as_ref().map_or(0, Engine::told)
    }

    /// Rounds of a stage that are for products which stay the same from its first step on, where matrices take turns.
    pub fn kept_rounds(&self, schedule: &Schedule, id: BlockId) -> usize {
        let (Some(engine), QuantBlock::Cell(cell)) = (&self.engine, &self.quant.blocks[id]) else { return 0 };
        let names = self.quant.blocks[id].matrix_names(&self.quant.network.blocks[id].name);
        let kept = cell.parts.iter().zip(&names).filter(|(part, _)| schedule.constant(part.edge.block, id));
        kept.map(|(_, name)| engine.rounds(name)).sum()
    }

    /// How products take turns.
    pub fn turns(&self) -> Turns {
        let schedule = self.schedule();
        let kept = (0..self.rounds.len()).map(|id| self.kept_rounds(&schedule, id)).collect();
        Turns { rounds: self.rounds.clone(), kept, told: self.told() }
    }

    /// Physical tiles of the whole network.
    pub fn tiles(&self) -> usize {
        if let Some(engine) = &self.engine {
            return engine.tiles;
        }
        self.matrix_rounds()
            .iter()
            .map(|(n, rounds)| self.matrices[*n].mapped().physical_tiles(*rounds))
            .sum()
    }
}

/// The weights of every matrix as its cells hold them, by name: what [`CrossbarNet::new`] computes
/// products with.
///
/// # Errors
///
/// Those of [`CrossbarNet::new`].
pub fn programmed_weights(
    quant: &QuantNet,
    config: &Config,
) -> Result<BTreeMap<String, Array2<i32>>, MapError> {
    let devices = Devices::new(&config.device, &config.crossbar)?;
    let geometry = TileGeometry::new(&config.crossbar, &quant.fixed, devices.scale())?;
    let held = |(name, matrix): (String, &IntMatrix)| {
        let levels = MappedMatrix::new(&matrix.weights, &geometry);
        let (cells, _) = program(&name, levels, &devices, &geometry, config)?;
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
