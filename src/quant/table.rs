//! Sigmoid, tanh and exp as piecewise linear tables over a whole input format.

use super::Format;
use crate::model::{LEAK, LEAKY_LIMIT};
use serde::Serialize;

/// The functions the hardware looks up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// 1 / (1 + e^-x)
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// [`Activation::LeakyRelu`](crate::model::Activation::LeakyRelu).
    LeakyRelu,
    /// sigma = e^(x/2) of a log-variance x, clipped to the output format.
    ExpHalf,
    /// 2^-f of a fraction f = x + 1/2 in [0, 1).
    Exp2Fraction,
    /// log2(1 + f) of a fraction f = x + 1/2 in [0, 1).
    Log2Fraction,
    /// ln(1 + e^-16f) of a fraction f = x + 1/2 in [0, 1): what a bit costs beside the logit that it is against.
    Softplus,
}

impl Function {
    /// All of them.
    pub const ALL: [Function; 7] = [
        Function::Sigmoid,
        Function::Tanh,
        Function::LeakyRelu,
        Function::ExpHalf,
        Function::Exp2Fraction,
        Function::Log2Fraction,
        Function::Softplus,
    ];

    /// The exact function, by a portable libm so that tables are the same everywhere.
    pub fn exact(self, x: f64) -> f64 {
        match self {
            Function::Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
            Function::Tanh => libm::tanh(x),
            Function::LeakyRelu => {
                let limit = f64::from(LEAKY_LIMIT);
                (if x > 0.0 { x } else { f64::from(LEAK) * x }).clamp(-limit, limit)
            }
            Function::ExpHalf => libm::exp(0.5 * x),
            Function::Exp2Fraction => libm::exp2(-(x + 0.5)),
            Function::Log2Fraction => libm::log2(x + 1.5),
            Function::Softplus => libm::log1p(libm::exp(-16.0 * (x + 0.5))),
        }
    }

    /// Integer bits of the output: all but these reach 1 exactly; a leaky rectifier is cut at 3, sigma below 8.
    const fn integer_bits(self) -> i32 {
        match self {
            Function::ExpHalf => 3,
            Function::LeakyRelu => 2,
            _ => 1,
        }
    }

    /// As its memory image is called.
    pub const fn name(self) -> &'static str {
        match self {
            Function::Sigmoid => "sigmoid",
            Function::Tanh => "tanh",
            Function::LeakyRelu => "leaky_relu",
            Function::ExpHalf => "exp_half",
            Function::Exp2Fraction => "exp2_fraction",
            Function::Log2Fraction => "log2_fraction",
            Function::Softplus => "softplus",
        }
    }

    /// The output format of a table of `bits` bits.
    pub const fn output(self, bits: u32) -> Format {
        Format::new(bits, bits as i32 - 1 - self.integer_bits())
    }
}

/// A table of 2^`address_bits` segments: out = value + delta * fraction.
/// Mirrored by `rtl/hvae_table.sv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// What it is of.
    pub function: Function,
    /// Of x.
    pub input: Format,
    /// Of y.
    pub output: Format,
    /// Bits of x that choose a segment, the highest ones.
    pub address_bits: u32,
    /// Function value at the start of each segment, most negative input first.
    pub values: Vec<i32>,
    /// Rise over the segment.
    pub deltas: Vec<i32>,
    /// Signed width that holds every delta.
    pub delta_bits: u32,
}

impl Table {
    /// The segments of a function over all of `input`, `bits` wide.
    pub fn new(function: Function, input: Format, bits: u32, address_bits: u32) -> Table {
        assert!(address_bits < input.bits, "a segment needs at least one fraction bit");
        let output = function.output(bits);
        let segments = 1i64 << address_bits;
        let length = 1i64 << (input.bits - address_bits);
        let at = |segment: i64| {
            let x = input.decode(input.min() + segment * length);
            output.encode(function.exact(x)) as i32
        };
        let values: Vec<i32> = (0..segments).map(at).collect();
        let deltas: Vec<i32> = (0..segments).map(|s| at(s + 1) - at(s)).collect();
        let widest = deltas.iter().map(|d| d.unsigned_abs()).max().unwrap_or(0);
        let delta_bits = 32 - widest.leading_zeros() + 1;
        Table { function, input, output, address_bits, values, deltas, delta_bits }
    }

    /// A table of a 16-bit fraction with 16 fraction bits (`rtl/hvae_log_prob.sv`).
    pub fn of_fraction(function: Function) -> Table {
        Table::new(function, Format::new(16, 16), 18, 9)
    }

    /// The same in twice the segments: what it is wrong by adds up over the bits of a frame (`rtl/hvae_bits.sv`).
    pub fn of_softplus() -> Table {
        Table::new(Function::Softplus, Format::new(16, 16), 18, 10)
    }

    /// Bits of the position inside a segment.
    pub fn fraction_bits(&self) -> u32 {
        self.input.bits - self.address_bits
    }

    /// The table's answer for an input code.
    pub fn lookup(&self, code: i64) -> i64 {
        let shifted = (code - self.input.min()) as u64;
        let f = self.fraction_bits();
        let segment = (shifted >> f) as usize;
        let fraction = (shifted & ((1 << f) - 1)) as i64;
        let rise = (i64::from(self.deltas[segment]) * fraction + (1 << (f - 1))) >> f;
        i64::from(self.values[segment]) + rise
    }

    /// Largest distance from the exact function over every input code, in units
    /// of the last place of the output. Inputs whose exact value lies outside
    /// the output format are measured against the format's end.
    pub fn max_error_ulp(&self) -> f64 {
        let limit = (self.output.decode(self.output.min()), self.output.decode(self.output.max()));
        (self.input.min()..=self.input.max())
            .map(|code| {
                let exact = self.function.exact(self.input.decode(code)).clamp(limit.0, limit.1);
                (self.output.decode(self.lookup(code)) - exact).abs() / self.output.step()
            })
            .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stays_within_its_stated_error() {
        let input = Format::new(16, 12);
        // sigma is worst in the one segment where it reaches the end of its format, at 8.
        for (function, ulp) in [
            (Function::Sigmoid, 1.5),
            (Function::Tanh, 3.0),
            (Function::LeakyRelu, 1.5),
            (Function::ExpHalf, 40.0),
        ] {
            let worst = Table::new(function, input, 16, 9).max_error_ulp();
            assert!(worst < ulp, "{}: {worst} ulp", function.name());
        }
    }

    #[test]
    fn what_a_bit_costs_is_known_to_two_hundred_thousandths() {
        let table = Table::of_softplus();
        assert!(table.max_error_ulp() * table.output.step() < 2.2e-5, "{}", table.max_error_ulp());
    }

    #[test]
    fn the_error_would_be_seen() {
        let mut table = Table::new(Function::Tanh, Format::new(16, 12), 16, 9);
        table.values[256] += 8;
        assert!(table.max_error_ulp() > 7.0);
    }
}
