//! Conversations from text to a chat: what is refused, what is learned, and what is said.

use crate::common::tree;
use hvae_mnn::config::{CellKind, Config, Family, KlSchedule, Tokenizer};
use hvae_mnn::eval::{On, answer, measure_conversations};
use hvae_mnn::golden::{Context, Golden, GoldenEngine, Job, JobKind, Stop};
use hvae_mnn::model::{Effort, Engine, Example, Network, Protocol, TrainedModel, UNK, fingerprint};
use hvae_mnn::pipeline::map_model_on;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Everything that a network which holds conversations may have.
const TALK: &str = r#"
    loop = [
        { name = "words", over = "positions" }, { name = "turns", over = "turns" }, { name = "asked", over = "heard" },
        { name = "sentence", over = "once" }, { name = "said", over = "written" },
    ]
    block = [
        { name = "embed", loop = "words", op = "embedding", size = 4 },
        { name = "reader", loop = "words", op = "cell", kind = "gru", size = 5, inputs = ["embed"] },
        { name = "memory", loop = "turns", op = "cell", kind = "gru", size = 6, inputs = ["reader"] },
        { name = "hint", loop = "asked", op = "linear", size = 4, inputs = [{ before = "memory" }], activation = "tanh" },
        { name = "p", loop = "asked", op = "moments", size = 3, inputs = ["hint"] },
        { name = "q", loop = "asked", op = "moments", size = 3, inputs = ["reader", { before = "memory" }] },
        { name = "z", loop = "sentence", op = "draw", posterior = "q", prior = "p" },
        { name = "start", loop = "sentence", op = "linear", size = 7, inputs = ["z"] },
        { name = "again", loop = "said", op = "embedding", size = 4, tied = "embed" },
        { name = "speaker", loop = "said", op = "cell", kind = "gru", size = 7, inputs = ["again"], init = "start" },
        { name = "next", loop = "said", op = "vocabulary", inputs = ["speaker"] },
    ]
"#;

#[test]
fn what_cannot_hold_a_conversation_is_refused() {
    let network = Network::from_text("n", TALK, 9).unwrap();
    assert_eq!(Network::from_text("n", &network.to_text(), 9).unwrap().blocks, network.blocks);
    let over = |network: &Network| network.loops.iter().map(|l| l.over.name()).collect::<Vec<_>>().join(" ");
    assert_eq!(over(&network), "positions turns heard once written");
    // Trained, a sentence is asked at its own turn alone.
    assert_eq!(over(&network.deployed()), "positions turns once once written");
    for (from, to, message) in [
        (
            "over = \"turns\"",
            "over = \"once\"",
            "block memory: expected a loop with steps, got one that runs once",
        ),
        (
            "{ name = \"turns\", over = \"turns\" },",
            "{ name = \"turns\", over = \"turns\" }, { name = \"more\", over = \"turns\" },",
            "the description: expected at most one loop over `turns`, got turns, more",
        ),
        (
            "op = \"cell\", kind = \"gru\", size = 6, inputs = [\"reader\"]",
            "op = \"linear\", size = 6, inputs = [\"reader\"]",
            "block hint: expected a cell before its turn, got memory",
        ),
        (
            "size = 6, inputs = [\"reader\"]",
            "size = 6, inputs = [\"reader\", { before = \"memory\" }]",
            "block memory: expected an input of this step, got memory before",
        ),
        (
            "inputs = [{ before = \"memory\" }], activation",
            "inputs = [\"memory\"], activation",
            "block hint: expected what has been heard before its turn, got memory",
        ),
        (
            "inputs = [\"hint\"]",
            "inputs = [\"hint\", \"reader\"]",
            "block p: expected what is known before the sentence is said, got reader",
        ),
        (
            "size = 7, inputs = [\"z\"]",
            "size = 7, inputs = [\"z\", \"reader\"]",
            "block start: expected what is known before the sentence is said, got reader",
        ),
        (
            "inputs = [\"again\"], init",
            "inputs = [\"again\", \"hint\"], init",
            "block speaker: expected vectors that are there once a sentence, got hint",
        ),
        (
            "name = \"p\", loop = \"asked\"",
            "name = \"p\", loop = \"sentence\"",
            "block z: expected a prior in the loop of its posterior, got p",
        ),
        (
            "name = \"q\", loop = \"asked\", op = \"moments\", size = 3",
            "name = \"q\", loop = \"turns\", op = \"moments\", size = 3",
            "block z: expected moments of its loop, got q",
        ),
        (
            "op = \"linear\", size = 4, inputs = [{ before = \"memory\" }], activation = \"tanh\"",
            "op = \"cell\", kind = \"gru\", size = 4, inputs = [{ before = \"memory\" }]",
            "block hint: expected a loop with steps, got one that runs once",
        ),
    ] {
        assert_eq!(TALK.matches(from).count(), 1, "{from}");
        let found = Network::from_text("n", &TALK.replace(from, to), 9).unwrap_err().to_string();
        assert!(found.contains(message), "{found}\n{message}");
    }
}

