//! What people's networks do otherwise: how ours would compute if it did so too.

use crate::config::CellKind;
use crate::model::{Activation, BlockId, FloatNet, LEAK, Network, Op};
use ndarray::{Array2, Axis, concatenate, s};

/// One habit of another library, or slip of an export.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// The file's gates stand in this order: the gate of ours at each of its places.
    Gates(CellKind, Vec<usize>),
    /// Both biases of a cell are each other's.
    SwappedBiases,
    /// These tensors count as zero.
    Without(Vec<usize>),
    /// 1 is added to the forget gate.
    Forget,
    /// A square matrix lies on its side, each gate by itself.
    Transposed(usize),
    /// Inputs are joined in this order.
    Inputs(Vec<usize>),
    /// Another function follows the product.
    Activation(Activation),
    /// The cell starts from zero.
    StartsFromZero,
    /// Mean and log-variance are each other's.
    SwappedHeads,
    /// What is called log-variance is ln of the deviation.
    LogDeviation,
}

/// A function for another, a start less: the network stays one that runs.
fn changed(network: &Network, id: BlockId, change: impl FnOnce(&mut Op)) -> Network {
    network.changed(|of| change(&mut of.blocks[id].op)).expect("it reads what it read")
}

/// Every order of `0..count` but the first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        let longer = |order: &Vec<usize>| {
            let rest = (0..count).filter(|i| !order.contains(i)).collect::<Vec<_>>();
            rest.into_iter().map(|i| [order.as_slice(), &[i]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.split_off(1)
}

/// Names of the gates of a cell, in our order.
fn gates(kind: CellKind) -> &'static [&'static str] {
    match kind {
        CellKind::Rnn => &["h"],
        CellKind::Gru => &["r", "z", "n"],
        CellKind::Lstm => &["i", "f", "g", "o"],
    }
}

