//! Networks that are no HSR-VAE, on hardware: families, and descriptions of one's own.

use crate::common::simulations::simulation;
use crate::common::{build, tiny};
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{CellKind, Config, Family, LatentFrom, Prior};
use hvae_mnn::cosim::{Cosim, Effort, Engine, RunOptions};
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::golden::Golden;
use hvae_mnn::model::{Network, Random};
use hvae_mnn::pipeline::{map_on, random_examples, random_weights, varied_jobs};
use hvae_mnn::tools;

/// A described network with random weights on tiles.
fn on_tiles(network: &Network, config: &Config) -> CrossbarNet {
    let examples = random_examples(network, 8, 1);
    map_on(network, &random_weights(network, 1), config, &examples).unwrap()
}

/// Plays jobs of every kind that the network has, without stalls and with them.
fn agrees(name: &str, network: &Network, config: &Config, count: usize) {
    plays(name, &on_tiles(network, config), config, count);
}

/// The same of a network on tiles.
pub fn plays(name: &str, net: &CrossbarNet, config: &Config, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let emitted = build(net, config, folder.path());
    let golden = Golden::tiled(net, &config.accelerator);
    let shape = golden.shape;
    let jobs = varied_jobs(&shape, count, &mut Random::keyed(&[11]));
    if let Err(why) = tools::VERILATOR.find() {
        return crate::common::skip(name, &why.to_string());
    }
    let simulation = simulation(folder.path(), Engine::Verilator, false, Effort::Build)
        .unwrap_or_else(|why| panic!("{name}: {why}"));
    let cosim = Cosim { design: &emitted.design, golden: &golden, simulation: &simulation, processes: 1 };
    for stalls in [0, 3] {
        let report = cosim.run(&jobs, &RunOptions { stalls, ..RunOptions::default() }, &|_| {}).unwrap();
        assert_eq!(report.first_difference, None, "{name}, stalls {stalls}");
        assert_eq!(report.cycles, report.cycles_expected, "{name}, stalls {stalls}");
        assert!(report.bits_compared > 1000, "{name}: {report:?}");
    }
}

fn family(family: Family, cells: &[hvae_mnn::config::CellKind]) -> (Network, Config) {
    let mut config = tiny(cells);
    config.model.family = family;
    (Network::describe(&config.model, 1.0).unwrap(), config)
}

#[test]
fn language_models_write_and_score() {
    for cells in [&[Gru][..], &[Lstm, Gru]] {
        let (network, config) = family(Family::LanguageModel, cells);
        agrees("language model", &network, &config, 12);
    }
}

/// A latent at every step: of a prior that reads the state, with noise in the converters, and of none; of two levels;
/// of an answer without SCORE; and drawn in a wave, where the steps lie side by side.
#[test]
fn latents_of_steps_are_drawn() {
    let forcing = |cells: &[CellKind], prior: Prior| {
        let mut config = tiny(cells);
        config.model.family = Family::ZForcing;
        (config.model.prior, config.model.dense, config.model.latent) = (prior, 7, 5);
        config
    };
    let of = |config: &Config| Network::describe(&config.model, 1.0).unwrap();
    let mut noisy = forcing(&[Lstm], Prior::Learned);
    noisy.device.preset = "wan2022".into();
    agrees("latents of steps, noise", &of(&noisy), &noisy, 12);
    let standard = forcing(&[Gru, Rnn], Prior::Standard);
    agrees("latents of steps, standard prior", &of(&standard), &standard, 12);
    let mut silent = forcing(&[Rnn], Prior::Learned);
    silent.accelerator.score = false;
    agrees("latents of steps, no scores", &of(&silent), &silent, 8);
    let wave = r#"
        loop = [{ name = "back", over = "backwards" }, { name = "text", over = "written" }]
        block = [
            { name = "heard", loop = "back", op = "embedding", size = 4 },
            { name = "bwd", loop = "back", op = "cell", kind = "gru", size = 5, inputs = ["heard"] },
            { name = "late", loop = "text", op = "cell", kind = "rnn", size = 3, inputs = [{ before = "z" }] },
            { name = "post", loop = "text", op = "moments", size = 3, inputs = ["bwd"], clamp = 8.0 },
            { name = "z", loop = "text", op = "draw", posterior = "post" },
            { name = "dec", loop = "text", op = "cell", kind = "gru", size = 6, inputs = ["z", "late"] },
            { name = "words", loop = "text", op = "vocabulary", inputs = ["dec"] },
        ]
    "#;
    let network = Network::from_text("network.toml", wave, 23).unwrap();
    agrees("latents of steps in a wave", &network, &tiny(&[Gru]), 12);
}

