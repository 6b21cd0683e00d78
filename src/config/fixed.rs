//! `[fixed]`: how real numbers become integers.

use serde::{Deserialize, Serialize};

/// `[fixed]`: widths in bits of the numbers of the accelerator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Fixed {
    /// Signed weights, one power-of-two scale per matrix.
    pub weight_bits: u32,
    /// Share of a matrix's weights that its scale may clip. Absent: the scale with the least squared
    /// error, whatever it clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_clip: Option<f64>,
    /// How weights become integers.
    pub rounding: Rounding,
    /// Every output of a matrix has a scale of its own below that of the matrix: a multiplier in each read lane.
    pub column_scales: bool,
    /// Signed numbers that drive the word lines.
    pub input_bits: u32,
    /// Hidden and cell states, latent moments, z.
    pub state_bits: u32,
    /// Pre-activations: total width, of which `pre_frac` are fraction bits.
    pub pre_bits: u32,
    /// Fraction bits of pre-activations, and of latent moments and z.
    pub pre_frac: u32,
    /// Outputs of the sigmoid, tanh and exp tables.
    pub table_bits: u32,
    /// Segments of each table are 2^`table_address_bits`, linearly interpolated.
    pub table_address_bits: u32,
    /// Logits as the token choice compares them.
    pub logit_bits: u32,
}

impl Default for Fixed {
    fn default() -> Self {
        Fixed {
            weight_bits: 8,
            weight_clip: None,
            rounding: Rounding::Calibrated,
            column_scales: false,
            input_bits: 8,
            state_bits: 16,
            pre_bits: 16,
            pre_frac: 12,
            table_bits: 16,
            table_address_bits: 9,
            logit_bits: 16,
        }
    }
}

/// How weights become integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rounding {
    /// Each to the nearest.
    Nearest,
    /// For what drives them on sentences, with what is left of the mean error in the biases.
    Calibrated,
}
