//! `hvae import --check`: what is imported computes what the user's own network does, and if not, why.

use crate::common::skip;
use hvae_mnn::config::{CellKind, Config, Family, LatentFrom, Model};
use hvae_mnn::files::FileList;
use hvae_mnn::model::{
    FloatNet, Network, Parity, Role, Samples, TrainedModel, Weights, import, read_tensors, write_tensors,
};
use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, concatenate, s};
use ndarray_npy::NpzWriter;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

type Tensors = BTreeMap<String, ArrayD<f32>>;

/// Networks of `tests/pytorch/make_export.py`.
const EXPORTED: [&str; 4] = ["language-model", "tagger", "regression", "classifier"];
const TOLERANCE: f32 = 1e-4;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn exported(name: &str) -> PathBuf {
    root().join("tests/fixtures/export").join(name)
}

/// Description, tensors and samples of an exported network.
fn network(name: &str) -> (Network, Tensors, Vec<u8>) {
    let folder = exported(name);
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let text = |file: &str| String::from_utf8(read(file)).unwrap();
    let config = Config::parse("hvae.toml", &text("hvae.toml")).unwrap();
    assert_eq!(config.model.family, Family::Custom);
    let network = Network::from_text("network.toml", &text("network.toml"), config.model.vocabulary).unwrap();
    let tensors = read_tensors("weights", &read("weights.safetensors")).unwrap();
    (network, tensors, read("samples.npz"))
}

fn net(network: &Network, tensors: Tensors) -> FloatNet {
    FloatNet::new(network, &Weights::checked("weights", tensors, network).unwrap()).unwrap()
}

/// The words of a command, their answer, and its exit status.
fn hvae(words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hvae")).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn import_words(folder: &Path, out: &Path) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut words = vec!["import".into(), file("weights.safetensors"), "--config".into(), file("hvae.toml")];
    if folder.join("vocab.txt").exists() {
        words.extend(["--vocab".into(), file("vocab.txt")]);
    }
    words.extend(["--check".into(), file("samples.npz"), "--out".into(), out.display().to_string()]);
    words
}

fn run(words: &[String]) -> (Option<i32>, String, String) {
    hvae(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What PyTorch has written is imported, every block within a ten-thousandth; and is a model.
#[test]
fn exported_networks_compute_what_pytorch_does() {
    for name in EXPORTED {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("model");
        let (status, said, error) = run(&import_words(&exported(name), &out));
        assert_eq!(status, Some(0), "{name}: {said}{error}");
        let (network, tensors, samples) = network(name);
        let samples = Samples::parse("samples", &samples, &network).unwrap();
        let parity = samples.compare(&net(&network, tensors));
        assert_eq!(samples.hint(&net(&network, network_tensors(name)), &parity, TOLERANCE), None);
        for block in &parity.blocks {
            assert!(block.relative() < 1e-5 && block.compared > 0 && block.scale > 0.1, "{name}: {block:?}");
            assert!(said.contains(&format!("\n{} ", block.name)), "{name}: {said}");
        }
        assert!(said.contains(": all within 1e-4 of the largest number of the block"), "{said}");
        let model = TrainedModel::load(&out).unwrap();
        assert_eq!(model.weights.iter().count(), network.tensors().len());
        assert_eq!(FileList::of(&out).unwrap().expect("a list").damage(&out).unwrap(), []);
    }
}

fn network_tensors(name: &str) -> Tensors {
    network(name).1
}

/// What differs is said with its place and why, the status is that of a check, and nothing is written.
#[test]
fn a_network_that_differs_is_not_imported() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("exported");
    crate::common::copy_tree(&exported("tagger"), &folder);
    let (_, mut tensors, _) = network("tagger");
    let (one, other) = ("fwd1.bias_ih_l0", "fwd1.bias_hh_l0");
    let (ih, hh) = (tensors[one].clone(), tensors[other].clone());
    tensors.extend([(one.into(), hh), (other.into(), ih)]);
    std::fs::write(folder.join("weights.safetensors"), write_tensors(&tensors, None)).unwrap();
    let out = place.path().join("model");
    let words = import_words(&folder, &out);
    let (status, said, error) = run(&words);
    assert_eq!(status, Some(1), "{error}");
    assert!(error.contains("`fwd1` differs first in the order of evaluation, most at sequence "), "{error}");
    let hint = "`fwd1.bias_ih_l0` and `fwd1.bias_hh_l0` are each other's: exchange them";
    assert!(error.trim_end().ends_with(hint), "{error}");
    // All blocks are in the table, those behind the first one too.
    for block in ["embed", "bwd1", "fwd1", "hidden1", "label"] {
        assert!(said.contains(&format!("\n{block} ")), "{said}");
    }
    assert!(!out.exists());
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    // A wider tolerance takes it.
    let wide = [words, vec!["--tolerance".into(), "1".into()]].concat();
    assert_eq!(run(&wide).0, Some(0));
    let wrong = [import_words(&folder, &out), vec!["--tolerance".into(), "-1".into()]].concat();
    assert_eq!(run(&wrong).0, Some(2));
}

/// The parts of a matrix or bias, gate after gate, in another order.
fn reordered(tensor: &ArrayD<f32>, order: &[usize]) -> ArrayD<f32> {
    let height = tensor.shape()[0] / order.len();
    let part = |gate: &usize| tensor.slice_axis(Axis(0), (gate * height..(gate + 1) * height).into());
    concatenate(Axis(0), &order.iter().map(part).collect::<Vec<_>>()).unwrap()
}

fn of_block<'a>(tensors: &'a mut Tensors, block: &str) -> impl Iterator<Item = &'a mut ArrayD<f32>> {
    let start = format!("{block}.");
    tensors.iter_mut().filter(move |(name, _)| name.starts_with(&start)).map(|(_, t)| t)
}

