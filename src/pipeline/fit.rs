//! What drives every matrix in integers while it reads sentences: weights are rounded for that.

use super::{CALIBRATION_SENTENCES, PipelineError};
use crate::config::Config;
use crate::crossbar::{Devices, MapError, TileGeometry};
use crate::golden::{Golden, GoldenEngine};
use crate::model::{Draws, Example, FloatNet};
use crate::quant::{Driven, Fits, IntMatrix, MatVec, QuantNet};
use ndarray::Array2;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often weights are rounded for what the integers of the round before made of the sentences.
pub(super) const ROUNDS: usize = 2;

/// An exact product that remembers what drove it last.
struct Heard {
    exact: IntMatrix,
    last: Rc<RefCell<Option<Vec<i32>>>>,
}

impl MatVec for Heard {
    fn inputs(&self) -> usize {
        self.exact.inputs()
    }

    fn outputs(&self) -> usize {
        self.exact.outputs()
    }

    fn apply(&self, input: &[i32], sums: &mut [i64], key: u32) -> u64 {
        *self.last.borrow_mut() = Some(input.to_vec());
        self.exact.apply(input, sums, key)
    }

    fn integers(&self) -> &IntMatrix {
        &self.exact
    }

    fn correct(&self, sums: &mut [i64]) -> i32 {
        self.exact.correct(sums)
    }
}

/// What drives the matrices of `quant` while it reads `examples`, with latents at their means and drawn, beside what
/// drives those of `float`.
pub(super) fn fits(
    float: &FloatNet,
    quant: &QuantNet,
    config: &Config,
    examples: &[Example],
) -> Result<Fits, PipelineError> {
    let devices = Devices::new(&config.device, &config.crossbar).map_err(MapError::from)?;
    let geometry = TileGeometry::new(&config.crossbar, &config.fixed, devices.scale());
    let geometry = geometry.map_err(MapError::from)?;
    let last: BTreeMap<String, Rc<RefCell<Option<Vec<i32>>>>> =
        quant.matrices().into_iter().map(|(name, _)| (name, Rc::default())).collect();
    let golden = Golden::of_integers(quant, &geometry, &config.accelerator, |name, exact| Heard {
        exact: exact.clone(),
        last: last[name].clone(),
    });
    let blocks = quant.network.blocks.iter().zip(&quant.blocks);
    let names: Vec<Vec<String>> = blocks.map(|(block, q)| q.matrix_names(&block.name)).collect();
    let mut driven: BTreeMap<(usize, usize), Driven> = BTreeMap::new();
    let mut engine = GoldenEngine::new(&golden);
    let network = &quant.network;
    let draws = network.latent().is_some() || network.draw().is_some();
    for example in examples.iter().take(CALIBRATION_SENTENCES) {
        let drawn = draws.then(|| Some(Draws::of(network, example, 1)));
        for draws in [None].into_iter().chain(drawn) {
            let traces = float.forced(example, draws.as_ref());
            let mut float_drives: BTreeMap<usize, Vec<Array2<f32>>> = BTreeMap::new();
            engine.visit(example, draws.as_ref(), &mut |visit, _| {
                let (id, Some(row)) = (visit.block, visit.row) else { return };
                for (part, name) in names[id].iter().enumerate() {
                    // What stays the same in a sentence is converted at the first step alone.
                    let Some(codes) = last[name].take() else { continue };
                    let real = float_drives.entry(id).or_insert_with(|| {
                        let trace = traces.iter().rev().find(|trace| trace.has(id));
                        trace.map_or(Vec::new(), |trace| float.driving(trace, id))
                    });
                    let real = real.get(part).filter(|real| row < real.nrows());
                    let Some(real) = real else { continue };
                    let matrix = quant.blocks[id].matrices()[part];
                    let sums = driven.entry((id, part)).or_insert_with(|| Driven::new(matrix.inputs));
                    sums.add(real.row(row), &codes, matrix.input);
                }
            });
        }
    }
    let made = driven.into_iter().filter_map(|(place, driven)| Some((place, driven.statistics()?)));
    Ok(made.collect())
}
