//! The FPGAs that designs are placed on, and what they hold.

/// An FPGA part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    /// Flow that knows it.
    pub flow: &'static str,
    /// How the tool of the flow is told: the device switch of nextpnr, the family of synth_xilinx.
    pub switch: &'static str,
    /// Look-up tables: 4 inputs (ECP5), 6 inputs (Xilinx).
    pub luts: u64,
    pub flip_flops: u64,
    /// Block RAMs: 18 Kbit (ECP5 EBR), 36 Kbit (Xilinx).
    pub block_rams: u64,
    pub multipliers: u64,
}

/// Lattice ECP5 family data sheet FPGA-DS-02012 table 1.1; Xilinx DS180 (7 series) and DS987 (K26).
pub const PARTS: &[Part] = &[
    part("LFE5U-25F", "ecp5", "--25k", [24_288, 24_288, 56, 28]),
    part("LFE5U-45F", "ecp5", "--45k", [43_848, 43_848, 108, 72]),
    part("LFE5U-85F", "ecp5", "--85k", [83_640, 83_640, 208, 156]),
    part("XC7A35T", "xilinx", "xc7", [20_800, 41_600, 50, 90]),
    part("XC7A100T", "xilinx", "xc7", [63_400, 126_800, 135, 240]),
    part("K26", "xilinx", "xcup", [117_120, 234_240, 144, 1_248]),
];

const fn part(name: &'static str, flow: &'static str, switch: &'static str, holds: [u64; 4]) -> Part {
    let [luts, flip_flops, block_rams, multipliers] = holds;
    Part { name, flow, switch, luts, flip_flops, block_rams, multipliers }
}

/// The part of that name.
pub fn find(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}
