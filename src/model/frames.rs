//! Frames of bits that are written: what the net says of them, and what that is worth.
//!
//! The first row of a piece is silent, as `<sos>` stands before a sentence: step t reads row t and says what row
//! t + 1 is likely to be. Nothing says that a piece ends.

use super::engine::{Answer, Engine, Score};
use super::latent::LogMean;
use super::sequence::posterior;
use super::{
    Answers, BlockId, Drawn, Draws, Exact, Example, FloatNet, Latent, Layout, Over, Pass, Role, Trace,
    fingerprint, frames_of_examples,
};
use ndarray::{Array2, ArrayView1, Axis, s};
use serde::{Deserialize, Serialize};

/// Seed of the latents with which pieces are measured, where there are any.
pub const PIECE_SEED: u64 = 1;

impl Example {
    /// A piece of frames [steps, size]; a silent one is put before them.
    pub fn piece(frames: &Array2<f32>) -> Example {
        let mut all = Array2::zeros((frames.nrows() + 1, frames.ncols()));
        all.slice_mut(s![1.., ..]).assign(frames);
        Example { frames: all, ..Example::default() }
    }
}

/// -ln of the probability of bits under independent logits: the sum of ln(1 + e^l) - x l, without an exponential that
/// can overflow.
pub fn bits_nll(logits: ArrayView1<'_, f32>, bits: ArrayView1<'_, f32>) -> f64 {
    logits.iter().zip(bits).map(|(&logit, &bit)| bit_nll(logit.into(), bit.into())).sum()
}

fn bit_nll(logit: f64, bit: f64) -> f64 {
    logit.max(0.0) - bit * logit + (-logit.abs()).exp().ln_1p()
}

/// Draws of the latents of pieces, longest first: of z [pieces, width], and of the steps [rows of what is written, width].
#[derive(Debug, Clone, Default)]
pub struct PieceNoise {
    /// Of z; absent: at its mean.
    pub z: Option<Array2<f32>>,
    /// Of the latents of steps; absent: at their means.
    pub steps: Option<Array2<f32>>,
}

