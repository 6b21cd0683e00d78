//! Products of the float network as the tiles give them, for training: what they are off by.

use crate::crossbar::{CrossbarNet, TiledMatrix};
use crate::model::{BlockId, Distort, FloatNet, Op, add_product};
use crate::quant::{Format, MatVec};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// The tiles behind the matrices of a float network.
#[derive(Debug)]
pub struct Converted {
    /// By the number of a tensor: parts of its inputs, each with tiles of its own.
    tensors: BTreeMap<usize, Vec<Part>>,
    /// Conversions draw: each product has a key of its own.
    draws: bool,
    key: AtomicU32,
}

#[derive(Debug)]
struct Part {
    inputs: Range<usize>,
    outputs: Range<usize>,
    tiles: TiledMatrix,
    /// What the float network computes instead: weights [outputs, inputs] and bias.
    weights: Array2<f32>,
    bias: Array2<f32>,
}

impl Converted {
    /// `net` holds the weights that the cells of `tiles` hold.
    pub fn new(net: &FloatNet, tiles: CrossbarNet, update: u64) -> Converted {
        let mut builder = Builder { net, tensors: BTreeMap::new() };
        for (id, (block, quant)) in net.network().blocks.iter().zip(&tiles.quant.blocks).enumerate() {
            let named = quant.matrix_names(&block.name).into_iter();
            builder.block(id, named.map(|name| tiles.matrices[&name].clone()).collect());
        }
        let draws = tiles.converters.finest().noise.is_some();
        Converted { tensors: builder.tensors, draws, key: AtomicU32::new((update as u32) << 16) }
    }
}

struct Builder<'a> {
    net: &'a FloatNet,
    tensors: BTreeMap<usize, Vec<Part>>,
}

impl Builder<'_> {
    fn block(&mut self, id: BlockId, tiles: Vec<TiledMatrix>) {
        let net = self.net;
        let mut tiles = tiles.into_iter();
        let mut next = || tiles.next().expect("a matrix for every product");
        match &net.network().blocks[id].op {
            Op::Embedding { .. }
            | Op::Latent { .. }
            | Op::Draw { .. }
            | Op::Auxiliary { .. }
            | Op::Input { .. }
            | Op::Slice { .. }
            | Op::Join { .. }
            | Op::Accumulate { .. }
            | Op::Flow { .. }
            | Op::Elementwise { .. } => {}
            Op::Linear { bias, .. } => self.whole(id, 0, bias.then_some(1), next()),
            Op::Vocabulary { .. } | Op::Label { .. } | Op::Bits { .. } => self.whole(id, 0, Some(1), next()),
            Op::Moments { size, .. } | Op::Values { size, .. } => {
                let both = next();
                let inputs = 0..both.inputs();
                self.part((id, 0), Some(1), (inputs.clone(), 0..*size), both.clone());
                self.part((id, 2), Some(3), (inputs, *size..2 * size), both);
            }
            Op::Cell { .. } => {
                let mut from = 0;
                for (i, edge) in net.network().edges(id).into_iter().enumerate() {
                    let to = from + net.network().width(edge.block);
                    let tiles = next();
                    let outputs = 0..tiles.outputs();
                    self.part((id, 0), (i == 0).then_some(2), (from..to, outputs), tiles);
                    from = to;
                }
                self.whole(id, 1, Some(3), next());
            }
        }
    }

    fn whole(&mut self, id: BlockId, weight: usize, bias: Option<usize>, tiles: TiledMatrix) {
        let all = (0..tiles.inputs(), 0..tiles.outputs());
        self.part((id, weight), bias, all, tiles);
    }

    fn part(
        &mut self,
        (id, weight): (BlockId, usize),
        bias: Option<usize>,
        (inputs, outputs): (Range<usize>, Range<usize>),
        tiles: TiledMatrix,
    ) {
        let net = self.net;
        let weights = net.tensor(id, weight).slice(s![.., inputs.clone()]).to_owned();
        let bias = match bias {
            Some(bias) => net.tensor(id, bias).clone(),
            None => Array2::zeros((1, weights.nrows())),
        };
        let part = Part { inputs, outputs, tiles, weights, bias };
        self.tensors.entry(net.index(id, weight)).or_default().push(part);
    }
}

impl Distort for Converted {
    fn add(&self, tensor: usize, x: ArrayView2<'_, f32>, mut products: ArrayViewMut2<'_, f32>) {
        for part in &self.tensors[&tensor] {
            let x = x.slice(s![.., part.inputs.clone()]).as_standard_layout().into_owned();
            let mut exact = Array2::zeros((x.nrows(), part.outputs.len()));
            exact.assign(&part.bias);
            add_product(x.view(), part.weights.t(), exact.view_mut());
            products -= &exact;
            let integers = part.tiles.matrix();
            let code = |&v: &f32| integers.input.encode(v.into()) as i32;
            let codes: Vec<Vec<i32>> = x.outer_iter().map(|row| row.iter().map(code).collect()).collect();
            for (mut row, mut sums) in products.outer_iter_mut().zip(self.sums(&part.tiles, &codes)) {
                let more = part.tiles.correct(&mut sums);
                let real = Format::new(62, integers.sum_frac() + more);
                for (product, &sum) in row.iter_mut().zip(&sums[part.outputs.clone()]) {
                    *product += real.decode(sum) as f32;
                }
            }
        }
    }
}

impl Converted {
    fn sums(&self, tiles: &TiledMatrix, codes: &[Vec<i32>]) -> Vec<Vec<i64>> {
        let mut sums = vec![vec![0i64; tiles.outputs()]; codes.len()];
        if self.draws {
            for (codes, sums) in codes.iter().zip(&mut sums) {
                tiles.apply(codes, sums, self.key.fetch_add(1, Ordering::Relaxed));
            }
        } else {
            let codes: Vec<&[i32]> = codes.iter().map(Vec::as_slice).collect();
            let mut rows: Vec<&mut [i64]> = sums.iter_mut().map(Vec::as_mut_slice).collect();
            tiles.apply_all(&codes, &mut rows);
        }
        sums
    }
}
