//! A rust-hdl circuit as one Verilog module in the style of `rtl/`.
//!
//! rust-hdl's own text names modules after paths, makes a module of every
//! register and leaves widths to chance. This prints the same syntax tree with
//! `_d`/`_q` registers in place, states as `localparam`s and sized numbers; that
//! both mean the same is what `tests/controllers.rs` checks by simulation.

use rust_hdl_core::ast::{
    VerilogBlock, VerilogBlockOrConditional as Otherwise, VerilogConditional, VerilogMatch,
    VerilogStatement as Statement,
};
use rust_hdl_core::prelude::*;

use super::expression::{Names, number};
use super::shape::{Shape, Wire, shape_of};

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
    /// Constants that the circuit refers to by name.
    pub constants: &'static [Named],
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
    let mut printer = Printer {
        names: names(&shape, source),
        ..Printer::default()
    };
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
    for wire in [&shape.inputs, &shape.outputs, &shape.locals]
        .into_iter()
        .flatten()
    {
        names.add(wire.name.clone(), wire.name.clone(), wire.width);
    }
    for Wire { name, width } in &shape.registers {
        names.add(format!("{name}$q"), format!("{name}_q"), *width);
        names.add(format!("{name}$d"), format!("{name}_d"), *width);
    }
    for Wire { name, width } in shape.states.iter().flatten() {
        names.add(name.replace("::", "$"), all_caps(name), *width);
    }
    for &(name, width, _) in source.constants {
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
    let constants = source.constants.iter();
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

/// Prints statements: what drives an output as a continuous assignment, what
/// clocks a register not at all (there is one clock), the rest as it stands.
#[derive(Default)]
struct Printer {
    names: Names,
    body: String,
    outputs: String,
}

impl Printer {
    fn line(&mut self, indent: usize, text: &str) {
        self.body += &"  ".repeat(indent);
        self.body += text;
        self.body.push('\n');
    }

    fn statements(&mut self, block: &VerilogBlock, indent: usize) {
        let mut before = "";
        for statement in block {
            let kind = match statement {
                Statement::Comment(_) => "comment",
                Statement::If(_) | Statement::Match(_) => "branch",
                _ => "plain",
            };
            // Paragraphs in the body: a comment or a change of kind starts one.
            if indent == 2 && !before.is_empty() && kind != before && before != "comment" {
                self.body.push('\n');
            }
            before = kind;
            self.statement(statement, indent);
        }
    }

    fn statement(&mut self, statement: &Statement, indent: usize) {
        match statement {
            Statement::Macro(block) => self.statements(block, indent),
            Statement::Comment(text) => {
                let text = text.split('"').nth(1).unwrap_or(text);
                self.line(indent, &format!("// {text}"));
            }
            Statement::Assignment(target, value) => {
                let target = match target {
                    rust_hdl_core::ast::VerilogExpression::Signal(name) => name,
                    other => panic!("no controller assigns to {other:?}"),
                };
                if target.trim_end_matches("$next").ends_with("$clock") {
                    return;
                }
                let (name, width) = self.names.get(target);
                let text = format!("{name} = {};", self.names.text(value, width));
                if name.ends_with("_o") {
                    assert_eq!(
                        indent, 2,
                        "{name}: outputs are assigned once, not in a branch"
                    );
                    self.outputs += &format!("  assign {text}\n");
                } else {
                    self.line(indent, &text);
                }
            }
            Statement::If(test) => self.conditional(test, indent, ""),
            Statement::Match(test) => self.cases(test, indent),
            other => panic!("no controller uses {other:?}"),
        }
    }

    fn conditional(&mut self, test: &VerilogConditional, indent: usize, before: &str) {
        let condition = self.names.text(&test.test, 1);
        self.line(indent, &format!("{before}if ({condition}) begin"));
        self.statements(&test.then, indent + 1);
        match &test.otherwise {
            Otherwise::None => self.line(indent, "end"),
            Otherwise::Block(block) => {
                self.line(indent, "end else begin");
                self.statements(block, indent + 1);
                self.line(indent, "end");
            }
            Otherwise::Conditional(next) => match next.as_ref() {
                Statement::If(next) => self.conditional(next, indent, "end else "),
                other => panic!("no controller uses {other:?}"),
            },
        }
    }

    fn cases(&mut self, test: &VerilogMatch, indent: usize) {
        let signal = match &test.test {
            rust_hdl_core::ast::VerilogExpression::Signal(name) => self.names.get(name),
            other => panic!("a match is over a register, not {other:?}"),
        };
        let (name, width) = (signal.0.to_owned(), signal.1);
        self.line(indent, &format!("case ({name})"));
        for case in &test.cases {
            let label = self.names.get(&case.condition).0.to_owned();
            self.line(indent + 1, &format!("{label}: begin"));
            self.statements(&case.block, indent + 2);
            self.line(indent + 1, "end");
        }
        if test.cases.len() < 1 << width {
            self.line(indent + 1, "default: ;  // unused codes");
        }
        self.line(indent, "endcase");
    }
}
