//! Flows on z: turned back exactly in integers, the determinant against a numerical Jacobian, densities, bounds against an exact
//! value, the identity, and what is refused.

use crate::common::faults::{Fault, plant};
use crate::common::simulations::simulation;
use crate::common::{build, skip, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm};
use hvae_mnn::config::{CellKind, Config, Family, Flow, Protocol};
use hvae_mnn::cosim::{Cosim, Effort as Simulated, Engine as Simulator, RunOptions};
use hvae_mnn::crossbar::{CrossbarNet, TiledMatrix};
use hvae_mnn::golden::{Golden, GoldenEngine, Job, LatentMode, Machine};
use hvae_mnn::model::{
    BlockId, Effort, Engine, Example, FloatNet, Flowed, JobKind, Latent, Network, Op, Random, Role, Weights,
    evaluate, flow_kl,
};
use hvae_mnn::pipeline::{map, random_sentences, random_weights, varied_jobs};
use hvae_mnn::quant::{Saturations, requant_to};
use hvae_mnn::sample::job;
use hvae_mnn::tools;

pub fn config(flow: Flow, cells: &[CellKind]) -> Config {
    let mut config = tiny(cells);
    config.model.family = Family::FlowVrae;
    (config.model.flow, config.model.flow_hidden, config.model.latent) = (flow, 6, 5);
    config
}

/// Random weights, `scale` times as large as they start; a determinant that is far from 0.
fn net(config: &Config, scale: f32) -> FloatNet {
    let network = Network::describe(&config.model, 1.0).unwrap();
    let mut net = FloatNet::new(&network, &random_weights(&network, 3)).unwrap();
    net.tensors_mut().iter_mut().for_each(|tensor| *tensor *= scale);
    net
}

fn on_tiles(config: &Config) -> CrossbarNet {
    let network = Network::describe(&config.model, 1.0).unwrap();
    let sentences = random_sentences(config.model.vocabulary, 8, 1);
    map(&network, &random_weights(&network, 1), config, &sentences).unwrap()
}

/// Undoes the steps of a coupling flow, the last one first, with the stages of the golden model itself: what it added is computed
/// again from the half that was not changed, and taken away. And whether some word on the way stood at the end of its range, so that
/// its sum may have left it.
fn turned_back(golden: &Golden<TiledMatrix>, made: &[i64]) -> (Vec<i64>, bool) {
    let quant = &golden.quant;
    let network = &quant.network;
    let (_, _, inputs) = network.flow().unwrap();
    let mut machine = Machine::new(golden, 1);
    let mut parts: Vec<(BlockId, Vec<i64>)> = Vec::new();
    let mut from = 0;
    for edge in inputs {
        let to = from + network.width(edge.block);
        parts.push((edge.block, made[from..to].to_vec()));
        from = to;
    }
    let format = quant.moment_format();
    let (low, high) = (format.min(), format.max());
    let mut saturated = false;
    // The part that was changed last stands lowest in the description.
    while let Some(last) = (0..parts.len())
        .filter(|&p| matches!(network.blocks[parts[p].0].op, Op::Elementwise { .. }))
        .max_by_key(|&p| parts[p].0)
    {
        let [carrier, shift] = network.inputs(parts[last].0)[..] else { panic!("a sum of two") };
        let hidden = network.inputs(shift)[0];
        let given = network.inputs(hidden)[0];
        let words = parts.iter().find(|(id, _)| *id == given).expect("the half that stays").1.clone();
        let dac = quant.dac[given].unwrap();
        let code =
            |&w: &i64| requant_to(w, format.frac - dac.frac, dac.bits, &mut Saturations::default()) as i32;
        machine.codes[given] = words.iter().map(code).collect();
        machine.step(hidden);
        machine.step(shift);
        let added = machine.words[shift].clone();
        let away = quant.word_frac(shift) - format.frac;
        let undone = |(x, &m): (&i64, &i64)| {
            let rounded = if away > 0 { (m + (1 << (away - 1))) >> away } else { m << -away };
            x - rounded
        };
        saturated |= parts[last].1.iter().any(|&word| word == low || word == high);
        let before = parts[last].1.iter().zip(&added).map(undone).collect();
        parts[last] = (carrier, before);
    }
    (parts.into_iter().flat_map(|(_, words)| words).collect(), saturated)
}

