//! A sequence as the jobs that measure it work on it, with somebody who looks at every vector.

use super::{GoldenEngine, seed_of};
use crate::golden::net::Machine;
use crate::golden::{LatentMode, Places};
use crate::model::{BlockId, Body, Example, JobKind, Step};
use crate::quant::MatVec;

/// What a visitor is shown.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The block that has just worked.
    pub block: BlockId,
    /// The position of its step: a row of a trace of the float network over the same sequence. Absent where a cell was
    /// given the state that it starts from.
    pub row: Option<usize>,
    /// What was rounded for it.
    pub places: Places,
}

/// Counts what is rounded from one visit to the next.
struct Guide<'v, M> {
    each: &'v mut dyn FnMut(Visit, &Machine<'_, M>),
    before: Places,
    /// Blocks that an earlier job has shown.
    shown: Vec<bool>,
    showing: Vec<bool>,
}

impl<M: MatVec> Guide<'_, M> {
    fn show(&mut self, block: BlockId, row: Option<usize>, machine: &Machine<'_, M>) {
        let places = machine.places.since(&self.before);
        self.before = machine.places.clone();
        if !self.shown[block] {
            self.showing[block] = true;
            (self.each)(Visit { block, row, places }, machine);
        }
    }
}

impl<M: MatVec> GoldenEngine<'_, M> {
    /// Works on `example` as SCORE, LABEL and VALUES do, whichever of them the network has, fed its own words or frames,
    /// with latents at their means. `each` is shown every block after each of its steps, with the machine as it is then; a
    /// block of several jobs is shown in the first one alone.
    pub fn visit(&mut self, example: &Example, each: &mut dyn FnMut(Visit, &Machine<'_, M>)) {
        let blocks = self.golden.quant.blocks.len();
        let nobody = vec![false; blocks];
        let mut guide = Guide { each, before: Places::default(), shown: nobody.clone(), showing: nobody };
        let input = self.golden.packet(example);
        for kind in [JobKind::Score, JobKind::Label, JobKind::Values] {
            let mut machine = Machine::new(self.golden, seed_of(&input));
            guide.before = Places::default();
            machine.drawing.known = true;
            self.job(&mut machine, kind, &input, &mut guide);
            guide.shown.clone_from(&guide.showing);
        }
    }

    fn job(&self, machine: &mut Machine<'_, M>, kind: JobKind, input: &[i32], guide: &mut Guide<'_, M>) {
        let schedule = &self.golden.schedule;
        let steps = input.len() / self.golden.shape.frame;
        for step in schedule.plan(kind) {
            match step {
                Step::Read(over) => self.walk(machine, schedule.body(*over), (input, steps), guide),
                Step::Predict(over) => self.walk(machine, schedule.body(*over), (input, steps - 1), guide),
                Step::Draw(latents) => {
                    machine.beat = 0;
                    for &id in latents {
                        machine.latent(id, LatentMode::Mean);
                        guide.show(id, Some(0), machine);
                    }
                }
                Step::Once(stages) => {
                    machine.beat = 0;
                    for &id in stages {
                        machine.step(id);
                        guide.show(id, Some(0), machine);
                    }
                }
                Step::Load(cells) => {
                    for &id in cells {
                        machine.load(id);
                        guide.show(id, None, machine);
                    }
                }
                Step::Statistics(_) | Step::Write(_) => {}
            }
        }
    }

    /// `steps` steps of a loop over `input`.
    fn walk(
        &self,
        machine: &mut Machine<'_, M>,
        body: &Body,
        (input, steps): (&[i32], usize),
        guide: &mut Guide<'_, M>,
    ) {
        let frame = self.golden.shape.frame;
        for step in 0..steps {
            machine.position = body.position(step, steps);
            let words = &input[machine.position * frame..(machine.position + 1) * frame];
            machine.frame(words);
            let row = Some(machine.position);
            for &id in &body.lookups {
                machine.embed(id, words[0] as u32);
                guide.show(id, row, machine);
            }
            for (depth, id) in body.staged() {
                machine.beat = if body.wave { step + depth } else { step };
                machine.step(id);
                guide.show(id, row, machine);
            }
        }
    }
}
