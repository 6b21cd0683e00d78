//! A whole job: the plan of the schedule, folded into values, cycles and counters.

mod events;
mod heads;

use super::timing::{FETCH, FLUSH_CYCLES, HANDOVER, KEY_CYCLES};
use super::{
    Context, Converted, Drawing, Ending, Golden, Job, LatentMode, Machine, NoiseSource, Run, StageTiming,
    Stop, Timing,
};
use crate::model::{BlockId, Body, EOS, JobKind, Origin, SOS, Step};
use crate::quant::{MatVec, QuantBlock, Signal};

impl<M: MatVec> Golden<M> {
    /// Everything `job` must show when nothing has been heard before.
    pub fn run(&self, job: &Job) -> Run {
        self.run_in(&mut Context::default(), job, Stop::Never)
    }

    /// The same of a job that follows on others and that an ABORT may have met; `context` becomes what it leaves.
    pub fn run_in(&self, context: &mut Context, job: &Job, stop: Stop) -> Run {
        if job.fresh {
            context.forget();
        }
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
            heads: job.kind.sends_a_head(),
            scores: job.kind == JobKind::Score,
            run: Run::default(),
        };
        runner.machine.recall(context);
        runner.job(job);
        *context = runner.machine.kept();
        runner.run
    }
}

/// The beat that an answer ends with which was broken off.
const BROKEN_OFF: u32 = u32::MAX;

/// Log-variance and mean in one word of the answer.
fn pair_of_words((mean, log_variance): (&i64, &i64)) -> u32 {
    (*log_variance as u32 & 0xffff) << 16 | (*mean as u32 & 0xffff)
}

/// The cycles in which the stages of a loop start.
struct Starts {
    depths: usize,
    wave: bool,
    /// By beat of a wave, or by step and depth.
    at: Vec<u64>,
    /// All of them do.
    whole: bool,
}

