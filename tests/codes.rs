//! A prior fitted to the codes of a model: the weights change, what they write of a sentence does not.

use hvae_mnn::config::{CellKind, Family, LatentFrom, Model, Train};
use hvae_mnn::model::{
    Codes, Description, Effort, Engine, Latent, Network, Protocol, Random, TrainedModel, Vocabulary, Weights,
    evaluate, read_sentences,
};
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn trained(model: Model) -> TrainedModel {
    let network = Network::describe(&model, 1.0).unwrap();
    let mut random = Random::keyed(&[4]);
    let mut fill = |shape: Vec<usize>| {
        let values = (0..shape.iter().product()).map(|_| 0.5 * random.normal()).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap()
    };
    let tensors = network.tensors().into_iter().map(|(name, shape)| (name, fill(shape))).collect();
    let weights = Weights::checked("random", tensors, &network).unwrap();
    let vocabulary = Vocabulary::of_sentences(["a b c d e f g h"], 12);
    TrainedModel::new(Description { model, train: Train::default() }, weights, vocabulary).unwrap()
}

fn small() -> Model {
    Model { embedding: 4, hidden: 5, latent: 3, vocabulary: 12, dense: 4, ..Model::default() }
}

fn text(model: &TrainedModel) -> Vec<Vec<u32>> {
    let lines = "a b c\nd e\nf g h a\nb b\nc d e f g\nh\n";
    read_sentences("text", &model.vocabulary, lines).unwrap()
}

/// z in the new scale is z in the old one over the deviations, its density accordingly; scores stay; KL falls by what the
/// fitted prior saves; fitted again nothing is left to do.
#[test]
fn the_scale_of_z_goes_into_the_weights() {
    for model in [
        small(),
        Model { latent_from: LatentFrom::Top, cells: vec![CellKind::Lstm, CellKind::Gru], ..small() },
        Model {
            family: Family::FlowVrae,
            flow: hvae_mnn::config::Flow::None,
            skip: true,
            label: true,
            ..small()
        },
    ] {
        let model = trained(model);
        let text = text(&model);
        let codes = Codes::of(&model, &text).unwrap();
        let fitted = codes.standardise(&model).unwrap();
        let views: Vec<&[u32]> = text.iter().map(Vec::as_slice).collect();
        let latents = |model: &TrainedModel| -> Vec<Latent> {
            let posteriors = model.float_net().encode_all(&views);
            posteriors.iter().map(|p| Latent::of(&model.network, p)).collect()
        };
        let (before, after) = (latents(&model), latents(&fitted));
        let mut random = Random::keyed(&[7]);
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (before, after) in before.iter().zip(&after) {
            let noise = random.normals(before.mean.len());
            old.push(before.at(&noise));
            new.push(after.at(&noise));
        }
        for (old, new) in old.iter().zip(&new) {
            for ((old, new), s) in old.iter().zip(new).zip(&codes.deviations) {
                assert!((f64::from(*old) / s - f64::from(*new)).abs() < 1e-4, "{old} / {s} is not {new}");
            }
        }
        let scores = model.float_net().score_all(&views, &old);
        for (old, new) in
            scores.iter().flatten().zip(fitted.float_net().score_all(&views, &new).iter().flatten())
        {
            assert!((old.log_probability - new.log_probability).abs() < 1e-4, "{old:?} {new:?}");
        }
        let kl = |latents: &[Latent]| latents.iter().map(Latent::kl).sum::<f64>() / latents.len() as f64;
        assert!((kl(&before) - codes.kl).abs() < 1e-9);
        assert!((kl(&after) - codes.fitted_kl).abs() < 1e-4, "{} is not {}", kl(&after), codes.fitted_kl);
        assert!(codes.centred_kl <= codes.fitted_kl && codes.fitted_kl < codes.kl - 0.1, "{codes:?}");
        let again = Codes::of(&fitted, &text).unwrap();
        assert!(again.deviations.iter().all(|s| (s - 1.0).abs() < 1e-4), "{again:?}");
    }
}

#[test]
fn other_codes_are_refused() {
    for (model, got) in [
        (
            Model { family: Family::LanguageModel, ..small() },
            "expected a model with a z, got one of family language-model",
        ),
        (
            Model { family: Family::ZForcing, auxiliary: false, ..small() },
            "expected a model with a z, got one of family z-forcing",
        ),
        (
            Model { family: Family::FlowVrae, ..small() },
            "expected a z that is drawn at once, and is what is read, got one that a flow carries on",
        ),
        (
            Model { latent_from: LatentFrom::TopDown, ..small() },
            "expected a z that is drawn at once, and is what is read, got one drawn from the top down",
        ),
    ] {
        let model = trained(model);
        let found = Codes::of(&model, &text(&model)).unwrap_err().to_string();
        assert_eq!(found, format!("the prior of z: {got}; fit the prior of another model"));
    }
}

/// The committed model, by the program: a lower bound on sentences that were not fitted, the same reconstruction.
#[test]
fn the_bound_of_the_committed_model_falls() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("fitted");
    let words = ["fit-prior", "models/gutenberg", "--data", "data/gutenberg/valid.txt", "--out"];
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_hvae"))
        .current_dir(root())
        .args(words)
        .arg(&out)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let [before, after] =
        [root().join("models/gutenberg"), out].map(|path| TrainedModel::load(&path).unwrap());
    let test = std::fs::read_to_string(root().join("data/gutenberg/test.txt")).unwrap();
    let mut sentences = read_sentences("test.txt", &before.vocabulary, &test).unwrap();
    sentences.truncate(200);
    let effort = Effort { reconstruction_limit: 0, ..Effort::default() };
    let of = |model: &TrainedModel| evaluate(&mut model.float_net(), &sentences, Protocol::Honest, &effort);
    let (before, after) = (of(&before), of(&after));
    let reconstruction = (before.nll - before.kl, after.nll - after.kl);
    assert!((reconstruction.0 - reconstruction.1).abs() < 1e-3, "{reconstruction:?}");
    // It was trained for that prior, so there is little to gain.
    assert!(after.kl < before.kl - 0.01, "{} {}", after.kl, before.kl);
}
