// c = a b, added to nothing, to c itself or to a bias. Each matrix by where it starts and how far apart its
// rows and columns lie, so a transpose is two numbers. One workgroup makes 32 x 32 numbers of c, each of its
// threads 4 x 4 of them; the terms of a sum are added in their order.

struct Product {
    rows: u32,
    columns: u32,
    terms: u32,
    // 0: nothing, 1: c, 2: the bias, a number a column
    onto: u32,
    a_start: u32,
    a_row: u32,
    a_term: u32,
    b_start: u32,
    b_term: u32,
    b_column: u32,
    c_start: u32,
}

@group(0) @binding(0) var<uniform> p: Product;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;

const SIDE = 32u;
const DEPTH = 16u;
// One more, so that a column does not lie in one bank of the memory.
const PITCH = 33u;

var<workgroup> left: array<f32, PITCH * DEPTH>;
var<workgroup> right: array<f32, PITCH * DEPTH>;

@compute @workgroup_size(8, 8)
fn product(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let first_row = group.y * SIDE;
    let first_column = group.x * SIDE;
    var sums: array<vec4<f32>, 4>;
    for (var begin = 0u; begin < p.terms; begin += DEPTH) {
        for (var i = index; i < SIDE * DEPTH; i += 64u) {
            // Neighbours read neighbours.
            var at = vec2(i / DEPTH, i % DEPTH);
            if p.a_term != 1u {
                at = vec2(i % SIDE, i / SIDE);
            }
            let row = first_row + at.x;
            let term = begin + at.y;
            let inside = row < p.rows && term < p.terms;
            left[at.y * PITCH + at.x] = select(0.0, a[select(0u, p.a_start + row * p.a_row + term * p.a_term, inside)], inside);
        }
        for (var i = index; i < SIDE * DEPTH; i += 64u) {
            var at = vec2(i % SIDE, i / SIDE);
            if p.b_column != 1u {
                at = vec2(i / DEPTH, i % DEPTH);
            }
            let column = first_column + at.x;
            let term = begin + at.y;
            let inside = column < p.columns && term < p.terms;
            right[at.y * PITCH + at.x] = select(0.0, b[select(0u, p.b_start + term * p.b_term + column * p.b_column, inside)], inside);
        }
        workgroupBarrier();
        for (var term = 0u; term < DEPTH; term++) {
            let y = term * PITCH + thread.y * 4u;
            let x = term * PITCH + thread.x * 4u;
            let factor = vec4(right[x], right[x + 1u], right[x + 2u], right[x + 3u]);
            for (var i = 0u; i < 4u; i++) {
                sums[i] += left[y + i] * factor;
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
        let row = first_row + thread.y * 4u + i;
        for (var j = 0u; j < 4u; j++) {
            let column = first_column + thread.x * 4u + j;
            if row >= p.rows || column >= p.columns {
                continue;
            }
            let at = p.c_start + row * p.columns + column;
            var sum = sums[i][j];
            if p.onto == 1u {
                sum += c[at];
            } else if p.onto == 2u {
                sum += bias[column];
            }
            c[at] = sum;
        }
    }
}
