//! Products against the plain sum of products.

use super::*;
use crate::model::Random;
use ndarray::{Array2, s};

#[test]
fn products_of_matrices_and_their_transposes() {
    let number = |seed: usize| move |(i, j): (usize, usize)| ((i * 31 + j * 17 + seed) % 23) as f32 - 11.0;
    for (m, k, n) in [(1, 1, 1), (3, 7, 5), (40, 129, 33), (128, 64, 300), (5, 1, 9)] {
        let (a, b) = (Array2::from_shape_fn((m, k), number(1)), Array2::from_shape_fn((k, n), number(5)));
        let want =
            Array2::from_shape_fn((m, n), |(i, j)| 2.0 + (0..k).map(|l| a[[i, l]] * b[[l, j]]).sum::<f32>());
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
        let mut matrix =
            |rows, columns| Array2::from_shape_vec((rows, columns), random.normals(rows * columns)).unwrap();
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
