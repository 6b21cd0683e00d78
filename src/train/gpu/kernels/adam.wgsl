// One update of one tensor by Adam, as `train::adam`, and the squares of its gradient.

struct Update {
    count: u32,
    // What the joint norm of all gradients makes of this one.
    clip: f32,
    // learning rate / (1 - beta1^t), sqrt(1 - beta2^t)
    rate: f32,
    bias2: f32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    coupled: f32,
    decoupled: f32,
}

@group(0) @binding(0) var<uniform> p: Update;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> first: array<f32>;
@group(0) @binding(4) var<storage, read_write> second: array<f32>;

const THREADS = 256u;

@compute @workgroup_size(256)
fn adam(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var i = id.x; i < p.count; i += groups.x * THREADS) {
        let g = gradient[i] * p.clip + p.coupled * weight[i];
        let m = p.beta1 * first[i] + (1.0 - p.beta1) * g;
        let v = p.beta2 * second[i] + (1.0 - p.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        let w = weight[i] - p.decoupled * weight[i];
        weight[i] = w - p.rate * m / (sqrt(v) / p.bias2 + p.epsilon);
    }
}

// A number a workgroup, in `weight`: the squares of its share of the gradient.
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn squares(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    var sum = 0.0;
    for (var i = group.x * THREADS + thread; i < p.count; i += groups.x * THREADS) {
        sum += gradient[i] * gradient[i];
    }
    parts[thread] = sum;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if thread < half {
            parts[thread] += parts[thread + half];
        }
        workgroupBarrier();
    }
    if thread == 0u {
        weight[group.x] = parts[0];
    }
}
