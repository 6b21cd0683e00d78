//! Names of loops and blocks: they become parts of names of tensors and of Verilog.

use super::ModelError;
use super::check::wrong;

/// Instances (`u_NAME`) and nets (`NAME_data`) that every core has.
pub(super) const IN_EVERY_CORE: [&str; 8] =
    ["engine", "input", "job", "key", "noise_key", "output", "program", "read"];

/// Modules (`hvae_NAME`) that designs have: a cell is a module of its own.
pub(super) const MODULES: [&str; 55] = [
    "accumulate",
    "axil_regs",
    "bits",
    "combine",
    "core",
    "dac",
    "delay",
    "dense",
    "draw_sender",
    "embedding",
    "engine",
    "fifo",
    "frame",
    "gate_gru",
    "gate_lstm",
    "gate_rnn",
    "input_buffer",
    "job_seq",
    "label",
    "lanes_requant",
    "latent",
    "linear",
    "log2",
    "log_prob",
    "matvec",
    "mix",
    "noise",
    "octave_table",
    "part_sum",
    "plane_words",
    "pool",
    "requant",
    "reset_sync",
    "rng_key",
    "rng_lane",
    "sat_add",
    "sender",
    "share",
    "skid",
    "stage_seq",
    "state_vec",
    "step_store",
    "step_words",
    "table",
    "tb",
    "terminal",
    "tile",
    "tile_core",
    "token_choice",
    "turns",
    "top",
    "uart",
    "ulx3s",
    "vocab",
    "words",
];

pub(super) fn taken(name: &str) -> ModelError {
    let to_do = "rename it: a module, an instance or a net of designs is called so";
    wrong(format!("name `{name}`"), "a name of its own", format!("`{name}`"), to_do)
}

/// A name becomes part of names of tensors and of Verilog.
pub(super) fn check_name(name: &str) -> Result<(), ModelError> {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let rest = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match first && rest && name.len() <= 40 {
        true => Ok(()),
        false => Err(wrong(
            format!("name `{name}`"),
            "a small letter, then small letters, digits and `_`, 40 at most",
            format!("`{name}`"),
            "rename it: it becomes part of names of tensors and of Verilog",
        )),
    }
}

pub(super) fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), ModelError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(wrong(format!("{what} {name}"), "a name of its own", "it twice", "rename one"));
        }
    }
    Ok(())
}
