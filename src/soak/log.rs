//! What a soak has done, a JSON line a design.

use super::Totals;
use crate::config::{CellKind, Config, Family};
use crate::cosim::CosimReport;
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One design, as a line of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// Its number.
    pub design: u64,
    /// Network, tiles and device, for people.
    pub what: String,
    /// Simulations.
    pub runs: u64,
    /// Of all runs.
    pub jobs: u64,
    /// That were compared.
    pub bits: u64,
    /// That hardware worked.
    pub cycles: u64,
    /// Bits that differed.
    pub mismatches: u64,
    /// With its compilation.
    pub seconds: f64,
    /// Which Verilog, so that totals can be told apart when it has changed.
    pub id: String,
}

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    soak: u64,
}

impl Row {
    /// Of a design before its first run.
    pub(super) fn begin(design: u64, config: &Config, id: &str) -> Row {
        let (what, id) = (what(config), id.to_string());
        Row { design, what, runs: 0, jobs: 0, bits: 0, cycles: 0, mismatches: 0, seconds: 0.0, id }
    }

    pub(super) fn add(&mut self, report: &CosimReport) {
        self.runs += 1;
        self.jobs += report.sentences as u64;
        self.bits += report.bits_compared;
        self.cycles += report.cycles;
        self.mismatches += report.mismatches;
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "design {}: {}; {} jobs, {} bits compared, {} mismatches, {:.0} s",
            self.design, self.what, self.jobs, self.bits, self.mismatches, self.seconds
        )
    }
}

fn what(config: &Config) -> String {
    let names = |cells: &[CellKind]| cells.iter().map(|c| c.name()).collect::<Vec<_>>().join("-");
    let (m, x) = (&config.model, &config.crossbar);
    let decoder = match m.family {
        Family::HsrVae | Family::FlowVrae | Family::Dialogue => {
            format!(" to {}", names(m.decoder_cells.as_ref().unwrap_or(&m.cells)))
        }
        _ => String::new(),
    };
    let of_frames = m.frame > 1 || m.family == Family::Regression;
    let read = if of_frames { format!("frames of {}", m.frame) } else { format!("{} words", m.vocabulary) };
    format!(
        "{}: {}{decoder}, {read}, {} units, tiles of {} x {}, {:?}, device {}{}",
        m.family.name(),
        names(&m.cells),
        m.hidden,
        x.rows,
        x.columns,
        x.encoding,
        config.device.preset,
        if config.noise.draws() { ", noise" } else { "" }
    )
}

/// The designs that are done, a JSON line each.
pub(super) struct Log {
    path: PathBuf,
    file: fs::File,
    rows: Vec<Row>,
}

impl Log {
    pub fn open(path: &Path, seed: u64) -> Result<Log, Failure> {
        let io = |e| Failure::io(path, e);
        let wrong = |line: usize, what: String| {
            Failure::input(format!(
                "{}:{line}: expected the log of a soak with --seed {seed}, found {what}; choose another --out",
                path.display()
            ))
        };
        let text = match fs::read_to_string(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(io)?,
        };
        // A line that was torn when the writer was killed goes.
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut lines = whole.lines().enumerate();
        let head = Head { soak: seed };
        if let Some((_, first)) = lines.next() {
            let found: Head = serde_json::from_str(first).map_err(|e| wrong(1, e.to_string()))?;
            if found != head {
                return Err(wrong(1, format!("--seed {}", found.soak)));
            }
        }
        let row = |(i, line)| serde_json::from_str(line).map_err(|e| wrong(i + 1, e.to_string()));
        let rows: Vec<Row> = lines.map(row).collect::<Result<_, _>>()?;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).map_err(io)?;
        file.set_len(whole.len() as u64).map_err(io)?;
        if whole.is_empty() {
            let first = serde_json::to_string(&head).expect("plain data") + "\n";
            file.write_all(first.as_bytes()).map_err(io)?;
        }
        Ok(Log { path: path.into(), file, rows })
    }

    pub fn add(&mut self, row: Row) -> Result<(), Failure> {
        let line = serde_json::to_string(&row).expect("a row is plain data") + "\n";
        self.file.write_all(line.as_bytes()).map_err(|e| Failure::io(&self.path, e))?;
        self.rows.push(row);
        Ok(())
    }

    pub fn designs(&self) -> u64 {
        self.rows.len() as u64
    }

    pub fn totals(&self) -> Totals {
        let total = |of: fn(&Row) -> u64| self.rows.iter().map(of).sum::<u64>();
        Totals {
            log: self.path.clone(),
            designs: self.designs(),
            runs: total(|r| r.runs),
            jobs: total(|r| r.jobs),
            cycles: total(|r| r.cycles),
            bits: total(|r| r.bits),
            mismatches: total(|r| r.mismatches),
            failures: total(|r| u64::from(r.mismatches > 0)),
        }
    }
}
