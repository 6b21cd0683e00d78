//! A whole job: the plan of the schedule, folded into values, cycles and counters.

use super::choice::Chooser;
use super::net::LatentMode;
use super::timing::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES};
use super::{Golden, Job, Machine, NoiseSource, Run, Scorer, StageTiming, Timing, VectorEvent};
use crate::model::{BlockId, Body, EOS, JobKind, SOS, Step};
use crate::quant::{MatVec, QuantBlock, Signal};

impl<M: MatVec> Golden<M> {
    /// Everything `job` must show. Tokens must lie in the vocabulary.
    pub fn run(&self, job: &Job) -> Run {
        let mut runner = Runner {
            golden: self,
            machine: Machine::new(self, job.seed),
            noise: NoiseSource::new(job.seed),
            now: KEY_CYCLES,
            run: Run { floor: 0, ..Run::default() },
        };
        runner.job(job);
        runner.run
    }
}

struct Runner<'a, M> {
    golden: &'a Golden<M>,
    machine: Machine<'a, M>,
    noise: NoiseSource,
    /// Job cycle in which the next sequencer state begins.
    now: u64,
    run: Run,
}

impl<M: MatVec> Runner<'_, M> {
    fn job(&mut self, job: &Job) {
        let golden = self.golden;
        for step in golden.schedule.plan(job.kind) {
            match step {
                Step::Read(over) => self.read(golden.schedule.body(*over), &job.input),
                Step::Draw(latents) => self.draw(latents, job),
                Step::Once(stages) => self.once(stages),
                Step::Load(cells) => cells.iter().for_each(|&id| self.machine.load(id)),
                Step::Statistics(latents) => self.statistics(latents),
                Step::Predict(over) => self.predict(golden.schedule.body(*over), &job.input),
                Step::Write(over) => self.write(golden.schedule.body(*over), job),
            }
        }
        let machine = &self.machine;
        let counters = &mut self.run.counters;
        counters.cycles = self.now + FLUSH_CYCLES;
        counters.adc_clips = machine.adc_clips;
        counters.saturations = machine.saturations.0;
        counters.tile_samples = machine.tile_samples;
        self.run.tile_samples_skipped = machine.tile_samples_skipped;
    }

    fn read(&mut self, body: &Body, tokens: &[i32]) {
        let starts = self.wave(body, tokens.len(), |timing, id| timing.stages[id]);
        for (t, &token) in tokens.iter().enumerate() {
            self.step_of_wave(body, t, token, &starts);
        }
    }

    /// Every token but the last is read, every one but the first scored.
    fn predict(&mut self, body: &Body, tokens: &[i32]) {
        let quant = &self.golden.quant;
        let starts = self.wave(body, tokens.len() - 1, |timing, id| timing.scoring(quant, id));
        for (t, pair) in tokens.windows(2).enumerate() {
            self.step_of_wave(body, t, pair[0], &starts);
            for (depth, id) in body.staged() {
                let QuantBlock::Vocabulary { logit, .. } = &quant.blocks[id] else { continue };
                let scorer =
                    Scorer { logit_frac: logit.frac, exp2: &quant.exp2_fraction, log2: &quant.log2_fraction };
                let score = scorer.score(&self.machine.words[id], pair[1] as usize);
                let stage = self.golden.timing.scoring(quant, id).expect("the vocabulary is a stage");
                let cycle = starts[t + depth] + stage.score_cycle();
                self.event(id, Signal::Score, t, cycle, 1, vec![score]);
                self.run.output.push(score as u32);
                self.run.counters.tokens += 1;
            }
        }
    }

    /// The values of step `t` of a wave, whose beats begin in cycles `starts`.
    fn step_of_wave(&mut self, body: &Body, t: usize, token: i32, starts: &[u64]) {
        for &id in &body.lookups {
            self.machine.embed(id, token as u32);
        }
        for (depth, id) in body.staged() {
            self.machine.beat = t + depth;
            self.machine.step(id);
            self.record(id, t, starts[t + depth]);
        }
    }

    /// The cycles of a wave over `steps` steps: in which each beat's stages start.
    fn wave(
        &mut self,
        body: &Body,
        steps: usize,
        stage: impl Fn(&Timing, BlockId) -> Option<StageTiming>,
    ) -> Vec<u64> {
        let beats = 0..body.beats(steps);
        let start = |beat| {
            let timing = &self.golden.timing;
            let stages: Vec<StageTiming> =
                body.beat(beat, steps).filter_map(|id| stage(timing, id)).collect();
            self.now += FETCH;
            let started = self.now;
            self.beat(&stages);
            started
        };
        beats.map(start).collect()
    }

    fn stages(&self, ids: &[BlockId]) -> Vec<StageTiming> {
        ids.iter().filter_map(|&id| self.golden.timing.stages[id]).collect()
    }

    fn draw(&mut self, latents: &[BlockId], job: &Job) {
        let noise = self.noise.clone();
        let mode = match job.kind {
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score if job.sample_z => {
                LatentMode::Posterior(&noise)
            }
            JobKind::Encode | JobKind::Reconstruct | JobKind::Score => LatentMode::Mean,
            JobKind::Decode => LatentMode::Given(&job.input),
            JobKind::Generate => LatentMode::Prior(&noise),
        };
        for &id in latents {
            self.machine.latent(id, mode);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(latents));
    }

    fn statistics(&mut self, latents: &[BlockId]) {
        for &id in latents {
            let (means, log_variances) = self.machine.moments(id);
            let word = |(m, v): (&i64, &i64)| (*v as u32 & 0xffff) << 16 | (*m as u32 & 0xffff);
            self.run.output.extend(means.iter().zip(&log_variances).map(word));
        }
    }

    fn once(&mut self, stages: &[BlockId]) {
        self.machine.beat = 0;
        for &id in stages {
            self.machine.step(id);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(stages));
    }

    fn write(&mut self, body: &Body, job: &Job) {
        let mut token = SOS;
        for step in 0..usize::from(job.max_tokens) {
            self.machine.beat = step;
            for &id in &body.lookups {
                self.machine.embed(id, token);
            }
            for stages in &body.depths {
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
            let (block, cycle) = (body.depths.last().expect("a loop that writes has stages")[0], self.now);
            self.event(block, Signal::Token, step, cycle, 1, vec![token as i32]);
            self.now += 1;
            self.run.output.push(token);
            self.run.counters.tokens += 1;
            if token == EOS {
                break;
            }
        }
    }

    /// Starts stages together and waits for the slowest.
    fn beat(&mut self, stages: &[StageTiming]) {
        let most = |of: fn(&StageTiming) -> u64| stages.iter().map(of).max().unwrap_or(0);
        self.run.floor += most(|s| s.floor);
        self.run.adc_cycles += most(|s| s.adc);
        self.now += most(StageTiming::busy) + HANDOVER;
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
