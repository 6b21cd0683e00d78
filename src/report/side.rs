//! Sentences side by side, with the words that differ.

use super::plot::escaped;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_were_read_are_not_marked() {
        let marked = |a: &str, b: &str| -> String {
            let b = split(b);
            common(&split(a), &b)
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

    fn split(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_string).collect()
    }
}
