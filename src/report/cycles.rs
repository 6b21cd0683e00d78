//! Pictures of one job: its stages over time, how busy converters are, where its cycles go.

use super::html::Picture;
use super::number::{part_of, percent_tick, thousands};
use super::plot::{Axis, Colour, Lane, Lanes, Mark, short};
use super::timeline::{Span, critical, sequencer, spans};
use crate::golden::{Golden, Job, JobKind, Run};
use crate::model::BlockId;
use crate::quant::MatVec;
use std::collections::BTreeMap;

/// Stages at work that a picture shows at most: more are a grey wall, and a page that takes long to come.
const SPANS: usize = 600;

/// A job with what the golden model says of it.
pub struct Shown<'a, M> {
    /// Who says so.
    pub golden: &'a Golden<M>,
    /// What was asked.
    pub job: &'a Job,
    /// What came of it.
    pub run: &'a Run,
}

/// What a job does, in words.
pub fn job_words(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Encode => "reads a sentence and tells the statistics of its latent (ENCODE)",
        JobKind::Reconstruct => "reads a sentence and writes it again (RECONSTRUCT)",
        JobKind::Decode => "writes a sentence of a latent that it is given (DECODE)",
        JobKind::Generate => "writes a new sentence (GENERATE)",
        JobKind::Score => "reads a sentence and tells how probable each of its words is (SCORE)",
        JobKind::Label => "reads a sequence and labels it (LABEL)",
        JobKind::Values => "reads a sequence and foretells numbers (VALUES)",
        JobKind::Listen => "hears a sentence of a conversation (LISTEN)",
    }
}

