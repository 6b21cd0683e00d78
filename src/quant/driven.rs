//! What drives a matrix: sums over vectors and their codes, and what rounding makes of them.

use super::Format;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};
use std::ops::AddAssign;

/// Rows that are summed at once.
const TOGETHER: usize = 256;
/// Share of the mean variance of the inputs that is added to each: what calibration has not seen may come, too.
const DAMPING: f64 = 0.003;
/// The same for each input that there is for a vector: the fewer vectors, the less their covariance says.
const DAMPING_OF_FEW: f64 = 0.05;

/// What drove a matrix over calibration sequences: vectors in floating point beside their codes, as sums.
#[derive(Debug, Clone)]
pub struct Driven {
    inputs: usize,
    count: f64,
    /// Sums of vectors, and of what their codes stand for.
    float: Array1<f64>,
    codes: Array1<f64>,
    /// Sums of products [of vectors, of codes] and [of codes, of codes].
    cross: Array2<f64>,
    square: Array2<f64>,
    /// Rows that are not summed yet.
    open: (Vec<f64>, Vec<f64>),
}

impl Driven {
    /// Nothing yet, of a matrix of so many inputs.
    pub fn new(inputs: usize) -> Driven {
        Driven {
            inputs,
            count: 0.0,
            float: Array1::zeros(inputs),
            codes: Array1::zeros(inputs),
            cross: Array2::zeros((inputs, inputs)),
            square: Array2::zeros((inputs, inputs)),
            open: (Vec::new(), Vec::new()),
        }
    }

    /// One vector, whose codes are of `format`.
    pub fn add(&mut self, vector: ArrayView1<'_, f32>, format: Format) {
        assert_eq!(vector.len(), self.inputs, "a vector for the matrix");
        self.open.0.extend(vector.iter().map(|&v| f64::from(v)));
        self.open.1.extend(vector.iter().map(|&v| format.decode(format.encode(v.into()))));
        if self.open.0.len() >= TOGETHER * self.inputs.max(1) {
            self.close();
        }
    }

    /// Sums what is open.
    fn close(&mut self) {
        let rows = self.open.0.len() / self.inputs.max(1);
        let take = |open: &mut Vec<f64>| {
            Array2::from_shape_vec((rows, self.inputs), std::mem::take(open)).expect("whole rows")
        };
        let (float, codes) = (take(&mut self.open.0), take(&mut self.open.1));
        self.count += rows as f64;
        self.float.add_assign(&float.sum_axis(Axis(0)));
        self.codes.add_assign(&codes.sum_axis(Axis(0)));
        self.cross.add_assign(&float.t().dot(&codes));
        self.square.add_assign(&codes.t().dot(&codes));
    }

    /// What rounding needs of it; none where nothing came, or nothing but zeros.
    pub fn statistics(mut self) -> Option<Statistics> {
        self.close();
        if self.count < 2.0 || self.inputs == 0 {
            return None;
        }
        let (float, codes) = (self.float / self.count, self.codes / self.count);
        let less_means = |sums: Array2<f64>, left: &Array1<f64>, right: &Array1<f64>, count: f64| {
            let of_means = left.view().insert_axis(Axis(1)).dot(&right.view().insert_axis(Axis(0)));
            sums / count - of_means
        };
        let cross = less_means(self.cross, &float, &codes, self.count);
        let mut square = less_means(self.square, &codes, &codes, self.count);
        let mean = square.diag().sum() / self.inputs as f64;
        if mean <= 0.0 {
            return None;
        }
        let damping = mean * (DAMPING + DAMPING_OF_FEW * self.inputs as f64 / self.count);
        square.diag_mut().mapv_inplace(|v| v + damping);
        Statistics::new(float, codes, &cross, &square, damping)
    }
}

/// Of the vectors that drove a matrix, and of their codes.
#[derive(Debug, Clone)]
pub struct Statistics {
    pub(super) float: Array1<f64>,
    pub(super) codes: Array1<f64>,
    /// The inputs in the order in which they are rounded, last first: the least moving ones last.
    order: Vec<usize>,
    /// L of H = L L' in that order.
    factor: Array2<f64>,
    /// The variance of each input.
    variance: Array1<f64>,
    /// What a row of weights is changed by, from the right, for codes that are not their vectors.
    change: Array2<f64>,
}