/// Every z comes back, bit by bit, unless a sum has left the words; then that is what does not come back.
#[test]
fn additive_coupling_is_turned_back_exactly_in_integers() {
    for (steps, cells) in [(1, &[Gru][..]), (2, &[Lstm]), (3, &[Gru, Lstm])] {
        let mut config = config(Flow::Coupling, cells);
        config.model.flow_steps = steps;
        let net = on_tiles(&config);
        let golden = Golden::tiled(&net, &config.accelerator);
        let mut engine = GoldenEngine::new(&golden);
        let width = golden.quant.network.latent_width();
        let mut random = Random::keyed(&[5, steps as u64]);
        let (mut exact, mut saturated) = (0, 0);
        for round in 0..300 {
            // Up to the ends of the range.
            let span = [1 << 10, 1 << 13, 1 << 16][round % 3];
            let z: Vec<i32> = (0..width).map(|_| random.below(span) as i32 - (span / 2) as i32).collect();
            let made: Vec<i64> = engine.carried_on(&[], &z).into_iter().map(i64::from).collect();
            assert_ne!(made, z.iter().map(|&z| i64::from(z)).collect::<Vec<_>>(), "the flow does something");
            let (back, left) = turned_back(&golden, &made);
            let same = back.iter().zip(&z).all(|(back, &z)| *back == i64::from(z));
            assert!(same || left, "{z:?} became {made:?} and came back as {back:?}");
            exact += usize::from(same);
            saturated += usize::from(!same);
        }
        assert!(exact > 200 && saturated > 0, "{exact} exact, {saturated} saturated");
    }
}

/// What RECONSTRUCT writes is what DECODE writes of the z that the flow makes of the means of ENCODE; of the means themselves
/// it writes something else, and so it does where the flow is left out.
#[test]
fn jobs_read_z_behind_the_flow() {
    for (flow, cells) in [(Flow::Coupling, &[Gru][..]), (Flow::Iaf, &[Lstm, Gru])] {
        let mut config = config(flow, cells);
        config.model.skip = true;
        let net = on_tiles(&config);
        let golden = Golden::tiled(&net, &config.accelerator);
        let answer = |kind, input: Vec<i32>| golden.run(&Job::new(kind, input, 12));
        let mut others = 0;
        for sentence in random_sentences(config.model.vocabulary, 12, 4) {
            let sentence = &sentence[..sentence.len().min(config.accelerator.max_tokens)];
            let tokens: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
            let encoded = answer(JobKind::Encode, tokens.clone()).output;
            let means: Vec<i32> = encoded.iter().map(|&word| i32::from(word as u16 as i16)).collect();
            let behind = GoldenEngine::new(&golden).carried_on(sentence, &means);
            // What `hvae cosim --job decode` sends.
            let sent = job(JobKind::Decode, sentence, &golden, (1.0, 1), 12).unwrap();
            assert_eq!(sent.input, behind);
            let written = answer(JobKind::Reconstruct, tokens);
            let decoded = answer(JobKind::Decode, behind);
            assert_eq!(written.output, decoded.output);
            let logits = |run: &hvae_mnn::golden::Run| {
                let logits = |e: &&hvae_mnn::golden::VectorEvent| e.signal == hvae_mnn::quant::Signal::Logits;
                run.events.iter().filter(logits).map(|e| e.values.clone()).collect::<Vec<_>>()
            };
            assert_eq!(logits(&written), logits(&decoded));
            others += usize::from(logits(&answer(JobKind::Decode, means)) != logits(&written));
        }
        assert!(others > 8, "{others} of 12 sentences show a flow that is left out");
    }
}

