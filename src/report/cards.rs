//! Cards of facts: the network, its memristors and tiles, the chip.

mod device;

use super::facts::{family_words, unit, weights};
use super::html::Card;
use super::number::{area, bits, energy, ratio, thousands, three};
use crate::build::{Build, BuildFile};
use crate::model::Op;
use crate::synth::SynthReport;
use device::device;

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
