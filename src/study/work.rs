//! A study at work: rows computed side by side, each on disk the moment it exists, and nothing computed twice.

use super::journal::Journal;
use super::material::Material;
use super::table;
use super::{Row, Study, read_rows};
use crate::failure::Failure;
use crate::files::Digest;
use crate::model::{Split, bytes_of};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

/// A study with the file that it was read from, as messages call it.
pub struct Work<'a> {
    study: &'a Study,
    file: &'a str,
    text: &'a str,
}

impl<'a> Work<'a> {
    /// `study` as it was read from `text`, perhaps with another model.
    pub fn new(study: &'a Study, file: &'a str, text: &'a str) -> Work<'a> {
        Work { study, file, text }
    }

    /// What rows depend on: the study, the model, the data and this program's version.
    fn identity(&self) -> Result<String, Failure> {
        let mut hash = Digest::default().with(concat!(env!("CARGO_PKG_VERSION"), ", rows with checksums"));
        hash = hash.with(self.text);
        for path in [self.study.model.join("model.safetensors"), Split::Test.file(&self.study.data)?] {
            hash = hash.with(bytes_of(&path)?);
        }
        Ok(hash.hex())
    }

    /// One row as the line that [`Rows::collect`] takes; `row` is below [`Study::rows`].
    ///
    /// # Errors
    ///
    /// Model or data cannot be read. A configuration that cannot be built is a row as well.
    pub fn line(&self, row: usize) -> Result<String, Failure> {
        let row = Material::read(self.study)?.row(self.study, self.file, self.study.choice(row));
        Ok(row.to_line(&self.identity()?))
    }

    /// The rows that there are in the folder `out`, which is claimed.
    ///
    /// # Errors
    ///
    /// Model or data cannot be read, or what lies in `out` is of something else.
    pub fn begin(self, out: &'a Path) -> Result<Rows<'a>, Failure> {
        let identity = self.identity()?;
        let rows = out.join("rows.jsonl");
        if !rows.exists() {
            table::refuse_others(self.study, out)?;
        }
        let journal = Journal::open(&rows, self.study, &identity)?;
        Ok(Rows { work: self, identity, out, journal })
    }
}

/// Rows of a study that are computed, or taken from others.
pub struct Rows<'a> {
    work: Work<'a>,
    identity: String,
    out: &'a Path,
    journal: Journal,
}

impl Rows<'_> {
    /// The rows that are there.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.journal.rows().values()
    }

    /// How many are not.
    pub fn missing(&self) -> usize {
        self.work.study.rows() - self.all().len()
    }

    /// Computes what is missing, `jobs` rows at once; 0, or more than there are cores: one a core.
    ///
    /// # Errors
    ///
    /// Model or data cannot be read, or a row cannot be written.
    pub fn compute(&mut self, jobs: usize) -> Result<(), Failure> {
        let Work { study, file, .. } = self.work;
        let missing: Vec<usize> = (0..study.rows()).filter(|&r| !self.journal.has(r)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = if jobs == 0 { cores } else { jobs.min(cores) }.min(missing.len());
        let material = Material::read(study)?;
        let (next, journal) = (AtomicUsize::new(0), Mutex::new(&mut self.journal));
        let worker = || -> Result<(), Failure> {
            while let Some(&row) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                let done = material.row(study, file, study.choice(row));
                journal.lock().expect("no writer panics").add(done)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            // This thread works as well, so no other one has to be had.
            let others: Vec<_> =
                (1..jobs).map_while(|_| Builder::new().spawn_scoped(scope, worker).ok()).collect();
            let own = worker();
            let all = others.into_iter().map(|t| t.join().expect("a row does not panic"));
            all.chain([own]).collect::<Result<(), Failure>>()
        })
    }

    /// Takes rows that [`Work::line`] computed elsewhere; `file` is how messages call where they come from.
    ///
    /// # Errors
    ///
    /// A line is no row of this study, or cannot be written.
    pub fn collect(&mut self, file: &str, text: &str) -> Result<(), Failure> {
        for (number, row) in read_rows(file, 1, text, self.work.study, &self.identity)? {
            if !self.journal.has(number) {
                self.journal.add(row)?;
            }
        }
        Ok(())
    }

    /// Writes tables and plots of a study that has all its rows; names of the files.
    ///
    /// # Errors
    ///
    /// Those of the disk.
    pub fn finish(&self) -> Result<Vec<String>, Failure> {
        let rows: Vec<Row> = self.all().cloned().collect();
        table::write(self.work.study, &rows, self.out)
    }
}
