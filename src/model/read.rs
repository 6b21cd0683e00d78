//! What a block sees of the blocks that it reads: rows of their values, by the time of the edge.

use super::float::Rows;
use super::{BlockId, Carry, Edge, FloatNet, Layout, Over, Pass, Role, Time, Trace, Values};
use crate::config::LatentSteps;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, CowArray, Ix2, s};
use std::ops::Range;

/// Where the rows of a reader lie in the matrix of what it reads.
pub enum Source {
    /// They are the same rows.
    Same,
    /// By row of the reader: the row of the source; `None` where there is no step before.
    At(Vec<Option<usize>>),
}

impl FloatNet {
    /// Where the rows of `reader`'s layout lie in the matrix of `edge`'s block.
    pub fn source(&self, trace: &Trace, reader: BlockId, edge: Edge) -> Source {
        let network = self.network();
        let (mine, theirs) = (network.blocks[reader].within, network.blocks[edge.block].within);
        let (layout, made) = (trace.layout(mine), trace.layout(theirs));
        match network.time(reader, edge) {
            Time::Now | Time::Each => Source::Same,
            Time::Ahead => {
                let ahead = |sentence, step| trace.ahead(sentence, step).map(|p| made.row(sentence, p));
                Source::At(layout.pack(ahead))
            }
            Time::Held if network.over(reader) == Over::Once && network.over(edge.block) == Over::Once => {
                Source::Same
            }
            Time::Held => {
                let made_of = |sentence| match network.loops[theirs].over {
                    Over::Turns => trace.turns().row(sentence),
                    _ => sentence,
                };
                let sentences = trace.sequences(network, mine).into_iter();
                Source::At(sentences.map(|sentence| Some(made_of(sentence))).collect())
            }
            Time::Last => {
                let last = |sentence| match network.loops[theirs].over {
                    Over::Backwards => made.row(sentence, 0),
                    Over::Heard => trace.turns().last_heard(sentence),
                    Over::Positions | Over::Once | Over::Turns | Over::Written => made.last(sentence),
                };
                let sentences = trace.sequences(network, mine).into_iter();
                Source::At(sentences.map(|sentence| Some(last(sentence))).collect())
            }
            Time::Heard if network.loops[mine].over == Over::Heard => {
                Source::At(trace.turns().before_heard())
            }
            Time::Heard => {
                let sentences = trace.sequences(network, mine).into_iter();
                Source::At(sentences.map(|sentence| trace.turns().before(sentence)).collect())
            }
            Time::Before => {
                let before = |sentence: usize, step: usize| match network.loops[mine].over {
                    Over::Backwards => (step + 1 < layout.length(sentence)).then(|| step + 1),
                    Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => {
                        step.checked_sub(1)
                    }
                };
                Source::At(
                    layout.pack(|sentence, step| before(sentence, step).map(|b| layout.row(sentence, b))),
                )
            }
        }
    }

