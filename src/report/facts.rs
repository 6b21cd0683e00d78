//! What a design is and what it costs, in words: the figures that people ask for first, and three cards of facts.

use super::html::{Card, Headline};
use super::number::{area, bits, energy, part_of, percent, plain, ratio, thousands, three};
use crate::build::{Build, BuildFile};
use crate::config::{AdcRange, Config, Device, Encoding, Family, RangeOf};
use crate::cosim::CosimReport;
use crate::crossbar::PRESETS;
use crate::model::{Network, Op};
use crate::synth::SynthReport;

/// What a step of the network reads and writes.
pub fn unit(build: &Build) -> &'static str {
    match build.net.quant.network.vocabulary {
        0 => "frame",
        _ => "token",
    }
}

/// What the network is.
pub fn family_words(config: &Config, network: &Network) -> String {
    let frames = network.bits_block().is_some();
    match config.model.family {
        Family::HsrVae => "hierarchical variational autoencoder of sentences",
        Family::LanguageModel if frames => "recurrent model of frames of bits, such as music",
        Family::LanguageModel => "recurrent language model",
        Family::Tagger => "recurrent tagger, which labels every word",
        Family::Regression => "recurrent network that foretells numbers",
        Family::ZForcing if frames => {
            "recurrent model of frames of bits with a latent at every step (Z-Forcing)"
        }
        Family::ZForcing => "recurrent language model with a latent at every step (Z-Forcing)",
        Family::FlowVrae => "variational recurrent autoencoder with a flow",
        Family::Dialogue => "hierarchical variational model of conversations",
        Family::Custom => "network of a description of its own",
    }
    .into()
}

/// Weights, biases left out.
fn weights(build: &Build) -> u64 {
    build.net.quant.matrices().iter().map(|(_, m)| (m.weights.nrows() * m.inputs) as u64).sum()
}

/// The figures that people ask for first.
pub fn headlines(build: &Build, cosim: &[CosimReport]) -> Vec<Headline> {
    let (file, unit) = (&build.file, unit(build));
    let (c, analog, pace) = (&file.cycles_per_token, &file.budget.analog, &file.budget.pace);
    let mut all = Vec::new();
    let mut say = |value: String, label: String| all.push(Headline { value, label });
    let compared: u64 = cosim.iter().map(|r| r.bits_compared).sum();
    if compared > 0 {
        let wrong: u64 = cosim.iter().map(|r| r.mismatches).sum();
        say(
            thousands(wrong),
            format!("numbers differ from the golden model, in {} bits compared", thousands(compared)),
        );
    }
    let writes = c.decode_expected > 0;
    let (cycles, floor, e, rate, does) = match writes {
        true => (
            c.decode_expected,
            c.decode_floor,
            &analog.energy_token_written,
            pace.tokens_written_per_second,
            "written",
        ),
        false => (
            c.encode_expected,
            c.encode_floor,
            &analog.energy_token_read,
            pace.tokens_read_per_second,
            "read",
        ),
    };
    if cycles > 0 {
        say(
            thousands(cycles),
            format!("cycles a {unit} {does}, {} x the floor", ratio(cycles as f64, floor as f64)),
        );
        say(thousands(rate.round() as u64), format!("{unit}s {does} a second at {} MHz", pace.clock_mhz));
        say(energy(e.total_pj), format!("a {unit} {does} (analog part)"));
    }
    say(area(analog.area.total_um2), "area of the analog part".into());
    say(thousands(weights(build)), format!("weights on {} tiles", thousands(file.budget.tiles as u64)));
    all
}

/// All cards.
pub fn cards(build: &Build, flows: &[SynthReport]) -> Vec<Card> {
    vec![network(build), device(build), chip(&build.file, unit(build), flows)]
}

