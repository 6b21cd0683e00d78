//! The transfer matrix of an array with wires: against a dense solution, in its limits, and by
//! what physics says of any network of resistors.

use hvae_mnn::config::{ArrayKind, Config, Drive, Wires};
use hvae_mnn::crossbar::{WireError, effective_conductances};
use ndarray::{Array1, Array2};
use proptest::prelude::*;

fn conductances() -> impl Strategy<Value = Array2<f64>> {
    (1usize..7, 1usize..7).prop_flat_map(|(rows, columns)| {
        prop::collection::vec(prop_oneof![Just(0.0), 1.0f64..300.0], rows * columns)
            .prop_map(move |v| Array2::from_shape_vec((rows, columns), v).unwrap())
    })
}

fn wires() -> impl Strategy<Value = Wires> {
    let ohm = || prop_oneof![Just(0.0), 0.01f64..100.0];
    (ohm(), ohm(), ohm(), ohm(), any::<bool>(), any::<bool>()).prop_map(
        |(word, bit, driver, sense, two, passive)| Wires {
            word_line_ohm: word,
            bit_line_ohm: bit,
            driver_ohm: driver,
            sense_ohm: sense,
            transistor_ohm: 500.0,
            drive: if two { Drive::TwoSided } else { Drive::OneSided },
            array: if passive { ArrayKind::Passive } else { ArrayKind::OneTransistor },
        },
    )
}

/// Gaussian elimination with pivoting.
fn solve(mut a: Array2<f64>, mut b: Array1<f64>) -> Array1<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[[i, k]].abs().total_cmp(&a[[j, k]].abs())).unwrap();
        for c in 0..n {
            a.swap([k, c], [pivot, c]);
        }
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[[i, k]] / a[[k, k]];
            for c in k..n {
                a[[i, c]] -= factor * a[[k, c]];
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        for c in k + 1..n {
            b[k] -= a[[k, c]] * b[c];
        }
        b[k] /= a[[k, k]];
    }
    b
}

/// Currents of the bit lines in microamperes, from Kirchhoff's laws written for currents and
/// voltages alike (modified nodal analysis), so that a resistance may be 0.
fn dense(g: &Array2<f64>, w: &Wires, volts: &[f64]) -> Vec<f64> {
    let (rows, columns) = g.dim();
    let cells = rows * columns;
    let (word, bit) = (|i: usize, j: usize| i * columns + j, |i: usize, j: usize| cells + i * columns + j);
    // Branches with a current each: (from, to, ohm, volts of the source within); `None`: ground.
    let mut branches: Vec<(Option<usize>, Option<usize>, f64, f64)> = Vec::new();
    for (i, &volts) in volts.iter().enumerate() {
        let driver = w.driver_ohm + w.word_line_ohm;
        branches.push((None, Some(word(i, 0)), driver, volts));
        (1..columns)
            .for_each(|j| branches.push((Some(word(i, j - 1)), Some(word(i, j)), w.word_line_ohm, 0.0)));
        if w.drive == Drive::TwoSided && (columns > 1 && w.word_line_ohm > 0.0 || driver > 0.0) {
            branches.push((None, Some(word(i, columns - 1)), driver, volts));
        }
    }
    let first_sense = branches.len();
    for j in 0..columns {
        branches.push((Some(bit(rows - 1, j)), None, w.sense_ohm + w.bit_line_ohm, 0.0));
    }
    for j in 0..columns {
        (1..rows).for_each(|i| branches.push((Some(bit(i - 1, j)), Some(bit(i, j)), w.bit_line_ohm, 0.0)));
    }
    let transistor = if w.array == ArrayKind::OneTransistor { w.transistor_ohm } else { 0.0 };
    for ((i, j), &g) in g.indexed_iter().filter(|(_, g)| **g > 0.0) {
        branches.push((Some(word(i, j)), Some(bit(i, j)), 1e6 / g + transistor, 0.0));
    }
    let n = 2 * cells + branches.len();
    let (mut a, mut b) = (Array2::zeros((n, n)), Array1::zeros(n));
    for (k, &(from, to, ohm, volts)) in branches.iter().enumerate() {
        let row = 2 * cells + k;
        // V(from) + source - V(to) = R I.
        for (node, sign) in [(from, 1.0), (to, -1.0)] {
            if let Some(node) = node {
                a[[row, node]] += sign;
                a[[node, row]] += sign;
            }
        }
        a[[row, row]] -= ohm;
        b[row] = -volts;
    }
    let x = solve(a, b);
    (0..columns).map(|j| 1e6 * x[2 * cells + first_sense + j]).collect()
}

