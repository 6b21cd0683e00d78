//! `hvae_job_seq`: every output in every cycle of jobs of many programs, against a model
//! that writes down the contract, with stages of given busy times.

use std::collections::BTreeMap;

use super::bench::{Bench, Circuit, Random};
use hvae_mnn::emit::controllers::job_seq::JobSeq;

/// Counts of a row.
const ONCE: u64 = 0;
const UNTIL: u64 = 1;
const LENGTH: u64 = 2;
const BUT_ONE: u64 = 3;

/// What is said of the row at work.
const ROW: [&str; 5] = ["step_o", "position_o", "reading_o", "draw_o", "sends_o"];

/// A row, with the busy time of the stages of each depth.
#[derive(Clone, Default)]
struct Row {
    first: u64,
    busy: Vec<u64>,
    wave: bool,
    count: u64,
    backwards: bool,
    draw: u64,
    sends: u64,
}

#[derive(Clone)]
struct Job {
    name: &'static str,
    rows: Vec<Row>,
    entry: u64,
    packet: bool,
    length: u64,
    /// Steps of a row until <eos>.
    eos: u64,
    max_tokens: u64,
    capacity: u64,
    input_wait: u64,
    output_wait: u64,
    flush: u64,
    error: bool,
}

type Outputs = BTreeMap<&'static str, u64>;

/// What is high in each cycle, written down state by state.
#[derive(Default)]
struct Script {
    cycles: Vec<Outputs>,
    held: Outputs,
    /// Cycles in which `busy_i` is high, and `token_eos_i`.
    busy: Vec<bool>,
    eos: Vec<bool>,
    ends: bool,
}

