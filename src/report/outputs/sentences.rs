//! Sentences that are written, written again, answered or labelled, on ideal cells and on those of the design.

use super::{Played, SHOWN, sentence};
use crate::golden::{Job, JobKind, Run};
use crate::model::{EOS, PAD, Rewriting, SOS, Vocabulary};
use crate::report::html::Picture;
use crate::report::number::{percent, plain};
use crate::report::side::SideBySide;

fn read(vocabulary: &Vocabulary, job: &Job) -> Vec<String> {
    sentence(vocabulary, job.input.iter().map(|&t| t as u32))
}

/// What is written of noise.
pub fn new_ones(vocabulary: &Vocabulary, jobs: &[&Played]) -> Option<Picture> {
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

/// What is read and written again; `one_latent`: of a latent of the sentence.
pub fn rewritten(vocabulary: &Vocabulary, jobs: &[&Played], one_latent: bool) -> Option<Picture> {
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

/// What is answered to what was heard last.
pub fn conversation(vocabulary: &Vocabulary, played: &[Played]) -> Option<Picture> {
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

/// A label of every word, or of the sentence.
pub fn labelled(vocabulary: &Vocabulary, jobs: &[&Played]) -> Option<Picture> {
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
