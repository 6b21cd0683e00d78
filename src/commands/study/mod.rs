//! `hvae study`: many configurations on the golden model.

mod journal;
mod row;
mod table;

use super::Failure;
use super::claim::Claim;
use super::inputs::read_text;
use super::out::{remark, say};
use super::progress;
use hvae_mnn::model::{Split, bytes_of};
use hvae_mnn::study::{Choice, Row, Study, read_rows};
use journal::Journal;
use row::Material;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae study configs/study-adc.toml --out build/study\n  hvae study configs/study-adc.toml --row 3\n  hvae study configs/study-adc.toml --collect rows/*.json --out build/study\nRun it again to resume; workflow/Snakefile spreads rows over machines."
)]
pub struct Args {
    /// What to try: model, data, [base], [vary], seeds
    study: PathBuf,
    /// Folder of rows.jsonl and, when all rows are there, results.csv, results.json and plots
    #[arg(long, required_unless_present_any = ["row", "count"])]
    out: Option<PathBuf>,
    /// Print this row as a JSON line and write nothing
    #[arg(long, conflicts_with_all = ["count", "collect"])]
    row: Option<usize>,
    /// Print how many rows there are
    #[arg(long)]
    count: bool,
    /// Take rows that --row printed instead of computing them
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "count")]
    collect: Vec<PathBuf>,
    /// Another model than that of the study
    #[arg(long)]
    model: Option<PathBuf>,
    /// Rows at once; 0: one a core
    #[arg(long, default_value_t = 0)]
    jobs: usize,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let file = args.study.display().to_string();
    let text = read_text(&args.study)?;
    let mut study = Study::parse(&file, &text)?;
    if let Some(model) = &args.model {
        study.model.clone_from(model);
    }
    if args.count {
        return say!("{}", study.rows());
    }
    if let Some(row) = args.row {
        let choice = known(&study, row, &file)?;
        let row = Material::read(&study)?.row(&study, &file, choice);
        return say!("{}", row.to_line(&identity(&study, &text)?));
    }
    let out = args.out.as_deref().expect("clap asks for it");
    let identity = identity(&study, &text)?;
    let _claim = Claim::of(out)?;
    let rows = out.join("rows.jsonl");
    if !rows.exists() {
        table::refuse_others(&study, out)?;
    }
    let journal = Journal::open(&rows, &study, &identity)?;
    let rows = if args.collect.is_empty() {
        compute(&study, &file, journal, args.jobs)?
    } else {
        collect(&study, &identity, journal, &args.collect)?
    };
    let missing = study.rows() - rows.len();
    if missing > 0 {
        say!("{} of {} rows in {}; {missing} are missing", rows.len(), study.rows(), out.display())?;
        return Ok(());
    }
    let written = table::write(&study, &rows, out)?;
    let failed = rows.iter().filter(|r| r.error.is_some()).count();
    say!("{} rows, {failed} without figures; {} in {}", rows.len(), written.join(", "), out.display())?;
    Ok(())
}

fn known(study: &Study, row: usize, file: &str) -> Result<Choice, Failure> {
    if row >= study.rows() {
        return Err(Failure::input(format!(
            "--row {row}: expected 0 to {}, the rows of {file}; choose another",
            study.rows() - 1
        )));
    }
    Ok(study.choice(row))
}

/// What rows depend on: the study, the model, the data and this program's version.
fn identity(study: &Study, text: &str) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    hash.update(concat!(env!("CARGO_PKG_VERSION"), ", rows with checksums"));
    hash.update(text);
    for path in [study.model.join("model.safetensors"), Split::Test.file(&study.data)?] {
        hash.update(bytes_of(&path)?);
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// Computes what the journal lacks.
fn compute(study: &Study, file: &str, journal: Journal, jobs: usize) -> Result<Vec<Row>, Failure> {
    let missing: Vec<usize> = (0..study.rows()).filter(|&r| !journal.has(r)).collect();
    if !missing.is_empty() {
        say!("{} of {} rows to compute", missing.len(), study.rows())?;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if jobs > cores {
        remark!("hvae: --jobs {jobs}: {cores} at once, one a core");
    }
    let jobs = if jobs == 0 { cores } else { jobs.min(cores) }.min(missing.len());
    let material = if missing.is_empty() { None } else { Some(Material::read(study)?) };
    let (next, journal) = (AtomicUsize::new(0), Mutex::new(journal));
    let spin = progress::spinner("rows");
    let worker = || -> Result<(), Failure> {
        loop {
            let Some(&row) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(()) };
            let material = material.as_ref().expect("rows are missing");
            let done = material.row(study, file, study.choice(row));
            journal.lock().expect("no writer panics").add(done)?;
        }
    };
    std::thread::scope(|scope| {
        // This thread works as well, so no other one has to be had.
        let others: Vec<_> =
            (1..jobs).map_while(|_| Builder::new().spawn_scoped(scope, worker).ok()).collect();
        let own = worker();
        let all = others.into_iter().map(|t| t.join().expect("a row does not panic"));
        all.chain([own]).collect::<Result<(), Failure>>()
    })?;
    spin.finish_and_clear();
    Ok(journal.into_inner().expect("no writer panics").rows().values().cloned().collect())
}

/// Takes rows computed elsewhere.
fn collect(
    study: &Study,
    identity: &str,
    mut journal: Journal,
    files: &[PathBuf],
) -> Result<Vec<Row>, Failure> {
    for path in files {
        let rows = read_rows(&path.display().to_string(), 1, &read_text(path)?, study, identity)?;
        for (number, row) in rows {
            if !journal.has(number) {
                journal.add(row)?;
            }
        }
    }
    Ok(journal.rows().values().cloned().collect())
}
