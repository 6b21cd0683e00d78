//! What Verilator counted, with names that stay the same when lines move.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Line,
    Branch,
    Toggle,
}

/// A place of a module: `what` happens at the line of that text, or to the signal of that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub module: String,
    pub kind: Kind,
    /// Of a toggle: the signal.
    pub text: String,
    /// `if`, `else`, ... with a number where the text stands several times; of a toggle: the bit and the direction.
    pub what: String,
}

/// How often each point was reached, over all designs that have it.
#[derive(Debug, Default)]
pub struct Points(BTreeMap<Point, u64>);

/// A record of the file: `C 'key value key value ...' count`.
struct Record<'a> {
    fields: BTreeMap<&'a str, &'a str>,
    count: u64,
}

impl<'a> Record<'a> {
    fn parse(line: &'a str) -> Option<Record<'a>> {
        let (body, count) = line.strip_prefix("C '")?.rsplit_once("' ")?;
        let fields = body.split('\u{1}').filter_map(|f| f.split_once('\u{2}')).collect();
        Some(Record { fields, count: count.trim().parse().ok()? })
    }

    fn number(&self, key: &str) -> usize {
        self.fields.get(key).and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

/// Recurrent levels are modules of their own, made from one template.
fn module(file: &str) -> String {
    let stem = Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
    let hand = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl").join(format!("{stem}.sv")).exists();
    let others =
        ["hvae_axil_regs", "hvae_job_seq", "hvae_program", "hvae_stage_seq", "hvae_core", "hvae_top"];
    if hand || others.contains(&&*stem) { stem } else { "hvae_<level>".into() }
}

impl Points {
    /// Adds what one simulation of the design in `folder` wrote.
    pub fn read(&mut self, text: &str, folder: &Path) {
        let mut sources: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        // Counts of the same place: of all instances.
        let mut places: BTreeMap<(&str, usize, usize, &str, &str), u64> = BTreeMap::new();
        for record in text.lines().filter_map(Record::parse) {
            let file = record.fields["f"];
            let kind = record.fields["page"].split('/').next().unwrap();
            let place = (file, record.number("l"), record.number("n"), kind, record.fields["o"]);
            *places.entry(place).or_default() += record.count;
        }
        let mut seen: BTreeMap<(String, Kind, String, &str), usize> = BTreeMap::new();
        for ((file, line, _, kind, what), count) in places {
            if !file.starts_with("rtl/") {
                continue;
            }
            let module = module(file);
            let point = if kind == "v_toggle" {
                let (bit, way) = what.rsplit_once(':').expect("a toggle has a direction");
                let (signal, bit) = match bit.split_once('[') {
                    Some((signal, bit)) => (signal, format!("[{bit}")),
                    None => (bit, String::new()),
                };
                Point {
                    module,
                    kind: Kind::Toggle,
                    text: signal.into(),
                    what: format!("{bit} {way}").trim().into(),
                }
            } else {
                let kind = if kind == "v_line" { Kind::Line } else { Kind::Branch };
                let lines = sources.entry(file).or_insert_with(|| {
                    let text = fs::read_to_string(folder.join(file)).unwrap();
                    text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
                });
                let text = lines[line - 1].clone();
                let nth = seen.entry((file.to_string(), kind, text.clone(), what)).or_default();
                *nth += 1;
                let what = if *nth > 1 { format!("{what} {nth}") } else { what.to_string() };
                Point { module, kind, text, what }
            };
            *self.0.entry(point).or_default() += count;
        }
    }

    pub fn modules(&self) -> BTreeSet<String> {
        self.0.keys().map(|p| p.module.clone()).collect()
    }

    /// Points reached, and all.
    pub fn reached(&self, module: Option<&str>, kind: Kind) -> (usize, usize) {
        let of = |p: &Point| p.kind == kind && module.is_none_or(|m| m == p.module);
        let all: Vec<u64> = self.0.iter().filter(|(p, _)| of(p)).map(|(_, n)| *n).collect();
        (all.iter().filter(|n| **n > 0).count(), all.len())
    }

    pub fn unreached(&self, kinds: &[Kind]) -> Vec<&Point> {
        self.0.iter().filter(|(p, n)| **n == 0 && kinds.contains(&p.kind)).map(|(p, _)| p).collect()
    }

    /// Every toggle that was seen.
    pub fn toggled(&self) -> impl Iterator<Item = &Point> {
        self.0.iter().filter(|(p, n)| **n > 0 && p.kind == Kind::Toggle).map(|(p, _)| p)
    }

    /// Every point with its count.
    pub fn listing(&self) -> String {
        let line =
            |(p, n): (&Point, &u64)| format!("{}\t{:?}\t{}\t{}\t{n}\n", p.module, p.kind, p.text, p.what);
        self.0.iter().map(line).collect()
    }
}