/// Columns of a matrix, first part and rest, in the opposite order.
fn turned(matrix: &ArrayD<f32>, first: usize) -> ArrayD<f32> {
    let matrix = matrix.view().into_dimensionality::<ndarray::Ix2>().unwrap();
    concatenate(Axis(1), &[matrix.slice(s![.., first..]), matrix.slice(s![.., ..first])]).unwrap().into_dyn()
}

/// What `spoil` does to the weights, and what is said of it where all blocks are compared and where the head alone is.
#[test]
fn what_makes_it_agree_is_found() {
    type Spoil = fn(&mut Tensors);
    let cases: [(&str, Spoil, &str, &str); 9] = [
        (
            "tagger",
            |t| of_block(t, "bwd1").for_each(|x| *x = reordered(x, &[1, 0, 2])),
            "bwd1",
            "the gates of `bwd1` stand in the file in the order z, r, n: put the rows of its four tensors into r, z, n",
        ),
        (
            "language-model",
            |t| of_block(t, "level2").for_each(|x| *x = reordered(x, &[0, 3, 1, 2])),
            "level2",
            "the gates of `level2` stand in the file in the order i, o, f, g: put the rows of its four tensors into i, f, g, o",
        ),
        (
            "language-model",
            |t| {
                // Of a library that adds 1 to it.
                t.get_mut("level1.bias_ih_l0").unwrap().slice_mut(s![6..12]).mapv_inplace(|b| b - 1.0)
            },
            "level1",
            "your `level1` adds 1 to its forget gate: add it to `level1.bias_ih_l0`",
        ),
        (
            "regression",
            |t| {
                let matrix = t.get_mut("level1.weight_hh_l0").unwrap();
                *matrix = matrix.t().to_owned().as_standard_layout().into_owned();
            },
            "level1",
            "`level1.weight_hh_l0` lies transposed, each gate by itself: transpose it",
        ),
        (
            "regression",
            |t| t.get_mut("level1.bias_hh_l0").unwrap().fill(0.3),
            "level1",
            "your network computes without `level1.bias_hh_l0`: write zeros there, or export what it uses",
        ),
        (
            "language-model",
            |t| t.get_mut("vocab.bias").unwrap().fill(-0.2),
            "vocab",
            "your network computes without `vocab.bias`: write zeros there, or export what it uses",
        ),
        (
            "tagger",
            |t| {
                let matrix = t.get_mut("hidden1.weight").unwrap();
                *matrix = turned(matrix, 5);
            },
            "hidden1",
            "your `hidden1` joins its inputs as bwd1, fwd1: write inputs in that order in the description",
        ),
        (
            "regression",
            |t| {
                for part in ["weight", "bias"] {
                    let [mean, other] = ["mean", "log_variance"].map(|head| format!("values.{head}.{part}"));
                    let swapped = (t[&other].clone(), t[&mean].clone());
                    t.extend([(mean, swapped.0), (other, swapped.1)]);
                }
            },
            "values.mean",
            "mean and log_variance of `values` are each other's: exchange their tensors",
        ),
        (
            "classifier",
            |t| of_block(t, "level1").for_each(|x| *x = reordered(x, &[0, 1, 3, 2])),
            "level1",
            "the gates of `level1` stand in the file in the order i, f, o, g: put the rows of its four tensors into i, f, g, o",
        ),
    ];
    for (name, spoil, first, hint) in cases {
        let (network, mut tensors, bytes) = network(name);
        spoil(&mut tensors);
        let net = net(&network, tensors);
        let all = Samples::parse("samples", &bytes, &network).unwrap();
        let parity = all.compare(&net);
        assert_eq!(parity.first_beyond(TOLERANCE).expect("it differs").name, first, "{name}");
        assert_eq!(all.hint(&net, &parity, TOLERANCE).as_deref(), Some(hint), "{name}");
        let head = Samples::parse("samples", &head_alone(&network, &bytes), &network).unwrap();
        let parity = head.compare(&net);
        assert_eq!(parity.blocks.len(), 1);
        assert_eq!(head.hint(&net, &parity, TOLERANCE).as_deref(), Some(hint), "{name}, of the head alone");
    }
}

