//! The words in which the rules ask for work: products, rows put together, and their way back.

use super::device::{Device, Kernel, Matrix};

/// Threads of a workgroup along a row, and the side of the square that one makes of a product.
const THREADS: usize = 64;
const SIDE: usize = 32;

/// Rows of a matrix, or of its transpose.
#[derive(Clone, Copy)]
pub struct View<'a> {
    matrix: &'a Matrix,
    first: usize,
    rows: usize,
    turned: bool,
}

impl Matrix {
    pub fn whole(&self) -> View<'_> {
        self.part(0, self.rows)
    }

    /// `rows` rows from row `first` on.
    pub fn part(&self, first: usize, rows: usize) -> View<'_> {
        View { matrix: self, first, rows, turned: false }
    }
}

impl View<'_> {
    /// Its transpose.
    pub fn t(self) -> Self {
        View { turned: !self.turned, ..self }
    }

    fn dim(&self) -> (usize, usize) {
        let (rows, columns) = (self.rows, self.matrix.columns);
        if self.turned { (columns, rows) } else { (rows, columns) }
    }

    /// Where it begins, and how far apart its rows and its columns lie.
    fn strides(&self) -> [u32; 3] {
        let columns = self.matrix.columns as u32;
        let start = self.first as u32 * columns;
        if self.turned { [start, 1, columns] } else { [start, columns, 1] }
    }
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub enum Onto<'a> {
    Nothing,
    Itself,
    /// To every row.
    Bias(&'a Matrix),
}

/// Which rows of a matrix a block reads side by side with those of others, and the way back.
pub struct Reading {
    /// The rows that are read, and where its columns begin in what is read.
    from: Matrix,
    column: usize,
    rows: usize,
    mask: Option<Matrix>,
    picked: Matrix,
    /// The rows read, put together by the row they are read from.
    back: [Matrix; 3],
}

impl Device {
    /// Rows of `into` from row `first` on, as many as `a` has: a b, added to `onto`.
    pub fn product(&mut self, a: View<'_>, b: View<'_>, onto: Onto<'_>, (into, first): (&Matrix, usize)) {
        let ((rows, terms), (same, columns)) = (a.dim(), b.dim());
        assert_eq!((terms, columns), (same, into.columns), "shapes that fit");
        let (how, bias) = match onto {
            Onto::Nothing => (0, b.matrix),
            Onto::Itself => (1, b.matrix),
            Onto::Bias(bias) => (2, bias),
        };
        let sizes = [rows as u32, columns as u32, terms as u32, how];
        let start = (first * columns) as u32;
        let numbers: Vec<u32> = [&sizes[..], &a.strides(), &b.strides(), &[start]].concat();
        let groups = [columns.div_ceil(SIDE), rows.div_ceil(SIDE)];
        self.ask(Kernel::Product, &[a.matrix, b.matrix, bias, into], &numbers, groups);
    }

    /// into += the sums of the columns of `matrix`.
    pub fn add_columns(&mut self, matrix: &Matrix, into: &Matrix) {
        let numbers = [matrix.rows as u32, matrix.columns as u32];
        self.ask(Kernel::Columns, &[matrix, into], &numbers, [matrix.columns.div_ceil(THREADS), 1]);
    }

    /// Row `indices[i]` of `from` as row i, in columns from `column` on, through `mask`.
    pub fn reading(&self, from: &Matrix, column: usize, indices: &[u32], mask: Option<Matrix>) -> Reading {
        let mut order: Vec<u32> = (0..indices.len() as u32).collect();
        order.sort_by_key(|&row| indices[row as usize]);
        let groups = order.chunk_by(|&a, &b| indices[a as usize] == indices[b as usize]);
        let (mut starts, mut sums) = (vec![0], Vec::new());
        for group in groups {
            starts.push(starts[sums.len()] + group.len() as u32);
            sums.push(indices[group[0] as usize]);
        }
        Reading {
            from: from.clone(),
            column,
            rows: indices.len(),
            mask,
            picked: self.indices(indices),
            back: [order, starts, sums].map(|list| self.indices(&list)),
        }
    }

    /// Its columns of `into`.
    pub fn gather(&mut self, reading: &Reading, into: &Matrix) {
        let Reading { from, mask, picked, .. } = reading;
        let numbers = reading.numbers(reading.rows, into);
        let groups = [from.columns.div_ceil(THREADS), reading.rows];
        self.ask(Kernel::Gather, &[from, mask.as_ref().unwrap_or(from), picked, into], &numbers, groups);
    }

    /// Adds to `into`, the gradient of what was read from, its columns of `d`, the gradient of what was read.
    pub fn scatter(&mut self, reading: &Reading, d: &Matrix, into: &Matrix) {
        let [order, starts, sums] = &reading.back;
        let numbers = reading.numbers(sums.columns, d);
        let groups = [reading.from.columns.div_ceil(THREADS), sums.columns];
        let mask = reading.mask.as_ref().unwrap_or(d);
        self.ask(Kernel::Scatter, &[d, mask, order, into, starts, sums], &numbers, groups);
    }

    /// Adds the first `rows` rows of `matrix` to those of `into` from row `first` on.
    pub fn add(&mut self, matrix: &Matrix, rows: usize, (into, first): (&Matrix, usize)) {
        let rows: Vec<u32> = (first as u32..).take(rows).collect();
        let reading = self.reading(into, 0, &rows, None);
        self.scatter(&reading, matrix, into);
    }
}

impl Reading {
    fn numbers(&self, rows: usize, joined: &Matrix) -> [u32; 5] {
        let width = self.from.columns as u32;
        [rows as u32, width, joined.columns as u32, self.column as u32, u32::from(self.mask.is_some())]
    }
}
