//! Random networks in integers: the tiles agree with exact products bit by bit, and both with the float network.

use crate::common::random_network::{random_network, with_draws, with_frames};
use crate::common::random_turns::random_conversation;
use crate::common::tiny;
use hvae_mnn::config::CellKind::Gru;
use hvae_mnn::config::{Config, LatentSteps};
use hvae_mnn::golden::{Context, Ending, Golden, GoldenEngine, Job, JobKind, Run, Stop};
use hvae_mnn::model::{Engine, Example, FloatNet, Latent, Network, Op, Random, Role};
use hvae_mnn::pipeline::{
    map_on, random_conversations, random_examples, random_sentences, random_weights, varied_jobs,
};
use hvae_mnn::quant::{QuantBlock, Signal};
use ndarray::Array2;
use std::collections::BTreeSet;

/// Sequences of the kind that the network reads.
pub fn sequences(network: &Network, seed: u64) -> Vec<Example> {
    if network.bits_block().is_some() {
        return random_examples(network, 8, seed);
    }
    if network.converses() {
        return random_conversations(network.vocabulary, 4, seed);
    }
    let frame = network.blocks.iter().find_map(|block| match block.op {
        Op::Input { size } => Some(size),
        _ => None,
    });
    let Some(size) = frame else {
        return random_sentences(network.vocabulary.max(5), 8, seed)
            .into_iter()
            .map(Example::sentence)
            .collect();
    };
    let mut random = Random::keyed(&[seed, 5]);
    let mut frames = || Array2::from_shape_simple_fn((3 + random.below(6), size), || random.normal());
    (0..8).map(|_| Example { frames: frames(), ..Example::default() }).collect()
}

/// Fine numbers, so that rounding hides nothing.
fn config() -> Config {
    let mut config = tiny(&[Gru]);
    (config.fixed.weight_bits, config.fixed.input_bits) = (10, 10);
    config.crossbar.adc_bits = 12;
    config
}

/// What a network does in integers, and how far that is from the float network at most.
fn differences(seed: u64) -> Result<(Network, Option<f64>, BTreeSet<JobKind>), String> {
    differences_of(random_network(seed), seed)
}

fn differences_of(network: Network, seed: u64) -> Result<(Network, Option<f64>, BTreeSet<JobKind>), String> {
    let config = config();
    let weights = random_weights(&network, seed);
    let examples = sequences(&network, seed);
    let net = map_on(&network, &weights, &config, &examples).map_err(|e| e.to_string())?;
    let tiled = Golden::tiled(&net, &config.accelerator);
    let ideal = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
    let mut kinds = BTreeSet::new();
    for mut job in varied_jobs(&tiled.shape, 6, &mut Random::keyed(&[seed, 7])) {
        job.manner.abort = None;
        let (on_tiles, exact) = (tiled.run(&job), ideal.run(&job));
        assert_eq!(on_tiles.ending, exact.ending, "seed {seed}: {job:?}");
        if on_tiles.ending == Ending::Answered {
            kinds.insert(job.kind);
        }
        assert_eq!(on_tiles.output, exact.output, "seed {seed}: {job:?}");
        assert!(on_tiles.events == exact.events, "seed {seed}: {job:?}");
    }
    let float = FloatNet::new(&network, &weights).unwrap();
    let worst = worst_of_reading(&network, &float, &tiled, &examples[0]);
    Ok((network, worst, kinds))
}

/// Sums that feed themselves leave every format behind, and with it what the float network says of them.
const FAR: f32 = 8.0;

