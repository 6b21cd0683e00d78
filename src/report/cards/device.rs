//! Memristors and tiles in words.

use crate::build::Build;
use crate::config::{AdcRange, Config, Device, Encoding, RangeOf};
use crate::crossbar::PRESETS;
use crate::report::html::Card;
use crate::report::number::{part_of, percent, plain, thousands, three};

/// Devices, how they are programmed and read, tiles and converters.
pub fn device(build: &Build) -> Card {
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
    let reads = match g.read_bits {
        0 => String::new(),
        bits => format!("; the mean of {} reads in {} of {} phases", 1u64 << bits, g.read_phases, g.phases),
    };
    format!(
        "{} of {} bits, one for {} columns; {range}",
        thousands(build.file.budget.adcs as u64),
        g.adc_bits,
        g.columns_per_adc
    ) + &reads
}
