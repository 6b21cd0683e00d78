//! What the accelerator is asked and what it answers.

use crate::config::Accelerator;
use crate::model::{JobKind, Op, Schedule};
use crate::quant::{FRAME_BITS, QuantNet};
use fixed::types::U4F12;
use serde::{Deserialize, Serialize};

/// One job with everything that its answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What it asks for.
    pub kind: JobKind,
    /// z is sampled from the posterior; otherwise it is the posterior mean.
    pub sample_z: bool,
    /// Tokens are sampled at the temperature; otherwise the likeliest is taken.
    pub sample_tokens: bool,
    /// Of everything that is drawn.
    pub seed: u64,
    /// 1 / temperature, Q4.12.
    pub inverse_temperature: u16,
    /// Of what is written; the accelerator's own limit where that is less.
    pub max_tokens: u16,
    /// Token ids (`Encode`, `Reconstruct`, `Score`, `Listen`) or z codes (`Decode`).
    pub input: Vec<i32>,
    /// The unknown word may be written; otherwise the next best one is instead.
    #[serde(default)]
    pub say_unknown: bool,
    /// A conversation begins: what was heard before is forgotten when it is started. The first job after a reset
    /// forgets anyway.
    #[serde(default)]
    pub fresh: bool,
    /// How the host hands it over.
    #[serde(default)]
    pub manner: Manner,
}

/// How a job is handed over and ended. The answer depends on `abort` alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manner {
    /// Its packet is sent while the job before it runs.
    pub ahead: bool,
    /// It is started while the answer of the job before it still waits to be taken.
    pub eager: bool,
    /// Registers are toured: all read, some accesses refused; which, the number says.
    pub tour: Option<u32>,
    /// Where it is broken off.
    pub abort: Option<Abort>,
}

/// The job is broken off by ABORT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abort {
    /// Cycles after START, at least.
    pub after: u16,
    /// Only so many words of the packet are sent before, so that the job still waits; the others
    /// come later and are dropped: while it ends or, where `after` is odd, when it has ended. Of 0 words
    /// nothing comes at all.
    pub words: Option<u16>,
}

/// Where an ABORT met a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It came to its end.
    Never,
    /// Before its cycles were counted.
    Waiting,
    /// In this job cycle no stage could be started any more.
    At(u64),
}

impl Job {
    /// A greedy, deterministic job.
    pub fn new(kind: JobKind, input: Vec<i32>, max_tokens: u16) -> Job {
        Job {
            kind,
            sample_z: false,
            sample_tokens: false,
            seed: 0,
            inverse_temperature: 1 << 12,
            max_tokens,
            input,
            say_unknown: false,
            fresh: false,
            manner: Manner::default(),
        }
    }

    /// Samples tokens at `temperature` (and z, where it has a posterior) from `seed`.
    /// `None` when 1 / temperature does not fit the register: below 0.0625, or
    /// too high to be told from infinite.
    pub fn sampled(mut self, temperature: f64, seed: u64) -> Option<Job> {
        let beta = U4F12::checked_from_num(1.0 / temperature).filter(|b| *b > 0)?;
        self.inverse_temperature = beta.to_bits();
        self.sample_tokens = true;
        self.seed = seed;
        Some(self)
    }

    /// Jobs that were kept to be done again, on an accelerator of this shape: as many words as its buffer and the
    /// room behind it take, and some words where it waits for a packet.
    ///
    /// # Errors
    ///
    /// What else was found.
    pub fn kept(text: &str, shape: &Shape) -> Result<Vec<Job>, String> {
        let jobs: Vec<Job> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let depth = shape.max_tokens + 4096;
        let odd = |job: &Job| job.input.len() > depth || (job.kind.reads_packet() && job.input.is_empty());
        match jobs.iter().position(odd) {
            _ if jobs.is_empty() => Err("none".into()),
            Some(at) => Err(format!("job {at} with a packet of {} words", jobs[at].input.len())),
            None => Ok(jobs),
        }
    }

