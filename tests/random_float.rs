//! What holds of 300 random networks in floating point: values, gradients and descriptions.

use crate::common::interpreter::{Fault, Interpreter, Sequence, Tensors};
use crate::common::random_network::{WORDS, random_network};
use hvae_mnn::config::Train;
use hvae_mnn::model::{
    Activation, Example, FloatNet, Layout, Network, Op, Over, Random, Role, Schedule, Time, Trace,
};
use hvae_mnn::pipeline::random_weights;
use hvae_mnn::train::{Batch, Losses, TermWeights, loss_and_gradients};
use ndarray::Array2;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

const SEEDS: std::ops::Range<u64> = 0..300;

/// Tokens and frames of a few sequences of different lengths, longest first, with what their heads should say.
fn examples(network: &Network, seed: u64) -> Vec<Example> {
    let mut random = Random::keyed(&[seed, 0x5345]);
    let frame = network.blocks.iter().find_map(|b| match b.op {
        Op::Input { size } => Some(size),
        _ => None,
    });
    let writes = network.vocabulary_block().is_some();
    let width = network.heads().map(|h| network.width(h)).next().unwrap();
    let mut lengths: Vec<usize> = (0..3).map(|_| 1 + usize::from(writes) + random.below(5)).collect();
    lengths.sort_unstable_by_key(|&l| std::cmp::Reverse(l));
    let of = |steps: usize| {
        let mut normals = |width: usize| {
            Array2::from_shape_simple_fn((if width > 0 { steps } else { 0 }, width), || random.normal())
        };
        let (frames, values) = (normals(frame.unwrap_or(0)), normals(width));
        let mut below = |bound: usize| (0..steps).map(|_| random.below(bound) as u32).collect::<Vec<_>>();
        let tokens = if frame.is_some() { Vec::new() } else { below(WORDS) };
        Example { tokens, frames, labels: below(width), values, turns: Vec::new() }
    };
    lengths.into_iter().map(of).collect()
}

fn sequence(example: &Example, epsilon: Option<Vec<f64>>) -> Sequence {
    let rows = |a: &Array2<f32>| a.outer_iter().map(|r| r.iter().map(|&v| f64::from(v)).collect()).collect();
    Sequence {
        tokens: example.tokens.clone(),
        frames: rows(&example.frames),
        epsilon,
        labels: example.labels.clone(),
        values: rows(&example.values),
    }
}

fn tensors(net: &FloatNet) -> Tensors {
    let names = net.network().tensors().into_iter().zip(net.tensors());
    names.map(|((name, shape), t)| (name, (shape, t.iter().map(|&v| f64::from(v)).collect()))).collect()
}

fn float_net(seed: u64) -> FloatNet {
    let network = random_network(seed);
    FloatNet::new(&network, &random_weights(&network, seed)).unwrap()
}

/// Every vector of a batch.
fn values(net: &FloatNet, examples: &[Example]) -> Trace {
    let network = net.network();
    let refs: Vec<&Example> = examples.iter().collect();
    let mut trace = net.read_examples(&refs);
    if network.written().is_some() {
        let sentences: Vec<&[u32]> = examples.iter().map(|e| e.tokens.as_slice()).collect();
        let z = match network.latent() {
            Some(z) => trace.get(z, Role::Output).clone(),
            None => Array2::zeros((examples.len(), 0)),
        };
        let written = net.teacher_forced_batch(&sentences, z);
        // What leads to what is written is the same in both.
        for (block, role, values) in written.iter().filter(|(b, ..)| network.over(*b) != Over::Written) {
            assert_eq!(values, trace.get(block, role), "{} {role:?}", network.blocks[block].name);
        }
        let lengths = Layout::new(examples.iter().map(|e| e.steps()).collect());
        let short = written.layout(network.written().unwrap()).clone();
        let mut all = Trace::new(network, lengths, short);
        for id in 0..network.blocks.len() {
            let from = if network.over(id) == Over::Written { &written } else { &trace };
            // What leads to no word is evaluated in training alone.
            if network.over(id) == Over::Written && !written.has(id) {
                assert!(!net.schedule().writes(id));
                continue;
            }
            let mut made = hvae_mnn::model::Values::output(from.get(id, Role::Output).clone());
            for role in [Role::LogVariance, Role::Cell] {
                if let Some(matrix) = from.find(id, role) {
                    made = made.with(role, matrix.clone());
                }
            }
            all.set(id, made);
        }
        trace = all;
    }
    trace
}