impl FloatNet {
    /// Every vector of every loop over pieces, longest first, each step of what is written fed the frame before it;
    /// latents are those of their posteriors.
    pub fn forced_pieces(&self, pieces: &[&Example], noise: &PieceNoise) -> Trace {
        let read = Layout::new(pieces.iter().map(|piece| piece.steps()).collect());
        let written = Layout::new(pieces.iter().map(|piece| piece.steps() - 1).collect());
        let (of_read, of_written) = (frames_of_examples(&read, pieces), frames_of_examples(&written, pieces));
        let mut trace = Trace::new(self.network(), read, written);
        for body in self.schedule().bodies() {
            let frames = Some(if body.over == Over::Written { &of_written } else { &of_read });
            let (epsilon, noise) = (noise.z.as_ref(), noise.steps.as_ref());
            let pass = Pass { over: body.id, frames, epsilon, noise, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// What latents do to a piece: at the means of their posteriors, drawn from them, and, of latents of steps, drawn from
    /// their priors.
    pub fn traces_of_piece(&self, piece: &Example) -> Vec<Trace> {
        let pieces = [piece];
        let noise = self.noise_of_pieces(&pieces, 0);
        let mut traces =
            vec![self.forced_pieces(&pieces, &PieceNoise::default()), self.forced_pieces(&pieces, &noise)];
        if self.network().draw().is_some() {
            let (read, written) = (Layout::new(vec![piece.steps()]), Layout::new(vec![piece.steps() - 1]));
            let frames = frames_of_examples(&written, &pieces);
            let mut trace = Trace::new(self.network(), read, written);
            for body in self.schedule().bodies() {
                let seen = if body.over == Over::Written { &frames } else { &piece.frames };
                let (frames, noise) = (Some(seen), noise.steps.as_ref());
                let pass = Pass { over: body.id, frames, noise, given: true, ..Pass::default() };
                self.run(&pass, &mut trace, &mut Exact);
            }
            traces.push(trace);
        } else if let Some(z) = &noise.z {
            // z is wider than its posteriors: it is drawn from N(0, I) as well.
            let wide = PieceNoise { z: Some(z.mapv(|e| 3.0 * e)), ..PieceNoise::default() };
            traces.push(self.forced_pieces(&pieces, &wide));
        }
        traces
    }

    /// Draws that depend on each piece and the seed alone.
    fn noise_of_pieces(&self, pieces: &[&Example], seed: u64) -> PieceNoise {
        let network = self.network();
        let (width, of_step) = (network.latent_width(), network.draw().map_or(0, |(z, ..)| network.width(z)));
        let draws: Vec<Draws> = pieces.iter().map(|piece| Draws::of(network, piece, seed)).collect();
        let z: Vec<f32> = draws.iter().flat_map(|draws| draws.z.clone()).collect();
        let written = Layout::new(pieces.iter().map(|piece| piece.steps() - 1).collect());
        let steps = written.pack(|piece, step| draws[piece].steps.row(step).to_vec()).concat();
        let rows = |count, width, draws| Array2::from_shape_vec((count, width), draws).expect("whole rows");
        PieceNoise {
            z: Some(rows(pieces.len(), width, z)),
            steps: Some(rows(written.rows(), of_step, steps)),
        }
    }

    /// What the head of bits says of pieces, longest first, latents drawn of their posteriors.
    pub(super) fn answers_of_pieces(&self, pieces: &[&Example]) -> Vec<Answer> {
        let network = self.network();
        let trace = self.forced_pieces(pieces, &self.noise_of_pieces(pieces, PIECE_SEED));
        let head = network.bits_block().expect("a network that writes frames");
        let answer = |piece: usize| {
            let of_steps = self.drawn_rows(&trace, piece, Vec::new()).kl;
            let of_z = match network.latent() {
                Some(_) => Latent::of(network, &posterior(self, &trace, piece)).kl(),
                None => 0.0,
            };
            Answer {
                output: self.rows_of_piece(&trace, (head, Role::Output), piece),
                log_variance: Array2::zeros((0, 0)),
                kl: of_z + of_steps.iter().sum::<f64>(),
                first_kl: of_steps.first().copied().unwrap_or(0.0),
            }
        };
        (0..pieces.len()).map(answer).collect()
    }

    /// Pieces, longest first, scored with latents that are drawn of their posteriors by the seed.
    pub(super) fn drawn_of_pieces(&self, pieces: &[&Example], seed: u64) -> Vec<Drawn> {
        let network = self.network();
        let noise = self.noise_of_pieces(pieces, seed);
        let trace = self.forced_pieces(pieces, &noise);
        let head = network.bits_block().expect("a network that writes frames");
        let of_piece = |(index, piece): (usize, &&Example)| {
            let logits = self.rows_of_piece(&trace, (head, Role::Output), index);
            let mut drawn = self.drawn_rows(&trace, index, frame_scores(&logits, piece));
            if network.latent().is_some() {
                let z = Latent::of(network, &posterior(self, &trace, index));
                let epsilon = noise.z.as_ref().expect("a draw of z").row(index).to_vec();
                drawn.log_ratio += z.log_ratio(&z.at(&epsilon));
            }
            drawn
        };
        pieces.iter().enumerate().map(of_piece).collect()
    }

    /// The rows of a block that belong to a piece.
    fn rows_of_piece(&self, trace: &Trace, (block, role): (BlockId, Role), piece: usize) -> Array2<f32> {
        let rows: Vec<usize> = self.layout_of(trace, block).rows_of(piece).collect();
        trace.get(block, role).select(Axis(0), &rows)
    }
}

/// ln of the probability of every frame of a piece but the silent first one, under these logits [frames, bits].
fn frame_scores(logits: &Array2<f32>, piece: &Example) -> Vec<Score> {
    let frames = piece.frames.outer_iter().skip(1);
    let score = |(logits, bits): (ArrayView1<'_, f32>, ArrayView1<'_, f32>)| Score {
        log_probability: -bits_nll(logits, bits),
        best: 0,
    };
    logits.outer_iter().zip(frames).map(score).collect()
}

/// The importance-weighted bound of pieces (Burda et al., ICLR 2016) with so many samples, in nats a frame.
///
/// # Panics
/// If the network writes no frames, or there are none.
pub fn importance_weighted_frames(engine: &mut dyn Engine, pieces: &[Example], samples: usize) -> f64 {
    let views: Vec<&Example> = pieces.iter().collect();
    let mut weights = vec![LogMean::default(); pieces.len()];
    for sample in 0..samples as u64 {
        let drawn = engine.drawn_pieces(&views, fingerprint([PIECE_SEED, 1 + sample]));
        weights.iter_mut().zip(&drawn).for_each(|(mean, drawn)| mean.add(drawn.log_weight()));
    }
    let frames: usize = pieces.iter().map(|piece| piece.steps() - 1).sum();
    -weights.into_iter().map(LogMean::value).sum::<f64>() / frames as f64
}

/// Measures the head of bits of `engine` on pieces.
pub(super) fn measure_pieces(engine: &mut dyn Engine, pieces: &[Example]) -> Answers {
    let views: Vec<&Example> = pieces.iter().collect();
    let said = engine.answer_all(&views);
    let (mut nll, mut first, mut kl, mut frames) = (0.0, 0.0, 0.0, 0usize);
    let (mut both, mut either) = (0usize, 0usize);
    for (piece, answer) in pieces.iter().zip(&said) {
        kl += answer.kl;
        first += answer.first_kl;
        let rows = answer.output.outer_iter().zip(piece.frames.outer_iter().skip(1));
        for (step, (logits, bits)) in rows.enumerate() {
            let loss = bits_nll(logits, bits);
            nll += loss;
            first += if step == 0 { loss } else { 0.0 };
            frames += 1;
            for (&logit, &bit) in logits.iter().zip(bits) {
                both += usize::from(logit > 0.0 && bit > 0.5);
                either += usize::from(logit > 0.0 || bit > 0.5);
            }
        }
    }
    let each = |sum: f64| sum / frames as f64;
    let nll_but_first = (nll + kl - first) / frames.saturating_sub(pieces.len()).max(1) as f64;
    let nll = each(nll + kl);
    let width = pieces[0].frames.ncols() as f64;
    Answers::Frames {
        nll,
        nll_but_first,
        kl: each(kl),
        bit_perplexity: (nll / width).exp(),
        accuracy: both as f64 / either.max(1) as f64,
        iwae_nll: None,
        frames,
        sequences: pieces.len(),
    }
}

/// What is known of frames without a network: how often each bit is 1, and how often it stays as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameBaseline {
    /// By bit: frames in which it is 1, of `frames`.
    ones: Vec<f64>,
    frames: f64,
    /// By what a bit was one frame ago: bits that are 1, of how many.
    after: [(f64, f64); 2],
}

/// Nats a frame of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameBaselines {
    /// Every bit by its frequency.
    pub unigram_nll: f64,
    /// Every bit by what it was one frame ago: one probability to stay 1, one to become 1.
    pub repeat_nll: f64,
}

impl FrameBaseline {
    /// Counts the frames of pieces, with half a frame more of each kind so that nothing is impossible.
    pub fn fit(pieces: &[Example]) -> FrameBaseline {
        let width = pieces.first().map_or(0, |piece| piece.frames.ncols());
        let mut fitted = FrameBaseline { ones: vec![0.5; width], frames: 1.0, after: [(0.5, 1.0); 2] };
        pieces.iter().for_each(|piece| {
            each_frame(piece, |before, now| {
                fitted.frames += 1.0;
                for (j, (&was, &is)) in before.iter().zip(now).enumerate() {
                    fitted.ones[j] += f64::from(is);
                    let (ones, all) = &mut fitted.after[usize::from(was > 0.5)];
                    *ones += f64::from(is);
                    *all += 1.0;
                }
            });
        });
        fitted
    }

    /// What it is worth on other pieces.
    pub fn measure(&self, pieces: &[Example]) -> FrameBaselines {
        let (mut unigram, mut repeat, mut frames) = (0.0, 0.0, 0.0);
        pieces.iter().for_each(|piece| {
            each_frame(piece, |before, now| {
                frames += 1.0;
                for (j, (&was, &is)) in before.iter().zip(now).enumerate() {
                    let (ones, all) = self.after[usize::from(was > 0.5)];
                    unigram -= chance(self.ones[j] / self.frames, is).ln();
                    repeat -= chance(ones / all, is).ln();
                }
            });
        });
        FrameBaselines { unigram_nll: unigram / frames, repeat_nll: repeat / frames }
    }
}

fn chance(of_one: f64, bit: f32) -> f64 {
    if bit > 0.5 { of_one } else { 1.0 - of_one }
}

/// Every frame but the silent first one, with the one before it.
fn each_frame(piece: &Example, mut work: impl FnMut(ArrayView1<'_, f32>, ArrayView1<'_, f32>)) {
    for pair in piece.frames.axis_windows(Axis(0), 2) {
        work(pair.row(0), pair.row(1));
    }
}

#[cfg(test)]
mod tests;
