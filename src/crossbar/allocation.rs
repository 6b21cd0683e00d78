//! Which tiles share converters when there are fewer than the weights need, and how many
//! lanes go with them.

use super::engine::MOST_ROUNDS;
use super::{DeviceError, Devices, GeometryError, MapError, TileGeometry, TiledMatrix};
use crate::config::{Config, Lanes};
use crate::model::{BlockId, Over, Schedule};
use crate::quant::QuantNet;
use std::collections::BTreeMap;

/// Tokens a stage of the sentence is worth: it runs once where the others run per token.
const SENTENCE: usize = 20;

/// Rows and columns of logical tiles of the matrices of one stage, which work side by side.
type Shapes = Vec<(usize, usize)>;

/// Rounds of every block (1 where it has no matrix), so that at most `physical_tiles` are needed
/// (0: as many as there are weights for).
///
/// In a round, other columns of a tile are put on its converters, so a product takes
/// `rounds` times as long (`t_MVM >= rounds * X * M` of the cycle bound). Those who lose the
/// fewest cycles per tile saved give way first.
pub(super) fn rounds(
    quant: &QuantNet,
    matrices: &BTreeMap<String, TiledMatrix>,
    config: &Config,
) -> Result<Vec<usize>, MapError> {
    let available = config.crossbar.physical_tiles;
    let shapes: Vec<Shapes> = (0..quant.blocks.len()).map(|id| shapes(quant, matrices, id)).collect();
    let units = units(quant, config.accelerator.score);
    let of_unit = |unit: &[BlockId]| unit.iter().flat_map(|&id| shapes[id].clone()).collect::<Shapes>();
    let unit_shapes: Vec<Shapes> = units.iter().map(|u| of_unit(&u.stages)).collect();
    let mut turns = vec![1; units.len()];
    let total = |turns: &[usize]| unit_shapes.iter().zip(turns).map(|(s, &r)| tiles(s, r)).sum::<usize>();
    while available > 0 && total(&turns) > available {
        let steps = (0..units.len()).filter_map(|u| {
            let next = next_saving(&unit_shapes[u], turns[u])?;
            let saved = tiles(&unit_shapes[u], turns[u]) - tiles(&unit_shapes[u], next);
            Some((u, next, units[u].weight * (next - turns[u]), saved))
        });
        // Fewest cycles per tile saved: a/b < c/d as a*d < c*b.
        let Some((u, next, ..)) = steps.min_by(|a, b| (a.2 * b.3).cmp(&(b.2 * a.3))) else {
            return Err(MapError::Tiles { found: available, needed: total(&turns) });
        };
        turns[u] = next;
    }
    let mut rounds = vec![1; shapes.len()];
    for (unit, &turns) in units.iter().zip(&turns) {
        unit.stages.iter().for_each(|&id| rounds[id] = turns);
    }
    Ok(rounds)
}

/// Stages that must take the same number of rounds, and what a round more costs.
struct Unit {
    stages: Vec<BlockId>,
    weight: usize,
}

/// The stages of a wave work side by side, and each reads what the one before it wrote in the
/// last beat: none may write before all have driven their word lines, so all take as long. The
/// decoder is a wave when it scores.
fn units(quant: &QuantNet, score: bool) -> Vec<Unit> {
    let schedule = Schedule::new(&quant.network);
    let mut units = Vec::new();
    for body in schedule.bodies() {
        let all = body.stages().filter(|&id| !quant.blocks[id].matrices().is_empty());
        let stages: Vec<BlockId> = all.collect();
        let together = match body.over {
            Over::Positions | Over::Backwards => body.wave.then_some(SENTENCE),
            // Written tokens pass the stages one by one.
            Over::Written => (score && body.wave).then_some(SENTENCE * stages.len()),
            Over::Once | Over::Turns | Over::Heard => None,
        };
        match together {
            Some(weight) => units.push(Unit { stages, weight }),
            None => {
                let weight = if body.over.is_once() { 1 } else { SENTENCE };
                units.extend(stages.into_iter().map(|id| Unit { stages: vec![id], weight }));
            }
        }
    }
    units
}

/// Physical tiles of a stage.
fn tiles(shapes: &Shapes, rounds: usize) -> usize {
    shapes.iter().map(|&(rows, columns)| rows * columns.div_ceil(rounds)).sum()
}

/// The next number of rounds that saves a tile.
fn next_saving(shapes: &Shapes, rounds: usize) -> Option<usize> {
    (rounds + 1..=MOST_ROUNDS).find(|&next| tiles(shapes, next) < tiles(shapes, rounds))
}

fn shapes(quant: &QuantNet, matrices: &BTreeMap<String, TiledMatrix>, id: BlockId) -> Shapes {
    let names = quant.blocks[id].matrix_names(&quant.network.blocks[id].name);
    let shape = |name: &String| {
        let mapped = matrices[name].mapped();
        (mapped.row_tiles, mapped.column_tiles)
    };
    names.iter().map(shape).collect()
}

/// Why lanes cannot be chosen.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum BalanceError {
    /// `[device]` says what cannot be.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// There is no such tile.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
}

/// Replaces `"auto"` lanes by the fewest with which reading takes no longer than converting:
/// U >= outputs / (X * M), the balance point of the cycle bound.
///
/// # Errors
///
/// Devices or geometry that cannot be.
pub fn balance(mut config: Config) -> Result<Config, BalanceError> {
    if config.accelerator.gate_lanes != Lanes::Auto && config.accelerator.token_lanes != Lanes::Auto {
        return Ok(config);
    }
    let scale = Devices::new(&config.device, &config.crossbar)?.scale();
    let geometry = TileGeometry::new(&config.crossbar, &config.fixed, scale)?;
    let conversions = geometry.all_reads() * geometry.slots;
    let fewest = |lanes: &mut Lanes, outputs: usize, most: usize| {
        if *lanes == Lanes::Auto {
            *lanes = Lanes::Count(outputs.div_ceil(conversions).clamp(1, most));
        }
    };
    fewest(&mut config.accelerator.gate_lanes, config.model.hidden, 256);
    fewest(&mut config.accelerator.token_lanes, config.model.vocabulary, 1024);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_the_fewest_that_keep_up_with_the_converters() {
        let mut config = Config::default();
        config.accelerator.gate_lanes = Lanes::Auto;
        config.accelerator.token_lanes = Lanes::Auto;
        // 8 phases of 8 slots: 96 units and 2000 tokens in at most 64 cycles.
        let balanced = balance(config).unwrap().accelerator;
        assert_eq!((balanced.gate_lanes.count(), balanced.token_lanes.count()), (2, 32));
    }

    #[test]
    fn rounds_fold_columns_and_never_rows() {
        let stage = vec![(2, 5), (1, 4)];
        assert_eq!((tiles(&stage, 1), tiles(&stage, 2), tiles(&stage, 5)), (14, 8, 3));
        assert_eq!(next_saving(&stage, 5), None);
    }
}