fn network(build: &Build) -> Card {
    let (config, net) = (&build.file.design.config, &build.net.quant);
    let network = &net.network;
    let mut card = Card::new("The network");
    card.say("Family", family_words(config, network));
    let cells = network.blocks.iter().filter_map(|block| match &block.op {
        Op::Cell { kind, hidden, .. } => {
            Some(format!("{} ({} of {hidden})", block.name, kind.name().to_uppercase()))
        }
        _ => None,
    });
    let cells: Vec<String> = cells.collect();
    if !cells.is_empty() {
        card.say("Recurrent cells", cells.join(", "));
    }
    if network.vocabulary > 0 {
        card.say(
            "Words",
            format!(
                "{}, of vectors of {} numbers",
                thousands(network.vocabulary as u64),
                config.model.embedding
            ),
        );
    }
    if let Some(width) = network.bits_block().map(|id| network.width(id)).or(network.frame_width()) {
        let of = if network.bits_block().is_some() { "bits" } else { "numbers" };
        card.say("Frames", format!("of {width} {of}"));
    }
    if let Some((z, ..)) = network.draw() {
        let each = if network.is_once(z) { "a sentence of a conversation" } else { "a step" };
        card.say("Latent", format!("{} numbers {each}", network.width(z)));
    } else if network.latent().is_some() {
        card.say("Latent", format!("{} numbers a sequence", network.latent_width()));
    }
    let matrices = net.matrices().len();
    card.say(
        "Weights",
        format!(
            "{} in {matrices} matrices, {} bits each; states of {} bits",
            thousands(weights(build)),
            config.fixed.weight_bits,
            config.fixed.state_bits
        ),
    );
    if network.vocabulary > 0 {
        card.say(
            "Training",
            match &build.vocabulary {
                Some(_) => "of a trained model",
                None => "none: random weights, for a design of this size",
            },
        );
    }
    card.say("Longest sequence", format!("{} {}s", config.accelerator.max_tokens, unit(build)));
    card
}

fn device(build: &Build) -> Card {
    let (config, g, devices) = (&build.file.design.config, &build.net.geometry, &build.net.devices);
    let mut card = Card::new("Memristors and tiles");
    let preset = PRESETS.iter().find(|p| p.name == devices.preset);
    let own = if replaced(&config.device) { "; some of its numbers are replaced in [device]" } else { "" };
    card.say("Device", format!("{}: {}{own}", devices.preset, preset.map_or("", |p| p.source)));
    let top = devices.conductance_us(devices.level_code(devices.top_level));
    card.say(
        "Levels",
        format!(
            "{} a cell, {} bits, from {} to {} µS",
            devices.top_level + 1,
            g.cell_bits,
            plain(devices.g_min_us),
            plain(top)
        ),
    );
    card.say("Programming", programming(build));
    card.say("Reading", reading(config));
    let shared = match (config.crossbar.shared, build.net.rounds.iter().max()) {
        (true, _) => "; all matrices take turns on them",
        (false, Some(&rounds)) if rounds > 1 => "; columns of a matrix take turns on them",
        (false, _) => "",
    };
    card.say(
        "Tiles",
        format!(
            "{} of {} x {} cells (word lines x bit lines){shared}",
            thousands(build.file.budget.tiles as u64),
            g.rows,
            g.columns
        ),
    );
    let weight = match g.encoding {
        Encoding::Differential => format!(
            "a pair of columns for each {} bits: one holds what is positive, the other what is negative; {} cells a weight",
            g.cell_bits, g.cells_per_weight
        ),
        Encoding::Offset => format!(
            "shifted by half its range, so that none is negative, in {} cells; a column of the tile measures the shift",
            g.cells_per_weight
        ),
    };
    card.say("A weight is", weight);
    card.say(
        "Inputs",
        format!(
            "{} bits, {} a phase: {} phases",
            g.input_bits,
            if g.dac_bits == 1 { "one bit".into() } else { format!("{} bits", g.dac_bits) },
            g.phases
        ),
    );
    card.say("Converters", converters(config, build));
    card
}

/// A number of the preset is not the preset's.
fn replaced(device: &Device) -> bool {
    let Device { preset, seed, time_s, compensate_drift, ref faults, .. } = device.clone();
    *device != Device { preset, seed, time_s, compensate_drift, faults: faults.clone(), ..Device::default() }
}

