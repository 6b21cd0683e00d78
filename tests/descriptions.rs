//! What a description must not say, beside what the reader of descriptions refuses.

use hvae_mnn::model::Network;

/// A sentence to a z, from the top down, and back.
const LATENTS: &str = r#"
    loop = [{ name = "read", over = "positions" }, { name = "once", over = "once" }, { name = "write", over = "written" }]
    [[block]]
    name = "embed"
    loop = "read"
    op = "embedding"
    size = 4
    [[block]]
    name = "q2"
    loop = "read"
    op = "moments"
    size = 2
    inputs = ["embed"]
    [[block]]
    name = "z2"
    loop = "once"
    op = "latent"
    moments = ["q2"]
    [[block]]
    name = "q1"
    loop = "once"
    op = "moments"
    size = 3
    inputs = ["z2"]
    [[block]]
    name = "z"
    loop = "once"
    op = "latent"
    moments = ["q1", "q2"]
    [[block]]
    name = "words"
    loop = "write"
    op = "vocabulary"
    inputs = ["z"]
"#;

fn refused(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    Network::from_text("n", &text.replace(from, to), 9).unwrap_err().to_string()
}

#[test]
fn latents_are_ends_of_the_last_one() {
    let network = Network::from_text("n", LATENTS, 9).unwrap();
    let z2 = network.find("z2").unwrap();
    assert_eq!((network.latent_end(z2), network.latent_drawn_first()), (3..5, 3..5));
    for (from, to, message) in [
        ("[\"q1\", \"q2\"]", "[\"q2\", \"q1\"]", "block z2: expected moments that z ends with, got others"),
        ("[\"q1\", \"q2\"]", "[\"q1\"]", "block z2: expected moments that z ends with, got others"),
        (
            "[\"q1\", \"q2\"]",
            "[\"q2\", \"q1\", \"q2\"]",
            "block z: expected moments that differ, got one of them twice",
        ),
        (
            "moments = [\"q2\"]",
            "moments = [\"q2\"]\nsteps = \"mean\"",
            "block z2: expected the same steps for every latent, got mean and last",
        ),
    ] {
        let found = refused(LATENTS, from, to);
        assert!(found.contains(message), "{found}");
    }
    // What leads from a draw to moments need not be the draw itself.
    let far = LATENTS.replace("inputs = [\"z2\"]", "inputs = [\"far\"]").replace(
        "    [[block]]\n    name = \"q1\"",
        "    [[block]]\n    name = \"far\"\n    loop = \"once\"\n    op = \"linear\"\n    size = 2\n    inputs = [\"z2\"]\n    [[block]]\n    name = \"q1\"",
    );
    assert_eq!(Network::from_text("n", &far, 9).unwrap().latent_drawn_first(), 3..5);
}

#[test]
fn loops_hold_what_can_run_in_them() {
    for (from, to, message) in [
        (
            "name = \"q1\"\n    loop = \"once\"",
            "name = \"q1\"\n    loop = \"write\"",
            "block q1: expected a draw of it, or a loop before what is written, got written",
        ),
        (
            "op = \"vocabulary\"",
            "op = \"linear\"\n    size = 3",
            "block words: expected a vocabulary or bits in the loop over `written`, got none",
        ),
        ("op = \"embedding\"", "op = \"input\"", "block embed: expected words or frames, got words as well"),
    ] {
        let found = refused(LATENTS, from, to);
        assert!(found.contains(message), "{found}");
    }
    let frames = r#"
        loop = [{ name = "read", over = "positions" }]
        block = [
            { name = "one", loop = "read", op = "input", size = 2 },
            { name = "other", loop = "read", op = "input", size = 3 },
            { name = "label", loop = "read", op = "label", size = 2, inputs = ["one", "other"] },
        ]
    "#;
    let found = Network::from_text("n", frames, 9).unwrap_err().to_string();
    assert!(
        found.contains("block other: expected 2 numbers, as one, got 3; every input reads the whole frame, and bits write one"),
        "{found}"
    );
}

/// A latent at every step, with everything that is there for training.
const DRAWS: &str = r#"
    loop = [{ name = "back", over = "backwards" }, { name = "text", over = "written" }]
    block = [
        { name = "heard", loop = "back", op = "embedding", size = 4 },
        { name = "bwd", loop = "back", op = "cell", kind = "gru", size = 5, inputs = ["heard"] },
        { name = "again", loop = "back", op = "vocabulary", inputs = ["bwd"], only = "train" },
        { name = "words", loop = "text", op = "embedding", size = 4, tied = "heard" },
        { name = "prior", loop = "text", op = "moments", size = 3, inputs = [{ before = "dec" }], clamp = 8.0 },
        { name = "post", loop = "text", op = "moments", size = 3, inputs = ["bwd", { before = "dec" }] },
        { name = "z", loop = "text", op = "draw", posterior = "post", prior = "prior" },
        { name = "aux", loop = "text", op = "auxiliary", inputs = ["z"], target = "bwd", only = "train" },
        { name = "dec", loop = "text", op = "cell", kind = "gru", size = 6, inputs = ["words", "z"] },
        { name = "next", loop = "text", op = "vocabulary", inputs = ["dec"] },
    ]
