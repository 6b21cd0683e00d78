//! Pieces as a picture: keys upwards, frames to the right, a bar a note; no fonts from elsewhere, the same bytes for the
//! same pieces.

use super::midi::LOWEST;
use super::pieces::notes;
use ndarray::Array2;
use std::fmt::Write;

const LEFT: f64 = 62.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 58.0;
const GAP: f64 = 54.0;
/// Height of a key.
const KEY: f64 = 7.0;

/// Where frames of a piece are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// They were given.
    Played,
    /// The network read them and wrote them again.
    Rewritten,
    /// The network made them up.
    Dreamt,
}

impl Part {
    const ALL: [Part; 3] = [Part::Played, Part::Rewritten, Part::Dreamt];

    const fn name(self) -> &'static str {
        match self {
            Part::Played => "played",
            Part::Rewritten => "written again",
            Part::Dreamt => "dreamt",
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Part::Played => "#8a5a12",
            Part::Rewritten => "#2e7d4f",
            Part::Dreamt => "#1f66b0",
        }
    }
}

/// A piece [steps, keys] whose first frames are of one part, and the rest of another.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its frames.
    pub piece: Array2<f32>,
    /// How many are of the first part, and which that is.
    pub first: (usize, Part),
    /// That of the others.
    pub rest: Part,
}

impl Shown {
    /// There are notes of this part.
    fn has(&self, part: Part) -> bool {
        let (count, first) = self.first;
        count > 0 && first == part || count < self.piece.nrows() && self.rest == part
    }
}

/// Of the twelve keys from a C, the black ones.
const BLACK: [usize; 5] = [1, 3, 6, 8, 10];

/// The name of key `key` of a piano, C4 in the middle.
fn name(key: usize) -> String {
    const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
    let note = key + LOWEST;
    format!("{}{}", NAMES[note % 12], note as i64 / 12 - 1)
}

