//! `hvae_stage_seq`: every output in every cycle, for several limits.

use super::bench::Bench;
use hvae_mnn::emit::controllers::stage_seq::StageSeq;

struct Limits {
    mvm: bool,
    rounds: u64,
    phases: u64,
    slots: u64,
    wait: u64,
    scan: u64,
    drain: u64,
}

impl Limits {
    /// Every output in every busy cycle.
    fn expected(&self) -> Vec<Row> {
        let idle = self.row(0, 0, 0);
        let nothing = |cycles: u64| vec![Row { busy: 1, ..idle }; cycles as usize];
        let mut rows = Vec::new();
        if self.mvm {
            for round in 0..self.rounds {
                for phase in 0..self.phases {
                    let row = |slot| Row { busy: 1, sample: 1, ..self.row(round, phase, slot) };
                    rows.extend((0..self.slots).map(row));
                }
            }
            rows.extend(nothing(self.wait));
        }
        rows.extend((0..self.scan).map(|index| Row { busy: 1, scan: 1, index, ..idle }));
        rows.extend(nothing(self.drain));
        rows
    }

    fn row(&self, round: u64, phase: u64, slot: u64) -> Row {
        Row { round, phase, first: u64::from(phase == 0), slot, ..Row::default() }
    }

    fn bench(&self) -> Bench<StageSeq> {
        let mut bench = Bench::new();
        bench.set("mvm_i", u64::from(self.mvm));
        bench.set("rounds_last_i", self.rounds - 1);
        bench.set("phases_last_i", self.phases - 1);
        bench.set("slots_last_i", self.slots - 1);
        bench.set("wait_last_i", self.wait - 1);
        bench.set("scan_last_i", self.scan - 1);
        bench.set("drain_last_i", self.drain - 1);
        bench
    }
}

const fn limits(mvm: bool, of: [u64; 6]) -> Limits {
    let [rounds, phases, slots, wait, scan, drain] = of;
    Limits { mvm, rounds, phases, slots, wait, scan, drain }
}

/// The outputs, in the order of their ports.
#[derive(Clone, Copy, Default)]
struct Row {
    busy: u64,
    sample: u64,
    round: u64,
    phase: u64,
    first: u64,
    slot: u64,
    scan: u64,
    index: u64,
}

impl Row {
    fn outputs(&self) -> [u64; 8] {
        let Row { busy, sample, round, phase, first, slot, scan, index } = *self;
        [busy, sample, round, phase, first, slot, scan, index]
    }
}

const CASES: &[Limits] = &[
    limits(true, [1, 1, 1, 1, 1, 1]),
    limits(true, [1, 8, 16, 3, 5, 9]),
    limits(true, [3, 2, 4, 6, 5, 9]),
    limits(true, [256, 1, 1, 3, 1, 17]),
    limits(true, [1, 1, 256, 3, 1, 17]),
    limits(true, [1, 3, 1, 3, 300, 1]),
    limits(true, [2, 2, 3, 256, 2, 256]),
    limits(false, [1, 1, 1, 1, 1, 1]),
    limits(false, [2, 4, 4, 3, 13, 17]),
];

#[test]
fn every_cycle_is_as_promised() {
    for limits in CASES {
        let mut bench = limits.bench();
        bench.set("start_i", 1);
        let idle = limits.row(0, 0, 0);
        assert_eq!(bench.outputs(), idle.outputs(), "the start cycle itself");
        bench.edge();
        bench.set("start_i", 0);
        let rows = limits.expected();
        if limits.mvm {
            let busy =
                limits.rounds * limits.phases * limits.slots + limits.wait + limits.scan + limits.drain;
            assert_eq!(rows.len() as u64, busy);
        }
        for (cycle, row) in rows.iter().chain([&idle; 3]).enumerate() {
            assert_eq!(bench.outputs(), row.outputs(), "cycle s+{}", cycle + 1);
            bench.edge();
        }
    }
}

#[test]
fn a_held_start_runs_again_one_cycle_after_busy() {
    let limits = limits(true, [1, 2, 2, 3, 2, 4]);
    let mut bench = limits.bench();
    bench.set("start_i", 1);
    for run in 0..3 {
        assert_eq!(bench.outputs(), limits.row(0, 0, 0).outputs(), "run {run}");
        bench.edge();
        for row in limits.expected() {
            assert_eq!(bench.outputs(), row.outputs(), "run {run}");
            bench.edge();
        }
    }
}

#[test]
fn the_full_scan_width_counts() {
    let mut bench = limits(false, [1, 1, 1, 1, 1 << 18, 1]).bench();
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
