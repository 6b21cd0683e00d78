//! Sets of sequences with what should be said of them: a line a position, an empty line between sequences.
//!
//! Of words: `word<TAB>label`, or a number after each tab. Of frames: the numbers of a frame, then a label or the
//! numbers to predict, with commas between them.

use super::{Example, Labels, ModelError, Network, Op, UNK, Vocabulary};
use ndarray::Array2;

/// Positions of a sequence at most. A longer one is a file without empty lines.
const MOST_STEPS: usize = 10_000;

/// What a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// Numbers of a frame; none where a line begins with a word.
    frame: Option<usize>,
    /// Numbers to predict; none where a line ends with a label.
    values: Option<usize>,
}

/// The number of a line, and its fields.
type Row<'a> = (usize, Vec<&'a str>);

impl Lines {
    /// Those that `network` reads; none if it reads sentences.
    pub fn of(network: &Network) -> Option<Lines> {
        let head = network.heads().next().filter(|_| network.vocabulary_block().is_none())?;
        let values = match network.blocks[head].op {
            Op::Values { size, .. } => Some(size),
            Op::Label { .. } => None,
            _ => return None,
        };
        let frame = network.blocks.iter().find_map(|block| match block.op {
            Op::Input { size } => Some(size),
            _ => None,
        });
        Some(Lines { frame, values })
    }

    /// The ending of its files.
    pub fn extension(self) -> &'static str {
        if self.frame.is_some() { "csv" } else { "txt" }
    }

    /// It ends with a label.
    pub fn has_labels(self) -> bool {
        self.values.is_none()
    }

    fn shape(self) -> String {
        let (first, mark) = match self.frame {
            Some(size) => (format!("{size} numbers of a frame"), "commas"),
            None => ("a word".into(), "tabs"),
        };
        match self.values {
            Some(size) => format!("{first} and {size} numbers to predict, with {mark} between them"),
            None => format!("{first} and a label, with {mark} between them"),
        }
    }

    /// The fields of every line of every sequence, with the number of the line.
    fn rows<'a>(self, file: &str, text: &'a str) -> Result<Vec<Vec<Row<'a>>>, ModelError> {
        let mark = if self.frame.is_some() { ',' } else { '\t' };
        let wanted = self.frame.unwrap_or(1) + self.values.unwrap_or(1);
        let mut sequences = vec![Vec::new()];
        for (i, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                sequences.push(Vec::new());
                continue;
            }
            let fields: Vec<&str> = line.split(mark).map(str::trim).collect();
            if fields.len() != wanted || fields.iter().any(|f| f.is_empty()) {
                return Err(ModelError::new(
                    format!("{file}: line {}", i + 1),
                    self.shape(),
                    format!("`{line}`"),
                    "correct the line; an empty one ends a sequence",
                ));
            }
            let sequence = sequences.last_mut().expect("there is one");
            sequence.push((i + 1, fields));
            if sequence.len() > MOST_STEPS {
                return Err(ModelError::new(
                    format!("{file}: line {}", i + 1),
                    format!("at most {MOST_STEPS} lines of a sequence"),
                    "more",
                    "put an empty line between sequences",
                ));
            }
        }
        sequences.retain(|s| !s.is_empty());
        match sequences.is_empty() {
            true => Err(ModelError::new(file, self.shape(), "no line", "write one position a line")),
            false => Ok(sequences),
        }
    }

    /// The words of a text, in order. `file` is how messages call it.
    ///
    /// # Errors
    /// If a line has another shape.
    pub fn words(self, file: &str, text: &str) -> Result<Vec<String>, ModelError> {
        let rows = self.rows(file, text)?.into_iter().flatten();
        Ok(rows.map(|(_, fields)| fields[0].to_lowercase()).collect())
    }

    /// The labels of a text in the order in which they first appear.
    ///
    /// # Errors
    /// If a line has another shape.
    pub fn labels(self, file: &str, text: &str) -> Result<Labels, ModelError> {
        let mut labels = Labels::default();
        for (_, fields) in self.rows(file, text)?.into_iter().flatten() {
            labels.meet(fields[fields.len() - 1]);
        }
        Ok(labels)
    }

    /// The sequences of a text.
    ///
    /// # Errors
    /// If a line has another shape, a label that there is not, or no number where there should be one.
    pub fn examples(
        self,
        file: &str,
        text: &str,
        vocabulary: &Vocabulary,
        labels: &Labels,
    ) -> Result<Vec<Example>, ModelError> {
        let of = |rows: Vec<Row<'_>>| -> Result<Example, ModelError> {
            let first = self.frame.unwrap_or(1);
            let numbers = |from: usize, count: usize| -> Result<Array2<f32>, ModelError> {
                let mut all = Vec::new();
                for (line, fields) in &rows {
                    for field in &fields[from..from + count] {
                        all.push(number(file, *line, field)?);
                    }
                }
                Ok(Array2::from_shape_vec((rows.len(), count), all).expect("as many as there are"))
            };
            let label = |(line, fields): &Row<'_>| {
                let name = fields[first];
                labels.get(name).ok_or_else(|| {
                    ModelError::new(
                        format!("{file}: line {line}"),
                        format!("one of the labels {}", labels.names().join(", ")),
                        format!("`{name}`"),
                        "correct it, or name it in the labels.txt of the set and train again",
                    )
                })
            };
            let word = |(_, fields): &Row<'_>| vocabulary.get(&fields[0].to_lowercase()).unwrap_or(UNK);
            Ok(Example {
                turns: Vec::new(),
                tokens: if self.frame.is_none() { rows.iter().map(word).collect() } else { Vec::new() },
                frames: self.frame.map_or(Ok(Array2::default((0, 0))), |size| numbers(0, size))?,
                labels: match self.values {
                    None => rows.iter().map(label).collect::<Result<_, _>>()?,
                    Some(_) => Vec::new(),
                },
                values: self.values.map_or(Ok(Array2::default((0, 0))), |size| numbers(first, size))?,
            })
        };
        self.rows(file, text)?.into_iter().map(of).collect()
    }
}

