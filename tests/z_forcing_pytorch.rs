//! A latent at every step: values, losses and gradients are those of the same network in PyTorch
//! (`tests/pytorch/z_forcing.py`).

use hvae_mnn::config::{CellKind, Family, Model, Prior, Train};
use hvae_mnn::model::{
    Exact, FloatNet, Layout, Network, Pass, Random, Role, Trace, Weights, import, read_tensors,
};
use hvae_mnn::train::{Batch, Losses, TermWeights, loss_and_gradients};
use ndarray::{Array2, ArrayD, Axis, Ix2};
use std::collections::BTreeMap;
use std::path::Path;

/// As in the script.
const SENTENCES: [&[u32]; 2] = [&[2, 4, 5, 10, 9, 5, 3], &[2, 7, 1, 3]];
const WEIGHTS: TermWeights = TermWeights { kl: 0.7, auxiliary: 0.3 };
const KEY: u64 = 8;

type Tensors = BTreeMap<String, ArrayD<f32>>;

const NETWORKS: [(&str, &[CellKind], Prior, bool); 4] = [
    ("z-forcing-lstm", &[CellKind::Lstm], Prior::Learned, true),
    ("z-forcing-gru-lstm", &[CellKind::Gru, CellKind::Lstm], Prior::Learned, true),
    ("z-forcing-standard", &[CellKind::Rnn], Prior::Standard, true),
    ("z-forcing-plain", &[CellKind::Gru], Prior::Learned, false),
];

fn tensors(folder: &str, file: &str) -> Tensors {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch").join(folder).join(file);
    read_tensors(file, &std::fs::read(path).expect("a committed fixture")).unwrap()
}

fn network(cells: &[CellKind], prior: Prior, auxiliary: bool) -> Network {
    let model = Model {
        family: Family::ZForcing,
        cells: cells.to_vec(),
        prior,
        auxiliary,
        embedding: 5,
        hidden: 6,
        latent: 3,
        dense: 4,
        vocabulary: 11,
        ..Model::default()
    };
    Network::to_train(&model, 1.0).expect("a known family")
}

/// The net as it is trained, and what PyTorch makes of it.
fn of(index: usize) -> (FloatNet, Tensors) {
    let (name, cells, prior, auxiliary) = NETWORKS[index];
    let network = network(cells, prior, auxiliary);
    let weights = Weights::checked(name, tensors(name, "weights.safetensors"), &network).unwrap();
    (FloatNet::new(&network, &weights).unwrap(), tensors(name, "expected.safetensors"))
}

/// Both sentences at once, latents drawn as the script draws them.
fn pass(net: &FloatNet) -> Trace {
    let network = net.network();
    let read = Layout::new(SENTENCES.iter().map(|s| s.len()).collect());
    let written = Layout::new(SENTENCES.iter().map(|s| s.len() - 1).collect());
    let tokens = |layout: &Layout| layout.pack(|sentence, step| SENTENCES[sentence][step]);
    let (of_read, of_written) = (tokens(&read), tokens(&written));
    let noise = Random::keyed(&[KEY]).normals(written.rows() * 3);
    let noise = Array2::from_shape_vec((written.rows(), 3), noise).unwrap();
    let mut trace = Trace::new(network, read, written);
    for body in net.schedule().bodies() {
        let tokens: &[u32] = if body.over.is_read() { &of_read } else { &of_written };
        let pass = Pass { over: body.id, tokens, noise: Some(&noise), training: true, ..Pass::default() };
        net.run(&pass, &mut trace, &mut Exact);
    }
    trace
}

/// Numbers compared, and the largest difference with its name.
fn furthest(net: &FloatNet, expected: &Tensors) -> (usize, f32, String) {
    let (network, trace) = (net.network(), pass(net));
    let mut found = (0, 0.0, String::new());
    for (name, wanted) in expected {
        let Some((sentence, block)) = name.split_once('.').filter(|(i, _)| i.parse::<usize>().is_ok()) else {
            continue;
        };
        let (block, role) = block.split_once('.').expect("block.role");
        let role = match role {
            "output" => Role::Output,
            "cell" => Role::Cell,
            "log_variance" => Role::LogVariance,
            other => panic!("no role {other}"),
        };
        let id = network.find(block).expect("a block of the network");
        let rows: Vec<usize> = net.layout_of(&trace, id).rows_of(sentence.parse().unwrap()).collect();
        let made = trace.get(id, role).select(Axis(0), &rows);
        let wanted = wanted.view().into_dimensionality::<Ix2>().expect("a row a step");
        assert_eq!(made.dim(), wanted.dim(), "{name}");
        found.0 += made.len();
        for (made, wanted) in made.iter().zip(wanted) {
            let off = (made - wanted).abs();
            if off > found.1 {
                (found.1, found.2) = (off, name.clone());
            }
        }
    }
    found
}

