//! Products of single-precision matrices.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{ArrayView2, ArrayViewMut2};

/// into += a b. Rows of `into` lie one after the other; `a` and `b` may be transposed.
///
/// # Panics
/// If the shapes do not fit.
pub fn add_product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, mut into: ArrayViewMut2<'_, f32>) {
    let (rows, columns) = into.dim();
    if rows * columns * a.ncols() == 0 {
        return;
    }
    let into = into.as_slice_mut().expect("rows one after the other");
    let into = MatMut::from_row_major_slice_mut(into, rows, columns);
    matmul(into, Accum::Add, view(&a), view(&b), 1.0f32, Par::Seq);
    clear_upper_halves();
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
}
