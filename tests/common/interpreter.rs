//! What a network computes, read off its description one number at a time in double precision: nothing of the library
//! computes here.

use hvae_mnn::config::{CellKind, LatentSteps, Train};
use hvae_mnn::model::{Activation, BlockId, Combination, Edge, Network, Op, Over, Time};
use std::collections::BTreeMap;

/// A mistake that is planted to see it caught.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// In what an op computes.
    Op(&'static str),
    /// In which value an edge reads.
    Edge(Time),
    /// Cells start from zero.
    Start,
    /// c of an LSTM starts from what h does, where it should from zero, and the other way round.
    Memory,
    /// The gradient of nothing: a term of the loss is left out.
    Loss,
}

/// Tensors by name, row by row.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

/// One sequence: tokens, or frames with what should follow them.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    pub tokens: Vec<u32>,
    pub frames: Vec<Vec<f64>>,
    /// Draws of z; none: z is the mean.
    pub epsilon: Option<Vec<f64>>,
    /// What a label head should say at every position.
    pub labels: Vec<u32>,
    /// What a values head should say at every position.
    pub values: Vec<Vec<f64>>,
}

/// What every block makes of one sequence, by position.
pub struct Interpreter<'a> {
    pub network: &'a Network,
    pub tensors: &'a Tensors,
    pub sequence: &'a Sequence,
    pub fault: Option<Fault>,
    /// By block and position: its vector, and its log-variance or memory.
    pub made: BTreeMap<(BlockId, usize), (Vec<f64>, Vec<f64>)>,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Interpreter<'_> {
    /// Positions of the loop of a block.
    pub fn steps(&self, over: Over) -> usize {
        match over {
            Over::Once | Over::Turns | Over::Heard => 1,
            Over::Written => self.sequence.tokens.len() - 1,
            Over::Positions | Over::Backwards => self.sequence.tokens.len().max(self.sequence.frames.len()),
        }
    }

    pub fn run(mut self) -> Self {
        for (id, l) in self.network.loops.iter().enumerate() {
            let steps = self.steps(l.over);
            for step in 0..steps {
                let at = if l.over == Over::Backwards { steps - 1 - step } else { step };
                for block in 0..self.network.blocks.len() {
                    if self.network.blocks[block].within == id {
                        let made = self.block(block, at);
                        self.made.insert((block, at), made);
                    }
                }
            }
        }
        self
    }

    fn wrong(&self, op: &str) -> bool {
        self.fault
            == Some(Fault::Op(match op {
                "embedding" => "embedding",
                "input" => "input",
                "cell" => "cell",
                "moments" => "moments",
                "latent" => "latent",
                "linear" => "linear",
                "elementwise" => "elementwise",
                "slice" => "slice",
                "join" => "join",
                "accumulate" => "accumulate",
                "flow" => "flow",
                "vocabulary" => "vocabulary",
                "label" => "label",
                _ => "values",
            }))
    }

    /// The position that was made before `at`.
    fn before(&self, over: Over, at: usize) -> Option<usize> {
        match over {
            Over::Backwards => Some(at + 1).filter(|&b| b < self.steps(over)),
            Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => at.checked_sub(1),
        }
    }

    fn last(&self, over: Over) -> usize {
        if over == Over::Backwards { 0 } else { self.steps(over) - 1 }
    }

    fn read(&self, reader: BlockId, edge: Edge, at: usize) -> Vec<f64> {
        let time = self.network.time(reader, edge);
        let theirs = self.network.over(edge.block);
        let wrong = self.fault == Some(Fault::Edge(time));
        let position = match time {
            Time::Now if wrong => self.before(theirs, at),
            Time::Before if wrong => self.before(theirs, at).and_then(|b| self.before(theirs, b)),
            Time::Each if wrong => Some(self.steps(theirs) - 1 - at),
            Time::Last if wrong => Some(self.steps(theirs) - 1 - self.last(theirs)),
            Time::Held if wrong => None,
            Time::Now | Time::Each => Some(at),
            Time::Ahead if wrong => Some(at),
            Time::Ahead => Some(at + 1),
            Time::Before => self.before(theirs, at),
            Time::Last => Some(self.last(theirs)),
            Time::Held => Some(0),
            // A sequence on its own has heard nothing.
            Time::Heard => None,
        };
        let zeros = vec![0.0; self.network.width(edge.block)];
        position.map_or(zeros, |p| self.made[&(edge.block, p)].0.clone())
    }

    fn tensor(&self, block: BlockId, name: &str) -> &(Vec<usize>, Vec<f64>) {
        let owner = self.network.owner(block);
        &self.tensors[&format!("{}.{name}", self.network.blocks[owner].name)]
    }

    fn affine(&self, block: BlockId, weight: &str, bias: Option<&str>, x: &[f64]) -> Vec<f64> {
        let (shape, weights) = self.tensor(block, weight);
        let bias = bias.map(|b| &self.tensor(block, b).1);
        let of_row = |row: usize| {
            let start = bias.map_or(0.0, |b| b[row]);
            (0..shape[1]).fold(start, |sum, k| sum + weights[row * shape[1] + k] * x[k])
        };
        (0..shape[0]).map(of_row).collect()
    }

    fn block(&self, id: BlockId, at: usize) -> (Vec<f64>, Vec<f64>) {
        let op = &self.network.blocks[id].op;
        let wrong = self.wrong(op.name());
        // A join is a block here, which has its own vector.
        let parts: Vec<Vec<f64>> = op.edges().into_iter().map(|e| self.read_input(id, e, at)).collect();
        let x: Vec<f64> = parts.concat();
        let both = |id| {
            let mean = self.affine(id, "mean.weight", Some("mean.bias"), &x);
            let log_variance = self.affine(id, "log_variance.weight", Some("log_variance.bias"), &x);
            if wrong { (log_variance, mean) } else { (mean, log_variance) }
        };
        match op {
            Op::Embedding { size } => {
                let token =
                    (self.sequence.tokens[at] as usize + usize::from(wrong)) % self.network.vocabulary;
                let rows = &self.tensor(id, "weight").1;
                (rows[token * size..(token + 1) * size].to_vec(), Vec::new())
            }
            Op::Input { .. } => {
                let frame = self.sequence.frames[at].iter();
                (frame.map(|v| if wrong { -v } else { *v }).collect(), Vec::new())
            }
            Op::Cell { kind, hidden, init, .. } => self.cell(id, at, (*kind, *hidden, *init), &x),
            Op::Moments { .. } | Op::Values { .. } | Op::Auxiliary { .. } => both(id),
            // At the mean of its posterior.
            Op::Draw { posterior, .. } => (self.made[&(*posterior, at)].0.clone(), Vec::new()),
            Op::Latent { moments, steps } => (self.latent(id, moments, *steps), Vec::new()),
            Op::Linear { bias, activation, .. } => {
                let y = self.affine(id, "weight", bias.then_some("bias"), &x);
                let of = |v: f64| match activation {
                    Activation::None => v,
                    Activation::Tanh => v.tanh(),
                    Activation::Sigmoid => sigmoid(v),
                    Activation::LeakyRelu => (if v > 0.0 { v } else { v / 3.0 }).clamp(-3.0, 3.0),
                };
                (y.into_iter().map(|v| if wrong { of(v) + 0.1 } else { of(v) }).collect(), Vec::new())
            }
            Op::Elementwise { function, .. } => {
                let of = |j: usize| match function {
                    Combination::Add if wrong => parts[1..].iter().map(|p| p[j]).sum(),
                    Combination::Add => parts.iter().map(|p| p[j]).sum(),
                    Combination::Subtract if wrong => parts[1][j] - parts[0][j],
                    Combination::Subtract => parts[0][j] - parts[1][j],
                    Combination::Multiply if wrong => parts[0][j] * parts[1][j] + 0.1,
                    Combination::Multiply => parts[0][j] * parts[1][j],
                    Combination::Blend if wrong => {
                        parts[0][j] * parts[2][j] + (1.0 - parts[0][j]) * parts[1][j]
                    }
                    Combination::Blend => parts[0][j] * parts[1][j] + (1.0 - parts[0][j]) * parts[2][j],
                };
                ((0..self.network.width(id)).map(of).collect(), Vec::new())
            }
            Op::Slice { from, size, .. } => {
                let from = if wrong { (from + 1) % x.len() } else { *from };
                ((0..*size).map(|j| x[(from + j) % x.len()]).collect(), Vec::new())
            }
            Op::Join { .. } => (if wrong { x.iter().rev().copied().collect() } else { x }, Vec::new()),
            Op::Accumulate { steps, .. } => {
                let over = self.network.over(id);
                let earlier = self.before(over, at).map(|before| self.made[&(id, before)].1.clone());
                let earlier = earlier.unwrap_or_else(|| vec![0.0; x.len()]);
                let sum: Vec<f64> = x.iter().zip(earlier).map(|(x, sum)| x + sum).collect();
                let made = if over == Over::Backwards { self.steps(over) - at } else { at + 1 };
                let count = (made + usize::from(wrong)) as f64;
                let output = match steps {
                    LatentSteps::Mean => sum.iter().map(|v| v / count).collect(),
                    _ => sum.iter().map(|v| if wrong { v + 0.1 } else { *v }).collect(),
                };
                (output, sum)
            }
            // Where z has a posterior.
            Op::Flow { .. } => (if wrong { x.iter().rev().copied().collect() } else { x }, Vec::new()),
            Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                let mut logits = self.affine(id, "weight", Some("bias"), &x);
                if wrong {
                    logits.reverse();
                }
                (logits, Vec::new())
            }
        }
    }

    /// Moments are read by what draws them, which does it by itself.
    fn read_input(&self, id: BlockId, edge: Edge, at: usize) -> Vec<f64> {
        match self.network.blocks[id].op {
            Op::Latent { .. } => Vec::new(),
            _ => self.read(id, edge, at),
        }
    }

    fn cell(
        &self,
        id: BlockId,
        at: usize,
        (kind, hidden, init): (CellKind, usize, Option<BlockId>),
        x: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let start = || match init.filter(|_| self.fault != Some(Fault::Start)) {
            Some(init) => {
                let h = self.made[&(init, 0)].0.clone();
                let zero = matches!(self.network.blocks[id].op, Op::Cell { zero_c: true, .. });
                let zero = zero != (self.fault == Some(Fault::Memory));
                (h.clone(), if zero { vec![0.0; hidden] } else { h })
            }
            None => (vec![0.0; hidden], vec![0.0; hidden]),
        };
        let (h, c) = match self.before(self.network.over(id), at) {
            Some(before) => self.made[&(id, before)].clone(),
            None => start(),
        };
        let a = self.affine(id, "weight_ih_l0", Some("bias_ih_l0"), x);
        let b = self.affine(id, "weight_hh_l0", Some("bias_hh_l0"), &h);
        let gate = |g: usize, j: usize| a[g * hidden + j] + b[g * hidden + j];
        let wrong = self.wrong("cell");
        let (mut new_h, mut new_c) = (Vec::new(), Vec::new());
        for j in 0..hidden {
            match kind {
                CellKind::Rnn => new_h.push(if wrong { gate(0, j) } else { gate(0, j).tanh() }),
                CellKind::Gru => {
                    let (r, u) = (sigmoid(gate(0, j)), sigmoid(gate(1, j)));
                    let n = (a[2 * hidden + j] + r * b[2 * hidden + j]).tanh();
                    new_h.push(if wrong { u * n + (1.0 - u) * h[j] } else { (1.0 - u) * n + u * h[j] });
                }
                CellKind::Lstm => {
                    let (i, f) = (sigmoid(gate(0, j)), sigmoid(gate(1, j)));
                    let (g, o) = (gate(2, j).tanh(), sigmoid(gate(3, j)));
                    new_c.push(if wrong { i * c[j] + f * g } else { f * c[j] + i * g });
                    new_h.push(o * new_c[j].tanh());
                }
            }
        }
        (new_h, new_c)
    }

    /// Mean and log-variance of the dimensions of a latent that are of one moments block.
    fn of_z(&self, block: BlockId, steps: LatentSteps) -> (Vec<f64>, Vec<f64>) {
        let over = self.network.over(block);
        let count = self.steps(over);
        if steps == LatentSteps::Last {
            return self.made[&(block, self.last(over))].clone();
        }
        let share = if steps == LatentSteps::Mean { 1.0 / count as f64 } else { 1.0 };
        let size = self.network.width(block);
        let (mut mean, mut variance) = (vec![0.0; size], vec![0.0; size]);
        for at in 0..count {
            let (m, lv) = &self.made[&(block, at)];
            for j in 0..size {
                mean[j] += share * m[j];
                variance[j] += share * share * lv[j].exp();
            }
        }
        (mean, variance.into_iter().map(f64::ln).collect())
    }

    fn latent(&self, id: BlockId, moments: &[BlockId], steps: LatentSteps) -> Vec<f64> {
        let z = self.network.blocks.iter().rposition(|b| matches!(b.op, Op::Latent { .. })).unwrap();
        let skipped = self.network.width(z) - self.network.width(id);
        let mut made = Vec::new();
        for &m in moments {
            let (mean, log_variance) = self.of_z(m, steps);
            for (m, lv) in mean.into_iter().zip(log_variance) {
                let epsilon = self.sequence.epsilon.as_ref().map_or(0.0, |e| e[skipped + made.len()]);
                let scale = if self.wrong("latent") { lv.exp() } else { (0.5 * lv).exp() };
                // Where nothing is drawn, the mean is what can be wrong.
                let shift = if self.wrong("latent") { 0.1 } else { 0.0 };
                made.push(m + shift + scale * epsilon);
            }
        }
        made
    }

    /// What training makes smaller: of this sequence.
    pub fn loss(&self, train: &Train) -> f64 {
        let mut sum = 0.0;
        for (id, block) in self.network.blocks.iter().enumerate() {
            let steps = self.steps(self.network.over(id));
            let positions = 0..steps;
            // Of what is made once, that of the last position.
            let wanted = |at: usize| match self.network.is_once(id) {
                true => self.steps(Over::Positions) - 1,
                false => at,
            };
            match block.op {
                Op::Vocabulary { .. } => {
                    sum += positions.map(|t| self.surprise(id, t, self.sequence.tokens[t + 1])).sum::<f64>();
                }
                Op::Label { .. } => {
                    sum +=
                        positions.map(|t| self.surprise(id, t, self.sequence.labels[wanted(t)])).sum::<f64>();
                }
                Op::Values { .. } => {
                    sum +=
                        positions.map(|t| self.misfit(id, t, &self.sequence.values[wanted(t)])).sum::<f64>();
                }
                Op::Moments { kl_weight, .. }
                    if self.network.latents().next().is_some() && self.fault != Some(Fault::Loss) =>
                {
                    let weight = f64::from(train.step_kl * kl_weight) / steps as f64;
                    sum += weight * positions.map(|t| self.kl(id, t)).sum::<f64>();
                }
                _ => {}
            }
        }
        for (id, _) in self.network.blocks.iter().enumerate() {
            if self.network.latent_moments().contains(&id) {
                sum += f64::from(train.last_step_kl) * self.kl(id, self.last(self.network.over(id)));
            }
            let starts =
                |b: &hvae_mnn::model::Block| matches!(b.op, Op::Cell { init: Some(i), .. } if i == id);
            if self.network.blocks.iter().any(starts) {
                let limit = f64::from(train.start_limit);
                let over = self.made[&(id, 0)].0.iter().map(|h| (h - h.clamp(-limit, limit)).powi(2));
                sum += f64::from(train.start_penalty) * over.sum::<f64>();
            }
        }
        sum
    }

    fn kl(&self, id: BlockId, at: usize) -> f64 {
        let (mean, log_variance) = &self.made[&(id, at)];
        mean.iter().zip(log_variance).map(|(m, lv)| 0.5 * (m * m + lv.exp() - 1.0 - lv)).sum()
    }

    fn surprise(&self, id: BlockId, at: usize, wanted: u32) -> f64 {
        let logits = &self.made[&(id, at)].0;
        logits.iter().map(|l| l.exp()).sum::<f64>().ln() - logits[wanted as usize]
    }

    /// -ln of the Gaussian density, the log-variance kept within 8.
    fn misfit(&self, id: BlockId, at: usize, wanted: &[f64]) -> f64 {
        let (mean, log_variance) = &self.made[&(id, at)];
        let terms = mean.iter().zip(log_variance).zip(wanted).map(|((m, lv), y)| {
            let lv = lv.clamp(-8.0, 8.0);
            0.5 * (std::f64::consts::TAU.ln() + lv + (y - m).powi(2) / lv.exp())
        });
        terms.sum()
    }
}
