//! One tile as a netlist of resistors and sources for ngspice, and its answer read back.

use crate::config::{ArrayKind, Drive, Wires};
use ndarray::Array2;
use std::fmt::Write;

/// A tile to be solved as a circuit.
#[derive(Debug, Clone)]
pub struct SpiceTile<'a> {
    /// The first line.
    pub title: String,
    /// [word lines, bit lines] of the memristors, in microsiemens.
    pub conductances: &'a Array2<f64>,
    /// Resistances of the array.
    pub wires: &'a Wires,
    /// Voltage of every word line's driver.
    pub volts: Vec<f64>,
}

impl SpiceTile<'_> {
    /// The netlist, with commands that solve the operating point and print the current into the
    /// meter of every bit line in full precision.
    ///
    /// Cell (i, j) joins node `w<i>_<j>` of word line i and node `b<i>_<j>` of bit line j; where a
    /// segment has no resistance its two nodes are one, since ngspice knows no resistor of 0 ohms.
    pub fn netlist(&self) -> String {
        let (rows, columns) = self.conductances.dim();
        let w = self.wires;
        let mut out = String::new();
        let mut line = |text: String| writeln!(out, "{text}").expect("writing to memory");
        line(format!("* {}", self.title.replace('\n', " ")));
        line("* G in siemens; word lines from driver drv<i>, bit lines into meter Vsense<j>".into());
        let driver = w.driver_ohm + w.word_line_ohm;
        let sense = w.sense_ohm + w.bit_line_ohm;
        let word = |i: usize, j: usize| match () {
            () if driver == 0.0 => format!("drv{i}"),
            () if w.word_line_ohm == 0.0 => format!("w{i}_0"),
            () => format!("w{i}_{j}"),
        };
        let bit = |i: usize, j: usize| match () {
            () if sense == 0.0 => format!("out{j}"),
            () if w.bit_line_ohm == 0.0 => format!("b0_{j}"),
            () => format!("b{i}_{j}"),
        };
        for (i, volts) in self.volts.iter().enumerate() {
            line(format!("Vdrive{i} drv{i} 0 DC {volts:e}"));
            if driver > 0.0 {
                line(format!("Rdrive{i} drv{i} {} {driver:e}", word(i, 0)));
                if w.drive == Drive::TwoSided {
                    line(format!("Rback{i} drv{i} {} {driver:e}", word(i, columns - 1)));
                }
            }
        }
        for j in 0..columns {
            if sense > 0.0 {
                line(format!("Rsense{j} {} out{j} {sense:e}", bit(rows - 1, j)));
            }
            line(format!("Vsense{j} out{j} 0 DC 0"));
        }
        for i in 0..rows {
            for j in 0..columns {
                if w.word_line_ohm > 0.0 && j > 0 {
                    line(format!("Rw{i}_{j} {} {} {:e}", word(i, j - 1), word(i, j), w.word_line_ohm));
                }
                if w.bit_line_ohm > 0.0 && i > 0 {
                    line(format!("Rb{i}_{j} {} {} {:e}", bit(i - 1, j), bit(i, j), w.bit_line_ohm));
                }
                let microsiemens = self.conductances[[i, j]];
                if microsiemens > 0.0 {
                    let transistor = if w.array == ArrayKind::OneTransistor { w.transistor_ohm } else { 0.0 };
                    let ohm = 1e6 / microsiemens + transistor;
                    line(format!("Rcell{i}_{j} {} {} {ohm:e}", word(i, j), bit(i, j)));
                }
            }
        }
        line(".options reltol=1e-9 abstol=1e-18 vntol=1e-15".into());
        line(".control".into());
        line("set numdgt=16".into());
        line("op".into());
        (0..columns).for_each(|j| line(format!("print i(vsense{j})")));
        line(".endc".into());
        line(".end".into());
        out
    }
}

/// The currents of `columns` bit lines in microamperes, from what ngspice printed;
/// `None` unless it printed them all.
pub fn bit_line_currents(printed: &str, columns: usize) -> Option<Vec<f64>> {
    let mut currents = vec![None; columns];
    for line in printed.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        let Some(number) = name.trim().strip_prefix("i(vsense").and_then(|n| n.strip_suffix(')')) else {
            continue;
        };
        *currents.get_mut(number.parse::<usize>().ok()?)? = value.trim().parse::<f64>().ok();
    }
    currents.into_iter().map(|c| c.map(|c| c * 1e6)).collect()
}
