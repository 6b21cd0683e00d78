//! A network as text: what `family = "custom"` reads and `hvae describe` prints. Blocks are named, not numbered.

use super::{Activation, Block, BlockId, Combination, Edge, Loop, LoopId, ModelError, Network, Op};
use crate::config::{CellKind, LatentSteps};
use serde::{Deserialize, Serialize};

/// A description file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "loop")]
    loops: Vec<Loop>,
    #[serde(rename = "block")]
    blocks: Vec<Line>,
}

/// A block as it is written down. Which keys it has, its op says.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Line {
    name: String,
    #[serde(rename = "loop")]
    within: String,
    op: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tied: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<CellKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<Vec<Source>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_0: Option<CellStart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moments: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<LatentSteps>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bias: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation: Option<Activation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Combination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kl_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clamp: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posterior: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prior: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<Only>,
}

/// When a block is there.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Only {
    Train,
}

/// What c of an LSTM starts with, where it is not what h starts with.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CellStart {
    Zero,
}

/// `"name"`, or `{ before = "name" }` for its value one step ago.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Source {
    Now(String),
    Before { before: String },
}

impl Network {
    /// Reads a description. `place` names it in messages; `vocabulary` counts the words of its embeddings.
    ///
    /// # Errors
    /// If it is no description, or describes what cannot run: where, what was expected, what was found.
    pub fn from_text(place: &str, text: &str, vocabulary: usize) -> Result<Network, ModelError> {
        let at = |error: ModelError| ModelError { place: format!("{place}: {}", error.place), ..error };
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let found = error.message().trim().to_string();
            ModelError::new(
                format!("{place}:{line}"),
                "[[loop]] and [[block]] tables of a network",
                found,
                "`hvae describe` prints one to compare it with",
            )
        })?;
        let blocks = (0..file.blocks.len()).map(|id| Reader { file: &file, line: &file.blocks[id] }.block());
        let blocks = blocks.collect::<Result<Vec<_>, _>>().map_err(at)?;
        let words = blocks.iter().any(|b| matches!(b.op, Op::Embedding { .. } | Op::Vocabulary { .. }));
        Network::new("custom", if words { vocabulary } else { 0 }, file.loops, blocks).map_err(at)
    }

    /// The description of this network, which [`from_text`](Self::from_text) reads back.
    pub fn to_text(&self) -> String {
        let line = |block: &Block| self.line(block);
        let file = File { loops: self.loops.clone(), blocks: self.blocks.iter().map(line).collect() };
        toml::to_string(&file).expect("names and numbers")
    }

    fn line(&self, block: &Block) -> Line {
        let name = |id: BlockId| self.blocks[id].name.clone();
        let source = |edge: &Edge| match edge.before {
            true => Source::Before { before: name(edge.block) },
            false => Source::Now(name(edge.block)),
        };
        let sources = |edges: &[Edge]| Some(edges.iter().map(source).collect::<Vec<_>>());
        let line = Line {
            name: block.name.clone(),
            within: self.loops[block.within].name.clone(),
            op: block.op.name().into(),
            tied: block.tied.map(name),
            only: block.only_train.then_some(Only::Train),
            ..Line::default()
        };
        match &block.op {
            Op::Embedding { size } | Op::Input { size } => Line { size: Some(*size), ..line },
            Op::Cell { kind, hidden, inputs, init, zero_c } => Line {
                kind: Some(*kind),
                size: Some(*hidden),
                inputs: sources(inputs),
                init: init.map(name),
                c_0: zero_c.then_some(CellStart::Zero),
                ..line
            },
            Op::Moments { size, inputs, kl_weight, clamp } => {
                let kl_weight = (*kl_weight != 1.0).then_some(*kl_weight);
                Line { size: Some(*size), inputs: sources(inputs), kl_weight, clamp: *clamp, ..line }
            }
            Op::Draw { posterior, prior } => {
                Line { posterior: Some(name(*posterior)), prior: prior.map(name), ..line }
            }
            Op::Auxiliary { inputs, target } => {
                Line { inputs: sources(inputs), target: Some(source(target)), ..line }
            }
            Op::Latent { moments, steps } => Line {
                moments: Some(moments.iter().map(|&m| name(m)).collect()),
                steps: (!steps.is_last()).then_some(*steps),
                ..line
            },
            Op::Linear { outputs, inputs, bias, activation } => Line {
                size: Some(*outputs),
                inputs: sources(inputs),
                bias: (!bias).then_some(false),
                activation: (!activation.is_none()).then_some(*activation),
                ..line
            },
            Op::Elementwise { function, inputs } => {
                Line { function: Some(*function), inputs: sources(inputs), ..line }
            }
            Op::Slice { input, from, size } => {
                Line { input: Some(source(input)), from: Some(*from), size: Some(*size), ..line }
            }
            Op::Join { inputs } => Line { inputs: sources(inputs), ..line },
            Op::Accumulate { input, steps } => {
                Line { input: Some(source(input)), steps: Some(*steps), ..line }
            }
            Op::Flow { latent, inputs } => {
                Line { latent: Some(name(*latent)), inputs: sources(inputs), ..line }
            }
            Op::Vocabulary { inputs } => Line { inputs: sources(inputs), ..line },
            Op::Label { classes: size, inputs } | Op::Values { size, inputs } | Op::Bits { size, inputs } => {
                Line { size: Some(*size), inputs: sources(inputs), ..line }
            }
        }
    }
}

