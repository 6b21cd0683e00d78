//! Objectives that a network has no rule for.

use crate::config::{Protocol, Train};
use crate::model::{ModelError, Network, Op};

/// Refuses an objective that the latents of `network` have no rule for.
pub(super) fn fits(train: &Train, network: &Network) -> Result<(), ModelError> {
    let refuse = |key: &str, value: f32, expected: &str, to_do: &str| {
        Err(ModelError::new(format!("[train] {key}"), expected, value.to_string(), to_do))
    };
    if network.draw().is_some() && (train.batch_norm > 0.0 || train.lagging_steps > 0) {
        let (key, value) = match train.batch_norm > 0.0 {
            true => ("batch_norm", train.batch_norm),
            false => ("lagging_steps", train.lagging_steps as f32),
        };
        return refuse(key, value, "0 with a latent at every step", "set it to 0");
    }
    if train.validate_on == Protocol::Padded && network.latent().is_none() {
        let expected = "\"paper\" or \"honest\" without a z that is read off sentences";
        let to_do = "nothing is padded; choose one of them";
        return Err(ModelError::new("[train] validate_on", expected, "\"padded\"", to_do));
    }
    if train.labels > 0 && network.label_beside_words().is_none() {
        let expected = "0 where no label is said beside words";
        return refuse("labels", train.labels as f32, expected, "set [model] label = true, or leave it out");
    }
    if network.flow().is_some() && train.free_nats > 0.0 {
        let expected = "0 with a flow, whose KL is not a sum over dimensions";
        return refuse("free_nats", train.free_nats, expected, "use free_nats_of_z");
    }
    if network.flow().is_some() && train.last_step_kl == 0.0 {
        let expected = "above 0 with a flow: nothing else charges what it makes";
        return refuse("last_step_kl", train.last_step_kl, expected, "1 makes the objective a bound");
    }
    if train.hardware_every > 0 && network.blocks.iter().any(|block| block.only_train) {
        let every = train.hardware_every as f32;
        return refuse(
            "hardware_every",
            every,
            "0 with blocks that are there for training alone",
            "set it to 0",
        );
    }
    if train.batch_norm > 0.0 && !network.latent_drawn_at_once() {
        let expected = "0 where one draw leads to another";
        return refuse("batch_norm", train.batch_norm, expected, "set it to 0");
    }
    if train.batch_norm > 0.0 && network.bits_block().is_some() {
        let expected = "0 where frames are written";
        return refuse("batch_norm", train.batch_norm, expected, "set it to 0");
    }
    if train.piece_frames > 0 && network.bits_block().is_none() {
        let expected = "0 where no frames are written";
        return refuse("piece_frames", train.piece_frames as f32, expected, "set it to 0");
    }
    let all_last = network
        .latents()
        .all(|id| matches!(&network.blocks[id].op, Op::Latent { steps, .. } if steps.is_last()));
    if !all_last && (train.batch_norm > 0.0 || train.last_step_kl > 0.0) {
        let expected = "0 (and batch_norm = 0) with steps = \"mean\" or \"sum\"";
        return refuse(
            "last_step_kl",
            train.last_step_kl,
            expected,
            "charge the states of all steps (step_kl)",
        );
    }
    Ok(())
}
