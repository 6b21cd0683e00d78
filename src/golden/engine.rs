//! The golden model as an engine of the metrics, beside the float network.

mod conversation;
mod drawn;
mod flowed;
mod visit;
mod writing;

pub use visit::Visit;

use super::net::Machine;
use super::{Converted, Golden, LatentMode};
use crate::model::{
    Answer, BlockId, Body, Drawn, Engine, Example, Flowed, JobKind, Latent, Moments, Network, Over,
    PIECE_SEED, Posterior, Score, Step, fingerprint, score_logits,
};
use crate::quant::{MatVec, QuantBlock};
use ndarray::Array2;
use std::collections::BTreeMap;

/// Integers (ideal or tiled) behind the interface of the metrics.
pub struct GoldenEngine<'a, M> {
    golden: &'a Golden<M>,
    /// Conversions clipped so far.
    pub adc_clips: u64,
    /// Numbers saturated so far.
    pub saturations: u64,
    /// Cycles in which tiles converted so far, summed over tiles.
    pub tile_samples: u64,
    /// Latents of steps are drawn as the float network draws them, and not as the hardware does: what is measured then
    /// differs by nothing but its arithmetic.
    pub float_draws: bool,
}

impl<'a, M: MatVec> GoldenEngine<'a, M> {
    /// Nothing counted yet.
    pub fn new(golden: &'a Golden<M>) -> Self {
        GoldenEngine { golden, adc_clips: 0, saturations: 0, tile_samples: 0, float_draws: false }
    }

