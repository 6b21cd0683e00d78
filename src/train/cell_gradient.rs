//! One step back through each recurrent cell (the derivatives of `model::cell`).

use crate::config::CellKind;

/// What a step back reads and writes, one unit vector. Widths as in the forward step.
pub struct StepBack<'a> {
    /// Gates after their non-linearity.
    pub gates: &'a [f32],
    /// W_hh h + b_hh.
    pub recurrent: &'a [f32],
    /// h before the step.
    pub state: &'a [f32],
    /// c before and after the step (LSTM only, else empty).
    pub cell: &'a [f32],
    pub new_cell: &'a [f32],
    /// Gradient of h after the step; out: the part that reaches h before it past the matrices.
    pub d_state: &'a mut [f32],
    /// Gradient of c after the step; out: of c before it (LSTM only, else empty).
    pub d_cell: &'a mut [f32],
    /// Out: gradients of the two products.
    pub d_input: &'a mut [f32],
    pub d_recurrent: &'a mut [f32],
}

/// Computes the outputs of `step`.
pub fn step_back(kind: CellKind, step: StepBack<'_>) {
    match kind {
        CellKind::Rnn => rnn(step),
        CellKind::Gru => gru(step),
        CellKind::Lstm => lstm(step),
    }
}

fn rnn(s: StepBack<'_>) {
    for j in 0..s.state.len() {
        let d = s.d_state[j] * (1.0 - s.gates[j] * s.gates[j]);
        s.d_input[j] = d;
        s.d_recurrent[j] = d;
        s.d_state[j] = 0.0;
    }
}

fn gru(s: StepBack<'_>) {
    let hidden = s.state.len();
    for j in 0..hidden {
        let (at_r, at_u, at_n) = (j, hidden + j, 2 * hidden + j);
        let (r, u, n) = (s.gates[at_r], s.gates[at_u], s.gates[at_n]);
        let d = s.d_state[j];
        let d_n = d * (1.0 - u) * (1.0 - n * n);
        let d_u = d * (s.state[j] - n) * u * (1.0 - u);
        let d_r = d_n * s.recurrent[at_n] * r * (1.0 - r);
        s.d_state[j] = d * u;
        s.d_input[at_r] = d_r;
        s.d_input[at_u] = d_u;
        s.d_input[at_n] = d_n;
        s.d_recurrent[at_r] = d_r;
        s.d_recurrent[at_u] = d_u;
        s.d_recurrent[at_n] = d_n * r;
    }
}

fn lstm(s: StepBack<'_>) {
    let hidden = s.state.len();
    for j in 0..hidden {
        let at = [j, hidden + j, 2 * hidden + j, 3 * hidden + j];
        let [i, f, g, o] = at.map(|k| s.gates[k]);
        let squashed = s.new_cell[j].tanh();
        let d = s.d_state[j];
        let d_c = s.d_cell[j] + d * o * (1.0 - squashed * squashed);
        s.d_cell[j] = d_c * f;
        s.d_state[j] = 0.0;
        let d_gates = [
            d_c * g * i * (1.0 - i),
            d_c * s.cell[j] * f * (1.0 - f),
            d_c * i * (1.0 - g * g),
            d * squashed * o * (1.0 - o),
        ];
        for (k, d_gate) in at.into_iter().zip(d_gates) {
            s.d_input[k] = d_gate;
            s.d_recurrent[k] = d_gate;
        }
    }
}
