//! The bounds of every value of `hvae.toml` that the text can judge by itself.

mod bounds;
mod device;
mod train;

pub use bounds::Bound;

use super::{BOARDS, Config, ConfigError, Encoding, Family, Flow, Lanes, LatentFrom};
use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;

struct Checker<'a> {
    file: &'a str,
    /// Where bounds are asked for: all of them, and nothing is refused.
    bounds: Option<RefCell<Vec<Bound>>>,
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
        if let Some(bounds) = &self.bounds {
            bounds.borrow_mut().push(Bound { section, key, expected: expected.into(), hint });
            return Ok(());
        }
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
        range: RangeInclusive<u64>,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        let expected = format!("{} to {}", range.start(), range.end());
        self.require(range.contains(&found), place, found, expected, hint)
    }

    /// A finite number of a range.
    fn real(
        &self,
        place: (&'static str, &'static str),
        found: f64,
        range: RangeInclusive<f64>,
        hint: &'static str,
    ) -> Result<(), ConfigError> {
        let show = |x: f64| {
            if x.abs() >= 1e5 || (x != 0.0 && x.abs() < 1e-3) { format!("{x:e}") } else { x.to_string() }
        };
        let expected = format!("{} to {}", show(*range.start()), show(*range.end()));
        self.require(range.contains(&found), place, found, expected, hint)
    }
}

impl Config {
    /// Refuses values that no stage could work with; `file` is how messages call where they stand.
    ///
    /// # Errors
    ///
    /// The first value that no stage could work with, by section and key.
    pub fn check(&self, file: &str) -> Result<(), ConfigError> {
        self.check_with(&Checker { file, bounds: None })
    }

    fn check_with(&self, c: &Checker) -> Result<(), ConfigError> {
        model(c, self)?;
        train::check(c, self)?;
        fixed(c, self)?;
        crossbar(c, self)?;
        device::check(c, &self.device)?;
        for (key, ohm) in self.wires.resistances() {
            c.real(("wires", key), ohm, 0.0..=1e9, "ohms; 0 leaves the resistance out")?;
        }
        for (key, amount) in self.noise.amounts() {
            c.real(("noise", key), amount, 0.0..=1000.0, "0 leaves it out")?;
        }
        accelerator(c, self)?;
        target(c, self)
    }
}

fn model(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let m = &config.model;
    let described = m.description.is_some() || m.network.is_some();
    c.require(
        described == (m.family == Family::Custom),
        ("model", "description"),
        m.description.as_deref().unwrap_or("none"),
        "a file with family = \"custom\", and none otherwise",
        "it describes the network",
    )?;
    c.within(("model", "classes"), m.classes as u64, 2..=4096, "labels to tell apart")?;
    c.within(("model", "frame"), m.frame as u64, 1..=4096, "numbers of a frame that is read")?;
    c.within(("model", "values"), m.values as u64, 1..=1024, "numbers that are predicted")?;
    c.within(("model", "dense"), m.dense as u64, 1..=4096, "the units of a hidden layer")?;
    c.within(("model", "flow_steps"), m.flow_steps as u64, 1..=16, "steps that carry z on")?;
    c.within(("model", "flow_hidden"), m.flow_hidden as u64, 1..=4096, "the units of a hidden layer")?;
    let parts = m.family != Family::FlowVrae || m.flow == Flow::None || m.latent * m.cells.len() > 1;
    c.require(parts, ("model", "latent"), m.latent, "2 or more with a flow", "z is carried on in parts")?;
    let of_both = m.family != Family::FlowVrae || m.latent_from != LatentFrom::TopDown;
    c.require(
        of_both,
        ("model", "latent_from"),
        "top-down",
        "both or top with family = \"flow-vrae\"",
        "z is drawn at once",
    )?;
    let at_last = m.family != Family::FlowVrae || m.flow == Flow::None || m.latent_steps.is_last();
    c.require(
        at_last,
        ("model", "latent_steps"),
        m.latent_steps.name(),
        "last with a flow",
        "the z of the last step is carried on",
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
    if let Some(share) = f.weight_clip {
        let sensible = (0.0..1.0).contains(&share);
        c.require(sensible, ("fixed", "weight_clip"), share, "0 or more, below 1", "a share of the weights")?;
    }
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
        ("crossbar", "adc_bits + adc_shift"),
        (x.adc_bits + x.adc_shift).into(),
        1..=30,
        "a column sum has less than 31 bits; lower one of them",
    )?;
    let bent = config.noise.inl > 0.0 || config.noise.dnl > 0.0;
    c.require(
        !bent || x.adc_bits <= 16,
        ("crossbar", "adc_bits"),
        x.adc_bits,
        "at most 16 with [noise] inl or dnl",
        "a bent converter is a table of all its codes",
    )?;
    let codes = (1u64 << x.adc_bits) - 1;
    c.within(("crossbar", "adc_zero"), x.adc_zero.into(), 0..=codes, "a code of the converter")?;
    c.require(
        x.reads.is_power_of_two() && x.reads <= 64,
        ("crossbar", "reads"),
        x.reads,
        "1, 2, 4, 8, 16, 32 or 64",
        "their mean is a shift",
    )?;
    let phases = config.fixed.input_bits.div_ceil(x.dac_bits.max(1));
    c.within(
        ("crossbar", "read_phases"),
        x.read_phases.into(),
        0..=phases.into(),
        "0 or no more than the phases of an input: [fixed] input_bits / dac_bits",
    )?;
    let again = if x.read_phases == 0 { phases } else { x.read_phases } * (x.reads - 1);
    c.within(
        ("crossbar", "reads x read_phases"),
        (phases + again).into(),
        1..=256,
        "conversions of a column, counted in 8 bits; lower one of them",
    )?;
    c.require(
        !x.flip || x.encoding == Encoding::Offset,
        ("crossbar", "flip"),
        x.flip,
        "false with encoding = \"differential\"",
        "what a flipped column lacks is known from the offset column of encoding = \"offset\"",
    )?;
    c.within(
        ("crossbar", "spare_columns"),
        x.spare_columns as u64,
        0..=4095,
        "places for weights on a tile",
    )?;
    c.within(
        ("crossbar", "columns_per_adc"),
        x.columns_per_adc as u64,
        1..=256,
        "the sequencer counts slots in 8 bits",
    )?;
    c.within(
        ("crossbar", "physical_tiles"),
        x.physical_tiles as u64,
        0..=1_000_000,
        "0: as many as the weights need",
    )?;
    c.require(
        !x.shared || (1..=99).contains(&x.physical_tiles),
        ("crossbar", "physical_tiles"),
        x.physical_tiles,
        "1 to 99 with shared = true",
        "they stand side by side, and all matrices take turns on them",
    )
}

