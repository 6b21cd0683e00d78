//! One unit of each recurrent cell in integers (`rtl/hvae_gate_*.sv`).

use super::{Place, Places};
use crate::config::CellKind;
use crate::quant::{QuantCell, QuantNet, Saturations, requant_to, saturating_add};

/// What one unit reads: pre-activations of the input and recurrent parts per gate,
/// and its previous states.
pub struct UnitInput<'a> {
    /// Pre-activations of the inputs, gate after gate.
    pub x: &'a [i64],
    /// Pre-activations of the own state, gate after gate.
    pub h: &'a [i64],
    /// The unit's h before.
    pub h_prev: i64,
    /// The unit's c before.
    pub c_prev: i64,
}

/// The next (h, c) of one unit; c is 0 unless the cell is an LSTM.
pub fn unit(net: &QuantNet, cell: &QuantCell, input: &UnitInput, count: &mut Places) -> (i64, i64) {
    match cell.kind {
        CellKind::Rnn => (rnn(net, cell, input, count), 0),
        CellKind::Gru => (gru(net, cell, input, count), 0),
        CellKind::Lstm => lstm(net, cell, input, count),
    }
}

/// h' = tanh(x + h)
fn rnn(net: &QuantNet, cell: &QuantCell, u: &UnitInput, count: &mut Places) -> i64 {
    let pre = saturating_add(u.x[0], u.h[0], net.fixed.pre_bits, count.at(Place::RnnSum));
    let shift = net.tanh.output.frac - cell.h.frac;
    requant_to(net.tanh.lookup(pre), shift, cell.h.bits, count.at(Place::RnnState))
}

/// Gates r, z, n: h' = n + z * (h - n), n = tanh(x_n + r * h_n)
fn gru(net: &QuantNet, cell: &QuantCell, u: &UnitInput, count: &mut Places) -> i64 {
    let pre_bits = net.fixed.pre_bits;
    let mut sigmoid = |gate: usize, place| {
        net.sigmoid.lookup(saturating_add(u.x[gate], u.h[gate], pre_bits, count.at(place)))
    };
    let (reset, update) = (sigmoid(0, Place::GruReset), sigmoid(1, Place::GruUpdate));
    let table_frac = net.tanh.output.frac;
    let gated = requant_to(reset * u.h[2], table_frac, pre_bits, count.at(Place::GruGated));
    let sum = saturating_add(u.x[2], gated, pre_bits, count.at(Place::GruCandidate));
    let candidate = net.tanh.lookup(sum);
    let new = requant_to(candidate, table_frac - cell.h.frac, cell.h.bits, count.at(Place::GruNew));
    // |update| <= 1, so this product cannot leave the width of the difference.
    let kept =
        requant_to(update * (u.h_prev - new), table_frac, cell.h.bits + 1, &mut Saturations::default());
    requant_to(new + kept, 0, cell.h.bits, count.at(Place::GruState))
}

/// Gates i, f, g, o: c' = f * c + i * g, h' = o * tanh(c')
fn lstm(net: &QuantNet, cell: &QuantCell, u: &UnitInput, count: &mut Places) -> (i64, i64) {
    let c_format = cell.c.expect("an LSTM has a cell state");
    let mut pre =
        |gate: usize, place| saturating_add(u.x[gate], u.h[gate], net.fixed.pre_bits, count.at(place));
    let input = net.sigmoid.lookup(pre(0, Place::LstmInput));
    let forget = net.sigmoid.lookup(pre(1, Place::LstmForget));
    let candidate = net.tanh.lookup(pre(2, Place::LstmCandidate));
    let output = net.sigmoid.lookup(pre(3, Place::LstmOutput));
    let table_frac = net.tanh.output.frac;
    let kept = requant_to(forget * u.c_prev, table_frac, c_format.bits, count.at(Place::LstmKept));
    let shift = 2 * table_frac - c_format.frac;
    let added = requant_to(input * candidate, shift, c_format.bits, count.at(Place::LstmAdded));
    let c = saturating_add(kept, added, c_format.bits, count.at(Place::LstmCell));
    let shift = c_format.frac - net.fixed.pre_frac as i32;
    let squashed = requant_to(c, shift, net.fixed.pre_bits, count.at(Place::LstmSquashed));
    let shift = 2 * table_frac - cell.h.frac;
    let h = requant_to(output * net.tanh.lookup(squashed), shift, cell.h.bits, count.at(Place::LstmState));
    (h, c)
}
