//! A rust-hdl circuit as one Verilog module in the style of `rtl/`.
//!
//! rust-hdl's own text names modules after paths, makes a module of every
//! register and leaves widths to chance. This prints the same syntax tree with
//! `_d`/`_q` registers in place, states as `localparam`s and sized numbers; that
//! both mean the same is what `tests/controllers/` checks by simulation.

use rust_hdl_core::prelude::*;

use super::expression::{Names, number};
use super::shape::{Shape, Wire, shape_of};
use super::statement::Printer;

/// A constant of a controller: name, width, value.
pub type Named = (&'static str, usize, LiteralType);

/// A port with a lint waiver: port, Verilator rule, reason.
pub type Waiver = (&'static str, &'static str, &'static str);

/// What the circuit itself does not say.
pub struct Source {
    /// Of the module and its file.
    pub name: &'static str,
    /// The header comment: what the module promises.
    pub contract: &'static str,
    /// Constants that the circuit refers to by name, in lists.
    pub constants: &'static [&'static [Named]],
    /// Lint waivers, each around one port.
    pub waivers: &'static [Waiver],
}

/// The text of the module.
///
/// # Panics
/// If the circuit uses what [`shape_of`] or the printer does not know, or if
/// rust-hdl's own checks (open signals, logic loops, driven inputs) fail.
pub fn module<U: Block + Default>(source: &Source) -> String {
    let mut circuit = U::default();
    circuit.connect_all();
    check_all(&circuit).unwrap_or_else(|error| panic!("{}: {error:?}", source.name));
    let Verilog::Combinatorial(code) = circuit.hdl() else {
        panic!("{}: not described with #[hdl_gen]", source.name);
    };
    let shape = shape_of(&circuit);
    let mut printer = Printer { names: names(&shape, source), ..Printer::default() };
    printer.statements(&code, 2);
    [
        header(source),
        ports(&shape, source),
        declarations(&shape, source),
        format!("\n  always @* begin\n{}  end\n", printer.body),
        registers(&shape),
        printer.outputs,
        "endmodule\n\n`default_nettype wire\n".into(),
    ]
    .concat()
}

/// `State::WaitInput` to `STATE_WAIT_INPUT`.
fn all_caps(name: &str) -> String {
    let mut caps = String::new();
    let mut boundary = true;
    for letter in name.replace("::", "_").chars() {
        if letter.is_uppercase() && !boundary {
            caps.push('_');
        }
        boundary = letter == '_';
        caps.extend(letter.to_uppercase());
    }
    caps
}

fn names(shape: &Shape, source: &Source) -> Names {
    let mut names = Names::default();
    for wire in [&shape.inputs, &shape.outputs, &shape.locals].into_iter().flatten() {
        names.add(wire.name.clone(), wire.name.clone(), wire.width);
    }
    for Wire { name, width } in &shape.registers {
        names.add(format!("{name}$q"), format!("{name}_q"), *width);
        names.add(format!("{name}$d"), format!("{name}_d"), *width);
    }
    for Wire { name, width } in shape.states.iter().flatten() {
        names.add(name.replace("::", "$"), all_caps(name), *width);
    }
    for &(name, width, _) in source.constants.iter().copied().flatten() {
        names.add(name.into(), name.into(), width);
    }
    names
}

fn header(source: &Source) -> String {
    let mut text = String::from("// SPDX-License-Identifier: Apache-2.0\n//\n");
    for line in source.contract.lines() {
        text += format!("// {line}").trim_end();
        text.push('\n');
    }
    text + "//\n// Described in Rust (rust-hdl) and printed from there: do not edit.\n\n`default_nettype none\n\n"
}

fn range(width: usize) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0]", width - 1),
    }
}

fn ports(shape: &Shape, source: &Source) -> String {
    let mut text = format!("module {} (\n", source.name);
    text += &format!("    input  wire        {},\n", shape.clock);
    let inputs = shape.inputs.iter().map(|wire| ("input ", wire));
    let outputs = shape.outputs.iter().map(|wire| ("output", wire));
    let count = shape.inputs.len() + shape.outputs.len();
    for (index, (direction, Wire { name, width })) in inputs.chain(outputs).enumerate() {
        let comma = if index + 1 < count { "," } else { "" };
        let line = format!("    {direction} wire {:6} {name}{comma}\n", range(*width));
        match source.waivers.iter().find(|waiver| waiver.0 == name) {
            Some((_, rule, reason)) => {
                text += &format!("    // {reason}\n    // verilator lint_off {rule}\n");
                text += &format!("{line}    // verilator lint_on {rule}\n");
            }
            None => text += &line,
        }
    }
    text + ");\n"
}

fn declarations(shape: &Shape, source: &Source) -> String {
    let mut text = String::from("\n");
    let constants = source.constants.iter().copied().flatten();
    let constants = constants.map(|&(name, width, value)| (name.to_owned(), width, value as usize));
    let states = shape.states.iter().flat_map(|states| {
        let numbered = states.iter().enumerate();
        numbered.map(|(value, wire)| (all_caps(&wire.name), wire.width, value))
    });
    for (name, width, value) in constants.chain(states) {
        let declared = format!("localparam {} {name}", range(width)).replace("  ", " ");
        text += &format!("  {declared} = {};\n", number(value, width));
    }
    text.push('\n');
    for Wire { name, width } in &shape.registers {
        text += &format!("  reg {:6} {name}_q, {name}_d;\n", range(*width));
    }
    for Wire { name, width } in &shape.locals {
        text += &format!("  reg {:6} {name};\n", range(*width));
    }
    text
}

fn registers(shape: &Shape) -> String {
    let mut text = format!("\n  always @(posedge {}) begin\n", shape.clock);
    for Wire { name, .. } in &shape.registers {
        text += &format!("    {name}_q <= {name}_d;\n");
    }
    text + "  end\n\n"
}