fn accelerator(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let a = &config.accelerator;
    for (key, lanes, most, hint) in [
        ("gate_lanes", a.gate_lanes, 256, "units of gate arithmetic per cell"),
        ("token_lanes", a.token_lanes, 1024, "logits compared per cycle"),
    ] {
        if let Lanes::Count(count) = lanes {
            c.within(("accelerator", key), count as u64, 1..=most, hint)?;
        }
    }
    c.within(
        ("accelerator", "max_tokens"),
        a.max_tokens as u64,
        3..=4095,
        "a word between <sos> and <eos>; steps are counted in 12 bits",
    )?;
    c.real(("accelerator", "clock_mhz"), a.clock_mhz, 0.001..=10_000.0, "a clock in megahertz")
}

/// A board has its parts and its clock.
fn target(c: &Checker, config: &Config) -> Result<(), ConfigError> {
    let (target, clock) = (&config.target, config.accelerator.clock_mhz);
    if target.board.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
    let known = format!("{}, or \"\" for none", names.join(", "));
    c.require(target.board().is_some(), ("target", "board"), &target.board, known, "a board with its pins")?;
    let Some(board) = target.board() else { return Ok(()) };
    c.require(
        board.has(target.part()),
        ("target", "part"),
        &target.part,
        format!("{} on the board {}, or \"\" for the first", board.parts.join(", "), board.name),
        "the FPGA on the board",
    )?;
    let (ok, makes) = match board.pll(clock) {
        Ok(_) => (true, String::new()),
        Err((below, above)) => {
            let nearest: Vec<String> = [below, above]
                .iter()
                .filter(|mhz| **mhz > 0.0)
                .map(|mhz| format!("{}", (mhz * 1e6).round() / 1e6))
                .collect();
            (
                false,
                format!(
                    "{} or another clock that the PLL makes of {} MHz",
                    nearest.join(", "),
                    board.oscillator_mhz
                ),
            )
        }
    };
    c.require(ok, ("accelerator", "clock_mhz"), clock, makes, "the board has one oscillator")
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn training_values_that_cannot_work_are_refused() {
        for (line, message) in [
            ("epochs = 0", "c: [train] epochs = 0: expected 1 to 100000; passes over the sentences"),
            (
                "hardware_every = 30",
                "c: [train] hardware_every = 30: expected 0 or a divisor of 500; checkpoints lie between two programmings",
            ),
            ("batch = 0", "c: [train] batch = 0: expected 1 to 65536; sentences per update"),
            ("step_kl = -1.0", "c: [train] step_kl = -1: expected 0 or more; a weight in the objective"),
            ("clip_norm = nan", "c: [train] clip_norm = NaN: expected 0 or more; 0 leaves it out"),
            (
                "level_dropout = 1.0",
                "c: [train] level_dropout = 1: expected 0 or more, below 1; the share that is dropped",
            ),
            (
                "learning_rate = 0.0",
                "c: [train] learning_rate = 0: expected above 0, at most 1; 1e-4 to 3e-3 is usual",
            ),
        ] {
            let refused = Config::parse("c", &format!("[train]\n{line}\n")).unwrap_err();
            assert_eq!(refused.to_string(), message);
        }
    }
}
