//! Conversations: what a design keeps from job to job, the latent of a sentence, and both on hardware that is wrong on demand.

use crate::common::faults::{Fault, missed};
use crate::common::simulations::simulation;
use crate::common::{build, skip, tiny};
use hvae_mnn::config::CellKind::{self, Gru, Lstm, Rnn};
use hvae_mnn::config::{Config, Family};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::{Context, Ending, Golden, Job, JobKind, Manner, Stop, scored};
use hvae_mnn::model::{Engine as _, Example, Network, Random};
use hvae_mnn::pipeline::{map_on, random_conversations, random_weights, varied_jobs};
use hvae_mnn::tools;

fn dialogue(cells: &[CellKind], skip: bool) -> Config {
    let mut config = tiny(cells);
    config.model.family = Family::Dialogue;
    (config.model.dense, config.model.latent, config.model.skip) = (7, 5, skip);
    config
}

/// Larger weights than those of training begin with: what was said must make a difference.
pub fn mapped(network: &Network, config: &Config) -> CrossbarNet {
    let first = random_weights(network, 3);
    let weights = first.iter().fold(first.clone(), |all, (name, _)| all.map(name, |w| 2.5 * w));
    map_on(network, &weights, config, &random_conversations(config.model.vocabulary, 4, 3)).unwrap()
}

/// A network of one's own: an LSTM keeps what it hears of a product of the words, a gate reads it before its turn, and so does
/// the decoder at every word.
const OWN: &str = r#"
    loop = [
        { name = "words", over = "positions" }, { name = "turns", over = "turns" }, { name = "asked", over = "heard" },
        { name = "sentence", over = "once" }, { name = "said", over = "written" },
    ]
    block = [
        { name = "embed", loop = "words", op = "embedding", size = 4 },
        { name = "reader", loop = "words", op = "cell", kind = "rnn", size = 6, inputs = ["embed"] },
        { name = "gist", loop = "turns", op = "linear", size = 5, inputs = ["reader"], activation = "tanh" },
        { name = "memory", loop = "turns", op = "cell", kind = "lstm", size = 6, inputs = ["gist"] },
        { name = "mood", loop = "turns", op = "cell", kind = "gru", size = 6, inputs = ["memory", "gist"] },
        { name = "p", loop = "asked", op = "moments", size = 4, inputs = [{ before = "memory" }, { before = "mood" }], clamp = 8.0 },
        { name = "q", loop = "asked", op = "moments", size = 4, inputs = ["reader", { before = "mood" }], clamp = 8.0 },
        { name = "z", loop = "sentence", op = "draw", posterior = "q", prior = "p" },
        { name = "gate", loop = "sentence", op = "linear", size = 6, inputs = ["z"], activation = "sigmoid" },
        { name = "mixed", loop = "sentence", op = "elementwise", function = "blend", inputs = ["gate", { before = "memory" }, { before = "mood" }] },
        { name = "start", loop = "sentence", op = "linear", size = 7, inputs = ["mixed", "z"] },
        { name = "again", loop = "said", op = "embedding", size = 4, tied = "embed" },
        { name = "speaker", loop = "said", op = "cell", kind = "gru", size = 7, inputs = ["again", { before = "memory" }], init = "start" },
        { name = "next_word", loop = "said", op = "vocabulary", inputs = ["speaker"] },
    ]
"#;

pub fn own() -> (Network, Config) {
    let mut config = tiny(&[Gru]);
    (config.model.family, config.model.network) = (Family::Custom, Some(OWN.into()));
    (Network::describe(&config.model, 1.0).unwrap(), config)
}

fn of_family(config: Config) -> (Network, Config) {
    (Network::describe(&config.model, 1.0).unwrap(), config)
}

/// Two conversations with an answer after every turn, scores and rewritings between, then jobs of every kind and manner.
fn jobs(golden: &Golden<hvae_mnn::crossbar::TiledMatrix>, config: &Config) -> Vec<Job> {
    let score = config.accelerator.score;
    let job = |kind, input: &[u32], seed: u64| {
        let input = input.iter().map(|&t| t as i32).collect();
        Job { seed, sample_z: seed % 2 == 1, ..Job::new(kind, input, 9) }
    };
    let mut jobs = Vec::new();
    for (c, conversation) in random_conversations(config.model.vocabulary, 2, 5).iter().enumerate() {
        for (turn, sentence) in conversation.turns.iter().enumerate() {
            let seed = (10 * c + turn) as u64;
            jobs.push(Job { fresh: turn == 0, ..job(JobKind::Generate, &[], seed) });
            if score {
                jobs.push(job(JobKind::Score, sentence, seed));
            }
            jobs.push(job(JobKind::Reconstruct, sentence, seed + 1));
            jobs.push(job(JobKind::Listen, sentence, seed));
        }
    }
    jobs.extend(varied_jobs(&golden.shape, 60, &mut Random::keyed(&[8])));
    jobs
}

fn agrees(name: &str, (network, config): (Network, Config)) {
    if let Err(why) = tools::VERILATOR.find() {
        return skip(&format!("{name} under Verilator"), &why.to_string());
    }
    let net = mapped(&network, &config);
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(&net, &config, folder.path());
    let golden = Golden::tiled(&net, &config.accelerator);
    let all = jobs(&golden, &config);
    let whole: Vec<Job> = all
        .iter()
        .filter(|job| job.manner.abort.is_none())
        .map(|job| Job { manner: Manner { ahead: false, eager: false, ..job.manner }, ..job.clone() })
        .collect();
    let simulation = simulation(folder.path(), Engine::Verilator, false, Effort::Build).unwrap();
    let play = |jobs: &[Job], stalls, reset_at, processes| {
        let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes };
        let options = RunOptions { stalls, reset_at, ..RunOptions::default() };
        let report = cosim.run(jobs, &options, &|_| {}).unwrap();
        assert_eq!(report.first_difference, None, "{name}, stalls {stalls}, reset {reset_at:?}");
        assert_eq!(report.cycles, report.cycles_expected, "{name}");
        report
    };
    let report = play(&all, 0, None, 1);
    assert!(report.bits_compared > 50_000 && report.tokens > 100, "{name}: {report:?}");
    println!(
        "{name}: {} bits, {} cycles, at the floor {}",
        report.bits_compared, report.cycles, report.cycles_floor
    );
    play(&all, 1, None, 1);
    play(&all, 2, None, 3);
    for (stalls, at) in [(0, 70), (3, 211)] {
        play(&whole, stalls, Some(at), 1);
    }
}