/// Functions behind a product are in no tensor: the description is wrong.
#[test]
fn another_function_is_found() {
    let (network, tensors, bytes) = network("tagger");
    let text = network.to_text().replace("activation = \"tanh\"\n", "");
    let other = Network::from_text("n", &text, network.vocabulary).unwrap();
    assert_ne!(other, network);
    let net = net(&other, tensors);
    let samples = Samples::parse("samples", &bytes, &other).unwrap();
    let hint = samples.hint(&net, &samples.compare(&net), TOLERANCE).unwrap();
    assert_eq!(hint, "activation = \"tanh\" follows your `hidden1`: say so in the description");
}

/// Two mistakes at once are not guessed, and the places to look at are named.
#[test]
fn what_is_not_found_has_a_place_to_look_at() {
    let (network, mut tensors, bytes) = network("tagger");
    of_block(&mut tensors, "fwd1").for_each(|t| *t *= 0.5);
    let net = net(&network, tensors);
    let samples = Samples::parse("samples", &bytes, &network).unwrap();
    let hint = samples.hint(&net, &samples.compare(&net), TOLERANCE).unwrap();
    assert!(hint.starts_with("look at the order of the gates, both biases, a transposed matrix, "), "{hint}");
    let head = Samples::parse("samples", &head_alone(&network, &bytes), &network).unwrap();
    let hint = head.hint(&net, &head.compare(&net), TOLERANCE).unwrap();
    assert!(hint.contains("add what your network makes of hidden1, fwd1, bwd1, "), "{hint}");
}

/// Arrays of an npz file.
#[derive(Clone, Default)]
pub struct Npz {
    whole: BTreeMap<String, ArrayD<i32>>,
    real: BTreeMap<String, ArrayD<f32>>,
}

impl Npz {
    fn of(network: &Network, bytes: &[u8]) -> Npz {
        use hvae_mnn::model::{Numbers, read_npz};
        let mut npz = Npz::default();
        for (name, numbers) in read_npz("samples", bytes).unwrap() {
            match numbers {
                Numbers::Whole(array) => drop(npz.whole.insert(name, array.mapv(|v| v as i32))),
                Numbers::Real(array) => drop(npz.real.insert(name, array)),
            }
        }
        assert!(network.blocks.iter().any(|b| npz.real.contains_key(&b.name)));
        npz
    }

    fn bytes(&self) -> Vec<u8> {
        let mut writer = NpzWriter::new(Cursor::new(Vec::new()));
        self.whole.iter().for_each(|(name, array)| writer.add_array(name.clone(), array).unwrap());
        self.real.iter().for_each(|(name, array)| writer.add_array(name.clone(), array).unwrap());
        writer.finish().unwrap().into_inner()
    }
}

/// The same samples with what is expected of the head and of nothing else.
fn head_alone(network: &Network, bytes: &[u8]) -> Vec<u8> {
    let mut npz = Npz::of(network, bytes);
    let head = &network.blocks[network.heads().next().unwrap()].name;
    npz.real.retain(|name, _| name == "frames" || name.split('.').next() == Some(head));
    npz.bytes()
}

