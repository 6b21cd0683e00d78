//! `cargo bench --features train --bench products`: one 512 -> 2048 product, the plain loop and the kernels.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hvae_mnn::config::{Crossbar, Fixed};
use hvae_mnn::crossbar::{KernelChoice, TileGeometry, TiledMatrix};
use hvae_mnn::model::Random;
use hvae_mnn::quant::{Format, IntMatrix, MatVec};
use ndarray::Array2;

fn products(criterion: &mut Criterion) {
    let mut random = Random::keyed(&[1]);
    let weights = Array2::from_shape_fn((2048, 512), |_| random.normal() * 0.1);
    let matrix = IntMatrix::quantise(weights.view(), None, 8, Format::new(8, 7));
    let input: Vec<i32> = (0..512).map(|_| random.below(256) as i32 - 128).collect();
    let crossbar = Crossbar { adc_bits: 8, ..Crossbar::default() };
    let geometry = TileGeometry::new(&crossbar, &Fixed::default(), crossbar.cell_bits).expect("a valid tile");
    let collapsing = TiledMatrix::new(&matrix, &geometry);
    let converting =
        collapsing.clone().with_kernel(KernelChoice { collapse: false, ..KernelChoice::default() });
    let mut sums = vec![0; 2048];
    let mut group = criterion.benchmark_group("512 -> 2048");
    group.throughput(Throughput::Elements(512 * 2048));
    group.bench_function("plain loop", |b| b.iter(|| converting.apply_by_phases(&input, &mut sums, 0)));
    group.bench_function("every column converted", |b| b.iter(|| converting.apply(&input, &mut sums, 0)));
    group.bench_function("no column can clip", |b| b.iter(|| collapsing.apply(&input, &mut sums, 0)));
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);
