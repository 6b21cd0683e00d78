//! The bounds of every value of `hvae.toml` that a section can judge by itself.

use super::{Config, ConfigError};
use std::fmt::Display;

struct Checker<'a> {
    file: &'a str,
}

impl Checker<'_> {
    fn require(
        &self,
        ok: bool,
        (section, key): (&'static str, &'static str),
        found: impl Display,
        expected: impl Into<String>,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        if ok {
            return Ok(());
        }
        let (file, found, expected) = (self.file.to_string(), found.to_string(), expected.into());
        Err(ConfigError::Value { file, section, key, found, expected, hint })
    }

    fn within(
        &self,
        place: (&'static str, &'static str),
        found: u64,
        range: std::ops::RangeInclusive<u64>,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        let expected = format!("{} to {}", range.start(), range.end());
        self.require(range.contains(&found), place, found, expected, hint)
    }
}

/// Refuses values no stage could work with.
pub(super) fn check(file: &str, config: &Config) -> Result<(), ConfigError> {
    let c = Checker { file };
    model(&c, config)?;
    fixed(&c, config)?;
    crossbar(&c, config)?;
    accelerator(&c, config)
}

fn model(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let m = &config.model;
    c.require(
        m.family == "hsr-vae",
        ("model", "family"),
        &m.family,
        "\"hsr-vae\"",
        "the only family so far",
    )?;
    let levels =
        "the sequencer has 8 depths: levels and heads of the encoder, levels and vocabulary of the decoder";
    c.within(("model", "cells"), m.cells.len() as u64, 1..=7, levels)?;
    let decoder = m.decoder_cells.as_ref().unwrap_or(&m.cells);
    c.within(("model", "decoder_cells"), decoder.len() as u64, 1..=7, levels)?;
    c.within(("model", "embedding"), m.embedding as u64, 1..=4096, "the width of a word embedding")?;
    c.within(("model", "hidden"), m.hidden as u64, 1..=4096, "the units of a level")?;
    c.within(("model", "latent"), m.latent as u64, 1..=1024, "the dimensions of a level's latent state")?;
    c.within(
        ("model", "vocabulary"),
        m.vocabulary as u64,
        5..=65536,
        "four special tokens and at least one word; tokens are 16 bits",
    )
}

fn fixed(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let f = &config.fixed;
    c.within(("fixed", "weight_bits"), f.weight_bits.into(), 2..=12, "a sign and a magnitude")?;
    c.within(
        ("fixed", "input_bits"),
        f.input_bits.into(),
        3..=12,
        "bias rows need a bit below the sign's neighbour",
    )?;
    c.within(("fixed", "state_bits"), f.state_bits.into(), 8..=16, "two states share a beat of the stream")?;
    c.within(("fixed", "pre_bits"), f.pre_bits.into(), 8..=18, "pre-activations address the tables")?;
    c.within(
        ("fixed", "pre_frac"),
        f.pre_frac.into(),
        4..=u64::from(f.pre_bits.min(f.state_bits) - 2),
        "one integer bit beside the sign",
    )?;
    c.within(("fixed", "table_bits"), f.table_bits.into(), 8..=18, "outputs of sigmoid and tanh")?;
    let widest = f.pre_bits.min(f.state_bits) - 1;
    c.within(
        ("fixed", "table_address_bits"),
        f.table_address_bits.into(),
        2..=u64::from(widest.min(12)),
        "a segment needs a fraction bit",
    )?;
    c.within(("fixed", "logit_bits"), f.logit_bits.into(), 8..=16, "the score is 32 bits")
}

fn crossbar(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let x = &config.crossbar;
    c.within(("crossbar", "rows"), x.rows as u64, 1..=1024, "a tile has word lines")?;
    c.within(("crossbar", "columns"), x.columns as u64, 1..=4096, "a tile has bit lines")?;
    c.within(
        ("crossbar", "cell_bits"),
        x.cell_bits.into(),
        1..=u64::from(config.fixed.weight_bits.min(8)),
        "at most the weight's own bits fit a cell",
    )?;
    c.within(
        ("crossbar", "dac_bits"),
        x.dac_bits.into(),
        1..=u64::from(config.fixed.input_bits),
        "at most the input's own bits are driven at once",
    )?;
    c.within(("crossbar", "adc_bits"), x.adc_bits.into(), 1..=24, "real converters have 4 to 12")?;
    c.within(("crossbar", "adc_shift"), x.adc_shift.into(), 0..=16, "0 keeps every conductance step")?;
    c.within(
        ("crossbar", "columns_per_adc"),
        x.columns_per_adc as u64,
        1..=256,
        "the sequencer counts slots in 8 bits",
    )
}

fn accelerator(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let a = &config.accelerator;
    c.within(
        ("accelerator", "gate_lanes"),
        a.gate_lanes as u64,
        1..=256,
        "units of gate arithmetic per cell",
    )?;
    c.within(("accelerator", "token_lanes"), a.token_lanes as u64, 1..=1024, "logits compared per cycle")?;
    c.within(
        ("accelerator", "max_tokens"),
        a.max_tokens as u64,
        3..=4095,
        "a word between <sos> and <eos>; steps are counted in 12 bits",
    )?;
    let clock = a.clock_mhz;
    c.require(
        clock > 0.0 && clock <= 10_000.0,
        ("accelerator", "clock_mhz"),
        clock,
        "above 0, at most 10000",
        "a clock in megahertz",
    )
}
