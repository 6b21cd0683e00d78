// Cross entropy of a row's target, and its gradient with respect to the logits, times `scale`, in their
// place. A workgroup makes a row.

struct Entropy {
    width: u32,
    // The first row among `targets` and `losses`.
    first: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> p: Entropy;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<u32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;

const THREADS = 256u;

var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn entropy(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let start = group.x * p.width;
    let wanted = start + targets[p.first + group.x];

    var most = logits[start];
    for (var j = thread; j < p.width; j += THREADS) {
        most = max(most, logits[start + j]);
    }
    parts[thread] = most;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if thread < half {
            parts[thread] = max(parts[thread], parts[thread + half]);
        }
        workgroupBarrier();
    }
    most = parts[0];
    let logit = logits[wanted];
    workgroupBarrier();

    var sum = 0.0;
    for (var j = thread; j < p.width; j += THREADS) {
        let value = exp(logits[start + j] - most);
        logits[start + j] = value;
        sum += value;
    }
    parts[thread] = sum;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if thread < half {
            parts[thread] += parts[thread + half];
        }
        workgroupBarrier();
    }
    sum = parts[0];

    for (var j = thread; j < p.width; j += THREADS) {
        var d = logits[start + j] * (p.scale / sum);
        if start + j == wanted {
            d -= p.scale;
        }
        logits[start + j] = d;
    }
    if thread == 0u {
        losses[p.first + group.x] = log(sum) - (logit - most);
    }
}
