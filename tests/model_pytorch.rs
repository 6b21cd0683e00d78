//! The float forward pass computes what PyTorch's own modules compute.

use hvae_mnn::config::{CellKind, LatentFrom, Model};
use hvae_mnn::model::{
    Effort, FloatNet, Network, Protocol, Role, TrainedModel, evaluate, import, read_sentences, read_tensors,
};
use ndarray::{ArrayD, Ix2};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As in `tests/pytorch/make_fixture.py`.
const SENTENCES: [&[u32]; 2] = [&[2, 4, 5, 10, 9, 5, 3], &[2, 7, 1, 3]];

fn fixture(pair: &str, file: &str) -> (PathBuf, Vec<u8>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch").join(pair);
    let path = path.join(file);
    let bytes = std::fs::read(&path).expect("a committed fixture");
    (path, bytes)
}

fn network(cells: [CellKind; 2], latent_from: LatentFrom) -> Network {
    let model = Model {
        cells: cells.to_vec(),
        latent_from,
        embedding: 5,
        hidden: 6,
        latent: 3,
        vocabulary: 11,
        ..Model::default()
    };
    Network::describe(&model, 1.0).expect("a known family")
}

#[test]
fn every_step_agrees_with_pytorch_to_1e_5() {
    let all = || CellKind::ALL.into_iter();
    let pairs = all().flat_map(|below| all().map(move |above| [below, above]));
    let named = pairs.map(|cells| (cells.map(CellKind::name).join("-"), network(cells, LatentFrom::Both)));
    let top_down = network([CellKind::Gru, CellKind::Lstm], LatentFrom::TopDown);
    for (pair, network) in named.chain([("top-down".to_string(), top_down)]) {
        let pair = pair.as_str();
        let (path, bytes) = fixture(pair, "weights.safetensors");
        let weights = import(&path.display().to_string(), &bytes, &network, &[]).unwrap();
        let net = FloatNet::new(&network, &weights).unwrap();
        let (path, bytes) = fixture(pair, "expected.safetensors");
        let expected = read_tensors(&path.display().to_string(), &bytes).unwrap();
        let compared: usize = (0..2).map(|i| compare(pair, i, &net, &expected)).sum();
        assert_eq!(compared, expected.len(), "{pair}: every tensor of the fixture is compared");
    }
}

/// Compares every fixture tensor of one sentence; returns how many there were.
fn compare(pair: &str, index: usize, net: &FloatNet, expected: &BTreeMap<String, ArrayD<f32>>) -> usize {
    let network = net.network();
    let encoder = net.encode(SENTENCES[index]);
    let z = encoder.get(network.latent().unwrap(), Role::Output).row(0).to_vec();
    let decoder = net.teacher_forced(SENTENCES[index], &z);
    let mut compared = 0;
    for (name, values) in expected {
        let Some(name) = name.strip_prefix(&format!("{index}.")) else {
            continue;
        };
        let (block, role) = name.split_once('.').expect("block.role");
        let id = network.find(block).expect("a block of the network");
        let role = match role {
            "output" => Role::Output,
            "cell" => Role::Cell,
            "log_variance" => Role::LogVariance,
            other => panic!("no role {other}"),
        };
        let got = encoder.find(id, role).unwrap_or_else(|| decoder.get(id, role));
        let values = values.view().into_dimensionality::<Ix2>().expect("a row a step");
        assert_eq!(got.dim(), values.dim(), "{pair} {name}");
        for ((at, got), want) in got.indexed_iter().zip(&values) {
            assert!((got - want).abs() < 1e-5, "{pair} sentence {index} {name}{at:?}: {got} {want}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn free_running_steps_agree_with_teacher_forcing() {
    let network = network([CellKind::Gru, CellKind::Lstm], LatentFrom::Both);
    let (path, bytes) = fixture("gru-lstm", "weights.safetensors");
    let weights = import(&path.display().to_string(), &bytes, &network, &[]).unwrap();
    let net = FloatNet::new(&network, &weights).unwrap();
    let z = [0.3, -0.2, 0.9, 0.0, 1.1, -1.3];
    let whole = net.teacher_forced(SENTENCES[0], &z);
    let logits = whole.get(network.vocabulary_block().unwrap(), Role::Output);
    let mut decoder = net.decoder(ndarray::arr2(&[z]));
    for (step, &token) in SENTENCES[0][..6].iter().enumerate() {
        let stepped = decoder.logits(&[token]);
        for (a, b) in stepped.row(0).iter().zip(logits.row(step)) {
            assert!((a - b).abs() < 1e-6, "step {step}: {a} {b}");
        }
    }
}

/// A second opinion: the committed model in `torch.nn`'s modules, loaded from our file as it is, has
/// the same figures by the paper's protocol.
#[test]
fn pytorch_measures_the_committed_model_as_we_do() {
    let test = "the committed model in PyTorch";
    let python = match crate::common::torch_python() {
        Ok(python) => python,
        Err(why) => return crate::common::skip(test, &why),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = ["tests/pytorch/hsr_vae.py", "eval", "models/gutenberg", "data/gutenberg/test.txt"];
    let output = Command::new(python).args(words).current_dir(root).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));

    let model = TrainedModel::load(&root.join("models/gutenberg")).unwrap();
    let sentences = std::fs::read_to_string(root.join("data/gutenberg/test.txt")).unwrap();
    let sentences = read_sentences("sentences", &model.vocabulary, &sentences).unwrap();
    let effort = Effort { reconstruction_limit: 0, ..Effort::default() };
    let ours = evaluate(&mut model.float_net(), &sentences, Protocol::Paper, &effort);
    for (name, ours) in [("NLL", ours.nll), ("PPL", ours.ppl), ("KL", ours.kl)] {
        let rest = text.split_once(name).expect("a figure by its name").1.trim_start();
        let theirs: f64 = rest[..rest.find([',', ' ']).unwrap()].parse().unwrap();
        // Three digits are printed.
        assert!((ours - theirs).abs() < 0.001, "{name}: {ours}, PyTorch {theirs}");
    }
}
