//! Lanes over one axis, a name to the left and a figure to the right: bars, stages over time, histograms.

use super::{Axis, Colour, escaped};
use std::fmt::Write;

/// A picture of lanes.
#[derive(Debug, Clone)]
pub struct Lanes {
    /// Pixels of a lane.
    pub height: u32,
    /// What all lanes are over.
    pub axis: Axis,
    /// Where its 0 stands: for axes that begin elsewhere.
    pub from: f64,
    /// How a number of it is written.
    pub tick: fn(f64) -> String,
    /// What the axis is, with its unit.
    pub unit: String,
    /// What colours are.
    pub legend: Vec<(Colour, String)>,
    /// From top to bottom.
    pub lanes: Vec<Lane>,
}

/// One of them.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// To its left; above it on a phone.
    pub name: String,
    /// To its right.
    pub figure: String,
    /// In the order in which they are painted.
    pub marks: Vec<Mark>,
    /// Dashed lines across it, on the axis.
    pub rules: Vec<f64>,
}

/// A rectangle of a lane.
#[derive(Debug, Clone)]
pub struct Mark {
    /// On the axis.
    pub from: f64,
    /// On the axis.
    pub to: f64,
    /// 0: the lane's bottom, 1: its top.
    pub low: f64,
    /// 0: the lane's bottom, 1: its top.
    pub high: f64,
    /// Its paint.
    pub colour: Colour,
    /// What a pointer resting on it shows; empty: what is below it has the word.
    pub note: String,
}

impl Mark {
    /// As high as its lane.
    pub fn bar(from: f64, to: f64, colour: Colour, note: impl Into<String>) -> Mark {
        Mark { from, to, low: 0.0, high: 1.0, colour, note: note.into() }
    }

    fn svg(&self, out: &mut String, all: &Lanes) {
        let height = f64::from(all.height);
        let (x, width) = (all.share(self.from), all.share(self.to) - all.share(self.from));
        let (y, high) = (height * (1.0 - self.high), height * (self.high - self.low));
        let class = self.colour.class();
        let (below, end) = match self.note.is_empty() {
            true => (" o", "/>".to_string()),
            false => ("", format!("><title>{}</title></rect>", escaped(&self.note))),
        };
        // What has a size is seen, however small it is.
        let rect = format!(
            r#"<rect class="{class}{below}" x="{:.2}%" y="{y:.1}" width="{:.2}%" height="{:.1}""#,
            100.0 * x.clamp(0.0, 1.0),
            100.0 * width.clamp(0.0008, 1.0),
            high.max(1.0)
        );
        out.push_str(&rect);
        out.push_str(&end);
    }
}

impl Lanes {
    /// Bars of 16 pixels over `axis`.
    pub fn new(axis: Axis, tick: fn(f64) -> String, unit: impl Into<String>) -> Lanes {
        Lanes { height: 16, axis, from: 0.0, tick, unit: unit.into(), legend: Vec::new(), lanes: Vec::new() }
    }

    /// Adds a lane of bars one after the other, each with what it is.
    pub fn stack(
        &mut self,
        name: impl Into<String>,
        figure: impl Into<String>,
        parts: &[(f64, Colour, String)],
    ) {
        let mut from = 0.0;
        let mut marks = Vec::new();
        for (size, colour, note) in parts.iter().filter(|(size, ..)| *size > 0.0) {
            marks.push(Mark::bar(from, from + size, *colour, note.clone()));
            from += size;
        }
        self.lanes.push(Lane { name: name.into(), figure: figure.into(), marks, rules: Vec::new() });
    }

    fn share(&self, at: f64) -> f64 {
        (at - self.from) / (self.axis.end - self.from)
    }

    /// The picture.
    pub fn html(&self) -> String {
        let mut out = String::from("<div class=\"lanes\">\n");
        let mut line = |text: String| writeln!(out, "{text}").expect("writing to memory");
        if !self.legend.is_empty() {
            let entry = |(colour, text): &(Colour, String)| {
                format!(r#"<li><i class="{}"></i>{}</li>"#, colour.class(), escaped(text))
            };
            line(format!(r#"<ul class="legend">{}</ul>"#, self.legend.iter().map(entry).collect::<String>()));
        }
        let ticks: Vec<f64> = self.axis.ticks().filter(|&t| t >= self.from - 1e-9).collect();
        let grid: String = ticks
            .iter()
            .map(|&t| {
                let x = 100.0 * self.share(t);
                format!(r#"<line class="grid" x1="{x:.2}%" x2="{x:.2}%" y1="0" y2="{}"/>"#, self.height)
            })
            .collect();
        for lane in &self.lanes {
            let mut marks = String::new();
            lane.marks.iter().for_each(|mark| mark.svg(&mut marks, self));
            let rule = |&at: &f64| {
                let x = 100.0 * self.share(at);
                format!(r#"<line class="rule" x1="{x:.2}%" x2="{x:.2}%" y1="0" y2="{}"/>"#, self.height)
            };
            let rules: String = lane.rules.iter().map(rule).collect();
            line(format!(
                r#"<div class="lane"><span class="name">{name}</span><svg role="img" aria-label="{name}: {figure}" width="100%" height="{}">{grid}{marks}{rules}</svg><span class="figure">{figure}</span></div>"#,
                self.height,
                name = escaped(&lane.name),
                figure = escaped(&lane.figure),
            ));
        }
        let label = |&t: &f64| {
            let share = self.share(t);
            let anchor = match share {
                s if s < 0.04 => "start",
                s if s > 0.93 => "end",
                _ => "middle",
            };
            format!(
                r#"<text x="{:.2}%" y="13" text-anchor="{anchor}">{}</text>"#,
                100.0 * share,
                escaped(&(self.tick)(t))
            )
        };
        let labels: String = ticks.iter().map(label).collect();
        line(format!(
            r#"<div class="lane axis"><span class="name"></span><svg aria-hidden="true" width="100%" height="18">{labels}</svg><span class="figure"></span></div>"#
        ));
        line(format!(
            r#"<div class="lane"><span class="name"></span><p class="unit">{}</p><span class="figure"></span></div>"#,
            escaped(&self.unit)
        ));
        out.push_str("</div>\n");
        out
    }
}

#[cfg(test)]
mod tests;