    /// Why an accelerator of this shape answers with an error (the ERR bits of STATUS), if it does.
    pub fn refusal(&self, shape: &Shape) -> Option<Refusal> {
        let length = self.input.len();
        let packet = shape.packets[self.kind as usize];
        let (low, high, unit) = match packet {
            Packet::Absent => return Some(Refusal { job: true, ..Refusal::default() }),
            Packet::Nothing => return None,
            Packet::Tokens { least } => (least, shape.max_tokens, 1),
            Packet::Frames { size } => (size, shape.max_tokens * size, size),
            Packet::Bits { size, least } => {
                let words = size.div_ceil(FRAME_BITS);
                (least * words, shape.max_tokens * words, words)
            }
            Packet::Latent => (shape.latent, shape.latent, 1),
        };
        let is_token = |&t: &i32| usize::try_from(t).is_ok_and(|t| t < shape.vocabulary);
        let limit = 1i64 << (shape.state_bits - 1);
        let fits = |&word: &i32| (-limit..limit).contains(&i64::from(word));
        // A word that no frame has: more than its bits, or in the last word of a frame more than are left for it. Behind
        // what the buffer holds nothing is counted.
        let is_bits = |(at, &word): (usize, &i32)| match packet {
            Packet::Bits { size, .. } => {
                let words = size.div_ceil(FRAME_BITS);
                let depth = (shape.max_tokens * words).max(shape.latent);
                let ends = (at.min(depth) + 1).is_multiple_of(words);
                let left = if ends { (size - 1) % FRAME_BITS + 1 } else { FRAME_BITS };
                (0..1 << left).contains(&word)
            }
            _ => true,
        };
        let numbers = matches!(packet, Packet::Frames { .. } | Packet::Latent);
        let refusal = Refusal {
            length: !(low..=high).contains(&length) || !length.is_multiple_of(unit),
            token: matches!(packet, Packet::Tokens { .. }) && !self.input.iter().all(is_token)
                || !self.input.iter().enumerate().all(is_bits),
            z: numbers && !self.input.iter().all(fits),
            job: false,
        };
        (refusal != Refusal::default()).then_some(refusal)
    }

    /// The JOB register.
    pub fn word(&self) -> u32 {
        let flags = [(self.sample_z, 8), (self.sample_tokens, 9), (self.fresh, 10), (self.say_unknown, 11)];
        flags.into_iter().fold(self.kind as u32, |word, (flag, bit)| word | u32::from(flag) << bit)
    }
}

/// What of an accelerator decides which jobs it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Words that there are; 0 where none are read or written.
    pub vocabulary: usize,
    /// Width of z.
    pub latent: usize,
    /// Of a word of z.
    pub state_bits: u32,
    /// Of a packet, and of an answer.
    pub max_tokens: usize,
    /// By the number of the job: what comes with it.
    pub packets: [Packet; 8],
    /// Words of a position of what is read, and of what is written: 1 where these are tokens.
    pub frame: usize,
    /// Width of a latent of every step: SCORE sends three words for each of its dimensions before a log-probability.
    pub step_latent: usize,
    /// Width of a latent of every sentence of a conversation: SCORE sends three words for each of its dimensions before
    /// everything else.
    pub turn_latent: usize,
}

/// What comes with a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Packet {
    /// There is no such job.
    #[default]
    Absent,
    /// Nothing.
    Nothing,
    /// A sentence of at least so many tokens.
    Tokens {
        /// Of them at least.
        least: usize,
    },
    /// Frames of so many words each.
    Frames {
        /// Numbers, or bits, of a frame.
        size: usize,
    },
    /// At least so many frames of so many bits, [`FRAME_BITS`] a word.
    Bits {
        /// Numbers, or bits, of a frame.
        size: usize,
        /// Of them at least.
        least: usize,
    },
    /// A word for every dimension of z.
    Latent,
}

impl Shape {
    /// Of the accelerator of a network.
    pub fn new(quant: &QuantNet, schedule: &Schedule, accelerator: &Accelerator) -> Shape {
        let network = &quant.network;
        let frame = network.blocks.iter().find_map(|block| match block.op {
            Op::Input { size } => Some(size),
            _ => None,
        });
        let drawn = |once: bool| match network.draw() {
            Some((z, ..)) if network.is_once(z) == once => network.width(z),
            _ => 0,
        };
        let mut packets = [Packet::Absent; 8];
        for kind in schedule.jobs().filter(|kind| *kind != JobKind::Score || accelerator.score) {
            packets[kind as usize] = match (kind, frame) {
                (JobKind::Generate, _) => Packet::Nothing,
                (JobKind::Decode, _) => Packet::Latent,
                (_, Some(size)) if network.bits_block().is_some() => {
                    Packet::Bits { size, least: if kind == JobKind::Score { 2 } else { 1 } }
                }
                (_, Some(size)) => Packet::Frames { size },
                (JobKind::Score, None) => Packet::Tokens { least: 2 },
                (_, None) => Packet::Tokens { least: 1 },
            };
        }
        Shape {
            vocabulary: network.vocabulary,
            latent: network.latent_width(),
            state_bits: quant.fixed.state_bits,
            max_tokens: accelerator.max_tokens,
            packets,
            frame: quant.frame_words().or(frame).unwrap_or(1),
            step_latent: drawn(false),
            turn_latent: drawn(true),
        }
    }
}

