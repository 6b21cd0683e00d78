//! The names of labels.

use super::ModelError;

/// Labels by number: in the order of `labels.txt`, or in that in which they first appear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    names: Vec<String>,
}

impl Labels {
    /// So many labels that nobody named.
    pub fn numbered(count: usize) -> Labels {
        Labels { names: (0..count).map(|i| i.to_string()).collect() }
    }

    /// Reads `labels.txt`: a name a line. `file` is how messages call it.
    ///
    /// # Errors
    /// If a line is no name, or one that was there before.
    pub fn parse(file: &str, text: &str) -> Result<Labels, ModelError> {
        let mut labels = Labels::default();
        for (i, line) in text.lines().enumerate() {
            let name = line.trim();
            let place = format!("{file}: line {}", i + 1);
            if name.is_empty() || name.contains(['\t', ',']) {
                let found = if name.is_empty() { "an empty line".into() } else { format!("`{name}`") };
                return Err(ModelError::new(
                    place,
                    "a label without tab and comma",
                    found,
                    "write one label a line",
                ));
            }
            if let Some(first) = labels.get(name) {
                let found = format!("`{name}` again (first on line {})", first + 1);
                return Err(ModelError::new(place, "every label once", found, "remove the duplicate"));
            }
            labels.names.push(name.into());
        }
        Ok(labels)
    }

    /// The text of `labels.txt`; `parse` reads it back.
    pub fn to_text(&self) -> String {
        self.names.iter().map(|name| format!("{name}\n")).collect()
    }

    /// Takes `name` in if it is new.
    pub fn meet(&mut self, name: &str) {
        if self.get(name).is_none() {
            self.names.push(name.into());
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The number of a label; none if there is no such label.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.names.iter().position(|n| n == name).map(|i| i as u32)
    }

    /// All names.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