/// The largest difference between what the net makes of ragged sequences and what the interpreter does.
fn difference(net: &FloatNet, examples: &[Example], fault: Option<Fault>) -> f64 {
    let (network, tensors) = (net.network(), tensors(net));
    let trace = values(net, examples);
    let mut largest: f64 = 0.0;
    for (i, example) in examples.iter().enumerate() {
        let sequence = sequence(example, None);
        let interpreter =
            Interpreter { network, tensors: &tensors, sequence: &sequence, fault, made: BTreeMap::new() };
        let interpreter = interpreter.run();
        for ((block, at), (output, second)) in interpreter.made.iter().filter(|((b, _), _)| trace.has(*b)) {
            let role = match network.blocks[*block].op {
                Op::Cell { .. } | Op::Accumulate { .. } => Role::Cell,
                _ => Role::LogVariance,
            };
            for (role, wanted) in [(Role::Output, output), (role, second)] {
                if wanted.is_empty() {
                    continue;
                }
                let found = trace.vector(network, *block, role, i, *at);
                assert_eq!(found.len(), wanted.len());
                for (f, w) in found.iter().zip(wanted) {
                    largest = largest.max((f64::from(*f) - w).abs() / (1.0 + w.abs()));
                }
            }
        }
    }
    largest
}

#[test]
fn random_networks_compute_what_their_descriptions_say() {
    SEEDS.into_par_iter().for_each(|seed| {
        let net = float_net(seed);
        let off = difference(&net, &examples(net.network(), seed), None);
        assert!(off < 1e-4, "seed {seed}: {off}\n{}", net.network().to_text());
    });
}

const FAULTS: [Fault; 20] = [
    Fault::Op("embedding"),
    Fault::Op("input"),
    Fault::Op("cell"),
    Fault::Op("moments"),
    Fault::Op("latent"),
    Fault::Op("linear"),
    Fault::Op("elementwise"),
    Fault::Op("slice"),
    Fault::Op("join"),
    Fault::Op("accumulate"),
    Fault::Op("vocabulary"),
    Fault::Op("label"),
    Fault::Op("values"),
    Fault::Edge(Time::Now),
    Fault::Edge(Time::Before),
    Fault::Edge(Time::Each),
    Fault::Edge(Time::Last),
    Fault::Edge(Time::Held),
    Fault::Start,
    Fault::Memory,
];

#[test]
fn a_mistake_in_any_op_or_edge_is_seen() {
    FAULTS.into_par_iter().for_each(|fault| {
        let seen = |seed: u64| {
            let net = float_net(seed);
            difference(&net, &examples(net.network(), seed), Some(fault)) > 1e-3
        };
        let count = SEEDS.filter(|&seed| seen(seed)).take(5).count();
        assert!(count == 5, "{fault:?} is seen in {count} networks");
    });
}

#[test]
fn random_descriptions_read_back_as_they_are_printed() {
    for seed in SEEDS {
        let network = random_network(seed);
        let text = network.to_text();
        assert_eq!(Network::from_text("n.toml", &text, WORDS).unwrap(), network, "{text}");
    }
}

