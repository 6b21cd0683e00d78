//! What the network says on the jobs of the page: sentences side by side, music, labels, numbers.

use super::html::{Picture, SideBySide};
use super::number::{percent, plain, three};
use super::plot::{Axis, Colour, Lane, Lanes, Mark, short};
use crate::golden::{Golden, Job, JobKind, Run};
use crate::model::{EOS, PAD, Rewriting, SOS, Vocabulary};
use crate::quant::MatVec;
use crate::sample::{notes, piece};

/// Sequences of one kind that are shown at most.
const SHOWN: usize = 10;

/// A job, and what comes of it on the tiles of the design and on ideal ones.
pub struct Played<'a> {
    /// What was asked.
    pub job: &'a Job,
    /// On the tiles of the design: what the simulated hardware is compared with.
    pub cells: Run,
    /// With exact products.
    pub ideal: Run,
}

/// A sentence word by word, without the marks of begin and end.
fn sentence(vocabulary: &Vocabulary, tokens: impl Iterator<Item = u32>) -> Vec<String> {
    let word = |t: u32| vocabulary.word(t).map_or_else(|| format!("<{t}>"), str::to_string);
    tokens.take_while(|&t| t != EOS).filter(|&t| t != PAD && t != SOS).map(word).collect()
}

fn read(vocabulary: &Vocabulary, job: &Job) -> Vec<String> {
    sentence(vocabulary, job.input.iter().map(|&t| t as u32))
}

/// The first words of what a job reads, as the name of a lane.
pub fn name_of(vocabulary: Option<&Vocabulary>, tokens: &[u32], number: usize) -> String {
    let words = vocabulary.map_or(Vec::new(), |v| sentence(v, tokens.iter().copied()));
    let mut name = String::new();
    for word in words {
        if name.chars().count() + word.chars().count() > 20 {
            return format!("{} …", name.trim_end());
        }
        name += &word;
        name.push(' ');
    }
    if name.is_empty() { format!("sequence {number}") } else { name.trim_end().into() }
}

/// All pictures that these jobs give; `vocabulary` of a trained network that knows words.
pub fn pictures<M: MatVec>(
    golden: &Golden<M>,
    vocabulary: Option<&Vocabulary>,
    played: &[Played],
) -> Vec<Picture> {
    let network = &golden.quant.network;
    let of = |kind: JobKind| played.iter().filter(move |p| p.job.kind == kind).take(SHOWN);
    let mut all = Vec::new();
    if network.bits_block().is_some() {
        all.extend(music(golden, &of(JobKind::Generate).collect::<Vec<_>>()));
        return all;
    }
    if let Some(vocabulary) = vocabulary {
        if network.converses() {
            all.extend(conversation(vocabulary, played));
        } else {
            all.extend(new_ones(vocabulary, &of(JobKind::Generate).collect::<Vec<_>>()));
        }
        all.extend(rewritten(
            vocabulary,
            &of(JobKind::Reconstruct).collect::<Vec<_>>(),
            network.latent().is_some(),
        ));
        all.extend(labelled(vocabulary, &of(JobKind::Label).collect::<Vec<_>>()));
    }
    all.extend(foretold(golden, &of(JobKind::Values).take(3).collect::<Vec<_>>()));
    all
}

fn new_ones(vocabulary: &Vocabulary, jobs: &[&Played]) -> Option<Picture> {
    let line = |p: &&Played| {
        [&p.ideal, &p.cells].map(|run| sentence(vocabulary, run.output.iter().copied())).to_vec()
    };
    let lines: Vec<_> = jobs.iter().map(line).collect();
    let temperature = 4096.0 / f64::from(jobs.first()?.job.inverse_temperature.max(1));
    let same = lines.iter().filter(|line| line[0] == line[1]).count();
    let columns = vec!["on ideal cells".into(), "on these cells".into()];
    Some(Picture {
        id: "new",
        heading: "What it writes".into(),
        caption: format!(
            "New sentences, drawn at temperature {} from nothing but noise, the same noise on ideal cells and on those of this design; \
             {same} of {} are the same. Words that ideal cells would not have written are marked: after the first of them the sentence \
             goes its own way.",
            plain(temperature),
            lines.len()
        ),
        body: SideBySide { columns, lines, marked: true }.html(),
    })
}