impl Starts {
    fn of(&self, step: usize, depth: usize) -> Option<u64> {
        let index = if self.wave { step + depth } else { step * self.depths + depth };
        self.at.get(index).copied()
    }
}

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
    /// Heads send what they make: other jobs may run their loop for something else.
    heads: bool,
    /// Draws of steps are sent.
    scores: bool,
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
        let converted: Converted = machine.converted.iter().sum();
        counters.adc_clips = converted.clips;
        counters.saturations = machine.places.clipped();
        counters.tile_samples = converted.tile_samples;
        self.run.tile_samples_skipped = machine.tile_samples_skipped;
        self.run.converted = machine.converted.clone();
        self.run.places = machine.places.clone();
    }

    /// `None`: it was broken off before its answer was whole.
    fn answer(&mut self, job: &Job) -> Option<()> {
        let golden = self.golden;
        let generates = job.kind == JobKind::Generate;
        let noise = (job.sample_z || generates).then(|| self.noise.clone());
        self.machine.drawing = Drawing { known: !generates, noise };
        for step in golden.schedule.plan(job.kind) {
            match step {
                Step::Read(over) => self.read(golden.schedule.body(*over), &job.input)?,
                Step::Draw(latents) => self.draw(latents, job)?,
                Step::Once(stages) => self.once(stages)?,
                Step::Load(cells) => cells.iter().for_each(|&id| self.machine.load(id)),
                Step::Statistics(latent) => self.statistics(*latent),
                Step::Predict(over) => self.predict(golden.schedule.body(*over), job)?,
                Step::Write(over) => self.write(golden.schedule.body(*over), job)?,
            }
        }
        Some(())
    }

    /// Whether something may begin in this job cycle.
    fn begins(&self, cycle: u64) -> Option<()> {
        (cycle < self.stop).then_some(())
    }

    /// Over what is read; heads send what they make of every step.
    fn read(&mut self, body: &Body, input: &[i32]) -> Option<()> {
        let steps = input.len() / self.golden.shape.frame;
        let starts = self.cycles(body, steps, |timing, id| timing.stages[id]);
        for t in 0..steps {
            self.step_of_loop(body, (t, steps), input, &starts);
        }
        starts.whole.then_some(())
    }

    /// Every token or frame but the last is read, every one but the first scored.
    fn predict(&mut self, body: &Body, job: &Job) -> Option<()> {
        let (quant, frame) = (&self.golden.quant, self.golden.shape.frame);
        let steps = job.input.len() / frame - 1;
        let starts = self.cycles(body, steps, |timing, id| timing.scoring(quant, id));
        for (t, next) in job.input.chunks_exact(frame).skip(1).enumerate() {
            self.step_of_loop(body, (t, steps), &job.input, &starts);
            for (depth, id) in body.staged() {
                let Some(score) = self.scored(id, next) else { continue };
                let Some(start) = starts.of(t, depth) else { break };
                let stage = self.golden.timing.scoring(quant, id).expect("a head is a stage");
                self.event(id, Signal::Score, t, start + stage.score_cycle(), 1, vec![score]);
                self.run.output.push(score as u32);
                self.run.counters.tokens += 1;
            }
        }
        starts.whole.then_some(())
    }

    /// The values of step `t` of `steps`, as far as its stages start.
    fn step_of_loop(&mut self, body: &Body, (t, steps): (usize, usize), input: &[i32], starts: &Starts) {
        let position = body.position(t, steps);
        let frame = self.golden.shape.frame;
        let words = &input[position * frame..(position + 1) * frame];
        self.machine.position = position;
        self.machine.frame(words);
        for &id in &body.lookups {
            self.machine.embed(id, words[0] as u32);
        }
        for (depth, id) in body.staged().filter(|&(_, id)| body.works(id, t, steps)) {
            let Some(start) = starts.of(t, depth) else { break };
            self.machine.beat = if body.wave { t + depth } else { t };
            self.machine.step(id);
            self.record(id, t, start);
            self.send(id, t, start);
        }
    }

    /// What a head sends of the step that it has made.
    fn send(&mut self, id: BlockId, step: usize, start: u64) {
        let words = &self.machine.words[id];
        match &self.golden.quant.blocks[id] {
            QuantBlock::Draw { posterior, prior } if self.scores => {
                let pairs = |block: BlockId| {
                    let (means, log_variances) = self.machine.words[block].split_at(words.len());
                    means.iter().zip(log_variances).map(pair_of_words).collect::<Vec<u32>>()
                };
                let of_prior = prior.map_or(vec![0; words.len()], pairs);
                for ((q, p), z) in pairs(*posterior).into_iter().zip(of_prior).zip(words) {
                    self.run.output.extend([q, p, *z as u32]);
                }
            }
            _ if !self.heads => {}
            QuantBlock::Label { .. } => {
                let best =
                    words.iter().enumerate().max_by_key(|&(label, logit)| (*logit, std::cmp::Reverse(label)));
                let label = best.map_or(0, |(label, _)| label) as u32;
                let stage = self.golden.timing.stages[id].expect("a head is a stage");
                // The stage has fallen idle.
                self.event(id, Signal::Label, step, start + stage.busy() + 1, 1, vec![label as i32]);
                self.run.output.push(label);
                self.run.counters.tokens += 1;
            }
            QuantBlock::Values { size, .. } => {
                let (means, log_variances) = words.split_at(*size);
                self.run.output.extend(means.iter().zip(log_variances).map(pair_of_words));
                self.run.counters.tokens += 1;
            }
            QuantBlock::Embedding { .. }
            | QuantBlock::Cell(_)
            | QuantBlock::Moments { .. }
            | QuantBlock::Latent { .. }
            | QuantBlock::Draw { .. }
            | QuantBlock::Linear { .. }
            | QuantBlock::Vocabulary { .. }
            | QuantBlock::Bits { .. }
            | QuantBlock::Input { .. }
            | QuantBlock::Dense { .. }
            | QuantBlock::Slice { .. }
            | QuantBlock::Join
            | QuantBlock::Accumulate { .. }
            | QuantBlock::Flow { .. }
            | QuantBlock::Elementwise { .. } => {}
        }
    }

    /// In which cycles the stages of a loop over `steps` steps start, as far as they do.
    fn cycles(
        &mut self,
        body: &Body,
        steps: usize,
        stage: impl Fn(&Timing, BlockId) -> Option<StageTiming>,
    ) -> Starts {
        let mut starts = Starts { depths: body.depths.len(), wave: body.wave, at: Vec::new(), whole: true };
        let timing = &self.golden.timing;
        let timed = |ids: &mut dyn Iterator<Item = BlockId>, step: usize| -> Vec<StageTiming> {
            ids.filter_map(|id| stage(timing, id)).map(|stage| stage.at(step)).collect()
        };
        // What is fetched once, and the stages that start together then.
        let fetched: Vec<Vec<Vec<StageTiming>>> = match body.wave {
            true => {
                (0..body.beats(steps)).map(|beat| vec![timed(&mut body.beat(beat, steps), beat)]).collect()
            }
            false => {
                let works = |t: usize, depth: &Vec<BlockId>| {
                    timed(&mut depth.iter().copied().filter(|&id| body.works(id, t, steps)), t)
                };
                (0..steps).map(|t| body.depths.iter().map(|depth| works(t, depth)).collect()).collect()
            }
        };
        for together in fetched {
            if self.begins(self.now + FETCH).is_none() {
                starts.whole = false;
                break;
            }
            self.now += FETCH;
            for stages in together {
                if self.begins(self.now).is_none() {
                    starts.whole = false;
                    return starts;
                }
                starts.at.push(self.now);
                self.beat(&stages);
            }
        }
        starts
    }

    fn stages(&self, ids: &[BlockId]) -> Vec<StageTiming> {
        let Golden { timing, quant, .. } = self.golden;
        let stage = |&id: &BlockId| if self.scores { timing.scoring(quant, id) } else { timing.stages[id] };
        ids.iter().filter_map(stage).collect()
    }

    fn draw(&mut self, latents: &[BlockId], job: &Job) -> Option<()> {
        self.begins(self.now)?;
        let noise = self.noise.clone();
        let mode = match job.kind.origin() {
            Origin::Posterior if job.sample_z => LatentMode::Posterior(&noise),
            Origin::Posterior => LatentMode::Mean,
            Origin::Packet => LatentMode::Given(&job.input),
            Origin::Prior => LatentMode::Prior(&noise),
        };
        for &id in latents {
            self.machine.latent(id, mode);
            self.record(id, 0, self.now);
        }
        self.beat(&self.stages(latents));
        Some(())
    }

    fn statistics(&mut self, latent: BlockId) {
        let (means, log_variances) = self.machine.moments(latent);
        self.run.output.extend(means.iter().zip(&log_variances).map(pair_of_words));
    }

    fn once(&mut self, stages: &[BlockId]) -> Option<()> {
        self.begins(self.now)?;
        (self.machine.beat, self.machine.position) = (0, 0);
        for &id in stages {
            self.machine.step(id);
            self.record(id, 0, self.now);
            self.send(id, 0, self.now);
        }
        self.beat(&self.stages(stages));
        Some(())
    }

    fn write(&mut self, body: &Body, job: &Job) -> Option<()> {
        let schedule = &self.golden.schedule;
        let frame = self.golden.shape.frame;
        let frames = self.golden.quant.frame_words().is_some();
        // Frames begin in silence.
        let mut written = if frames { vec![0; frame] } else { vec![SOS] };
        // The register's 0 counts as 1.
        for step in 0..usize::from(job.max_tokens).clamp(1, self.golden.shape.max_tokens) {
            (self.machine.beat, self.machine.position) = (step, step);
            let known = step + 1 < job.input.len() / frame && job.kind == JobKind::Reconstruct;
            self.machine.drawing.known = known;
            self.machine.frame(&written.iter().map(|&word| word as i32).collect::<Vec<_>>());
            for &id in &body.lookups {
                self.machine.embed(id, written[0]);
            }
            for stages in &body.depths {
                self.begins(self.now)?;
                let works = |&id: &BlockId| {
                    let for_nothing = if known { schedule.guesses(id) } else { schedule.infers(id) };
                    body.works(id, step, step + 1) && !for_nothing
                };
                let stages: Vec<BlockId> = stages.iter().copied().filter(works).collect();
                for &id in &stages {
                    self.machine.step(id);
                    self.record(id, step, self.now);
                    if let Some(chosen) = self.chosen(id, step, job) {
                        written = chosen;
                        // The stage sends all words but the last.
                        self.run.output.extend(&written[..written.len() - 1]);
                    }
                }
                let timed: Vec<StageTiming> = self.stages(&stages).into_iter().map(|s| s.at(step)).collect();
                self.beat(&timed);
            }
            // The chosen token, or the last word of a frame, is pushed in the cycle after the last stage fell idle.
            let last = written.last().expect("at least a word");
            self.begins(self.now)?;
            let head = self.golden.quant.network.written_head();
            let (block, cycle) = (head.expect("what is written has a head"), self.now);
            // As the log has words of 16 bits.
            let logged = i32::from(*last as u16 as i16);
            self.event(block, Signal::Token, step, cycle, 1, vec![logged]);
            self.now += 1;
            self.run.output.push(*last);
            self.run.counters.tokens += 1;
            if !frames && *last == EOS {
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
}
