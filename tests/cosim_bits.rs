//! Frames of bits that are read and written: the emitted design against the golden model, and on hardware that is wrong on
//! demand.

use crate::common::faults::{Fault, missed};
use crate::common::{mapped_family, skip};
use crate::cosim_networks::plays;
use hvae_mnn::config::CellKind::{Gru, Lstm, Rnn};
use hvae_mnn::config::{CellKind, Config, Family, Prior};
use hvae_mnn::golden::{Job, JobKind};
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{map_on, random_examples, random_weights};
use hvae_mnn::tools;

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
    for (cells, size, lanes) in [(&[Gru][..], 5, 2), (&[Lstm], 16, 1), (&[Rnn, Gru], 17, 5), (&[Gru], 37, 8)]
    {
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

/// Each with how the first signal that differs begins.
const FAULTS: [(Fault, &str); 12] = [
    // A frame is read in another order, does not begin in silence, and is the one before it.
    (
        Fault::new(
            &["mirrored"],
            "hvae_frame",
            "= read_data_i[l] ? StateBits'(One)",
            "= read_data_i[fault_mirrored ? 15 - l : l] ? StateBits'(One)",
        ),
        "frame.word[",
    ),
    (
        Fault::new(
            &["no_silence"],
            "hvae_core",
            "first ? 16'd0 : bits_word",
            "first && !fault_no_silence ? 16'd0 : bits_word",
        ),
        "frame.word[",
    ),
    (
        Fault::new(
            &["next_word"],
            "hvae_bits",
            "word_o <= words[word_index*16+:16];",
            "word_o <= words[32'(word_index & {WORD_BITS{!fault_next_word}})*16+:16];",
        ),
        "frame.word[",
    ),
    // Noise of another bit, without a sign, and where nothing is drawn.
    (
        Fault::new(
            &["one_draw"],
            "hvae_bits",
            "18'(group * Lanes + l)",
            "18'(group * Lanes + (fault_one_draw ? 0 : l))",
        ),
        "bits.token[",
    ),
    (
        Fault::new(&["one_sign"], "hvae_bits", "noise = sign ?", "noise = sign && !fault_one_sign ?"),
        "bits.token[",
    ),
    (
        Fault::new(
            &["always_draws"],
            "hvae_bits",
            "(sample_i ? 33'(noise) : 33'sd0)",
            "(sample_i || fault_always_draws ? 33'(noise) : 33'sd0)",
        ),
        "bits.token[",
    ),
    // The other end of the frame, a word too few, and one that says it is the last.
    (
        Fault::new(
            &["last_first"],
            "hvae_bits",
            "assign sent_o  = words[at_q*16+:16];",
            "assign sent_o  = fault_last_first ? chosen_o : words[at_q*16+:16];",
        ),
        "output[",
    ),
    (
        Fault::new(
            &["early_end"],
            "hvae_core",
            "token_push ? last : bits_sends ? 1'b0 :",
            "token_push ? last : bits_sends ? fault_early_end :",
        ),
        "output",
    ),
    // Scores: of the frame itself, of bits the other way round, cut, and without the ends of the sums.
    (
        Fault::new(
            &["same_frame"],
            "hvae_bits",
            "{16'd0, position_i} + 32'd1)",
            "{16'd0, position_i} + {31'd0, !fault_same_frame})",
        ),
        "bits.score[",
    ),
    (
        Fault::new(
            &["other_bit"],
            "hvae_bits",
            "x_q         <= target[bit_index] ?",
            "x_q         <= target[bit_index] ^ fault_other_bit ?",
        ),
        "bits.score[",
    ),
    (
        Fault::new(
            &["no_rest"],
            "hvae_bits",
            "against9 + 32'(rest)",
            "against9 + (fault_no_rest ? 32'd0 : 32'(rest))",
        ),
        "bits.score[",
    ),
    (
        Fault::new(
            &["spare_lanes"],
            "hvae_bits",
            "wire                     here   = number < Size;",
            "wire                     here   = number < Size || fault_spare_lanes;",
        ),
        "bits.score[",
    ),
];

#[test]
fn faults_in_frames_of_bits_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in frames of bits", &why.to_string());
    }
    let config = frames(&[Gru], 37);
    let net = mapped_family(&config);
    let piece: Vec<i32> = [0, 0, 0, 0x8421, 0x00ff, 0x11, 0x7fff, 0x8000, 0x0a, 1, 2, 3].to_vec();
    let jobs = [
        Job::new(JobKind::Generate, Vec::new(), 9).sampled(1.0, 3).unwrap(),
        Job::new(JobKind::Generate, Vec::new(), 4),
        Job::new(JobKind::Score, piece, 9),
    ];
    assert_eq!(missed(&net, &config, &FAULTS, &jobs), Vec::<&str>::new());
}