    /// What `reader` sees of an edge: a row per row of `rows` of its layout.
    pub(super) fn read<'a>(
        &self,
        trace: &'a Trace,
        (reader, edge): (BlockId, Edge),
        role: Role,
        carry: Option<&Carry>,
        rows: &Rows,
    ) -> CowArray<'a, f32, Ix2> {
        let carried = carry.and_then(|carry| carry.get(&edge.block)).filter(|_| edge.before);
        if let Some((before, _)) = carried {
            return before.clone().into();
        }
        let width = self.network().width(edge.block);
        let at = match self.source(trace, reader, edge) {
            Source::Same => return trace.get(edge.block, role).slice(s![rows.range.clone(), ..]).into(),
            Source::At(at) => at,
        };
        let values = trace.find(edge.block, role);
        let mut read = Array2::zeros((rows.range.len(), width));
        for (mut row, at) in read.outer_iter_mut().zip(&at[rows.range.clone()]) {
            if let (Some(at), Some(values)) = (at, values) {
                row.assign(&values.row(*at));
            }
        }
        read.into()
    }

    /// All that `reader` sees of an edge.
    pub fn seen<'a>(
        &self,
        trace: &'a Trace,
        reader: BlockId,
        edge: Edge,
        role: Role,
    ) -> CowArray<'a, f32, Ix2> {
        let rows = trace.layout(self.network().blocks[reader].within).rows();
        self.read(trace, (reader, edge), role, None, &Rows { range: 0..rows, step: None })
    }

    /// The outputs that `reader` sees of an edge, for some rows of its layout.
    pub fn seen_rows<'a>(
        &self,
        trace: &'a Trace,
        edge: (BlockId, Edge),
        rows: &Range<usize>,
    ) -> CowArray<'a, f32, Ix2> {
        self.read(trace, edge, Role::Output, None, &Rows { range: rows.clone(), step: None })
    }

    /// What block `id` reads, its inputs side by side, for some rows of its layout.
    pub fn seen_by_rows<'a>(
        &self,
        trace: &'a Trace,
        id: BlockId,
        rows: &Range<usize>,
    ) -> CowArray<'a, f32, Ix2> {
        let edges = self.network().edges(id).into_iter();
        let mut parts: Vec<_> = edges.map(|edge| self.seen_rows(trace, (id, edge), rows)).collect();
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(1), &views).expect("one layout").into()
    }

    /// Adds the gradient of what `reader` saw of an edge, for rows `first` on of its layout, to that of the
    /// output of its source [rows of the source's layout, width].
    pub fn unread(
        &self,
        trace: &Trace,
        (reader, edge): (BlockId, Edge),
        first: usize,
        gradient: ArrayView2<'_, f32>,
        mut into: ArrayViewMut2<'_, f32>,
    ) {
        match self.source(trace, reader, edge) {
            Source::Same => {
                let mut rows = into.slice_mut(s![first..first + gradient.nrows(), ..]);
                rows += &gradient;
            }
            Source::At(at) => {
                for (at, part) in at[first..].iter().zip(gradient.outer_iter()) {
                    if let Some(at) = at {
                        let mut row = into.row_mut(*at);
                        row += &part;
                    }
                }
            }
        }
    }

    /// z = mean + exp(log_variance / 2) * epsilon of each moments block, at the last step; or the
    /// mean or sum of such a z of every step, which is as one draw from what they come to.
    pub(super) fn latent(
        &self,
        id: BlockId,
        moments: &[BlockId],
        steps: LatentSteps,
        trace: &Trace,
        pass: &Pass<'_>,
    ) -> Values {
        let part = |role| {
            let parts: Vec<_> = moments.iter().map(|&m| self.of_steps(trace, (id, m), role, steps)).collect();
            let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
            ndarray::concatenate(Axis(1), &views).expect("one batch")
        };
        let mut z = part(Role::Output);
        if let Some(epsilon) = pass.epsilon {
            let log_variance = part(Role::LogVariance);
            let first = self.network().latent_part(moments[0]).start;
            ndarray::Zip::from(&mut z)
                .and(&log_variance)
                .and(epsilon.slice(s![.., first..first + log_variance.ncols()]))
                .for_each(|z, lv, e| *z += (0.5 * lv).exp() * e);
        }
        Values::output(z)
    }

    /// Means or log-variances of the z of each sentence, of one moments block that `latent` draws.
    pub fn of_steps(
        &self,
        trace: &Trace,
        (latent, block): (BlockId, BlockId),
        role: Role,
        steps: LatentSteps,
    ) -> Array2<f32> {
        if steps.is_last() {
            return self.seen(trace, latent, block.into(), role).into_owned();
        }
        let (values, layout) = (trace.get(block, role), self.layout_of(trace, block));
        let mut sums = Array2::zeros((layout.batch(), values.ncols()));
        for (sentence, row) in layout.pack(|sentence, _| sentence).into_iter().zip(values.outer_iter()) {
            let share = steps.share(layout.length(sentence));
            let add = |sum: &mut f32, v: &f32| match role {
                Role::LogVariance => *sum += share * share * v.exp(),
                _ => *sum += share * v,
            };
            ndarray::Zip::from(sums.row_mut(sentence)).and(&row).for_each(add);
        }
        if role == Role::LogVariance {
            sums.mapv_inplace(f32::ln);
        }
        sums
    }

    /// How the rows of block `id` lie.
    pub fn layout_of<'a>(&self, trace: &'a Trace, id: BlockId) -> &'a Layout {
        trace.layout(self.network().blocks[id].within)
    }
}
