//! The budget of a design beside what was measured, and the published figures behind it.

use super::{Section, thousands};
use crate::budget::{Budget, Energy, Family, PARTS};
use crate::cosim::CosimReport;
use crate::synth::SynthReport;

/// Estimates beside what synthesis and simulation say.
pub fn budget(b: &Budget, flows: &[SynthReport], cosim: Option<&CosimReport>, adcs_a_tile: usize) -> Section {
    let note = format!(
        "Known before synthesis, set against synthesis (`hvae synth`) and simulation where they were run. Energy and area are \
         those of the analog part, from published figures: {}; {}. Look-up tables may be off by {:.0} %.",
        b.analog.adc_rule,
        b.analog.dac_rule,
        100.0 * b.fabric_error
    );
    let mut table = Section::new("Budget", note, &["what", "estimate", "actual", "actual / estimate", "by"]);
    let mut add = |what: &str, estimate: f64, unit: &str, actual: Option<f64>, by: &str| {
        let show = |x: f64| match unit {
            "" => thousands(x.round() as u64),
            _ => format!("{x:.3} {unit}"),
        };
        let actual_text = actual.map_or(String::new(), show);
        let ratio =
            actual.filter(|_| estimate > 0.0).map_or(String::new(), |a| format!("{:.2}", a / estimate));
        table.row(&[what.into(), show(estimate), actual_text, ratio, by.into()], None);
    };
    let by = |flow: &SynthReport| format!("{}, {}", flow.flow, flow.device);
    for (family, name, prefix) in [(Family::Ecp5, "ECP5", "ecp5"), (Family::Xilinx, "7 series", "xilinx")] {
        let estimate = b.fabric.of(family);
        let flow = flows.iter().find(|f| f.flow == prefix);
        let source = flow.map(by).unwrap_or_default();
        let count = |get: fn(&SynthReport) -> Option<u64>| flow.and_then(get).map(|n| n as f64);
        add(&format!("{name} look-up tables"), estimate.lut as f64, "", count(|f| f.lut), &source);
        add(&format!("{name} flip-flops"), estimate.ff as f64, "", count(|f| f.ff), &source);
        add(&format!("{name} block RAMs of 18 kbit"), estimate.bram as f64, "", count(|f| f.bram), &source);
        add(&format!("{name} multipliers"), estimate.dsp as f64, "", count(|f| f.dsp), &source);
        let clock = flow.and_then(|f| f.fmax_mhz);
        if clock.is_some() {
            add(&format!("{name} clock"), b.pace.clock_mhz, "MHz", clock, &source);
        }
    }
    if let Some(flow) = flows.iter().find(|f| f.area_um2.is_some()) {
        let area = flow.area_um2.unwrap_or_default();
        table.row(
            &[
                "area of the digital part".into(),
                String::new(),
                format!("{area:.0} um2"),
                String::new(),
                by(flow),
            ],
            None,
        );
    }
    let mut add = |what: &str, estimate: String, actual: String, ratio: String, by: &str| {
        table.row(&[what.into(), estimate, actual, ratio, by.into()], None);
    };
    let p = &b.pace;
    // Of generated sentences: noise and first states once a job, then tokens.
    let written = cosim.filter(|r| r.tokens > 0).map(|r| r.cycles as f64 / r.tokens as f64);
    let ratio = |actual: Option<f64>, estimate: u64| {
        actual.map_or(String::new(), |a| format!("{:.2}", a / estimate.max(1) as f64))
    };
    add(
        "cycles of a token written",
        thousands(p.cycles_token_written),
        written.map_or(String::new(), |c| format!("{c:.1}")),
        ratio(written, p.cycles_token_written),
        "co-simulation, start of the job included",
    );
    let c = b.analog.conversions;
    let conversions = cosim.map(|r| ((r.tile_samples + r.tile_samples_skipped) * adcs_a_tile as u64) as f64);
    let expected = cosim.map_or(0, |r| r.tokens * c.token_written + r.sentences as u64 * c.sentence);
    add(
        "conversions of the sentences below",
        thousands(expected),
        conversions.map_or(String::new(), |n| thousands(n as u64)),
        ratio(conversions, expected),
        "co-simulation",
    );
    add("cycles of a token read", thousands(p.cycles_token_read), String::new(), String::new(), "");
    add("conversions of a token written", thousands(c.token_written), String::new(), String::new(), "");
    let energy = |e: &Energy| format!("{:.2} nJ", e.total_pj / 1e3);
    add("energy of a token read", energy(&b.analog.energy_token_read), String::new(), String::new(), "");
    add(
        "energy of a token written",
        energy(&b.analog.energy_token_written),
        String::new(),
        String::new(),
        "",
    );
    add(
        &format!("energy of a sentence, {} words in and out", p.sentence_words),
        format!("{:.2} nJ", b.sentence_pj() / 1e3),
        String::new(),
        String::new(),
        "",
    );
    let area = format!("{:.3} mm2", b.analog.area.total_um2 / 1e6);
    add("area of the analog part", area, String::new(), String::new(), "");
    let rate = format!("{} at {} MHz", thousands(p.tokens_written_per_second.round() as u64), p.clock_mhz);
    add("tokens written a second", rate, String::new(), String::new(), "");
    add("ROM bits", thousands(b.rom_bits), String::new(), String::new(), "");
    add("state bits", thousands(b.storage_bits), String::new(), String::new(), "");
    table
}

/// Every published figure behind the budget.
pub fn sources(b: &Budget) -> Section {
    let mut table = Section::new(
        "Figures behind it",
        "Nothing is scaled to another technology.",
        &["what", "figure", "source"],
    );
    for c in &b.constants {
        table.row(&[c.name.to_string(), format!("{} {}", c.value, c.unit), c.source.to_string()], None);
    }
    for part in PARTS {
        let has = format!(
            "{} LUT, {} FF, {} blocks of 18 kbit, {} multipliers",
            thousands(part.has.lut),
            thousands(part.has.ff),
            part.has.bram,
            part.has.dsp
        );
        table.row(&[format!("{} ({})", part.name, part.board), has, part.source.into()], None);
    }
    table
}
