//! What a flow leaves in `BUILD/synth/FLOW/`.

use super::flow::Flow;
use super::step::is_whole;
use crate::cosim::NETLIST;
use std::path::Path;
use std::str::FromStr;

pub(super) const LOCK: &str = "lock";
pub(super) const RESULT: &str = "result.json";

/// Every file that a flow leaves in its folder.
const FILES: [&str; 17] = [
    LOCK,
    RESULT,
    "cells.lib",
    "ecppack.done",
    "ecppack.log",
    "hvae.bit",
    "hvae.config",
    "netlist.edif",
    "netlist.json",
    "netlist.v",
    "nextpnr.done",
    "nextpnr.log",
    "routed.json",
    "stat.json",
    "synth.ys",
    "yosys.done",
    "yosys.log",
];

/// Whether a path below a build folder is one that a flow writes.
pub fn is_synthesis(path: &str) -> bool {
    let found = path.strip_prefix("synth/").and_then(|rest| rest.split_once('/'));
    found.is_some_and(|(flow, file)| Flow::from_str(flow).is_ok() && FILES.contains(&file))
}

/// Whether the netlist for simulation is there, as yosys wrote it.
pub fn has_netlist(build: &Path) -> bool {
    is_whole(build, &build.join("synth").join(Flow::Netlist.name()), "yosys", NETLIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_flow_writes_is_its_own() {
        for ours in ["synth/ecp5/routed.json", "synth/netlist/netlist.v", "synth/asic/lock"] {
            assert!(is_synthesis(ours), "{ours}");
        }
        for other in ["synth/notes.md", "synth/ecp5/notes.md", "synth/mine/netlist.v", "rtl/synth/ecp5/lock"]
        {
            assert!(!is_synthesis(other), "{other}");
        }
    }
}
