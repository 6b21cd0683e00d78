//! A whole job: the same order, the same cycles as the job sequencer.

use super::choice::Chooser;
use super::net::LatentMode;
use super::timing::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES};
use super::{
    Ending, Golden, Job, JobKind, Machine, NoiseSource, Run, Scorer, StageTiming, Stop, VectorEvent,
};
use crate::model::{BlockId, EOS, Network, Op, SOS, When};
use crate::quant::{MatVec, QuantBlock, Signal};

impl<M: MatVec> Golden<M> {
    /// Everything `job` must show.
    pub fn run(&self, job: &Job) -> Run {
        self.run_until(job, Stop::Never)
    }

    /// The same of a job that an ABORT met.
    pub fn run_until(&self, job: &Job, stop: Stop) -> Run {
        if let Some(refusal) = job.refusal(&self.shape) {
            return Run { ending: Ending::Refused(refusal), ..Run::default() };
        }
        let stop = match stop {
            Stop::Never => u64::MAX,
            Stop::Waiting => return Run { ending: Ending::Aborted, ..Run::default() },
            Stop::At(cycle) => cycle,
        };
        let mut runner = Runner {
            golden: self,
            machine: Machine::new(self, job.seed),
            noise: NoiseSource::new(job.seed),
            now: KEY_CYCLES,
            stop,
            idle: 0,
            run: Run::default(),
        };
        runner.job(job);
        runner.run
    }
}

/// The beat that an answer ends with which was broken off.
const BROKEN_OFF: u32 = u32::MAX;

struct Runner<'a, M> {
    golden: &'a Golden<M>,
    machine: Machine<'a, M>,
    noise: NoiseSource,
    /// Job cycle in which the next sequencer state begins.
    now: u64,
    /// From this job cycle on nothing begins any more.
    stop: u64,
    /// The first job cycle in which no stage works.
    idle: u64,
    run: Run,
}

