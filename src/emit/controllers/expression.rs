//! Expressions of rust-hdl's syntax tree as Verilog, with a width for every
//! number, so that nothing is left to Verilog's rules of extension.

use std::collections::BTreeMap;

use rust_hdl_core::ast::{VerilogExpression as Expression, VerilogOp as Op, VerilogOpUnary as Unary};

/// What the names of a circuit are in Verilog, with their widths.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, (String, usize)>);

impl Names {
    /// `rust` as rust-hdl writes it (`state$q`), `verilog` as printed.
    pub(super) fn add(&mut self, rust: String, verilog: String, width: usize) {
        self.0.insert(rust, (verilog, width));
    }

    /// The printed name and width; an assignment's target ends in `$next`.
    ///
    /// # Panics
    /// If the circuit declares no such name.
    pub(super) fn get(&self, rust: &str) -> (&str, usize) {
        let rust = rust.trim_end_matches("$next");
        let (name, width) =
            self.0.get(rust).unwrap_or_else(|| panic!("{rust}: neither a signal nor one of the constants"));
        (name, *width)
    }

    /// The width, or `None` for a number, which takes that of its neighbour.
    fn width(&self, expression: &Expression) -> Option<usize> {
        match expression {
            Expression::Signal(name) => Some(self.get(name).1),
            Expression::Literal(_) => None,
            Expression::Cast(_, width) | Expression::Slice(_, width, _) => Some(*width),
            Expression::Paren(inner) | Expression::Unary(Unary::Not | Unary::Neg, inner) => self.width(inner),
            Expression::Unary(..) | Expression::Index(..) => Some(1),
            Expression::Binary(left, op, right) => match op {
                Op::Shl | Op::Shr => self.width(left),
                _ if is_test(op) => Some(1),
                _ => self.width(left).or(self.width(right)),
            },
            other => panic!("no controller uses {other:?}"),
        }
    }

    /// The text of `expression` where `width` bits are asked for.
    ///
    /// # Panics
    /// If the widths differ (the simulation in Rust would not have compiled) or
    /// the construct is one that no controller uses.
    pub(super) fn text(&self, expression: &Expression, width: usize) -> String {
        if let Some(own) = self.width(expression) {
            assert_eq!(own, width, "width of {expression:?}");
        }
        match expression {
            Expression::Signal(name) => self.get(name).0.to_owned(),
            Expression::Literal(value) => number(value.as_usize(), width),
            Expression::Paren(inner) => self.text(inner, width),
            Expression::Cast(inner, _) => self.cast(inner, width),
            Expression::Unary(op, inner) => {
                let inside = match op {
                    Unary::Not | Unary::Neg => width,
                    _ => self.width(inner).expect("a reduction of a number"),
                };
                let sign = match op {
                    Unary::Not if width == 1 => "!",
                    Unary::Not => "~",
                    Unary::Neg => "-",
                    Unary::All => "&",
                    Unary::Any => "|",
                    Unary::Xor => "^",
                };
                format!("{sign}{}", self.operand(inner, inside))
            }
            Expression::Index(base, index) => {
                format!("{}[{}]", self.base(base), self.place(index))
            }
            Expression::Slice(base, width, offset) => match self.place(offset) {
                Place::Bit(low) => format!("{}[{}:{low}]", self.base(base), low + width - 1),
                Place::Named(low) => format!("{}[{low}+:{width}]", self.base(base)),
            },
            Expression::Binary(left, op, right) => self.binary(left, op, right, width),
            other => panic!("no controller uses {other:?}"),
        }
    }

    fn binary(&self, left: &Expression, op: &Op, right: &Expression, width: usize) -> String {
        let (inside, right_width) = match op {
            Op::Shl | Op::Shr => (width, self.width(right).unwrap_or(4)),
            Op::LogicalAnd | Op::LogicalOr => (1, 1),
            _ if is_test(op) => {
                let both = self.width(left).or(self.width(right));
                let both = both.expect("a comparison of two numbers");
                (both, both)
            }
            _ => (width, width),
        };
        let left = match left {
            Expression::Binary(_, same, _) if chains(op, same) => self.text(left, inside),
            _ => self.operand(left, inside),
        };
        let right = match (op, right) {
            (Op::Shl | Op::Shr, Expression::Literal(places)) => places.as_usize().to_string(),
            _ => self.operand(right, right_width),
        };
        format!("{left} {} {right}", sign(op))
    }

    /// The operand of an operator: compound ones in parentheses, always.
    fn operand(&self, expression: &Expression, width: usize) -> String {
        let text = self.text(expression, width);
        if is_compound(expression) { format!("({text})") } else { text }
    }

    /// Widened with zeros or cut to the low bits, as `bit_cast` does.
    fn cast(&self, inner: &Expression, width: usize) -> String {
        match self.width(inner) {
            None => self.text(inner, width),
            Some(own) if own == width => self.text(inner, own),
            Some(own) if own < width => {
                format!("{{{}, {}}}", number(0, width - own), self.text(inner, own))
            }
            Some(_) => format!("{}[{}:0]", self.base(inner), width - 1),
        }
    }

    /// A bit is chosen by a number, or by the name of one.
    fn place(&self, expression: &Expression) -> Place<'_> {
        match expression {
            Expression::Literal(value) => Place::Bit(value.as_usize()),
            Expression::Signal(name) => Place::Named(self.get(name).0),
            Expression::Paren(inner) => self.place(inner),
            other => panic!("a bit is chosen by a number, not by {other:?}"),
        }
    }

    /// What is indexed must be a name in Verilog.
    fn base(&self, expression: &Expression) -> &str {
        match expression {
            Expression::Signal(name) => self.get(name).0,
            Expression::Paren(inner) => self.base(inner),
            other => panic!("only a signal has bits to choose from, not {other:?}"),
        }
    }
}

/// A number with its width: small ones decimal, masks hexadecimal.
///
/// # Panics
/// If it does not fit.
pub(super) fn number(value: usize, width: usize) -> String {
    assert!(width >= 64 || value >> width == 0, "{value} in {width} bits");
    if width > 1 && value > 99 {
        format!("{width}'h{value:x}")
    } else if width == 1 {
        format!("1'b{value}")
    } else {
        format!("{width}'d{value}")
    }
}

/// Where a bit stands.
enum Place<'a> {
    Bit(usize),
    Named(&'a str),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Bit(bit) => bit.fmt(f),
            Place::Named(name) => name.fmt(f),
        }
    }
}

/// `a && b && c` needs no parentheses.
fn chains(outer: &Op, inner: &Op) -> bool {
    matches!((outer, inner), (Op::LogicalAnd, Op::LogicalAnd) | (Op::LogicalOr, Op::LogicalOr))
}

fn is_compound(expression: &Expression) -> bool {
    match expression {
        Expression::Paren(inner) => is_compound(inner),
        Expression::Unary(op, _) => !matches!(op, Unary::Not),
        other => matches!(other, Expression::Binary(..)),
    }
}

fn is_test(op: &Op) -> bool {
    !matches!(op, Op::Add | Op::Sub | Op::Mul | Op::BitXor | Op::BitAnd | Op::BitOr | Op::Shl | Op::Shr)
}

fn sign(op: &Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::LogicalAnd => "&&",
        Op::LogicalOr => "||",
        Op::BitXor => "^",
        Op::BitAnd => "&",
        Op::BitOr => "|",
        Op::Shl => "<<",
        Op::Shr => ">>",
        Op::Eq => "==",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Ne => "!=",
        Op::Ge => ">=",
        Op::Gt => ">",
    }
}
