//! One step of each recurrent cell, in the conventions of PyTorch (models.md 1.0).
//!
//! A cell adds two products: `input` = W_ih x + b_ih and `recurrent` = W_hh h + b_hh, both of
//! `gates * hidden` numbers, gate after gate. They stay apart because the reset gate of the GRU
//! multiplies only the recurrent one.

use super::exponential::{sigmoid, tanh};
use crate::config::CellKind;

/// What one unit vector goes through in a step. All slices hold `hidden` numbers, `input`,
/// `recurrent` and `gates` hold `gates * hidden`.
pub struct Step<'a> {
    /// W_ih x + b_ih.
    pub input: &'a [f32],
    /// W_hh h + b_hh.
    pub recurrent: &'a [f32],
    /// h before the step.
    pub state: &'a [f32],
    /// c before the step (LSTM only, else empty).
    pub cell: &'a [f32],
    /// Out: the gates after their non-linearity (RNN: h; GRU: r, z, n; LSTM: i, f, g, o).
    pub gates: &'a mut [f32],
    /// Out: h after the step.
    pub new_state: &'a mut [f32],
    /// Out: c after the step (LSTM only, else empty).
    pub new_cell: &'a mut [f32],
}

/// Computes the outputs of `step`.
pub fn step(kind: CellKind, step: Step<'_>) {
    match kind {
        CellKind::Rnn => rnn(step),
        CellKind::Gru => gru(step),
        CellKind::Lstm => lstm(step),
    }
}

/// The numbers of each gate. Slices of one length: loops over them become vectors.
fn parts<const N: usize>(all: &[f32], hidden: usize) -> [&[f32]; N] {
    std::array::from_fn(|gate| &all[gate * hidden..][..hidden])
}

fn parts_mut<const N: usize>(all: &mut [f32], hidden: usize) -> [&mut [f32]; N] {
    let mut rest = all.chunks_exact_mut(hidden);
    std::array::from_fn(|_| rest.next().expect("gates times hidden numbers"))
}

/// h' = tanh(W_i x + b_i + W_h h + b_h).
fn rnn(s: Step<'_>) {
    let hidden = s.state.len();
    let [x] = parts(s.input, hidden);
    let [h] = parts(s.recurrent, hidden);
    let [gate] = parts_mut(s.gates, hidden);
    let new = &mut s.new_state[..hidden];
    for j in 0..hidden {
        gate[j] = tanh(x[j] + h[j]);
        new[j] = gate[j];
    }
}

/// r, u = sigmoid(.); n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h' = (1 - u) n + u h.
fn gru(s: Step<'_>) {
    let hidden = s.state.len();
    let [x_r, x_u, x_n] = parts(s.input, hidden);
    let [h_r, h_u, h_n] = parts(s.recurrent, hidden);
    let [r, u, n] = parts_mut(s.gates, hidden);
    let (old, new) = (&s.state[..hidden], &mut s.new_state[..hidden]);
    for j in 0..hidden {
        r[j] = sigmoid(x_r[j] + h_r[j]);
        u[j] = sigmoid(x_u[j] + h_u[j]);
        n[j] = tanh(x_n[j] + r[j] * h_n[j]);
        new[j] = (1.0 - u[j]) * n[j] + u[j] * old[j];
    }
}

/// i, f, o = sigmoid(.); g = tanh(.); c' = f c + i g; h' = o tanh(c').
fn lstm(s: Step<'_>) {
    let hidden = s.state.len();
    let [x_i, x_f, x_g, x_o] = parts(s.input, hidden);
    let [h_i, h_f, h_g, h_o] = parts(s.recurrent, hidden);
    let [i, f, g, o] = parts_mut(s.gates, hidden);
    let (old, cell) = (&s.cell[..hidden], &mut s.new_cell[..hidden]);
    let new = &mut s.new_state[..hidden];
    for j in 0..hidden {
        i[j] = sigmoid(x_i[j] + h_i[j]);
        f[j] = sigmoid(x_f[j] + h_f[j]);
        g[j] = tanh(x_g[j] + h_g[j]);
        o[j] = sigmoid(x_o[j] + h_o[j]);
        cell[j] = f[j] * old[j] + i[j] * g[j];
        new[j] = o[j] * tanh(cell[j]);
    }
}
