//! The float net on whole sentences: encode, teacher-force, write freely.

use super::engine::{Moments, Posterior, Score, score_logits};
use super::vocabulary::{SOS, UNK};
use super::{BlockId, Carry, Exact, Example, FloatNet, Layout, LoopId, Op, Over, Pass, Role, Trace, Values};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView1, ArrayView2, s};

impl FloatNet {
    /// Everything that reads one sentence (token ids, `<sos>` and `<eos>` included), z at its mean and
    /// the initial states of the decoder: every vector of every loop but the written one.
    pub fn encode(&self, sentence: &[u32]) -> Trace {
        self.encode_batch(&[sentence])
    }

    /// The same for several sentences, longest first.
    pub fn encode_batch(&self, sentences: &[&[u32]]) -> Trace {
        self.encode_with(sentences, None)
    }

    /// The same, with z at these draws [batch, width of z] of its noise.
    pub(super) fn encode_with(&self, sentences: &[&[u32]], epsilon: Option<&Array2<f32>>) -> Trace {
        let layout = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let tokens = layout.pack(|sentence, step| sentences[sentence][step]);
        let mut trace = Trace::new(self.network(), layout.clone(), layout);
        for body in self.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let tokens: &[u32] = if body.over.is_once() { &[] } else { &tokens };
            let pass = Pass { over: body.id, tokens, epsilon, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// The decoder over one sentence, fed its own tokens, from z: every vector of every decoder
    /// step (`sentence.len() - 1` of them; step t has read tokens 0..=t) and of what runs once.
    pub fn teacher_forced(&self, sentence: &[u32], z: &[f32]) -> Trace {
        let z = Array2::from_shape_vec((1, z.len()), z.to_vec()).expect("one row");
        self.teacher_forced_batch(&[sentence], z)
    }

    /// The same for several sentences, longest first, with z [batch, width of z].
    pub fn teacher_forced_batch(&self, sentences: &[&[u32]], z: Array2<f32>) -> Trace {
        let written = Layout::new(sentences.iter().map(|s| s.len() - 1).collect());
        let tokens = written.pack(|sentence, step| sentences[sentence][step]);
        let mut trace = self.past_draws(sentences, written, z);
        for over in self.network().loops_over(Over::Written) {
            let pass = Pass { over, tokens: &tokens, given: true, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }

    /// A decoder about to read its first token, for a batch of z [batch, width of z].
    ///
    /// # Panics
    /// If what is written depends on what is read other than through z; see [`decoder_of`](Self::decoder_of).
    pub fn decoder(&self, z: Array2<f32>) -> Decoder<'_> {
        self.decoder_of(&vec![&[SOS][..]; z.nrows()], z)
    }

    /// The same where the sentences that are read, longest first, lead to what is written past z as well.
    pub fn decoder_of(&self, sentences: &[&[u32]], z: Array2<f32>) -> Decoder<'_> {
        let once = Layout::new(vec![1; z.nrows()]);
        Decoder { net: self, trace: self.past_draws(sentences, once, z), carry: None, known: false, at: 0 }
    }

    /// A decoder whose latents of steps are those of their posteriors as long as these sentences, longest first, say
    /// what is written.
    pub(super) fn decoder_knowing(&self, sentences: &[&[u32]]) -> Decoder<'_> {
        let read = Layout::new(sentences.iter().map(|s| s.len()).collect());
        let tokens = read.pack(|sentence, step| sentences[sentence][step]);
        let once = Layout::new(vec![1; sentences.len()]);
        let mut trace = Trace::new(self.network(), read, once);
        for body in self.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let tokens: &[u32] = if body.over.is_once() { &[] } else { &tokens };
            self.run(&Pass { over: body.id, tokens, ..Pass::default() }, &mut trace, &mut Exact);
        }
        Decoder { net: self, trace, carry: None, known: true, at: 0 }
    }

