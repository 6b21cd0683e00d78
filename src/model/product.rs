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
mod tests;
