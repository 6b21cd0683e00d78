// One step of each recurrent cell and one step back, as `model::cell` and `train::cell_gradient`. States lie
// with the initial ones first: `before` and `after` are the rows of the first sentence in them.

struct Step {
    hidden: u32,
    alive: u32,
    // The first row of the step in `gates` and the products.
    row: u32,
    before: u32,
    after: u32,
}

@group(0) @binding(0) var<uniform> p: Step;
@group(0) @binding(1) var<storage, read_write> gates: array<f32>;
@group(0) @binding(2) var<storage, read_write> recurrent: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> memory: array<f32>;
// On the way forward.
@group(0) @binding(5) var<storage, read> input: array<f32>;
// On the way back: gradients, of states and memory with the initial ones first.
@group(0) @binding(5) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_memory: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_input: array<f32>;
@group(0) @binding(8) var<storage, read_write> d_recurrent: array<f32>;

fn sigmoid(x: f32) -> f32 {
    return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

// The built-in one may overflow.
fn squash(x: f32) -> f32 {
    return 2.0 * sigmoid(2.0 * x) - 1.0;
}

// Where a thread is: sentence and unit.
fn outside(id: vec3<u32>) -> bool {
    return id.x >= p.hidden || id.y >= p.alive;
}

fn at(row: u32, id: vec3<u32>) -> u32 {
    return (row + id.y) * p.hidden + id.x;
}

fn gate(count: u32, k: u32, id: vec3<u32>) -> u32 {
    return ((p.row + id.y) * count + k) * p.hidden + id.x;
}

@compute @workgroup_size(64)
fn rnn(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let k = gate(1u, 0u, id);
    let h = squash(input[k] + recurrent[k]);
    gates[k] = h;
    state[at(p.after, id)] = h;
}

@compute @workgroup_size(64)
fn rnn_back(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let k = gate(1u, 0u, id);
    let d = d_state[at(p.after, id)] * (1.0 - gates[k] * gates[k]);
    d_input[k] = d;
    d_recurrent[k] = d;
}

@compute @workgroup_size(64)
fn gru(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let at_r = gate(3u, 0u, id);
    let at_u = gate(3u, 1u, id);
    let at_n = gate(3u, 2u, id);
    let r = sigmoid(input[at_r] + recurrent[at_r]);
    let u = sigmoid(input[at_u] + recurrent[at_u]);
    let n = squash(input[at_n] + r * recurrent[at_n]);
    gates[at_r] = r;
    gates[at_u] = u;
    gates[at_n] = n;
    state[at(p.after, id)] = (1.0 - u) * n + u * state[at(p.before, id)];
}

@compute @workgroup_size(64)
fn gru_back(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let at_r = gate(3u, 0u, id);
    let at_u = gate(3u, 1u, id);
    let at_n = gate(3u, 2u, id);
    let r = gates[at_r];
    let u = gates[at_u];
    let n = gates[at_n];
    let d = d_state[at(p.after, id)];
    let d_n = d * (1.0 - u) * (1.0 - n * n);
    let d_u = d * (state[at(p.before, id)] - n) * u * (1.0 - u);
    let d_r = d_n * recurrent[at_n] * r * (1.0 - r);
    d_state[at(p.before, id)] += d * u;
    d_input[at_r] = d_r;
    d_input[at_u] = d_u;
    d_input[at_n] = d_n;
    d_recurrent[at_r] = d_r;
    d_recurrent[at_u] = d_u;
    d_recurrent[at_n] = d_n * r;
}

@compute @workgroup_size(64)
fn lstm(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let at_i = gate(4u, 0u, id);
    let at_f = gate(4u, 1u, id);
    let at_g = gate(4u, 2u, id);
    let at_o = gate(4u, 3u, id);
    let i = sigmoid(input[at_i] + recurrent[at_i]);
    let f = sigmoid(input[at_f] + recurrent[at_f]);
    let g = squash(input[at_g] + recurrent[at_g]);
    let o = sigmoid(input[at_o] + recurrent[at_o]);
    gates[at_i] = i;
    gates[at_f] = f;
    gates[at_g] = g;
    gates[at_o] = o;
    let c = f * memory[at(p.before, id)] + i * g;
    memory[at(p.after, id)] = c;
    state[at(p.after, id)] = o * squash(c);
}

@compute @workgroup_size(64)
fn lstm_back(@builtin(global_invocation_id) id: vec3<u32>) {
    if outside(id) {
        return;
    }
    let at_i = gate(4u, 0u, id);
    let at_f = gate(4u, 1u, id);
    let at_g = gate(4u, 2u, id);
    let at_o = gate(4u, 3u, id);
    let i = gates[at_i];
    let f = gates[at_f];
    let g = gates[at_g];
    let o = gates[at_o];
    let squashed = squash(memory[at(p.after, id)]);
    let d = d_state[at(p.after, id)];
    let d_c = d_memory[at(p.after, id)] + d * o * (1.0 - squashed * squashed);
    d_memory[at(p.before, id)] += d_c * f;
    let d_i = d_c * g * i * (1.0 - i);
    let d_f = d_c * memory[at(p.before, id)] * f * (1.0 - f);
    let d_g = d_c * i * (1.0 - g * g);
    let d_o = d * squashed * o * (1.0 - o);
    d_input[at_i] = d_i;
    d_input[at_f] = d_f;
    d_input[at_g] = d_g;
    d_input[at_o] = d_o;
    d_recurrent[at_i] = d_i;
    d_recurrent[at_f] = d_f;
    d_recurrent[at_g] = d_g;
    d_recurrent[at_o] = d_o;
}
