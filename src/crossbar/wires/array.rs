//! The array as a list of resistors between numbered nodes.

use crate::config::{Drive, Wires};
use ndarray::Array2;

/// An end of a resistor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// Its voltage is sought.
    Inner(usize),
    /// The driver of a word line.
    Source(usize),
    /// The virtual ground that reads a bit line.
    Sense(usize),
}

/// A resistor of the network of wires.
#[derive(Debug, Clone, Copy)]
pub struct Resistor {
    /// One end.
    pub from: Node,
    /// The other end.
    pub to: Node,
    /// Its conductance.
    pub siemens: f64,
}

/// Resistors of an array; places that no resistance parts are one node.
#[derive(Debug, Clone)]
pub struct Array {
    /// All of them.
    pub resistors: Vec<Resistor>,
    /// Nodes whose voltage is sought.
    pub inner: usize,
}

impl Array {
    /// `conductances` [word lines, bit lines] in microsiemens.
    pub fn new(conductances: &Array2<f64>, wires: &Wires) -> Array {
        let (rows, columns) = conductances.dim();
        let mut array = Array { resistors: Vec::new(), inner: 0 };
        let driver = wires.driver_ohm + wires.word_line_ohm;
        let word: Vec<Vec<Node>> = (0..rows)
            .map(|i| {
                let nodes = array.line(columns, wires.word_line_ohm, driver == 0.0, Node::Source(i));
                array.connect(Node::Source(i), nodes[0], driver);
                if wires.drive == Drive::TwoSided {
                    array.connect(Node::Source(i), nodes[columns - 1], driver);
                }
                nodes
            })
            .collect();
        let sense = wires.sense_ohm + wires.bit_line_ohm;
        let bit: Vec<Vec<Node>> = (0..columns)
            .map(|j| {
                let nodes = array.line(rows, wires.bit_line_ohm, sense == 0.0, Node::Sense(j));
                array.connect(nodes[rows - 1], Node::Sense(j), sense);
                nodes
            })
            .collect();
        for ((i, j), &microsiemens) in conductances.indexed_iter() {
            let siemens = 1e-6 * microsiemens;
            let siemens = siemens / (1.0 + siemens * wires.access_ohm());
            if siemens > 0.0 {
                array.resistors.push(Resistor { from: word[i][j], to: bit[j][i], siemens });
            }
        }
        array
    }

    /// The nodes of a line of `cells` cells with `ohm` between neighbours; a line that nothing
    /// parts from its `end` is that end.
    fn line(&mut self, cells: usize, ohm: f64, is_end: bool, end: Node) -> Vec<Node> {
        if is_end {
            return vec![end; cells];
        }
        if ohm == 0.0 {
            return vec![self.node(); cells];
        }
        let nodes: Vec<Node> = (0..cells).map(|_| self.node()).collect();
        nodes.windows(2).for_each(|pair| self.connect(pair[0], pair[1], ohm));
        nodes
    }

    fn node(&mut self) -> Node {
        self.inner += 1;
        Node::Inner(self.inner - 1)
    }

    fn connect(&mut self, from: Node, to: Node, ohm: f64) {
        if ohm > 0.0 {
            self.resistors.push(Resistor { from, to, siemens: 1.0 / ohm });
        }
    }
}