    fn written(&self) -> &'a Body {
        self.golden.schedule.over(Over::Written).next().expect("a network that writes tokens")
    }

    /// Token number `step` of a loop; in a wave, the stages behind the first are a beat later each.
    fn step(&self, machine: &mut Machine<M>, body: &Body, token: u32, (step, wave): (usize, bool)) {
        for &id in &body.lookups {
            machine.embed(id, token);
        }
        for (depth, id) in body.staged() {
            machine.beat = if wave && body.wave { step + depth } else { step };
            machine.step(id);
        }
    }

    /// A loop over what is read, position by position; `each` hears of every block after every step.
    fn read(
        &self,
        machine: &mut Machine<M>,
        body: &Body,
        input: &[i32],
        each: &mut impl FnMut(BlockId, &Machine<M>),
    ) {
        let frame = self.golden.shape.frame;
        let steps = input.len() / frame;
        for step in 0..steps {
            machine.position = body.position(step, steps);
            let word = &input[machine.position * frame..(machine.position + 1) * frame];
            machine.frame(word);
            self.step(machine, body, word[0] as u32, (step, true));
            body.stages().for_each(|id| each(id, machine));
        }
    }

    /// What a job does before it writes or predicts. A latent that is given has its end of `mode`'s codes.
    fn follow(
        &self,
        machine: &mut Machine<M>,
        kind: JobKind,
        input: &[i32],
        mode: LatentMode,
        mut each: impl FnMut(BlockId, &Machine<M>),
    ) {
        let schedule = &self.golden.schedule;
        machine.drawing.known = kind != JobKind::Generate;
        for step in schedule.plan(kind) {
            match step {
                Step::Read(over) => self.read(machine, schedule.body(*over), input, &mut each),
                Step::Draw(latents) => {
                    machine.beat = 0;
                    for &id in latents {
                        match mode {
                            LatentMode::Given(codes) => {
                                let end = self.golden.quant.network.latent_end(id);
                                machine.latent(id, LatentMode::Given(&codes[end]));
                            }
                            mode => machine.latent(id, mode),
                        }
                    }
                }
                Step::Once(stages) => {
                    (machine.beat, machine.position) = (0, 0);
                    for &id in stages {
                        machine.step(id);
                        each(id, machine);
                    }
                }
                Step::Load(cells) => cells.iter().for_each(|&id| machine.load(id)),
                // Token by token, as the caller has them.
                Step::Predict(_) | Step::Statistics(_) | Step::Write(_) => {}
            }
        }
    }

    /// What DECODE does before it writes: z, then the states that the decoder starts from.
    fn start(&self, machine: &mut Machine<M>, mode: LatentMode) {
        let kind =
            if self.golden.quant.network.latent().is_some() { JobKind::Decode } else { JobKind::Generate };
        self.follow(machine, kind, &[], mode, |_, _| ());
    }

    /// Latents at their means, or at these draws of their noise.
    fn draw(&self, machine: &mut Machine<M>, id: BlockId, noise: Option<&[f32]>) {
        let golden = self.golden;
        let format = golden.quant.moment_format();
        let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
        let Some(noise) = noise else { return machine.latent(id, LatentMode::Mean) };
        let (means, log_variances) = machine.moments(id);
        let latent = Latent { mean: real(&means), log_variance: real(&log_variances) };
        let z = latent.at(&noise[golden.quant.network.latent_end(id)]);
        let codes: Vec<i32> = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        machine.latent(id, LatentMode::Given(&codes));
    }

    /// By block: it leads to moments, or to a draw.
    fn leads_to_moments(&self) -> Vec<bool> {
        let network = &self.golden.quant.network;
        let mut leads = vec![false; network.blocks.len()];
        let mut open: Vec<BlockId> = network.moments().chain(network.latents()).collect();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut leads[id], true) {
                open.extend(network.inputs(id));
                if let QuantBlock::Cell(cell) = &self.golden.quant.blocks[id] {
                    open.extend(cell.init);
                }
            }
        }
        leads
    }

    /// Everything that reads a sentence, in a machine of its own, with the moments that it makes.
    fn encoded(&self, sentence: &[u32], noise: Option<&[f32]>) -> (Machine<'a, M>, Vec<Moments>) {
        let tokens: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&tokens));
        let format = self.golden.quant.moment_format();
        let moments = self.golden.quant.network.moments().map(|block| Moments {
            block,
            size: self.golden.quant.network.width(block),
            mean: Vec::new(),
            log_variance: Vec::new(),
        });
        let mut moments: Vec<Moments> = moments.collect();
        let mut take = |id: BlockId, machine: &Machine<M>| {
            for m in moments.iter_mut().filter(|m| m.block == id) {
                let real = |words: &[i64]| words.iter().map(|&w| format.decode(w) as f32).collect::<Vec<_>>();
                let (mean, log_variance) = machine.words[m.block].split_at(m.size);
                m.mean.extend(real(mean));
                m.log_variance.extend(real(log_variance));
            }
        };
        let leads = self.leads_to_moments();
        for body in self.golden.schedule.bodies() {
            if body.over.is_read() {
                self.read(&mut machine, body, &tokens, &mut take);
            }
            if body.over.is_once() {
                machine.beat = 0;
                for id in body.stages().filter(|&id| leads[id]) {
                    match self.golden.quant.blocks[id] {
                        QuantBlock::Latent { .. } => self.draw(&mut machine, id, noise),
                        _ => machine.step(id),
                    }
                    take(id, &machine);
                }
                let started = |&id: &BlockId| {
                    let init = match &self.golden.quant.blocks[id] {
                        QuantBlock::Cell(cell) => cell.init,
                        _ => None,
                    };
                    leads[id] && init.is_some_and(|init| body.depth(init).is_some())
                };
                (0..leads.len()).filter(started).for_each(|id| machine.load(id));
            }
        }
        (machine, moments)
    }

    fn start_from(&self, z: &[f32]) -> Machine<'a, M> {
        let format = self.golden.quant.moment_format();
        let codes: Vec<i32> = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&codes));
        self.start(&mut machine, LatentMode::Given(&codes));
        machine
    }

    /// The same of a network whose writing depends on the sentence past z as well.
    fn past_draws(&self, sentence: &[u32], z: &[f32]) -> Machine<'a, M> {
        let format = self.golden.quant.moment_format();
        let codes: Vec<i32> = z.iter().map(|&v| format.encode(v.into()) as i32).collect();
        let input: Vec<i32> = sentence.iter().map(|&t| t as i32).collect();
        let mut machine = Machine::new(self.golden, seed_of(&input));
        self.follow(&mut machine, JobKind::Score, &input, LatentMode::Given(&codes), |_, _| ());
        machine
    }

    fn vocabulary(&self) -> (BlockId, i32) {
        let text = self.golden.quant.network.vocabulary_block().is_some();
        assert!(text, "a text model has a vocabulary product");
        self.written_head()
    }

    /// The head of what is written, and the fraction bits of its logits.
    fn written_head(&self) -> (BlockId, i32) {
        let blocks = &self.golden.quant.blocks;
        let found = blocks.iter().enumerate().find_map(|(id, b)| match b {
            QuantBlock::Vocabulary { logit, .. } | QuantBlock::Bits { logit, .. } => Some((id, logit.frac)),
            _ => None,
        });
        found.expect("a network that writes has a head for it")
    }

    fn count(&mut self, machine: &Machine<M>) {
        let converted: Converted = machine.converted.iter().sum();
        self.adc_clips += converted.clips;
        self.saturations += machine.places.clipped();
        self.tile_samples += converted.tile_samples;
    }
}

