//! The budget of a design, what was measured beside it, and the published figures behind it, as tables.

use super::Section;
use super::number::{area, bits, energy, ratio, thousands, three};
use crate::budget::{Budget, Family, PARTS};
use crate::cosim::CosimReport;
use crate::synth::SynthReport;

/// Which commands measure what is estimated.
const COMMANDS: &str = "`hvae synth BUILD --flow ecp5` (or xilinx, or generic) measures look-up tables, memories and the clock, \
                        `hvae report BUILD --generate N` simulates.";

/// Every estimate that something was measured beside: synthesis (`hvae synth`), simulation of jobs that write of nothing.
/// Without anything measured a sentence stands in the table's place.
pub fn measured(
    b: &Budget,
    flows: &[SynthReport],
    written: Option<&CosimReport>,
    adcs_a_tile: usize,
) -> Section {
    let mut table = Section::new(
        "Estimates beside what was measured",
        "",
        &["what", "estimate", "measured", "ratio", "by"],
    );
    let mut add = |what: String, estimate: String, actual: String, ratio: String, by: &str| {
        table.row(&[what, estimate, actual, ratio, by.into()]);
    };
    for (family, name, prefix) in [(Family::Ecp5, "ECP5", "ecp5"), (Family::Xilinx, "7 series", "xilinx")] {
        let Some(flow) = flows.iter().find(|f| f.flow == prefix) else { continue };
        let (estimate, by) = (b.fabric.of(family), format!("{}, {}", flow.flow, flow.device));
        for (what, estimate, actual) in [
            ("look-up tables", estimate.lut, flow.lut),
            ("flip-flops", estimate.ff, flow.ff),
            ("block RAMs of 18 kbit", estimate.bram, flow.bram),
            ("multipliers", estimate.dsp, flow.dsp),
        ] {
            let Some(actual) = actual else { continue };
            let by_estimate = ratio(actual as f64, estimate as f64);
            add(format!("{name} {what}"), thousands(estimate), thousands(actual), by_estimate, &by);
        }
        if let Some(clock) = flow.fmax_mhz {
            let asked = b.pace.clock_mhz;
            let units = [asked, clock].map(|f| format!("{} MHz", three(f)));
            let [asked_text, clock_text] = units;
            add(format!("{name} clock"), asked_text, clock_text, ratio(clock, asked), &by);
        }
    }
    if let Some((flow, um2)) = flows.iter().find_map(|f| Some((f, f.area_um2?))) {
        let by = format!("{}, {}", flow.flow, flow.device);
        add("area of the digital part".into(), "-".into(), area(um2), "-".into(), &by);
    }
    let c = b.analog.conversions;
    for r in written.iter().filter(|r| r.tokens > 0 && c.token_written > 0) {
        // Noise and first states once a job, then tokens.
        let (each, estimate) = (r.cycles as f64 / r.tokens as f64, b.pace.cycles_token_written);
        add(
            "cycles of a token written".into(),
            thousands(estimate),
            format!("{each:.1}"),
            ratio(each, estimate as f64),
            "co-simulation, start of the job included",
        );
        let conversions = (r.tile_samples + r.tile_samples_skipped) * adcs_a_tile as u64;
        let estimate = r.tokens * c.token_written + r.sentences as u64 * c.sentence;
        add(
            "conversions of what was written".into(),
            thousands(estimate),
            thousands(conversions),
            ratio(conversions as f64, estimate as f64),
            "co-simulation",
        );
    }
    let synthesised = !flows.is_empty();
    table.note = match (table.rows.is_empty(), synthesised) {
        (true, _) => format!("Nothing has been measured yet. {COMMANDS}"),
        (false, true) => format!(
            "What was known before synthesis beside what synthesis and simulation say. Look-up tables may be off by {:.0} %.",
            100.0 * b.fabric_error
        ),
        (false, false) => format!(
            "What was known before beside what simulation says. The design has not been synthesised: {COMMANDS}"
        ),
    };
    table
}

/// Everything that is estimated.
pub fn estimates(b: &Budget) -> Section {
    let note = format!(
        "Known before synthesis. Energy and area are those of the analog part, from published figures: {}; {}. Look-up tables may be off by \
         {:.0} %. {COMMANDS}",
        b.analog.adc_rule,
        b.analog.dac_rule,
        100.0 * b.fabric_error
    );
    let mut table = Section::new("Estimates", note, &["what", "estimate"]);
    let mut add = |what: &str, estimate: String| table.row(&[what.into(), estimate]);
    for (family, name) in [(Family::Ecp5, "ECP5"), (Family::Xilinx, "7 series")] {
        let f = b.fabric.of(family);
        add(&format!("{name} look-up tables"), thousands(f.lut));
        add(&format!("{name} flip-flops"), thousands(f.ff));
        add(&format!("{name} block RAMs of 18 kbit"), thousands(f.bram));
        add(&format!("{name} multipliers"), thousands(f.dsp));
    }
    let (p, analog) = (&b.pace, &b.analog);
    if p.cycles_token_read > 0 {
        add("cycles of a token read", thousands(p.cycles_token_read));
        add("conversions of a token read", thousands(analog.conversions.token_read));
        add("energy of a token read", energy(analog.energy_token_read.total_pj));
    }
    if p.cycles_token_written > 0 {
        add("cycles of a token written", thousands(p.cycles_token_written));
        add("conversions of a token written", thousands(analog.conversions.token_written));
        add("energy of a token written", energy(analog.energy_token_written.total_pj));
        let rate = thousands(p.tokens_written_per_second.round() as u64);
        add("tokens written a second", format!("{rate} at {} MHz", p.clock_mhz));
        add(&format!("energy of a sentence, {} words in and out", p.sentence_words), energy(b.sentence_pj()));
    }
    add("area of the analog part", area(analog.area.total_um2));
    add("cells, embeddings and tables", bits(b.rom_bits));
    add("state", bits(b.storage_bits));
    table
}

/// Every published figure behind the budget.
pub fn sources(b: &Budget) -> Section {
    let mut table = Section::new(
        "Published figures behind the estimates",
        "Nothing is scaled to another technology.",
        &["what", "figure", "source"],
    );
    for c in &b.constants {
        table.row(&[c.name.to_string(), format!("{} {}", c.value, c.unit), c.source.to_string()]);
    }
    for part in PARTS {
        let has = format!(
            "{} LUT, {} FF, {} blocks of 18 kbit, {} multipliers",
            thousands(part.has.lut),
            thousands(part.has.ff),
            thousands(part.has.bram),
            thousands(part.has.dsp)
        );
        table.row(&[format!("{} ({})", part.name, part.board), has, part.source.into()]);
    }
    table
}
