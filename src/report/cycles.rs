//! Pictures of one job: its stages over time, how busy converters are, where its cycles go.

mod shares;

use super::html::Picture;
use super::number::thousands;
use super::plot::{Axis, Colour, Lane, Lanes, Mark, short};
use super::timeline::{Span, spans};
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
}
