//! A finished study as CSV, JSON and plots, sorted by row.

use super::{FIGURES, Plot, Row, Study};
use crate::failure::Failure;
use crate::files::write_file;
use crate::report::{Dot, Scatter, spread};
use std::collections::BTreeMap;
use std::path::Path;

const TABLES: [&str; 3] = ["results.csv", "results.json", "summary.md"];

fn file_of(plot: &Plot) -> String {
    let x = plot.x.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-");
    format!("{}-{x}.svg", plot.y)
}

/// Refuses a folder without rows that has a file of a name that a study writes.
pub(super) fn refuse_others(study: &Study, out: &Path) -> Result<(), Failure> {
    let mut names = TABLES.iter().map(|n| n.to_string()).chain(study.plots.iter().map(file_of));
    match names.find(|name| out.join(name).exists()) {
        None => Ok(()),
        Some(name) => Err(Failure::input(format!(
            "{}: expected no such file where no rows.jsonl is, found one; a study would replace it: move it away, or choose another folder",
            out.join(name).display()
        ))),
    }
}

/// Writes everything; names of the files.
pub(super) fn write(study: &Study, rows: &[Row], out: &Path) -> Result<Vec<String>, Failure> {
    let tables = [csv(study, rows), json(rows), summary(study, rows).into_bytes()];
    let mut files: Vec<(String, Vec<u8>)> = TABLES.iter().map(|n| n.to_string()).zip(tables).collect();
    for plot in &study.plots {
        if let Some(svg) = svg(plot, rows) {
            files.push((file_of(plot), svg.into_bytes()));
        }
    }
    for (name, bytes) in &files {
        write_file(&out.join(name), bytes)?;
    }
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

fn json(rows: &[Row]) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(rows).expect("rows are plain data");
    bytes.push(b'\n');
    bytes
}

fn csv(study: &Study, rows: &[Row]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let keys = study.vary.keys().map(String::as_str);
    let head = ["row", "seed"].into_iter().chain(keys).chain(FIGURES).chain(["error"]);
    writer.write_record(head).expect("writing to memory");
    for row in rows {
        let mut cells = vec![row.choice.row.to_string(), row.choice.seed.to_string()];
        cells.extend(row.choice.settings.values().map(|v| match v {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        }));
        let figure = |name: &&str| row.figures.as_ref().and_then(|f| f.get(name));
        cells.extend(FIGURES.iter().map(|name| figure(name).map_or(String::new(), |v| v.to_string())));
        cells.push(row.error.clone().unwrap_or_default());
        writer.write_record(cells).expect("writing to memory");
    }
    writer.into_inner().expect("writing to memory")
}

/// One line per choice of values: mean and, with several seeds, standard deviation of every figure.
pub fn summary(study: &Study, rows: &[Row]) -> String {
    let mut by_choice: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_choice.entry(row.choice.row / study.seeds.len()).or_default().push(row);
    }
    let keys: Vec<&str> = study.vary.keys().map(String::as_str).collect();
    let mut text = format!("| {} | {} |\n", keys.join(" | "), FIGURES.join(" | "));
    text += &format!("|{}\n", "--:|".repeat(keys.len() + FIGURES.len()));
    for rows in by_choice.values() {
        let values = rows[0].choice.settings.values().map(|v| v.as_str().map_or(v.to_string(), String::from));
        let figures = FIGURES.iter().map(|name| {
            let all: Vec<f64> =
                rows.iter().filter_map(|r| r.figures.as_ref().and_then(|f| f.get(name))).collect();
            spread(&all)
        });
        let cells: Vec<String> = values.chain(figures).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Every row a circle, and the mean at every x filled; nothing where x is no number.
fn svg(plot: &Plot, rows: &[Row]) -> Option<String> {
    let mut means: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let mut points = Vec::new();
    let found = || rows.iter().filter_map(|row| row.figures.as_ref()?.get(&plot.y));
    let (least, most) = found().fold((f64::INFINITY, 0.0f64), |(a, b), y| (a.min(y), b.max(y)));
    // A picture of powers where the figures differ by more than two of ten.
    let powers = least >= 1.0 && most > 100.0 * least;
    let height = |y: f64| if powers { y.log10() } else { y };
    for row in rows {
        let x = match (row.choice.settings[&plot.x].as_f64()?, plot.log) {
            (x, true) if x <= 0.0 => continue,
            (x, true) => x.log10(),
            (x, false) => x,
        };
        let Some(y) = row.figures.as_ref().and_then(|f| f.get(&plot.y)) else { continue };
        means.entry(x.to_bits()).or_default().push(y);
        let note = format!("row {}, seed {}: {y:.4}", row.choice.row, row.choice.seed);
        points.push(Dot { x, y: height(y), size: 0.0, label: String::new(), note, marked: false });
    }
    for (x, values) in means {
        let (x, y) = (f64::from_bits(x), values.iter().sum::<f64>() / values.len() as f64);
        let note = format!("mean of {} rows at {x}", values.len());
        points.push(Dot { x, y: height(y), size: 0.05, label: format!("{y:.3}"), note, marked: true });
    }
    let title = format!("{} against {}", plot.y, plot.x);
    let x = if plot.log { format!("log10 of {}", plot.x) } else { plot.x.clone() };
    let y = if powers { format!("log10 of {}", plot.y) } else { plot.y.clone() };
    Some(Scatter { title, x, y, points }.svg())
}
