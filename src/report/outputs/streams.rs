//! Frames: music that is played, numbers that are foretold.

use super::Played;
use crate::golden::{Golden, Run};
use crate::quant::MatVec;
use crate::report::html::Picture;
use crate::report::number::three;
use crate::report::plot::{Axis, Colour, Lane, Lanes, Mark, short};
use crate::sample::{Note, notes, piece};

/// New pieces, as rolls.
pub fn music<M: MatVec>(golden: &Golden<M>, jobs: &[&Played]) -> Option<Picture> {
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
        let mark = |note: &Note| {
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

/// What is foretold of every frame.
pub fn foretold<M: MatVec>(golden: &Golden<M>, jobs: &[&Played]) -> Option<Picture> {
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
