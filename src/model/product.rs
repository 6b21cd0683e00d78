//! Products of single-precision matrices, large ones by all threads of the pool.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

/// Multiplications that are worth a second thread.
const SHARED: usize = 1 << 22;
/// Rows of outputs that go to one thread together; what is left over goes to the last. Never fewer: a
/// single row is multiplied another way, in another order.
const ROWS: usize = 16;

/// into += a b. Rows of `into` lie one after the other; `a` and `b` may be transposed. The sums are the
/// same bit by bit whatever the number of threads, which share the rows and not the terms of a sum.
///
/// # Panics
/// If the shapes do not fit.
pub fn add_product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, mut into: ArrayViewMut2<'_, f32>) {
    let (rows, columns) = into.dim();
    if rows * columns * a.ncols() == 0 {
        return;
    }
    let (a, b) = (view(&a), view(&b));
    let into = into.as_slice_mut().expect("rows one after the other");
    let from_row = |(first, into): (usize, &mut [f32])| {
        let a = a.subrows(first, into.len() / columns);
        let into = MatMut::from_row_major_slice_mut(into, a.nrows(), columns);
        matmul(into, Accum::Add, a, b, 1.0f32, Par::Seq);
        clear_upper_halves();
    };
    if rows * columns * a.ncols() < SHARED {
        return from_row((0, into));
    }
    let groups = (rows / ROWS).max(1);
    let threads = rayon::current_num_threads().min(groups);
    let mut parts = Vec::with_capacity(threads);
    let mut rest = into;
    for thread in (0..threads).rev() {
        let first = thread * groups / threads * ROWS;
        let (before, mine) = rest.split_at_mut(first * columns);
        parts.push((first, mine));
        rest = before;
    }
    parts.into_par_iter().for_each(from_row);
}

/// The kernels of `matmul` leave the upper halves of vector registers in use; until they are
/// cleared, code that knows only the lower ones is slower (measured: softmax by 5, on Zen 5).
#[allow(unsafe_code)]
fn clear_upper_halves() {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        // SAFETY: the machine has AVX; nothing holds a value in the upper halves across a call.
        unsafe { std::arch::x86_64::_mm256_zeroupper() }
    }
}

fn view<'a>(matrix: &'a ArrayView2<'_, f32>) -> MatRef<'a, f32> {
    let (rows, columns) = matrix.dim();
    match matrix.as_slice() {
        Some(slice) => MatRef::from_row_major_slice(slice, rows, columns),
        None => {
            let slice = matrix.as_slice_memory_order().expect("a whole matrix or its transpose");
            MatRef::from_column_major_slice(slice, rows, columns)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Random;
    use ndarray::{Array2, s};

    #[test]
    fn products_of_matrices_and_their_transposes() {
        let number =
            |seed: usize| move |(i, j): (usize, usize)| ((i * 31 + j * 17 + seed) % 23) as f32 - 11.0;
        for (m, k, n) in [(1, 1, 1), (3, 7, 5), (40, 129, 33), (128, 64, 300), (5, 1, 9)] {
            let (a, b) = (Array2::from_shape_fn((m, k), number(1)), Array2::from_shape_fn((k, n), number(5)));
            let want = Array2::from_shape_fn((m, n), |(i, j)| {
                2.0 + (0..k).map(|l| a[[i, l]] * b[[l, j]]).sum::<f32>()
            });
            // Integers: exact in any order.
            let turned = |x: &Array2<f32>| Array2::from_shape_fn((x.ncols(), x.nrows()), |(i, j)| x[[j, i]]);
            for (a, b) in [(a.view(), b.view()), (turned(&a).t(), b.view()), (a.view(), turned(&b).t())] {
                let mut into = Array2::from_elem((m + 2, n), 2.0);
                add_product(a, b, into.slice_mut(s![1..=m, ..]));
                assert_eq!(into.slice(s![1..=m, ..]), want, "{m} {k} {n}");
                assert!(into.row(0).iter().chain(into.row(m + 1)).all(|x| *x == 2.0));
            }
        }
    }

    #[test]
    fn several_threads_make_the_same_sums() {
        let mut random = Random::keyed(&[5]);
        let pools = [1, 2, 3, 8].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap());
        // Rows that share out evenly, and with every number of them left over.
        let shapes = [(2, 96, 90_000), (64, 512, 768), (257, 129, 600), (3000, 7, 999), (300, 2000, 33)];
        for (m, k, n) in shapes.into_iter().chain((16..=49).map(|m| (m, 129, 2100))) {
            assert!(m * k * n >= SHARED, "one thread would do");
            let mut matrix = |rows, columns| {
                Array2::from_shape_vec((rows, columns), random.normals(rows * columns)).unwrap()
            };
            let (a, b, turned_a, turned_b) = (matrix(m, k), matrix(k, n), matrix(k, m), matrix(n, k));
            for (a, b) in [(a.view(), b.view()), (turned_a.t(), b.view()), (a.view(), turned_b.t())] {
                let by = |pool: &rayon::ThreadPool| {
                    let mut into = Array2::from_elem((m, n), 0.5);
                    pool.install(|| add_product(a, b, into.view_mut()));
                    into
                };
                let [one, rest @ ..] = &pools;
                let want = by(one);
                for pool in rest {
                    let threads = pool.current_num_threads();
                    assert!(by(pool) == want, "{m} x {k} x {n} by {threads} threads");
                }
            }
        }
    }
}