/// ln |det| of a square matrix, by elimination.
fn log_determinant(mut m: Vec<Vec<f64>>) -> f64 {
    let mut sum = 0.0;
    for k in 0..m.len() {
        let pivot = (k..m.len()).max_by(|&a, &b| m[a][k].abs().total_cmp(&m[b][k].abs())).unwrap();
        m.swap(k, pivot);
        sum += m[k][k].abs().ln();
        let row = m[k].clone();
        for lower in &mut m[k + 1..] {
            let factor = lower[k] / row[k];
            lower.iter_mut().zip(&row).for_each(|(x, r)| *x -= factor * r);
        }
    }
    sum
}

fn flowed(net: &FloatNet, z: &[Vec<f32>]) -> Vec<Flowed> {
    let sentence: &[u32] = &[2, 5, 3];
    net.clone().flowed_all(&vec![sentence; z.len()], z)
}

#[test]
fn the_determinant_is_that_of_the_jacobian() {
    for flow in [Flow::Coupling, Flow::Iaf] {
        for latent in 2..=6 {
            let mut config = config(flow, &[Gru]);
            (config.model.latent, config.model.flow_steps) = (latent, 3);
            let net = net(&config, 2.0);
            let mut random = Random::keyed(&[9, latent as u64]);
            for _ in 0..5 {
                let z = random.normals(latent);
                let step = 1e-2f32;
                let columns: Vec<Vec<f64>> = (0..latent)
                    .map(|j| {
                        let at = |distance: f32| {
                            let mut moved = z.clone();
                            moved[j] += distance;
                            flowed(&net, &[moved]).remove(0).z
                        };
                        let ends = [at(step), at(-step), at(2.0 * step), at(-2.0 * step)];
                        let slope = |i: usize| {
                            let d = |a: &[f32], b: &[f32]| f64::from(a[i] - b[i]);
                            (8.0 * d(&ends[0], &ends[1]) - d(&ends[2], &ends[3])) / (12.0 * f64::from(step))
                        };
                        (0..latent).map(slope).collect()
                    })
                    .collect();
                let found = flowed(&net, std::slice::from_ref(&z)).remove(0).log_determinant;
                let wanted = log_determinant(columns);
                assert!((found - wanted).abs() < 2e-3, "{flow:?}, {latent}: {found} and {wanted}");
                // A gate less is seen.
                assert_eq!(flow == Flow::Iaf, wanted.abs() > 0.1, "{flow:?}: {wanted}");
            }
        }
    }
}

/// In two dimensions: the density of what the flow makes, times the area to which a square of z is mapped, summed over all squares.
#[test]
fn the_density_behind_a_flow_integrates_to_one() {
    for flow in [Flow::Coupling, Flow::Iaf] {
        let mut config = config(flow, &[Gru]);
        (config.model.latent, config.model.flow_steps) = (2, 4);
        let net = net(&config, 2.5);
        let (cells, side) = (160usize, 10.0f32 / 160.0);
        let at = |i: usize| i as f32 * side - 5.0;
        let corners: Vec<Vec<f32>> =
            (0..=cells).flat_map(|i| (0..=cells).map(move |j| vec![at(i), at(j)])).collect();
        let middles: Vec<Vec<f32>> = (0..cells)
            .flat_map(|i| (0..cells).map(move |j| vec![at(i) + side / 2.0, at(j) + side / 2.0]))
            .collect();
        let (corner, middle) = (flowed(&net, &corners), flowed(&net, &middles));
        let area = |i: usize, j: usize| {
            let p = |i: usize, j: usize| {
                let z = &corner[i * (cells + 1) + j].z;
                (f64::from(z[0]), f64::from(z[1]))
            };
            let around = [p(i, j), p(i + 1, j), p(i + 1, j + 1), p(i, j + 1)];
            let cross = |k: usize| around[k].0 * around[(k + 1) % 4].1 - around[(k + 1) % 4].0 * around[k].1;
            (0..4).map(cross).sum::<f64>().abs() / 2.0
        };
        let (mut sum, mut without) = (0.0, 0.0);
        for i in 0..cells {
            for j in 0..cells {
                let (z, made) = (&middles[i * cells + j], &middle[i * cells + j]);
                let square: f64 = z.iter().map(|&z| f64::from(z).powi(2)).sum();
                let base = (-0.5 * square).exp() / std::f64::consts::TAU;
                sum += base * (-made.log_determinant).exp() * area(i, j);
                without += base * area(i, j);
            }
        }
        assert!((sum - 1.0).abs() < 2e-3, "{flow:?}: {sum}");
        assert_eq!(
            flow == Flow::Iaf,
            (without - 1.0).abs() > 0.1,
            "{flow:?}: {without} without a determinant"
        );
    }
}

