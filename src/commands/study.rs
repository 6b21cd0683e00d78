//! `hvae study`: many configurations on the golden model.

use super::Failure;
use super::inputs::read_text;
use super::out::{remark, say};
use super::progress;
use hvae_mnn::files::Claim;
use hvae_mnn::study::{Study, Work};
use std::path::PathBuf;

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
    let work = Work::new(&study, &file, &text);
    if let Some(row) = args.row {
        if row >= study.rows() {
            return Err(Failure::input(format!(
                "--row {row}: expected 0 to {}, the rows of {file}; choose another",
                study.rows() - 1
            )));
        }
        return say!("{}", work.line(row)?);
    }
    let out = args.out.as_deref().expect("clap asks for it");
    let _claim = Claim::of(out)?;
    let mut rows = work.begin(out)?;
    for path in &args.collect {
        rows.collect(&path.display().to_string(), &read_text(path)?)?;
    }
    let (all, missing) = (study.rows(), rows.missing());
    if args.collect.is_empty() && missing > 0 {
        say!("{missing} of {all} rows to compute")?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if args.jobs > cores {
            remark!("hvae: --jobs {}: {cores} at once, one a core", args.jobs);
        }
        let spin = progress::spinner("rows");
        rows.compute(args.jobs)?;
        spin.finish_and_clear();
    }
    let missing = rows.missing();
    if missing > 0 {
        return say!("{} of {all} rows in {}; {missing} are missing", all - missing, out.display());
    }
    let written = rows.finish()?;
    let failed = rows.all().filter(|r| r.error.is_some()).count();
    say!("{all} rows, {failed} without figures; {} in {}", written.join(", "), out.display())
}
