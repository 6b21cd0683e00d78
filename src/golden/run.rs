//! A whole job: the plan of the schedule, folded into values, cycles and counters.

use super::choice::Chooser;
use super::net::LatentMode;
use super::timing::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES};
use super::{Ending, Golden, Job, Machine, NoiseSource, Run, Scorer, StageTiming, Stop, Timing, VectorEvent};
use crate::model::{BlockId, Body, EOS, JobKind, SOS, Step};
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
        let golden = self.golden;
        for step in golden.schedule.plan(job.kind) {
            match step {
                Step::Read(over) => self.read(golden.schedule.body(*over), &job.input)?,
                Step::Draw(latents) => self.draw(latents, job)?,
                Step::Once(stages) => self.once(stages)?,
                Step::Load(cells) => cells.iter().for_each(|&id| self.machine.load(id)),
                Step::Statistics(latents) => self.statistics(latents),
                Step::Predict(over) => self.predict(golden.schedule.body(*over), &job.input)?,
                Step::Write(over) => self.write(golden.schedule.body(*over), job)?,
            }
        }
        Some(())
    }

    /// Whether something may begin in this job cycle.
    fn begins(&self, cycle: u64) -> Option<()> {
        (cycle < self.stop).then_some(())
    }

    fn read(&mut self, body: &Body, tokens: &[i32]) -> Option<()> {
        let starts = self.wave(body, tokens.len(), |timing, id| timing.stages[id]);
        for (t, &token) in tokens.iter().enumerate() {
            self.step_of_wave(body, (t, tokens.len()), token, &starts);
        }
        (starts.len() == body.beats(tokens.len())).then_some(())
    }

    /// Every token but the last is read, every one but the first scored.
    fn predict(&mut self, body: &Body, tokens: &[i32]) -> Option<()> {
        let quant = &self.golden.quant;
        let steps = tokens.len() - 1;
        let starts = self.wave(body, steps, |timing, id| timing.scoring(quant, id));
        for (t, pair) in tokens.windows(2).enumerate() {
            self.step_of_wave(body, (t, steps), pair[0], &starts);
            for (depth, id) in body.staged() {
                let QuantBlock::Vocabulary { logit, .. } = &quant.blocks[id] else { continue };
                let Some(start) = starts.get(t + depth) else { break };
                let scorer =
                    Scorer { logit_frac: logit.frac, exp2: &quant.exp2_fraction, log2: &quant.log2_fraction };
                let score = scorer.score(&self.machine.words[id], pair[1] as usize);
                let stage = self.golden.timing.scoring(quant, id).expect("the vocabulary is a stage");
                self.event(id, Signal::Score, t, start + stage.score_cycle(), 1, vec![score]);
                self.run.output.push(score as u32);
                self.run.counters.tokens += 1;
            }
        }
        (starts.len() == body.beats(steps)).then_some(())
    }

    /// The values of step `t` of `steps` of a wave, whose beats begin in cycles `starts`, as far as they do.
    fn step_of_wave(&mut self, body: &Body, (t, steps): (usize, usize), token: i32, starts: &[u64]) {
        for &id in &body.lookups {
            self.machine.embed(id, token as u32);
        }
        for (depth, id) in body.staged().filter(|&(_, id)| body.works(id, t, steps)) {
            let Some(&start) = starts.get(t + depth) else { break };
            self.machine.beat = t + depth;
            self.machine.step(id);
            self.record(id, t, start);
        }
    }

    /// The cycles of a wave over `steps` steps: in which each beat's stages start, as far as they do.
    fn wave(
        &mut self,
        body: &Body,
        steps: usize,
        stage: impl Fn(&Timing, BlockId) -> Option<StageTiming>,
    ) -> Vec<u64> {
        let mut starts = Vec::with_capacity(body.beats(steps));
        for beat in 0..body.beats(steps) {
            if self.begins(self.now + FETCH).is_none() {
                break;
            }
            let timing = &self.golden.timing;
            let stages: Vec<StageTiming> =
                body.beat(beat, steps).filter_map(|id| stage(timing, id)).collect();
            self.now += FETCH;
            starts.push(self.now);
            self.beat(&stages);
        }
        starts
    }

    fn stages(&self, ids: &[BlockId]) -> Vec<StageTiming> {
        ids.iter().filter_map(|&id| self.golden.timing.stages[id]).collect()
    }

    fn draw(&mut self, latents: &[BlockId], job: &Job) -> Option<()> {
        self.begins(self.now)?;
        let noise = self.noise.clone();
        let mode = match job.kind {
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score if job.sample_z => {
                LatentMode::Posterior(&noise)
            }
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score | JobKind::Reserved => LatentMode::Mean,
            JobKind::Decode => LatentMode::Given(&job.input),
            JobKind::Generate => LatentMode::Prior(&noise),
        };
        for &id in latents {
            self.machine.latent(id, mode);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(latents));
        Some(())
    }

    fn statistics(&mut self, latents: &[BlockId]) {
        for &id in latents {
            let (means, log_variances) = self.machine.moments(id);
            let word = |(m, v): (&i64, &i64)| (*v as u32 & 0xffff) << 16 | (*m as u32 & 0xffff);
            self.run.output.extend(means.iter().zip(&log_variances).map(word));
        }
    }

    fn once(&mut self, stages: &[BlockId]) -> Option<()> {
        self.begins(self.now)?;
        self.machine.beat = 0;
        for &id in stages {
            self.machine.step(id);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(stages));
        Some(())
    }

    fn write(&mut self, body: &Body, job: &Job) -> Option<()> {
        let mut token = SOS;
        // The register's 0 counts as 1.
        for step in 0..usize::from(job.max_tokens).clamp(1, self.golden.shape.max_tokens) {
            self.machine.beat = step;
            for &id in &body.lookups {
                self.machine.embed(id, token);
            }
            for stages in &body.depths {
                self.begins(self.now)?;
                for &id in stages {
                    self.machine.step(id);
                    self.record(id, step, self.now);
                    if let QuantBlock::Vocabulary { logit, .. } = &self.golden.quant.blocks[id] {
                        let noise = job.sample_tokens.then_some((&self.noise, &self.golden.quant.gumbel));
                        let chooser =
                            Chooser { logit_frac: logit.frac, noise, beta: job.inverse_temperature };
                        token = chooser.choose(&self.machine.words[id], step as u32);
                    }
                }
                self.beat(&self.stages(stages));
            }
            // The chosen token is pushed in the cycle after the last stage fell idle.
            self.begins(self.now)?;
            let (block, cycle) = (body.depths.last().expect("a loop that writes has stages")[0], self.now);
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
