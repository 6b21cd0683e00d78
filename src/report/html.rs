//! One self-contained HTML page: what came of it, facts, pictures, and tables for those who want every number.

use super::plot::escaped;
use super::verdict::Verdict;
use askama::Template;

/// A page of a design.
#[derive(Debug, Clone, Template)]
#[template(path = "report.html")]
pub struct Page {
    /// In the window and at the top.
    pub title: String,
    /// What it is, in a sentence.
    pub subtitle: String,
    /// Whether the simulated hardware does what it must.
    pub verdict: Verdict,
    /// The figures that people ask for first.
    pub figures: Vec<Headline>,
    /// What the network is, what it is built of, what it costs.
    pub cards: Vec<Card>,
    /// What makes the page again.
    pub command: String,
    /// From top to bottom.
    pub pictures: Vec<Picture>,
    /// Below them, folded.
    pub tables: Vec<Section>,
    /// At the end.
    pub footer: String,
}

/// A number in large type.
#[derive(Debug, Clone, PartialEq)]
pub struct Headline {
    /// With its unit.
    pub value: String,
    /// What it counts.
    pub label: String,
}

/// Facts under a heading.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Card {
    /// Of the facts.
    pub heading: String,
    /// What is said of what.
    pub facts: Vec<(String, String)>,
}

impl Card {
    /// Without facts.
    pub fn new(heading: &str) -> Card {
        Card { heading: heading.into(), facts: Vec::new() }
    }

    /// Adds one.
    pub fn say(&mut self, what: &str, is: impl Into<String>) {
        self.facts.push((what.into(), is.into()));
    }
}

/// A picture with what one should see in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// In addresses.
    pub id: &'static str,
    /// Above it.
    pub heading: String,
    /// What one should see in it.
    pub caption: String,
    /// HTML, in which text is escaped; empty: the caption says everything.
    pub body: String,
}

/// A heading with a table below it.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Of the section.
    pub heading: String,
    /// What the table says, in words.
    pub note: String,
    /// Their heads.
    pub columns: Vec<String>,
    /// The lines of the table, a cell a column.
    pub rows: Vec<Vec<String>>,
}

impl Section {
    /// A section without lines.
    pub fn new(heading: &str, note: impl Into<String>, columns: &[&str]) -> Section {
        let columns = columns.iter().map(ToString::to_string).collect();
        Section { heading: heading.into(), note: note.into(), columns, rows: Vec::new() }
    }

    /// Adds a line.
    pub fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.to_vec());
    }
}

/// Sentences side by side: of every line, one of each column; words that differ from the first column are marked.
#[derive(Debug, Clone, Default)]
pub struct SideBySide {
    /// Their heads.
    pub columns: Vec<String>,
    /// A sentence a column, word by word.
    pub lines: Vec<Vec<Vec<String>>>,
    /// Later columns write the first one again: words of theirs that it lacks are marked.
    pub marked: bool,
}

impl SideBySide {
    /// As a table that becomes a list on a phone.
    pub fn html(&self) -> String {
        let cell = |line: &[Vec<String>], column: usize| {
            let words = &line[column];
            let same = match self.marked && column > 0 {
                true => common(&line[0], words),
                false => vec![true; words.len()],
            };
            let word = |(word, same): (&String, &bool)| match same {
                true => escaped(word),
                false => format!("<mark>{}</mark>", escaped(word)),
            };
            let text: Vec<String> = words.iter().zip(&same).map(word).collect();
            let text = if words.is_empty() { "<em>nothing</em>".into() } else { text.join(" ") };
            format!("<td data-head=\"{}\">{text}</td>", escaped(&self.columns[column]))
        };
        let row = |line: &Vec<Vec<String>>| {
            format!("<tr>{}</tr>\n", (0..line.len()).map(|column| cell(line, column)).collect::<String>())
        };
        let heads: String = self.columns.iter().map(|c| format!("<th>{}</th>", escaped(c))).collect();
        format!(
            "<table class=\"side\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
            self.lines.iter().map(row).collect::<String>()
        )
    }
}

/// Which words of `b` belong to a longest common part of `a` and `b`.
fn common(a: &[String], b: &[String]) -> Vec<bool> {
    let mut length = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i][j] = match a[i] == b[j] {
                true => length[i + 1][j + 1] + 1,
                false => length[i + 1][j].max(length[i][j + 1]),
            };
        }
    }
    let (mut i, mut same) = (0, vec![false; b.len()]);
    for (j, same) in same.iter_mut().enumerate() {
        // The first word of `a` that this one may stand for without making the rest shorter.
        let found = (i..a.len()).find(|&k| a[k] == b[j] && length[k][j] == length[i][j]);
        if let Some(k) = found.filter(|&k| length[k][j] == length[k + 1][j + 1] + 1) {
            *same = true;
            i = k + 1;
        }
    }
    same
}

impl Page {
    /// The page as text.
    pub fn html(&self) -> String {
        self.render().expect("templates have no failing parts") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn words_of_a_corpus_cannot_break_the_page() {
        let mut section = Section::new("<h>", "a & b", &["word"]);
        section.row(&["<script>".into()]);
        let side = SideBySide {
            columns: vec!["read\"".into(), "wrote".into()],
            lines: vec![vec![words("<b> a"), words("<i> a")], vec![words("x"), vec![]]],
            marked: true,
        };
        let page = Page {
            title: "t".into(),
            subtitle: "<p>".into(),
            verdict: Verdict::of(&[]),
            figures: vec![],
            cards: vec![],
            command: "hvae <x>".into(),
            pictures: vec![Picture { id: "p", heading: "h".into(), caption: "c".into(), body: side.html() }],
            tables: vec![section],
            footer: String::new(),
        };
        let html = page.html();
        let broken = ["<script>", "<b>", "<i>", "hvae <x>", "<h>"];
        assert!(broken.iter().all(|tag| !html.contains(tag)), "{html}");
        assert!(html.contains("&#60;script&#62;") && html.contains("data-head=\"read&quot;\""), "{html}");
        assert!(html.contains("<mark>&lt;i&gt;</mark> a") && html.contains("<em>nothing</em>"), "{html}");
    }

    #[test]
    fn words_that_were_read_are_not_marked() {
        let marked = |a: &str, b: &str| -> String {
            let b = words(b);
            common(&words(a), &b)
                .iter()
                .zip(&b)
                .filter(|(same, _)| !**same)
                .map(|(_, w)| w.as_str())
                .collect()
        };
        assert_eq!(marked("a b c d", "a b c d"), "");
        assert_eq!(marked("a b c d", "a x c d y"), "xy");
        assert_eq!(marked("a b c", "b c a"), "a");
        assert_eq!(marked("", "p q"), "pq");
        assert_eq!(marked("a b a c", "c a b a"), "c");
    }
}