impl<M: MatVec> Shown<'_, M> {
    fn name(&self, id: BlockId) -> String {
        self.golden.quant.network.blocks[id].name.clone()
    }

    fn steps(&self) -> String {
        let read = self.job.input.len() / self.golden.shape.frame;
        let what = if self.golden.shape.vocabulary > 0 { "tokens" } else { "frames" };
        let written = match self.job.kind {
            JobKind::Encode | JobKind::Score | JobKind::Listen => 0,
            JobKind::Reconstruct | JobKind::Decode | JobKind::Generate | JobKind::Label | JobKind::Values => {
                self.run.counters.tokens
            }
        };
        match (read, written) {
            (0, w) => format!("{w} {what} out"),
            (r, 0) => format!("{r} {what} in"),
            (r, w) => format!("{r} {what} in, {w} out"),
        }
    }

    /// All three pictures; none of a job that was refused or has no stages.
    pub fn pictures(&self) -> Vec<Picture> {
        let spans = spans(self.golden, self.job, self.run);
        match spans.is_empty() {
            true => Vec::new(),
            false => vec![self.over_time(&spans), self.busy(&spans), self.where_cycles_go(&spans)],
        }
    }

    fn over_time(&self, spans: &[Span]) -> Picture {
        let cycles = self.run.counters.cycles;
        let shown = &spans[..spans.len().min(SPANS)];
        let cut = shown.len() < spans.len();
        let end = if cut { shown.iter().map(Span::end).max().unwrap_or(cycles) } else { cycles };
        let mut picture = Lanes::new(Axis::until(end as f64), short, "clock cycle of the job");
        picture.height = 14;
        picture.legend = vec![
            (Colour::Blue, "converters work".into()),
            (Colour::Orange, "digital part: sums, gates, choice".into()),
        ];
        let mut lanes: BTreeMap<BlockId, Lane> = BTreeMap::new();
        for span in shown {
            let lane = lanes
                .entry(span.block)
                .or_insert_with(|| Lane { name: self.name(span.block), ..Lane::default() });
            let note = format!(
                "{}, step {}: cycles {} to {}, converters work in {} of {}",
                lane.name,
                span.step,
                thousands(span.start),
                thousands(span.end()),
                thousands(span.timing.adc),
                thousands(span.timing.busy())
            );
            let (from, to) = (span.start as f64, span.end() as f64);
            if span.timing.adc < span.timing.busy() {
                lane.marks.push(Mark::bar(from, to, Colour::Orange, note.clone()));
            }
            if span.timing.adc > 0 {
                lane.marks.push(Mark::bar(from, from + span.timing.adc as f64, Colour::Blue, ""));
            }
        }
        for (&id, lane) in &mut lanes {
            let steps = spans.iter().filter(|s| s.block == id).count();
            lane.figure =
                if steps == 1 { "once".into() } else { format!("{} times", thousands(steps as u64)) };
        }
        picture.lanes = lanes.into_values().collect();
        let part = match cut {
            true => format!(" Shown are its first {} of {} cycles.", thousands(end), thousands(cycles)),
            false => String::new(),
        };
        Picture {
            id: "stages",
            heading: "Stages over time".into(),
            caption: format!(
                "One job that {}: {}, {} cycles. A lane is a stage of the pipeline, a bar one step of it. Bars below each \
                 other work at the same time; what is staggered waits for the word before it. The less orange, the nearer \
                 the design is to what its converters allow.{part}",
                job_words(self.job.kind),
                self.steps(),
                thousands(cycles),
            ),
            body: picture.html(),
        }
    }

    fn busy(&self, spans: &[Span]) -> Picture {
        let cycles = self.run.counters.cycles;
        let mut of_block: BTreeMap<BlockId, (u64, u64)> = BTreeMap::new();
        for span in spans.iter().filter(|s| s.timing.adc > 0) {
            let sum = of_block.entry(span.block).or_default();
            sum.0 += span.timing.adc;
            sum.1 += span.timing.busy();
        }
        let mut picture =
            Lanes::new(Axis { end: 1.0, step: 0.25 }, percent_tick, "share of the job's cycles");
        picture.legend = vec![
            (Colour::Blue, "converters of the stage work".into()),
            (Colour::Orange, "the stage works, its converters wait".into()),
            (Colour::Green, "converters of the stage that others wait for work".into()),
        ];
        for (id, (adc, busy)) in of_block {
            let name = self.name(id);
            let share = |n: u64| n as f64 / cycles.max(1) as f64;
            let parts = [
                (share(adc), Colour::Blue, format!("{name}: converters work in {} cycles", thousands(adc))),
                (
                    share(busy - adc),
                    Colour::Orange,
                    format!("{name}: {} more cycles without them", thousands(busy - adc)),
                ),
            ];
            picture.stack(name.clone(), part_of(adc, cycles), &parts);
        }
        let all = self.run.adc_cycles;
        let note = format!("in {} of {} cycles", thousands(all), thousands(cycles));
        picture.stack(
            "critical chain",
            part_of(all, cycles),
            &[(all as f64 / cycles.max(1) as f64, Colour::Green, note)],
        );
        Picture {
            id: "converters",
            heading: "How busy the converters are".into(),
            caption: format!(
                "The same job. A stage idles while others do what comes before it or after it, so that none reaches 100 %. The last bar is what counts: in {} of the cycles the converters of the stage that all \
                 others wait for are at work; the rest of the time goes to sums, gates and hand-overs.",
                part_of(all, cycles)
            ),
            body: picture.html(),
        }
    }

    fn where_cycles_go(&self, spans: &[Span]) -> Picture {
        let cycles = self.run.counters.cycles;
        let found = critical(spans, cycles);
        let most = found.stages.values().map(|p| p.all()).chain([found.sequencer]).max().unwrap_or(1);
        let mut picture = Lanes::new(Axis::until(most as f64 * 1.02), short, "clock cycles of the job");
        picture.legend = [
            "converting",
            "the last sums travel",
            "outputs are read, lanes a cycle",
            "gates, tables, choice",
            "sequencer",
        ]
        .into_iter()
        .zip(Colour::PARTS)
        .map(|(text, colour)| (colour, text.to_string()))
        .collect();
        for (&id, parts) in &found.stages {
            let name = self.name(id);
            let sizes = [parts.converting, parts.settling, parts.reading, parts.arithmetic];
            let bars: Vec<(f64, Colour, String)> = sizes
                .into_iter()
                .zip(&picture.legend)
                .map(|(n, (colour, what))| {
                    (n as f64, *colour, format!("{name}, {what}: {} cycles", thousands(n)))
                })
                .collect();
            let figure = format!("{} ({})", thousands(parts.all()), part_of(parts.all(), cycles));
            picture.stack(name, figure, &bars);
        }
        let note = sequencer(spans, &found);
        let figure = format!("{} ({})", thousands(found.sequencer), part_of(found.sequencer, cycles));
        picture.stack("sequencer", figure, &[(found.sequencer as f64, Colour::Grey, note.clone())]);
        Picture {
            id: "cycles",
            heading: "Where the cycles go".into(),
            caption: format!(
                "The same job, cycle by cycle: of stages that start together the slowest one counts, and all bars together are its {} \
                 cycles. The longest bar is where a faster design begins. The sequencer's cycles: {note}.",
                thousands(cycles)
            ),
            body: picture.html(),
        }
    }
}
