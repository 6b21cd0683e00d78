//! A finished study as CSV, JSON and plots, sorted by row.

use super::plan::{Plot, Study};
use super::row::{FIGURES, Row};
use crate::commands::Failure;
use crate::commands::output::write_file;
use hvae_mnn::report::{Dot, Scatter};
use std::collections::BTreeMap;
use std::path::Path;

/// Writes everything; names of the files.
pub fn write(study: &Study, rows: &[Row], out: &Path) -> Result<Vec<String>, Failure> {
    let mut files = vec![("results.csv".to_string(), csv(study, rows)), ("results.json".into(), json(rows))];
    for plot in &study.plots {
        if let Some(svg) = svg(plot, rows) {
            files.push((format!("{}-{}.svg", plot.y, plot.x.replace('.', "-")), svg.into_bytes()));
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

/// Every row a circle, and the mean at every x filled; nothing where x is no number.
fn svg(plot: &Plot, rows: &[Row]) -> Option<String> {
    let mut means: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let mut points = Vec::new();
    for row in rows {
        let x = row.choice.settings[&plot.x].as_f64()?;
        let Some(y) = row.figures.as_ref().and_then(|f| f.get(&plot.y)) else { continue };
        means.entry(x.to_bits()).or_default().push(y);
        let note = format!("row {}, seed {}: {y:.4}", row.choice.row, row.choice.seed);
        points.push(Dot { x, y, size: 0.0, label: String::new(), note, marked: false });
    }
    for (x, values) in means {
        let (x, y) = (f64::from_bits(x), values.iter().sum::<f64>() / values.len() as f64);
        let note = format!("mean of {} rows at {x}", values.len());
        points.push(Dot { x, y, size: 0.05, label: format!("{y:.3}"), note, marked: true });
    }
    let title = format!("{} against {}", plot.y, plot.x);
    Some(Scatter { title, x: plot.x.clone(), y: plot.y.clone(), points }.svg())
}