    /// The same of a piece whose frames are known as far as it goes.
    pub(super) fn decoder_knowing_piece(&self, piece: &Example) -> Decoder<'_> {
        let once = Layout::new(vec![1]);
        let mut trace = Trace::new(self.network(), Layout::new(vec![piece.steps()]), once);
        for body in self.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let pass = Pass { over: body.id, frames: Some(&piece.frames), ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        Decoder { net: self, trace, carry: None, known: true, at: 0 }
    }

    /// A decoder of sentences of a conversation: everything before the words stands in `trace`, and cells have `heard` this.
    pub(super) fn decoder_from(&self, trace: Trace, heard: Carry) -> Decoder<'_> {
        Decoder { net: self, trace, carry: Some(heard), known: false, at: 0 }
    }

    /// Every latent at its part of z, and what leads past them to what is written.
    fn past_draws(&self, sentences: &[&[u32]], written: Layout, z: Array2<f32>) -> Trace {
        let network = self.network();
        let read = match self.schedule().writes_of_what_is_read() {
            true => Layout::new(sentences.iter().map(|s| s.len()).collect()),
            false => written.clone(),
        };
        let mut trace = Trace::new(network, read.clone(), written);
        for latent in network.latents() {
            trace.set(latent, Values::output(z.slice(s![.., network.latent_end(latent)]).to_owned()));
        }
        let tokens = match self.schedule().writes_of_what_is_read() {
            true => read.pack(|sentence, step| sentences[sentence][step]),
            false => Vec::new(),
        };
        for body in self.schedule().bodies().iter().filter(|body| body.over != Over::Written) {
            let tokens: &[u32] = if body.over.is_once() { &[] } else { &tokens };
            let pass = Pass { over: body.id, tokens, given: true, ..Pass::default() };
            self.run(&pass, &mut trace, &mut Exact);
        }
        trace
    }
}

/// Frames of sequences [steps, size], a row per row of their layout.
pub fn frames_of(layout: &Layout, sequences: &[ArrayView2<'_, f32>]) -> Array2<f32> {
    let rows = layout.pack(|sequence, step| sequences[sequence].row(step));
    let width = sequences.first().map_or(0, |s| s.ncols());
    let mut frames = Array2::zeros((rows.len(), width));
    frames.outer_iter_mut().zip(rows).for_each(|(mut frame, row)| frame.assign(&row));
    frames
}

/// A decoder between two tokens.
pub struct Decoder<'a> {
    net: &'a FloatNet,
    trace: Trace,
    carry: Option<Carry>,
    /// What is written is known, as far as it was read.
    known: bool,
    /// Steps made.
    at: usize,
}