/// Steps in another order, a step late, softmax where logits belong.
#[test]
fn what_is_wrong_with_the_samples_is_found() {
    type Spoil = fn(&mut Npz);
    let turn: Spoil = |npz| {
        // Both sequences, each within its own length.
        let tokens = npz.whole["tokens"].clone();
        let array = npz.real.get_mut("bwd1").unwrap();
        for (sequence, row) in tokens.outer_iter().enumerate() {
            let steps = row.iter().take_while(|&&t| t != -1).count();
            let rows = array.slice(s![sequence, ..steps;-1, ..]).to_owned();
            array.slice_mut(s![sequence, ..steps, ..]).assign(&rows);
        }
    };
    let soft: Spoil = |npz| {
        for mut row in npz.real.get_mut("label").unwrap().rows_mut() {
            row.mapv_inplace(f32::exp);
            let sum = row.sum();
            row /= sum;
        }
    };
    let late: Spoil = |npz| {
        let array = npz.real.get_mut("fwd1").unwrap();
        let before = array.slice(s![.., ..-1, ..]).to_owned();
        array.slice_mut(s![.., 1.., ..]).assign(&before);
        array.slice_mut(s![.., 0, ..]).fill(0.0);
    };
    for (spoil, hint) in [
        (
            turn,
            "the steps of `bwd1` stand in the file in the opposite order: turn them round, \
             a loop that runs backwards has its value of position t at step t",
        ),
        (late, "`fwd1` of the file is a step late: shift it by one, step t is the t-th of the sequence"),
        (soft, "`label` of the file has probabilities: write the logits before softmax"),
    ] {
        let (network, tensors, bytes) = network("tagger");
        let mut npz = Npz::of(&network, &bytes);
        spoil(&mut npz);
        let samples = Samples::parse("samples", &npz.bytes(), &network).unwrap();
        let net = net(&network, tensors);
        assert_eq!(samples.hint(&net, &samples.compare(&net), TOLERANCE).as_deref(), Some(hint));
    }
}

/// HSR-VAE from `tests/pytorch/make_fixture.py`: every vector of encoder, z and decoder as an npz.
fn hsr_vae(pair: &str, cells: [CellKind; 2]) -> (Network, Tensors, Npz) {
    let model = Model {
        cells: cells.to_vec(),
        latent_from: LatentFrom::Both,
        embedding: 5,
        hidden: 6,
        latent: 3,
        vocabulary: 11,
        ..Model::default()
    };
    fixture(pair, Network::describe(&model, 1.0).unwrap())
}

/// What a folder of `tests/fixtures/pytorch` holds of two sentences, as an npz.
fn fixture(name: &str, network: Network) -> (Network, Tensors, Npz) {
    let folder = root().join("tests/fixtures/pytorch").join(name);
    let read = |file: &str| read_tensors(file, &std::fs::read(folder.join(file)).unwrap()).unwrap();
    let mut npz = Npz::default();
    let sentences: [&[i32]; 2] = [&[2, 4, 5, 10, 9, 5, 3], &[2, 7, 1, 3]];
    let tokens = |i: usize, step: usize| sentences[i].get(step).copied().unwrap_or(-1);
    npz.whole.insert("tokens".into(), ArrayD::from_shape_fn(IxDyn(&[2, 7]), |at| tokens(at[0], at[1])));
    let expected = read("expected.safetensors");
    for (name, first) in expected.iter().filter_map(|(name, t)| Some((name.strip_prefix("0.")?, t))) {
        let second = &expected[&format!("1.{name}")];
        let (steps, width) = (first.shape()[0], first.shape()[1]);
        // Of what is there for training alone nothing is imported.
        let Some(block) = network.find(name.split('.').next().unwrap()) else { continue };
        let once = network.is_once(block);
        let mut all = Array3::<f32>::from_elem((2, steps, width), f32::NAN);
        for (i, values) in [first, second].into_iter().enumerate() {
            let values = values.view().into_dimensionality::<ndarray::Ix2>().unwrap();
            all.slice_mut(s![i, ..values.nrows(), ..]).assign(&values);
        }
        let all = if once { all.index_axis_move(Axis(1), 0).into_dyn() } else { all.into_dyn() };
        npz.real.insert(name.into(), all);
    }
    (network, read("weights.safetensors"), npz)
}

