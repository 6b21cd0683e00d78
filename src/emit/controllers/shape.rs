//! What a circuit consists of: ports, registers, local signals and states.

use rust_hdl_core::atom::{Atom, AtomKind};
use rust_hdl_core::prelude::*;

/// A name with its width in bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// As in the Rust field.
    pub name: String,
    /// In bits.
    pub width: usize,
}

/// The parts of a circuit, in the order of its fields.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// The clock; a controller has exactly one.
    pub clock: String,
    /// Inputs, the clock left out.
    pub inputs: Vec<Wire>,
    /// Outputs.
    pub outputs: Vec<Wire>,
    /// Registers (sub-circuits `Dff`).
    pub registers: Vec<Wire>,
    /// Signals of no memory.
    pub locals: Vec<Wire>,
    /// Variants of the enumerations, each `Type::Variant`, with the width.
    pub states: Vec<Vec<Wire>>,
    depth: usize,
    register: String,
}

/// Looks into a circuit.
///
/// # Panics
/// If it holds what a controller does not need: a second clock, a constant
/// field, or a sub-circuit that is no register.
pub fn shape_of(circuit: &dyn Block) -> Shape {
    let mut shape = Shape::default();
    circuit.accept("top", &mut shape);
    shape
}

impl Shape {
    fn note_states(&mut self, descriptor: &TypeDescriptor, width: usize) {
        if let TypeKind::Enum(names) = &descriptor.kind {
            let wires: Vec<Wire> = names.iter().map(|name| Wire { name: name.clone(), width }).collect();
            if !self.states.contains(&wires) {
                self.states.push(wires);
            }
        }
    }
}

impl Probe for Shape {
    fn visit_start_scope(&mut self, name: &str, _node: &dyn Block) {
        self.depth += 1;
        assert!(self.depth <= 2, "{name}: only registers may be nested");
        name.clone_into(&mut self.register);
    }

    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let wire = |name: &str| Wire { name: name.to_owned(), width: atom.bits() };
        self.note_states(&atom.descriptor(), atom.bits());
        if self.depth == 2 {
            match name {
                "q" => self.registers.push(wire(&self.register)),
                "d" | "clock" => {}
                _ => panic!("{}: only registers may be nested", self.register),
            }
            return;
        }
        match atom.kind() {
            AtomKind::InputParameter if name.starts_with("clk") => {
                assert!(self.clock.is_empty(), "{name}: one clock only");
                name.clone_into(&mut self.clock);
            }
            AtomKind::InputParameter => self.inputs.push(wire(name)),
            AtomKind::OutputParameter => self.outputs.push(wire(name)),
            AtomKind::LocalSignal => self.locals.push(wire(name)),
            kind => panic!("{name}: a controller has no {kind:?}"),
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.depth -= 1;
    }
}
