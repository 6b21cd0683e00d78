//! `hvae_stage_seq`: every output in every cycle, for several limits.

use crate::bench::Bench;
use hvae_mnn::emit::controllers::stage_seq::StageSeq;

struct Limits {
    mvm: bool,
    phases: u64,
    slots: u64,
    wait: u64,
    scan: u64,
    drain: u64,
}

impl Limits {
    /// busy, sample, phase, first phase, slot, scan, index of every busy cycle.
    fn expected(&self) -> Vec<[u64; 7]> {
        let mut rows = Vec::new();
        if self.mvm {
            for phase in 0..self.phases {
                let first = u64::from(phase == 0);
                rows.extend((0..self.slots).map(|slot| [1, 1, phase, first, slot, 0, 0]));
            }
            rows.extend((0..self.wait).map(|_| [1, 0, 0, 1, 0, 0, 0]));
        }
        rows.extend((0..self.scan).map(|index| [1, 0, 0, 1, 0, 1, index]));
        rows.extend((0..self.drain).map(|_| [1, 0, 0, 1, 0, 0, 0]));
        rows
    }

    fn bench(&self) -> Bench<StageSeq> {
        let mut bench = Bench::new();
        bench.set("mvm_i", u64::from(self.mvm));
        bench.set("phases_last_i", self.phases - 1);
        bench.set("slots_last_i", self.slots - 1);
        bench.set("wait_last_i", self.wait - 1);
        bench.set("scan_last_i", self.scan - 1);
        bench.set("drain_last_i", self.drain - 1);
        bench
    }
}

const fn limits(mvm: bool, of: [u64; 5]) -> Limits {
    let [phases, slots, wait, scan, drain] = of;
    Limits { mvm, phases, slots, wait, scan, drain }
}

const CASES: &[Limits] = &[
    limits(true, [1, 1, 1, 1, 1]),
    limits(true, [8, 16, 3, 5, 9]),
    limits(true, [1, 256, 3, 1, 17]),
    limits(true, [3, 1, 3, 300, 1]),
    limits(true, [2, 3, 256, 2, 256]),
    limits(false, [1, 1, 1, 1, 1]),
    limits(false, [4, 4, 3, 13, 17]),
];

const IDLE: [u64; 7] = [0, 0, 0, 1, 0, 0, 0];

#[test]
fn every_cycle_is_as_promised() {
    for limits in CASES {
        let mut bench = limits.bench();
        bench.set("start_i", 1);
        assert_eq!(bench.outputs(), IDLE, "the start cycle itself");
        bench.edge();
        bench.set("start_i", 0);
        let rows = limits.expected();
        if limits.mvm {
            let busy = limits.phases * limits.slots + limits.wait + limits.scan + limits.drain;
            assert_eq!(rows.len() as u64, busy);
        }
        for (cycle, row) in rows.iter().chain([&IDLE; 3]).enumerate() {
            assert_eq!(bench.outputs(), row, "cycle s+{}", cycle + 1);
            bench.edge();
        }
    }
}

#[test]
fn a_held_start_runs_again_one_cycle_after_busy() {
    let limits = limits(true, [2, 2, 3, 2, 4]);
    let mut bench = limits.bench();
    bench.set("start_i", 1);
    for run in 0..3 {
        assert_eq!(bench.outputs(), IDLE, "run {run}");
        bench.edge();
        for row in limits.expected() {
            assert_eq!(bench.outputs(), row, "run {run}");
            bench.edge();
        }
    }
}

#[test]
fn the_full_scan_width_counts() {
    let mut bench = limits(false, [1, 1, 1, 1 << 18, 1]).bench();
    bench.set("start_i", 1);
    bench.edge();
    bench.set("start_i", 0);
    let mut busy = 0;
    while bench.get("busy_o") == 1 {
        busy += 1;
        bench.edge();
    }
    assert_eq!(busy, (1 << 18) + 1);
}
