//! One large product, and sentences through a trained model.

use super::{Row, median};
use crate::config::{Config, Crossbar, Encoding, Fixed};
use crate::crossbar::{CrossbarNet, TileGeometry, TiledMatrix};
use crate::golden::Golden;
use crate::model::{Random, TrainedModel};
use crate::quant::{Format, IntMatrix, MatVec};
use crate::sample::reconstruct;
use ndarray::Array2;
use std::time::Instant;

/// Times each figure is measured; the median is given.
const REPEATS: usize = 7;

/// Median seconds of `work`.
fn seconds(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    median(&mut times)
}

/// One 512 -> 2048 product: exact, and phase by phase through the converters of both encodings.
pub fn products() -> Vec<Row> {
    let mut random = Random::keyed(&[1]);
    let weights = Array2::from_shape_fn((2048, 512), |_| random.normal() * 0.1);
    let matrix = IntMatrix::quantise(weights.view(), None, 8, Format::new(8, 7));
    let input: Vec<i32> = (0..512).map(|_| random.below(256) as i32 - 128).collect();
    let mut sums = vec![0; 2048];
    let exact = 1e3
        * seconds(|| {
            matrix.apply(&input, &mut sums, 0);
        });
    let exact = Row::new("512 -> 2048 product, exact", exact, "ms", 1);
    let mut rows = vec![exact.clone()];
    for (encoding, text) in [(Encoding::Differential, "differential"), (Encoding::Offset, "offset")] {
        let crossbar = Crossbar { encoding, adc_bits: 8, ..Crossbar::default() };
        let geometry =
            TileGeometry::new(&crossbar, &Fixed::default(), crossbar.cell_bits).expect("a valid tile");
        let tiled = TiledMatrix::new(&matrix, &geometry);
        let value = 1e3
            * seconds(|| {
                tiled.apply_by_phases(&input, &mut sums, 0);
            });
        let name = format!("the same, phase by phase, 8-bit ADC, {text}");
        rows.push(Row::new(name, value, "ms", 1).beside(&exact));
    }
    rows
}

/// Tokens per second of a sentence read and teacher-forced (float), and of whole jobs (golden), on the first sentences
/// of `all` that the accelerator holds.
pub fn sentences(
    model: &TrainedModel,
    net: &CrossbarNet,
    config: &Config,
    mut all: Vec<Vec<u32>>,
) -> Vec<Row> {
    all.retain(|s| s.len() <= config.accelerator.max_tokens);
    all.truncate(50);
    let tokens: usize = all.iter().map(Vec::len).sum();
    let float = model.float_net();
    let width = model.network.latent_width();
    let read = tokens as f64
        / seconds(|| {
            for s in &all {
                float.encode(s);
                float.teacher_forced(s, &vec![0.0; width]);
            }
        });
    let golden = Golden::tiled(net, &config.accelerator);
    let mut written = 0;
    let took = seconds(|| {
        written = all.iter().map(|s| golden.run(&reconstruct(s, 64)).counters.tokens).sum::<u64>()
    });
    let done = (tokens as u64 + written) as f64 / took;
    let read = Row::new("float: tokens read and teacher-forced", read, "tokens/s", 1);
    let done = Row::new("golden model: tokens of RECONSTRUCT", done, "tokens/s", 1).beside(&read);
    vec![read, done]
}