impl<M: MatVec> Runner<'_, M> {
    fn network(&self) -> &Network {
        &self.golden.quant.network
    }

    /// Stages of `when` by depth of dependence.
    fn waves(&self, when: When) -> Vec<Vec<BlockId>> {
        let network = self.network();
        let mut waves: Vec<Vec<BlockId>> = Vec::new();
        for (id, block) in network.blocks.iter().enumerate() {
            if block.when == when && self.golden.timing.stages[id].is_some() {
                let depth = network.depth(id);
                waves.resize(waves.len().max(depth + 1), Vec::new());
                waves[depth].push(id);
            }
        }
        waves
    }

    fn embeddings(&self, when: When) -> Vec<BlockId> {
        let of = |(id, b): (usize, &crate::model::Block)| {
            (b.when == when && matches!(b.op, Op::Embedding { .. })).then_some(id)
        };
        self.network().blocks.iter().enumerate().filter_map(of).collect()
    }

    fn job(&mut self, job: &Job) {
        let whole = self.answer(job).is_some();
        if whole && self.now < self.stop {
            self.run.counters.cycles = self.now + FLUSH_CYCLES;
        } else {
            self.run.ending = Ending::Aborted;
            // The sequencer sees that no stage works any more.
            self.run.counters.cycles = self.stop.max(self.idle) + 1 + FLUSH_CYCLES;
            if !whole && !self.run.output.is_empty() {
                self.run.output.push(BROKEN_OFF);
            }
        }
        let machine = &self.machine;
        let counters = &mut self.run.counters;
        counters.adc_clips = machine.adc_clips;
        counters.saturations = machine.places.clipped();
        counters.tile_samples = machine.tile_samples;
        self.run.tile_samples_skipped = machine.tile_samples_skipped;
        self.run.places = machine.places.clone();
    }

    /// `None`: it was broken off before its answer was whole.
    fn answer(&mut self, job: &Job) -> Option<()> {
        if job.kind.reads_tokens() {
            self.encode(&job.input)?;
        }
        self.sentence(job)?;
        match job.kind {
            JobKind::Encode => Some(()),
            JobKind::Score => self.score(&job.input),
            _ => self.decode(job),
        }
    }

    /// Whether something may begin in this job cycle.
    fn begins(&self, cycle: u64) -> Option<()> {
        (cycle < self.stop).then_some(())
    }

    fn encode(&mut self, tokens: &[i32]) -> Option<()> {
        let embeddings = self.embeddings(When::EncoderStep);
        let waves = self.waves(When::EncoderStep);
        let starts = self.wave(tokens.len(), &waves, |runner, id| runner.golden.timing.stages[id]);
        for (t, &token) in tokens.iter().enumerate() {
            for &id in &embeddings {
                self.machine.embed(id, token as u32);
            }
            for (depth, wave) in waves.iter().enumerate() {
                self.machine.beat = t + depth;
                let Some(&start) = starts.get(t + depth) else { break };
                for &id in wave {
                    self.machine.step(id);
                    self.record(id, t, start);
                }
            }
        }
        (starts.len() == tokens.len() + waves.len() - 1).then_some(())
    }

    /// The decoder as a wave: every token but the last is read, every one but the first scored.
    fn score(&mut self, tokens: &[i32]) -> Option<()> {
        let embeddings = self.embeddings(When::DecoderStep);
        let waves = self.waves(When::DecoderStep);
        let starts = self.wave(tokens.len() - 1, &waves, Self::scoring_stage);
        let quant = &self.golden.quant;
        for (t, pair) in tokens.windows(2).enumerate() {
            for &id in &embeddings {
                self.machine.embed(id, pair[0] as u32);
            }
            for (depth, wave) in waves.iter().enumerate() {
                self.machine.beat = t + depth;
                let Some(&start) = starts.get(t + depth) else { break };
                for &id in wave {
                    self.machine.step(id);
                    self.record(id, t, start);
                    let QuantBlock::Vocabulary { logit, .. } = &quant.blocks[id] else { continue };
                    let scorer = Scorer {
                        logit_frac: logit.frac,
                        exp2: &quant.exp2_fraction,
                        log2: &quant.log2_fraction,
                    };
                    let score = scorer.score(&self.machine.words[id], pair[1] as usize);
                    let stage = self.scoring_stage(id).expect("the vocabulary is a stage");
                    let cycle = start + stage.score_cycle();
                    self.event(id, Signal::Score, t, cycle, 1, vec![score]);
                    self.run.output.push(score as u32);
                    self.run.counters.tokens += 1;
                }
            }
        }
        (starts.len() == tokens.len() - 1 + waves.len() - 1).then_some(())
    }

    /// The stage as SCORE runs it.
    fn scoring_stage(&self, id: BlockId) -> Option<StageTiming> {
        let timing = &self.golden.timing;
        match self.golden.quant.blocks[id] {
            QuantBlock::Vocabulary { .. } => timing.score,
            _ => timing.stages[id],
        }
    }

    /// A wave: in each beat, the stage of depth d works on step beat - d.
    /// The cycle in which each beat's stages start, as far as they do.
    fn wave(
        &mut self,
        steps: usize,
        waves: &[Vec<BlockId>],
        stage: impl Fn(&Self, BlockId) -> Option<StageTiming>,
    ) -> Vec<u64> {
        let beats = steps + waves.len() - 1;
        let mut starts = Vec::with_capacity(beats);
        for beat in 0..beats {
            let active = waves.iter().enumerate().filter(|(d, _)| *d <= beat && beat < steps + d);
            let stages: Vec<StageTiming> =
                active.flat_map(|(_, wave)| wave).filter_map(|&id| stage(self, id)).collect();
            if self.begins(self.now + FETCH).is_none() {
                break;
            }
            self.now += FETCH;
            starts.push(self.now);
            self.beat(&stages);
        }
        starts
    }

    fn stages(&self, ids: &[BlockId]) -> Vec<StageTiming> {
        ids.iter().filter_map(|&id| self.golden.timing.stages[id]).collect()
    }

    fn sentence(&mut self, job: &Job) -> Option<()> {
        let stages: Vec<BlockId> = self.waves(When::Sentence).concat();
        let (latents, bridges): (Vec<_>, Vec<_>) = stages
            .into_iter()
            .partition(|&id| matches!(self.golden.quant.blocks[id], QuantBlock::Latent { .. }));
        let noise = self.noise.clone();
        let mode = match job.kind {
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score if job.sample_z => {
                LatentMode::Posterior(&noise)
            }
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score => LatentMode::Mean,
            JobKind::Decode => LatentMode::Given(&job.input),
            JobKind::Generate => LatentMode::Prior(&noise),
            JobKind::Reserved => unreachable!("refused"),
        };
        self.begins(self.now)?;
        for &id in &latents {
            self.machine.latent(id, mode);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(&latents));
        if job.kind == JobKind::Encode {
            for &id in &latents {
                let (means, log_variances) = self.machine.moments(id);
                let word = |(m, v): (&i64, &i64)| (*v as u32 & 0xffff) << 16 | (*m as u32 & 0xffff);
                self.run.output.extend(means.iter().zip(&log_variances).map(word));
            }
            return Some(());
        }
        self.begins(self.now)?;
        self.machine.beat = 0;
        for &id in &bridges {
            self.machine.step(id);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(&bridges));
        for id in 0..self.network().blocks.len() {
            if matches!(self.network().blocks[id].op, Op::Cell { init: Some(_), .. }) {
                self.machine.load(id);
            }
        }
        Some(())
    }

    fn decode(&mut self, job: &Job) -> Option<()> {
        let waves = self.waves(When::DecoderStep);
        let embeddings = self.embeddings(When::DecoderStep);
        let mut token = SOS;
        // The register's 0 counts as 1.
        for step in 0..usize::from(job.max_tokens).clamp(1, self.golden.shape.max_tokens) {
            self.machine.beat = step;
            for &id in &embeddings {
                self.machine.embed(id, token);
            }
            for wave in &waves {
                self.begins(self.now)?;
                for &id in wave {
                    self.machine.step(id);
                    self.record(id, step, self.now);
                    if let QuantBlock::Vocabulary { logit, .. } = &self.golden.quant.blocks[id] {
                        let noise = job.sample_tokens.then_some((&self.noise, &self.golden.quant.gumbel));
                        let chooser =
                            Chooser { logit_frac: logit.frac, noise, beta: job.inverse_temperature };
                        token = chooser.choose(&self.machine.words[id], step as u32);
                    }
                }
                self.beat(&self.stages(wave));
            }
            // The chosen token is pushed in the cycle after the last stage fell idle.
            self.begins(self.now)?;
            let (block, cycle) = (waves.last().expect("a decoder has stages")[0], self.now);
            self.event(block, Signal::Token, step, cycle, 1, vec![token as i32]);
            self.now += 1;
            self.run.output.push(token);
            self.run.counters.tokens += 1;
            if token == EOS {
                break;
            }
        }
        Some(())
    }

    /// Starts stages together and waits for the slowest.
    fn beat(&mut self, stages: &[StageTiming]) {
        let most = |of: fn(&StageTiming) -> u64| stages.iter().map(of).max().unwrap_or(0);
        self.run.floor += most(|s| s.floor);
        self.run.adc_cycles += most(|s| s.adc);
        self.now += most(StageTiming::busy) + HANDOVER;
        self.idle = self.now - 1;
    }

    /// What block `id` writes when it was started in cycle `start`.
    fn record(&mut self, id: BlockId, step: usize, start: u64) {
        let stage = self.golden.timing.stages[id].expect("only stages write");
        let cycle = start + stage.first_write();
        let narrow = |words: &[i64]| words.iter().map(|&w| w as i32).collect::<Vec<_>>();
        let words = narrow(&self.machine.words[id]);
        let c = narrow(&self.machine.c[id]);
        let lanes = stage.lanes;
        match &self.golden.quant.blocks[id] {
            QuantBlock::Cell(cell) => {
                self.event(id, Signal::H, step, cycle, lanes, words);
                if cell.c.is_some() {
                    self.event(id, Signal::C, step, cycle, lanes, c);
                }
            }
            QuantBlock::Moments { size, .. } => {
                let (mean, log_variance) = words.split_at(*size);
                self.event(id, Signal::Mean, step, cycle, lanes, mean.to_vec());
                self.event(id, Signal::LogVariance, step, cycle, lanes, log_variance.to_vec());
            }
            QuantBlock::Linear { shift_c, .. } => {
                self.event(id, Signal::H, step, cycle, lanes, words);
                if shift_c.is_some() {
                    self.event(id, Signal::C, step, cycle, lanes, c);
                }
            }
            QuantBlock::Latent { .. } => self.event(id, Signal::Z, step, cycle, lanes, words),
            QuantBlock::Vocabulary { .. } => self.event(id, Signal::Logits, step, cycle, lanes, words),
            QuantBlock::Embedding { .. } => {}
        }
    }

    fn event(
        &mut self,
        block: BlockId,
        signal: Signal,
        step: usize,
        cycle: u64,
        lanes: usize,
        values: Vec<i32>,
    ) {
        self.run.events.push(VectorEvent { block, signal, step, cycle, lanes, values });
    }
}
