//! One sequence, fed its own words or frames: every vector that the float network makes of it, for somebody who makes
//! the same vectors otherwise.

use super::{
    BlockId, Edge, Example, FloatNet, Network, Op, PieceNoise, Random, Role, Source, Trace, fingerprint,
};
use ndarray::{Array2, Axis, concatenate};

/// Standard normal draws of the latents of one sequence. They depend on the sequence and the seed alone, so all engines
/// can be given the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draws {
    /// Of z, in its order; empty where there is none.
    pub z: Vec<f32>,
    /// Of the latents of steps [steps of what is written, width].
    pub steps: Array2<f32>,
}

impl Draws {
    /// Draws for `example`.
    pub fn of(network: &Network, example: &Example, seed: u64) -> Draws {
        let (width, of_step) = (network.latent_width(), network.draw().map_or(0, |(z, ..)| network.width(z)));
        let steps = example.steps().saturating_sub(1);
        let mut random = match network.bits_block() {
            Some(_) => {
                let key = fingerprint(example.frames.iter().map(|&bit| u64::from(bit > 0.5)));
                Random::keyed(&[seed, key, steps as u64])
            }
            None => Random::keyed(&[seed, fingerprint(example.tokens.iter().map(|&t| u64::from(t)))]),
        };
        let z = random.normals(width);
        let steps = Array2::from_shape_vec((steps, of_step), random.normals(steps * of_step));
        Draws { z, steps: steps.expect("rows of one width") }
    }
}

impl FloatNet {
    /// Every vector of every loop over `example`, fed its own words or frames, latents drawn of their posteriors by
    /// `draws` (in a conversation by draws of its own) or at their means. Of a block that stands in several traces, the last one counts.
    pub fn forced(&self, example: &Example, draws: Option<&Draws>) -> Vec<Trace> {
        let network = self.network();
        let row = |z: &Vec<f32>| Array2::from_shape_vec((1, z.len()), z.clone()).expect("one row");
        let of_z = draws.map(|draws| row(&draws.z));
        let of_steps = draws.map(|draws| draws.steps.clone());
        if network.converses() {
            let [at_means, drawn, _] = self.traces_of_conversation(example);
            return vec![if draws.is_some() { drawn } else { at_means }];
        }
        if network.bits_block().is_some() {
            return vec![self.forced_pieces(&[example], &PieceNoise { z: of_z, steps: of_steps })];
        }
        let words: &[u32] = &example.tokens;
        if network.vocabulary_block().is_none() {
            return vec![self.read_examples(&[example])];
        }
        if network.draw().is_some() {
            return vec![self.inferred_batch(&[words], of_steps.as_ref())];
        }
        let read = self.encode_with(&[words], of_z.as_ref());
        let z = network.flow().map(|(flow, ..)| flow).or(network.latent());
        let z = z.map_or(Vec::new(), |z| read.get(z, Role::Output).row(0).to_vec());
        let written = self.teacher_forced(words, &z);
        vec![written, read]
    }

    /// What drives each matrix of block `id` in a trace of one sequence, a row per row of its loop: an input after the
    /// other of a cell, then its own state of the step before; all inputs side by side of any other block. Nothing for a
    /// block without a matrix.
    pub fn driving(&self, trace: &Trace, id: BlockId) -> Vec<Array2<f32>> {
        let network = self.network();
        let edges = network.edges(id).into_iter();
        let mut parts: Vec<Array2<f32>> = match network.has_matrix(id) {
            true => edges.map(|edge| self.seen(trace, id, edge, Role::Output).into_owned()).collect(),
            false => Vec::new(),
        };
        if let Op::Cell { init, .. } = &network.blocks[id].op {
            let before = Edge { block: id, before: true };
            let mut state = self.seen(trace, id, before, Role::Output).into_owned();
            if let (Some(start), Source::At(at)) = (*init, self.source(trace, id, before)) {
                let start = self.seen(trace, id, start.into(), Role::Output);
                let first = at.iter().enumerate().filter(|(_, before)| before.is_none());
                first.for_each(|(row, _)| state.row_mut(row).assign(&start.row(row)));
            }
            parts.push(state);
            return parts;
        }
        match parts.len() {
            0 | 1 => parts,
            _ => {
                let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
                vec![concatenate(Axis(1), &views).expect("one layout")]
            }
        }
    }
}