impl Script {
    fn cycle(&mut self, high: &[(&'static str, u64)]) {
        let mut row = self.held.clone();
        row.extend(high.iter().copied());
        self.cycles.push(row);
        self.busy.push(false);
        self.eos.push(self.ends);
    }

    fn wait(&mut self, count: u64) {
        (0..count).for_each(|_| self.cycle(&[]));
    }

    /// Groups start; the slowest stage is busy for so many cycles.
    fn start(&mut self, groups: u64, busy: u64) {
        self.cycle(&[("start_o", groups)]);
        for cycle in 0..=busy {
            self.cycle(&[]);
            *self.busy.last_mut().unwrap() = cycle < busy;
        }
    }

    fn of(job: &Job) -> Self {
        let mut script = Self::default();
        script.held.extend([("busy_o", 1), ("first_o", 1), ("pc_o", job.entry)]);
        script.cycle(&[("clear_o", 1), ("key_start_o", 1)]);
        if job.packet {
            script.wait(job.input_wait + 1);
        }
        if !job.error {
            script.wait(job.output_wait + 1);
            script.held.insert("counting_o", 1);
            script.wait(24);
            job.rows.iter().enumerate().for_each(|(at, row)| script.row(job, at as u64, row));
        }
        script.wait(job.flush);
        script.held.remove("counting_o");
        let (release, error) = (u64::from(job.packet), u64::from(job.error));
        script.cycle(&[("done_o", 1), ("release_input_o", release), ("error_o", error)]);
        script
    }

    fn row(&mut self, job: &Job, at: u64, row: &Row) {
        let reading = u64::from(row.reads());
        self.held.extend([("pc_o", (job.entry + at + 1) % 64), ("first_o", 1)]);
        self.held.extend([("draw_o", row.draw), ("sends_o", row.sends), ("reading_o", reading)]);
        let steps = job.steps(row);
        for step in 0..if row.wave { steps + row.busy.len() as u64 - 1 } else { steps } {
            let position = if row.backwards { (job.length - 1).wrapping_sub(step) & 0xffff } else { step };
            self.held.extend([("step_o", step), ("position_o", position)]);
            self.ends = row.count == UNTIL && step + 1 == job.eos;
            if row.reads() {
                self.cycle(&[("fetch_o", 1)]);
            }
            if row.wave {
                let active = row.active(steps, step);
                let groups = active.iter().map(|d| 1 << d << row.first).sum();
                self.start(groups, active.iter().map(|&d| row.busy[d]).max().unwrap());
            } else {
                (0..).zip(&row.busy).for_each(|(depth, &busy)| self.start(1 << (row.first + depth), busy));
            }
            if row.count == UNTIL {
                self.cycle(&[("push_o", 1), ("last_o", u64::from(step + 1 == steps))]);
                self.held.insert("first_o", 0);
            }
        }
        self.ends = false;
        self.held.retain(|name, _| !ROW.contains(name));
    }
}

impl Row {
    fn reads(&self) -> bool {
        [LENGTH, BUT_ONE].contains(&self.count)
    }

    /// Depths that have a step in this beat of a wave: depth d works on step beat - d.
    fn active(&self, steps: u64, beat: u64) -> Vec<usize> {
        (0..self.busy.len()).filter(|&d| d as u64 <= beat && beat < steps + d as u64).collect()
    }

    /// As the contract packs it.
    fn word(&self, last: bool) -> u64 {
        let flag = u64::from;
        self.first
            | (self.busy.len() as u64) << 5
            | flag(self.wave) << 9
            | self.count << 10
            | flag(self.backwards) << 12
            | self.draw << 13
            | self.sends << 15
            | flag(last) << 18
    }
}

impl Job {
    fn steps(&self, row: &Row) -> u64 {
        match row.count {
            UNTIL => self.eos.min(self.max_tokens.max(1)).min(self.capacity),
            LENGTH => self.length,
            BUT_ONE => self.length - 1,
            _ => 1,
        }
    }

    /// The formula of the cycle counter.
    fn counted(&self) -> u64 {
        let row = |row: &Row| -> u64 {
            let steps = self.steps(row);
            if row.wave {
                let busy = |beat| row.active(steps, beat).iter().map(|&d| row.busy[d]).max().unwrap();
                return (0..steps + row.busy.len() as u64 - 1).map(|beat| 3 + busy(beat)).sum();
            }
            let step: u64 = row.busy.iter().map(|busy| 2 + busy).sum();
            steps * (step + u64::from(row.reads() || row.count == UNTIL))
        };
        24 + self.flush + self.rows.iter().map(row).sum::<u64>()
    }

    /// The memory of rows: beside the job's own, rows of all ones, which would end at once.
    fn memory(&self, pc: u64) -> u64 {
        let at = pc.wrapping_sub(self.entry) as usize % 64;
        self.rows.get(at).map_or(!0, |row| row.word(at + 1 == self.rows.len()))
    }

    /// What does not change while it runs.
    fn inputs(&self, bench: &mut Bench<JobSeq>) {
        bench.set("entry_i", self.entry);
        bench.set("packet_i", u64::from(self.packet));
        bench.set("length_i", self.length);
        bench.set("max_tokens_i", self.max_tokens);
        bench.set("token_capacity_i", self.capacity);
        bench.set("flush_last_i", self.flush - 1);
        bench.set("input_error_i", u64::from(self.error));
    }

    /// What the streams, the stages and the program say in a cycle.
    fn surroundings(&self, bench: &mut Bench<JobSeq>, script: &Script, cycle: usize) {
        let after_input = if self.packet { 2 + self.input_wait } else { 1 };
        bench.set("input_ready_i", u64::from(cycle as u64 > self.input_wait));
        bench.set("output_empty_i", u64::from(cycle as u64 >= after_input + self.output_wait));
        bench.set("busy_i", u64::from(script.busy[cycle]));
        bench.set("token_eos_i", u64::from(script.eos[cycle]));
        bench.set("row_i", self.memory(bench.get("pc_o")));
    }

    fn begins(&self, bench: &mut Bench<JobSeq>) {
        self.inputs(bench);
        bench.set("start_i", 1);
        assert_eq!(bench.get("busy_o"), 0);
        bench.edge();
    }

    /// After an abort: three cycles of stages that still work, the flush, the end.
    /// What works keeps its row and the step that it works on.
    fn stops(&self, bench: &mut Bench<JobSeq>, at: usize, row: &Outputs) {
        let work = 3;
        let name = self.name;
        for cycle in 0..=work + self.flush + 1 {
            bench.set("busy_i", u64::from(cycle < work));
            let done = u64::from(cycle == work + self.flush + 1);
            let release = if self.packet { done } else { 0 };
            let context = format!("{name}, abort in {at}, {cycle} later");
            assert_eq!((bench.get("busy_o"), bench.get("done_o")), (1, done), "{context}");
            assert_eq!((bench.get("aborted_o"), bench.get("release_input_o")), (done, release), "{context}");
            for silent in ["start_o", "push_o", "fetch_o", "clear_o", "error_o"] {
                assert_eq!(bench.get(silent), 0, "{context}: {silent}");
            }
            for held in ROW {
                let kept = row.get(held).copied().filter(|_| cycle <= work).unwrap_or(0);
                assert_eq!(bench.get(held), kept, "{context}: {held}");
            }
            bench.edge();
        }
    }

    fn check(&self, bench: &mut Bench<JobSeq>) {
        let script = Script::of(self);
        self.begins(bench);
        let (mut pushed, mut counted) = (0, 0);
        for (cycle, row) in script.cycles.iter().enumerate() {
            // A second start, of another program, does nothing to a job that runs.
            bench.set("start_i", u64::from(cycle + 1 < script.cycles.len()));
            bench.set("entry_i", cycle as u64);
            bench.set("packet_i", cycle as u64);
            self.surroundings(bench, &script, cycle);
            for name in JobSeq::OUTPUTS {
                let expected = row.get(name).copied().unwrap_or(0);
                assert_eq!(bench.get(name), expected, "{}: {name} in cycle s+{}", self.name, cycle + 1);
            }
            pushed += bench.get("push_o");
            counted += bench.get("counting_o");
            bench.edge();
        }
        bench.set("start_i", 0);
        assert_eq!(bench.get("busy_o"), 0);
        if !self.error {
            assert_eq!(counted, self.counted(), "{}", self.name);
            let written = self.rows.iter().filter(|row| row.count == UNTIL).map(|row| self.steps(row));
            assert_eq!(pushed, written.sum::<u64>(), "{}", self.name);
        }
    }
}

fn job(name: &'static str, entry: u64, packet: bool, rows: &[Row]) -> Job {
    Job {
        name,
        rows: rows.to_vec(),
        entry,
        packet,
        length: 4,
        eos: 3,
        max_tokens: 9,
        capacity: 20,
        input_wait: 2,
        output_wait: 1,
        flush: 8,
        error: false,
    }
}

/// The five jobs of HSR-VAE.
fn jobs() -> Vec<Job> {
    let (encoder, decoder) = (vec![5, 9, 3], vec![4, 7, 11]);
    let read = Row { busy: encoder, wave: true, count: LENGTH, ..Row::default() };
    let draw = Row { first: 3, busy: vec![6], ..Row::default() };
    let bridge = Row { first: 4, busy: vec![2], ..Row::default() };
    let write = Row { first: 5, busy: decoder.clone(), count: UNTIL, sends: 2, ..Row::default() };
    let predict = Row { first: 5, busy: decoder, wave: true, count: BUT_ONE, sends: 3, ..Row::default() };
    let drawn = |draw_from: u64, sends: u64| Row { draw: draw_from, sends, ..draw.clone() };
    vec![
        job("encode", 0, true, &[read.clone(), drawn(0, 1)]),
        job("reconstruct", 2, true, &[read.clone(), draw.clone(), bridge.clone(), write.clone()]),
        job("decode", 6, true, &[drawn(3, 0), bridge.clone(), write.clone()]),
        job("generate", 9, false, &[drawn(2, 0), bridge.clone(), write]),
        job("score", 12, true, &[read, draw.clone(), bridge, predict]),
    ]
}

/// Jobs of other networks: chains over the packet, both ways, waves backwards, several loops that write.
fn others() -> Vec<Job> {
    let chain = Row { first: 29, busy: vec![3, 1, 2], count: LENGTH, ..Row::default() };
    let back = Row { first: 2, busy: vec![2, 5], count: LENGTH, backwards: true, sends: 4, ..Row::default() };
    let but_one = |row: &Row| Row { count: BUT_ONE, draw: 2, ..row.clone() };
    let wave_back = Row { wave: true, first: 11, busy: vec![1, 1, 1, 4], sends: 5, ..back.clone() };
    let steps =
        Row { first: 24, busy: vec![2, 1, 3, 1, 2, 1, 4, 2], count: UNTIL, sends: 2, ..Row::default() };
    let once = Row { first: 31, busy: vec![0], draw: 3, ..Row::default() };
    let deep = Row { first: 7, busy: vec![2, 1, 2], ..Row::default() };
    vec![
        job("chain", 20, true, std::slice::from_ref(&chain)),
        job("chain but one", 60, true, &[but_one(&chain), once.clone()]),
        job("backwards", 5, true, &[back.clone(), chain.clone()]),
        job("backwards but one", 40, true, &[but_one(&back), deep.clone(), once.clone()]),
        job("wave backwards", 33, true, &[wave_back.clone(), but_one(&wave_back), back]),
        job("two that write", 63, false, &[steps.clone(), deep, steps]),
        job(
            "chain that is read and written",
            17,
            true,
            &[once, chain, Row { first: 0, busy: vec![1], count: UNTIL, sends: 2, ..Row::default() }],
        ),
    ]
}

#[test]
fn jobs_of_every_program_one_after_the_other() {
    let mut bench = Bench::new();
    for job in jobs().iter().chain(&others()).chain(jobs().iter().rev()) {
        job.check(&mut bench);
    }
}

#[test]
fn corners_of_lengths_depths_and_limits() {
    let eight = vec![3, 1, 4, 1, 5, 9, 2, 6];
    let with = |name: &str, depths: &[u64], change: fn(&mut Job)| {
        let mut job = jobs().into_iter().chain(others()).find(|job| job.name == name).unwrap();
        let loops = job.rows.iter_mut().filter(|row| row.count != ONCE);
        loops.for_each(|row| row.busy = if depths.is_empty() { row.busy.clone() } else { depths.into() });
        change(&mut job);
        job
    };
    let corners = [
        with("reconstruct", &[1], |job| job.length = 1),
        with("reconstruct", &eight, |job| job.length = 1),
        with("reconstruct", &eight, |job| (job.length, job.eos) = (12, 1)),
        with("reconstruct", &[], |job| (job.eos, job.max_tokens) = (99, 5)),
        with("reconstruct", &[], |job| (job.eos, job.max_tokens, job.capacity) = (99, 50, 7)),
        with("reconstruct", &[], |job| (job.eos, job.max_tokens) = (99, 0)),
        with("score", &[1], |job| job.length = 2),
        with("score", &[], |job| job.length = 3),
        with("reconstruct", &[], |job| (job.input_wait, job.output_wait, job.flush) = (0, 0, 1)),
        with("chain", &[2], |job| job.length = 1),
        with("backwards", &[1], |job| job.length = 1),
        with("backwards", &eight[..3], |job| job.length = 9),
        with("backwards but one", &[1], |job| job.length = 2),
        with("wave backwards", &eight, |job| job.length = 2),
        with("wave backwards", &[7], |job| job.length = 11),
    ];
    for corner in corners {
        corner.check(&mut Bench::new());
    }
}

/// Rows, lengths, limits and busy times at random.
#[test]
fn programs_at_random() {
    let mut bench = Bench::new();
    let mut random = Random(7);
    for _ in 0..150 {
        let mut row = || {
            let count = random.below(4);
            let reads = [LENGTH, BUT_ONE].contains(&count);
            let busy: Vec<u64> = (0..=random.below(8)).map(|_| random.below(4)).collect();
            Row {
                first: random.below(33 - busy.len() as u64),
                busy,
                wave: reads && random.below(2) == 1,
                count,
                backwards: reads && random.below(2) == 1,
                draw: random.below(4),
                sends: random.below(8),
            }
        };
        let rows: Vec<Row> = (0..5).map(|_| row()).collect();
        let count = 1 + random.below(5) as usize;
        let job = Job {
            length: 2 + random.below(5),
            eos: 1 + random.below(5),
            max_tokens: random.below(6),
            capacity: 1 + random.below(5),
            flush: 1 + random.below(9),
            ..job("at random", random.below(64 - count as u64), random.below(2) == 1, &rows[..count])
        };
        job.check(&mut bench);
    }
}

#[test]
fn an_input_error_ends_the_job_at_once_and_the_next_is_good() {
    let mut bench = Bench::new();
    for job in jobs().iter().chain(&others()).filter(|job| job.packet) {
        Job { error: true, ..job.clone() }.check(&mut bench);
        job.check(&mut bench);
    }
}

/// Whether the sequencer is past the point of no return: flush, or done.
fn ends(script: &Script, job: &Job, cycle: usize) -> bool {
    cycle + 1 + job.flush as usize >= script.cycles.len()
}

#[test]
fn an_abort_in_any_cycle_ends_the_job_without_another_start_and_the_next_is_good() {
    for job in jobs().into_iter().chain(others()) {
        let job = Job { length: 3, eos: 2, ..job };
        let script = Script::of(&job);
        for at in 0..script.cycles.len() {
            let mut bench = Bench::new();
            job.begins(&mut bench);
            bench.set("start_i", 0);
            let late = ends(&script, &job, at);
            for cycle in 0..=at {
                job.surroundings(&mut bench, &script, cycle);
                bench.set("abort_i", u64::from(cycle == at));
                for name in JobSeq::OUTPUTS {
                    let expected = script.cycles[cycle].get(name).copied().unwrap_or(0);
                    assert_eq!(bench.get(name), expected, "{}, abort in {at}: {name} in {cycle}", job.name);
                }
                bench.edge();
            }
            bench.set("abort_i", 0);
            if late {
                // It ends as if nothing had been asked.
                for cycle in at + 1..script.cycles.len() {
                    job.surroundings(&mut bench, &script, cycle);
                    let done = script.cycles[cycle].get("done_o").copied().unwrap_or(0);
                    assert_eq!(bench.get("done_o"), done);
                    assert_eq!(bench.get("aborted_o"), 0, "{}, abort in {at}", job.name);
                    bench.edge();
                }
            } else {
                job.stops(&mut bench, at, &script.cycles[at]);
            }
            assert_eq!(bench.get("busy_o"), 0);
            job.check(&mut bench);
        }
    }
}

/// A reset in any cycle: nothing starts, and the next job is good.
#[test]
fn a_reset_in_any_cycle_leaves_nothing_of_the_job() {
    for job in jobs().into_iter().chain(others()) {
        let job = Job { length: 3, eos: 2, ..job };
        let script = Script::of(&job);
        for at in (0..script.cycles.len()).step_by(3) {
            let mut bench = Bench::new();
            job.begins(&mut bench);
            bench.set("start_i", 0);
            for cycle in 0..=at {
                job.surroundings(&mut bench, &script, cycle);
                if cycle == at {
                    bench.set("rst_i", 1);
                }
                bench.edge();
            }
            bench.set("rst_i", 0);
            for name in JobSeq::OUTPUTS {
                assert_eq!(bench.get(name), 0, "{}, reset in {at}: {name}", job.name);
            }
            job.check(&mut bench);
        }
    }
}
