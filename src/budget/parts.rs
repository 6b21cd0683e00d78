//! FPGAs that a design may be built for, and whether it fits one.

use super::{Fabric, FabricBudget};

/// Look-up tables of one kind need formulas of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Four-input look-up tables, block RAMs of 18 kbit.
    Ecp5,
    /// Six-input look-up tables; 7 series and UltraScale+.
    Xilinx,
}

/// A part with what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As `[target] part` names it.
    pub name: &'static str,
    /// A second name, or "".
    pub alias: &'static str,
    /// Where it is found.
    pub board: &'static str,
    /// Whose look-up tables it has.
    pub family: Family,
    /// Block RAM in blocks of 18 kbit, multipliers of at least 18 x 18 bits.
    pub has: Fabric,
    /// The data sheet.
    pub source: &'static str,
}

const ECP5: &str = "Lattice FPGA-DS-02012, ECP5 family data sheet, table of selected features";
const ARTIX: &str = "Xilinx DS180, 7 series overview, table of Artix-7 devices";

/// By size, smallest first within a family.
pub const PARTS: &[Part] = &[
    part("lfe5u-25f", "ECP5 boards", Family::Ecp5, [24_288, 24_288, 56, 28], ECP5),
    part("lfe5u-45f", "ECP5 boards", Family::Ecp5, [43_848, 43_848, 108, 72], ECP5),
    part("lfe5u-85f", "ULX3S and other ECP5 boards", Family::Ecp5, [83_640, 83_640, 208, 156], ECP5),
    part("xc7a35t", "Arty A7-35T", Family::Xilinx, [20_800, 41_600, 100, 90], ARTIX),
    part("xc7a100t", "Arty A7-100T", Family::Xilinx, [63_400, 126_800, 270, 240], ARTIX),
    K26,
];

/// The system on module is called after its chip, without the family.
const K26: Part = Part {
    alias: "k26",
    ..part(
        "xck26",
        "Kria KV260",
        Family::Xilinx,
        [117_120, 234_240, 288, 1_248],
        "Xilinx DS987, Kria K26 data sheet (UltraRAM not counted)",
    )
};

const fn part(
    name: &'static str,
    board: &'static str,
    family: Family,
    [lut, ff, bram, dsp]: [u64; 4],
    source: &'static str,
) -> Part {
    Part { name, alias: "", board, family, has: Fabric { lut, ff, bram, dsp }, source }
}

/// What a design lacks on a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What there is too little of, needed, available.
    pub lacking: Vec<(&'static str, u64, u64)>,
}

impl Verdict {
    /// Nothing lacks.
    pub fn fits(&self) -> bool {
        self.lacking.is_empty()
    }
}

impl Part {
    /// The part that an order code begins with, whatever its case: `LFE5U-85F-6BG381C`.
    pub fn find(code: &str) -> Option<&'static Part> {
        let code = code.to_lowercase();
        let begins = |name: &str| {
            let rest = code.strip_prefix(name).filter(|_| !name.is_empty());
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        };
        PARTS.iter().find(|part| begins(part.name) || begins(part.alias))
    }

    /// What a design of this size lacks.
    pub fn judge(&self, need: Fabric) -> Verdict {
        let resources = [
            ("look-up tables", need.lut, self.has.lut),
            ("flip-flops", need.ff, self.has.ff),
            ("block RAMs of 18 kbit", need.bram, self.has.bram),
            ("multipliers", need.dsp, self.has.dsp),
        ];
        Verdict { lacking: resources.into_iter().filter(|(_, need, has)| need > has).collect() }
    }

    /// Whether it holds the design as estimated.
    pub fn holds(&self, need: &FabricBudget) -> bool {
        self.judge(need.of(self.family)).fits()
    }

    /// The smallest part that holds the design as estimated.
    pub fn smallest(need: &FabricBudget) -> Option<&'static Part> {
        PARTS.iter().filter(|p| p.holds(need)).min_by_key(|p| p.has.lut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_its_order_code_and_not_by_a_piece_of_it() {
        let name = |code| Part::find(code).map(|p| p.name);
        assert_eq!(name("LFE5U-85F-6BG381C"), Some("lfe5u-85f"));
        assert_eq!(name("xc7a100t-csg324"), Some("xc7a100t"));
        assert_eq!(name("xck26-sfvc784-2LV-c"), Some("xck26"));
        assert_eq!(name("K26"), Some("xck26"));
        assert_eq!(name("xc7a35ti"), None);
        assert_eq!(name("lfe5u"), None);
    }
}
