//! What each sentence costs, by every protocol; sentences padded in batches; a paired bootstrap over sentences.

use crate::common::{python, skip};
use hvae_mnn::config::{CellKind, Family, LatentFrom, Model};
use hvae_mnn::model::{
    EOS, Effort, Engine, FloatNet, Network, PAD, Protocol, Random, SOS, SentenceLoss, Weights, evaluate,
    evaluate_each,
};
use ndarray::{ArrayD, IxDyn};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn random_net(model: &Model) -> FloatNet {
    let network = Network::describe(model, 0.5).unwrap();
    let mut random = Random::keyed(&[4]);
    let mut fill = |shape: Vec<usize>| {
        let values = (0..shape.iter().product()).map(|_| 0.6 * random.normal()).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap()
    };
    let tensors = network.tensors().into_iter().map(|(name, shape)| (name, fill(shape))).collect();
    FloatNet::new(&network, &Weights::checked("random", tensors, &network).unwrap()).unwrap()
}

fn small() -> Model {
    Model { embedding: 4, hidden: 5, latent: 3, vocabulary: 12, dense: 4, ..Model::default() }
}

fn sentences(count: usize) -> Vec<Vec<u32>> {
    let mut random = Random::keyed(&[9]);
    let mut sentence = || {
        let words = 1 + random.below(6);
        let body: Vec<u32> = (0..words).map(|_| 4 + random.below(8) as u32).collect();
        [vec![SOS], body, vec![EOS]].concat()
    };
    (0..count).map(|_| sentence()).collect()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

/// Whatever the network and the protocol: the sentences' costs are those of the row.
#[test]
fn costs_of_sentences_add_up_to_the_row() {
    let text = sentences(40);
    let effort = Effort { reconstruction_limit: 0, padded_batch: 8, ..Effort::default() };
    let families = [
        small(),
        Model { latent_from: LatentFrom::TopDown, ..small() },
        Model { family: Family::FlowVrae, cells: vec![CellKind::Gru], ..small() },
        Model { family: Family::ZForcing, cells: vec![CellKind::Lstm], auxiliary: false, ..small() },
        Model { family: Family::LanguageModel, ..small() },
    ];
    for model in families {
        let mut net = random_net(&model);
        for protocol in [Protocol::Paper, Protocol::Honest, Protocol::Padded] {
            if protocol == Protocol::Padded && net.network().latent().is_none() {
                continue;
            }
            let (row, losses) = evaluate_each(&mut net, &text, protocol, &effort);
            assert_eq!(row, evaluate(&mut net, &text, protocol, &effort));
            assert_eq!(losses.len(), text.len());
            let mean = |of: fn(&SentenceLoss) -> f64| losses.iter().map(of).sum::<f64>() / 40.0;
            close(mean(SentenceLoss::nll), row.nll);
            close(mean(|loss| loss.kl), row.kl);
            if net.network().draw().is_none() {
                assert_eq!(losses.iter().map(|loss| loss.tokens).sum::<usize>(), row.tokens);
            }
            assert!(losses.iter().all(|loss| loss.reconstruction > 0.0));
        }
    }
}

/// By hand: the encoder over a sentence with as many pads as the longest of its batch has more tokens; z its mean at the
/// end, KL averaged over all steps, words scored without pads.
#[test]
fn padded_sentences_are_read_to_the_end_of_their_batch() {
    let mut net = random_net(&small());
    let sentence = |words: usize, word: u32| [vec![SOS], vec![word; words], vec![EOS]].concat();
    // Sorted by length: 1 1 | 2 4 | 5.
    let text = [sentence(4, 5), sentence(1, 6), sentence(5, 7), sentence(2, 8), sentence(1, 9)];
    let pads = [0, 0, 0, 2, 0];
    let effort = Effort { padded_batch: 2, ..Effort::default() };
    let (row, losses) = evaluate_each(&mut net, &text, Protocol::Padded, &effort);
    for ((sentence, pads), loss) in text.iter().zip(pads).zip(&losses) {
        let read = [sentence.clone(), vec![PAD; pads]].concat();
        let posterior = Engine::encode(&mut net, &read);
        let mut z = Vec::new();
        let mut kl = 0.0;
        for moments in &posterior.moments {
            assert_eq!(moments.steps(), read.len());
            z.extend(&moments.mean[moments.mean.len() - moments.size..]);
            let weight = f64::from(net.network().kl_weight(moments.block));
            let each = moments.mean.iter().zip(&moments.log_variance).map(|(m, lv)| {
                let (m, lv) = (f64::from(*m), f64::from(*lv));
                0.5 * (m * m + lv.exp() - 1.0 - lv)
            });
            kl += weight * each.sum::<f64>() / read.len() as f64;
        }
        // Sums of a batch are rounded otherwise.
        assert!((loss.kl - kl).abs() < 1e-5 * kl, "{} is not {kl}", loss.kl);
        let words: f64 = Engine::score(&mut net, sentence, &z).iter().map(|s| -s.log_probability).sum();
        assert!((loss.reconstruction - words).abs() < 1e-4, "{} is not {words}", loss.reconstruction);
        assert_eq!(loss.tokens, sentence.len());
    }
    // Pads change what is read, and only where there are some.
    let (paper, plain) = evaluate_each(&mut net, &text, Protocol::Paper, &effort);
    for ((padded, plain), pads) in losses.iter().zip(&plain).zip(pads) {
        assert_eq!((padded.kl - plain.kl).abs() > 1e-6, pads > 0, "{padded:?} {plain:?}");
    }
    assert_eq!(row.tokens, paper.tokens);
    // Alone in its batch no sentence has pads.
    let one = Effort { padded_batch: 1, ..effort };
    assert_eq!(evaluate_each(&mut net, &text, Protocol::Padded, &one).1, plain);
}

fn hvae(words: &[&str]) -> Output {
    let root = env!("CARGO_MANIFEST_DIR");
    Command::new(env!("CARGO_BIN_EXE_hvae")).current_dir(root).args(words).output().unwrap()
}

fn eval(words: &[&str]) -> String {
    let all = ["eval", "models/gutenberg", "--data", "data/gutenberg", "--sentences", "30", "--on", "float"];
    let output = hvae(&[&all, words].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A line a sentence and row, which say what the row says; the worst are the first of them.
#[test]
fn losses_are_a_file_and_the_worst_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("losses.tsv");
    let json = folder.path().join("rows.json");
    let words = ["--protocol", "padded,paper,honest", "--padded-batch", "10", "--worst", "2"];
    let files = ["--losses", file.to_str().unwrap(), "--json", json.to_str().unwrap()];
    let said = eval(&[&words[..], &files[..]].concat());
    let table = fs::read_to_string(&file).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("on\tprotocol\tsentence\ttokens\tnll\treconstruction\tkl"));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    for (i, protocol) in ["padded", "paper", "honest"].into_iter().enumerate() {
        let of: Vec<&Vec<&str>> = lines.iter().filter(|line| line[1] == protocol).collect();
        assert_eq!(of.len(), 30, "{protocol}");
        let costs: Vec<f64> = of.iter().map(|line| line[4].parse().unwrap()).collect();
        let row = &json["rows"][i];
        assert_eq!(row["protocol"], protocol);
        close(costs.iter().sum::<f64>() / 30.0, row["nll"].as_f64().unwrap());
        let tokens: usize = of.iter().map(|line| line[3].parse::<usize>().unwrap()).sum();
        assert_eq!(tokens as u64, row["tokens"].as_u64().unwrap());
        let dearest = (0..30).max_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap();
        let shown = format!("  {:>8.3} nats", costs[dearest]);
        assert!(said.contains(&shown) && said.contains(&format!(", sentence {}: ", dearest + 1)), "{said}");
    }
    assert_eq!(said.lines().filter(|line| line.contains(" nats (KL ")).count(), 6, "{said}");
}

#[test]
fn losses_are_those_of_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("losses.tsv");
    for (words, message) in [
        (
            vec!["eval", "models/tagger", "--data", "data/punctuation", "--losses", file.to_str().unwrap()],
            "--losses: expected a model of sentences, found one of family tagger; leave it out",
        ),
        (
            vec!["eval", "models/tagger", "--data", "data/punctuation", "--worst", "3"],
            "--worst: expected a model of sentences, found one of family tagger; leave it out",
        ),
        (
            vec!["eval", "models/language-model", "--data", "data/gutenberg", "--protocol", "padded"],
            "--protocol padded: expected a model with a z that its encoder reads off a sentence, found one of family language-model; take paper or honest",
        ),
    ] {
        let output = hvae(&words);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("hvae: {message}\n"));
        assert!(!file.exists());
    }
}

