//! Why the float pass may differ from the user's: what would make it agree is tried out.

use super::change::Change;
use super::parity::BlockParity;
use super::{Expected, Parity, Samples};
use crate::config::CellKind;
use crate::model::{BlockId, Example, FloatNet, Op, Over, Role, cell, longest_first};
use ndarray::{Array2, ArrayView1, Axis};

/// Sequences on which something is tried out.
const TRIED: usize = 4;

impl Samples {
    /// What the first block beyond `tolerance` suggests: a change that makes it agree, or where to look. Nothing where
    /// all are within it.
    pub fn hint(&self, net: &FloatNet, parity: &Parity, tolerance: f32) -> Option<String> {
        let first = parity.index_beyond(tolerance)?;
        let expected = &self.expected[first];
        let search = Search {
            samples: self,
            net,
            expected,
            tolerance,
            chosen: self.chosen(parity.blocks[first].at[0]),
        };
        let compared = self.expected.iter().zip(&parity.blocks);
        let agreed: Vec<BlockId> = compared
            .filter(|(expected, block)| expected.role == Role::Output && block.within(tolerance))
            .map(|(expected, _)| expected.block)
            .collect();
        let found = search
            .of_values()
            .or_else(|| search.of_time())
            .or_else(|| search.of_memory())
            .or_else(|| search.of_changes(&agreed));
        Some(found.unwrap_or_else(|| search.where_to_look(&agreed)))
    }

    /// The sequence `worst` and some others, longest first.
    fn chosen(&self, worst: usize) -> Vec<usize> {
        let others = (0..self.examples.len()).filter(|&i| i != worst);
        let some: Vec<usize> = [worst].into_iter().chain(others).take(TRIED).collect();
        let lengths: Vec<usize> = some.iter().map(|&i| Example::steps(&self.examples[i])).collect();
        longest_first(&lengths).into_iter().map(|i| some[i]).collect()
    }
}

struct Search<'a> {
    samples: &'a Samples,
    net: &'a FloatNet,
    /// Of the first block that differs.
    expected: &'a Expected,
    tolerance: f32,
    chosen: Vec<usize>,
}

