//! Statements of rust-hdl's syntax tree as Verilog.

use rust_hdl_core::ast::{
    VerilogBlock, VerilogBlockOrConditional as Otherwise, VerilogConditional,
    VerilogExpression as Expression, VerilogMatch, VerilogStatement as Statement,
};

use super::expression::Names;

/// Prints statements: what drives an output as a continuous assignment, what
/// clocks a register not at all (there is one clock), the rest as it stands.
#[derive(Default)]
pub(super) struct Printer {
    pub(super) names: Names,
    /// The combinational block.
    pub(super) body: String,
    /// The continuous assignments.
    pub(super) outputs: String,
}

impl Printer {
    fn line(&mut self, indent: usize, text: &str) {
        self.body += &"  ".repeat(indent);
        self.body += text;
        self.body.push('\n');
    }

    /// Adds a block of statements.
    ///
    /// # Panics
    /// If it holds what no controller uses.
    pub(super) fn statements(&mut self, block: &VerilogBlock, indent: usize) {
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
                    Expression::Signal(name) => name,
                    other => panic!("no controller assigns to {other:?}"),
                };
                if target.trim_end_matches("$next").ends_with("$clock") {
                    return;
                }
                let (name, width) = self.names.get(target);
                let text = format!("{name} = {};", self.names.text(value, width));
                if name.ends_with("_o") {
                    assert_eq!(indent, 2, "{name}: outputs are assigned once, not in a branch");
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
            Expression::Signal(name) => self.names.get(name),
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