impl<M: MatVec> Engine for GoldenEngine<'_, M> {
    fn answer(&mut self, example: &Example) -> Answer {
        let (network, quant) = (&self.golden.quant.network, &self.golden.quant);
        if network.bits_block().is_some() {
            let (drawn, output) = self.drawn_piece(example, PIECE_SEED);
            let first_kl = if network.draw().is_some() { drawn.kl[0] } else { 0.0 };
            let kl = drawn.kl.iter().sum();
            return Answer { output, log_variance: Array2::zeros((0, 0)), kl, first_kl };
        }
        let head = network.heads().find(|&id| !matches!(quant.blocks[id], QuantBlock::Vocabulary { .. }));
        let head = head.expect("a network with a head of labels or numbers");
        let (kind, frac) = match &quant.blocks[head] {
            QuantBlock::Label { logit, .. } => (JobKind::Label, logit.frac),
            _ => (JobKind::Values, quant.moment_format().frac),
        };
        let input = self.golden.packet(example);
        let mut machine = Machine::new(self.golden, seed_of(&input));
        // By position, or once.
        let mut said: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        self.follow(&mut machine, kind, &input, LatentMode::Mean, |block, machine| {
            if block == head {
                let at = if network.is_once(head) { 0 } else { machine.position };
                said.insert(at, machine.words[head].clone());
            }
        });
        self.count(&machine);
        let width = network.width(head);
        let scale = libm::ldexp(1.0, -frac) as f32;
        let part = |from: usize, to: usize| {
            let rows = said.values().flat_map(|words| words[from..to].iter().map(|&w| w as f32 * scale));
            Array2::from_shape_vec((said.len(), to - from), rows.collect()).expect("rows of one width")
        };
        let all = said.values().next().map_or(0, Vec::len);
        Answer { output: part(0, width), log_variance: part(width.min(all), all), kl: 0.0, first_kl: 0.0 }
    }

    fn network(&self) -> &Network {
        &self.golden.quant.network
    }

    fn encode(&mut self, sentence: &[u32]) -> Posterior {
        let (machine, moments) = self.encoded(sentence, None);
        self.count(&machine);
        Posterior { moments }
    }

    fn flowed_all(&mut self, sentences: &[&[u32]], z: &[Vec<f32>]) -> Vec<Flowed> {
        sentences.iter().zip(z).map(|(sentence, z)| self.flowed(sentence, z)).collect()
    }

    fn drawn_all(&mut self, sentences: &[&[u32]], seed: Option<u64>) -> Vec<Drawn> {
        sentences.iter().map(|sentence| self.drawn(sentence, seed)).collect()
    }

    fn drawn_conversations(&mut self, conversations: &[&Example], seed: Option<u64>) -> Vec<Vec<Drawn>> {
        conversations.iter().map(|conversation| self.drawn_conversation(&conversation.turns, seed)).collect()
    }

    fn answers_to(
        &mut self,
        contexts: &[&[Vec<u32>]],
        (count, seed): (usize, u64),
        limit: usize,
    ) -> Vec<Vec<Vec<u32>>> {
        contexts.iter().map(|context| self.answers(context, (count, seed), limit)).collect()
    }

    fn drawn_pieces(&mut self, pieces: &[&Example], seed: u64) -> Vec<Drawn> {
        pieces.iter().map(|piece| self.drawn_piece(piece, seed).0).collect()
    }

    fn rewrite_all(&mut self, sentences: &[&[u32]], limit: usize) -> Vec<Vec<u32>> {
        sentences.iter().map(|sentence| self.rewrite(sentence, limit)).collect()
    }

    fn dream_all(&mut self, seeds: &[u64], limit: usize) -> Vec<Vec<u32>> {
        seeds.iter().map(|&seed| self.dream(seed, limit)).collect()
    }

    fn latents_drawn(
        &mut self,
        sentences: &[&[u32]],
        of_means: &[Latent],
        noise: &[Vec<f32>],
    ) -> Vec<Latent> {
        let network = &self.golden.quant.network;
        if network.latent_drawn_at_once() {
            return of_means.to_vec();
        }
        let drawn = sentences.iter().zip(noise).map(|(sentence, noise)| {
            let (_, moments) = self.encoded(sentence, Some(noise));
            Latent::of(network, &Posterior { moments })
        });
        drawn.collect()
    }

    fn score(&mut self, sentence: &[u32], z: &[f32]) -> Vec<Score> {
        let (vocabulary, logit_frac) = self.vocabulary();
        let mut machine = match self.golden.schedule.writes_of_what_is_read() {
            true => self.past_draws(sentence, z),
            false => self.start_from(z),
        };
        let scale = libm::ldexp(1.0, -logit_frac) as f32;
        let scores = sentence
            .windows(2)
            .enumerate()
            .map(|(t, pair)| {
                self.step(&mut machine, self.written(), pair[0], (t, true));
                let logits = machine.words[vocabulary].iter().map(|&l| l as f32 * scale);
                score_logits(&logits.collect::<Vec<f32>>(), pair[1])
            })
            .collect();
        self.count(&machine);
        scores
    }

    fn greedy(&mut self, z: &[f32], limit: usize) -> Vec<u32> {
        let mut machine = self.start_from(z);
        self.write(&mut machine, None, limit)
    }
}

/// The seed of a job that nobody gave one: of what it reads, so that another sentence sees other
/// noise and the order of the sentences does not matter.
fn seed_of(input: &[i32]) -> u64 {
    fingerprint(input.iter().map(|&x| u64::from(x as u32)))
}