/// z at its mean, given, and given in a way that is not the mean; padding may be anything, NaN too.
#[test]
fn latents_are_means_or_given() {
    let (network, tensors, mut npz) = hsr_vae("gru-lstm", [CellKind::Gru, CellKind::Lstm]);
    let net = net(&network, tensors);
    let compare =
        |npz: &Npz| -> Parity { Samples::parse("samples", &npz.bytes(), &network).unwrap().compare(&net) };
    let parity = compare(&npz);
    // Embeddings are not in the fixture.
    assert_eq!(parity.blocks.len(), 14);
    assert!(parity.first_beyond(1e-5).is_none(), "{parity:?}");
    let names: Vec<&str> = parity.blocks.iter().map(|b| b.name.as_str()).collect();
    assert_eq!((names[0], names[names.len() - 1]), ("enc1.output", "vocab.output"));
    let mean = npz.real["z.output"].clone();
    npz.real.insert("z".into(), mean.clone());
    assert!(compare(&npz).first_beyond(1e-5).is_none());
    npz.real.insert("z".into(), mean + 0.5);
    let moved = compare(&npz);
    assert_eq!(moved.first_beyond(TOLERANCE).unwrap().name, "z.output");
    assert!(moved.blocks.iter().filter(|b| b.name.starts_with(['e', 'q'])).all(|b| b.within(1e-5)));
    assert!(!moved.blocks.last().unwrap().within(1e-2));
}

/// A latent of every step: given, as the reference drew it; not given, its mean, which is another.
#[test]
fn latents_of_steps_are_means_or_given() {
    let model = Model {
        family: Family::ZForcing,
        cells: vec![CellKind::Lstm],
        embedding: 5,
        hidden: 6,
        latent: 3,
        dense: 4,
        vocabulary: 11,
        ..Model::default()
    };
    let (network, tensors, mut npz) = fixture("z-forcing-lstm", Network::describe(&model, 1.0).unwrap());
    let whole = Network::to_train(&model, 1.0).unwrap();
    let weights = import("f", &write_tensors(&tensors, None), &whole, &[]).unwrap();
    let net = FloatNet::new(&network, &weights).unwrap();
    let compare = |npz: &Npz| Samples::parse("samples", &npz.bytes(), &network).unwrap().compare(&net);
    npz.real.insert("z".into(), npz.real["z.output"].clone());
    let parity = compare(&npz);
    assert_eq!(parity.blocks.len(), 15);
    assert!(parity.first_beyond(1e-5).is_none(), "{parity:?}");
    npz.real.remove("z");
    let off = compare(&npz);
    assert_eq!(off.first_beyond(TOLERANCE).unwrap().name, "z.output");
    // One number of one step for another.
    npz.real.insert("z".into(), npz.real["z.output"].clone());
    npz.real.get_mut("z").unwrap()[[1, 1, 2]] += 0.5;
    let off = compare(&npz);
    assert_eq!(off.first_beyond(TOLERANCE).unwrap().at, [1, 1, 2]);
    npz.real.insert("z".into(), ArrayD::zeros(IxDyn(&[2, 3])));
    let error = Samples::parse("s.npz", &npz.bytes(), &network).unwrap_err().to_string();
    assert!(error.starts_with("s.npz: array `z`: expected shape [2, 6, 3], got shape [2, 3]; "), "{error}");
}

