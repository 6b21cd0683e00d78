//! Rows on disk the moment they exist: one JSON line each, safe against being killed.

use crate::commands::Failure;
use hvae_mnn::study::{Row, Study, read_rows};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file of rows in the order in which they were finished. Its first line says of which study.
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Of study, model and data: part of the checksum of every row.
    identity: String,
    rows: BTreeMap<usize, Row>,
}

impl Journal {
    /// Opens or begins the journal at `path`. A last line that was torn when the writer was
    /// killed is cut off; rows of another study, and rows that were changed, are refused.
    pub fn open(path: &Path, study: &Study, identity: &str) -> Result<Journal, Failure> {
        let io = |e| Failure::io(path, e);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        file.try_lock().map_err(|_| {
            Failure::input(format!(
                "{}: another `hvae study` writes here; wait for it, or choose another --out",
                path.display()
            ))
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let header = format!("{{\"study\":\"{identity}\"}}");
        let mut journal =
            Journal { path: path.into(), file, identity: identity.into(), rows: BTreeMap::new() };
        let text = String::from_utf8_lossy(&bytes[..whole]);
        let (first, rest) = text.split_once('\n').unwrap_or(("", ""));
        match first {
            "" if text.is_empty() => journal.line(&header)?,
            first if first == header => {}
            _ => {
                return Err(Failure::input(format!(
                    "{}: expected rows of this study, found those of another (or of another model or version); \
                     choose another --out, or remove the folder",
                    path.display()
                )));
            }
        }
        journal.rows = read_rows(&path.display().to_string(), 2, rest, study, identity)?;
        Ok(journal)
    }

    pub fn has(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    /// Appends a row in one write.
    pub fn add(&mut self, row: Row) -> Result<(), Failure> {
        self.line(&row.to_line(&self.identity))?;
        self.rows.insert(row.choice.row, row);
        Ok(())
    }

    /// Finished rows by their number.
    pub fn rows(&self) -> &BTreeMap<usize, Row> {
        &self.rows
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(|e| Failure::io(&self.path, e))
    }
}
