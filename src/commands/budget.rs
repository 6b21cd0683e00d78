//! The budget of a design as people read it, and beside what was measured.

use super::Failure;
use super::inputs::read_text;
use super::out::{remark, say};
use hvae_mnn::budget::{Budget, Energy, Family, PARTS};
use hvae_mnn::config::Config;
use hvae_mnn::cosim::CosimReport;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::report::Section;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// Refuses a network that cannot fit `[target] part`, unless `force`; says so when it may not.
pub fn check_target(net: &CrossbarNet, config: &Config, force: bool) -> Result<(), Failure> {
    if force {
        return Ok(());
    }
    let checked = Budget::new(net, config).check_target(&config.target.part);
    if let Some(warning) = checked.map_err(|e| Failure::input(e.to_string()))? {
        remark!("hvae: it may not fit: {warning}");
    }
    Ok(())
}

/// The compact table of `hvae generate`.
pub fn print(b: &Budget) -> Result<(), Failure> {
    let (a, p) = (&b.analog, &b.pace);
    let storage = b.storage_bits as f64 / 1e3;
    say!(
        "tiles {}, ADCs {}, ROM {:.1} Mbit, state {storage:.1} kbit",
        b.tiles,
        b.adcs,
        b.rom_bits as f64 / 1e6
    )?;
    let sentence = format!("{} words in and out", p.sentence_words);
    say!("\n{:<28} {:>14} {:>14} {:>22}", "before synthesis", "token read", "token written", sentence)?;
    let row = |name: &str, cells: [String; 3]| {
        say!("{name:<28} {:>14} {:>14} {:>22}", cells[0], cells[1], cells[2])
    };
    let count = |n: [u64; 3]| n.map(thousands);
    let (read, written) = (p.sentence_words as u64 + 2, p.sentence_words as u64 + 1);
    let c = a.conversions;
    let conversions = read * c.token_read + c.sentence + written * c.token_written;
    row("cycles", count([p.cycles_token_read, p.cycles_token_written, p.cycles_sentence]))?;
    let rates = [p.tokens_read_per_second, p.tokens_written_per_second, p.sentences_per_second];
    row(&format!("a second at {} MHz", p.clock_mhz), rates.map(|r| thousands(r.round() as u64)))?;
    row("conversions", count([c.token_read, c.token_written, conversions]))?;
    let nano = |e: &Energy| format!("{:.2} nJ", e.total_pj / 1e3);
    let sentence_energy = format!("{:.2} nJ", b.sentence_pj() / 1e3);
    row("energy, analog part", [nano(&a.energy_token_read), nano(&a.energy_token_written), sentence_energy])?;
    let share = |e: &Energy| format!("{:.0} %", 100.0 * e.adc_pj / e.total_pj.max(1e-9));
    row("  of it the ADCs", [share(&a.energy_token_read), share(&a.energy_token_written), String::new()])?;
    say!(
        "area of the analog part {:.3} mm2, {:.0} % of it ADCs ({})",
        a.area.total_um2 / 1e6,
        100.0 * a.area.adc_um2 / a.area.total_um2.max(1e-9),
        a.adc_rule
    )?;
    say!("\n{:<28} {:>14} {:>14} {:>10} {:>10}", "FPGA, estimated", "LUT", "FF", "BRAM 18k", "DSP")?;
    for (name, f) in [("ECP5 (LUT4)", b.fabric.ecp5), ("7 series (LUT6)", b.fabric.xilinx)] {
        say!(
            "{name:<28} {:>14} {:>14} {:>10} {:>10}",
            thousands(f.lut),
            thousands(f.ff),
            thousands(f.bram),
            thousands(f.dsp)
        )?;
    }
    let total = b.fabric.ecp5.lut.max(1) as f64;
    let shares = b.fabric.by_consumer.iter().take(4);
    let shares: Vec<String> =
        shares.map(|(c, f)| format!("{} {:.0} %", c.name(), 100.0 * f.lut as f64 / total)).collect();
    say!("LUTs: {}; error of the formulas up to {:.0} %", shares.join(", "), 100.0 * b.fabric_error)?;
    say!("fits: {}\n", fitting(b))
}

fn fitting(b: &Budget) -> String {
    let fits: Vec<&str> = PARTS.iter().filter(|p| p.holds(&b.fabric)).map(|p| p.name).collect();
    if fits.is_empty() { "no listed part".into() } else { fits.join(", ") }
}

/// 1234567 as 1,234,567.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a synthesis flow left in `BUILD/synth/FLOW/result.json`; a figure that the flow does not
/// give is null.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Synthesised {
    pub flow: String,
    pub device: Option<String>,
    pub lut: Option<f64>,
    pub ff: Option<f64>,
    pub bram: Option<f64>,
    pub dsp: Option<f64>,
    pub fmax_mhz: Option<f64>,
    pub area_um2: Option<f64>,
}

