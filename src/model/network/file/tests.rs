//! Descriptions that read back, and those that are refused.

use super::*;
use crate::config::{Family, LatentFrom, Model};

#[test]
fn every_family_reads_back_as_it_is_printed() {
    let mut models: Vec<Model> = Family::ALL
        .into_iter()
        .filter(|f| *f != Family::Custom)
        .map(|family| Model { family, ..Model::default() })
        .collect();
    models.push(Model { latent_from: LatentFrom::TopDown, ..Model::default() });
    models.push(Model { latent_steps: LatentSteps::Mean, ..Model::default() });
    models.push(Model { family: Family::LanguageModel, frame: 88, ..Model::default() });
    for model in models {
        let network = Network::describe(&model, 0.5).unwrap();
        network.check_again().unwrap();
        let text = network.to_text();
        let read = Network::from_text("network.toml", &text, network.vocabulary).unwrap();
        assert_eq!(read, network.changed(|of| of.family = "custom".into()).unwrap(), "{text}");
    }
}

#[test]
fn what_cannot_run_is_refused_with_its_reason() {
    const GOOD: &str = r#"
        loop = [{ name = "read", over = "positions" }, { name = "once", over = "once" }, { name = "write", over = "written" }]
        [[block]]
        name = "embed"
        loop = "read"
        op = "embedding"
        size = 4
        [[block]]
        name = "a"
        loop = "read"
        op = "cell"
        kind = "gru"
        size = 5
        inputs = ["embed", { before = "b" }]
        [[block]]
        name = "b"
        loop = "read"
        op = "linear"
        size = 5
        inputs = ["a"]
        activation = "tanh"
        [[block]]
        name = "label"
        loop = "read"
        op = "label"
        size = 3
        inputs = ["b"]
    "#;
    Network::from_text("n.toml", GOOD, 9).unwrap();
    let cases = [
        ("op = \"cell\"", "op = \"sell\"", "block a: expected op = one of embedding, input, cell,"),
        ("kind = \"gru\"", "", "block a: expected the key `kind` of cell, got none"),
        ("kind = \"gru\"", "kind = \"gruu\"", "n.toml:12: expected [[loop]] and [[block]] tables"),
        (
            "size = 3",
            "size = 3\nbias = true",
            "block label: expected the keys of label: size, inputs, got bias",
        ),
        (
            "op = \"linear\"\n        size = 5\n        inputs = [\"a\"]\n        activation = \"tanh\"",
            "op = \"elementwise\"\n        function = \"add\"\n        inputs = [{ before = \"b\" }, { before = \"b\" }]",
            "block b: expected a size of at least 1, got 0",
        ),
        ("size = 3", "size = 1", "block label: expected at least 2 classes, got 1"),
        ("size = 3", "sise = 3", "n.toml:26: expected [[loop]] and [[block]] tables"),
        ("[\"b\"]", "[\"c\"]", "block label: expected names of blocks, got `c`"),
        (
            "{ before = \"b\" }",
            "\"b\"",
            "block a: expected an input that is computed before it, got b, below it",
        ),
        (
            "inputs = [\"b\"]",
            "inputs = [{ before = \"label\" }]",
            "block label: expected inputs that stay inside, got label, a head",
        ),
        (
            "name = \"b\"\n        loop = \"read\"",
            "name = \"b\"\n        loop = \"once\"",
            "block a: expected inputs of this loop or of one before it, got b of once",
        ),
        (
            "name = \"embed\"\n        loop = \"read\"",
            "name = \"embed\"\n        loop = \"nowhere\"",
            "block embed: expected loop = one of read (positions), once (once), write (written), got `nowhere`",
        ),
        (
            "op = \"label\"\n        size = 3",
            "op = \"vocabulary\"",
            "block label: expected a loop over `written`, got positions",
        ),
        ("name = \"label\"", "name = \"Label\"", "name `Label`: expected a small letter, then small letters"),
        ("name = \"label\"", "name = \"a\"", "block a: expected a name of its own, got it twice"),
        (
            "op = \"label\"",
            "op = \"linear\"",
            "the description: expected a head: vocabulary, label, values or bits, got none",
        ),
    ];
    for (was, becomes, message) in cases {
        assert_eq!(GOOD.matches(was).count(), 1, "{was}");
        let error = Network::from_text("n.toml", &GOOD.replace(was, becomes), 9).unwrap_err().to_string();
        assert!(error.contains(message), "{was} -> {becomes}:\n{error}\n{message}");
    }
    let error = Network::from_text("n.toml", GOOD, 0).unwrap_err().to_string();
    assert!(error.contains("block embed: expected a vocabulary of at least 5 words, got 0"), "{error}");
}

#[test]
fn a_network_is_checked_however_it_is_made() {
    let network = Network::describe(&Model::default(), 0.5).unwrap();
    let mut parts = serde_json::to_value(&network).unwrap();
    assert_eq!(serde_json::from_value::<Network>(parts.clone()).unwrap(), network);
    parts["blocks"][1]["inputs"][0]["block"] = 999.into();
    let refused = serde_json::from_value::<Network>(parts).unwrap_err().to_string();
    assert!(refused.contains("`enc1`") || refused.contains("block enc1"), "{refused}");
    let refused = network.changed(|of| of.loops.clear()).unwrap_err().to_string();
    assert!(refused.contains("a loop"), "{refused}");
}