#[test]
fn starts_and_joined_inputs_are_found() {
    let (network, tensors, npz) = hsr_vae("lstm-lstm", [CellKind::Lstm, CellKind::Lstm]);
    // A user whose c_0 is zero: only its first step can be told without that network.
    let own = net(&network, tensors.clone());
    let samples = Samples::parse("samples", &npz.bytes(), &network).unwrap();
    assert!(samples.compare(&own).first_beyond(1e-5).is_none());
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut zero = npz.clone();
    for (i, sentence) in [&[2u32, 4, 5, 10, 9, 5, 3][..], &[2, 7, 1, 3]].into_iter().enumerate() {
        let z = npz.real["z.output"].slice(s![i, ..]).to_vec();
        let trace = own.teacher_forced(sentence, &z);
        let id = network.find("dec1").unwrap();
        let row = |role| trace.get(id, role).row(0).mapv(f64::from);
        let sum = row(Role::PreInput) + row(Role::PreRecurrent);
        let array = zero.real.get_mut("dec1.output").unwrap();
        for j in 0..6 {
            let c = sigmoid(sum[j]) * sum[12 + j].tanh();
            array[[i, 0, j]] = (sigmoid(sum[18 + j]) * c.tanh()) as f32;
        }
    }
    zero.real.remove("dec1.cell");
    let hint_of = |npz: &Npz, net: &FloatNet| {
        let samples = Samples::parse("samples", &npz.bytes(), net.network()).unwrap();
        samples.hint(net, &samples.compare(net), TOLERANCE).unwrap()
    };
    assert_eq!(
        hint_of(&zero, &own),
        "your `dec1` starts with c_0 = 0: ours takes both h_0 and c_0 from `init1`; train it with (start, start)"
    );
    // The other way round: the description has starts, and the user's network none.
    let mut plain = network.clone();
    for block in &mut plain.blocks {
        if let hvae_mnn::model::Op::Cell { init, .. } = &mut block.op {
            *init = None;
        }
    }
    let theirs = net(&plain, tensors.clone());
    let mut unstarted = Npz { whole: npz.whole.clone(), ..Npz::default() };
    let mut all = Array3::<f32>::zeros((2, 6, 6));
    for (i, sentence) in [&[2u32, 4, 5, 10, 9, 5, 3][..], &[2, 7, 1, 3]].into_iter().enumerate() {
        let z = npz.real["z.output"].slice(s![i, ..]).to_vec();
        let made: Array2<f32> =
            theirs.teacher_forced(sentence, &z).get(network.find("dec1").unwrap(), Role::Output).clone();
        all.slice_mut(s![i, ..made.nrows(), ..]).assign(&made);
    }
    unstarted.real.insert("dec1".into(), all.into_dyn());
    assert_eq!(
        hint_of(&unstarted, &own),
        "your `dec1` starts from zero: leave out its init in the description"
    );
    // z before the word.
    let mut turned_round = tensors;
    let matrix = turned_round.get_mut("dec1.weight_ih_l0").unwrap();
    *matrix = turned(matrix, 5);
    assert_eq!(
        hint_of(&npz, &net(&network, turned_round)),
        "your `dec1` joins its inputs as z, dec_embed: write inputs in that order in the description"
    );
}

/// Blocks that are there for training alone may be in the file, and are not kept.
#[test]
fn what_is_there_for_training_is_left_behind() {
    let model = Model {
        family: Family::ZForcing,
        embedding: 4,
        hidden: 3,
        latent: 2,
        dense: 4,
        vocabulary: 9,
        ..Model::default()
    };
    let whole = Network::to_train(&model, 1.0).unwrap();
    let tensors = |network: &Network| -> Tensors {
        network
            .tensors()
            .into_iter()
            .map(|(name, shape)| (name, ArrayD::from_elem(IxDyn(&shape), 0.1)))
            .collect()
    };
    let all = write_tensors(&tensors(&whole), None);
    let kept = import("f", &all, &whole, &[]).unwrap();
    assert_eq!(kept, import("f", &write_tensors(&tensors(&whole.deployed()), None), &whole, &[]).unwrap());
    assert!(kept.iter().count() < whole.tensors().len());
    // Of another shape they are somebody else's.
    let mut odd = tensors(&whole);
    odd.insert("bwd_vocab.bias".into(), ArrayD::zeros(IxDyn(&[8])));
    let error = import("f", &write_tensors(&odd, None), &whole, &[]).unwrap_err().to_string();
    assert!(error.contains("bwd_vocab.bias [8]"), "{error}");
}