/// States that start from a linear block with a bias, and c of an LSTM from zero: as `nn.LSTM` is often given them.
#[test]
fn c_starts_from_zero_where_it_should() {
    let mut config = tiny(&[Gru]);
    config.model.decoder_cells = Some(vec![Lstm, Gru]);
    let text = Network::describe(&config.model, 1.0).unwrap().to_text();
    let text = text
        .replacen("init = \"init1\"\n", "init = \"init1\"\nc_0 = \"zero\"\n", 1)
        .replace("bias = false\n", "");
    let network = Network::from_text("network.toml", &text, config.model.vocabulary).unwrap();
    assert!(network.to_text().contains("c_0 = \"zero\"") && !network.to_text().contains("bias = false"));
    agrees("c from zero", &network, &config, 12);
    // It matters: with c from h the golden model says something else.
    let other = text.replace("c_0 = \"zero\"\n", "");
    let other = Network::from_text("network.toml", &other, config.model.vocabulary).unwrap();
    let (zero, same) = (on_tiles(&network, &config), on_tiles(&other, &config));
    let jobs = varied_jobs(&Golden::tiled(&zero, &config.accelerator).shape, 12, &mut Random::keyed(&[11]));
    let differ = jobs.iter().any(|job| {
        let run = |net: &CrossbarNet| Golden::tiled(net, &config.accelerator).run(job).output;
        run(&zero) != run(&same)
    });
    assert!(differ);
}

#[test]
fn latents_are_drawn_given_those_above() {
    let mut config = tiny(&[Gru, Rnn]);
    config.model.latent_from = LatentFrom::TopDown;
    let network = Network::describe(&config.model, 1.0).unwrap();
    agrees("top down", &network, &config, 20);
}

/// Words that are written one depth after the other, with a state read before it is computed anew, a depth that
/// is skipped, and inputs side by side.
#[test]
fn chains_wait_for_what_they_read() {
    let text = r#"
        loop = [{ name = "text", over = "written" }]
        [[block]]
        name = "embed"
        loop = "text"
        op = "embedding"
        size = 4
        [[block]]
        name = "below"
        loop = "text"
        op = "cell"
        kind = "gru"
        size = 5
        inputs = ["embed", { before = "above" }]
        [[block]]
        name = "above"
        loop = "text"
        op = "cell"
        kind = "lstm"
        size = 6
        inputs = ["below"]
        [[block]]
        name = "words"
        loop = "text"
        op = "vocabulary"
        inputs = ["above", "below", "embed"]
    "#;
    let network = Network::from_text("network.toml", text, 23).unwrap();
    let config = tiny(&[Gru]);
    agrees("chain", &network, &config, 12);
}

/// Two blocks with the weights of one table have codes of their own: what reads one of them may need another format.
#[test]
fn a_tied_table_has_its_own_codes() {
    let text = r#"
        loop = [{ name = "read", over = "positions" }, { name = "once", over = "once" }, { name = "text", over = "written" }]
        block = [
            { name = "table", loop = "read", op = "embedding", size = 6 },
            { name = "silent", loop = "read", op = "linear", size = 4, inputs = ["table"] },
            { name = "twice", loop = "once", op = "elementwise", function = "add", inputs = ["table", "table"] },
            { name = "again", loop = "text", op = "embedding", size = 6, tied = "table" },
            { name = "words", loop = "text", op = "vocabulary", inputs = ["twice", "again"] },
        ]
    "#;
    let network = Network::from_text("network.toml", text, 23).unwrap();
    let net = on_tiles(&network, &tiny(&[Gru]));
    let format = |name| net.quant.dac[network.find(name).unwrap()];
    assert_ne!(format("table"), format("again"), "one format for both: nothing is tried");
    agrees("tied table", &network, &tiny(&[Gru]), 12);
}

/// The same vector of another loop twice, and a part of it beside it: its positions are kept once.
#[test]
fn what_is_read_twice_is_kept_once() {
    let text = r#"
        loop = [{ name = "back", over = "backwards" }, { name = "forth", over = "positions" }]
        block = [
            { name = "words", loop = "back", op = "embedding", size = 4 },
            { name = "bwd", loop = "back", op = "cell", kind = "gru", size = 5, inputs = ["words"] },
            { name = "again", loop = "forth", op = "embedding", size = 4, tied = "words" },
            { name = "mixed", loop = "forth", op = "linear", size = 5, inputs = ["bwd", "again", "bwd"] },
            { name = "tag", loop = "forth", op = "label", size = 3, inputs = ["mixed", "bwd", "bwd"] },
        ]
    "#;
    let network = Network::from_text("network.toml", text, 23).unwrap();
    agrees("read twice", &network, &tiny(&[Gru]), 12);
}