/// The same network without the flow: blocks of the same names have the same weights.
fn plain(config: &Config, net: &FloatNet) -> FloatNet {
    let mut config = config.clone();
    config.model.flow = Flow::None;
    let network = Network::describe(&config.model, 1.0).unwrap();
    let all = net.weights();
    let tensors = network.tensors().into_iter().map(|(name, _)| (name.clone(), all.get(&name).clone()));
    FloatNet::new(&network, &Weights::checked("a test", tensors.collect(), &network).unwrap()).unwrap()
}

/// Steps that add nothing: the bytes of the network without a flow, in floating point and in integers, and on average its KL.
#[test]
fn an_identity_flow_changes_nothing() {
    let mut config = config(Flow::Coupling, &[Gru, Lstm]);
    config.model.skip = true;
    let mut with = net(&config, 1.0);
    let network = with.network().clone();
    for name in ["flow1_shift", "flow2_shift"] {
        for index in with.indices(network.find(name).unwrap()) {
            with.tensors_mut()[index].fill(0.0);
        }
    }
    let mut without = plain(&config, &with);
    let sentences = random_sentences(config.model.vocabulary, 8, 2);
    let views: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
    let z: Vec<Vec<f32>> = (0..8).map(|i| Random::keyed(&[i]).normals(network.latent_width())).collect();
    let made: Vec<Vec<f32>> = with.flowed_all(&views, &z).into_iter().map(|flowed| flowed.z).collect();
    assert_eq!(made, z);
    assert_eq!(with.score_all(&views, &made), without.score_all(&views, &z));
    let effort = Effort { reconstruction_limit: 12, ..Effort::default() };
    let figures = |net: &mut FloatNet| evaluate(net, &sentences, Protocol::Honest, &effort);
    let (a, b) = (figures(&mut with), figures(&mut without));
    assert_eq!((a.token_accuracy, a.word_overlap, a.mi), (b.token_accuracy, b.word_overlap, b.mi));

    // One draw of each of many seeds: its mean is the KL in closed form.
    let posterior = Latent::of(&network, &Engine::encode(&mut with, &sentences[0]));
    let mut random = Random::keyed(&[1]);
    let draws = (0..20_000).map(|_| {
        let noise = random.normals(network.latent_width());
        let flowed = with.flowed_all(&views[..1], &[posterior.at(&noise)]).remove(0);
        flow_kl(&posterior.log_variance, &noise, &flowed)
    });
    let mean = draws.sum::<f64>() / 20_000.0;
    assert!((mean - posterior.kl()).abs() < 0.05, "{mean} and {}", posterior.kl());

    let mapped = |net: &FloatNet| map(net.network(), &net.weights(), &config, &sentences).unwrap();
    let (a, b) = (mapped(&with), mapped(&without));
    let (a, b) = (Golden::tiled(&a, &config.accelerator), Golden::tiled(&b, &config.accelerator));
    for mut job in varied_jobs(&b.shape, 40, &mut Random::keyed(&[3])) {
        job.manner.abort = None;
        let (found, wanted) = (a.run(&job), b.run(&job));
        assert_eq!(found.output, wanted.output, "{job:?}");
        assert_eq!(found.ending, wanted.ending);
    }
}

