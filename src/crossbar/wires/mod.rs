//! What wires leave of the conductances of a tile: the exact transfer matrix of the resistive array.
//!
//! With its inputs at a voltage or at ground an array of resistors is linear, so there is one
//! matrix that gives the current of every bit line for every input. It follows from Kirchhoff's
//! current law at every node (nodal analysis): one sparse Cholesky factorisation, since the
//! nodal matrix is symmetric and positive definite, and one right-hand side for each word line.

mod array;

use crate::config::Wires;
use array::{Array, Node};
use faer::linalg::solvers::Solve;
use faer::sparse::{SparseColMat, Triplet};
use faer::{Mat, Side};
use ndarray::Array2;

/// Why a transfer matrix cannot be computed.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WireError {
    /// A conductance that is none.
    #[error(
        "conductance of row {row}, column {column}: expected a finite number of microsiemens, 0 or more, found {found}; check [device]"
    )]
    Conductance {
        /// Word line.
        row: usize,
        /// Bit line.
        column: usize,
        /// What is there.
        found: f64,
    },
    /// The array has no solution.
    #[error(
        "[wires]: the nodal equations of {rows} x {columns} cells have no stable solution ({reason}); use resistances \
         within some ten orders of magnitude of the cells'"
    )]
    Singular {
        /// Word lines.
        rows: usize,
        /// Bit lines.
        columns: usize,
        /// Why.
        reason: String,
    },
}

/// Effective conductances [word lines, bit lines] in microsiemens: entry (i, j) is the current of
/// bit line j per volt on word line i, all other word lines at ground and every bit line read at
/// virtual ground.
///
/// `conductances` [word lines, bit lines] are those of the memristors, in microsiemens. Word line i
/// is driven at column 0 (and at the last column when two-sided), bit line j is read behind the
/// last row. Without any resistance the conductances come back as they are.
///
/// In a `1t1r` array all transistors conduct while it is read and inputs are voltages; drive by
/// the gates makes the array depend on its input and has no transfer matrix.
///
/// # Errors
///
/// A conductance that is none, or wires that leave no solution.
pub fn effective_conductances(conductances: &Array2<f64>, wires: &Wires) -> Result<Array2<f64>, WireError> {
    for ((row, column), &found) in conductances.indexed_iter() {
        if !(found.is_finite() && found >= 0.0) {
            return Err(WireError::Conductance { row, column, found });
        }
    }
    let (rows, columns) = conductances.dim();
    if wires.ideal() || conductances.is_empty() {
        return Ok(conductances.clone());
    }
    let array = Array::new(conductances, wires);
    let mut effective = Array2::zeros((rows, columns));
    let inner = array.inner;
    // Row i of the right-hand sides: what flows into every node per volt of word line i.
    let mut voltages = Mat::<f64>::zeros(inner, rows);
    let mut entries = Vec::with_capacity(4 * array.resistors.len());
    for r in &array.resistors {
        for (one, other) in [(r.from, r.to), (r.to, r.from)] {
            let Node::Inner(one) = one else { continue };
            entries.push(Triplet::new(one, one, r.siemens));
            match other {
                Node::Inner(other) => entries.push(Triplet::new(one, other, -r.siemens)),
                Node::Source(i) => voltages[(one, i)] += r.siemens,
                Node::Sense(_) => {}
            }
        }
    }
    if inner > 0 {
        let singular = |reason: String| WireError::Singular { rows, columns, reason };
        let nodal = SparseColMat::<usize, f64>::try_new_from_triplets(inner, inner, &entries)
            .map_err(|e| singular(format!("{e:?}")))?;
        let factors = nodal.sp_cholesky(Side::Lower).map_err(|e| singular(format!("{e:?}")))?;
        factors.solve_in_place(&mut voltages);
    }
    for r in &array.resistors {
        let ((Node::Sense(j), other) | (other, Node::Sense(j))) = (r.from, r.to) else { continue };
        match other {
            Node::Inner(n) => {
                (0..rows).for_each(|i| effective[[i, j]] += 1e6 * r.siemens * voltages[(n, i)]);
            }
            Node::Source(i) => effective[[i, j]] += 1e6 * r.siemens,
            Node::Sense(_) => {}
        }
    }
    Ok(effective)
}
