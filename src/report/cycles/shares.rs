//! Whose the cycles of a job are: by converters, and by the stages that others wait for.

use super::Shown;
use crate::model::BlockId;
use crate::quant::MatVec;
use crate::report::html::Picture;
use crate::report::number::{part_of, percent_tick, thousands};
use crate::report::plot::{Axis, Colour, Lanes, short};
use crate::report::timeline::{Span, critical, sequencer};
use std::collections::BTreeMap;

impl<M: MatVec> Shown<'_, M> {
    pub(super) fn busy(&self, spans: &[Span]) -> Picture {
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

    pub(super) fn where_cycles_go(&self, spans: &[Span]) -> Picture {
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