"#;

#[test]
fn draws_can_be_drawn_and_nothing_foresees_itself() {
    let network = Network::from_text("n", DRAWS, 9).unwrap();
    let deployed = network.deployed();
    assert_eq!(deployed.blocks.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), {
        ["heard", "bwd", "words", "prior", "post", "z", "dec", "next"]
    });
    assert_eq!(Network::from_text("n", &deployed.to_text(), 9).unwrap().blocks, deployed.blocks);
    for (from, to, message) in [
        ("prior = \"prior\"", "prior = \"post\"", "block z: expected a prior of its own, got its posterior"),
        ("posterior = \"post\"", "posterior = \"z\"", "block z: expected moments of its loop, got z"),
        ("posterior = \"post\"", "posterior = \"bwd\"", "block z: expected moments of its loop, got bwd"),
        (
            "size = 3, inputs = [\"bwd\"",
            "size = 2, inputs = [\"bwd\"",
            "block z: expected 2 numbers, as post, got 3 of prior",
        ),
        (", clamp = 8.0", ", clamp = 0.0", "block prior: expected a clamp above 0, got 0"),
        (
            "target = \"bwd\"",
            "target = \"aux\"",
            "block aux, target: expected a vector of an earlier loop, got aux",
        ),
        (
            "target = \"bwd\"",
            "target = \"dec\"",
            "block aux, target: expected a vector of an earlier loop, got dec",
        ),
        (
            "target = \"bwd\", only = \"train\"",
            "target = \"bwd\"",
            "block aux: expected only = \"train\", got none",
        ),
        (
            "inputs = [\"words\", \"z\"]",
            "inputs = [\"words\", \"z\", \"bwd\"]",
            "block dec: expected what has been read before its step, got bwd at the position that it predicts",
        ),
        (
            "size = 3, inputs = [{ before",
            "size = 3, inputs = [\"bwd\", { before",
            "block prior: expected what has been read before its step, got bwd at the position that it predicts",
        ),
        (
            "kind = \"gru\", size = 5, inputs = [\"heard\"]",
            "kind = \"gru\", size = 5, inputs = [\"heard\"], only = \"train\"",
            "block post: expected inputs that stay, got bwd, there for training alone",
        ),
        (
            "[\"bwd\"], only = \"train\"",
            "[\"bwd\"]",
            "block again: expected a loop over `written`, got backwards",
        ),
    ] {
        let found = refused(DRAWS, from, to);
        assert!(found.contains(message), "{found}\n{message}");
    }
}

/// A piece of frames and what comes next.
const MUSIC: &str = r#"
    loop = [{ name = "read", over = "positions" }, { name = "write", over = "written" }]
    block = [
        { name = "heard", loop = "read", op = "input", size = 3 },
        { name = "before", loop = "write", op = "input", size = 3 },
        { name = "level", loop = "write", op = "cell", kind = "gru", size = 4, inputs = ["before"] },
        { name = "next", loop = "write", op = "bits", size = 3, inputs = ["level"] },
    ]
"#;

#[test]
fn what_is_written_is_words_or_frames() {
    let network = Network::from_text("n", MUSIC, 9).unwrap();
    assert_eq!((network.vocabulary, network.frame_width(), network.written_head()), (0, Some(3), Some(3)));
    for (from, to, message) in [
        (
            "name = \"next\", loop = \"write\"",
            "name = \"next\", loop = \"read\"",
            "block next: expected inputs of this loop or of one before it, got level of write",
        ),
        (
            "name = \"next\", loop = \"write\", op = \"bits\", size = 3, inputs = [\"level\"]",
            "name = \"next\", loop = \"read\", op = \"bits\", size = 3, inputs = [\"heard\"]",
            "block next: expected a loop over `written`, got positions; put it into a loop over `written`, or make it values",
        ),
        (
            "op = \"bits\", size = 3",
            "op = \"bits\", size = 4",
            "block next: expected 3 numbers, as heard, got 4; every input reads the whole frame, and bits write one",
        ),
        (
            "op = \"bits\", size = 3, inputs",
            "op = \"vocabulary\", inputs",
            "block heard: expected words or frames, got next as well; leave one out",
        ),
        (
            "op = \"input\", size = 3 },\n        { name = \"level\"",
            "op = \"embedding\", size = 3 },\n        { name = \"level\"",
            "block heard: expected words or frames, got before as well; leave one out",
        ),
        (
            "op = \"bits\", size = 3,",
            "op = \"bits\",",
            "block next: expected the key `size` of bits, got none; add it",
        ),
        ("name = \"heard\", loop = \"read\"", "name = \"heard\", loop = \"write\"", ""),
    ] {
        assert_eq!(MUSIC.matches(from).count(), 1, "{from}");
        match Network::from_text("n", &MUSIC.replace(from, to), 9) {
            Ok(_) => assert!(message.is_empty(), "{from}: nothing refused"),
            Err(error) => {
                assert!(!message.is_empty() && error.to_string().contains(message), "{error}\n{message}")
            }
        }
    }
}

