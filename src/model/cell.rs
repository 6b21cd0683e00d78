//! One step of each recurrent cell, in the conventions of PyTorch (models.md 1.0).
//!
//! A cell adds two products: `input` = W_ih x + b_ih and `recurrent` = W_hh h + b_hh, both of
//! `gates * hidden` numbers, gate after gate. They stay apart because the reset gate of the GRU
//! multiplies only the recurrent one.

use crate::config::CellKind;

/// What one unit vector goes through in a step. All slices hold `hidden` numbers, `input`,
/// `recurrent` and `gates` hold `gates * hidden`.
pub struct Step<'a> {
    pub input: &'a [f32],
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

/// 1 / (1 + e^-x).
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// h' = tanh(W_i x + b_i + W_h h + b_h).
fn rnn(s: Step<'_>) {
    for j in 0..s.state.len() {
        s.gates[j] = (s.input[j] + s.recurrent[j]).tanh();
        s.new_state[j] = s.gates[j];
    }
}

/// r, u = sigmoid(.); n = tanh(W_in x + b_in + r * (W_hn h + b_hn)); h' = (1 - u) n + u h.
fn gru(s: Step<'_>) {
    let hidden = s.state.len();
    for j in 0..hidden {
        let (r, u, n) = (j, hidden + j, 2 * hidden + j);
        s.gates[r] = sigmoid(s.input[r] + s.recurrent[r]);
        s.gates[u] = sigmoid(s.input[u] + s.recurrent[u]);
        s.gates[n] = (s.input[n] + s.gates[r] * s.recurrent[n]).tanh();
        s.new_state[j] = (1.0 - s.gates[u]) * s.gates[n] + s.gates[u] * s.state[j];
    }
}

/// i, f, o = sigmoid(.); g = tanh(.); c' = f c + i g; h' = o tanh(c').
fn lstm(s: Step<'_>) {
    let hidden = s.state.len();
    for j in 0..hidden {
        let (i, f, g, o) = (j, hidden + j, 2 * hidden + j, 3 * hidden + j);
        s.gates[i] = sigmoid(s.input[i] + s.recurrent[i]);
        s.gates[f] = sigmoid(s.input[f] + s.recurrent[f]);
        s.gates[g] = (s.input[g] + s.recurrent[g]).tanh();
        s.gates[o] = sigmoid(s.input[o] + s.recurrent[o]);
        s.new_cell[j] = s.gates[f] * s.cell[j] + s.gates[i] * s.gates[g];
        s.new_state[j] = s.gates[o] * s.new_cell[j].tanh();
    }
}