/// Every block of every network, in both sentences.
#[test]
fn every_step_of_z_forcing_agrees_with_pytorch() {
    for (index, (name, ..)) in NETWORKS.iter().enumerate() {
        let (net, expected) = of(index);
        let (compared, off, place) = furthest(&net, &expected);
        assert!(off < 2e-5, "{name}: {place} is off by {off}");
        let in_fixture = expected.iter().filter(|(n, _)| n.starts_with(['0', '1'])).map(|(_, t)| t.len());
        assert_eq!(compared, in_fixture.sum::<usize>());
        // Nothing that the network evaluates is left out of the fixture.
        for block in &net.network().blocks {
            assert!(expected.contains_key(&format!("0.{}.output", block.name)), "{name}: {}", block.name);
        }
    }
}

/// Losses and gradients of the objective, as the script's.
fn objective(net: &FloatNet, weights: TermWeights) -> (Losses, Vec<Array2<f32>>) {
    let train = Train {
        mask_pads: true,
        embedding_dropout: 0.0,
        level_dropout: 0.0,
        output_dropout: 0.0,
        word_dropout: 0.0,
        ..Train::default()
    };
    let batch = Batch::new(&SENTENCES, &train, &mut Random::keyed(&[1]));
    loss_and_gradients(net, &batch, &train, weights, Random::keyed(&[KEY]))
}

/// The largest difference of a gradient from PyTorch's, as a share of the largest number of its tensor, and which.
fn steepest(net: &FloatNet, gradients: &[Array2<f32>], expected: &Tensors) -> (f32, String) {
    let names = net.network().tensors();
    assert_eq!(names.len(), expected.keys().filter(|n| n.starts_with("gradient.")).count());
    let mut found = (0.0, String::new());
    for ((tensor, shape), ours) in names.iter().zip(gradients) {
        let theirs = &expected[&format!("gradient.{tensor}")];
        assert_eq!(theirs.shape(), shape, "{tensor}");
        let scale = theirs.iter().fold(0f32, |most, g| most.max(g.abs()));
        assert!(scale > 1e-4, "{tensor}: a gradient of nothing shows nothing");
        for (ours, theirs) in ours.iter().zip(theirs) {
            let off = (ours - theirs).abs() / scale;
            if off > found.0 {
                found = (off, tensor.clone());
            }
        }
    }
    found
}

/// Sums of the terms, and the gradient of every tensor.
#[test]
fn gradients_of_z_forcing_agree_with_pytorch() {
    for (index, (name, ..)) in NETWORKS.iter().enumerate() {
        let (net, expected) = of(index);
        let (losses, gradients) = objective(&net, WEIGHTS);
        for (term, ours) in [
            ("reconstruction", losses.reconstruction),
            ("draw_kl", losses.draw_kl),
            ("auxiliary", losses.auxiliary),
            ("reverse", losses.reverse),
        ] {
            let theirs = f64::from(expected[&format!("loss.{term}")][[0]]);
            let within = 1e-5 * theirs.abs().max(1.0);
            assert!((ours - theirs).abs() <= within, "{name} {term}: {ours}, PyTorch {theirs}");
        }
        let auxiliary = NETWORKS[index].3;
        assert_eq!((losses.auxiliary != 0.0, losses.reverse > 1.0), (auxiliary, auxiliary));
        let (off, tensor) = steepest(&net, &gradients, &expected);
        assert!(off < 1e-4, "{name} {tensor}: off by {off} of its largest number");
        // Another objective is told from it.
        let mut others = vec![TermWeights { kl: WEIGHTS.kl + 0.02, ..WEIGHTS }];
        if auxiliary {
            others.push(TermWeights { auxiliary: WEIGHTS.auxiliary + 0.01, ..WEIGHTS });
        }
        for other in others {
            let (off, _) = steepest(&net, &objective(&net, other).1, &expected);
            assert!(off > 1e-3, "{name} {other:?}: {off}");
        }
    }
}

/// Each of these, done to one tensor, is far above what is allowed: the comparison sees it.
#[test]
fn what_is_changed_in_one_tensor_shows() {
    let (net, expected) = of(1);
    for (tensor, _) in net.network().tensors() {
        let changed = net.weights().map(&tensor, |w| 1.02 * w + 0.001);
        let (_, off, _) = furthest(&FloatNet::new(net.network(), &changed).unwrap(), &expected);
        assert!(off > 2e-4, "{tensor}: {off}");
    }
}

/// The state dict of the trained network is imported as it is, its parts for training left behind.
#[test]
fn a_state_dict_of_z_forcing_is_imported() {
    for (name, cells, prior, auxiliary) in NETWORKS {
        let whole = network(cells, prior, auxiliary);
        let bytes = hvae_mnn::model::write_tensors(&tensors(name, "weights.safetensors"), None);
        let weights = import(name, &bytes, &whole, &[]).unwrap();
        let net = FloatNet::new(&whole.deployed(), &weights).unwrap();
        let count = whole.tensors().len() - if auxiliary { 8 } else { 0 };
        assert_eq!(net.network().tensors().len(), count, "{name}");
    }
}
