//! Bounds of `[train]`.

use super::Checker;
use crate::config::{Config, ConfigError, KlSchedule, LatentFrom};

pub(super) fn check(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let t = &config.train;
    c.within(("train", "epochs"), t.epochs as u64, 1..=100_000, "passes over the sentences")?;
    let rises = t.kl_ratio > 0.0 && t.kl_ratio <= 1.0;
    c.require(
        rises,
        ("train", "kl_ratio"),
        t.kl_ratio,
        "above 0, at most 1",
        "the share of a cycle in which the weight rises",
    )?;
    c.require(
        (0.0..=1.0).contains(&t.kl_start),
        ("train", "kl_start"),
        t.kl_start,
        "0 to 1",
        "the weight a cycle starts with",
    )?;
    c.require(
        !t.restarts || (t.kl_schedule == KlSchedule::Cyclical && t.kl_warmup_epochs > 0.0),
        ("train", "restarts"),
        t.restarts,
        "false, or kl_schedule = \"cyclical\" with kl_warmup_epochs above 0",
        "it begins anew with the cycles of the KL",
    )?;
    let steps = config.model.latent_steps;
    c.require(
        steps.is_last() || t.last_step_kl == 0.0,
        ("train", "last_step_kl"),
        t.last_step_kl,
        "0 with latent_steps = \"mean\" or \"sum\"",
        "TWR-VAE charges the states of all steps (step_kl)",
    )?;
    c.require(
        t.batch_norm == 0.0 || steps.is_last(),
        ("train", "batch_norm"),
        t.batch_norm,
        "0 with latent_steps = \"mean\" or \"sum\"",
        "the means of the last step are what is normalised",
    )?;
    c.require(
        t.batch_norm == 0.0 || config.model.latent_from != LatentFrom::TopDown,
        ("train", "batch_norm"),
        t.batch_norm,
        "0 with latent_from = \"top-down\"",
        "means that depend on a draw do not fold into a head",
    )?;
    let every = t.hardware_every;
    let fits = every == 0 || 500 % every == 0;
    c.require(
        fits,
        ("train", "hardware_every"),
        every,
        "0 or a divisor of 500",
        "checkpoints lie between two programmings",
    )?;
    c.within(("train", "batch"), t.batch as u64, 1..=65536, "sentences per update")?;
    c.within(("train", "most_tokens"), t.most_tokens as u64, 3..=4096, "<sos>, words, <eos>")?;
    let weights: [(&'static str, f32, &'static str); 18] = [
        ("lambda_low", t.lambda_low, "a weight in the objective"),
        ("step_kl", t.step_kl, "a weight in the objective"),
        ("last_step_kl", t.last_step_kl, "a weight in the objective"),
        ("free_nats", t.free_nats, "nats per dimension of z"),
        ("free_nats_of_z", t.free_nats_of_z, "nats of z as a whole"),
        ("batch_norm", t.batch_norm, "the deviation of the means of z"),
        ("start_penalty", t.start_penalty, "a weight in the objective"),
        ("start_limit", t.start_limit, "the size of a state"),
        ("kl_warmup_epochs", t.kl_warmup_epochs, "epochs, or part of one"),
        ("final_learning_rate", t.final_learning_rate, "a share of learning_rate"),
        ("weight_decay", t.weight_decay, "0 leaves it out"),
        ("clip_norm", t.clip_norm, "0 leaves it out"),
        ("label_weight", t.label_weight, "a weight in the objective"),
        ("code_noise", t.code_noise, "a deviation; 0.1 is usual"),
        ("embedding_deviation", t.embedding_deviation, "a deviation; 0 for 1 / sqrt(embedding)"),
        ("auxiliary", t.auxiliary, "a weight in the objective"),
        ("auxiliary_end", t.auxiliary_end, "a weight in the objective"),
        ("auxiliary_epochs", t.auxiliary_epochs, "epochs, or part of one"),
    ];
    for (key, value, hint) in weights {
        c.require(value.is_finite() && value >= 0.0, ("train", key), value, "0 or more", hint)?;
    }
    let epsilon = t.adam_epsilon;
    c.require(
        epsilon > 0.0 && epsilon <= 1.0,
        ("train", "adam_epsilon"),
        epsilon,
        "above 0, at most 1",
        "added to the deviation of the gradient, which may be 0",
    )?;
    c.require(
        (0.0..1.0).contains(&t.adam_beta2),
        ("train", "adam_beta2"),
        t.adam_beta2,
        "0 or more, below 1",
        "0.999 is usual",
    )?;
    for (key, value) in [
        ("embedding_dropout", t.embedding_dropout),
        ("level_dropout", t.level_dropout),
        ("output_dropout", t.output_dropout),
        ("word_dropout", t.word_dropout),
    ] {
        let share = (0.0..1.0).contains(&value);
        c.require(share, ("train", key), value, "0 or more, below 1", "the share that is dropped")?;
    }
    let rate = t.learning_rate;
    c.require(
        rate > 0.0 && rate <= 1.0,
        ("train", "learning_rate"),
        rate,
        "above 0, at most 1",
        "1e-4 to 3e-3 is usual",
    )
}