/// The picture of pieces, one below the other, a colour a part.
pub fn roll(title: &str, pieces: &[Shown]) -> String {
    let all: Vec<_> = pieces.iter().map(|shown| notes(&shown.piece)).collect();
    let keys = || all.iter().flatten().map(|note| note.key);
    let (lowest, highest) = (keys().min().unwrap_or(39), keys().max().unwrap_or(39));
    let (lowest, highest) = (lowest.saturating_sub(2), highest + 2);
    let steps = pieces.iter().map(|shown| shown.piece.nrows()).max().unwrap_or(0).max(1);
    let frame = (1200.0 / steps as f64).clamp(3.0, 14.0);
    let high = KEY * (highest + 1 - lowest) as f64;
    let width = LEFT + frame * steps as f64 + RIGHT;
    let height = TOP + pieces.len() as f64 * (high + GAP);
    let width = width.max(420.0);
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").expect("writing to memory");
    line(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" font-family="sans-serif" font-size="11" fill="#1c2733">"##
    ));
    line(format!(r##"<rect width="{width:.0}" height="{height:.0}" fill="#ffffff"/>"##));
    line(format!(r#"<text x="{LEFT}" y="20" font-size="15">{}</text>"#, escaped(title)));
    let parts = Part::ALL.into_iter().filter(|&part| pieces.iter().any(|shown| shown.has(part)));
    for (i, part) in parts.enumerate() {
        let (x, colour) = (LEFT + 110.0 * i as f64, part.colour());
        line(format!(r#"<rect x="{x}" y="31" width="16" height="9" fill="{colour}"/>"#));
        line(format!(r#"<text x="{}" y="40">{}</text>"#, x + 22.0, part.name()));
    }
    for (number, (notes, shown)) in all.iter().zip(pieces).enumerate() {
        let (played, first) = shown.first;
        let top = TOP + number as f64 * (high + GAP);
        let at_x = |step: usize| LEFT + frame * step as f64;
        let at_y = |key: usize| top + KEY * (highest - key) as f64;
        let (right, bottom) = (at_x(shown.piece.nrows()), top + high);
        line(format!(
            r##"<rect x="{LEFT}" y="{top:.1}" width="{:.1}" height="{high:.1}" fill="#f7f9fb"/>"##,
            right - LEFT
        ));
        for key in lowest..=highest {
            let (y, of_octave) = (at_y(key), (key + LOWEST) % 12);
            if BLACK.contains(&of_octave) {
                line(format!(
                    r##"<rect x="{LEFT}" y="{y:.1}" width="{:.1}" height="{KEY}" fill="#e9eef3"/>"##,
                    right - LEFT
                ));
            }
            // Every C, and F between them where it does not stand on a neighbour.
            if of_octave == 0 || of_octave == 5 {
                line(format!(
                    r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                    LEFT - 6.0,
                    y + KEY,
                    name(key)
                ));
            }
            if of_octave == 0 {
                let y = y + KEY;
                line(format!(
                    r##"<line x1="{LEFT}" y1="{y:.1}" x2="{right:.1}" y2="{y:.1}" stroke="#c3ccd5"/>"##
                ));
            }
        }
        let every = if steps > 160 { 32 } else { 16 };
        for step in (0..=shown.piece.nrows()).step_by(every) {
            let x = at_x(step);
            line(format!(
                r##"<line x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{bottom:.1}" stroke="#c3ccd5"/>"##
            ));
            line(format!(r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{step}</text>"#, bottom + 15.0));
        }
        line(format!(r#"<text x="{LEFT}" y="{:.1}">frame</text>"#, bottom + 30.0));
        line(format!(
            r#"<text transform="translate(14 {:.1}) rotate(-90)" text-anchor="middle">key</text>"#,
            top + high / 2.0
        ));
        for note in notes {
            let mut bar = |from: usize, to: usize, part: Part| {
                let (colour, part) = (part.colour(), part.name());
                line(format!(
                    r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="1.5" fill="{colour}"><title>{}, {part}, frames {from} to {}</title></rect>"#,
                    at_x(from) + 0.4,
                    at_y(note.key) + 0.5,
                    frame * (to - from) as f64 - 0.8,
                    KEY - 1.0,
                    name(note.key),
                    to - 1
                ));
            };
            if note.from < played {
                bar(note.from, note.to.min(played), first);
            }
            if note.to > played {
                bar(note.from.max(played), note.to, shown.rest);
            }
        }
        if played > 0 && played < shown.piece.nrows() {
            let x = at_x(played);
            line(format!(
                r##"<line x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{bottom:.1}" stroke="#1c2733" stroke-dasharray="4 3"/>"##
            ));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_bar_in_the_colour_of_its_part() {
        let mut piece = Array2::zeros((6, 88));
        // C4 held over the border, A0 at the end.
        (1..4).for_each(|step| piece[[step, 39]] = 1.0);
        piece[[5, 0]] = 1.0;
        let shown = |played, piece: &Array2<f32>| Shown {
            piece: piece.clone(),
            first: (played, Part::Played),
            rest: Part::Dreamt,
        };
        let svg = roll("a < b", &[shown(2, &piece)]);
        for said in [
            "a &lt; b",
            "fill=\"#8a5a12\"><title>C4, played, frames 1 to 1</title>",
            "fill=\"#1f66b0\"><title>C4, dreamt, frames 2 to 3</title>",
            "fill=\"#1f66b0\"><title>A0, dreamt, frames 5 to 5</title>",
        ] {
            assert_eq!(svg.matches(said).count(), 1, "{said}\n{svg}");
        }
        assert_eq!(svg.matches("<title>").count(), 3);
        let alone = roll("", &[shown(0, &piece)]);
        assert!(!alone.contains("played") && alone.matches("<title>").count() == 2);
        let again = Shown { first: (6, Part::Rewritten), ..shown(0, &piece) };
        let both = roll("", &[shown(2, &piece), again]);
        assert_eq!(
            both.matches("fill=\"#2e7d4f\"><title>C4, written again, frames 1 to 3</title>").count(),
            1
        );
        assert_eq!(both.matches("<title>").count(), 5);
    }

    #[test]
    fn silence_has_a_picture_too() {
        let silent =
            |steps| Shown { piece: Array2::zeros((steps, 88)), first: (0, Part::Played), rest: Part::Dreamt };
        assert!(roll("silence", &[silent(4)]).ends_with("</svg>\n"));
        assert!(roll("nothing", &[silent(0)]).ends_with("</svg>\n"));
    }

    #[test]
    fn keys_have_the_names_of_a_piano() {
        assert_eq!([0, 2, 3, 39, 48, 87].map(name), ["A0", "B0", "C1", "C4", "A4", "C8"]);
    }
}