fn programming(build: &Build) -> String {
    let cells = &build.net.programmed;
    let mut said = match cells.missed() {
        None => "every cell holds the level that was asked for".to_string(),
        Some(_) => format!("cells miss their level by {} µS (root mean square)", three(cells.error_us())),
    };
    let d = &build.file.design.config.device;
    if cells.stuck > 0 {
        said += &format!("; {} are stuck", part_of(cells.stuck, cells.cells));
    }
    if d.time_s > 0.0 {
        said += &format!(
            "; read {} s later{}",
            plain(d.time_s),
            if d.compensate_drift { ", drift compensated" } else { "" }
        );
    }
    said
}

fn reading(config: &Config) -> String {
    let n = &config.noise;
    let amounts = [
        (n.cell, format!("currents of cells vary by {}", percent(n.cell))),
        (n.comparator, format!("converters vary by {} steps", plain(n.comparator))),
        (n.inl, format!("codes are off by {} steps (INL)", plain(n.inl))),
        (n.dnl, format!("widths of codes are off by {} steps (DNL)", plain(n.dnl))),
    ];
    let mut said: Vec<String> = amounts.into_iter().filter(|(a, _)| *a > 0.0).map(|(_, text)| text).collect();
    if !config.wires.ideal() {
        said.push("wires have resistance".into());
    }
    if said.is_empty() { "without noise, through ideal wires".into() } else { said.join("; ") }
}

fn converters(config: &Config, build: &Build) -> String {
    let (c, g) = (&config.crossbar, &build.net.geometry);
    let range = match c.adc_range {
        AdcRange::Full => "a range that clips nothing",
        AdcRange::Fixed if g.lossless() => "a range and steps that lose nothing",
        AdcRange::Fixed => "a range that is given",
        AdcRange::Data => match c.adc_range_of {
            RangeOf::Network => "one range, fitted on sentences",
            RangeOf::Matrix => "a range for each matrix, fitted on sentences",
            RangeOf::Tile => "a range for each tile, fitted on sentences",
        },
    };
    format!(
        "{} of {} bits, one for {} columns; {range}",
        thousands(build.file.budget.adcs as u64),
        g.adc_bits,
        g.columns_per_adc
    )
}

fn chip(file: &BuildFile, unit: &str, flows: &[SynthReport]) -> Card {
    let (c, b) = (&file.cycles_per_token, &file.budget);
    let mut card = Card::new("The chip");
    let mut cycles = |what: &str, expected: u64, floor: u64| {
        if expected > 0 {
            let over = ratio(expected as f64, floor as f64);
            card.say(what, format!("{} cycles, {over} x their floor", thousands(expected)));
        }
    };
    cycles(&format!("A {unit} read"), c.encode_expected, c.encode_floor);
    cycles(&format!("A {unit} written"), c.decode_expected, c.decode_floor);
    cycles(&format!("A {unit} scored"), c.score_expected, c.score_floor);
    if let Some((stage, gap)) = &file.largest_gap {
        card.say("Largest gap to the floor", format!("{} cycles a {unit}, in {stage}", thousands(*gap)));
    }
    let analog = &b.analog;
    for (what, e) in [("read", &analog.energy_token_read), ("written", &analog.energy_token_written)] {
        if e.total_pj > 0.0 {
            card.say(
                &format!("Energy of a {unit} {what}"),
                format!("{} in the analog part", energy(e.total_pj)),
            );
        }
    }
    card.say("Area", format!("{} for the analog part", area(analog.area.total_um2)));
    card.say(
        "Memories",
        format!("{} of cells, embeddings and tables; {} of state", bits(b.rom_bits), bits(b.storage_bits)),
    );
    let f = &b.fabric;
    card.say(
        "On an FPGA (estimate)",
        format!(
            "{} look-up tables of a Lattice ECP5, {} of a Xilinx 7 series",
            thousands(f.ecp5.lut),
            thousands(f.xilinx.lut)
        ),
    );
    for flow in flows {
        let mut said = Vec::new();
        said.extend(flow.lut.map(|n| format!("{} look-up tables", thousands(n))));
        said.extend(flow.fmax_mhz.map(|f| format!("{} MHz", three(f))));
        said.extend(flow.area_um2.map(area));
        if !said.is_empty() {
            card.say(&format!("Synthesised ({}, {})", flow.flow, flow.device), said.join(", "));
        }
    }
    card
}
