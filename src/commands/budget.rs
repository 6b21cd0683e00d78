//! The budget of a design as people read it.

use super::Failure;
use super::out::{remark, say};
use hvae_mnn::budget::{Budget, Energy, PARTS};
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::report::thousands;

/// Refuses a network that cannot fit `[target] part`, unless `force`; says so when it may not.
pub fn check_target(net: &CrossbarNet, config: &Config, force: bool) -> Result<(), Failure> {
    if force {
        return Ok(());
    }
    let checked = Budget::new(net, config).check_target(config.target.part());
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
