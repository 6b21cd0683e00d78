//! How fast the golden model computes products and sequences, on one core and on all.

use super::{Row, median};
use crate::config::{CellKind, Config, Crossbar, Encoding, Noise, Wires};
use crate::crossbar::{
    Converters, CrossbarNet, KernelChoice, TileGeometry, TiledMatrix, effective_conductances,
};
use crate::failure::Failure;
use crate::golden::{Golden, GoldenEngine};
use crate::model::{Engine, Network, Random};
use crate::pipeline::{map, random_sentences, random_weights};
use crate::quant::{Format, IntMatrix, MatVec};
use ndarray::Array2;
use std::hint::black_box;
use std::time::{Duration, Instant};

const INPUTS: usize = 512;
const OUTPUTS: usize = 2048;
/// Vectors of a batch.
const BATCH: usize = 32;
const STEPS: usize = 20;
/// Input bits times slices, for one weight: the sign of a differential pair is no slice.
const CELL_OPERATIONS: f64 = (INPUTS * OUTPUTS * 8 * 4) as f64;
const PRODUCTS: f64 = (INPUTS * OUTPUTS) as f64;
/// Roof of saturating byte addition that skips rows, cell operations a second of one core
/// (measured on a Cascade Lake machine; bit slices are another way and may pass it).
const BYTE_ADDITION_ROOF: f64 = 343e9;
/// Roof of byte multiplication (`vpdpbusd`) there, products a second of one core.
const BYTE_PRODUCT_ROOF: f64 = 303e9;

/// Times each figure is measured; the median is given.
const REPEATS: usize = 5;
/// Processor time of one measurement.
const LEAST_SECONDS: f64 = 0.2;

fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Median processor time of one call of `work`, in milliseconds.
fn milliseconds(mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let (started, mut calls) = (processor_seconds(), 0);
            loop {
                work();
                calls += 1;
                let took = processor_seconds() - started;
                if took >= LEAST_SECONDS {
                    return 1e3 * took / f64::from(calls);
                }
            }
        })
        .collect();
    median(&mut times)
}

/// What is measured, and its row of the table.
struct Table {
    rows: Vec<Row>,
    /// Milliseconds of the plain loop and its name, as a base of ratios.
    plain: (String, f64),
}

impl Table {
    fn add(&mut self, name: &str, value: f64, unit: &'static str, threads: usize) {
        self.rows.push(Row::new(name, value, unit, threads));
    }

    /// A time for one product, beside the plain loop and as a share of a roof.
    fn product(&mut self, name: &str, milliseconds: f64, roof: Option<(f64, f64)>) {
        self.add(name, milliseconds, "ms", 1);
        let row = self.rows.last_mut().expect("just added");
        (row.ratio, row.ratio_to) = (Some(self.plain.1 / milliseconds), Some(self.plain.0.clone()));
        if let Some((operations, roof)) = roof {
            let share = 100.0 * operations / (milliseconds * 1e-3) / roof;
            self.add(&format!("{name}: share of the roof"), share, "%", 1);
        }
    }
}

/// Every figure: products, sequences, and wires.
///
/// # Errors
///
/// The network that is measured cannot be put on its tiles.
pub fn rows() -> Result<Vec<Row>, Failure> {
    let mut table = Table { rows: Vec::new(), plain: (String::new(), 0.0) };
    products(&mut table);
    for kind in [CellKind::Lstm, CellKind::Gru] {
        sequences(&mut table, kind)?;
    }
    let cells = Array2::from_shape_fn((128, 128), |(i, j)| 50.0 + ((i * 37 + j * 101) % 176) as f64);
    let wires = Wires { word_line_ohm: 1.0, bit_line_ohm: 1.0, ..Wires::default() };
    let solved = milliseconds(|| {
        black_box(effective_conductances(&cells, &wires).expect("a sound array"));
    });
    table.add("transfer matrix of 128 x 128 cells with wires", solved, "ms", 1);
    Ok(table.rows)
}

/// Slices of 2-bit cells in pairs, one input bit a phase, 8-bit converters.
fn crossbar() -> Crossbar {
    Crossbar { encoding: Encoding::Differential, adc_bits: 8, ..Crossbar::default() }
}