fn rewritten(vocabulary: &Vocabulary, jobs: &[&Played], one_latent: bool) -> Option<Picture> {
    if jobs.is_empty() {
        return None;
    }
    let line = |p: &&Played| {
        let wrote = |run: &Run| sentence(vocabulary, run.output.iter().copied());
        vec![read(vocabulary, p.job), wrote(&p.ideal), wrote(&p.cells)]
    };
    let sources: Vec<Vec<u32>> =
        jobs.iter().map(|p| p.job.input.iter().map(|&t| t as u32).collect()).collect();
    let views: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    let of = |written: Vec<Vec<u32>>| Rewriting::of(&views, &written);
    let cells = of(jobs.iter().map(|p| p.cells.output.clone()).collect());
    let ideal = of(jobs.iter().map(|p| p.ideal.output.clone()).collect());
    let columns = ["read", "written again on ideal cells", "written again on these cells"];
    Some(Picture {
        id: "rewritten",
        heading: "What it reads and writes again".into(),
        caption: format!(
            "Each sentence is read once, and written again from {}, the likeliest word at a time. These cells bring back {} of the words \
             and {} of the sentences whole, ideal ones {} and {}; words that were not read are marked.",
            if one_latent { "its latent alone" } else { "the latents of its words" },
            percent(cells.word_overlap),
            percent(cells.exact),
            percent(ideal.word_overlap),
            percent(ideal.exact),
        ),
        body: SideBySide {
            columns: columns.map(str::to_string).to_vec(),
            lines: jobs.iter().map(line).collect(),
            marked: true,
        }
        .html(),
    })
}

fn conversation(vocabulary: &Vocabulary, played: &[Played]) -> Option<Picture> {
    let mut heard: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for p in played {
        if p.job.fresh {
            heard.clear();
        }
        match p.job.kind {
            JobKind::Listen => heard = read(vocabulary, p.job),
            JobKind::Generate if lines.len() < SHOWN => {
                let said = |run: &Run| sentence(vocabulary, run.output.iter().copied());
                let before =
                    if heard.is_empty() { vec!["(the conversation begins)".into()] } else { heard.clone() };
                lines.push(vec![before, said(&p.ideal), said(&p.cells)]);
            }
            _ => {}
        }
    }
    if lines.is_empty() {
        return None;
    }
    let columns = ["heard last", "its answer on ideal cells", "its answer on these cells"];
    Some(Picture {
        id: "answers",
        heading: "What it answers".into(),
        caption: "Before each sentence of a conversation is heard, the network says what it would say, drawn with the same noise on \
                  ideal cells and on those of this design."
            .into(),
        body: SideBySide { columns: columns.map(str::to_string).to_vec(), lines, marked: false }.html(),
    })
}

fn labelled(vocabulary: &Vocabulary, jobs: &[&Played]) -> Option<Picture> {
    if jobs.is_empty() {
        return None;
    }
    let line = |p: &&Played| {
        let inner = |t: u32| ![PAD, SOS, EOS].contains(&t);
        let word = |t: u32| vocabulary.word(t).map_or_else(|| format!("<{t}>"), str::to_string);
        let read: Vec<u32> = p.job.input.iter().map(|&t| t as u32).collect();
        let with = |run: &Run| -> Vec<String> {
            match run.output.len() == read.len() {
                // A label of every word.
                true => read
                    .iter()
                    .zip(&run.output)
                    .filter(|(t, _)| inner(**t))
                    .map(|(t, label)| if *label == 0 { word(*t) } else { format!("{}/{label}", word(*t)) })
                    .collect(),
                false => run.output.iter().map(|label| format!("label {label}")).collect(),
            }
        };
        match p.ideal.output.len() == read.len() {
            true => vec![with(&p.ideal), with(&p.cells)],
            false => vec![
                read.iter().filter(|t| inner(**t)).map(|t| word(*t)).collect(),
                with(&p.ideal),
                with(&p.cells),
            ],
        }
    };
    let lines: Vec<Vec<Vec<String>>> = jobs.iter().map(line).collect();
    let each = lines.iter().all(|line| line.len() == 2);
    let columns: &[&str] = match each {
        true => &["labels on ideal cells", "labels on these cells"],
        false => &["read", "on ideal cells", "on these cells"],
    };
    Some(Picture {
        id: "labels",
        heading: "What it labels".into(),
        caption: match each {
            true => "A label stands behind its word as a number (label 0 is left out); what ideal cells would have \
                     labelled otherwise is marked.",
            false => "What was read, and its label.",
        }
        .into(),
        body: SideBySide { columns: columns.iter().map(ToString::to_string).collect(), lines, marked: each }.html(),
    })
}

