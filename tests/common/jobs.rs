//! What simulated designs are asked: every kind of job, handed over and ended in every manner.

use hvae_mnn::config::Config;
use hvae_mnn::golden::{Abort, Job, JobKind, Manner};

/// Every kind of job, greedy and sampled; at corners of registers and packets; those that must be refused,
/// that are broken off, and that do not wait for each other. Some of each stand behind every sentence.
pub fn jobs(config: &Config, sentences: &[Vec<u32>], limit: u16, latent: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    let step = 1500.min(((1 << (config.fixed.state_bits - 1)) - 1) / 3);
    for (i, sentence) in sentences.iter().take(4).enumerate() {
        let tokens: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let seed = (0x9e37_79b9_7f4a_7c15u64).wrapping_mul(1000 + i as u64);
        let z: Vec<i32> = (0..latent).map(|j| step * (j as i32 % 5 - 2) + 77 * i as i32).collect();
        let first = jobs.len();
        jobs.push(Job::new(JobKind::Encode, tokens.clone(), limit));
        jobs.push(Job { sample_z: true, seed, ..Job::new(JobKind::Reconstruct, tokens.clone(), limit) });
        if config.accelerator.score {
            jobs.push(Job { sample_z: i % 2 == 1, seed, ..Job::new(JobKind::Score, tokens.clone(), limit) });
        }
        jobs.push(Job::new(JobKind::Reconstruct, tokens.clone(), limit));
        jobs.push(Job::new(JobKind::Decode, z, limit));
        jobs.push(Job::new(JobKind::Generate, Vec::new(), limit).sampled(0.7, seed).unwrap());
        let broken = aborted(&jobs[first..], i);
        jobs.push(corner(config, &tokens, latent, i));
        jobs.extend(refused(config, &tokens, latent, i));
        jobs.extend(broken);
    }
    for (i, job) in jobs.iter_mut().enumerate() {
        let manner = &mut job.manner;
        manner.tour = (i % 4 == 0).then_some(i as u32 / 4 * 3);
        manner.ahead = i % 3 != 0;
        manner.eager = i % 5 == 2;
    }
    jobs
}

/// Ends of the ranges of registers and packets.
fn corner(config: &Config, tokens: &[i32], latent: usize, i: usize) -> Job {
    let top = (1 << (config.fixed.state_bits - 1)) - 1;
    let longest = |&first: &i32| vec![first; config.accelerator.max_tokens];
    match i % 4 {
        0 => Job::new(JobKind::Decode, vec![0; latent], 0),
        1 => Job { seed: u64::MAX, ..Job::new(JobKind::Reconstruct, longest(&tokens[0]), u16::MAX) },
        2 => Job::new(JobKind::Decode, (0..latent).map(|j| if j % 2 == 0 { top } else { !top }).collect(), 1),
        _ => Job::new(JobKind::Generate, Vec::new(), 3).sampled(4096.0, 5).unwrap(),
    }
}

/// Jobs that are none, each for another reason.
fn refused(config: &Config, tokens: &[i32], latent: usize, i: usize) -> Vec<Job> {
    let most = config.accelerator.max_tokens;
    let depth = most.max(latent);
    let beyond = config.model.vocabulary as i32;
    let wide = 1 << (config.fixed.state_bits - 1);
    let job = |kind, input| Job::new(kind, input, 4);
    match i % 4 {
        0 => vec![
            // More than the buffer holds.
            job(JobKind::Reconstruct, vec![tokens[0]; depth + 3]),
            job(JobKind::Score, tokens[..1].to_vec()),
            job(JobKind::Encode, vec![tokens[0], beyond]),
        ],
        1 => vec![
            job(JobKind::Decode, vec![1; latent + 1]),
            job(JobKind::Listen, vec![beyond; 2]),
            job(JobKind::Decode, (0..latent as i32).map(|j| wide - j).collect()),
        ],
        2 => vec![
            job(JobKind::Encode, vec![-1; depth + 1]),
            job(JobKind::Decode, vec![-wide - 1; depth + 2]),
            Job { sample_z: true, sample_tokens: true, ..job(JobKind::Listen, vec![0]) },
        ],
        _ => vec![
            job(JobKind::Score, vec![beyond]),
            job(JobKind::Decode, vec![0; 1]),
            job(JobKind::Score, tokens.to_vec()),
        ],
    }
}

/// Jobs of `whole` that ABORT meets here and there: before they have a packet, while it comes, and on their way.
fn aborted(whole: &[Job], i: usize) -> Vec<Job> {
    let waits = [Some(0), Some(1), Some(2), None][i % 4];
    let first = Abort { after: 5 + i as u16, words: waits };
    let later = [[3, 60, 150, 420], [25, 90, 260, 700], [0, 40, 200, 1100], [12, 75, 330, 1900]][i % 4];
    let at = whole.iter().cycle().skip(i).step_by(2);
    let all = std::iter::once(first).chain(later.map(|after| Abort { after, words: None }));
    let broken = |(job, abort): (&Job, Abort)| Job {
        manner: Manner { abort: Some(abort), ..Manner::default() },
        ..job.clone()
    };
    at.zip(all).map(broken).collect()
}