/// The farthest that any number of a job which reads the example is from that of the float network.
fn worst_of_reading(
    network: &Network,
    float: &FloatNet,
    golden: &Golden<hvae_mnn::crossbar::TiledMatrix>,
    example: &Example,
) -> Option<f64> {
    if network.bits_block().is_some() || network.draw().is_some() {
        // What is drawn has no one value.
        return Some(0.0);
    }
    let reads = [JobKind::Label, JobKind::Values, JobKind::Encode];
    let Some(kind) = reads.into_iter().find(|&k| golden.schedule.jobs().any(|known| known == k)) else {
        return Some(0.0);
    };
    let quant = &golden.quant;
    let word = quant.blocks.iter().find_map(|block| match block {
        QuantBlock::Input { word } => Some(*word),
        _ => None,
    });
    let input: Vec<i32> = match word {
        Some(word) => example.frames.iter().map(|&v| word.encode(v.into()) as i32).collect(),
        None => example.tokens.iter().map(|&t| t as i32).collect(),
    };
    let run: Run = golden.run(&Job::new(kind, input, 0));
    let trace = float.read_examples(&[example]);
    let mut worst = 0.0f64;
    for event in &run.events {
        let (role, frac) = match (event.signal, &quant.blocks[event.block]) {
            (Signal::H, QuantBlock::Cell(cell)) => (Role::Output, cell.h.frac),
            (Signal::Word | Signal::Logits | Signal::Z, _) => (Role::Output, quant.word_frac(event.block)),
            (Signal::Mean, _) => (Role::Output, quant.moment_format().frac),
            (Signal::LogVariance, _) => (Role::LogVariance, quant.moment_format().frac),
            _ => continue,
        };
        let body = golden.schedule.body(network.blocks[event.block].within);
        let steps = trace.layout(body.id).steps();
        let exact = trace.vector(network, event.block, role, 0, body.position(event.step, steps));
        if exact.iter().any(|want| want.abs() > FAR) {
            return None;
        }
        for (&code, &want) in event.values.iter().zip(exact) {
            let got = f64::from(code) * 2f64.powi(-frac);
            worst = worst.max((got - f64::from(want)).abs());
        }
    }
    Some(worst)
}

#[test]
fn random_networks_are_the_same_on_tiles_and_near_the_float_network() {
    let mut refused = BTreeSet::new();
    let mut far = Vec::new();
    let (mut done, mut compared, mut kinds, mut ops) = (0, 0, BTreeSet::new(), BTreeSet::new());
    for seed in 0..1500 {
        match differences(seed) {
            Ok((network, worst, jobs)) => {
                compared += usize::from(worst.is_some());
                let worst = worst.unwrap_or_default();
                if worst > 0.1 {
                    far.push((seed, worst));
                }
                kinds.extend(jobs);
                ops.extend(network.blocks.iter().map(|block| block.op.name()));
                done += 1;
            }
            Err(why) => {
                refused.insert(why.split(':').next().unwrap_or_default().to_string());
            }
        }
    }
    // What feeds itself collects the rounding of every step; a mistake in an operation or an edge is seen in many.
    assert!(50 * far.len() <= compared, "seeds and distances of {compared}: {far:?}");
    assert!(10 * compared >= 9 * done, "{compared} of {done} networks were compared with the float network");
    assert!(done >= 250, "{done} of 1500 networks have integers; the others: {refused:?}");
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    assert_eq!(ops.len(), 13, "{ops:?}");
}

/// The same with frames for words, with latents of steps, and with both.
#[test]
fn random_networks_of_frames_and_draws_are_the_same_on_tiles() {
    let (mut frames, mut draws, mut both, mut kinds) = (0, 0, 0, BTreeSet::new());
    for seed in 0..900 {
        let network = random_network(seed);
        let of_bits = with_frames(&network, 1 + seed as usize % 40);
        let drawn = with_draws(&network, seed);
        let twice = drawn.as_ref().and_then(|network| with_frames(network, 17));
        for (network, count) in [(of_bits, &mut frames), (drawn, &mut draws), (twice, &mut both)] {
            let Some(network) = network else { continue };
            if let Ok((.., jobs)) = differences_of(network, seed) {
                *count += 1;
                kinds.extend(jobs);
            }
        }
    }
    assert!(
        frames > 50 && draws > 20 && both > 10,
        "{frames} of frames, {draws} with draws, {both} with both"
    );
    let without_z = BTreeSet::from([JobKind::Reconstruct, JobKind::Generate, JobKind::Score]);
    assert!(kinds.is_superset(&without_z), "{kinds:?}");
}