/// Sums over steps, and vectors side by side.
const SUMS: &str = r#"
    loop = [{ name = "read", over = "positions" }, { name = "once", over = "once" }]
    block = [
        { name = "frame", loop = "read", op = "input", size = 3 },
        { name = "level", loop = "read", op = "cell", kind = "gru", size = 4, inputs = ["frame"] },
        { name = "both", loop = "read", op = "join", inputs = ["frame", "level"] },
        { name = "mean", loop = "read", op = "accumulate", input = "level", steps = "mean" },
        { name = "deep", loop = "read", op = "linear", size = 4, inputs = ["both", { before = "both" }] },
        { name = "more", loop = "once", op = "linear", size = 4, inputs = ["mean", "both", "deep"] },
        { name = "label", loop = "once", op = "label", size = 2, inputs = ["more"] },
    ]
"#;

#[test]
fn sums_and_joins_stand_where_they_can() {
    let network = Network::from_text("n", SUMS, 9).unwrap();
    let (deep, more) = (network.find("deep").unwrap(), network.find("more").unwrap());
    assert_eq!((network.fan_in(deep), network.fan_in(more)), (14, 15));
    assert!(network.edges(deep)[2].before && network.edges(deep)[3].before);
    assert_eq!(Network::from_text("n", &network.to_text(), 9).unwrap(), network);
    for (from, to, message) in [
        (
            "steps = \"mean\"",
            "steps = \"last\"",
            "block mean: expected steps = \"mean\" or \"sum\", got last",
        ),
        (
            "loop = \"read\", op = \"accumulate\", input = \"level\"",
            "loop = \"once\", op = \"accumulate\", input = \"level\"",
            "block mean: expected a loop over what is read, got once",
        ),
        (
            "op = \"accumulate\", input = \"level\"",
            "op = \"accumulate\", input = \"both\"",
            "block mean: expected a vector that a block makes, got both",
        ),
        (
            "inputs = [\"frame\", \"level\"]",
            "inputs = [\"frame\", { before = \"level\" }]",
            "block both: expected vectors of its own loop and step, got level",
        ),
        (
            "inputs = [\"frame\", \"level\"]",
            "inputs = [\"frame\", \"deep\"]",
            "block both: expected vectors of its own loop and step, got deep",
        ),
        (
            "inputs = [\"both\", { before = \"both\" }]",
            "inputs = [\"both\", \"frame\"], bias = false }, { name = \"cut\", loop = \"read\", op = \"slice\", input = \"both\", from = 0, size = 2",
            "block cut: expected a vector that a block makes, got both",
        ),
    ] {
        let found = refused(SUMS, from, to);
        assert!(found.contains(message), "{found}");
    }
    // A sum of what leads to itself has no width of its own.
    let circle = SUMS.replace("input = \"level\"", "input = { before = \"mean\" }");
    assert!(
        Network::from_text("n", &circle, 9).unwrap_err().to_string().contains("block mean: expected a size")
    );
}

/// `c_0 = "zero"` is a word of an LSTM that starts from something.
#[test]
fn c_at_zero_is_of_an_lstm_with_a_start() {
    use hvae_mnn::config::CellKind::{Gru, Lstm};
    let model = hvae_mnn::config::Model { decoder_cells: Some(vec![Lstm, Gru]), ..Default::default() };
    let text = Network::describe(&model, 1.0).unwrap().to_text();
    let with = |line: &str| text.replacen(line, &format!("{line}c_0 = \"zero\"\n"), 1);
    let network = Network::from_text("n", &with("init = \"init1\"\n"), 2000).unwrap();
    let [dec1, dec2] = ["dec1", "dec2"].map(|name| network.find(name).unwrap());
    assert_eq!((network.memory_start(dec1), network.memory_start(dec2)), (None, None));
    let plain = Network::from_text("n", &text, 2000).unwrap();
    assert_eq!(plain.memory_start(dec1), plain.find("init1"));
    let refused = |text: &str| Network::from_text("n", text, 2000).unwrap_err().to_string();
    let of_gru = refused(&with("init = \"init2\"\n"));
    assert!(
        of_gru.contains("block dec2, c_0: expected kind = \"lstm\" with an init, got gru; leave c_0 out"),
        "{of_gru}"
    );
    let of_none = refused(&with("init = \"init1\"\n").replace("init = \"init1\"\n", ""));
    assert!(
        of_none.contains("block dec1, c_0: expected kind = \"lstm\" with an init, got none"),
        "{of_none}"
    );
    let odd = refused(&text.replacen("init = \"init1\"\n", "init = \"init1\"\nc_0 = \"one\"\n", 1));
    assert!(odd.contains("`one`") && odd.contains("zero"), "{odd}");
}