/// The ERR bits of STATUS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The packet is too short or too long.
    pub length: bool,
    /// A word is no token, or has bits that no frame has.
    pub token: bool,
    /// There is no such job.
    pub job: bool,
    /// A number does not fit its words.
    pub z: bool,
}

/// How a job came to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// It was.
    #[default]
    Answered,
    /// It was not begun.
    Refused(Refusal),
    /// It was broken off.
    Aborted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_job_is_refused() {
        let sentence = Packet::Tokens { least: 1 };
        let scored = Packet::Tokens { least: 2 };
        let frames = Packet::Frames { size: 2 };
        let packets = [
            sentence,
            sentence,
            Packet::Latent,
            Packet::Nothing,
            scored,
            frames,
            Packet::Absent,
            Packet::Absent,
        ];
        let shape = Shape {
            vocabulary: 10,
            latent: 3,
            state_bits: 12,
            max_tokens: 5,
            packets,
            frame: 1,
            step_latent: 0,
            turn_latent: 0,
        };
        let (length, token, job, z) = (
            Refusal { length: true, ..Refusal::default() },
            Refusal { token: true, ..Refusal::default() },
            Refusal { job: true, ..Refusal::default() },
            Refusal { z: true, ..Refusal::default() },
        );
        let check = |kind, input: &[i32]| Job::new(kind, input.to_vec(), 8).refusal(&shape);
        assert_eq!(check(JobKind::Reconstruct, &[2, 9, 3]), None);
        assert_eq!(check(JobKind::Encode, &[2, 10, 3]), Some(token));
        assert_eq!(check(JobKind::Encode, &[-1]), Some(token));
        assert_eq!(check(JobKind::Encode, &[2; 6]), Some(length));
        assert_eq!(check(JobKind::Encode, &[10; 6]), Some(Refusal { length: true, ..token }));
        assert_eq!(check(JobKind::Score, &[2]), Some(length));
        assert_eq!(check(JobKind::Decode, &[1, 2]), Some(length));
        assert_eq!(check(JobKind::Decode, &[-2048, 2047, 30]), None);
        assert_eq!(check(JobKind::Decode, &[0, 2048, 3]), Some(z));
        assert_eq!(check(JobKind::Decode, &[0, 1, -2049]), Some(z));
        assert_eq!(check(JobKind::Generate, &[]), None);
        assert_eq!(check(JobKind::Listen, &[99; 9]), Some(job));
        let bits = Packet::Bits { size: 19, least: 2 };
        let of_bits =
            Shape { packets: [Packet::Absent, bits, bits, bits, bits, bits, bits, bits], frame: 2, ..shape };
        let frames = |input: &[i32]| Job::new(JobKind::Score, input.to_vec(), 8).refusal(&of_bits);
        assert_eq!(frames(&[0xffff, 7, 0, 0]), None);
        assert_eq!(frames(&[0xffff, 8, 0, 0]), Some(token));
        assert_eq!(frames(&[0x1_0000, 7, 0, 0]), Some(token));
        assert_eq!(frames(&[-1, 7, 0, 0]), Some(token));
        assert_eq!(frames(&[0, 7]), Some(length));
        assert_eq!(frames(&[0, 7, 0, 7, 0]), Some(length));
        // Ten words are what the buffer holds.
        assert_eq!(frames(&[[0; 11].as_slice(), &[0xffff]].concat()), Some(length));
        assert_eq!(
            frames(&[[0; 11].as_slice(), &[0x1_0000]].concat()),
            Some(Refusal { length: true, ..token })
        );
        assert_eq!(check(JobKind::Label, &[2047, -2048, 1, 2]), None);
        assert_eq!(check(JobKind::Label, &[1, 2, 3]), Some(length));
        assert_eq!(check(JobKind::Label, &[0; 12]), Some(length));
        assert_eq!(check(JobKind::Label, &[0, 2048]), Some(z));
        let plain = Shape { packets: [Packet::Absent; 8], ..shape };
        assert_eq!(Job::new(JobKind::Score, vec![10], 8).refusal(&plain), Some(job));
    }
}
