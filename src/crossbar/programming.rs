//! Levels to be written, conductances that are there, codes that are read: what devices and wires
//! make of a matrix.
//!
//! Every draw belongs to one cell of one tile of one matrix and to the seed, so that neither the
//! order of the tiles nor the number of cores changes anything.

use super::device::{DeviceError, Programming};
use super::places::dodge;
use super::{Devices, MapError, MappedMatrix, Tile, TileGeometry, effective_conductances};
use crate::config::{Config, Fault, Stuck};
use crate::model::{Random, fingerprint};
use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of the cells of a matrix or a network.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Programmed {
    /// Cells written.
    pub cells: u64,
    /// Cells that show one conductance for ever.
    pub stuck: u64,
    /// Cells beyond the first or the last code.
    pub saturated: u64,
    /// Sum of the squares by which cells miss their level, in microsiemens squared.
    pub square_error_us2: f64,
}

impl Programmed {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Programmed) {
        self.cells += other.cells;
        self.stuck += other.stuck;
        self.saturated += other.saturated;
        self.square_error_us2 += other.square_error_us2;
    }

    /// Itself, unless every cell holds its level.
    pub fn missed(&self) -> Option<Programmed> {
        (self.stuck > 0 || self.square_error_us2 > 0.0 || self.saturated > 0).then_some(*self)
    }

    /// Root mean square by which a cell misses its level, in microsiemens.
    pub fn error_us(&self) -> f64 {
        if self.cells == 0 { 0.0 } else { (self.square_error_us2 / self.cells as f64).sqrt() }
    }
}

impl fmt::Display for Programmed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let share = |count: u64| 100.0 * count as f64 / self.cells.max(1) as f64;
        write!(
            f,
            "{} cells off their levels by {:.3} uS (root mean square); {:.3} % stuck, {:.3} % beyond the codes",
            self.cells,
            self.error_us(),
            share(self.stuck),
            share(self.saturated)
        )
    }
}

/// Writes the levels of `matrix` into devices of tiles `g` and reads them through the wires.
///
/// # Errors
///
/// A fault that lies outside the matrix, or wires that leave no solution.
pub fn program(
    name: &str,
    mut matrix: MappedMatrix,
    devices: &Devices,
    g: &TileGeometry,
    config: &Config,
) -> Result<(MappedMatrix, Programmed), MapError> {
    let programming = Programming::new(&config.device, &config.crossbar)?;
    let faults: Vec<&Fault> = programming.faults.iter().filter(|f| f.matrix == name).collect();
    for fault in &faults {
        check(fault, &matrix)?;
    }
    let mut all = Programmed::default();
    if programming.exact() && config.wires.ideal() {
        for tile in &mut matrix.tiles {
            tile.codes.mapv_inplace(|level| devices.level_code(level.into()) as u8);
            all.cells += tile.codes.len() as u64;
        }
        return Ok((matrix, all));
    }
    let writer = Writer {
        key: fingerprint(name.bytes().map(u64::from)),
        devices,
        programming: &programming,
        faults: &faults,
    };
    let rows = matrix.shape().1;
    let numbered: Vec<(usize, &Tile)> = matrix.tiles.iter().enumerate().collect();
    // Tiles do not know each other.
    let written = numbered.par_iter().map(|&(i, tile)| {
        let stuck = writer.stuck(i, tile);
        let mut tile = tile.clone();
        if g.remap {
            dodge(&mut tile, &stuck, rows, g);
        }
        let cells = writer.write(i, &tile, &stuck);
        let effective = effective_conductances(&cells.conductances, &config.wires)?;
        Ok((tile, cells, effective))
    });
    let written = written.collect::<Result<Vec<_>, MapError>>()?;

    // One gain for the converters of the whole matrix: what drift took from the mean.
    let sum = |of: fn(&Cells) -> f64| written.iter().map(|(_, cells, _)| of(cells)).sum::<f64>();
    let gain = match programming.compensate_drift {
        true => sum(|c| c.before_drift_us) / sum(|c| c.after_drift_us).max(f64::MIN_POSITIVE),
        false => 1.0,
    };
    matrix.tiles.clear();
    for (tile, cells, effective) in written {
        let seen = effective.mapv(|g| g * gain);
        all.add(&Programmed {
            cells: seen.len() as u64,
            stuck: cells.stuck,
            saturated: seen.iter().filter(|g| devices.code(**g).is_none()).count() as u64,
            square_error_us2: cells.square_error_us2,
        });
        matrix.tiles.push(Tile { codes: seen.mapv(|g| devices.nearest_code(g)), ..tile });
    }
    Ok((matrix, all))
}