impl Decoder<'_> {
    /// Reads one token per sentence of the batch and returns every vector of that step
    /// (step 0 of the trace). Latents of steps are at their means.
    pub fn step(&mut self, tokens: &[u32]) -> &Trace {
        self.step_with(tokens, None)
    }

    /// The same with latents of steps at these draws [batch, width] of their noise.
    pub fn step_with(&mut self, tokens: &[u32], noise: Option<&Array2<f32>>) -> &Trace {
        self.advance(Pass { tokens, noise, ..Pass::default() })
    }

    /// Reads one frame per piece of the batch [batch, size] and returns the logits of the next one's bits, latents of
    /// steps at these draws [batch, width] of their noise, or at their means.
    ///
    /// # Panics
    /// If the network writes no frames.
    pub fn bits(&mut self, frames: &Array2<f32>, noise: Option<&Array2<f32>>) -> &Array2<f32> {
        let bits = self.net.network().bits_block().expect("a network that writes frames");
        self.advance(Pass { frames: Some(frames), noise, ..Pass::default() }).get(bits, Role::Output)
    }

    /// Takes what `read` says of a step, through every loop of what is written.
    fn advance(&mut self, read: Pass<'_>) -> &Trace {
        let network = self.net.network();
        self.trace.begin_at(self.at);
        self.at += 1;
        for over in network.loops_over(Over::Written) {
            self.trace.clear(network, over);
            let pass = Pass { over, carry: self.carry.as_ref(), given: !self.known, ..read.clone() };
            self.net.run(&pass, &mut self.trace, &mut Exact);
            let mut carry = self.kept(over);
            // What was heard before stays as it is.
            carry.extend(
                self.carry.take().into_iter().flatten().filter(|(id, _)| network.over(*id) == Over::Turns),
            );
            self.carry = Some(carry);
        }
        &self.trace
    }

    /// What the next step reads of this one: states, and what somebody reads a step later.
    fn kept(&self, over: LoopId) -> Carry {
        let network = self.net.network();
        let blocks = || (0..network.blocks.len()).filter(|&id| network.blocks[id].within == over);
        let cells = blocks().filter(|&id| matches!(network.blocks[id].op, Op::Cell { .. }));
        let late =
            blocks().flat_map(|id| network.edges(id)).filter(|edge| edge.before).map(|edge| edge.block);
        let state = |id| {
            let cell = self.trace.find(id, Role::Cell).cloned();
            (id, (self.trace.get(id, Role::Output).clone(), cell))
        };
        cells.chain(late).filter(|&id| self.trace.has(id)).map(state).collect()
    }

    /// Reads one token per sentence and returns the logits [batch, vocabulary].
    ///
    /// # Panics
    /// If the network writes no tokens.
    pub fn logits(&mut self, tokens: &[u32]) -> &Array2<f32> {
        self.logits_with(tokens, None)
    }

    /// The same with latents of steps at these draws [batch, width] of their noise.
    ///
    /// # Panics
    /// If the network writes no tokens.
    pub fn logits_with(&mut self, tokens: &[u32], noise: Option<&Array2<f32>>) -> &Array2<f32> {
        let vocabulary = self.net.network().vocabulary_block().expect("a network that writes tokens");
        self.step_with(tokens, noise).get(vocabulary, Role::Output)
    }

    /// The same with latents of steps that far, a number a sentence, on the way from their means to these [batch, width].
    pub(super) fn logits_towards(&mut self, tokens: &[u32], towards: (&Array2<f32>, &[f32])) -> &Array2<f32> {
        let vocabulary = self.net.network().vocabulary_block().expect("a network that writes tokens");
        let read = Pass { tokens, towards: Some(towards), ..Pass::default() };
        self.advance(read).get(vocabulary, Role::Output)
    }
}

/// Index of the largest value, the first of equals.
pub fn argmax(values: ArrayView1<'_, f32>) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, &value) in values.iter().enumerate() {
        if value > best.1 {
            best = (index as u32, value);
        }
    }
    best.0
}

/// The word with the largest logit, the first of equals; never the unknown one.
pub fn likeliest(logits: ArrayView1<'_, f32>) -> u32 {
    let mut known = logits.to_owned();
    known[UNK as usize] = f32::NEG_INFINITY;
    argmax(known.view())
}

pub(super) fn posterior(net: &FloatNet, trace: &Trace, sentence: usize) -> Posterior {
    let gather = |block: BlockId, role| {
        let (matrix, layout) = (trace.get(block, role), net.layout_of(trace, block));
        let mut rows: Vec<usize> = layout.rows_of(sentence).collect();
        if net.network().over(block) == Over::Backwards {
            rows.reverse();
        }
        rows.into_iter().flat_map(|row| matrix.row(row).to_vec()).collect()
    };
    let moments = net.network().moments().map(|block| Moments {
        block,
        size: net.network().width(block),
        mean: gather(block, Role::Output),
        log_variance: gather(block, Role::LogVariance),
    });
    Posterior { moments: moments.collect() }
}

pub(super) fn scores(net: &FloatNet, trace: &Trace, sentences: &[&[u32]]) -> Vec<Vec<Score>> {
    let vocabulary = net.network().vocabulary_block().expect("a network that writes tokens");
    let (logits, layout) = (trace.get(vocabulary, Role::Output), net.layout_of(trace, vocabulary));
    let of_sentence = |(index, sentence): (usize, &&[u32])| {
        let rows = layout.rows_of(index).zip(&sentence[1..]);
        let of_row = |row| logits.row(row).to_slice().expect("built row by row");
        rows.map(|(row, &token)| score_logits(of_row(row), token)).collect()
    };
    sentences.par_iter().enumerate().map(of_sentence).collect()
}