/// The interval of a difference that is the same everywhere is that difference; of differences around 0 it holds 0; of other
/// sentences nothing is said.
#[test]
fn a_bootstrap_over_sentences_says_which_model_is_ahead() {
    let python = match python(&["csv"]) {
        Ok(python) => python,
        Err(why) => return skip("a bootstrap over sentences", &why),
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, nll: &dyn Fn(usize) -> f64, sentences: usize| {
        let line = |i: usize| format!("float\tpaper\t{}\t{}\t{}\t1\t1\n", i + 1, 5 + i % 7, nll(i));
        let lines: String = (0..sentences).map(line).collect();
        let path = folder.path().join(name);
        fs::write(&path, format!("on\tprotocol\tsentence\ttokens\tnll\treconstruction\tkl\n{lines}"))
            .unwrap();
        path
    };
    let base = write("base.tsv", &|i| (i * 37 % 11) as f64, 200);
    let above = write("above.tsv", &|i| (i * 37 % 11) as f64 + 0.5, 200);
    let around = write("around.tsv", &|i| (i * 37 % 11) as f64 + if i % 2 == 0 { 2.0 } else { -2.0 }, 200);
    let fewer = write("fewer.tsv", &|_| 0.0, 199);
    let compare = |first: &Path, second: &Path| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/bootstrap.py");
        Command::new(&python).arg(script).args([first, second]).args(["--samples", "500"]).output().unwrap()
    };
    let said = |first: &Path, second: &Path| {
        let output = compare(first, second);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().next().unwrap().to_string()
    };
    assert_eq!(said(&above, &base), "nll                +0.500  [+0.500, +0.500]  0.0 % below 0");
    assert_eq!(said(&base, &above), "nll                -0.500  [-0.500, -0.500]  100.0 % below 0");
    let numbers: Vec<f64> = said(&around, &base)
        .split(|c: char| !"+-.0123456789".contains(c))
        .filter_map(|word| word.parse().ok())
        .collect();
    // The mean of 200 differences of deviation 2 has a deviation of 0.14.
    let [mean, low, high, below] = numbers[..4] else { panic!("{numbers:?}") };
    assert!(mean == 0.0 && (0.2..0.36).contains(&high) && (-0.36..-0.2).contains(&low), "{numbers:?}");
    assert!((30.0..70.0).contains(&below), "{numbers:?}");
    assert_eq!(said(&around, &base), said(&around, &base));
    let refused = compare(&base, &fewer);
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("expected the same sentences, found 200 and 199")
    );
}