impl Statistics {
    /// `square`: the damped covariance of the codes, `cross` that of vectors and codes.
    fn new(
        float: Array1<f64>,
        codes: Array1<f64>,
        cross: &Array2<f64>,
        square: &Array2<f64>,
        damping: f64,
    ) -> Option<Statistics> {
        let n = codes.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| square[[a, a]].total_cmp(&square[[b, b]]).then(b.cmp(&a)));
        let permuted = Array2::from_shape_fn((n, n), |(i, k)| square[[order[i], order[k]]]);
        let factor = cholesky(permuted)?;
        // (D - C) H^-1, row by row: H is symmetric. The damping is on both sides of D = C.
        let mut change = cross - square;
        change.diag_mut().mapv_inplace(|v| v + damping);
        for mut row in change.outer_iter_mut() {
            let mut right: Vec<f64> = order.iter().map(|&k| row[k]).collect();
            solve(&factor, &mut right);
            order.iter().zip(right).for_each(|(&k, v)| row[k] = v);
        }
        let variance = square.diag().to_owned();
        Some(Statistics { float, codes, order, factor, variance, change })
    }

    /// The weights [outputs, inputs] for codes in place of vectors.
    pub(super) fn target(&self, weights: ArrayView2<'_, f32>) -> Array2<f64> {
        let weights = weights.mapv(f64::from);
        &weights + &weights.dot(&self.change)
    }

    /// Rounds one row to multiples of `step` within +-`limit`, each weight for what the ones before it left. Returns the
    /// squared error of the output.
    pub(super) fn round(&self, row: ArrayView1<'_, f64>, step: f64, limit: i32, codes: &mut [i32]) -> f64 {
        let mut left = vec![0.0; row.len()];
        let mut error = 0.0;
        for i in (0..row.len()).rev() {
            let (at, factor) = (self.order[i], self.factor.row(i));
            let wanted = row[at] + left[i] / factor[i];
            let code = (wanted / step).round().clamp(-f64::from(limit), f64::from(limit));
            codes[at] = code as i32;
            let off = row[at] - code * step;
            error += (factor[i] * (wanted - code * step)).powi(2);
            let factor = factor.slice(s![..i]);
            left[..i].iter_mut().zip(factor).for_each(|(left, &factor)| *left += off * factor);
        }
        error
    }

    /// The same by itself for each weight, weighed by how much its input moves: what tells scales apart.
    pub(super) fn estimate(&self, row: ArrayView1<'_, f64>, step: f64, limit: i32) -> f64 {
        let limit = f64::from(limit);
        let each = row.iter().zip(&self.variance).map(|(&w, variance)| {
            let off = w - (w / step).round().clamp(-limit, limit) * step;
            variance * off * off
        });
        each.sum()
    }
}

/// L of a = L L'; none where `a` is not positive definite.
fn cholesky(mut a: Array2<f64>) -> Option<Array2<f64>> {
    let n = a.nrows();
    for i in 0..n {
        let (above, mut rest) = a.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        for k in 0..i {
            let known = above.row(k);
            let sum: f64 = known.slice(s![..k]).dot(&row.slice(s![..k]));
            row[k] = (row[k] - sum) / known[k];
        }
        let rest = row[i] - row.slice(s![..i]).mapv(|v| v * v).sum();
        if rest.is_nan() || rest <= 0.0 {
            return None;
        }
        row[i] = rest.sqrt();
        row.slice_mut(s![i + 1..]).fill(0.0);
    }
    Some(a)
}

/// x of L L' x = `right`, in place.
fn solve(factor: &Array2<f64>, right: &mut [f64]) {
    let n = right.len();
    for i in 0..n {
        let row = factor.row(i);
        let known: f64 = row.iter().zip(&right[..i]).map(|(l, x)| l * x).sum();
        right[i] = (right[i] - known) / row[i];
    }
    for i in (0..n).rev() {
        let row = factor.row(i);
        right[i] /= row[i];
        let x = right[i];
        right[..i].iter_mut().zip(row).for_each(|(right, l)| *right -= l * x);
    }
}
