//! One self-contained HTML page: sections of text, tables and bars.

use askama::Template;

/// A page of sections.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "report.html")]
pub struct Page {
    /// In the window and at the top.
    pub title: String,
    /// From top to bottom.
    pub sections: Vec<Section>,
}

/// A heading with a table below it; `bar` is the column drawn as a bar, in percent.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Of the section.
    pub heading: String,
    /// What the table says, in words.
    pub note: String,
    /// Their heads.
    pub columns: Vec<String>,
    /// The lines of the table.
    pub rows: Vec<Row>,
}

/// One line of a table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// One a column.
    pub cells: Vec<String>,
    /// Length of the line's bar, 0 to 100.
    pub bar: Option<u32>,
}

impl Section {
    /// A section without lines.
    pub fn new(heading: &str, note: impl Into<String>, columns: &[&str]) -> Section {
        let columns = columns.iter().map(ToString::to_string).collect();
        Section { heading: heading.into(), note: note.into(), columns, rows: Vec::new() }
    }

    /// Adds a line.
    pub fn row(&mut self, cells: &[String], bar: Option<f64>) {
        let bar = bar.map(|b| (b * 100.0).round().clamp(0.0, 100.0) as u32);
        self.rows.push(Row { cells: cells.to_vec(), bar });
    }
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

    #[test]
    fn words_of_a_corpus_cannot_break_the_page() {
        let mut section = Section::new("<h>", "a & b", &["word"]);
        section.row(&["<script>".into()], Some(0.5));
        let html = Page { title: "t".into(), sections: vec![section] }.html();
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"), "{html}");
        assert!(html.contains("width:50%"));
    }
}