impl Search<'_> {
    fn name(&self) -> &str {
        &self.net.network().blocks[self.expected.block].name
    }

    /// Logits that are none.
    fn of_values(&self) -> Option<String> {
        let sums = |of: fn(f32) -> f32| {
            let rows = self.expected.values.iter().flat_map(|values| values.outer_iter());
            let near_one =
                |row: ArrayView1<'_, f32>| (row.iter().map(|&v| of(v)).sum::<f32>() - 1.0).abs() < 1e-3;
            rows.into_iter().all(near_one)
        };
        let all = |wanted: fn(f32) -> bool| self.expected.values.iter().flatten().all(|&v| wanted(v));
        let op = &self.net.network().blocks[self.expected.block].op;
        if !matches!(op, Op::Vocabulary { .. } | Op::Label { .. }) {
            return None;
        }
        let found = match (sums(|v| v) && all(|v| v >= 0.0), sums(f32::exp) && all(|v| v <= 0.0)) {
            (true, _) => "probabilities",
            (false, true) => "logarithms of probabilities",
            (false, false) => return None,
        };
        Some(format!("`{}` of the file has {found}: write the logits before softmax", self.expected.name))
    }

    /// Steps in another order, or a step late.
    fn of_time(&self) -> Option<String> {
        let block = self.expected.block;
        let network = self.net.network();
        if network.is_once(block) {
            return None;
        }
        let trace = self.samples.pass(self.net, &self.chosen);
        let (values, layout) = (trace.get(block, self.expected.role), self.net.layout_of(&trace, block));
        let agrees = |source: &dyn Fn(usize, usize) -> Option<usize>| {
            let mut parity = BlockParity::none_yet(self.expected);
            for (at, &sequence) in self.chosen.iter().enumerate() {
                let rows: Vec<usize> = layout.rows_of(at).collect();
                let pairs = (0..rows.len()).filter_map(|step| Some((step, rows[source(step, rows.len())?])));
                let (theirs, ours): (Vec<usize>, Vec<usize>) = pairs.unzip();
                let wanted = self.expected.values[sequence].select(Axis(0), &theirs);
                parity.add(sequence, &wanted, values.select(Axis(0), &ours).view());
            }
            parity.compared > 0 && parity.scale > 0.0 && parity.within(self.tolerance)
        };
        let name = &self.expected.name;
        let order = match network.over(block) {
            Over::Backwards => "a loop that runs backwards has its value of position t at step t",
            Over::Positions | Over::Once | Over::Turns | Over::Heard | Over::Written => {
                "step t is the t-th of the sequence"
            }
        };
        if agrees(&|step, steps| Some(steps - 1 - step)) {
            return Some(format!(
                "the steps of `{name}` stand in the file in the opposite order: turn them round, {order}"
            ));
        }
        let steps_later = |step: usize, steps: usize| Some(step + 1).filter(|&s| s < steps);
        if agrees(&steps_later) {
            return Some(format!("`{name}` of the file is a step ahead: shift it by one, {order}"));
        }
        if agrees(&|step, _| step.checked_sub(1)) {
            return Some(format!("`{name}` of the file is a step late: shift it by one, {order}"));
        }
        None
    }

    /// An LSTM whose c starts from zero while its h does not.
    fn of_memory(&self) -> Option<String> {
        let (block, network) = (self.expected.block, self.net.network());
        let init = network.memory_start(block)?;
        let hidden = network.width(block);
        let trace = self.samples.pass(self.net, &self.chosen);
        let layout = self.net.layout_of(&trace, block);
        let backwards = network.over(block) == Over::Backwards;
        let mut parity = BlockParity::none_yet(self.expected);
        for (at, &sequence) in self.chosen.iter().enumerate() {
            let step = if backwards { layout.length(at) - 1 } else { 0 };
            let row = |role| trace.get(block, role).row(layout.row(at, step)).to_vec();
            let (mut gates, mut h, mut c) = (vec![0.0; 4 * hidden], vec![0.0; hidden], vec![0.0; hidden]);
            cell::step(
                CellKind::Lstm,
                cell::Step {
                    input: &row(Role::PreInput),
                    recurrent: &row(Role::PreRecurrent),
                    state: &trace.get(init, Role::Output).row(at).to_vec(),
                    cell: &vec![0.0; hidden],
                    gates: &mut gates,
                    new_state: &mut h,
                    new_cell: &mut c,
                },
            );
            let made = if self.expected.role == Role::Cell { c } else { h };
            let made = Array2::from_shape_vec((1, hidden), made).expect("a row");
            let wanted = self.expected.values[sequence].select(Axis(0), &[step]);
            parity.add(sequence, &wanted, made.view());
        }
        let start = &network.blocks[init].name;
        parity.within(self.tolerance).then(|| {
            format!(
                "your `{}` starts with c_0 = 0: ours takes both h_0 and c_0 from `{start}`; give it c_0 = \"zero\" in its \
                 description, or train it with (start, start)",
                self.name()
            )
        })
    }

    /// Blocks that lead to the first one that differs and are not known to agree, it first, then against the order of
    /// evaluation.
    fn suspects(&self, agreed: &[BlockId]) -> Vec<BlockId> {
        let network = self.net.network();
        let mut found = vec![self.expected.block];
        let mut at = 0;
        while at < found.len() {
            let id = found[at];
            at += 1;
            let init = if let Op::Cell { init, .. } = network.blocks[id].op { init } else { None };
            for source in network.inputs(id).into_iter().chain(init) {
                if !found.contains(&source) && !agreed.contains(&source) {
                    found.push(source);
                }
            }
        }
        found
    }

    /// A change of one block that makes the first one agree.
    fn of_changes(&self, agreed: &[BlockId]) -> Option<String> {
        self.suspects(agreed).into_iter().find_map(|id| {
            let fits = |change: &Change| {
                let net = change.made(self.net, id);
                let trace = self.samples.pass(&net, &self.chosen);
                let mut parity = BlockParity::none_yet(self.expected);
                self.expected.compare(&net, &trace, &self.chosen, &mut parity);
                parity.within(self.tolerance)
            };
            let change = Change::all(self.net, id).into_iter().find(fits)?;
            Some(change.text(self.net, id))
        })
    }

    fn where_to_look(&self, agreed: &[BlockId]) -> String {
        let network = self.net.network();
        let suspects = self.suspects(agreed);
        let what = match network.blocks[self.expected.block].op {
            Op::Cell { kind: CellKind::Rnn, .. } => {
                "both biases, a transposed matrix, tanh (ours), the order in which inputs are joined, h_0"
            }
            Op::Cell { .. } => {
                "the order of the gates, both biases, a transposed matrix, the order in which inputs are joined, h_0 and c_0"
            }
            Op::Embedding { .. } => "the numbers of the words, the rows of the table",
            Op::Input { .. } => "how frames are scaled before your network reads them",
            Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => "the order of its parts, and what it is told of z",
            Op::Moments { .. }
            | Op::Linear { .. }
            | Op::Vocabulary { .. }
            | Op::Label { .. }
            | Op::Auxiliary { .. }
            | Op::Values { .. }
            | Op::Bits { .. } => {
                "the bias, a transposed matrix, the order in which inputs are joined, what follows the product"
            }
        };
        let unknown: Vec<&str> = suspects[1..].iter().map(|&id| network.blocks[id].name.as_str()).collect();
        match unknown.as_slice() {
            [] => format!("all that `{}` reads agrees: look at {what}", self.name()),
            unknown => format!(
                "look at {what}; add what your network makes of {} to the file to see where it begins",
                unknown.join(", ")
            ),
        }
    }
}
