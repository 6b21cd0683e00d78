//! Rows on disk the moment they exist: one JSON line each, safe against being killed.

// Here the rows of a study reach the disk.
#![allow(clippy::disallowed_methods)]

use super::{Row, Study, read_rows};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How the first line begins.
const HEADER: &str = "{\"study\":\"";

/// A file of rows in the order in which they were finished. Its first line says of which study.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Of study, model and data: part of the checksum of every row.
    identity: String,
    rows: BTreeMap<usize, Row>,
}

impl Journal {
    /// Opens or begins the journal at `path`. A last line that was torn when the writer was
    /// killed is cut off; what is no journal of ours, rows of another study, and rows that were changed, are
    /// refused as they are.
    pub fn open(path: &Path, study: &Study, identity: &str) -> Result<Journal, Failure> {
        let io = |e| Failure::io(path, e);
        let refuse = |found: &str| {
            Failure::input(format!(
                "{}: expected rows of this study, found {found}; choose another --out",
                path.display()
            ))
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let header = format!("{{\"study\":\"{identity}\"}}");
        let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
        let (first, rest) = text.split_once('\n').unwrap_or(("", ""));
        match first {
            first if first == header => {}
            first if first.starts_with(HEADER) => {
                return Err(refuse("those of another (or of another model or version)"));
            }
            // Nothing, or a header that was torn.
            "" if text.is_empty() && header.as_bytes().starts_with(&bytes) => {}
            _ => return Err(refuse("a file of something else")),
        }
        file.set_len(whole as u64).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let mut journal =
            Journal { path: path.into(), file, identity: identity.into(), rows: BTreeMap::new() };
        if whole == 0 {
            journal.line(&header)?;
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