/// Writing token by token is teacher forcing on the same tokens.
#[test]
fn random_decoders_step_as_they_are_taught() {
    let mut checked = 0;
    for seed in SEEDS {
        let net = float_net(seed);
        let network = net.network();
        let Some(written) = network.written() else { continue };
        let examples = examples(network, seed);
        let z = Array2::from_shape_simple_fn((1, network.latent_width()), {
            let mut random = Random::keyed(&[seed, 9]);
            move || random.normal()
        });
        for example in &examples {
            let sentence = &example.tokens[..];
            let taught = net.teacher_forced_batch(&[sentence], z.clone());
            let mut decoder = net.decoder_of(&[sentence], z.clone());
            for (step, &token) in sentence[..sentence.len() - 1].iter().enumerate() {
                let trace = decoder.step(&[token]);
                for id in (0..network.blocks.len())
                    .filter(|&id| network.blocks[id].within == written && taught.has(id))
                {
                    let at =
                        |trace: &Trace, step| trace.vector(network, id, Role::Output, 0, step).to_owned();
                    let (found, wanted) = (at(trace, 0), at(&taught, step));
                    let off = (&found - &wanted).iter().fold(0.0f32, |m, d| m.max(d.abs()));
                    let size = wanted.iter().fold(1.0f32, |m, w| m.max(w.abs()));
                    assert!(
                        off <= 1e-5 * size,
                        "seed {seed}, block b{id}, step {step}: {found} and {wanted}"
                    );
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked} steps");
}

fn training(network: &Network) -> Train {
    let last = network
        .latents()
        .all(|z| matches!(&network.blocks[z].op, Op::Latent { steps, .. } if steps.is_last()));
    Train {
        mask_pads: true,
        step_kl: 0.8,
        last_step_kl: if last { 0.7 } else { 0.0 },
        start_penalty: 0.5,
        start_limit: 0.1,
        embedding_dropout: 0.0,
        level_dropout: 0.0,
        ..Train::default()
    }
}

/// The mean loss of a batch by the interpreter.
fn loss(
    network: &Network,
    tensors: &Tensors,
    sequences: &[Sequence],
    train: &Train,
    fault: Option<Fault>,
) -> f64 {
    let of = |sequence: &Sequence| {
        let interpreter = Interpreter { network, tensors, sequence, fault, made: BTreeMap::new() };
        interpreter.run().loss(train)
    };
    sequences.iter().map(of).sum::<f64>() / sequences.len() as f64
}

fn objective(losses: &Losses, train: &Train) -> f64 {
    let kl = f64::from(train.step_kl) * losses.step_kl + f64::from(train.last_step_kl) * losses.last_kl;
    let start = f64::from(train.start_penalty) * losses.start_excess;
    (losses.reconstruction + kl + start) / losses.sentences as f64
}

/// The net with activations that have a slope everywhere.
fn without_corners(net: &FloatNet) -> FloatNet {
    let network = net.network().changed(|of| {
        for block in &mut of.blocks {
            if let Op::Linear { activation, .. } = &mut block.op
                && *activation == Activation::LeakyRelu
            {
                *activation = Activation::Tanh;
            }
        }
    });
    FloatNet::with_tensors(&network.unwrap(), net.tensors().to_vec())
}

/// The worst gradient of a net, as a share of its size: against the slopes of the interpreter's loss.
fn worst_slope(seed: u64, fault: Option<Fault>) -> (f64, String) {
    let net = without_corners(&float_net(seed));
    let network = net.network();
    let (examples, train) = (examples(network, seed), training(network));
    let refs: Vec<&Example> = examples.iter().collect();
    let random = || Random::keyed(&[seed, 7]);
    let batch = Batch::of(network, &refs, &train, &mut Random::keyed(&[seed, 6]));
    let (losses, gradients) = loss_and_gradients(&net, &batch, &train, TermWeights::of_kl(1.0), random());

    let (mut draws, width) = (random(), network.latent_width());
    let epsilon = || draws.normals(width).into_iter().map(f64::from).collect();
    let epsilons: Vec<Vec<f64>> = std::iter::repeat_with(epsilon).take(examples.len()).collect();
    let sequences: Vec<Sequence> = examples.iter().zip(epsilons).map(|(e, n)| sequence(e, Some(n))).collect();
    let mut tensors = tensors(&net);
    let whole = loss(network, &tensors, &sequences, &train, fault);
    // What squares itself at every step leaves every number behind: there is no slope to measure.
    if !whole.is_finite() || whole.abs() > 1e6 {
        return (0.0, "no loss".into());
    }
    let off = (whole - objective(&losses, &train)).abs() / (1.0 + whole.abs());
    let mut worst = (off, "the loss itself".to_string());
    let mut draw = Random::keyed(&[seed, 8]);
    for ((name, _), gradient) in network.tensors().into_iter().zip(&gradients) {
        let start = tensors[&name].1.clone();
        let direction: Vec<f64> =
            start.iter().map(|_| if draw.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
        let mut at = |distance: f64| {
            let moved = start.iter().zip(&direction).map(|(w, d)| w + distance * d).collect();
            tensors.get_mut(&name).unwrap().1 = moved;
            loss(network, &tensors, &sequences, &train, fault)
        };
        let mut slope = |step: f64| (at(step) - at(-step)) / (2.0 * step);
        let found = (4.0 * slope(1e-4) - slope(2e-4)) / 3.0;
        tensors.get_mut(&name).unwrap().1 = start;
        let wanted: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(*g) * d).sum();
        let size = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        let off = (found - wanted).abs() / (size.max(wanted.abs()) + 1e-2);
        if off > worst.0 || off.is_nan() {
            worst = (off, format!("{name}: slope {found}, gradient {wanted}"));
        }
    }
    worst
}

#[test]
fn random_networks_have_the_gradients_of_their_loss() {
    let left_out = AtomicUsize::new(0);
    SEEDS.into_par_iter().for_each(|seed| {
        let (off, what) = worst_slope(seed, None);
        left_out.fetch_add(usize::from(what == "no loss"), Ordering::Relaxed);
        assert!(off < 1e-3, "seed {seed}: {off}, {what}\n{}", random_network(seed).to_text());
    });
    let left_out = left_out.into_inner();
    assert!(left_out <= 3, "{left_out} networks have no loss");
}

#[test]
fn a_mistake_in_the_loss_or_in_a_value_is_seen_in_the_gradients() {
    for fault in [
        Fault::Loss,
        Fault::Start,
        Fault::Memory,
        Fault::Edge(Time::Before),
        Fault::Op("elementwise"),
        Fault::Op("accumulate"),
    ] {
        // Few start from something.
        let count =
            (0..4 * SEEDS.end).filter(|&seed| worst_slope(seed, Some(fault)).0 > 1e-2).take(5).count();
        assert!(count == 5, "{fault:?} is seen in {count} networks");
    }
}

/// The generator reaches everything that a description can hold.
#[test]
fn random_networks_have_every_op_edge_and_job() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut note = |what: String| *seen.entry(what).or_default() += 1;
    for seed in SEEDS {
        let network = random_network(seed);
        let schedule = Schedule::new(&network);
        network.loops.iter().for_each(|l| note(format!("over {}", l.over.name())));
        schedule.jobs().for_each(|kind| note(format!("job {kind:?}")));
        for body in schedule.bodies() {
            body.groups.iter().filter(|g| g.stepwise).for_each(|g| {
                note(format!(
                    "stepwise {} {}",
                    if g.blocks.len() > 1 { "circle" } else { "itself" },
                    body.over.name()
                ));
            });
        }
        for (id, block) in network.blocks.iter().enumerate() {
            note(format!("op {}", block.op.name()));
            block.tied.iter().for_each(|_| note("tied".into()));
            for edge in network.edges(id) {
                note(format!("edge {:?} over {}", network.time(id, edge), network.over(id).name()));
            }
            if network.edges(id).len() > 1 {
                note(format!("joined {}", block.op.name()));
            }
            match &block.op {
                Op::Cell { kind, init, zero_c, .. } => {
                    note(format!(
                        "cell {}{}{}",
                        kind.name(),
                        if init.is_some() { " from a start" } else { "" },
                        if *zero_c { " with c at zero" } else { "" }
                    ));
                }
                Op::Accumulate { steps, .. } => {
                    note(format!("{} over {}", steps.name(), network.over(id).name()));
                }
                Op::Latent { steps, .. } => note(format!("steps {}", steps.name())),
                Op::Linear { activation, bias, .. } => note(format!("linear {} {bias}", activation.name())),
                Op::Elementwise { function, .. } => note(format!("{function:?}")),
                Op::Label { .. } | Op::Values { .. } => {
                    note(format!("{} over {}", block.op.name(), network.over(id).name()));
                }
                _ => {}
            }
        }
        if network.latents().count() > 1 {
            note("latents of latents".into());
        }
        if schedule.writes_of_what_is_read() {
            note("writing past z".into());
        }
    }
    let few: Vec<_> = WANTED.split(", ").filter(|w| seen.get(*w).is_none_or(|n| *n < 3)).collect();
    assert!(few.is_empty(), "fewer than 3 of {few:?}\n{seen:#?}");
}

const WANTED: &str = "over positions, over backwards, over once, over written, job Encode, job Reconstruct, job Decode, \
    job Generate, job Score, job Label, job Values, stepwise circle positions, \
    stepwise circle backwards, stepwise circle written, stepwise itself positions, \
    stepwise itself backwards, stepwise itself written, op embedding, op input, op cell, op moments, \
    op latent, op linear, op elementwise, op slice, op join, op accumulate, sum over positions, sum over backwards, mean over positions, mean over backwards, op vocabulary, op label, op values, tied, \
    edge Now over positions, edge Now over backwards, edge Now over once, edge Now over written, \
    edge Before over positions, edge Before over backwards, edge Before over written, \
    edge Each over positions, edge Each over backwards, edge Last over once, edge Held over positions, \
    edge Held over written, joined cell, joined linear, joined moments, joined vocabulary, \
    joined label, joined values, cell rnn, cell gru, cell lstm, cell rnn from a start, \
    cell gru from a start, cell lstm from a start, cell lstm from a start with c at zero, steps last, steps mean, steps sum, linear none true, \
    linear none false, linear tanh true, linear tanh false, linear sigmoid true, linear sigmoid false, \
    Add, Subtract, Multiply, Blend, label over positions, label over backwards, label over once, \
    values over positions, values over backwards, values over once, latents of latents, writing past z";