/// The keys of each op, with those that it may leave out behind `?`.
const KEYS: [(&str, &[&str]); 17] = [
    ("embedding", &["size"]),
    ("input", &["size"]),
    ("cell", &["kind", "size", "inputs", "init?", "c_0?"]),
    ("moments", &["size", "inputs", "kl_weight?", "clamp?"]),
    ("latent", &["moments", "steps?"]),
    ("draw", &["posterior", "prior?"]),
    ("auxiliary", &["inputs", "target"]),
    ("linear", &["size", "inputs", "bias?", "activation?"]),
    ("elementwise", &["function", "inputs"]),
    ("slice", &["input", "from", "size"]),
    ("join", &["inputs"]),
    ("accumulate", &["input", "steps"]),
    ("flow", &["latent", "inputs"]),
    ("vocabulary", &["inputs"]),
    ("label", &["size", "inputs"]),
    ("values", &["size", "inputs"]),
    ("bits", &["size", "inputs"]),
];

struct Reader<'a> {
    file: &'a File,
    line: &'a Line,
}

impl Reader<'_> {
    fn wrong<T>(
        &self,
        expected: impl Into<String>,
        found: impl ToString,
        to_do: &str,
    ) -> Result<T, ModelError> {
        Err(ModelError::new(format!("block {}", self.line.name), expected, found.to_string(), to_do))
    }

    fn block(&self) -> Result<Block, ModelError> {
        let line = self.line;
        let Some((_, keys)) = KEYS.iter().find(|(op, _)| *op == line.op) else {
            let known = KEYS.map(|(op, _)| op).join(", ");
            return self.wrong(format!("op = one of {known}"), format!("`{}`", line.op), "correct it");
        };
        self.keys(keys)?;
        let size = line.size.unwrap_or(0);
        let op = match line.op.as_str() {
            "embedding" => Op::Embedding { size },
            "input" => Op::Input { size },
            "cell" => Op::Cell {
                kind: line.kind.unwrap_or(CellKind::Gru),
                hidden: size,
                inputs: self.inputs()?,
                init: line.init.as_deref().map(|name| self.find(name)).transpose()?,
                zero_c: line.c_0 == Some(CellStart::Zero),
            },
            "moments" => Op::Moments {
                size,
                inputs: self.inputs()?,
                kl_weight: line.kl_weight.unwrap_or(1.0),
                clamp: line.clamp,
            },
            "draw" => Op::Draw {
                posterior: self.find(line.posterior.as_deref().unwrap_or_default())?,
                prior: line.prior.as_deref().map(|name| self.find(name)).transpose()?,
            },
            "auxiliary" => {
                let target = line.target.as_ref().map(|source| self.edge(source)).transpose()?;
                Op::Auxiliary { inputs: self.inputs()?, target: target.unwrap_or(Edge::from(0)) }
            }
            "latent" => Op::Latent {
                moments: line
                    .moments
                    .iter()
                    .flatten()
                    .map(|name| self.find(name))
                    .collect::<Result<_, _>>()?,
                steps: line.steps.unwrap_or_default(),
            },
            "linear" => Op::Linear {
                outputs: size,
                inputs: self.inputs()?,
                bias: line.bias.unwrap_or(true),
                activation: line.activation.unwrap_or_default(),
            },
            "elementwise" => Op::Elementwise {
                function: line.function.unwrap_or(Combination::Add),
                inputs: self.inputs()?,
            },
            "slice" => {
                let input = line.input.as_ref().map(|source| self.edge(source)).transpose()?;
                Op::Slice { input: input.unwrap_or(Edge::from(0)), from: line.from.unwrap_or(0), size }
            }
            "join" => Op::Join { inputs: self.inputs()? },
            "accumulate" => {
                let input = line.input.as_ref().map(|source| self.edge(source)).transpose()?;
                Op::Accumulate {
                    input: input.unwrap_or(Edge::from(0)),
                    steps: line.steps.unwrap_or_default(),
                }
            }
            "flow" => Op::Flow {
                latent: self.find(line.latent.as_deref().unwrap_or_default())?,
                inputs: self.inputs()?,
            },
            "label" => Op::Label { classes: size, inputs: self.inputs()? },
            "values" => Op::Values { size, inputs: self.inputs()? },
            "bits" => Op::Bits { size, inputs: self.inputs()? },
            _ => Op::Vocabulary { inputs: self.inputs()? },
        };
        let tied = line.tied.as_deref().map(|name| self.find(name)).transpose()?;
        let only_train = line.only.is_some();
        Ok(Block { name: line.name.clone(), within: self.within()?, tied, only_train, op })
    }

    /// The line has the keys of its op, and no others.
    fn keys(&self, keys: &[&str]) -> Result<(), ModelError> {
        let line = self.line;
        let has = [
            ("kind", line.kind.is_some()),
            ("size", line.size.is_some()),
            ("inputs", line.inputs.is_some()),
            ("input", line.input.is_some()),
            ("from", line.from.is_some()),
            ("latent", line.latent.is_some()),
            ("init", line.init.is_some()),
            ("c_0", line.c_0.is_some()),
            ("moments", line.moments.is_some()),
            ("steps", line.steps.is_some()),
            ("bias", line.bias.is_some()),
            ("activation", line.activation.is_some()),
            ("function", line.function.is_some()),
            ("kl_weight", line.kl_weight.is_some()),
            ("clamp", line.clamp.is_some()),
            ("posterior", line.posterior.is_some()),
            ("prior", line.prior.is_some()),
            ("target", line.target.is_some()),
        ];
        for (key, there) in has {
            let optional = format!("{key}?");
            if there && !keys.contains(&key) && !keys.contains(&optional.as_str()) {
                let expected = keys.join(", ").replace('?', "");
                return self.wrong(format!("the keys of {}: {expected}", line.op), key, "leave it out");
            }
            if !there && keys.contains(&key) {
                return self.wrong(format!("the key `{key}` of {}", line.op), "none", "add it");
            }
        }
        Ok(())
    }

    fn inputs(&self) -> Result<Vec<Edge>, ModelError> {
        self.line.inputs.iter().flatten().map(|source| self.edge(source)).collect()
    }

    fn edge(&self, source: &Source) -> Result<Edge, ModelError> {
        match source {
            Source::Now(name) => self.find(name).map(Edge::from),
            Source::Before { before } => self.find(before).map(Edge::before),
        }
    }

    fn find(&self, name: &str) -> Result<BlockId, ModelError> {
        match self.file.blocks.iter().position(|line| line.name == name) {
            Some(id) => Ok(id),
            None => self.wrong("names of blocks", format!("`{name}`"), "correct it, or describe that block"),
        }
    }

    fn within(&self) -> Result<LoopId, ModelError> {
        match self.file.loops.iter().position(|l| l.name == self.line.within) {
            Some(id) => Ok(id),
            None => {
                let known: Vec<String> =
                    self.file.loops.iter().map(|l| format!("{} ({})", l.name, l.over.name())).collect();
                let expected = format!("loop = one of {}", known.join(", "));
                self.wrong(expected, format!("`{}`", self.line.within), "correct it, or describe that loop")
            }
        }
    }
}

#[cfg(test)]
mod tests;