/// The same flow on both: the KL of what it makes of q to what it makes of p is the KL of q to p, whatever it does.
#[test]
fn the_same_flow_on_both_keeps_the_divergence() {
    let mut config = config(Flow::Iaf, &[Gru]);
    config.model.latent = 3;
    let net = net(&config, 2.0);
    let q = Latent { mean: vec![0.4, -0.3, 0.2], log_variance: vec![-0.5, 0.3, -1.0] };
    let p = Latent { mean: vec![0.0; 3], log_variance: vec![0.0; 3] };
    let density = |of: &Latent, z: &[f32], flowed: &Flowed| {
        let each = z.iter().zip(of.mean.iter().zip(&of.log_variance));
        let each = each.map(|(z, (m, lv))| -0.5 * f64::from(lv + (z - m).powi(2) * (-lv).exp()));
        each.sum::<f64>() - flowed.log_determinant
    };
    let mut random = Random::keyed(&[8]);
    let draws: Vec<Vec<f32>> = (0..40_000).map(|_| q.at(&random.normals(3))).collect();
    let made = flowed(&net, &draws);
    let ratios = draws.iter().zip(&made).map(|(z, made)| density(&q, z, made) - density(&p, z, made));
    let mean = ratios.sum::<f64>() / draws.len() as f64;
    assert!((mean - q.kl()).abs() < 0.02, "{mean} and {}", q.kl());
    let moved: f64 = made.iter().map(|made| made.log_determinant).sum::<f64>() / draws.len() as f64;
    assert!(moved.abs() > 0.3, "the flow changes volumes: {moved}");
}

/// ln p(x) by quadrature over a z of two dimensions: the bounds rise to it, and would rise to something else without the
/// determinant.
#[test]
fn bounds_rise_to_the_exact_value() {
    for flow in [Flow::Coupling, Flow::Iaf] {
        let mut config = config(flow, &[Gru]);
        config.model.latent = 2;
        let mut net = net(&config, 1.5);
        let sentence: &[u32] = &[2, 5, 6, 3];
        let points: Vec<f32> = (-60..=60).map(|i| i as f32 / 10.0).collect();
        let grid: Vec<Vec<f32>> =
            points.iter().flat_map(|&a| points.iter().map(move |&b| vec![a, b])).collect();
        let scores = net.score_all(&vec![sentence; grid.len()], &grid);
        let terms = grid.iter().zip(&scores).map(|(z, scores)| {
            let square: f64 = z.iter().map(|&z| f64::from(z).powi(2)).sum();
            let ll: f64 = scores.iter().map(|score| score.log_probability).sum();
            (ll - 0.5 * square).exp() / std::f64::consts::TAU * 0.01
        });
        let exact = terms.sum::<f64>().ln();
        let bound = |net: &mut FloatNet, samples: usize| {
            let effort =
                Effort { importance_samples: samples, reconstruction_limit: 0, seed: 4, ..Effort::default() };
            let found = evaluate(net, &vec![sentence.to_vec(); 200], Protocol::Honest, &effort);
            (-found.nll, -found.iwae_nll.unwrap())
        };
        let ((elbo, few), (_, many)) = (bound(&mut net, 2), bound(&mut net, 300));
        assert!(elbo < few && few < many && many < exact + 5e-3, "{elbo} {few} {many} {exact}");
        assert!(exact - many < 5e-3, "{flow:?}: {many} and {exact}");
    }
}

