//! `hvae_job_seq`: every output in every cycle of the five jobs, against a model
//! that writes down the contract, with stages of given busy times.

use std::collections::BTreeMap;

use super::bench::{Bench, Circuit};
use hvae_mnn::emit::controllers::job_seq::JobSeq;

const ENCODE: u64 = 0;
const RECONSTRUCT: u64 = 1;
const DECODE: u64 = 2;
const GENERATE: u64 = 3;
const SCORE: u64 = 4;

#[derive(Clone)]
struct Job {
    job: u64,
    length: u64,
    encode: Vec<u64>,
    latent: u64,
    bridge: u64,
    decode: Vec<u64>,
    /// Tokens until <eos>.
    eos: u64,
    max_tokens: u64,
    capacity: u64,
    input_wait: u64,
    output_wait: u64,
    flush: u64,
    error: bool,
}

type Row = BTreeMap<&'static str, u64>;

/// What is high in each cycle, written down state by state.
#[derive(Default)]
struct Script {
    rows: Vec<Row>,
    held: Row,
    /// Cycles in which `busy_i` is high.
    busy: Vec<bool>,
}

impl Script {
    fn cycle(&mut self, high: &[(&'static str, u64)]) {
        let mut row = self.held.clone();
        row.extend(high.iter().copied());
        self.rows.push(row);
        self.busy.push(false);
    }

    fn cycles(&mut self, count: u64) {
        (0..count).for_each(|_| self.cycle(&[]));
    }

    fn run(&mut self, busy: u64) {
        for cycle in 0..=busy {
            self.cycle(&[]);
            *self.busy.last_mut().unwrap() = cycle < busy;
        }
    }

    fn of(job: &Job) -> Self {
        let mut script = Self::default();
        script.held.extend([("busy_o", 1), ("token_is_first_o", 1)]);
        script.cycle(&[("clear_o", 1), ("key_start_o", 1)]);
        if job.job != GENERATE {
            script.cycles(job.input_wait + 1);
        }
        if !job.error {
            script.cycles(job.output_wait + 1);
            script.held.insert("counting_o", 1);
            script.cycles(24);
            script.computation(job);
        }
        script.cycles(job.flush);
        script.held.remove("counting_o");
        let release = u64::from(job.job != GENERATE);
        let error = u64::from(job.error);
        script.cycle(&[("done_o", 1), ("release_input_o", release), ("error_o", error)]);
        script
    }

    fn computation(&mut self, job: &Job) {
        if job.reads_sentence() {
            self.wave(job.length, &job.encode, ["encode_start_o", "encode_embed_o"]);
        }
        self.cycle(&[("latent_start_o", 1)]);
        self.run(job.latent);
        if job.job == ENCODE {
            return;
        }
        self.cycle(&[("bridge_start_o", 1)]);
        self.run(job.bridge);
        if job.job == SCORE {
            return self.wave(job.length - 1, &job.decode, ["decode_start_o", "decode_embed_o"]);
        }
        let tokens = job.tokens();
        for token in 0..tokens {
            self.held.insert("step_o", token);
            self.held.insert("token_is_first_o", u64::from(token == 0));
            for (depth, &busy) in job.decode.iter().enumerate() {
                let embed = u64::from(depth == 0);
                self.cycle(&[("decode_start_o", 1 << depth), ("decode_embed_o", embed)]);
                self.run(busy);
            }
            let last = u64::from(token + 1 == tokens);
            self.cycle(&[("token_push_o", 1), ("token_last_o", last)]);
        }
        self.held.remove("step_o");
        self.held.insert("token_is_first_o", 0);
    }

    /// In each beat, depth d works on step beat - d.
    fn wave(&mut self, steps: u64, depths: &[u64], [start, embed]: [&'static str; 2]) {
        self.held.insert("wave_running_o", 1);
        for beat in 0..steps + depths.len() as u64 - 1 {
            self.held.insert("step_o", beat);
            self.cycle(&[("fetch_o", 1)]);
            let active = active(steps, depths, beat);
            let starts = active.iter().map(|d| 1 << d).sum();
            self.cycle(&[(start, starts), (embed, u64::from(beat < steps))]);
            self.run(active.iter().map(|&d| depths[d]).max().unwrap());
        }
        self.held.remove("wave_running_o");
        self.held.remove("step_o");
    }
}

/// Depths that have a step in this beat.
fn active(steps: u64, depths: &[u64], beat: u64) -> Vec<usize> {
    (0..depths.len()).filter(|&d| d as u64 <= beat && beat < steps + d as u64).collect()
}

impl Job {
    fn tokens(&self) -> u64 {
        self.eos.min(self.max_tokens.max(1)).min(self.capacity)
    }

    /// The formula of the cycle counter.
    fn counted(&self) -> u64 {
        let wave = |steps: u64, depths: &[u64]| -> u64 {
            let busy = |beat| active(steps, depths, beat).iter().map(|&d| depths[d]).max().unwrap();
            (0..steps + depths.len() as u64 - 1).map(|beat| 3 + busy(beat)).sum()
        };
        let token: u64 = 1 + self.decode.iter().map(|busy| 2 + busy).sum::<u64>();
        let read = if self.reads_sentence() { wave(self.length, &self.encode) } else { 0 };
        let written = match self.job {
            ENCODE => 0,
            SCORE => 2 + self.bridge + wave(self.length - 1, &self.decode),
            _ => 2 + self.bridge + self.tokens() * token,
        };
        24 + 2 + self.latent + self.flush + read + written
    }

    fn reads_sentence(&self) -> bool {
        [ENCODE, RECONSTRUCT, SCORE].contains(&self.job)
    }

    /// What does not change while it runs.
    fn inputs(&self, bench: &mut Bench<JobSeq>) {
        bench.set("job_i", self.job);
        bench.set("length_i", self.length);
        bench.set("encode_depths_i", self.encode.len() as u64);
        bench.set("decode_depths_i", self.decode.len() as u64);
        bench.set("max_tokens_i", self.max_tokens);
        bench.set("token_capacity_i", self.capacity);
        bench.set("flush_last_i", self.flush - 1);
        bench.set("input_error_i", u64::from(self.error));
    }

    /// What the streams and stages say in a cycle.
    fn surroundings(&self, bench: &mut Bench<JobSeq>, script: &Script, cycle: usize) {
        let after_input = if self.job == GENERATE { 1 } else { 2 + self.input_wait };
        bench.set("input_ready_i", u64::from(cycle as u64 > self.input_wait));
        bench.set("output_empty_i", u64::from(cycle as u64 >= after_input + self.output_wait));
        bench.set("busy_i", u64::from(script.busy[cycle]));
        let pushed =
            script.rows[..cycle].iter().filter(|row| row.contains_key("token_push_o")).count() as u64;
        bench.set("token_eos_i", u64::from(pushed + 1 == self.eos));
    }

    /// After an abort: three cycles of stages that still work, the flush, the end.
    /// What works keeps the step that it works on.
    fn stops(&self, bench: &mut Bench<JobSeq>, kind: u64, at: usize, row: &Row) {
        let work = 3;
        let silent = [
            "encode_start_o",
            "decode_start_o",
            "latent_start_o",
            "bridge_start_o",
            "token_push_o",
            "fetch_o",
            "clear_o",
            "error_o",
        ];
        for cycle in 0..=work + self.flush + 1 {
            bench.set("busy_i", u64::from(cycle < work));
            let done = u64::from(cycle == work + self.flush + 1);
            let release = if kind == GENERATE { 0 } else { done };
            assert_eq!(
                (bench.get("busy_o"), bench.get("done_o")),
                (1, done),
                "{kind}, abort in {at}, {cycle} later"
            );
            assert_eq!((bench.get("aborted_o"), bench.get("release_input_o")), (done, release));
            silent.iter().for_each(|name| assert_eq!(bench.get(name), 0, "{kind}, abort in {at}: {name}"));
            for name in ["step_o", "wave_running_o"] {
                let kept = row.get(name).copied().filter(|_| cycle <= work).unwrap_or(0);
                assert_eq!(bench.get(name), kept, "{kind}, abort in {at}, {cycle} later: {name}");
            }
            bench.edge();
        }
    }

    fn check(&self, bench: &mut Bench<JobSeq>) {
        let script = Script::of(self);
        self.inputs(bench);
        bench.set("start_i", 1);
        assert_eq!(bench.get("busy_o"), 0);
        bench.edge();
        let (mut pushed, mut counted) = (0, 0);
        for (cycle, row) in script.rows.iter().enumerate() {
            // A second start and a changed job do nothing to a job that runs.
            bench.set("start_i", u64::from(cycle + 1 < script.rows.len()));
            bench.set("job_i", cycle as u64);
            self.surroundings(bench, &script, cycle);
            for name in JobSeq::OUTPUTS {
                let expected = row.get(name).copied().unwrap_or(0);
                assert_eq!(bench.get(name), expected, "{name} in cycle s+{}", cycle + 1);
            }
            pushed += bench.get("token_push_o");
            counted += bench.get("counting_o");
            bench.edge();
        }
        assert_eq!(bench.get("busy_o"), 0);
        if !self.error {
            assert_eq!(counted, self.counted());
            assert_eq!(pushed, if [ENCODE, SCORE].contains(&self.job) { 0 } else { self.tokens() });
        }
    }
}

fn job(job: u64) -> Job {
    Job {
        job,
        length: 4,
        encode: vec![5, 9, 3],
        latent: 6,
        bridge: 2,
        decode: vec![4, 7, 11],
        eos: 3,
        max_tokens: 9,
        capacity: 20,
        input_wait: 2,
        output_wait: 1,
        flush: 8,
        error: false,
    }
}

#[test]
fn the_five_jobs_one_after_the_other() {
    let mut bench = Bench::new();
    for kind in [ENCODE, RECONSTRUCT, DECODE, GENERATE, SCORE, RECONSTRUCT, SCORE, GENERATE] {
        job(kind).check(&mut bench);
    }
}

#[test]
fn corners_of_lengths_depths_and_limits() {
    let eight = vec![3, 1, 4, 1, 5, 9, 2, 6];
    let base = job(RECONSTRUCT);
    let corners = [
        Job { length: 1, encode: vec![1], decode: vec![1], ..base.clone() },
        Job { length: 1, encode: eight.clone(), decode: eight.clone(), ..base.clone() },
        Job { length: 12, encode: eight, eos: 1, ..base.clone() },
        Job { eos: 99, max_tokens: 5, ..base.clone() },
        Job { eos: 99, max_tokens: 50, capacity: 7, ..base.clone() },
        Job { eos: 99, max_tokens: 0, ..base.clone() },
        Job { job: SCORE, length: 2, encode: vec![1], decode: vec![1], ..base.clone() },
        Job { job: SCORE, length: 3, ..base.clone() },
        Job { input_wait: 0, output_wait: 0, flush: 1, ..base },
    ];
    for corner in corners {
        corner.check(&mut Bench::new());
    }
}

#[test]
fn an_input_error_ends_the_job_at_once_and_the_next_is_good() {
    let mut bench = Bench::new();
    for kind in [ENCODE, RECONSTRUCT, DECODE, SCORE] {
        Job { error: true, ..job(kind) }.check(&mut bench);
        job(kind).check(&mut bench);
    }
}

/// Whether the sequencer is past the point of no return: flush, or done.
fn ends(script: &Script, job: &Job, cycle: usize) -> bool {
    cycle + 1 + job.flush as usize >= script.rows.len()
}

#[test]
fn an_abort_in_any_cycle_ends_the_job_without_another_start_and_the_next_is_good() {
    for kind in [ENCODE, RECONSTRUCT, DECODE, GENERATE, SCORE] {
        let job = Job { length: 3, ..job(kind) };
        let script = Script::of(&job);
        for at in 0..script.rows.len() {
            let mut bench = Bench::new();
            job.inputs(&mut bench);
            bench.set("start_i", 1);
            bench.edge();
            bench.set("start_i", 0);
            let late = ends(&script, &job, at);
            for cycle in 0..=at {
                job.surroundings(&mut bench, &script, cycle);
                bench.set("abort_i", u64::from(cycle == at));
                for name in JobSeq::OUTPUTS {
                    let expected = script.rows[cycle].get(name).copied().unwrap_or(0);
                    assert_eq!(bench.get(name), expected, "{kind}, abort in {at}: {name} in {cycle}");
                }
                bench.edge();
            }
            bench.set("abort_i", 0);
            if late {
                // It ends as if nothing had been asked.
                for cycle in at + 1..script.rows.len() {
                    job.surroundings(&mut bench, &script, cycle);
                    assert_eq!(bench.get("done_o"), script.rows[cycle].get("done_o").copied().unwrap_or(0));
                    assert_eq!(bench.get("aborted_o"), 0, "{kind}, abort in {at}");
                    bench.edge();
                }
            } else {
                job.stops(&mut bench, kind, at, &script.rows[at]);
            }
            assert_eq!(bench.get("busy_o"), 0);
            job.check(&mut bench);
        }
    }
}
