//! Where integers lose something, as `hvae eval --by-place` prints it.

use super::Failure;
use super::out::say;
use hvae_mnn::config::Config;
use hvae_mnn::crossbar::CrossbarNet;
use hvae_mnn::eval::{On, PlaceRow, by_place};
use hvae_mnn::model::{Example, TrainedModel};
use serde::Serialize;

/// Where one engine in integers loses something.
#[derive(Serialize)]
pub struct Places {
    on: On,
    rows: Vec<PlaceRow>,
}

/// The table of every engine in integers.
pub fn places(
    on: &[On],
    model: &TrainedModel,
    net: Option<&CrossbarNet>,
    config: &Config,
    examples: &[Example],
) -> Result<Vec<Places>, Failure> {
    let Some(net) = net else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for &on in on.iter().filter(|on| **on != On::Float) {
        let rows = by_place(&model.float_net(), net, config, on, examples);
        say!(
            "\nby place, on {}: words known, latents at their means, {} sequences",
            format!("{on:?}").to_lowercase(),
            examples.len()
        )?;
        print_places(&rows)?;
        all.push(Places { on, rows });
    }
    Ok(all)
}

fn print_places(rows: &[PlaceRow]) -> Result<(), Failure> {
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    say!(
        "{:<16} {:<12} {:>7} {:>9} {:>9} {:>10} {:>8} {:>7} {:>8} {:>9} {:>10}",
        "block",
        "vector",
        "format",
        "widest",
        "range",
        "clipped",
        "share",
        "SNR",
        "constant",
        "numbers",
        "KL"
    )?;
    rows.iter().try_for_each(|row| {
        say!(
            "{:<16} {:<12} {:>7} {:>9.3} {:>9} {:>10} {:>8} {:>7} {:>8} {:>9} {:>10}",
            row.block,
            row.vector.name(),
            or_none(row.format.map(|f| format!("{}.{}", f.bits, f.frac))),
            row.widest,
            or_none(row.range.map(|r| format!("{r}"))),
            row.clipped,
            format!("{:.2} %", 100.0 * row.clipped_share()),
            or_none(row.snr_db.map(|db| format!("{db:.1}"))),
            or_none(row.constant.map(|c| format!("{c:.2}"))),
            row.numbers,
            or_none(row.divergence.map(|d| format!("{d:.5}")))
        )
    })
}
