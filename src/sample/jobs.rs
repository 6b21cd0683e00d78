//! Jobs for the accelerator, on sentences from `<sos>` to `<eos>`.

use crate::failure::Failure;
use crate::golden::{Golden, GoldenEngine, Job, JobKind, unpacked};
use crate::model::Example;
use crate::quant::MatVec;
use ndarray::Array2;

/// A greedy reconstruction through the posterior mean.
pub fn reconstruct(sentence: &[u32], limit: usize) -> Job {
    Job::new(JobKind::Reconstruct, sentence.iter().map(|&t| t as i32).collect(), limit as u16)
}

/// The log-probability of every token of a sentence, through its posterior mean.
pub fn score(sentence: &[u32], limit: usize) -> Job {
    Job { kind: JobKind::Score, ..reconstruct(sentence, limit) }
}

/// The z that RECONSTRUCT has: the means that ENCODE gives, as codes of the moments, behind the flow where there is one.
pub fn encode<M: MatVec>(golden: &Golden<M>, sentence: &[u32]) -> Vec<i32> {
    let means = encoded(golden, reconstruct(sentence, sentence.len()).input);
    GoldenEngine::new(golden).carried_on(sentence, &means)
}

fn encoded<M: MatVec>(golden: &Golden<M>, packet: Vec<i32>) -> Vec<i32> {
    let encoded = golden.run(&Job::new(JobKind::Encode, packet, 1));
    encoded.output.iter().map(|&beat| i32::from(beat as u16 as i16)).collect()
}

/// A job of that kind with a sentence: DECODE gets the z that ENCODE gives for it, GENERATE reads nothing and samples at
/// the given temperature, from the given seed.
///
/// # Errors
///
/// Those of [`generation`].
pub fn job<M: MatVec>(
    kind: JobKind,
    sentence: &[u32],
    golden: &Golden<M>,
    generation: (f64, u64),
    limit: usize,
) -> Result<Job, Failure> {
    match kind {
        // Behind the flow, where there is one.
        JobKind::Decode => Ok(Job::new(kind, encode(golden, sentence), limit as u16)),
        _ => of_packet(kind, reconstruct(sentence, limit).input, golden, generation, limit),
    }
}

/// The same with the words of a packet that ENCODE takes.
fn of_packet<M: MatVec>(
    kind: JobKind,
    packet: Vec<i32>,
    golden: &Golden<M>,
    (temperature, seed): (f64, u64),
    limit: usize,
) -> Result<Job, Failure> {
    Ok(match kind {
        JobKind::Generate => generation(temperature, seed, limit)?,
        JobKind::Decode => Job::new(kind, encoded(golden, packet), limit as u16),
        JobKind::Encode
        | JobKind::Reconstruct
        | JobKind::Score
        | JobKind::Label
        | JobKind::Values
        | JobKind::Listen => Job::new(kind, packet, limit as u16),
    })
}

/// The same with frames [steps, size], of a piece its silent first one included; of one that is written again as many
/// frames as it has.
///
/// # Errors
///
/// Those of [`generation`].
pub fn frames<M: MatVec>(
    kind: JobKind,
    frames: &Array2<f32>,
    golden: &Golden<M>,
    generation: (f64, u64),
    limit: usize,
) -> Result<Job, Failure> {
    let packet = golden.packet(&Example { frames: frames.clone(), ..Example::default() });
    if golden.quant.frame_words().is_some() {
        let written = if kind == JobKind::Generate { limit } else { limit.min(frames.nrows() - 1) };
        return of_packet(kind, packet, golden, generation, written.max(1));
    }
    Ok(Job::new(kind, packet, 0))
}

/// The frames [steps, bits] of an answer of a network that writes frames of bits.
///
/// # Panics
/// If it writes none.
pub fn piece<M: MatVec>(golden: &Golden<M>, answer: &[u32]) -> Array2<f32> {
    let network = &golden.quant.network;
    let width = network.width(network.bits_block().expect("a network that writes frames"));
    let frames = answer.chunks_exact(golden.shape.frame).flat_map(|words| unpacked(words, width));
    let bits: Vec<f32> = frames.map(|bit| if bit { 1.0 } else { 0.0 }).collect();
    Array2::from_shape_vec((bits.len() / width, width), bits).expect("whole frames")
}

/// A sentence sampled from the prior.
///
/// # Errors
///
/// The register of temperatures does not hold `temperature`.
pub fn generation(temperature: f64, seed: u64, limit: usize) -> Result<Job, Failure> {
    Job::new(JobKind::Generate, Vec::new(), limit as u16).sampled(temperature, seed).ok_or_else(|| {
        Failure::input(format!(
            "temperature {temperature}: expected 0.0626 to 4096, the range of the register; choose one inside"
        ))
    })
}

/// `count` of them, each with the next seed.
///
/// # Errors
///
/// Those of [`generation`].
pub fn generations(count: usize, temperature: f64, seed: u64, limit: usize) -> Result<Vec<Job>, Failure> {
    Ok(endless(temperature, seed, limit)?.take(count).collect())
}

/// The same without an end.
///
/// # Errors
///
/// Those of [`generation`].
pub fn endless(
    temperature: f64,
    seed: u64,
    limit: usize,
) -> Result<impl Iterator<Item = Job> + use<>, Failure> {
    let job = generation(temperature, seed, limit)?;
    Ok((0u64..).map(move |i| Job { seed: seed.wrapping_add(i), ..job.clone() }))
}

/// `count` shares of a way (two at least) in equal steps from 0 to 1, both included.
pub fn shares(count: usize) -> impl Iterator<Item = f32> {
    let steps = count.max(2) - 1;
    (0..=steps).map(move |i| i as f32 / steps as f32)
}

/// `count` z (two at least) in equal steps from `a` to `b`, both included.
pub fn between(a: Vec<f32>, b: Vec<f32>, count: usize) -> impl Iterator<Item = Vec<f32>> {
    shares(count).map(move |share| a.iter().zip(&b).map(|(a, b)| a + share * (b - a)).collect())
}

/// DECODE of every z, made one by one, however many there are.
pub fn decode_all<M: MatVec, Z: Iterator<Item = Vec<f32>>>(
    golden: &Golden<M>,
    z: Z,
    limit: usize,
) -> impl Iterator<Item = Job> + use<M, Z> {
    let format = golden.quant.moment_format();
    z.map(move |z| {
        let codes = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        Job::new(JobKind::Decode, codes, limit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_has_both_ends_and_equal_steps() {
        let way = |count| between(vec![0.0, 1.0], vec![1.0, -1.0], count).collect::<Vec<_>>();
        assert_eq!(way(3), [[0.0, 1.0], [0.5, 0.0], [1.0, -1.0]]);
        assert_eq!(way(1), way(2));
        assert_eq!(way(2).len(), 2);
    }

    #[test]
    fn generations_differ_in_their_seed_only() {
        let jobs = generations(3, 0.8, u64::MAX, 9).unwrap();
        assert_eq!(jobs.iter().map(|j| j.seed).collect::<Vec<_>>(), [u64::MAX, 0, 1]);
        assert!(
            jobs.iter()
                .all(|j| j.kind == JobKind::Generate && j.inverse_temperature == jobs[0].inverse_temperature)
        );
        let refused = generations(1, 0.01, 1, 9).unwrap_err();
        assert!(refused.message.starts_with("temperature 0.01: expected 0.0626 to 4096"), "{refused}");
    }
}