/// A tile after it was written and has drifted.
struct Cells {
    conductances: Array2<f64>,
    stuck: u64,
    square_error_us2: f64,
    before_drift_us: f64,
    after_drift_us: f64,
}

struct Writer<'a> {
    /// Of the matrix.
    key: u64,
    devices: &'a Devices,
    programming: &'a Programming,
    faults: &'a [&'a Fault],
}

/// Effects that draw numbers of their own, so that one does not shift those of another.
const ERROR: u64 = 1;
const STUCK: u64 = 2;
const DRIFT: u64 = 3;

impl Writer<'_> {
    fn stream(&self, index: usize, effect: u64) -> Random {
        Random::keyed(&[self.programming.seed, self.key, index as u64, effect])
    }

    /// Which cells of a tile show the highest (true) or the lowest conductance for ever.
    fn stuck(&self, index: usize, tile: &Tile) -> Array2<Option<bool>> {
        let p = self.programming;
        let mut draws = self.stream(index, STUCK);
        Array2::from_shape_fn(tile.codes.dim(), |at| {
            let share = f64::from(draws.uniform());
            match self.faults.iter().find(|f| f.tile == tile.at && (f.row, f.column) == at) {
                Some(fault) => Some(fault.stuck == Stuck::On),
                None if share < p.stuck_on => Some(true),
                None => (share < p.stuck_on + p.stuck_off).then_some(false),
            }
        })
    }

    fn write(&self, index: usize, tile: &Tile, stuck: &Array2<Option<bool>>) -> Cells {
        let p = self.programming;
        let (mut error, mut drift) = (self.stream(index, ERROR), self.stream(index, DRIFT));
        let mut cells = Cells {
            conductances: Array2::zeros(tile.codes.dim()),
            stuck: 0,
            square_error_us2: 0.0,
            before_drift_us: 0.0,
            after_drift_us: 0.0,
        };
        for ((at, &level), shown) in tile.codes.indexed_iter().zip(&mut cells.conductances) {
            let target = self.devices.conductance_us(self.devices.level_code(level.into()));
            let written = self.attempt(target, &mut error);
            let keeps = p.drifted(written, f64::from(drift.normal()));
            let g = match stuck[at] {
                Some(on) => p.stuck_us(on),
                None => written * keeps,
            };
            cells.stuck += u64::from(stuck[at].is_some());
            cells.before_drift_us += written;
            cells.after_drift_us += written * keeps;
            *shown = (g + p.non_linear_us).max(0.0);
            cells.square_error_us2 += (*shown - target) * (*shown - target);
        }
        cells
    }

    /// Writes until the conductance is within the tolerance, or as often as may be.
    fn attempt(&self, target: f64, error: &mut Random) -> f64 {
        let p = self.programming;
        let sigma = p.sigma_us(target);
        if sigma == 0.0 {
            return target;
        }
        let mut written = target;
        for _ in 0..p.tries {
            written = (target + sigma * f64::from(error.normal())).max(0.0);
            if (written - target).abs() <= p.tolerance_us {
                break;
            }
        }
        written
    }
}

fn check(fault: &Fault, matrix: &MappedMatrix) -> Result<(), DeviceError> {
    let (rows, columns) = matrix.tiles[0].codes.dim();
    let refuse = |what: String| Err(DeviceError::fault(fault, what));
    if fault.tile.0 >= matrix.row_tiles || fault.tile.1 >= matrix.column_tiles {
        let (last, end) = (matrix.row_tiles - 1, matrix.column_tiles - 1);
        return refuse(format!("a tile from [0, 0] to [{last}, {end}]"));
    }
    if fault.row >= rows || fault.column >= columns {
        return refuse(format!("a row below {rows} and a column below {columns}"));
    }
    Ok(())
}