/// A bad file of samples, and what is said of it.
#[test]
fn bad_samples_are_refused() {
    type Spoil = fn(&mut Npz);
    let cases: [(&str, Spoil, &str); 17] = [
        (
            "tagger",
            |n| drop(n.whole.remove("tokens")),
            "s.npz: expected `tokens` [sequences, steps], which the network reads, got only bwd1, embed, fwd1, hidden1, label; add it",
        ),
        (
            "regression",
            |n| drop(n.real.remove("frames")),
            "s.npz: expected `frames` [sequences, steps, 3], which the network reads, got only lengths, level1, values.mean; add it",
        ),
        (
            "tagger",
            |n| n.real.clear(),
            "s.npz: expected what your network makes of a block, by its name, got inputs only; \
             add one of embed, bwd1, embed_again1, fwd1, hidden1, label",
        ),
        (
            "tagger",
            |n| {
                let array = n.real.remove("fwd1").unwrap();
                n.real.insert("forward".into(), array);
            },
            "s.npz: array `forward`: expected a block of the network, or one of tokens, frames, lengths, z, got `forward`; \
             did you mean `fwd1`? the blocks are embed, bwd1, embed_again1, fwd1, hidden1, label",
        ),
        (
            "tagger",
            |n| {
                let array = n.real.remove("fwd1").unwrap();
                n.real.insert("fwd1.cell".into(), array);
            },
            "s.npz: array `fwd1.cell`: expected one of fwd1.output, got `fwd1.cell`; correct it",
        ),
        (
            "tagger",
            |n| n.real.get_mut("fwd1").unwrap()[[1, 2, 3]] = f32::NAN,
            "s.npz: array `fwd1` at [1, 2, 3]: expected a finite number, got NaN; see what your network makes of it",
        ),
        (
            "classifier",
            |n| n.real.get_mut("label").unwrap()[[1, 2]] = f32::INFINITY,
            "s.npz: array `label` at [1, 2]: expected a finite number, got inf; see what your network makes of it",
        ),
        (
            "tagger",
            |n| drop(n.real.insert("fwd1".into(), ArrayD::zeros(IxDyn(&[2, 8, 6])))),
            "s.npz: array `fwd1`: expected shape [2, 8, 5], got shape [2, 8, 6]; give what the block makes at every step, by position",
        ),
        (
            "classifier",
            |n| drop(n.real.insert("label".into(), ArrayD::zeros(IxDyn(&[2, 8, 3])))),
            "s.npz: array `label`: expected shape [2, 3], got shape [2, 8, 3]; give what the block makes at every step, by position",
        ),
        (
            "tagger",
            |n| drop(n.whole.insert("fwd1".into(), n.real.remove("fwd1").unwrap().mapv(|v| v as i32))),
            "s.npz: array `fwd1`: expected dtype float32 or float64, got whole numbers; \
             convert it before saving, for example with .astype(\"float32\")",
        ),
        (
            "tagger",
            |n| drop(n.real.insert("tokens".into(), n.whole.remove("tokens").unwrap().mapv(|v| v as f32))),
            "s.npz: array `tokens`: expected dtype int32, int64 or another of whole numbers, got real numbers; \
             convert it before saving, for example with .astype(\"int32\")",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap()[[0, 1]] = 12,
            "s.npz: array `tokens` at [0, 1]: expected a word below 12 (<pad>, <unk0>, <sos>, <eos> are 0 to 3), got 12; \
             number the words as the vocabulary has them, -1 behind the end",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap()[[1, 3]] = -1,
            "s.npz: array `tokens` at [1, 4]: expected -1, since the sentence has ended, got 9; \
             number the words as the vocabulary has them, -1 behind the end",
        ),
        (
            "tagger",
            |n| n.whole.get_mut("tokens").unwrap().slice_mut(s![1, ..]).fill(-1),
            "s.npz: array `tokens` at [1]: expected a sequence of 1 steps at least, got 0; leave it out",
        ),
        (
            "language-model",
            |n| n.whole.get_mut("tokens").unwrap().slice_mut(s![0, 1..]).fill(-1),
            "s.npz: array `tokens` at [0]: expected a sequence of 2 steps at least, got 1; leave it out",
        ),
        (
            "regression",
            |n| n.whole.get_mut("lengths").unwrap()[[1]] = 99,
            "s.npz: array `lengths` at [1]: expected 0 to 8, the steps of the longest sequence, got 99; correct it",
        ),
        (
            "regression",
            |n| drop(n.real.insert("frames".into(), ArrayD::zeros(IxDyn(&[2, 8, 4])))),
            "s.npz: array `frames`: expected shape [sequences, steps, 3], got shape [2, 8, 4]; give a row a sequence",
        ),
    ];
    for (name, spoil, message) in cases {
        let (network, _, bytes) = network(name);
        let mut npz = Npz::of(&network, &bytes);
        spoil(&mut npz);
        let error = Samples::parse("s.npz", &npz.bytes(), &network).unwrap_err().to_string();
        assert_eq!(error, message, "{name}");
    }
}

