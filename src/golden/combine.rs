//! Words of several blocks, number by number (`rtl/hvae_combine.sv`).

use crate::model::Combination;

/// What an elementwise block reads of another block.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// As others read them.
    pub words: &'a [i64],
    /// Fraction bits of the words.
    pub frac: i32,
}

/// What the numbers come to, exactly, and the fraction bits that they have.
pub fn combined(function: Combination, inputs: &[Operand<'_>]) -> (Vec<i64>, i32) {
    let count = inputs[0].words.len();
    // Of numbers that are added, all have the finest format.
    let summed = |inputs: &[Operand<'_>]| inputs.iter().map(|i| i.frac).max().unwrap_or(0);
    let aligned = |input: &Operand<'_>, j: usize, frac: i32| input.words[j] << (frac - input.frac);
    match function {
        Combination::Add => {
            let frac = summed(inputs);
            ((0..count).map(|j| inputs.iter().map(|i| aligned(i, j, frac)).sum()).collect(), frac)
        }
        Combination::Subtract => {
            let frac = summed(inputs);
            let difference = |j| aligned(&inputs[0], j, frac) - aligned(&inputs[1], j, frac);
            ((0..count).map(difference).collect(), frac)
        }
        Combination::Multiply => {
            let product = |j: usize| inputs[0].words[j] * inputs[1].words[j];
            ((0..count).map(product).collect(), inputs[0].frac + inputs[1].frac)
        }
        Combination::Blend => {
            let (share, frac) = (inputs[0], summed(&inputs[1..]));
            let blend = |j: usize| {
                let (x, y) = (aligned(&inputs[1], j, frac), aligned(&inputs[2], j, frac));
                share.words[j] * (x - y) + (y << share.frac)
            };
            ((0..count).map(blend).collect(), share.frac + frac)
        }
    }
}
