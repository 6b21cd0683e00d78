//! What goes to a simulation and what comes from it: jobs that were kept, and logs.

use super::models::small;
use super::{Answer, Form, Target, said, text};
use crate::common::{jobs, mapped};
use hvae_mnn::cosim::{Observed, parse_log, stimulus};
use hvae_mnn::crossbar::TiledMatrix;
use hvae_mnn::golden::{Ending, Golden, Job};
use std::sync::OnceLock;

/// `replay.json`: packets and registers of any content.
pub const JOBS: Target = Target {
    name: "jobs",
    form: Form::Json,
    few: 100,
    seconds: 10,
    seeds: || {
        let (config, network, _) = small();
        let sentences = vec![vec![2, 4, 5, 3], vec![2, 8, 3]];
        let latent = network.latent_width();
        let all = jobs(config, &sentences, 6, latent);
        all.chunks(7).map(|some| serde_json::to_vec(some).unwrap()).collect()
    },
    read: replayed,
};

fn golden() -> &'static Golden<TiledMatrix> {
    static GOLDEN: OnceLock<Golden<TiledMatrix>> = OnceLock::new();
    GOLDEN.get_or_init(|| {
        let (config, ..) = small();
        Golden::tiled(&mapped(config, 1).0, &config.accelerator)
    })
}

fn replayed(input: &[u8]) -> Answer {
    let golden = golden();
    let jobs = Job::kept(text(input)?, &golden.shape)?;
    let written = serde_json::to_string(&jobs).unwrap();
    assert_eq!(Job::kept(&written, &golden.shape).as_ref(), Ok(&jobs), "what was accepted reads back");
    assert!(stimulus(&jobs, &golden.shape).lines().count() > jobs.len());
    for job in jobs.iter().take(20) {
        let refused = job.refusal(&golden.shape).map(Ending::Refused);
        let run = golden.run(job);
        assert_eq!(run.ending, refused.unwrap_or_default(), "{job:?}");
        // What is answered fits the buffer of answers.
        assert!(run.output.len() <= golden.shape.max_tokens.max(2 * golden.shape.latent) + 1, "{job:?}");
    }
    Ok(())
}

pub const LOG: Target = Target {
    name: "log",
    form: Form::Plain,
    few: 500,
    seconds: 10,
    seeds: || {
        let one =
            "J 0\nP 3 120 1 00ff\nP 3 121 2 0xf0\nO 00000003 0\nO 0000000a 1\nW 0c 2\nR 24 0 0000004d\nI 1\n";
        let other = "J 1\nA 9 0\nT\nV early\nX\nI 0\nP 0 7 0 1\nA 12 1\nO 00000007 1\nE\n";
        vec![format!("{one}J 1\n").into(), format!("{one}{other}").into()]
    },
    read: log,
};

fn log(input: &[u8]) -> Answer {
    let (jobs, ended) = said(parse_log(text(input)?))?;
    let written = records(&jobs, ended);
    assert_eq!(said(parse_log(&written)), Ok((jobs.clone(), ended)), "what was accepted reads back");
    // Nothing stood there that was read past.
    for line in text(input)?.lines() {
        let words = line.split_whitespace().count();
        let (_, known) = RECORDS.iter().find(|(kind, _)| line.trim_start().starts_with(kind)).unwrap();
        assert_eq!(words, *known, "{line}");
    }
    assert!(jobs.iter().all(|job| job.cycles() <= u64::from(u32::MAX)));
    Ok(())
}

/// How many words a record has, by its first.
const RECORDS: [(&str, usize); 11] = [
    ("J", 2),
    ("P", 5),
    ("O", 3),
    ("W", 3),
    ("R", 4),
    ("I", 2),
    ("A", 3),
    ("T", 1),
    ("X", 1),
    ("V", 2),
    ("E", 1),
];

/// The records that a testbench would have written.
fn records(jobs: &[Observed], ended: bool) -> String {
    use hvae_mnn::cosim::Access;
    let mut text = String::new();
    for (i, job) in jobs.iter().enumerate() {
        text += &format!("J {i}\n");
        for p in &job.probes {
            text += &format!("P {} {} {} {}\n", p.channel, p.cycle, p.index, p.data);
        }
        for (data, last) in &job.output {
            text += &format!("O {data:08x} {}\n", u8::from(*last));
        }
        for access in &job.accesses {
            text += &match *access {
                Access::Write { address, response } => format!("W {address:02x} {response}\n"),
                Access::Read { address, response, data } => {
                    format!("R {address:02x} {response} {data:08x}\n")
                }
                Access::Interrupt(high) => format!("I {}\n", u8::from(high)),
            };
        }
        if let Some((cycle, counted)) = job.abort {
            text += &format!("A {cycle} {}\n", u8::from(counted));
        }
        if job.timed_out {
            text += "T\n";
        }
        for violation in &job.violations {
            text += &format!("V {violation}\n");
        }
    }
    if ended { text + "E\n" } else { text }
}
