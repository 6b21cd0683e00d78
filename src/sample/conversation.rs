//! Jobs of conversations.

use super::jobs::generation;
use crate::failure::Failure;
use crate::golden::{Job, JobKind};
use crate::model::Example;

/// Every sentence of a conversation with the jobs `kinds` before it is heard (GENERATE answers what was heard so far, SCORE and
/// RECONSTRUCT read the sentence itself), each with a seed of its own from `seed` on. LISTEN hears it, whether it is among them or not.
///
/// # Errors
///
/// The register of temperatures does not hold `temperature`.
pub fn conversation(
    conversation: &Example,
    kinds: &[JobKind],
    (temperature, seed): (f64, u64),
    limit: usize,
) -> Result<Vec<Job>, Failure> {
    let mut jobs = Vec::new();
    let asked = kinds.iter().filter(|kind| **kind != JobKind::Listen);
    for sentence in &conversation.turns {
        let packet: Vec<i32> = sentence.iter().map(|&token| token as i32).collect();
        for &kind in asked.clone().chain([&JobKind::Listen]) {
            let seed = seed.wrapping_add(jobs.len() as u64);
            let job = match kind {
                JobKind::Generate => generation(temperature, seed, limit)?,
                _ => Job { seed, ..Job::new(kind, packet.clone(), limit as u16) },
            };
            jobs.push(Job { fresh: jobs.is_empty(), ..job });
        }
    }
    Ok(jobs)
}