/// Every flow that was run on a build folder, by name.
pub fn synthesised(build: &Path) -> Result<Vec<Synthesised>, Failure> {
    let Ok(entries) = fs::read_dir(build.join("synth")) else { return Ok(Vec::new()) };
    let mut files: Vec<_> = entries.flatten().map(|e| e.path().join("result.json")).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        serde_json::from_str(&read_text(path)?).map_err(|e| {
            let place = path.display();
            Failure::input(format!(
                "{place}: expected the result of a synthesis flow, found {e}; run `hvae synth` again"
            ))
        })
    };
    files.iter().filter(|path| path.exists()).map(read).collect()
}

/// Estimates beside what synthesis and simulation say.
pub fn section(
    b: &Budget,
    flows: &[Synthesised],
    cosim: Option<&CosimReport>,
    adcs_a_tile: usize,
) -> Section {
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
    let by = |flow: &Synthesised| match &flow.device {
        Some(device) => format!("{}, {device}", flow.flow),
        None => flow.flow.clone(),
    };
    for (family, name, prefix) in [(Family::Ecp5, "ECP5", "ecp5"), (Family::Xilinx, "7 series", "xilinx")] {
        let estimate = b.fabric.of(family);
        let flow = flows.iter().find(|f| f.flow == prefix);
        let source = flow.map(by).unwrap_or_default();
        let of = |get: fn(&Synthesised) -> Option<f64>| flow.and_then(get);
        add(&format!("{name} look-up tables"), estimate.lut as f64, "", of(|f| f.lut), &source);
        add(&format!("{name} flip-flops"), estimate.ff as f64, "", of(|f| f.ff), &source);
        add(&format!("{name} block RAMs of 18 kbit"), estimate.bram as f64, "", of(|f| f.bram), &source);
        add(&format!("{name} multipliers"), estimate.dsp as f64, "", of(|f| f.dsp), &source);
        let clock = of(|f| f.fmax_mhz);
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

#[cfg(test)]
mod tests {
    use super::*;
    use hvae_mnn::config::Config;
    use hvae_mnn::model::Network;
    use hvae_mnn::pipeline::{map, random_sentences, random_weights};

    fn budget() -> Budget {
        let mut config = Config::default();
        (config.model.hidden, config.model.vocabulary, config.model.embedding) = (7, 23, 5);
        let network = Network::describe(&config.model, 1.0).unwrap();
        let net = map(&network, &random_weights(&network, 1), &config, &random_sentences(23, 4, 1)).unwrap();
        Budget::new(&net, &config)
    }

    #[test]
    fn estimates_stand_beside_what_was_measured() {
        let b = budget();
        let half = |n: u64| Some(n as f64 / 2.0);
        let flow = Synthesised {
            flow: "ecp5".into(),
            device: Some("LFE5U-85F".into()),
            lut: half(b.fabric.ecp5.lut),
            ff: half(b.fabric.ecp5.ff),
            bram: None,
            dsp: None,
            fmax_mhz: Some(60.0),
            area_um2: None,
        };
        let c = b.analog.conversions;
        let mut cosim = CosimReport::default();
        (cosim.sentences, cosim.tokens) = (1, 4);
        cosim.cycles = 8 * b.pace.cycles_token_written;
        cosim.tile_samples = 4 * c.token_written + c.sentence;
        let table = section(&b, &[flow], Some(&cosim), 1);
        let find = |what: &str| {
            let row = table.rows.iter().find(|r| r.cells[0] == what);
            row.unwrap_or_else(|| panic!("no row {what}")).cells.clone()
        };
        assert_eq!(find("ECP5 look-up tables")[3..], ["0.50", "ecp5, LFE5U-85F"]);
        assert_eq!(find("ECP5 block RAMs of 18 kbit")[2..4], ["", ""]);
        assert_eq!(find("ECP5 clock")[2..4], ["60.000 MHz", "0.75"]);
        assert_eq!(find("7 series look-up tables")[2], "");
        assert_eq!(find("cycles of a token written")[3], "2.00");
        assert_eq!(find("conversions of the sentences below")[3], "1.00");
    }

    #[test]
    fn results_of_synthesis_are_found_in_a_build_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(synthesised(dir.path()).unwrap(), []);
        let folder = dir.path().join("synth/ecp5");
        fs::create_dir_all(&folder).unwrap();
        let text = r#"{"flow":"ecp5","device":"LFE5U-85F","lut":7,"ff":8,"bram":null,"dsp":0,"fmax_mhz":80.5,"area_um2":null,"more":1}"#;
        fs::write(folder.join("result.json"), text).unwrap();
        let found = synthesised(dir.path()).unwrap();
        assert_eq!((found[0].lut, found[0].bram, found[0].fmax_mhz), (Some(7.0), None, Some(80.5)));
        fs::write(folder.join("result.json"), "{").unwrap();
        let refused = synthesised(dir.path()).unwrap_err();
        assert_eq!(refused.status, 2);
        assert!(refused.message.contains("run `hvae synth` again"), "{}", refused.message);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
