//! What the arrays of a file of samples say.

use super::Expected;
use super::npz::{Numbers, not_finite, place_of};
use crate::config::CellKind;
use crate::model::vocabulary::SPECIAL;
use crate::model::{BlockId, Example, ModelError, Network, Op, Over, Role, Schedule};
use ndarray::{Array2, ArrayD, Axis, Ix3, s};
use std::collections::BTreeMap;

/// Names that are no block's.
pub(super) const TOKENS: &str = "tokens";
pub(super) const FRAMES: &str = "frames";
pub(super) const LENGTHS: &str = "lengths";
pub(super) const Z: &str = "z";

/// The arrays of a file, and the network that they are said to be of.
pub(super) struct Reader<'a> {
    pub file: &'a str,
    pub network: &'a Network,
    pub arrays: &'a BTreeMap<String, Numbers>,
}

impl Reader<'_> {
    fn place(&self, name: &str) -> String {
        format!("{}: array `{name}`", self.file)
    }

    /// z can be given.
    pub fn draws(&self) -> bool {
        self.network.latent().is_some() || self.network.draw().is_some()
    }

    /// Names that an array with what is expected can have.
    pub fn names(&self) -> Vec<String> {
        self.network.blocks.iter().map(|block| block.name.clone()).filter(|name| name != Z).collect()
    }

    /// The array `name` of real numbers, all finite but those of padding, which `rows` says are not looked at.
    fn real(&self, name: &str) -> Result<&ArrayD<f32>, ModelError> {
        match &self.arrays[name] {
            Numbers::Real(array) => Ok(array),
            Numbers::Whole(_) => Err(ModelError::new(
                self.place(name),
                "dtype float32 or float64",
                "whole numbers",
                "convert it before saving, for example with .astype(\"float32\")",
            )),
        }
    }

    fn whole(&self, name: &str) -> Result<&ArrayD<i64>, ModelError> {
        match &self.arrays[name] {
            Numbers::Whole(array) => Ok(array),
            Numbers::Real(_) => Err(ModelError::new(
                self.place(name),
                "dtype int32, int64 or another of whole numbers",
                "real numbers",
                "convert it before saving, for example with .astype(\"int32\")",
            )),
        }
    }

    fn shape(&self, name: &str, expected: &str, remedy: &str) -> ModelError {
        let found = format!("shape {:?}", self.arrays[name].shape());
        ModelError::new(self.place(name), format!("shape {expected}"), found, remedy)
    }

    /// What is read, by sequence.
    pub fn examples(&self) -> Result<Vec<Example>, ModelError> {
        let frames = self
            .network
            .blocks
            .iter()
            .find_map(|block| if let Op::Input { size } = block.op { Some(size) } else { None });
        let name = if frames.is_some() { FRAMES } else { TOKENS };
        if !self.arrays.contains_key(name) {
            let found: Vec<&str> = self.arrays.keys().map(String::as_str).collect();
            let expected = match frames {
                Some(size) => format!("`{FRAMES}` [sequences, steps, {size}], which the network reads"),
                None => format!("`{TOKENS}` [sequences, steps], which the network reads"),
            };
            return Err(ModelError::new(self.file, expected, listed(&found), "add it"));
        }
        let shape = self.arrays[name].shape().to_vec();
        let fits = match frames {
            Some(size) => shape.len() == 3 && shape[2] == size,
            None => shape.len() == 2,
        };
        if !fits || shape[0] == 0 || shape[1] == 0 {
            let expected = match frames {
                Some(size) => format!("[sequences, steps, {size}]"),
                None => "[sequences, steps]".into(),
            };
            return Err(self.shape(name, &expected, "give a row a sequence"));
        }
        let lengths = self.lengths(shape[0], shape[1], frames.is_none())?;
        // What is written has one step less: a sequence of one step writes nothing.
        let least = if self.network.written().is_some() { 2 } else { 1 };
        let mut examples = Vec::new();
        for (sequence, &length) in lengths.iter().enumerate() {
            if length < least {
                return Err(ModelError::new(
                    format!("{} at [{sequence}]", self.place(name)),
                    format!("a sequence of {least} steps at least"),
                    length.to_string(),
                    "leave it out",
                ));
            }
            examples.push(match frames {
                Some(_) => Example { frames: self.rows(name, sequence, length)?, ..Example::default() },
                None => Example::sentence(self.tokens(sequence, length)?),
            });
        }
        Ok(examples)
    }

    /// Steps of each sequence: those of `lengths`, those before the first -1, or all.
    fn lengths(&self, sequences: usize, steps: usize, words: bool) -> Result<Vec<usize>, ModelError> {
        if self.arrays.contains_key(LENGTHS) {
            let lengths = self.whole(LENGTHS)?;
            if lengths.shape() != [sequences] {
                return Err(self.shape(LENGTHS, &format!("[{sequences}]"), "give one a sequence"));
            }
            let length = |(sequence, &length): (usize, &i64)| {
                usize::try_from(length).ok().filter(|&l| l <= steps).ok_or_else(|| {
                    ModelError::new(
                        format!("{} at [{sequence}]", self.place(LENGTHS)),
                        format!("0 to {steps}, the steps of the longest sequence"),
                        length.to_string(),
                        "correct it",
                    )
                })
            };
            return lengths.iter().enumerate().map(length).collect();
        }
        if !words {
            return Ok(vec![steps; sequences]);
        }
        let tokens = self.whole(TOKENS)?;
        let before_padding = |row: ndarray::ArrayViewD<'_, i64>| row.iter().take_while(|&&t| t != -1).count();
        Ok(tokens.axis_iter(Axis(0)).map(before_padding).collect())
    }

    fn tokens(&self, sequence: usize, length: usize) -> Result<Vec<u32>, ModelError> {
        let all = self.whole(TOKENS)?;
        let row = all.index_axis(Axis(0), sequence);
        let token = |(step, &token): (usize, &i64)| {
            let wrong = |expected: String| {
                let place = format!("{} at [{sequence}, {step}]", self.place(TOKENS));
                let remedy = "number the words as the vocabulary has them, -1 behind the end";
                ModelError::new(place, expected, token.to_string(), remedy)
            };
            if step >= length {
                // Behind the end stands anything where `lengths` says so, and nothing but padding where it does not.
                let padding = token == -1 || self.arrays.contains_key(LENGTHS);
                return if padding { Ok(0) } else { Err(wrong("-1, since the sentence has ended".into())) };
            }
            let known = usize::try_from(token).is_ok_and(|t| t < self.network.vocabulary);
            match known {
                true => Ok(token as u32),
                false => Err(wrong(format!(
                    "a word below {} ({} are {} to {})",
                    self.network.vocabulary,
                    SPECIAL.join(", "),
                    0,
                    SPECIAL.len() - 1
                ))),
            }
        };
        let tokens = row.iter().enumerate().map(token).collect::<Result<Vec<u32>, _>>()?;
        Ok(tokens[..length].to_vec())
    }

    /// The first rows of a sequence in array `name` [sequences, steps, width], all finite.
    fn rows(&self, name: &str, sequence: usize, rows: usize) -> Result<Array2<f32>, ModelError> {
        let array = self.real(name)?.view().into_dimensionality::<Ix3>().expect("looked at");
        let part = array.slice(s![sequence, ..rows, ..]).to_owned();
        if let Some((index, value)) = not_finite(&part.clone().into_dyn()) {
            let place = format!("{} at [{sequence}, {}", self.place(name), &place_of(&index)[1..]);
            return Err(ModelError::new(
                place,
                "a finite number",
                value.to_string(),
                "see what your network makes of it",
            ));
        }
        Ok(part)
    }

    /// Rows of what a block makes of a sequence of so many steps.
    fn steps_of(&self, block: BlockId, steps: usize) -> usize {
        match self.network.over(block) {
            Over::Positions | Over::Backwards => steps,
            Over::Once | Over::Turns | Over::Heard => 1,
            Over::Written => steps - 1,
        }
    }

    /// What array `name` says of a block: a matrix a sequence.
    fn of_block(
        &self,
        name: &str,
        block: BlockId,
        width: usize,
        examples: &[Example],
    ) -> Result<Vec<Array2<f32>>, ModelError> {
        let array = self.real(name)?;
        let (sequences, longest) = (examples.len(), examples.iter().map(Example::steps).max().unwrap_or(0));
        let steps = self.steps_of(block, longest);
        let shape = array.shape();
        let once = self.network.is_once(block);
        let fits = match once {
            true => shape == [sequences, width] || shape == [sequences, 1, width],
            // What would be predicted behind the end, and padding, are not looked at.
            false => shape.len() == 3 && shape[0] == sequences && shape[1] >= steps && shape[2] == width,
        };
        if !fits {
            let expected = match once {
                true => format!("[{sequences}, {width}]"),
                false => format!("[{sequences}, {steps}, {width}]"),
            };
            return Err(self.shape(name, &expected, "give what the block makes at every step, by position"));
        }
        if once {
            let flat = array.to_shape((sequences, width)).expect("as many numbers").to_owned();
            if let Some((index, value)) = not_finite(&flat.clone().into_dyn()) {
                let place = format!("{} at {}", self.place(name), place_of(&index));
                let to_do = "see what your network makes of it";
                return Err(ModelError::new(place, "a finite number", value.to_string(), to_do));
            }
            return Ok(flat.outer_iter().map(|row| row.to_owned().insert_axis(Axis(0))).collect());
        }
        let of = |(sequence, example): (usize, &Example)| {
            self.rows(name, sequence, self.steps_of(block, example.steps()))
        };
        examples.iter().enumerate().map(of).collect()
    }

    /// Every array whose name is an input's, one a sequence.
    pub fn given(&self, examples: &[Example]) -> Result<Vec<Array2<f32>>, ModelError> {
        let drawn = self.network.latent().or(self.network.draw().map(|(z, ..)| z)).expect("looked at");
        self.of_block(Z, drawn, self.network.width(drawn), examples)
    }

    /// What a block should make of the sequences.
    pub fn expected(&self, name: &str, examples: &[Example]) -> Result<Expected, ModelError> {
        let (of, part) = match name.split_once('.') {
            Some((of, part)) => (of, part),
            None => (name, "output"),
        };
        let Some(block) = self.network.find(of) else {
            let known = self.names();
            let near = known
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(of, a).total_cmp(&strsim::jaro_winkler(of, b)));
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let inputs = format!("{TOKENS}, {FRAMES}, {LENGTHS}, {Z}");
            return Err(ModelError::new(
                self.place(name),
                format!("a block of the network, or one of {inputs}"),
                format!("`{of}`"),
                format!("{near}the blocks are {}", known.join(", ")),
            ));
        };
        let has = roles_of(&self.network.blocks[block].op);
        let Some(&(_, role)) = has.iter().find(|(known, _)| *known == part) else {
            let known: Vec<String> = has.iter().map(|(part, _)| format!("{of}.{part}")).collect();
            return Err(ModelError::new(
                self.place(name),
                format!("one of {}", known.join(", ")),
                format!("`{name}`"),
                "correct it",
            ));
        };
        let values = self.of_block(name, block, self.network.width(block), examples)?;
        let schedule = Schedule::new(self.network);
        let groups = schedule.bodies().iter().flat_map(|body| &body.groups);
        let group = groups.enumerate().find(|(_, group)| group.stepwise && group.blocks.contains(&block));
        let backwards = self.network.over(block) == Over::Backwards;
        Ok(Expected { name: name.into(), block, role, group: group.map(|(i, _)| i), backwards, values })
    }
}

/// What a block makes, by the end of its name in the file.
fn roles_of(op: &Op) -> &'static [(&'static str, Role)] {
    match op {
        Op::Cell { kind: CellKind::Lstm, .. } => &[("output", Role::Output), ("cell", Role::Cell)],
        Op::Moments { .. } | Op::Values { .. } | Op::Auxiliary { .. } => {
            &[("output", Role::Output), ("mean", Role::Output), ("log_variance", Role::LogVariance)]
        }
        Op::Cell { .. }
        | Op::Embedding { .. }
        | Op::Input { .. }
        | Op::Latent { .. }
        | Op::Draw { .. }
        | Op::Linear { .. }
        | Op::Elementwise { .. }
        | Op::Slice { .. }
        | Op::Join { .. }
        | Op::Accumulate { .. }
        | Op::Flow { .. }
        | Op::Vocabulary { .. }
        | Op::Label { .. }
        | Op::Bits { .. } => &[("output", Role::Output)],
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "no array".into(),
        names => format!("only {}", names.join(", ")),
    }
}
