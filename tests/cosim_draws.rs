//! Latents of steps on hardware that is wrong on demand.

use crate::common::faults::{Fault, missed};
use crate::common::{skip, tiny};
use hvae_mnn::config::CellKind::Lstm;
use hvae_mnn::config::Family;
use hvae_mnn::golden::{Job, JobKind};
use hvae_mnn::model::Network;
use hvae_mnn::pipeline::{map, random_sentences, random_weights};
use hvae_mnn::tools;

/// Each with how the first signal that differs begins.
const FAULTS: [(Fault, &str); 9] = [
    // Every step has the noise of the first.
    (
        Fault::new(
            &["one_step"],
            "hvae_core",
            ".step_i(position[11:0])",
            ".step_i(position[11:0] & {12{!fault_one_step}})",
        ),
        "z.z[",
    ),
    // Of the prior where the text is known, and the other way round.
    (
        Fault::new(
            &["other_source"],
            "hvae_core",
            ".source_i(!text_known)",
            ".source_i(!text_known ^ fault_other_source)",
        ),
        "z.z[",
    ),
    // The prior waits a step longer.
    (
        Fault::new(
            &["known_longer"],
            "hvae_core",
            "wire text_known = !draw[1] && position + 16'd1 < frames;",
            "wire text_known = !draw[1] && position + {15'd0, !fault_known_longer} < frames;",
        ),
        "prior_hidden.word[0] (cycle of the write)",
    ),
    // GENERATE takes means.
    (
        Fault::new(
            &["no_draw"],
            "hvae_core",
            "= draw[1] || sample_z_i;",
            "= draw[1] && !fault_no_draw || sample_z_i;",
        ),
        "z.z[",
    ),
    // The level behind stands a position off.
    (
        Fault::new(
            &["not_ahead"],
            "hvae_core",
            ".read_index_i(position + 16'd1)",
            ".read_index_i(position + {15'd0, !fault_not_ahead})",
        ),
        "post_hidden.word[",
    ),
    // What leaves: in another order, of another dimension, one word short, and where nobody asked.
    (
        Fault::new(
            &["other_order"],
            "hvae_draw_sender",
            "read_part_q == 2'd0 ? pairs_q[31:0]",
            "(read_part_q == 2'd0) ^ fault_other_order ? pairs_q[31:0]",
        ),
        "output[",
    ),
    (
        Fault::new(
            &["pair_off"],
            "hvae_draw_sender",
            "if (pair_i) pairs[pair_q] <= pairs_i;",
            "if (pair_i) pairs[pair_q ^ INDEX_BITS'(fault_pair_off)] <= pairs_i;",
        ),
        "output[",
    ),
    (
        Fault::new(
            &["z_without_sign"],
            "hvae_draw_sender",
            "wire [31:0] z_word = 32'(z_q);",
            "wire [31:0] z_word = fault_z_without_sign ? 32'(unsigned'(z_q)) : 32'(z_q);",
        ),
        "output[",
    ),
    (
        Fault::new(
            &["sent_unasked"],
            "hvae_draw_sender",
            "if (last_z && send_i)",
            "if (last_z && (send_i || fault_sent_unasked))",
        ),
        "",
    ),
];

#[test]
fn faults_in_latents_of_steps_are_found() {
    if let Err(why) = tools::VERILATOR.find() {
        return skip("planted faults in latents of steps", &why.to_string());
    }
    let mut config = tiny(&[Lstm]);
    config.model.family = Family::ZForcing;
    (config.model.dense, config.model.latent) = (7, 5);
    let network = Network::describe(&config.model, 1.0).unwrap();
    let net = map(&network, &random_weights(&network, 1), &config, &random_sentences(23, 8, 1)).unwrap();
    let sentence = vec![2, 7, 9, 14, 3];
    let job =
        |kind, input: &[i32], sample_z, seed| Job { sample_z, seed, ..Job::new(kind, input.to_vec(), 9) };
    let jobs = [
        job(JobKind::Generate, &[], false, 3),
        job(JobKind::Reconstruct, &sentence, true, 4),
        job(JobKind::Score, &sentence, true, 5),
        job(JobKind::Score, &sentence, false, 6),
    ];
    assert_eq!(missed(&net, &config, &FAULTS, &jobs), Vec::<&str>::new());
}