/// Who asks `a` is told `b`, who then says `c` is told `d`: an answer follows from the sentence before it, and of the third
/// sentence from the first one.
fn taught() -> String {
    let mut lines = String::new();
    for (first, answer, last) in
        [("red", "rose", "bloom"), ("blue", "sky", "rain"), ("green", "leaf", "wind")]
    {
        for polite in ["", " please", " now"] {
            lines += &format!("tell me of {first}{polite}\na {answer}\nwhat then\nit is {last}\n\n");
        }
    }
    lines
}

fn config() -> Config {
    let mut config = Config::default();
    let m = &mut config.model;
    (m.family, m.cells, m.tokenizer) = (Family::Dialogue, vec![CellKind::Gru], Tokenizer::WordPunct);
    (m.vocabulary, m.embedding, m.hidden, m.latent, m.dense) = (23, 8, 24, 3, 8);
    let t = &mut config.train;
    (t.epochs, t.batch, t.shuffle, t.mask_pads) = (300, 3, true, true);
    (t.embedding_dropout, t.level_dropout, t.learning_rate) = (0.0, 0.0, 1e-2);
    (t.kl_schedule, t.adam_epsilon, t.clip_norm) = (KlSchedule::Constant, 1e-8, 5.0);
    config.accelerator.max_tokens = 12;
    config
}

fn hvae(args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_hvae"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that has had enough reads no more.
    let _ = run.stdin.take().unwrap().write_all(input.as_bytes());
    let run = run.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (run.status.code(), text(run.stdout), text(run.stderr))
}

