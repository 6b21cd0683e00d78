//! Frames of bits that are read and written: the emitted design against the golden model, and on hardware that is wrong on
//! demand.

use crate::cosim_networks::plays;
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{CellKind, Config, Family, Prior};
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{map_on, random_examples, random_weights};

/// A language model of frames.
fn frames(cells: &[CellKind], frame: usize) -> Config {
    let mut config = crate::common::tiny(cells);
    (config.model.family, config.model.frame) = (Family::LanguageModel, frame);
    config
}

fn agrees(name: &str, network: &Network, config: &Config, count: usize) {
    let net = map_on(network, &random_weights(network, 1), config, &random_examples(network, 8, 1)).unwrap();
    plays(name, &net, config, count);
}

fn family_agrees(name: &str, config: &Config, count: usize) {
    agrees(name, &Network::describe(&config.model, 1.0).unwrap(), config, count);
}

#[test]
fn frames_are_written_and_scored() {
    // Words of a frame: one, one exactly, two with one bit in the last, three; lanes that do and do not divide them.
    for (cells, size, lanes) in [(&[Gru][..], 5, 2), (&[Lstm], 16, 1), (&[Rnn, Gru], 17, 5), (&[Gru], 37, 8)] {
        let mut config = frames(cells, size);
        config.accelerator.token_lanes = lanes.into();
        family_agrees(&format!("frames of {size} bits"), &config, 12);
    }
}

/// So many words of a frame that they are still read when the converters are done.
#[test]
fn long_frames_are_waited_for() {
    let mut config = frames(&[Rnn], 200);
    config.crossbar.dac_bits = 8;
    config.crossbar.columns_per_adc = 1;
    config.accelerator.token_lanes = 16.into();
    family_agrees("long frames", &config, 6);
}

#[test]
fn frames_without_scores_are_written() {
    let mut config = frames(&[Gru], 21);
    config.accelerator.score = false;
    family_agrees("frames, no scores", &config, 8);
}

/// A latent at every frame, of a learned prior with noise in the converters, and of the standard one.
#[test]
fn latents_of_frames_are_drawn() {
    for (cells, prior, preset) in [(Lstm, Prior::Learned, "wan2022"), (Gru, Prior::Standard, "ideal")] {
        let mut config = frames(&[cells], 21);
        config.model.family = Family::ZForcing;
        (config.model.prior, config.model.dense, config.model.latent) = (prior, 7, 5);
        config.device.preset = preset.into();
        family_agrees("latents of frames", &config, 12);
    }
}

/// Frames through a z of the whole piece: all five jobs.
#[test]
fn pieces_go_through_z() {
    let text = r#"
        loop = [{ name = "read", over = "backwards" }, { name = "once", over = "once" }, { name = "write", over = "written" }]
        block = [
            { name = "heard", loop = "read", op = "input", size = 19 },
            { name = "enc", loop = "read", op = "cell", kind = "gru", size = 4, inputs = ["heard"] },
            { name = "q", loop = "read", op = "moments", size = 3, inputs = ["enc"] },
            { name = "z", loop = "once", op = "latent", moments = ["q"] },
            { name = "start", loop = "once", op = "linear", size = 6, inputs = ["z"] },
            { name = "played", loop = "write", op = "input", size = 19 },
            { name = "dec", loop = "write", op = "cell", kind = "lstm", size = 6, inputs = ["played", "z"], init = "start" },
            { name = "next", loop = "write", op = "bits", size = 19, inputs = ["dec"] },
        ]
    "#;
    let network = Network::from_text("music.toml", text, 0).unwrap();
    let mut config = crate::common::tiny(&[Gru]);
    // As z is drawn.
    config.accelerator.max_tokens = 9;
    agrees("pieces through z", &network, &config, 20);
}
