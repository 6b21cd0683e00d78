//! What a block sees of others, and what is kept for those that look later.

use super::net::Machine;
use crate::model::{BlockId, Edge, Time};
use crate::quant::MatVec;

impl<M: MatVec> Machine<'_, M> {
    /// Keeps the codes of a block that is read position by position later.
    pub(super) fn store(&mut self, id: BlockId) {
        if let Some(positions) = self.stored.get_mut(&id) {
            positions.insert(self.position, (self.codes[id].clone(), self.words[id].clone()));
        }
        let golden = self.golden;
        golden.views[id].iter().for_each(|&view| self.store(view));
    }

    /// The codes that an edge of `reader` brings.
    pub(super) fn seen(&self, reader: BlockId, edge: Edge) -> Vec<i32> {
        match self.golden.quant.network.time(reader, edge) {
            time @ (Time::Each | Time::Ahead) => {
                let position = self.position + usize::from(time == Time::Ahead);
                match self.stored[&edge.block].get(&position) {
                    Some((codes, _)) => codes.clone(),
                    None => vec![0; self.codes[edge.block].len()],
                }
            }
            // Of the step before, it has not been computed anew; of a loop that has ended, it is the last.
            // Of the turns before, it is what no job but LISTEN computes anew.
            Time::Now | Time::Before | Time::Last | Time::Held | Time::Heard => {
                self.codes[edge.block].clone()
            }
        }
    }

    /// The words that an edge of `reader` brings.
    pub(super) fn seen_words(&self, reader: BlockId, edge: Edge) -> Vec<i64> {
        match self.golden.quant.network.time(reader, edge) {
            time @ (Time::Each | Time::Ahead) => {
                let position = self.position + usize::from(time == Time::Ahead);
                match self.stored[&edge.block].get(&position) {
                    Some((_, words)) => words.clone(),
                    None => vec![0; self.words[edge.block].len()],
                }
            }
            Time::Now | Time::Before | Time::Last | Time::Held | Time::Heard => {
                self.words[edge.block].clone()
            }
        }
    }

    /// What block `id` drives the word lines of its one matrix with.
    pub(super) fn joined(&self, id: BlockId) -> Vec<i32> {
        let edges = self.golden.quant.network.edges(id).into_iter();
        edges.flat_map(|edge| self.seen(id, edge)).collect()
    }
}