/// Files that are no npz, or lie.
#[test]
fn files_that_are_no_npz_are_refused() {
    let (network, _, bytes) = network("tagger");
    let said = |bytes: &[u8]| Samples::parse("s.npz", bytes, &network).unwrap_err().to_string();
    for broken in [&[][..], b"PK\x03\x04", &bytes[..bytes.len() / 2], &bytes[..bytes.len() - 10]] {
        let message = said(broken);
        let start = format!(
            "s.npz: expected a whole npz file (numpy.savez), got {} bytes that are not one (",
            broken.len()
        );
        assert!(message.starts_with(&start), "{message}");
    }
    let stored = Npz::of(&network, &bytes).bytes();
    let at = |part: &[u8]| stored.windows(part.len()).position(|w| w == part).unwrap();
    // A byte of the numbers: the sum of the entry tells.
    let mut flipped = stored.clone();
    flipped[at(b"'shape'") + 200] ^= 1;
    assert!(said(&flipped).contains("that are not one (`"), "{}", said(&flipped));
    let one = |header: &str, numbers: &[u8]| {
        let padded = format!("{header:<117}\n");
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((padded.len() as u16).to_le_bytes());
        array.extend(padded.as_bytes());
        array.extend(numbers);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("tokens.npy", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, &array).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let header = |kind: &str, shape: &str| {
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")
    };
    for (bytes, found) in [
        // A shape that would fill the memory.
        (one(&header("<i4", "(1000000, 1000000)"), &[0; 8]), "8 bytes for the shape [1000000, 1000000]"),
        (one(&header("<f4", "(3,)"), &[0; 8]), "8 bytes for the shape [3]"),
        (one(&"(".repeat(60), &[]), "a header that is none"),
        (one(&header("<f2", "(2,)"), &[0; 4]), "got f2; convert it before saving"),
        (one(&header("|O", "(1,)"), &[0; 4]), "got O; convert it before saving"),
        (one("{'descr': 3}", &[]), "expected a whole array as NumPy writes it, got "),
    ] {
        let message = said(&bytes);
        assert!(message.starts_with("s.npz: array `tokens`: ") && message.contains(found), "{message}");
    }
}

/// A small file that claims to be very much is read no further than it may be.
#[test]
fn a_file_that_unpacks_to_too_much_is_refused() {
    let (network, ..) = network("tagger");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("tokens.npy", zip::write::SimpleFileOptions::default()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..257 {
        std::io::Write::write_all(&mut zip, &zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    assert_eq!(
        Samples::parse("s.npz", &bytes, &network).unwrap_err().to_string(),
        "s.npz: expected arrays of 268435456 bytes together, got more with array `tokens`; take fewer sequences"
    );
}

/// The package in `python/` writes again what is committed, to the bit of every array and text, where PyTorch is.
#[test]
fn the_python_package_writes_the_fixtures() {
    let test = "export of torch.nn modules by the package in python/";
    let python = match crate::common::torch_python() {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    let place = tempfile::tempdir().unwrap();
    let words = ["tests/pytorch/make_export.py", place.path().to_str().unwrap()];
    let output = Command::new(&python).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in EXPORTED {
        let (new, committed) = (place.path().join(name), exported(name));
        for file in ["hvae.toml", "network.toml", "vocab.txt"] {
            let text = |folder: &Path| std::fs::read_to_string(folder.join(file)).ok();
            assert_eq!(text(&new), text(&committed), "{name}/{file}");
        }
        // Other versions of PyTorch may draw other weights and add in another order: what they write must still agree.
        let out = place.path().join(format!("{name}-model"));
        let (status, table, error) = run(&import_words(&new, &out));
        assert_eq!(status, Some(0), "{name}: {table}{error}");
        // The command that was printed is the one that works.
        let printed = import_words(&new, Path::new("models").join(name).as_path()).join(" ");
        assert!(said.contains(&format!("hvae {printed}")), "{said}");
    }
    let tests = Command::new(&python)
        .args(["-m", "unittest", "discover", "-s", "python/tests", "-q"])
        .env("PYTHONPATH", root().join("python/src"))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stderr));
}

/// Samples that the reference of HSR-VAE writes of the committed model agree with ours; with one tensor changed they
/// do not.
#[test]
fn samples_of_the_reference_agree_with_the_committed_model() {
    let test = "samples of the committed model, by tests/pytorch/hsr_vae.py";
    let python = match crate::common::torch_python() {
        Ok(python) => python,
        Err(why) => return skip(test, &why),
    };
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("samples.npz");
    let words = ["tests/pytorch/hsr_vae.py", "samples", "models/gutenberg", "data/gutenberg/valid.txt"];
    let output = Command::new(python).args(words).arg(&file).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let model = TrainedModel::load(&root().join("models/gutenberg")).unwrap();
    let samples = Samples::parse("samples", &std::fs::read(file).unwrap(), &model.network).unwrap();
    let parity = samples.compare(&model.float_net());
    assert_eq!(parity.blocks.len(), 6);
    assert!(parity.first_beyond(1e-5).is_none(), "{parity:?}");
    let changed = model.weights.map("dec2.bias_hh_l0", |b| b + 0.01);
    let parity = samples.compare(&FloatNet::new(&model.network, &changed).unwrap());
    assert_eq!(parity.first_beyond(TOLERANCE).unwrap().name, "vocab");
}