/// Integers say of a flow what single precision does, but for rounding.
#[test]
fn integers_are_near_the_float_flow() {
    for flow in [Flow::Coupling, Flow::Iaf] {
        let mut config = config(flow, &[Gru]);
        (config.fixed.weight_bits, config.fixed.input_bits, config.crossbar.adc_bits) = (10, 10, 12);
        let net = on_tiles(&config);
        let golden = Golden::tiled(&net, &config.accelerator);
        let network = &golden.quant.network;
        let mut float = FloatNet::new(network, &random_weights(network, 1)).unwrap();
        let mut engine = GoldenEngine::new(&golden);
        let sentence: &[u32] = &[2, 7, 3];
        let mut compared = 0;
        for seed in 0..60 {
            let z: Vec<f32> = Random::keyed(&[seed]).normals(network.latent_width());
            let z: Vec<f32> = z.into_iter().map(|z| 0.5 * z).collect();
            let [a, b] = [
                float.flowed_all(&[sentence], std::slice::from_ref(&z)).remove(0),
                engine.flowed_all(&[sentence], &[z]).remove(0),
            ];
            // What lies beyond the ranges that were seen is cut.
            if std::mem::take(&mut engine.saturations) > 0 {
                continue;
            }
            compared += 1;
            let off = a.z.iter().zip(&b.z).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 0.03, "{flow:?}: {off}");
            assert!((a.log_determinant - b.log_determinant).abs() < 0.05, "{flow:?}: {a:?} {b:?}");
        }
        assert!(compared > 20, "{flow:?}: {compared}");
    }
}

/// A flow that also reads what was read: scoring, writing and the golden model carry z on by the sentence.
#[test]
fn a_flow_may_read_the_sentence() {
    let mut config = config(Flow::Coupling, &[Gru]);
    config.model.flow_steps = 1;
    let network = Network::describe(&config.model, 1.0).unwrap();
    let text = network.to_text().replace("inputs = [\"z_part1\"]", "inputs = [\"z_part1\", \"enc1\"]");
    let network = Network::from_text("n.toml", &text, config.model.vocabulary).unwrap();
    assert!(network.flow_reads());
    let weights = random_weights(&network, 3);
    let mut float = FloatNet::new(&network, &weights).unwrap();
    let z = vec![0.5; network.latent_width()];
    let sentences: [&[u32]; 2] = [&[2, 5, 6, 7, 3], &[2, 9, 3]];
    let made = float.flowed_all(&sentences, &[z.clone(), z.clone()]);
    assert_ne!(made[0], made[1]);
    let trace = float.read_examples(&[&Example::sentence(sentences[0].to_vec())]);
    let (flow, latent, _) = network.flow().unwrap();
    let mean = trace.get(latent, Role::Output).row(0).to_vec();
    let of_mean = float.flowed_all(&sentences[..1], &[mean]).remove(0);
    assert_eq!(of_mean.z, trace.get(flow, Role::Output).row(0).to_vec());
    let all = random_sentences(config.model.vocabulary, 8, 1);
    let net = map(&network, &weights, &config, &all).unwrap();
    let golden = Golden::tiled(&net, &config.accelerator);
    let near = GoldenEngine::new(&golden).flowed_all(&sentences, &[z.clone(), z]);
    for (near, made) in near.iter().zip(&made) {
        near.z.iter().zip(&made.z).for_each(|(a, b)| assert!((a - b).abs() < 0.2, "{a} and {b}"));
    }
    crate::cosim_networks::plays("a flow that reads the sentence", &net, &config, 8);
}

/// z set by the caller, in a machine: the flow shows z where it is of the prior or given, and what was made of it elsewhere.
#[test]
fn a_machine_shows_z_or_what_was_made_of_it() {
    let mut config = config(Flow::Coupling, &[Gru]);
    config.model.flow_steps = 1;
    let net = on_tiles(&config);
    let golden = Golden::tiled(&net, &config.accelerator);
    let (flow, latent, _) = golden.quant.network.flow().unwrap();
    let z = vec![100, -200, 300, -400, 500];
    let mut machine = Machine::new(&golden, 1);
    machine.latent(latent, LatentMode::Given(&z));
    assert_eq!(machine.words[flow], machine.words[latent]);
    machine.latent(latent, LatentMode::Drawn(&z));
    golden.quant.network.carrying().into_iter().for_each(|id| machine.step(id));
    assert_eq!(machine.words[flow][..2], machine.words[latent][..2], "the first half stays");
    assert_ne!(machine.words[flow][2..], machine.words[latent][2..]);
}