fn music<M: MatVec>(golden: &Golden<M>, jobs: &[&Played]) -> Option<Picture> {
    let on = |run: &Run| piece(golden, &run.output);
    let pieces: Vec<_> = jobs.iter().take(4).map(|p| (on(&p.ideal), on(&p.cells))).collect();
    let all: Vec<_> = pieces.iter().flat_map(|(ideal, cells)| [notes(ideal), notes(cells)]).collect();
    let steps = pieces.iter().map(|(a, b)| a.nrows().max(b.nrows())).max()?;
    let keys = || all.iter().flatten().map(|note| note.key);
    let (low, high) = (keys().min()?, keys().max()? + 1);
    let mut picture = Lanes::new(Axis::until(steps as f64), short, "frame");
    picture.height = (4 * (high - low) as u32).clamp(48, 200);
    for (number, notes) in all.iter().enumerate() {
        let (whose, colour) =
            if number % 2 == 0 { ("ideal cells", Colour::Grey) } else { ("these cells", Colour::Blue) };
        let mark = |note: &crate::sample::Note| {
            let at = |key: usize| (key - low) as f64 / (high - low) as f64;
            Mark {
                low: at(note.key),
                high: at(note.key + 1),
                ..Mark::bar(
                    note.from as f64,
                    note.to as f64,
                    colour,
                    format!("bit {}, frames {} to {}", note.key, note.from, note.to - 1),
                )
            }
        };
        picture.lanes.push(Lane {
            name: format!("piece {}, {whose}", number / 2 + 1),
            figure: format!("{} notes", notes.len()),
            marks: notes.iter().map(mark).collect(),
            rules: Vec::new(),
        });
    }
    Some(Picture {
        id: "pieces",
        heading: "What it plays".into(),
        caption: "New pieces of the network's own, each drawn with the same noise on ideal cells and on those of this design. A bar is a \
                  bit of the frames that stays 1, of a piano a key that is held; high keys are at the top."
            .into(),
        body: picture.html(),
    })
}

fn foretold<M: MatVec>(golden: &Golden<M>, jobs: &[&Played]) -> Option<Picture> {
    let format = golden.quant.moment_format();
    let real = |half: u32| format.decode(i64::from(half as u16 as i16));
    let size = golden.quant.network.heads().map(|id| golden.quant.network.width(id)).next()?;
    // Of every step the first number: its mean, and its deviation.
    let first = |run: &Run| -> Vec<(f64, f64)> {
        let step = |words: &[u32]| (real(words[0]), (0.5 * real(words[0] >> 16)).exp());
        run.output.chunks_exact(size.max(1)).map(step).collect()
    };
    let rows: Vec<_> = jobs
        .iter()
        .enumerate()
        .flat_map(|(i, p)| {
            [
                (i, "ideal cells", Colour::Grey, first(&p.ideal)),
                (i, "these cells", Colour::Blue, first(&p.cells)),
            ]
        })
        .collect();
    let ends = || rows.iter().flat_map(|(.., steps)| steps).flat_map(|(m, s)| [m - s, m + s]);
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let steps = rows.iter().map(|(.., steps)| steps.len()).max().filter(|&n| n > 0)?;
    let at = |v: f64| ((v - low) / (high - low).max(1e-9)).clamp(0.0, 1.0);
    let mut picture = Lanes::new(Axis::until(steps as f64), short, "frame");
    picture.height = 70;
    picture.legend = vec![
        (Colour::Orange, "mean".into()),
        (Colour::Blue, "within a deviation of it, on these cells".into()),
        (Colour::Grey, "on ideal cells".into()),
    ];
    for (number, whose, colour, steps) in &rows {
        let marks = steps.iter().enumerate().flat_map(|(t, &(mean, sigma))| {
            let t = t as f64;
            let note = format!("frame {t}: {} with a deviation of {}", three(mean), three(sigma));
            let band = Mark {
                low: at(mean - sigma),
                high: at(mean + sigma),
                ..Mark::bar(t, t + 1.0, *colour, note)
            };
            let line = Mark {
                low: (at(mean) - 0.025).max(0.0),
                high: at(mean) + 0.025,
                ..Mark::bar(t, t + 1.0, Colour::Orange, "")
            };
            [band, line]
        });
        picture.lanes.push(Lane {
            name: format!("sequence {}, {whose}", number + 1),
            figure: format!("{} to {}", three(low), three(high)),
            marks: marks.collect(),
            rules: Vec::new(),
        });
    }
    Some(Picture {
        id: "values",
        heading: "What it foretells".into(),
        caption: "The first number of every frame, as the network foretells it: its mean, and how sure it is of it. Where the bands of ideal \
                  cells and of these differ, cells and converters have cost something."
            .into(),
        body: picture.html(),
    })
}