fn products(table: &mut Table) {
    let mut random = Random::keyed(&[1]);
    let weights = Array2::from_shape_fn((OUTPUTS, INPUTS), |_| random.normal() * 0.1);
    let matrix = IntMatrix::quantise(weights.view(), None, 8, Format::new(8, 7));
    // One sign an output, the largest magnitudes, and inputs of many ones: conversions do clip.
    let largest = |(n, _): (usize, usize)| if n % 2 == 0 { 127 } else { -127 };
    let heavy = IntMatrix { weights: Array2::from_shape_fn((OUTPUTS, INPUTS), largest), ..matrix.clone() };
    let dense: Vec<i32> = (0..INPUTS).map(|_| (random.below(256) | random.below(256)) as i32 - 128).collect();
    let inputs: Vec<Vec<i32>> =
        (0..BATCH).map(|_| (0..INPUTS).map(|_| random.below(256) as i32 - 128).collect()).collect();
    let fixed = Config::default().fixed;
    let geometry = TileGeometry::new(&crossbar(), &fixed, crossbar().cell_bits).expect("a valid tile");
    let collapsing = TiledMatrix::new(&matrix, &geometry);
    let converting =
        collapsing.clone().with_kernel(KernelChoice { collapse: false, ..KernelChoice::default() });
    let clipping = TiledMatrix::new(&heavy, &geometry);
    let mut sums = vec![0; OUTPUTS];

    let plain = milliseconds(|| {
        black_box(converting.apply_by_phases(&inputs[0], &mut sums, 0));
    });
    table.plain = ("W1, plain loop".into(), plain);
    table.product("W1, plain loop", plain, None);
    let cells = Some((CELL_OPERATIONS, BYTE_ADDITION_ROOF));
    let single = |tiled: &TiledMatrix, input: &[i32], sums: &mut Vec<i64>| {
        milliseconds(|| {
            black_box(tiled.apply(input, sums, 0));
        })
    };
    table.product(
        "W1, every column through its converter",
        single(&converting, &inputs[0], &mut sums),
        cells,
    );
    table.product("W1, heavy weights that clip", single(&clipping, &dense, &mut sums), cells);
    let clips = clipping.apply(&dense, &mut sums, 0);
    table.add("W1, heavy weights: conversions clipped", clips as f64, "of 524288", 1);
    let whole = Some((PRODUCTS, BYTE_PRODUCT_ROOF));
    table.product("W1, no column can clip", single(&collapsing, &inputs[0], &mut sums), whole);
    let noise = Noise { cell: 0.02, comparator: 0.5, inl: 0.5, ..Noise::default() };
    let noisy = converting.clone().with_converters(Converters::new(&geometry, 0, &noise, false));
    table.product("W1, a noise draw for every conversion", single(&noisy, &inputs[0], &mut sums), None);

    for (name, tiled, roof) in [
        ("W1 in a batch of 32, every column converted", &converting, cells),
        ("W1 in a batch of 32, no column can clip", &collapsing, whole),
    ] {
        let mut batch = vec![vec![0; OUTPUTS]; BATCH];
        let refs: Vec<&[i32]> = inputs.iter().map(Vec::as_slice).collect();
        let time = milliseconds(|| {
            let mut sums: Vec<&mut [i64]> = batch.iter_mut().map(Vec::as_mut_slice).collect();
            black_box(tiled.apply_all(&refs, &mut sums));
        });
        table.product(name, time / BATCH as f64, roof);
    }
    for (name, tiled) in [
        ("W1, every column converted, all cores", &converting),
        ("W1, no column can clip, all cores", &collapsing),
    ] {
        let (rate, threads) = on_all_cores(|| {
            let mut sums = vec![0; OUTPUTS];
            black_box(tiled.apply(&inputs[0], &mut sums, 0));
        });
        table.add(name, rate, "products/s", threads);
    }
}

/// Calls a second by the clock on the wall with one thread a core, and the threads.
fn on_all_cores(work: impl Fn() + Sync) -> (f64, usize) {
    let threads = rayon::current_num_threads();
    let (started, long_enough) = (Instant::now(), Duration::from_millis(500));
    let calls = rayon::broadcast(|_| {
        let mut calls = 0;
        while started.elapsed() < long_enough {
            work();
            calls += 1;
        }
        calls
    });
    (calls.into_iter().sum::<u64>() as f64 / started.elapsed().as_secs_f64(), threads)
}

/// A level of 512 units reads 20 tokens.
fn sequences(table: &mut Table, kind: CellKind) -> Result<(), Failure> {
    let mut config = Config { crossbar: crossbar(), ..Config::default() };
    config.model.cells = vec![kind];
    (config.model.embedding, config.model.hidden) = (INPUTS, 512);
    (config.model.latent, config.model.vocabulary) = (1, 16);
    let network = Network::describe(&config.model, config.train.lambda_low)?;
    let net = map(&network, &random_weights(&network, 1), &config, &random_sentences(16, 4, 1))?;
    let without_collapse = CrossbarNet {
        matrices: net
            .matrices
            .iter()
            .map(|(name, m)| {
                let choice = KernelChoice { collapse: false, ..KernelChoice::default() };
                (name.clone(), m.clone().with_kernel(choice))
            })
            .collect(),
        ..net.clone()
    };
    let sentence: Vec<u32> = (0..STEPS as u32).map(|t| 4 + t % 12).collect();
    let name = format!("W2-{}, 20 steps", kind.name().to_uppercase());
    for (text, net) in [("no column can clip", &net), ("every column converted", &without_collapse)] {
        let golden = Golden::tiled(net, &config.accelerator);
        let time = milliseconds(|| {
            black_box(GoldenEngine::new(&golden).encode(&sentence));
        });
        table.add(&format!("{name}, {text}"), time, "ms", 1);
        let (rate, threads) = on_all_cores(|| {
            black_box(GoldenEngine::new(&golden).encode(&sentence));
        });
        table.add(&format!("{name}, {text}, all cores"), rate, "sequences/s", threads);
    }
    Ok(())
}