#[test]
#[ignore = "make test-all: its faults are planted in the same design"]
fn conversations_agree() {
    agrees("one level", of_family(dialogue(&[Gru], false)));
}

#[test]
fn conversations_of_two_levels_agree_on_noisy_cells() {
    let mut config = dialogue(&[Lstm, Gru], true);
    config.device.preset = "wan2022".into();
    config.noise.comparator = 0.3;
    config.model.decoder_cells = Some(vec![Rnn, Lstm]);
    agrees("two levels on noisy cells", of_family(config));
}

#[test]
#[ignore = "make test-all: one more design under Verilator"]
fn conversations_without_scores_agree() {
    let mut config = dialogue(&[Lstm], false);
    config.accelerator.score = false;
    agrees("without scores", of_family(config));
}

#[test]
fn conversations_of_a_network_of_ones_own_agree() {
    agrees("one's own", own());
}

/// What a host makes of the words of SCORE is what the golden engine says of the sentence, in its conversation.
#[test]
fn the_bound_is_made_of_what_the_hardware_sends() {
    let (network, config) = of_family(dialogue(&[Gru, Lstm], true));
    let net = mapped(&network, &config);
    let golden = Golden::tiled(&net, &config.accelerator);
    let mut engine = hvae_mnn::golden::GoldenEngine::new(&golden);
    let conversation = random_conversations(config.model.vocabulary, 1, 9).remove(0);
    let drawn = engine.drawn_conversations(&[&conversation], None).remove(0);
    let mut context = Context::default();
    for (turn, sentence) in conversation.turns.iter().enumerate() {
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let run = golden.run_in(&mut context, &Job::new(JobKind::Score, input.clone(), 1), Stop::Never);
        let sent = scored(&net.quant, &run.output);
        assert_eq!(sent.kl, drawn[turn].kl, "turn {turn}");
        assert_eq!(sent.log_ratio, drawn[turn].log_ratio);
        for (a, b) in sent.scores.iter().zip(&drawn[turn].scores) {
            assert!((a.log_probability - b.log_probability).abs() < 4e-3);
        }
        assert_eq!(sent.scores.len(), sentence.len() - 1);
        let run = golden.run_in(&mut context, &Job::new(JobKind::Listen, input, 1), Stop::Never);
        assert_eq!((run.ending, run.output.len()), (Ending::Answered, 0));
    }
    // Another order is another conversation.
    let turned = Example::conversation(conversation.turns.iter().rev().cloned().collect());
    let other = engine.drawn_conversations(&[&turned], None).remove(0);
    assert_ne!(other[3].kl, drawn[0].kl, "the first sentence, said last");
    assert_eq!(engine.drawn_conversations(&[&conversation], None)[0], drawn);
}

/// Faults, each with how the first signal that differs begins.
const FAULTS: [(Fault, &str); 6] = [
    (
        Fault::new(
            &["never_forgets"],
            "hvae_core",
            "wire forget = clear &&",
            "wire forget = clear && !fault_never_forgets &&",
        ),
        "",
    ),
    (
        Fault::new(
            &["always_forgets"],
            "hvae_core",
            "fresh_i || !begun_q",
            "fresh_i || fault_always_forgets || !begun_q",
        ),
        "",
    ),
    (
        Fault::new(
            &["keeps_its_codes"],
            "hvae_state_vec",
            "if (clear_i) planes_q <=",
            "if (clear_i && !fault_keeps_its_codes) planes_q <=",
        ),
        "",
    ),
    (
        Fault::new(
            &["forgets_its_words"],
            "hvae_state_vec",
            "if (clear_i) cleared_q <= 1'b1;",
            "if (clear_i || fault_forgets_its_words) cleared_q <= 1'b1;",
        ),
        "",
    ),
    (
        Fault::new(
            &["posterior_for_prior"],
            "hvae_core",
            ".source_i(!text_known)",
            ".source_i(!text_known && !fault_posterior_for_prior)",
        ),
        "z.z[",
    ),
    (
        Fault::new(
            &["draws_unsent"],
            "hvae_core",
            ".send_i(scoring)",
            ".send_i(scoring && !fault_draws_unsent)",
        ),
        "init1.h[",
    ),
];

#[test]
fn faults_in_conversations_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in conversations", &why.to_string());
    }
    let (network, config) = of_family(dialogue(&[Gru], false));
    let net = mapped(&network, &config);
    let job = |kind, input: &[i32], fresh| Job { seed: 4, fresh, ..Job::new(kind, input.to_vec(), 9) };
    let jobs = [
        job(JobKind::Listen, &[2, 7, 9, 14, 3], false),
        job(JobKind::Score, &[2, 8, 3], false),
        job(JobKind::Generate, &[], false),
        job(JobKind::Listen, &[2, 5, 11, 3], false),
        job(JobKind::Generate, &[], true),
        job(JobKind::Listen, &[2, 6, 3], false),
    ];
    assert_eq!(missed(&net, &config, &FAULTS, &jobs), Vec::<&str>::new());
}