/// Conversations: jobs that go on from each other, and what every sentence is worth given those before it.
#[test]
fn random_conversations_are_the_same_on_tiles_and_near_the_float_network() {
    let config = config();
    let (mut done, mut far, mut kinds, mut ops) = (0, Vec::new(), BTreeSet::new(), BTreeSet::new());
    for seed in 0..150 {
        let network = random_conversation(seed);
        let weights = random_weights(&network, seed);
        let examples = sequences(&network, seed);
        let net = match map_on(&network, &weights, &config, &examples) {
            Ok(net) => net,
            Err(why) => panic!("seed {seed}: {why}\n{}", network.to_text()),
        };
        let tiled = Golden::tiled(&net, &config.accelerator);
        let ideal = Golden::ideal(&net.quant, &net.geometry, &config.accelerator);
        let (mut heard, mut exactly) = (Context::default(), Context::default());
        for mut job in varied_jobs(&tiled.shape, 16, &mut Random::keyed(&[seed, 7])) {
            job.manner.abort = None;
            let on_tiles = tiled.run_in(&mut heard, &job, Stop::Never);
            let exact = ideal.run_in(&mut exactly, &job, Stop::Never);
            if on_tiles.ending == Ending::Answered {
                kinds.insert(job.kind);
            }
            assert_eq!(on_tiles.output, exact.output, "seed {seed}: {job:?}");
            assert!(on_tiles.events == exact.events, "seed {seed}: {job:?}");
            assert!(heard == exactly, "seed {seed}: {job:?}");
        }
        let float = FloatNet::new(&network, &weights).unwrap();
        let spoken: Vec<&Example> = examples.iter().collect();
        let said = float.drawn_conversations(&spoken, None);
        let integers = GoldenEngine::new(&tiled).drawn_conversations(&spoken, None);
        let scores = |drawn: &[Vec<hvae_mnn::model::Drawn>]| -> Vec<f64> {
            drawn.iter().flatten().flat_map(|d| &d.scores).map(|s| s.log_probability).collect()
        };
        let (said, integers) = (scores(&said), scores(&integers));
        assert!(said.len() == integers.len() && !said.is_empty());
        let worst = said.iter().zip(&integers).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if worst > 0.1 {
            far.push((seed, worst));
        }
        ops.extend(network.blocks.iter().map(|block| block.op.name()));
        done += 1;
    }
    assert!(50 * far.len() <= done, "seeds and distances of {done}: {far:?}");
    let all = BTreeSet::from([JobKind::Listen, JobKind::Generate, JobKind::Score, JobKind::Reconstruct]);
    assert!(kinds.is_superset(&all), "{kinds:?}");
    assert_eq!(ops.len(), 8, "{ops:?}");
}

/// What ENCODE sends of a z of all steps: mean and log-variance of the sum or the mean of a z a step.
#[test]
fn moments_of_all_steps_are_near_those_of_the_float_network() {
    let config = config();
    let (mut compared, mut far) = ([0, 0], Vec::new());
    for seed in 0..1500 {
        let network = random_network(seed);
        let steps = network.latent_steps();
        if steps.is_last() || !network.latent_moments().iter().any(|&m| network.pooled(m).is_some()) {
            continue;
        }
        let weights = random_weights(&network, seed);
        let examples = sequences(&network, seed);
        let Ok(net) = map_on(&network, &weights, &config, &examples) else { continue };
        let golden = Golden::tiled(&net, &config.accelerator);
        if network.vocabulary == 0 || !golden.schedule.jobs().any(|kind| kind == JobKind::Encode) {
            continue;
        }
        let mut float = FloatNet::new(&network, &weights).unwrap();
        for example in &examples[..3] {
            let input = example.tokens.iter().map(|&t| t as i32).collect();
            let sent = golden.run(&Job::new(JobKind::Encode, input, 0)).output;
            let wanted = Latent::of(&network, &Engine::encode(&mut float, &example.tokens));
            assert_eq!(sent.len(), wanted.mean.len(), "seed {seed}");
            let frac = net.quant.moment_format().frac;
            let real = |word: u32| f64::from(word as u16 as i16) * 2f64.powi(-frac);
            let pairs = sent.iter().zip(wanted.mean.iter().zip(&wanted.log_variance));
            let off = pairs.flat_map(|(&word, (mean, log_variance))| {
                [real(word) - f64::from(*mean), real(word >> 16) - f64::from(*log_variance)]
            });
            let off = off.fold(0.0f64, |worst, off| worst.max(off.abs()));
            // Beyond the words of moments nothing can be near.
            let widest = wanted.mean.iter().chain(&wanted.log_variance).fold(0.0f32, |w, v| w.max(v.abs()));
            if widest < 7.5 {
                compared[usize::from(steps == LatentSteps::Sum)] += 1;
                if off > 0.1 {
                    far.push((seed, off));
                }
            }
        }
    }
    println!("{compared:?} compared");
    assert!(compared.iter().all(|&count| count >= 20), "{compared:?}");
    assert!(50 * far.len() <= compared[0] + compared[1], "of {compared:?}: {far:?}");
}
