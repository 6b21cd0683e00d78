//! `hvae cosim --soak`: small designs and jobs at random, for hours; every bit against the golden model.

use super::folder::{DESIGN, read_build, write_build};
use super::out::say;
use super::output::OutputFolder;
use super::{Failure, interrupt, output};
use hvae_mnn::config::Config;
use hvae_mnn::cosim::{Cosim, CosimReport, Difference, Effort, Engine, RunOptions, Simulation};
use hvae_mnn::golden::{Golden, Job};
use hvae_mnn::model::Random;
use hvae_mnn::pipeline::{varied_design, varied_jobs};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Compiling a design takes some seconds: so many jobs at a time, for so long.
const JOBS_A_RUN: usize = 120;
const PATIENT: Duration = Duration::from_secs(120);
/// Designs that failed, after which nobody wants to see more.
const MOST_FAILURES: u64 = 5;

/// What is to be done.
pub struct Soak {
    pub hours: f64,
    pub out: PathBuf,
    pub seed: u64,
}

/// One design, as a line of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Row {
    design: u64,
    what: String,
    runs: u64,
    jobs: u64,
    bits: u64,
    cycles: u64,
    mismatches: u64,
    seconds: f64,
    /// Which Verilog, so that totals can be told apart when it has changed.
    id: String,
}

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    soak: u64,
}

impl Soak {
    /// Goes on where the log ends; at the end says what all designs of the log showed.
    pub fn run(&self) -> Result<(), Failure> {
        fs::create_dir_all(&self.out).map_err(|e| Failure::io(&self.out, e))?;
        let mut log = Log::open(&self.out.join("soak.jsonl"), self.seed)?;
        interrupt::gently();
        let end = Instant::now() + Duration::from_secs_f64(self.hours * 3600.0);
        while Instant::now() < end && !interrupt::asked() && log.failures() < MOST_FAILURES {
            let Some(row) = self.design(log.rows.len() as u64, end)? else { break };
            say!("{}", shown(&row))?;
            log.add(row)?;
        }
        let total = |of: fn(&Row) -> u64| log.rows.iter().map(of).sum::<u64>();
        say!(
            "{} designs, {} runs, {} jobs, {} cycles: {} bits compared, {} mismatches; log: {}",
            log.rows.len(),
            total(|r| r.runs),
            total(|r| r.jobs),
            total(|r| r.cycles),
            total(|r| r.bits),
            total(|r| r.mismatches),
            log.path.display()
        )?;
        match log.failures() {
            0 => Ok(()),
            n => Err(Failure::check(format!(
                "{n} designs failed; each is kept in {}, with the command that shows it again in replay.txt",
                self.out.display()
            ))),
        }
    }

    /// `None`: interrupted before a run of it ended.
    fn design(&self, number: u64, end: Instant) -> Result<Option<Row>, Failure> {
        let started = Instant::now();
        let (config, net) = varied_design(self.seed, number);
        let folder = self.out.join(format!("design-{number}"));
        write_build(OutputFolder::begin(&folder, DESIGN)?, &net, &config, None)?;
        // What a replay reads.
        let build = read_build(&folder)?;
        let golden = Golden::tiled(&build.net, &build.file.design.config.accelerator);
        let simulation = match Simulation::build_for(Engine::Verilator, &folder, false, Effort::Run) {
            Err(_) if interrupt::asked() => return remove(&folder).map(|()| None),
            made => made?,
        };
        let processes = std::thread::available_parallelism().map_or(1, usize::from);
        let cosim = Cosim { design: &build.file.design, golden: &golden, simulation: &simulation, processes };
        let mut row = Row {
            design: number,
            what: what(&config),
            runs: 0,
            jobs: 0,
            bits: 0,
            cycles: 0,
            mismatches: 0,
            seconds: 0.0,
            id: build.file.design.id.clone(),
        };
        // Each run is as long again as the compilation was, or some of them.
        while row.runs == 0 || (started.elapsed() < PATIENT && Instant::now() < end) {
            let mut random = Random::keyed(&[self.seed, number, row.runs, 1]);
            let jobs = varied_jobs(&golden.shape, JOBS_A_RUN, &mut random);
            let options = RunOptions {
                stalls: if random.below(3) == 0 { 0 } else { 1 + random.below(1 << 30) as u32 },
                reset_at: (random.below(4) == 0).then(|| 1 + random.below(1500) as u32),
                ..RunOptions::default()
            };
            let report = match cosim.run(&jobs, &options, &|_| {}) {
                Err(_) if interrupt::asked() => break,
                run => run?,
            };
            row.add(&report);
            if let Some(first) = &report.first_difference {
                keep(&folder, &jobs, &options, first)?;
                break;
            }
            if interrupt::asked() {
                break;
            }
        }
        row.seconds = started.elapsed().as_secs_f64();
        if row.mismatches == 0 {
            remove(&folder)?;
        }
        Ok((row.runs > 0).then_some(row))
    }
}

impl Row {
    fn add(&mut self, report: &CosimReport) {
        self.runs += 1;
        self.jobs += report.sentences as u64;
        self.bits += report.bits_compared;
        self.cycles += report.cycles;
        self.mismatches += report.mismatches;
    }
}

fn shown(row: &Row) -> String {
    format!(
        "design {}: {}; {} jobs, {} bits compared, {} mismatches, {:.0} s",
        row.design, row.what, row.jobs, row.bits, row.mismatches, row.seconds
    )
}

fn what(config: &Config) -> String {
    let names =
        |cells: &[hvae_mnn::config::CellKind]| cells.iter().map(|c| c.name()).collect::<Vec<_>>().join("-");
    let (m, x) = (&config.model, &config.crossbar);
    format!(
        "{} to {}, {} words, {} units, tiles of {} x {}, {:?}, device {}{}",
        names(&m.cells),
        names(m.decoder_cells.as_ref().unwrap_or(&m.cells)),
        m.vocabulary,
        m.hidden,
        x.rows,
        x.columns,
        x.encoding,
        config.device.preset,
        if config.noise.draws() { ", noise" } else { "" }
    )
}

/// What shows the difference again, beside the design.
fn keep(folder: &Path, jobs: &[Job], options: &RunOptions, first: &Difference) -> Result<(), Failure> {
    let file = folder.join("replay.json");
    let text = serde_json::to_string(jobs).expect("jobs are plain data");
    output::write_file(&file, text.as_bytes())?;
    let reset = options.reset_at.map_or_else(String::new, |at| format!(" --reset-at {at}"));
    let command = format!(
        "hvae cosim {} --replay {} --stalls {}{reset}",
        folder.display(),
        file.display(),
        options.stalls
    );
    say!("differs first at {first}\n  again: {command}")?;
    let text = format!("{command}\n{first}\n");
    output::write_file(&folder.join("replay.txt"), text.as_bytes())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    fs::remove_dir_all(folder).map_err(|e| Failure::io(folder, e))
}

/// The designs that are done, a JSON line each.
struct Log {
    path: PathBuf,
    file: fs::File,
    rows: Vec<Row>,
}

impl Log {
    fn open(path: &Path, seed: u64) -> Result<Log, Failure> {
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

    fn add(&mut self, row: Row) -> Result<(), Failure> {
        let line = serde_json::to_string(&row).expect("a row is plain data") + "\n";
        self.file.write_all(line.as_bytes()).map_err(|e| Failure::io(&self.path, e))?;
        self.rows.push(row);
        Ok(())
    }

    fn failures(&self) -> u64 {
        self.rows.iter().filter(|r| r.mismatches > 0).count() as u64
    }
}
