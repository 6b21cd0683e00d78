//! Sequences with what should be said of them, and what a head says.

use super::engine::{Answer, score_logits};
use super::float::Pass;
use super::sequence::frames_of;
use super::{BlockId, Exact, FloatNet, Layout, Network, Op, Over, Role, Trace};
use ndarray::{Array2, Axis};

/// A sequence to learn from or to measure on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Example {
    /// Token ids where words are read; of a sentence that is written from `<sos>` to `<eos>`.
    pub tokens: Vec<u32>,
    /// Frames [steps, size] where numbers are read; of a piece whose frames are written the first one is silent.
    pub frames: Array2<f32>,
    /// The label of every position, for a label head.
    pub labels: Vec<u32>,
    /// Numbers of every position [steps, size], for a values head.
    pub values: Array2<f32>,
    /// The sentences of a conversation, in order; `tokens` is empty then.
    pub turns: Vec<Vec<u32>>,
}

impl Example {
    /// A sentence, `<sos>` to `<eos>`.
    pub fn sentence(tokens: Vec<u32>) -> Example {
        Example { tokens, ..Example::default() }
    }

    /// A conversation of sentences, each `<sos>` to `<eos>`.
    pub fn conversation(turns: Vec<Vec<u32>>) -> Example {
        Example { turns, ..Example::default() }
    }

    /// Positions of what is read, in all sentences of a conversation together.
    pub fn steps(&self) -> usize {
        let of_turns = self.turns.iter().map(Vec::len).sum();
        self.tokens.len().max(self.frames.nrows()).max(of_turns)
    }

    /// The position that should be told of step `step` of a head: the same, or the last where a head speaks once.
    pub fn told(&self, network: &Network, head: BlockId, step: usize) -> usize {
        if network.is_once(head) { self.steps() - 1 } else { step }
    }
}

/// Network of labels or numbers: its head.
pub(crate) fn answering(network: &Network) -> Option<BlockId> {
    network.heads().find(|&id| !matches!(network.blocks[id].op, Op::Vocabulary { .. }))
}

/// What inputs read of examples, a row per row of their layout; none where words are read.
pub fn frames_of_examples(layout: &Layout, examples: &[&Example]) -> Array2<f32> {
    let frames: Vec<_> = examples.iter().map(|e| e.frames.view()).collect();
    match frames.first().is_some_and(|f| f.ncols() > 0) {
        true => frames_of(layout, &frames),
        false => Array2::zeros((layout.rows(), 0)),
    }
}

impl FloatNet {
    /// Every vector of every loop but the written one, over examples, longest first.
    pub fn read_examples(&self, examples: &[&Example]) -> Trace {
        let layout = Layout::new(examples.iter().map(|e| e.steps()).collect());
        let frames = frames_of_examples(&layout, examples);
        let tokens = match frames.ncols() {
            0 => layout.pack(|example, step| examples[example].tokens[step]),
            _ => Vec::new(),
        };
        let mut trace = Trace::new(self.network(), layout.clone(), layout);
        for body in self.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let pass = Pass { over: body.id, tokens: &tokens, frames: Some(&frames), ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// What the head says of examples, longest first.
    ///
    /// # Panics
    /// If it writes words.
    pub(super) fn answers(&self, examples: &[&Example]) -> Vec<Answer> {
        let trace = self.read_examples(examples);
        let head = answering(self.network()).expect("a network with a head of labels or numbers");
        let rows = |example: usize, role| match trace.find(head, role) {
            Some(made) => {
                let rows: Vec<usize> = self.layout_of(&trace, head).rows_of(example).collect();
                made.select(Axis(0), &rows)
            }
            None => Array2::zeros((0, 0)),
        };
        let answer = |example| Answer {
            output: rows(example, Role::Output),
            log_variance: rows(example, Role::LogVariance),
            kl: 0.0,
            first_kl: 0.0,
        };
        (0..examples.len()).map(answer).collect()
    }
}

/// The limit of predicted log-variances, either way: beyond it the loss has no slope.
pub const LOG_VARIANCE_LIMIT: f32 = 8.0;

/// -ln of the density of `value` under a Gaussian.
pub fn gaussian_nll(mean: f32, log_variance: f32, value: f32) -> f64 {
    let log_variance = f64::from(log_variance.clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT));
    let off = f64::from(value) - f64::from(mean);
    0.5 * (std::f64::consts::TAU.ln() + log_variance + off * off * (-log_variance).exp())
}

/// -ln of the probability of `label` under a row of logits, and the label with the largest one.
pub fn label_nll(logits: &[f32], label: u32) -> (f64, u32) {
    let score = score_logits(logits, label);
    (-score.log_probability, score.best)
}