impl Change {
    /// Everything that may be otherwise in block `id`.
    pub fn all(net: &FloatNet, id: BlockId) -> Vec<Change> {
        let network = net.network();
        let block = &network.blocks[id];
        let mut all = Vec::new();
        match &block.op {
            Op::Cell { kind, init, hidden, .. } => {
                let hidden = *hidden;
                all.extend(orders(kind.gates()).into_iter().map(|order| Change::Gates(*kind, order)));
                all.extend([vec![2], vec![3], vec![2, 3]].map(Change::Without));
                if *kind == CellKind::Gru {
                    all.push(Change::SwappedBiases);
                }
                if *kind == CellKind::Lstm {
                    all.push(Change::Forget);
                }
                all.push(Change::Transposed(1));
                if network.fan_in(id) == hidden {
                    all.push(Change::Transposed(0));
                }
                all.extend(init.map(|_| Change::StartsFromZero));
            }
            Op::Moments { .. } | Op::Values { .. } | Op::Auxiliary { .. } => {
                all.extend([vec![1], vec![3], vec![1, 3]].map(Change::Without));
                all.extend([Change::SwappedHeads, Change::LogDeviation]);
                if network.fan_in(id) == network.width(id) {
                    all.extend([0, 2].map(Change::Transposed));
                }
            }
            Op::Linear { bias, activation, .. } => {
                all.extend(bias.then_some(Change::Without(vec![1])));
                let functions =
                    [Activation::None, Activation::Tanh, Activation::Sigmoid, Activation::LeakyRelu];
                all.extend(functions.into_iter().filter(|f| f != activation).map(Change::Activation));
                if network.fan_in(id) == network.width(id) {
                    all.push(Change::Transposed(0));
                }
            }
            Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => {
                all.push(Change::Without(vec![1]));
                if network.fan_in(id) == network.width(id) {
                    all.push(Change::Transposed(0));
                }
            }
            Op::Embedding { .. }
            | Op::Input { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => {}
        }
        if (2..=3).contains(&network.inputs(id).len()) && network.has_matrix(id) {
            all.extend(orders(network.inputs(id).len()).into_iter().map(Change::Inputs));
        }
        all
    }

    /// The net with this in block `id`.
    pub fn made(&self, net: &FloatNet, id: BlockId) -> FloatNet {
        let mut network = net.network().clone();
        let mut tensors = net.tensors().to_vec();
        let owner = network.owner(id);
        let count = net.indices(owner).len();
        let is_cell = matches!(network.blocks[id].op, Op::Cell { .. });
        let index = |k: usize| net.index(owner, k);
        match self {
            Change::Gates(_, order) => {
                for k in 0..count {
                    let tensor = &tensors[index(k)];
                    let axis = if tensor.nrows() == 1 { Axis(1) } else { Axis(0) };
                    let height = tensor.len_of(axis) / order.len();
                    // Our gate stands where the order names it.
                    let place = |gate: usize| order.iter().position(|g| *g == gate).unwrap_or(gate);
                    let part = |gate| {
                        let from = place(gate) * height;
                        tensor.slice_axis(axis, (from..from + height).into())
                    };
                    let parts: Vec<_> = (0..order.len()).map(part).collect();
                    tensors[index(k)] = concatenate(axis, &parts).expect("parts of one matrix");
                }
            }
            Change::SwappedBiases => tensors.swap(index(2), index(3)),
            Change::Without(which) => which.iter().for_each(|&k| tensors[index(k)].fill(0.0)),
            Change::Forget => {
                let hidden = network.width(id);
                tensors[index(2)].slice_mut(s![.., hidden..2 * hidden]).mapv_inplace(|b| b + 1.0);
            }
            Change::Transposed(k) => {
                let tensor = &tensors[index(*k)];
                let side = tensor.ncols();
                let parts: Vec<Array2<f32>> = (0..tensor.nrows() / side)
                    .map(|gate| tensor.slice(s![gate * side..(gate + 1) * side, ..]).t().to_owned())
                    .collect();
                let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
                tensors[index(*k)] = concatenate(Axis(0), &views).expect("squares of one width");
            }
            Change::Inputs(order) => {
                let widths: Vec<usize> = network.inputs(id).iter().map(|&i| network.width(i)).collect();
                // Where each of our inputs begins in the file's order.
                let begins = |input: usize| -> usize {
                    order.iter().take_while(|&&i| i != input).map(|&i| widths[i]).sum()
                };
                let fan_in = network.fan_in(id);
                // Both heads of a Gaussian read them.
                let heads = if count == 4 && !is_cell { 2 } else { 1 };
                for k in (0..2 * heads).step_by(2) {
                    let tensor = &tensors[index(k)];
                    debug_assert_eq!(tensor.ncols(), fan_in);
                    let part =
                        |input: usize| tensor.slice(s![.., begins(input)..begins(input) + widths[input]]);
                    let parts: Vec<_> = (0..widths.len()).map(part).collect();
                    tensors[index(k)] = concatenate(Axis(1), &parts).expect("parts of one matrix");
                }
            }
            Change::Activation(function) => {
                network = changed(&network, id, |op| {
                    if let Op::Linear { activation, .. } = op {
                        *activation = *function;
                    }
                });
            }
            Change::StartsFromZero => {
                network = changed(&network, id, |op| {
                    if let Op::Cell { init, .. } = op {
                        *init = None;
                    }
                });
            }
            Change::SwappedHeads => {
                tensors.swap(index(0), index(2));
                tensors.swap(index(1), index(3));
            }
            Change::LogDeviation => [2, 3].iter().for_each(|&k| tensors[index(k)] *= 2.0),
        }
        FloatNet::with_tensors(&network, tensors)
    }

    /// What it means and what to do, for the block `name`.
    pub fn text(&self, net: &FloatNet, id: BlockId) -> String {
        let network = net.network();
        let name = &network.blocks[id].name;
        let tensors = network.tensors_of(network.owner(id));
        let tensor = |k: usize| format!("`{}`", tensors[k].0);
        match self {
            Change::Gates(kind, order) => {
                let ours = gates(*kind);
                let theirs: Vec<&str> = order.iter().map(|&gate| ours[gate]).collect();
                format!(
                    "the gates of `{name}` stand in the file in the order {}: put the rows of its four tensors into {}",
                    theirs.join(", "),
                    ours.join(", ")
                )
            }
            Change::SwappedBiases => {
                format!("{} and {} are each other's: exchange them", tensor(2), tensor(3))
            }
            Change::Without(which) => {
                let which: Vec<String> = which.iter().map(|&k| tensor(k)).collect();
                format!(
                    "your network computes without {}: write zeros there, or export what it uses",
                    which.join(" and ")
                )
            }
            Change::Forget => {
                format!("your `{name}` adds 1 to its forget gate: add it to {}", tensor(2))
            }
            Change::Transposed(k) => {
                format!("{} lies transposed, each gate by itself: transpose it", tensor(*k))
            }
            Change::Inputs(order) => {
                let inputs = network.inputs(id);
                let names: Vec<&str> =
                    order.iter().map(|&i| network.blocks[inputs[i]].name.as_str()).collect();
                format!(
                    "your `{name}` joins its inputs as {}: write inputs in that order in the description",
                    names.join(", ")
                )
            }
            Change::Activation(function) => {
                let leak = match function {
                    Activation::LeakyRelu => format!(" (slope {LEAK} below 0)"),
                    _ => String::new(),
                };
                format!(
                    "activation = \"{}\"{leak} follows your `{name}`: say so in the description",
                    function.name()
                )
            }
            Change::StartsFromZero => {
                format!("your `{name}` starts from zero: leave out its init in the description")
            }
            Change::SwappedHeads => {
                format!("mean and log_variance of `{name}` are each other's: exchange their tensors")
            }
            Change::LogDeviation => format!(
                "log_variance of `{name}` is ln of the deviation with you: double {} and {}",
                tensor(2),
                tensor(3)
            ),
        }
    }
}
