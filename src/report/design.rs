//! What a design is made of, what it takes, and what it showed beside the golden model, as tables.

use super::Section;
use super::number::{part_of, ratio, thousands};
use crate::build::BuildFile;
use crate::cosim::CosimReport;

/// Tiles, converters, bits.
pub fn size(file: &BuildFile) -> Section {
    let (budget, g) = (&file.budget, &file.design.geometry);
    let note = format!("Tiles of {} x {} cells of {} bits.", g.rows, g.columns, g.cell_bits);
    let mut section = Section::new("Size", note, &["what", "count"]);
    for (what, count) in [
        ("tiles", budget.tiles as u64),
        ("converters", budget.adcs as u64),
        ("ROM bits", budget.rom_bits),
        ("state bits", budget.storage_bits),
        ("weights of a tile, side by side", g.logical_columns() as u64),
        ("phases of an input", g.phases as u64),
        ("conversions of a converter in a phase", g.slots as u64),
    ] {
        section.row(&[what.into(), thousands(count)]);
    }
    section
}

/// Cycles of every stage and token, beside their floor.
pub fn stages(file: &BuildFile) -> Section {
    let note = "Cycles of every stage from its start to the next, the least that the chain of what needs what leaves, and the share of \
                them in which its converters work.";
    let mut section = Section::new(
        "Cycles of every stage",
        note,
        &["stage", "cycles", "floor", "over the floor", "converters"],
    );
    let mut row = |name: &str, cycles: u64, floor: u64, adc: Option<u64>| {
        let busy = adc.map_or(String::new(), |adc| part_of(adc, cycles));
        let over = format!("{} x", ratio(cycles as f64, floor as f64));
        section.row(&[name.into(), thousands(cycles), thousands(floor), over, busy]);
    };
    for stage in &file.stages {
        row(&stage.name, stage.expected, stage.timing.floor, Some(stage.timing.adc));
    }
    let c = file.cycles_per_token;
    for (name, cycles, floor, adc) in [
        ("token or frame read", c.encode_expected, c.encode_floor, Some(c.encode_adc)),
        ("token or frame written", c.decode_expected, c.decode_floor, Some(c.decode_adc)),
        ("token or frame scored", c.score_expected, c.score_floor, None),
    ] {
        if cycles > 0 {
            row(name, cycles, floor, adc);
        }
    }
    section
}

/// What co-simulation compared and found; none where nothing was simulated.
pub fn cosim(reports: &[CosimReport]) -> Option<Section> {
    let sum = |of: fn(&CosimReport) -> u64| reports.iter().map(of).sum::<u64>();
    if sum(|r| r.bits_compared) == 0 {
        return None;
    }
    let note = match reports.iter().find_map(|r| r.first_difference.as_ref()) {
        None => "Every state, score, word, counter and cycle of the simulated hardware is that of the golden model.".into(),
        Some(first) => format!("They differ first at {first}."),
    };
    let mut section = Section::new("Co-simulation", note, &["what", "figure"]);
    for (what, figure) in [
        ("jobs", sum(|r| r.sentences as u64)),
        ("bits compared", sum(|r| r.bits_compared)),
        ("numbers that differ", sum(|r| r.mismatches)),
        ("cycles", sum(|r| r.cycles)),
        ("cycles, as predicted", sum(|r| r.cycles_expected)),
        ("cycles, floor", sum(|r| r.cycles_floor)),
        ("tokens, frames or labels that came out", sum(|r| r.tokens)),
        ("conversions that clipped", sum(|r| r.adc_clips)),
        ("numbers that saturated", sum(|r| r.saturations)),
    ] {
        section.row(&[what.into(), thousands(figure)]);
    }
    let (done, skipped) = (sum(|r| r.tile_samples), sum(|r| r.tile_samples_skipped));
    section.row(&["conversions left out, their digits being 0".into(), part_of(skipped, done + skipped)]);
    Some(section)
}