const BLOCKS: &str = r#"
    loop = [{ name = "read", over = "positions" }, { name = "once", over = "once" }]
    block = [
        { name = "words", loop = "read", op = "embedding", size = 3 },
        { name = "enc", loop = "read", op = "cell", kind = "gru", size = 4, inputs = ["words"] },
        { name = "q", loop = "read", op = "moments", size = 4, inputs = ["enc"] },
        { name = "z", loop = "once", op = "latent", moments = ["q"] },
        { name = "a", loop = "once", op = "slice", input = "z", from = 0, size = 2 },
        { name = "b", loop = "once", op = "slice", input = "z", from = 2, size = 2 },
        { name = "m", loop = "once", op = "linear", size = 2, inputs = ["a"] },
        { name = "c", loop = "once", op = "elementwise", function = "add", inputs = ["b", "m"] },
        { name = "f", loop = "once", op = "flow", latent = "z", inputs = ["a", "c"] },
        { name = "said", loop = "once", op = "label", size = 3, inputs = ["f"] },
    ]
"#;

#[test]
fn what_is_no_flow_is_refused() {
    let read = |text: &str| Network::from_text("n", text, 9).map(|_| ()).map_err(|e| e.to_string());
    read(BLOCKS).unwrap();
    for (was, becomes, wanted) in [
        (
            "inputs = [\"a\"] }",
            "inputs = [\"b\"] }",
            "n: block f: expected steps that can be turned back, got some that cannot; ",
        ),
        (
            "inputs = [\"b\", \"m\"]",
            "inputs = [\"b\", \"b\"]",
            "n: block f: expected steps that can be turned back, got some that cannot; ",
        ),
        (
            "inputs = [\"a\", \"c\"]",
            "inputs = [\"a\", \"a\"]",
            "n: block f: expected steps that can be turned back, got some that cannot; ",
        ),
        (
            "from = 2, size = 2",
            "from = 1, size = 2",
            "n: block f: expected steps that can be turned back, got some that cannot; ",
        ),
        (
            "from = 2, size = 2",
            "from = 3, size = 2",
            "n: block b: expected a part of the 4 numbers of z, got 2 from number 3 on; ",
        ),
        ("inputs = [\"a\", \"c\"]", "inputs = [\"c\"]", "n: block f: expected 4 numbers, as z, got 2; "),
        (
            "inputs = [\"a\", \"c\"]",
            "inputs = [\"a\", \"m\"]",
            "n: block f: expected parts of z that are changed step by step, got m; ",
        ),
        (
            "inputs = [\"f\"]",
            "inputs = [\"z\"]",
            "n: block said, behind f: expected z through its flow, got z past it; read f instead",
        ),
        (
            "inputs = [\"f\"]",
            "inputs = [\"f\", \"a\"]",
            "n: block said, behind f: expected z through its flow, got z past it; read f instead",
        ),
        ("latent = \"z\"", "latent = \"a\"", "n: block f, latent: expected a latent, got a; "),
        (
            "function = \"add\", inputs = [\"b\", \"m\"]",
            "function = \"blend\", inputs = [\"m\", \"b\", \"m\"]",
            "n: block f: expected gates between 0 and 1, got m; ",
        ),
        (
            "input = \"z\", from = 0",
            "input = { before = \"z\" }, from = 0",
            "n: block a: expected an input of this step, got z before; ",
        ),
        (
            "{ name = \"a\", loop = \"once\", op = \"slice\", input = \"z\", from = 0, size = 2 }",
            "{ name = \"a\", loop = \"once\", op = \"slice\", input = \"enc\", from = 0, size = 2 }",
            "n: block a: expected a vector of its own loop and step, got enc; ",
        ),
        (
            "op = \"slice\", input = \"z\", from = 0",
            "op = \"slice\", from = 0",
            "n: block a: expected the key `input` of slice, got none; ",
        ),
    ] {
        assert_eq!(BLOCKS.matches(was).count(), 1, "{was}");
        let found = read(&BLOCKS.replace(was, becomes)).expect_err(becomes);
        assert!(found.starts_with(wanted), "{becomes}\n{found}\n{wanted}");
    }
}

