//! `hvae_job_seq`: every output in every cycle of the four jobs, against a model
//! that writes down the contract, with stages of given busy times.

use std::collections::BTreeMap;

use crate::bench::{Bench, Circuit};
use hvae_mnn::emit::controllers::job_seq::JobSeq;

const ENCODE: u64 = 0;
const RECONSTRUCT: u64 = 1;
const DECODE: u64 = 2;
const GENERATE: u64 = 3;

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
        if job.job == ENCODE || job.job == RECONSTRUCT {
            self.held.insert("encode_running_o", 1);
            for beat in 0..job.length + job.encode.len() as u64 - 1 {
                let fresh = u64::from(beat < job.length);
                self.held.insert("step_o", beat);
                self.cycle(&[("fetch_o", fresh)]);
                let depths = 0..job.encode.len();
                let active = depths.filter(|&d| d as u64 <= beat && beat < job.length + d as u64);
                let active: Vec<usize> = active.collect();
                let starts = active.iter().map(|d| 1 << d).sum();
                self.cycle(&[("encode_start_o", starts), ("encode_embed_o", fresh)]);
                self.run(active.iter().map(|&d| job.encode[d]).max().unwrap());
            }
            self.held.remove("encode_running_o");
            self.held.remove("step_o");
        }
        self.cycle(&[("latent_start_o", 1)]);
        self.run(job.latent);
        if job.job == ENCODE {
            return;
        }
        self.cycle(&[("bridge_start_o", 1)]);
        self.run(job.bridge);
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
}

impl Job {
    fn tokens(&self) -> u64 {
        self.eos.min(self.max_tokens.max(1)).min(self.capacity)
    }

    /// The formula of the cycle counter.
    fn counted(&self) -> u64 {
        let beats = 0..self.length + self.encode.len() as u64 - 1;
        let beat = |b: u64| {
            let depths = self.encode.iter().enumerate();
            let active = depths.filter(|&(d, _)| d as u64 <= b && b < self.length + d as u64);
            3 + active.map(|(_, busy)| *busy).max().unwrap()
        };
        let encode: u64 = beats.map(beat).sum();
        let token: u64 = 1 + self.decode.iter().map(|busy| 2 + busy).sum::<u64>();
        let decode = 2 + self.bridge + self.tokens() * token;
        24 + 2
            + self.latent
            + self.flush
            + if self.job <= RECONSTRUCT { encode } else { 0 }
            + if self.job == ENCODE { 0 } else { decode }
    }

    fn check(&self, bench: &mut Bench<JobSeq>) {
        let script = Script::of(self);
        bench.set("job_i", self.job);
        bench.set("length_i", self.length);
        bench.set("encode_depths_i", self.encode.len() as u64);
        bench.set("decode_depths_i", self.decode.len() as u64);
        bench.set("max_tokens_i", self.max_tokens);
        bench.set("token_capacity_i", self.capacity);
        bench.set("flush_last_i", self.flush - 1);
        bench.set("input_error_i", u64::from(self.error));
        bench.set("start_i", 1);
        assert_eq!(bench.get("busy_o"), 0);
        bench.edge();
        let after_input = if self.job == GENERATE { 1 } else { 2 + self.input_wait as usize };
        let (mut pushed, mut counted) = (0, 0);
        for (cycle, row) in script.rows.iter().enumerate() {
            // A second start and a changed job do nothing to a job that runs.
            bench.set("start_i", u64::from(cycle + 1 < script.rows.len()));
            bench.set("job_i", cycle as u64);
            bench.set("input_ready_i", u64::from(cycle as u64 > self.input_wait));
            bench.set("output_empty_i", u64::from(cycle as u64 >= after_input as u64 + self.output_wait));
            bench.set("busy_i", u64::from(script.busy[cycle]));
            bench.set("token_eos_i", u64::from(pushed + 1 == self.eos));
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
            assert_eq!(pushed, if self.job == ENCODE { 0 } else { self.tokens() });
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
fn the_four_jobs_one_after_the_other() {
    let mut bench = Bench::new();
    for kind in [ENCODE, RECONSTRUCT, DECODE, GENERATE, RECONSTRUCT, GENERATE] {
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
        Job { input_wait: 0, output_wait: 0, flush: 1, ..base },
    ];
    for corner in corners {
        corner.check(&mut Bench::new());
    }
}

#[test]
fn an_input_error_ends_the_job_at_once_and_the_next_is_good() {
    let mut bench = Bench::new();
    for kind in [ENCODE, RECONSTRUCT, DECODE] {
        Job { error: true, ..job(kind) }.check(&mut bench);
        job(kind).check(&mut bench);
    }
}
