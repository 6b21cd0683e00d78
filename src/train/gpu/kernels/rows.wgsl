// Rows of one matrix in another, and the way back: what a block reads is put together from columns of what
// others made, some of them hidden by dropout.

struct Rows {
    // Of `picked` for `gather`, of sums for `scatter`.
    rows: u32,
    width: u32,
    // Of the joined matrix, and where these columns begin in it.
    joined: u32,
    column: u32,
    masked: u32,
}

@group(0) @binding(0) var<uniform> p: Rows;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read> picked: array<u32>;
@group(0) @binding(4) var<storage, read_write> into: array<f32>;
// Of `scatter`: where each sum's rows begin among `picked`, and which row of `into` it is added to.
@group(0) @binding(5) var<storage, read> starts: array<u32>;
@group(0) @binding(6) var<storage, read> sums: array<u32>;

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let j = id.x;
    if j >= p.width {
        return;
    }
    for (var row = id.y; row < p.rows; row += groups.y) {
        var value = source[picked[row] * p.width + j];
        if p.masked == 1u {
            value *= mask[row * p.width + j];
        }
        into[row * p.joined + p.column + j] = value;
    }
}

@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let j = id.x;
    if j >= p.width {
        return;
    }
    for (var sum = id.y; sum < p.rows; sum += groups.y) {
        var total = 0.0;
        for (var i = starts[sum]; i < starts[sum + 1u]; i++) {
            let row = picked[i];
            var value = source[row * p.joined + p.column + j];
            if p.masked == 1u {
                value *= mask[row * p.width + j];
            }
            total += value;
        }
        into[sums[sum] * p.width + j] += total;
    }
}

// into[j] += the sum of column j.
@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) id: vec3<u32>) {
    let j = id.x;
    if j >= p.width {
        return;
    }
    var total = 0.0;
    for (var row = 0u; row < p.rows; row++) {
        total += source[row * p.width + j];
    }
    into[j] += total;
}