/// All jobs of flow VRAEs in Verilog, one level and two, with both flows and without one.
#[test]
fn flows_on_hardware() {
    for (flow, cells, steps, skip) in
        [(Flow::Coupling, &[Gru][..], 2, false), (Flow::Coupling, &[Lstm, Gru], 4, true)]
    {
        on_hardware(flow, cells, steps, skip);
    }
}

#[test]
fn gated_flows_on_hardware() {
    for (flow, cells, steps, skip) in [(Flow::Iaf, &[Gru][..], 2, true), (Flow::None, &[Lstm], 1, true)] {
        on_hardware(flow, cells, steps, skip);
    }
}

fn on_hardware(flow: Flow, cells: &[CellKind], steps: usize, skip: bool) {
    let mut config = config(flow, cells);
    (config.model.flow_steps, config.model.skip) = (steps, skip);
    // CLASSIFY is the job LABEL of a network that writes words.
    (config.model.label, config.model.classes) = (skip, 3);
    let name = format!("flow VRAE, {flow:?}, {} levels", cells.len());
    crate::cosim_networks::plays(&name, &on_tiles(&config), &config, 24);
}

/// No warning from any front end: slices and the flow are in the core.
#[test]
fn the_core_of_a_flow_has_no_loose_end() {
    let Ok(verilator) = tools::VERILATOR.find() else {
        return skip("lint of a flow", "no verilator");
    };
    let mut config = config(Flow::Iaf, &[Gru]);
    config.model.skip = true;
    let folder = tempfile::tempdir().unwrap();
    build(&on_tiles(&config), &config, folder.path());
    let flags = ["--lint-only", "-Wall", "-f", "design.f", "--top-module", "hvae_top"];
    let said = std::process::Command::new(&verilator.path).args(flags).current_dir(folder.path()).output();
    let said = said.unwrap();
    let text = String::from_utf8_lossy(&said.stderr).to_string();
    assert!(said.status.success() && !text.contains("%Warning"), "{text}");
}

/// A core that shows z where it should show what was made of it, or the other way, is found; so is a part that begins elsewhere.
#[test]
fn faults_in_flows_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in flows", &why.to_string());
    }
    let config = config(Flow::Coupling, &[Gru]);
    let net = on_tiles(&config);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let faults = [
        Fault::new(
            &["never", "always"],
            "hvae_core",
            "assign flow_planes = draw[1] ?",
            "assign flow_planes = (draw[1] || fault_always) && !fault_never ?",
        ),
        Fault::new(
            &["other_part"],
            "hvae_words",
            "wire                  begins = write_group_i == GroupBits'(From);",
            "wire                  begins = write_group_i == GroupBits'(From) + GroupBits'(fault_other_part && From != 0);",
        ),
    ];
    plant(folder.path(), &faults);
    let golden = Golden::tiled(&net, &config.accelerator);
    let jobs = varied_jobs(&golden.shape, 16, &mut Random::keyed(&[11]));
    let simulation = simulation(folder.path(), Simulator::Verilator, false, Simulated::Build).unwrap();
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    let first = |plusargs: Vec<String>| {
        let options = RunOptions { plusargs, ..RunOptions::default() };
        cosim.run(&jobs, &options, &|_| {}).unwrap().first_difference.map(|first| first.to_string())
    };
    assert_eq!(first(Vec::new()), None);
    for name in faults.iter().flat_map(|fault| fault.names) {
        let found = first(vec![format!("+{name}")]);
        println!("{name}: {found:?}");
        assert!(found.is_some(), "{name}");
    }
}