/// Trains, measures and answers through the program; what the golden model answers is what was taught.
#[cfg(feature = "train")]
#[test]
fn what_was_taught_is_answered_and_the_context_decides() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    for part in ["train.txt", "valid.txt", "test.txt"] {
        fs::create_dir_all(at("data")).unwrap();
        fs::write(place.path().join("data").join(part), taught()).unwrap();
    }
    fs::write(at("hvae.toml"), config().to_toml()).unwrap();
    let train = [
        "train",
        "--config",
        &at("hvae.toml"),
        "--data",
        &at("data"),
        "--out",
        &at("model"),
        "--device",
        "cpu",
    ];
    let (status, _, errors) = hvae(&train, "");
    assert_eq!(status, Some(0), "{errors}");
    let model = TrainedModel::load(Path::new(&at("model"))).unwrap();
    assert_eq!(model.vocabulary.tokenizer(), Tokenizer::WordPunct);

    let said =
        |text: &str| -> Vec<Vec<u32>> { text.split('/').map(|s| model.vocabulary.encode(s)).collect() };
    let asked = [
        ("tell me of red", "a rose"),
        ("tell me of blue please", "a sky"),
        ("tell me of green / a leaf / what then", "it is wind"),
        ("tell me of red now / a rose / what then", "it is bloom"),
    ];
    let contexts: Vec<Vec<Vec<u32>>> = asked.iter().map(|(context, _)| said(context)).collect();
    let contexts: Vec<&[Vec<u32>]> = contexts.iter().map(Vec::as_slice).collect();
    let wanted: Vec<String> = asked.iter().map(|(_, answer)| (*answer).to_string()).collect();
    let words = |answers: Vec<Vec<Vec<u32>>>| -> Vec<String> {
        answers.iter().map(|of_context| model.vocabulary.decode(&of_context[0])).collect()
    };
    assert_eq!(words(model.float_net().answers_to(&contexts, (1, 1), 9)), wanted);
    let (_, config) = hvae_mnn::pipeline::read_model(Path::new(&at("model")), config()).unwrap();
    let net = map_model_on(&model, &config, None).unwrap();
    let golden = Golden::tiled(&net, &config.accelerator);
    let mut engine = GoldenEngine::new(&golden);
    assert_eq!(words(engine.answers_to(&contexts, (1, 1), 9)), wanted);

    // As jobs: the same latents, so the same answers.
    let ten = engine.answers_to(&contexts[..1], (3, 1), 9).remove(0);
    let mut context = Context::default();
    let packet = contexts[0][0].iter().map(|&t| t as i32).collect();
    golden.run_in(&mut context, &Job::new(JobKind::Listen, packet, 1), Stop::Never);
    let words_so_far = fingerprint(contexts[0].iter().flatten().map(|&token| u64::from(token)));
    for (number, answer) in (0u64..).zip(&ten) {
        let seed = fingerprint([1, words_so_far, number]);
        let job = Job { seed, ..Job::new(JobKind::Generate, Vec::new(), 9) };
        let run = golden.run_in(&mut context.clone(), &job, Stop::Never);
        assert_eq!(run.output, *answer);
    }

    let examples: Vec<Example> =
        vec![Example::conversation(said("tell me of red / a rose / what then / it is bloom"))];
    let row = measure_conversations(
        &model,
        Some(&net),
        &config,
        On::Fixed,
        &examples,
        Protocol::Honest,
        &Effort::default(),
    );
    assert!(row.figures.ppl < 2.5 && row.figures.sentences == 4, "{row:?}");
    let answers = answer(&model, None, &config, On::Float, &examples, (0, 1), 9);
    assert!(answers.quality.contexts == 4 && answers.quality.bleu_recall > 0.6, "{answers:?}");

    let talk = "tell me of blue\nwhat then\n/new\n\ntell me of xylophones\n";
    let (status, out, errors) = hvae(&["chat", &at("model"), "--cost"], talk);
    assert_eq!(status, Some(0), "{errors}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (6, "a sky", "it is rain"), "{out}");
    assert!(lines[1].contains("answered in") && lines[1].contains("conversions"), "{out}");
    assert!(errors.contains("1 of 4 words are unknown to the model"), "{errors}");
    let (_, json, _) = hvae(&["chat", &at("model"), "--json"], "tell me of red\n");
    let turn: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&turn["heard"], &turn["answer"]), (&"tell me of red".into(), &"a rose".into()));
    let (status, _, errors) = hvae(&["chat", &at("model")], &"rose ".repeat(20_000));
    assert!(status == Some(2) && errors.contains("found 65536 bytes without an end"), "{errors}");
    let (status, _, errors) = hvae(&["chat", "models/gutenberg"], "");
    assert!(status == Some(2) && errors.contains("expected a network that holds conversations"), "{errors}");
    let (status, out, errors) = hvae(
        &[
            "eval",
            &at("model"),
            "--data",
            &at("data"),
            "--on",
            "float",
            "--answers",
            "5",
            "--baseline",
            &at("data"),
        ],
        "",
    );
    assert_eq!(status, Some(0), "{errors}");
    assert!(out.contains("9 conversations of 36 sentences") && out.contains("retrieved"), "{out}");

    // Trained again, byte for byte.
    let again = [
        "train",
        "--config",
        &at("hvae.toml"),
        "--data",
        &at("data"),
        "--out",
        &at("again"),
        "--device",
        "cpu",
    ];
    assert_eq!(hvae(&again, "").0, Some(0));
    let files = |folder: &str| tree(Path::new(&at(folder))).into_values().collect::<Vec<_>>();
    assert!(files("model") == files("again"));
}

/// The unknown word is a target and never an answer, unless a job says so.
#[test]
fn the_unknown_word_is_not_written() {
    let config = config();
    let network = Network::describe(&config.model, 1.0).unwrap();
    let weights = hvae_mnn::pipeline::random_weights(&network, 1);
    // The unknown word is always the most probable, then word 9.
    let weights = weights.map("vocab.weight", |_| 0.0);
    let examples = hvae_mnn::pipeline::random_conversations(config.model.vocabulary, 2, 1);
    let bias = |weights: hvae_mnn::model::Weights| {
        let mut tensors: std::collections::BTreeMap<String, _> =
            weights.iter().map(|(name, tensor)| (name.to_string(), tensor.clone())).collect();
        let bias = tensors.get_mut("vocab.bias").unwrap();
        bias.fill(0.0);
        (bias[[UNK as usize]], bias[[9]]) = (4.0, 2.0);
        hvae_mnn::model::Weights::checked("weights", tensors, &network).unwrap()
    };
    let net = hvae_mnn::pipeline::map_on(&network, &bias(weights), &config, &examples).unwrap();
    let golden = Golden::tiled(&net, &config.accelerator);
    let write =
        |say_unknown| golden.run(&Job { say_unknown, ..Job::new(JobKind::Generate, Vec::new(), 3) }).output;
    assert_eq!((write(false), write(true)), (vec![9; 3], vec![UNK; 3]));
    for seed in 0..20 {
        let job = Job::new(JobKind::Generate, Vec::new(), 5).sampled(1.0, seed).unwrap();
        assert!(!golden.run(&job).output.contains(&UNK), "seed {seed}");
    }
}
