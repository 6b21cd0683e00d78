//! The IP-XACT component (IEEE 1685-2014): what `hvae_top` and the register table say.

use super::controllers::registers::{Access, Field, REGISTERS, Register};
use askama::Template;

#[derive(Template)]
#[template(path = "component.xml", escape = "html")]
struct Component<'a> {
    banner: &'a str,
    version: &'a str,
    tiles: usize,
    buses: Vec<Bus>,
    /// Bytes that the address ports reach.
    range: u64,
    registers: &'a [Register],
    ports: &'a [Port],
    sets: &'a [FileSet],
}

/// Files for one purpose.
pub struct FileSet {
    pub name: &'static str,
    pub files: Vec<File>,
}

/// A file of a set, by path below the component.
pub struct File {
    pub path: String,
    /// A file type of the standard; `user` for those it does not name.
    pub kind: &'static str,
    /// What a file of type `user` is.
    pub user: Option<&'static str>,
    pub include: bool,
}

/// A port of a Verilog module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub direction: &'static str,
    pub width: u64,
}

/// Ports of the top that belong to every bus.
pub const CLOCK: &str = "aclk";
pub const RESET: &str = "aresetn";

/// Who named an interface: vendor, library.
const AMBA: [&str; 2] = ["amba.com", "AMBA4"];
const XILINX: [&str; 2] = ["xilinx.com", "signal"];

/// An interface and the ports that make it.
struct Bus {
    name: &'static str,
    of: [&'static str; 2],
    /// Its name there.
    standard: &'static str,
    version: &'static str,
    /// The element that says which side of the bus this is.
    role: &'static str,
    maps: Vec<Map>,
    /// What tools want to know beside.
    parameters: &'static [(&'static str, &'static str)],
}

struct Map {
    logical: String,
    physical: String,
}

/// `component.xml` of a top module with these ports.
pub fn component(ports: &[Port], version: &str, tiles: usize, banner: &str, sets: &[FileSet]) -> String {
    let address = ports.iter().find(|p| p.name == "s_axil_awaddr").expect("an address port");
    let slave = r#"<ipxact:slave><ipxact:memoryMapRef memoryMapRef="csr"/></ipxact:slave>"#;
    let buses = vec![
        bus("s_axil", "AXI4-Lite", "r0p0_0", slave, ports),
        bus("s_axis", "AXI4Stream", "r0p0_1", "<ipxact:slave/>", ports),
        bus("m_axis", "AXI4Stream", "r0p0_1", "<ipxact:master/>", ports),
        wire(
            CLOCK,
            "clock",
            "CLK",
            "<ipxact:slave/>",
            &[("ASSOCIATED_BUSIF", "s_axil:s_axis:m_axis"), ("ASSOCIATED_RESET", RESET)],
        ),
        wire(RESET, "reset", "RST", "<ipxact:slave/>", &[("POLARITY", "ACTIVE_LOW")]),
        wire("irq", "interrupt", "INTERRUPT", "<ipxact:master/>", &[("SENSITIVITY", "LEVEL_HIGH")]),
    ];
    let range = 1 << address.width;
    let component = Component { banner, version, tiles, buses, range, registers: REGISTERS, ports, sets };
    component.render().expect("templates have no failing parts") + "\n"
}

/// The ports `<name>_<signal>`, under the bus's own names, with clock and reset.
fn bus(
    name: &'static str,
    standard: &'static str,
    version: &'static str,
    role: &'static str,
    ports: &[Port],
) -> Bus {
    let map = |logical: &str, physical: &str| Map { logical: logical.into(), physical: physical.into() };
    let mut maps = vec![map("ACLK", CLOCK), map("ARESETn", RESET)];
    for port in ports {
        if let Some(signal) = port.name.strip_prefix(name).and_then(|n| n.strip_prefix('_')) {
            maps.push(map(&signal.to_uppercase(), &port.name));
        }
    }
    Bus { name, of: AMBA, standard, version, role, maps, parameters: &[] }
}

/// An interface of one port, of the same name.
fn wire(
    name: &'static str,
    standard: &'static str,
    logical: &str,
    role: &'static str,
    parameters: &'static [(&'static str, &'static str)],
) -> Bus {
    let maps = vec![Map { logical: logical.into(), physical: name.into() }];
    Bus { name, of: XILINX, standard, version: "1.0", role, maps, parameters }
}

/// The ports of a module whose header has one to a line, as `top.sv` has.
pub fn ports(verilog: &str) -> Vec<Port> {
    let header =
        verilog.lines().skip_while(|l| !l.starts_with("module ")).take_while(|l| !l.starts_with(");"));
    let port = |line: &str| {
        let mut words = line.split("//").next()?.split_whitespace();
        let direction = match words.next()? {
            "input" => "in",
            "output" => "out",
            _ => return None,
        };
        let words: Vec<&str> = words.collect();
        let range = words.iter().find_map(|w| w.strip_prefix('[')?.strip_suffix(":0]")?.parse().ok());
        let name = words.last()?.trim_end_matches(',').to_string();
        Some(Port { name, direction, width: range.map_or(1, |high: u64| high + 1) })
    };
    header.filter_map(port).collect()
}

impl Access {
    /// In the words of IP-XACT.
    fn ipxact(self) -> &'static str {
        match self {
            Access::ReadOnly => "read-only",
            Access::ReadWrite | Access::AnyTime | Access::OneToClear => "read-write",
            Access::WriteOnly => "write-only",
        }
    }

    /// Whether what is written as 1 becomes 0.
    fn clears(self) -> bool {
        self == Access::OneToClear
    }

    /// Whether a value that was written may read back as another.
    fn hardware_writes(self) -> bool {
        matches!(self, Access::ReadOnly | Access::OneToClear)
    }
}

impl Register {
    /// A field's value after reset, where the table gives it.
    fn reset_of(&self, field: &Field) -> Option<u32> {
        let constant = !matches!(self.access, Access::ReadOnly | Access::WriteOnly) || self.reset != 0;
        constant.then_some((self.reset & field.mask()) >> field.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_a_module() {
        let text = "// module\nmodule m (\n    input  wire        clk_i,\n    // AXI4-Lite\n    \
                    output reg  [31:0] data_o  // last\n);\n  input wire not_a_port;\n";
        let port = |name: &str, direction, width| Port { name: name.into(), direction, width };
        assert_eq!(ports(text), [port("clk_i", "in", 1), port("data_o", "out", 32)]);
    }
}