proptest! {
    #[test]
    fn any_small_array_solves_as_kirchhoff_says(
        g in conductances(), w in wires(), volts in prop::collection::vec(-1.0f64..1.0, 6),
    ) {
        let effective = effective_conductances(&g, &w).unwrap();
        let volts = &volts[..g.nrows()];
        let want = dense(&g, &w, volts);
        for (j, want) in want.iter().enumerate() {
            let got: f64 = effective.column(j).iter().zip(volts).map(|(g, v)| g * v).sum();
            prop_assert!((got - want).abs() <= 1e-8 * (1.0 + want.abs()), "column {}: {} and {}", j, got, want);
        }
    }

    /// Nothing flows backwards, and resistance in series takes current away.
    #[test]
    fn no_wire_makes_current(g in conductances(), w in wires()) {
        let effective = effective_conductances(&g, &w).unwrap();
        prop_assert!(effective.iter().all(|&e| e >= -1e-9));
        let bound = 1.0 + 1e-9;
        for (e, g) in effective.outer_iter().zip(g.outer_iter()) {
            prop_assert!(e.sum() <= g.sum() * bound);
        }
        for (e, g) in effective.columns().into_iter().zip(g.columns()) {
            prop_assert!(e.sum() <= g.sum() * bound);
        }
        let more = Wires { sense_ohm: w.sense_ohm + 10.0, driver_ohm: w.driver_ohm + 10.0, ..w };
        prop_assert!(effective_conductances(&g, &more).unwrap().sum() <= effective.sum() * bound);
    }

    /// A network of resistors answers alike when source and meter are exchanged.
    #[test]
    fn source_and_meter_may_be_exchanged(g in conductances(), w in wires()) {
        let w = Wires { drive: Drive::OneSided, ..w };
        let (rows, columns) = g.dim();
        let turned = Array2::from_shape_fn((columns, rows), |(j, i)| g[[rows - 1 - i, columns - 1 - j]]);
        let exchanged = Wires {
            word_line_ohm: w.bit_line_ohm, bit_line_ohm: w.word_line_ohm,
            driver_ohm: w.sense_ohm, sense_ohm: w.driver_ohm, ..w.clone()
        };
        let one = effective_conductances(&g, &w).unwrap();
        let other = effective_conductances(&turned, &exchanged).unwrap();
        for ((i, j), &e) in one.indexed_iter() {
            let same = other[[columns - 1 - j, rows - 1 - i]];
            prop_assert!((e - same).abs() <= 1e-9 * (1.0 + e), "{} and {}", e, same);
        }
    }

    #[test]
    fn without_resistance_nothing_changes(g in conductances()) {
        prop_assert_eq!(&effective_conductances(&g, &Wires::default()).unwrap(), &g);
        let almost = Wires { word_line_ohm: 1e-7, bit_line_ohm: 1e-7, ..Wires::default() };
        for (e, g) in effective_conductances(&g, &almost).unwrap().iter().zip(&g) {
            prop_assert!((e - g).abs() <= 1e-6);
        }
    }
}

/// One cell is resistors in series.
#[test]
fn one_cell_is_a_series() {
    let w = Wires {
        word_line_ohm: 10.0,
        bit_line_ohm: 20.0,
        driver_ohm: 300.0,
        sense_ohm: 70.0,
        transistor_ohm: 600.0,
        ..Wires::default()
    };
    let effective = effective_conductances(&Array2::from_elem((1, 1), 1000.0), &w).unwrap();
    assert!((effective[[0, 0]] - 1e6 / 2000.0).abs() < 1e-9, "{effective}");
}

/// The far column loses most from one side; from both sides the loss is smaller and symmetric.
#[test]
fn two_drivers_lose_less_than_one() {
    let g = Array2::from_elem((32, 32), 100.0);
    let one = Wires { word_line_ohm: 2.0, ..Wires::default() };
    let two = Wires { drive: Drive::TwoSided, ..one.clone() };
    let (one, two) = (effective_conductances(&g, &one).unwrap(), effective_conductances(&g, &two).unwrap());
    assert!(one[[0, 0]] > one[[0, 31]] && two.sum() > one.sum());
    assert!((two[[0, 0]] - two[[0, 31]]).abs() < 1e-9 && two[[0, 15]] < two[[0, 0]]);
}

#[test]
fn impossible_values_are_refused() {
    let g = Array2::from_elem((2, 3), f64::NAN);
    let refused = effective_conductances(&g, &Wires::default()).unwrap_err();
    assert!(matches!(refused, WireError::Conductance { row: 0, column: 0, .. }));
    let refused = Config::parse("c", "[wires]\nsense_ohm = -1.0\n").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "c: [wires] sense_ohm = -1: expected 0 to 1e9; ohms; 0 leaves the resistance out"
    );
}
