//! What a design is made of, what it takes, and what it showed beside the golden model.

use super::Section;
use crate::build::BuildFile;
use crate::cosim::CosimReport;

/// Tiles, converters, bits.
pub fn size(file: &BuildFile) -> Section {
    let (budget, g) = (&file.budget, &file.design.geometry);
    let note = format!(
        "Tiles of {} x {} cells of {} bits, {:?} encoding.",
        g.rows, g.columns, g.cell_bits, g.encoding
    );
    let mut section = Section::new("Size", note, &["what", "count"]);
    for (what, count) in [
        ("tiles", budget.tiles as u64),
        ("ADCs", budget.adcs as u64),
        ("ROM bits", budget.rom_bits),
        ("weights of a tile, side by side", g.logical_columns() as u64),
        ("phases of an input", g.phases as u64),
        ("conversions of an ADC in a phase", g.slots as u64),
    ] {
        section.row(&[what.into(), count.to_string()], None);
    }
    section
}

/// Cycles of every stage and token, beside their floor.
pub fn stages(file: &BuildFile) -> Section {
    let note = "Cycles of every stage, the floor under them, and the share in which its converters work.";
    let mut section = Section::new("Cycles", note, &["stage", "cycles", "floor", "ADC busy"]);
    for stage in &file.stages {
        let busy = stage.timing.adc as f64 / stage.expected as f64;
        let cells = [
            stage.name.clone(),
            stage.expected.to_string(),
            stage.timing.floor.to_string(),
            format!("{:.0} %", 100.0 * busy),
        ];
        section.row(&cells, Some(busy));
    }
    let c = file.cycles_per_token;
    for (name, cycles, floor) in [
        ("token read", c.encode_expected, c.encode_floor),
        ("token written", c.decode_expected, c.decode_floor),
    ] {
        section.row(&[name.into(), cycles.to_string(), floor.to_string(), String::new()], None);
    }
    section
}

/// What co-simulation compared and found.
pub fn cosim(r: &CosimReport) -> Section {
    let note = match &r.first_difference {
        None => "The simulated hardware and the golden model agree in every bit and every cycle.".into(),
        Some(first) => format!("They differ first at {first}."),
    };
    let mut section = Section::new("Co-simulation", note, &["what", "figure"]);
    for (what, figure) in [
        ("jobs", r.sentences as u64),
        ("bits compared", r.bits_compared),
        ("mismatches", r.mismatches),
        ("cycles", r.cycles),
        ("tokens written", r.tokens),
        ("ADC clips", r.adc_clips),
        ("saturations", r.saturations),
    ] {
        section.row(&[what.into(), figure.to_string()], None);
    }
    section
}