fn number(file: &str, line: usize, field: &str) -> Result<f32, ModelError> {
    let parsed = field.parse::<f32>().ok().filter(|v| v.is_finite() && v.abs() <= 1e6);
    parsed.ok_or_else(|| {
        ModelError::new(
            format!("{file}: line {line}"),
            "numbers from -1e6 to 1e6",
            format!("`{field}`"),
            "correct it, or scale the column",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Family, Model};

    fn lines(family: Family) -> Lines {
        let model = Model { family, frame: 2, values: 1, classes: 2, ..Model::default() };
        Lines::of(&Network::describe(&model, 1.0).unwrap()).unwrap()
    }

    #[test]
    fn words_and_frames_are_read() {
        let (words, frames) = (lines(Family::Tagger), lines(Family::Regression));
        let text = "Good\tx\nday\ty\n\n\nsir\ty\n";
        let labels = words.labels("t", text).unwrap();
        assert_eq!(labels.to_text(), "x\ny\n");
        let known = words.words("t", text).unwrap();
        let vocabulary = Vocabulary::of_words(known[..2].iter().cloned(), 9);
        let read = words.examples("t", text, &vocabulary, &labels).unwrap();
        assert_eq!(read.iter().map(|e| e.tokens.clone()).collect::<Vec<_>>(), [vec![4, 5], vec![UNK]]);
        assert_eq!(read.iter().map(|e| e.labels.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![1]]);
        let read = frames.examples("f", "1,2,3\n4, 5, -6.5\n\n7,8,9", &vocabulary, &labels).unwrap();
        assert_eq!(read[0].frames, ndarray::arr2(&[[1.0, 2.0], [4.0, 5.0]]));
        assert_eq!(read[0].values, ndarray::arr2(&[[3.0], [-6.5]]));
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn lines_of_another_shape_are_refused_by_number() {
        let labels = Labels::parse("labels.txt", "x\ny\n").unwrap();
        let vocabulary = Vocabulary::of_words(["a".to_string()].into_iter(), 5);
        let refused =
            |family, text| lines(family).examples("f", text, &vocabulary, &labels).unwrap_err().to_string();
        for (family, text, message) in [
            (
                Family::Tagger,
                "a\tx\nb",
                "f: line 2: expected a word and a label, with tabs between them, got `b`; ",
            ),
            (Family::Tagger, "a\tx\nb\tz", "f: line 2: expected one of the labels x, y, got `z`; "),
            (Family::Tagger, "\n\n", "f: expected a word and a label, with tabs between them, got no line; "),
            (
                Family::Regression,
                "1,2,3\n\n1,2",
                "f: line 3: expected 2 numbers of a frame and 1 numbers to predict, with commas between them, got `1,2`; ",
            ),
            (Family::Regression, "1,2,nan", "f: line 1: expected numbers from -1e6 to 1e6, got `nan`; "),
        ] {
            let found = refused(family, text);
            assert!(found.starts_with(message), "{found}");
        }
        let twice = Labels::parse("labels.txt", "x\ny\nx").unwrap_err().to_string();
        assert!(twice.starts_with("labels.txt: line 3: expected every label once, got `x` again"), "{twice}");
    }
}
