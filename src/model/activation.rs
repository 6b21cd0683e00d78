//! What is done to vectors number by number, and the way back.

use super::exponential::{sigmoid, tanh};
use super::{Activation, Combination, LEAK, LEAKY_LIMIT};
use ndarray::{Array2, ArrayView2, Zip};

impl Activation {
    /// Of one number.
    pub fn of(self, x: f32) -> f32 {
        match self {
            Activation::None => x,
            Activation::Tanh => tanh(x),
            Activation::Sigmoid => sigmoid(x),
            Activation::LeakyRelu => (if x > 0.0 { x } else { LEAK * x }).clamp(-LEAKY_LIMIT, LEAKY_LIMIT),
        }
    }

    /// The slope, from what it made.
    pub fn slope(self, y: f32) -> f32 {
        match self {
            Activation::None => 1.0,
            Activation::Tanh => 1.0 - y * y,
            Activation::Sigmoid => y * (1.0 - y),
            Activation::LeakyRelu if y.abs() >= LEAKY_LIMIT => 0.0,
            Activation::LeakyRelu => {
                if y > 0.0 {
                    1.0
                } else {
                    LEAK
                }
            }
        }
    }
}

/// `x` with the activation done to every number.
pub fn activated(activation: Activation, mut x: Array2<f32>) -> Array2<f32> {
    if !activation.is_none() {
        x.mapv_inplace(|v| activation.of(v));
    }
    x
}

/// What an elementwise block makes of its inputs.
pub fn combined(function: Combination, inputs: &[Array2<f32>]) -> Array2<f32> {
    let mut result = inputs[0].clone();
    match function {
        Combination::Add => inputs[1..].iter().for_each(|x| result += x),
        Combination::Subtract => result -= &inputs[1],
        Combination::Multiply => result *= &inputs[1],
        Combination::Blend => {
            let blend = |a: &mut f32, x: &f32, y: &f32| *a = *a * x + (1.0 - *a) * y;
            Zip::from(&mut result).and(&inputs[1]).and(&inputs[2]).for_each(blend);
        }
    }
    result
}

/// The gradients of the inputs of an elementwise block, from that of its output.
pub fn uncombined(function: Combination, inputs: &[Array2<f32>], d: ArrayView2<'_, f32>) -> Vec<Array2<f32>> {
    match function {
        Combination::Add => vec![d.to_owned(); inputs.len()],
        Combination::Subtract => vec![d.to_owned(), -d.to_owned()],
        Combination::Multiply => vec![&d * &inputs[1], &d * &inputs[0]],
        Combination::Blend => {
            let [a, x, y] = [&inputs[0], &inputs[1], &inputs[2]];
            vec![&d * &(x - y), &d * a, &d * &a.mapv(|a| 1.0 - a)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_functions() {
        for activation in [Activation::Tanh, Activation::Sigmoid, Activation::LeakyRelu] {
            for x in [-20.0f32, -9.5, -2.0, -0.1, 0.1, 2.0, 2.9, 3.1] {
                let slope = (activation.of(x + 1e-2) - activation.of(x - 1e-2)) / 2e-2;
                let expected = activation.slope(activation.of(x));
                assert!((slope - expected).abs() < 1e-3, "{activation:?} at {x}: {slope}, {expected}");
            }
        }
        assert_eq!(
            [-30.0, -3.0, 0.0, 2.0, 5.0].map(|x| Activation::LeakyRelu.of(x)),
            [-3.0, -1.0, 0.0, 2.0, 3.0]
        );
    }
}
