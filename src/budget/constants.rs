//! Published figures of the analog part, each with its unit and where it was read.
//!
//! ISAAC: Shafiee et al., ISCA 2016, 32 nm. Where a paper gives the power of a block, the
//! energy of one operation is that power over the operations a second; the division stands
//! in the source. Nothing here is scaled to another technology.

use serde::Serialize;
use std::borrow::Cow;

/// A figure that somebody else published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Constant {
    /// What it is of.
    pub name: Cow<'static, str>,
    /// The figure, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: Cow<'static, str>,
    /// Where it was published.
    pub source: Cow<'static, str>,
}

const fn constant(name: &'static str, value: f64, unit: &'static str, source: &'static str) -> Constant {
    Constant { name: Cow::Borrowed(name), value, unit: Cow::Borrowed(unit), source: Cow::Borrowed(source) }
}

/// Energy of one conversion at 8 bits, pJ: 16 mW / (8 converters x 1.2 GS/s).
pub const ADC_ENERGY: Constant = constant(
    "ADC, energy of a conversion at 8 bits",
    1.667,
    "pJ",
    "ISAAC: 16 mW for 8 ADCs of 1.2 GS/s (Kull et al., ISSCC 2013, 32 nm)",
);

/// Area of one 8-bit converter, um2: 9600 um2 for 8 of them.
pub const ADC_AREA: Constant =
    constant("ADC, area at 8 bits", 1200.0, "um2", "ISAAC: 0.0096 mm2 for 8 ADCs (Kull et al., ISSCC 2013)");

/// Energy of one conversion in PUMA, pJ: (1.8 + 0.2) mW x 100 ns / 128 columns.
pub const ADC_ENERGY_PUMA: Constant = constant(
    "ADC, energy of a conversion at 8 bits, second opinion",
    1.5625,
    "pJ",
    "PUMA, puma-simulator include/constants.py: 1.8 + 0.2 mW, 100 ns for 128 columns",
);

/// Bits of a converter, energy of a conversion in pJ, area in um2: ISAAC's converter at
/// other resolutions by the capacitor arrays that a SAR converter needs.
pub const ADC_BY_BITS: [(u32, f64, f64); 7] = [
    (4, 0.79, 361.04),
    (5, 0.99, 476.91),
    (6, 1.20, 626.91),
    (7, 1.42, 845.18),
    (8, 1.667, 1200.0),
    (9, 1.969, 1827.91),
    (10, 2.379, 3002.01),
];

/// Where [`ADC_BY_BITS`] comes from.
pub const ADC_RULE: &str = "Saberi et al., IEEE TCAS-I 58(8), 2011, applied to ISAAC's ADC, as tabulated for 4 to 10 bits in \
     Accelergy hwcomponents-library, isaac.py";

/// Energy of driving one word line for one read, pJ: 4 mW x 100 ns / (8 x 128 rows).
pub const DAC_ENERGY: Constant = constant(
    "1-bit DAC, energy of a word line in a read",
    0.390_625,
    "pJ",
    "ISAAC: 4 mW for 8 x 128 DACs, a read of 100 ns",
);

/// Area of one word line's driver, um2: 170 um2 for 8 x 128.
pub const DAC_AREA: Constant =
    constant("1-bit DAC, area", 0.166, "um2", "ISAAC: 0.00017 mm2 for 8 x 128 DACs");

/// How both grow with the bits of a digit.
pub const DAC_RULE: &str =
    "doubled for every bit of a digit beyond the first, as in Accelergy hwcomponents-library, isaac.py";

/// Energy of reading one cell, pJ: 0.3 mW x 100 ns / (128 x 128 cells).
pub const CELL_ENERGY: Constant = constant(
    "cell, energy of a read",
    0.001_831,
    "pJ",
    "ISAAC: 2.4 mW for 8 arrays of 128 x 128, a read of 100 ns; PUMA's table of array sizes is proportional to cells",
);

/// Area of one cell, um2: 25 um2 for 128 x 128.
pub const CELL_AREA: Constant = constant(
    "cell, area",
    0.001_526,
    "um2",
    "ISAAC: 0.0002 mm2 for 8 arrays of 128 x 128; the same in PUMA, include/constants.py",
);

/// Energy of holding one column, pJ: 0.01 mW x 100 ns / (8 x 128 columns).
pub const HOLD_ENERGY: Constant = constant(
    "sample and hold, energy of a column in a read",
    0.000_977,
    "pJ",
    "ISAAC: 0.01 mW for 8 x 128, a read of 100 ns",
);

/// Area of one sample and hold, um2: 40 um2 for 8 x 128.
pub const HOLD_AREA: Constant =
    constant("sample and hold, area", 0.039, "um2", "ISAAC: 0.00004 mm2 for 8 x 128");

/// Energy of adding one code to a sum, pJ: 0.2 mW / (8 x 1.2 GS/s).
pub const SHIFT_ADD_ENERGY: Constant = constant(
    "shift and add (16 bits), energy of a code",
    0.021,
    "pJ",
    "ISAAC: 0.2 mW for the codes of 8 ADCs of 1.2 GS/s",
);

/// Area of shift-and-add for one converter, um2: 4 x 60 um2 for 8 of them.
pub const SHIFT_ADD_AREA: Constant =
    constant("shift and add (16 bits), area an ADC", 30.0, "um2", "ISAAC: 4 units of 0.00006 mm2 for 8 ADCs");

/// All of them, as the report prints them.
pub const ALL: [&Constant; 11] = [
    &ADC_ENERGY,
    &ADC_ENERGY_PUMA,
    &ADC_AREA,
    &DAC_ENERGY,
    &DAC_AREA,
    &CELL_ENERGY,
    &CELL_AREA,
    &HOLD_ENERGY,
    &HOLD_AREA,
    &SHIFT_ADD_ENERGY,
    &SHIFT_ADD_AREA,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every figure again from the block that was published.
    #[test]
    fn operations_are_the_blocks_divided() {
        let close = |constant: &Constant, exact: f64| {
            let off = (constant.value - exact).abs() / exact;
            assert!(off < 0.02, "{}: {} for {exact}", constant.name, constant.value);
        };
        let (codes_per_ns, rows, cells) = (8.0 * 1.2, 8.0 * 128.0, 128.0 * 128.0);
        close(&ADC_ENERGY, 16.0 / codes_per_ns);
        close(&ADC_AREA, 9600.0 / 8.0);
        close(&ADC_ENERGY_PUMA, 2.0 * 100.0 / 128.0);
        close(&DAC_ENERGY, 4.0 * 100.0 / rows);
        close(&DAC_AREA, 170.0 / rows);
        close(&CELL_ENERGY, 2.4 / 8.0 * 100.0 / cells);
        close(&CELL_AREA, 200.0 / 8.0 / cells);
        close(&HOLD_ENERGY, 0.01 * 100.0 / rows);
        close(&HOLD_AREA, 40.0 / rows);
        close(&SHIFT_ADD_ENERGY, 0.2 / codes_per_ns);
        close(&SHIFT_ADD_AREA, 240.0 / 8.0);
    }

    #[test]
    fn the_table_of_converters_holds_the_published_one() {
        assert!(ADC_BY_BITS.contains(&(8, ADC_ENERGY.value, ADC_AREA.value)));
    }
}
