//! What is set after programming, on sentences or other sequences: ranges of converters, gains and offsets of columns.

use crate::config::{AdcRange, Config};
use crate::crossbar::{CrossbarNet, Fit, Histograms, KernelChoice, TiledMatrix, fitted_ranges, full_ranges};
use crate::golden::{Golden, GoldenEngine};
use crate::model::{Engine, Example, Latent};
use crate::quant::{IntMatrix, MatVec};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Sentences that are enough for ranges, and those that are enough for a line per output.
const RANGE_SENTENCES: usize = 8;
const COLUMN_SENTENCES: usize = 64;

/// Sets what `[crossbar] adc_range` and `calibrate_columns` ask for.
pub fn calibrated(net: CrossbarNet, config: &Config, examples: &[Example]) -> CrossbarNet {
    let crossbar = &config.crossbar;
    let ranges = match crossbar.adc_range {
        AdcRange::Fixed => None,
        AdcRange::Full => Some(full_ranges(&net, crossbar.adc_range_of)),
        AdcRange::Data => {
            Some(fitted_ranges(&net, crossbar.adc_range_of, &histograms(&net, config, examples)))
        }
    };
    let net = ranges.map_or_else(|| net.clone(), |ranges| net.clone().with_ranges(&ranges));
    if crossbar.calibrate_columns { with_corrections(net, config, examples) } else { net }
}

/// A product that is watched, and answered exactly.
struct Watched<T> {
    tiled: TiledMatrix,
    exact: IntMatrix,
    watch: fn(&TiledMatrix, &[i32], &[i64], u32, &mut T),
    seen: Rc<RefCell<T>>,
}

impl<T> MatVec for Watched<T> {
    fn inputs(&self) -> usize {
        self.exact.inputs()
    }

    fn outputs(&self) -> usize {
        self.exact.outputs()
    }

    fn apply(&self, input: &[i32], sums: &mut [i64], key: u32) -> u64 {
        self.exact.apply(input, sums, key);
        (self.watch)(&self.tiled, input, sums, key, &mut self.seen.borrow_mut());
        0
    }

    fn integers(&self) -> &IntMatrix {
        &self.exact
    }

    fn correct(&self, sums: &mut [i64]) -> i32 {
        self.exact.correct(sums)
    }
}

/// What `watch` saw of every matrix while the exact network read `examples`.
fn watched<T>(
    net: &CrossbarNet,
    config: &Config,
    examples: &[Example],
    start: impl Fn(&TiledMatrix) -> T,
    watch: fn(&TiledMatrix, &[i32], &[i64], u32, &mut T),
) -> BTreeMap<String, T> {
    let exact: BTreeMap<String, &IntMatrix> = net.quant.matrices().into_iter().collect();
    let seen: BTreeMap<&String, Rc<RefCell<T>>> =
        net.matrices.iter().map(|(name, m)| (name, Rc::new(RefCell::new(start(m))))).collect();
    let golden = Golden::with(net, &config.accelerator, |name| Watched {
        tiled: net.matrices[name].clone(),
        exact: exact[name].clone(),
        watch,
        seen: seen[&name.to_string()].clone(),
    });
    let mut engine = GoldenEngine::new(&golden);
    let network = &golden.quant.network;
    for example in examples {
        if network.written().is_none() || network.bits_block().is_some() {
            engine.answer(example);
            continue;
        }
        if network.converses() {
            engine.drawn_conversations(&[example], Some(0));
            continue;
        }
        if network.draw().is_some() {
            engine.drawn_all(&[&example.tokens], Some(0));
            continue;
        }
        let posterior = engine.encode(&example.tokens);
        let mean = Latent::of(network, &posterior).mean;
        let made = engine.flowed_all(&[&example.tokens], &[mean]).remove(0);
        engine.score(&example.tokens, &made.z);
    }
    drop(golden);
    let taken = |cell: Rc<RefCell<T>>| Rc::into_inner(cell).expect("nobody watches any more").into_inner();
    seen.into_iter().map(|(name, cell)| (name.clone(), taken(cell))).collect()
}

/// Column sums of all tiles before their converters.
fn histograms(net: &CrossbarNet, config: &Config, examples: &[Example]) -> BTreeMap<String, Histograms> {
    let every = KernelChoice { collapse: false, ..KernelChoice::default() };
    let mut all = net.clone();
    for tiled in all.matrices.values_mut() {
        *tiled = tiled.clone().with_kernel(every);
    }
    let start = |tiled: &TiledMatrix| Histograms::new(tiled.mapped(), &net.geometry);
    watched(&all, config, first(examples, RANGE_SENTENCES), start, |tiled, input, _, _, seen| {
        let summed = tiled.column_sums(input, &mut |columns| seen.add(&columns));
        summed.expect("tiles of a few thousand rows have a kernel, and it keeps every column");
    })
}

/// A line through what the tiles gave for every output and what they should have given.
fn with_corrections(net: CrossbarNet, config: &Config, examples: &[Example]) -> CrossbarNet {
    let start = |tiled: &TiledMatrix| vec![Fit::default(); tiled.outputs()];
    let examples = first(examples, COLUMN_SENTENCES);
    let fits = watched(&net, config, examples, start, |tiled, input, wanted, key, fits| {
        let mut found = vec![0; wanted.len()];
        tiled.apply(input, &mut found, key);
        for ((fit, &found), &wanted) in fits.iter_mut().zip(&found).zip(wanted) {
            fit.add(found, wanted);
        }
    });
    let bits = net.geometry.acc_bits;
    let lines = |(name, fits): (String, Vec<Fit>)| {
        let gains = &net.matrices[&name].matrix().gains;
        let line = |(n, fit): (usize, &Fit)| match gains.get(n) {
            Some(&gain) => fit.correction(bits).scaled(gain, bits),
            None => fit.correction(bits),
        };
        let lines = fits.iter().enumerate().map(line).collect();
        (name, lines)
    };
    let corrections = fits.into_iter().map(lines).collect();
    net.with_corrections(corrections)
}

fn first(examples: &[Example], count: usize) -> &[Example] {
    &examples[..examples.len().min(count)]
}
