//! One self-contained HTML page: what came of it, facts, pictures, and tables for those who want every number.

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

impl Page {
    /// The page as text.
    pub fn html(&self) -> String {
        self.render().expect("templates have no failing parts") + "\n"
    }
}

#[cfg(test)]
mod tests;
