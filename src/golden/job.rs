//! What the accelerator is asked and what it answers.

use crate::model::{BlockId, JobKind};
use crate::quant::Signal;
use fixed::types::U4F12;
use serde::Serialize;

/// One job with everything that its answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Job {
    pub kind: JobKind,
    /// z is sampled from the posterior; otherwise it is the posterior mean.
    pub sample_z: bool,
    /// Tokens are sampled at the temperature; otherwise the likeliest is taken.
    pub sample_tokens: bool,
    pub seed: u64,
    /// 1 / temperature, Q4.12.
    pub inverse_temperature: u16,
    pub max_tokens: u16,
    /// Token ids (`Encode`, `Reconstruct`, `Score`) or z codes (`Decode`).
    pub input: Vec<i32>,
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

    /// Refuses a packet that the accelerator would answer with an error; `latent` is the width of
    /// z and the bits of its words.
    pub fn check(
        &self,
        vocabulary: usize,
        (latent, bits): (usize, u32),
        max_tokens: usize,
    ) -> Result<(), JobError> {
        let length = self.input.len();
        let (low, high) = match self.kind {
            JobKind::Encode | JobKind::Reconstruct => (1, max_tokens),
            JobKind::Score => (2, max_tokens),
            JobKind::Decode => (latent, latent),
            JobKind::Generate => (0, 0),
        };
        if !(low..=high).contains(&length) {
            return Err(JobError::Length { kind: self.kind, low, high, length });
        }
        let is_token = |&t: &i32| usize::try_from(t).is_ok_and(|t| t < vocabulary);
        let reads_tokens = self.kind.reads_tokens();
        if let Some(at) = self.input.iter().position(|t| reads_tokens && !is_token(t)) {
            return Err(JobError::Token { at, vocabulary, token: self.input[at] });
        }
        let limit = 1i64 << (bits - 1);
        let fits = |&z: &i32| (-limit..limit).contains(&i64::from(z));
        match self.input.iter().position(|z| !reads_tokens && !fits(z)) {
            Some(at) => Err(JobError::Z { at, low: -limit, high: limit - 1, word: self.input[at] }),
            None => Ok(()),
        }
    }

    /// The JOB register.
    pub fn word(&self) -> u32 {
        self.kind as u32 | u32::from(self.sample_z) << 8 | u32::from(self.sample_tokens) << 9
    }
}

/// A packet that is none (the STATUS bits ERR_LENGTH, ERR_TOKEN and ERR_Z).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    #[error(
        "{kind:?} packet: expected {low} to {high} words, got {length}; see [accelerator] max_tokens and the width of z"
    )]
    Length { kind: JobKind, low: usize, high: usize, length: usize },
    #[error(
        "packet word {at}: expected a token below {vocabulary}, got {token}; use the vocabulary of the model"
    )]
    Token { at: usize, vocabulary: usize, token: i32 },
    #[error(
        "packet word {at}: expected a word of z from {low} to {high}, got {word}; see [fixed] state_bits"
    )]
    Z { at: usize, low: i64, high: i64, word: i32 },
}

/// A vector that the hardware writes, `lanes` numbers a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorEvent {
    pub block: BlockId,
    pub signal: Signal,
    /// Token of the sentence (encoder) or of the answer (decoder) it belongs to.
    pub step: usize,
    /// Job cycle in which the first numbers are written; the others follow cycle by cycle.
    pub cycle: u64,
    pub lanes: usize,
    pub values: Vec<i32>,
}

/// The counters a job leaves in the registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    pub cycles: u64,
    pub adc_clips: u64,
    pub saturations: u64,
    pub tokens: u64,
    /// Cycles in which tiles converted, summed over tiles.
    pub tile_samples: u64,
}

/// Everything a job must show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    pub events: Vec<VectorEvent>,
    /// Beats of the output stream.
    pub output: Vec<u32>,
    pub counters: Counters,
    /// The least cycles the job could take, by the dependency chain and the converters.
    pub floor: u64,
    /// Cycles in which the converters on the critical chain were busy.
    pub adc_cycles: u64,
    /// Tile samples left out because their digits were 0.
    pub tile_samples_skipped: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_that_are_none_are_refused() {
        let check = |kind, input: &[i32]| {
            Job::new(kind, input.to_vec(), 8).check(10, (3, 12), 5).map_err(|e| e.to_string())
        };
        assert_eq!(check(JobKind::Reconstruct, &[2, 9, 3]), Ok(()));
        let far = check(JobKind::Encode, &[2, 10, 3]).unwrap_err();
        assert_eq!(far, "packet word 1: expected a token below 10, got 10; use the vocabulary of the model");
        let empty = check(JobKind::Reconstruct, &[]).unwrap_err();
        assert!(empty.starts_with("Reconstruct packet: expected 1 to 5 words, got 0;"), "{empty}");
        assert!(check(JobKind::Encode, &[2; 6]).is_err() && check(JobKind::Decode, &[1, 2]).is_err());
        assert!(check(JobKind::Encode, &[-1]).is_err() && check(JobKind::Decode, &[-2048, 2047, 3]).is_ok());
        let wide = check(JobKind::Decode, &[0, 2048, 3]).unwrap_err();
        assert_eq!(
            wide,
            "packet word 1: expected a word of z from -2048 to 2047, got 2048; see [fixed] state_bits"
        );
        assert!(check(JobKind::Decode, &[0, 1, -2049]).is_err());
    }
}
