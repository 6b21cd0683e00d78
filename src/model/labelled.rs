//! Sets of sentences of which some have a label: `label<TAB>sentence` a line, or the sentence alone.

use super::texts::read_sentences;
use super::{Example, Labels, ModelError, Network, Op, Vocabulary};

/// The lines of a network that writes words and also says a label of the whole sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labelled(());

/// The label of a line, if it has one, and its sentence.
type Line<'a> = (Option<&'a str>, &'a str);

impl Labelled {
    /// Those that `network` reads; none where it writes no words, or says no label beside them.
    pub fn of(network: &Network) -> Option<Labelled> {
        network.label_beside_words().map(|_| Labelled(()))
    }

    fn lines<'a>(self, file: &str, text: &'a str) -> Result<Vec<Line<'a>>, ModelError> {
        let line = |(i, line): (usize, &'a str)| {
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            match fields[..] {
                [sentence] => Ok((None, sentence)),
                [label, sentence] if !label.is_empty() && !sentence.is_empty() && !label.contains(',') => {
                    Ok((Some(label), sentence))
                }
                _ => Err(ModelError::new(
                    format!("{file}: line {}", i + 1),
                    "a label without comma, a tab and a sentence, or a sentence alone",
                    format!("`{line}`"),
                    "correct the line",
                )),
            }
        };
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
    }

    /// The sentences of a text without their labels.
    ///
    /// # Errors
    /// If a line has another shape.
    pub fn sentences<'a>(self, file: &str, text: &'a str) -> Result<Vec<&'a str>, ModelError> {
        Ok(self.lines(file, text)?.into_iter().map(|(_, sentence)| sentence).collect())
    }

    /// The labels of a text in the order in which they first appear.
    ///
    /// # Errors
    /// If a line has another shape.
    pub fn labels(self, file: &str, text: &str) -> Result<Labels, ModelError> {
        let mut labels = Labels::default();
        self.lines(file, text)?.into_iter().filter_map(|(label, _)| label).for_each(|name| labels.meet(name));
        Ok(labels)
    }

    /// The sentences of a text; the label of one that has it stands at each of its positions.
    ///
    /// # Errors
    /// If a line has another shape, or a label that there is not.
    pub fn examples(
        self,
        file: &str,
        text: &str,
        vocabulary: &Vocabulary,
        labels: &Labels,
    ) -> Result<Vec<Example>, ModelError> {
        let of = |(label, sentence): Line<'_>| {
            let tokens = read_sentences(file, vocabulary, sentence)?.concat();
            let number = label.map(|name| {
                labels.get(name).ok_or_else(|| {
                    let expected = format!("one of the labels {}", labels.names().join(", "));
                    let to_do = "correct it, or name it in the labels.txt of the set and train again";
                    ModelError::new(file, expected, format!("`{name}`"), to_do)
                })
            });
            let labels = number.transpose()?.map_or(Vec::new(), |number| vec![number; tokens.len()]);
            Ok(Example { tokens, labels, ..Example::default() })
        };
        self.lines(file, text)?.into_iter().map(of).collect()
    }
}

impl Network {
    /// The head that says a label of the whole sentence, where the network writes words as well.
    pub fn label_beside_words(&self) -> Option<usize> {
        self.vocabulary_block()?;
        self.heads().find(|&id| matches!(self.blocks[id].op, Op::Label { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_and_without_labels_are_read() {
        let lines = Labelled(());
        let text = "good\tit was fine\n\nnobody said\nbad\tit was not\n";
        let labels = lines.labels("t", text).unwrap();
        assert_eq!(labels.names(), ["good", "bad"]);
        let sentences = lines.sentences("t", text).unwrap();
        assert_eq!(sentences, ["it was fine", "nobody said", "it was not"]);
        let vocabulary = Vocabulary::of_sentences(sentences, 20);
        let read = lines.examples("t", text, &vocabulary, &labels).unwrap();
        let told: Vec<Vec<u32>> = read.iter().map(|e| e.labels.clone()).collect();
        assert_eq!(told, [vec![0; 5], vec![], vec![1; 5]]);
        for (text, message) in [
            (
                "a\tb\n\tc",
                "t: line 2: expected a label without comma, a tab and a sentence, or a sentence alone, got `\tc`; ",
            ),
            ("a\t", "t: line 1: expected a label without comma, a tab and a sentence"),
            ("a\tb\tc", "t: line 1: expected a label without comma, a tab and a sentence"),
            ("a,b\tc", "t: line 1: expected a label without comma, a tab and a sentence"),
            ("other\tb", "t: expected one of the labels good, bad, got `other`; "),
        ] {
            let found = lines.examples("t", text, &vocabulary, &labels).unwrap_err().to_string();
            assert!(found.starts_with(message), "{found}");
        }
    }
}
