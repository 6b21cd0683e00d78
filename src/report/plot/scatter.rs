//! A scatter plot as SVG text: no fonts from elsewhere, the same bytes for the same points.

use super::axis::{Axis, short};
use super::escaped;
use std::fmt::Write;

/// Points over two axes; those marked are drawn filled and joined by a line.
#[derive(Debug, Clone, Default)]
pub struct Scatter {
    /// Above the picture.
    pub title: String,
    /// What the axis to the right is.
    pub x: String,
    /// What the axis upwards is.
    pub y: String,
    /// In the order in which they are drawn.
    pub points: Vec<Dot>,
}

/// One point.
#[derive(Debug, Clone)]
pub struct Dot {
    /// Along the axis to the right.
    pub x: f64,
    /// Along the axis upwards.
    pub y: f64,
    /// Area relative to the largest point, 0 to 1.
    pub size: f64,
    /// Written beside it.
    pub label: String,
    /// What a pointer resting on it shows.
    pub note: String,
    /// Filled, and joined with the others that are.
    pub marked: bool,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 56.0;

impl Scatter {
    /// The picture.
    pub fn svg(&self) -> String {
        let (x, y) = (Axis::new(self.points.iter().map(|p| p.x)), Axis::new(self.points.iter().map(|p| p.y)));
        let at_x = |v: f64| LEFT + (WIDTH - LEFT - RIGHT) * v / x.end;
        let at_y = |v: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * v / y.end;
        let mut out = String::new();
        let mut line = |text: String| writeln!(out, "{text}").expect("writing to memory");
        line(format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="#1c2733">"##
        ));
        line(format!(r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##));
        line(format!(r#"<text x="{LEFT}" y="24" font-size="15">{}</text>"#, escaped(&self.title)));
        for v in x.ticks() {
            let (px, low, high) = (at_x(v), at_y(0.0), at_y(y.end));
            line(format!(
                r##"<line x1="{px:.1}" y1="{low:.1}" x2="{px:.1}" y2="{high:.1}" stroke="#e3e8ed"/>"##
            ));
            line(format!(
                r#"<text x="{px:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                low + 18.0,
                short(v)
            ));
        }
        for v in y.ticks() {
            let (py, low, high) = (at_y(v), at_x(0.0), at_x(x.end));
            line(format!(
                r##"<line x1="{low:.1}" y1="{py:.1}" x2="{high:.1}" y2="{py:.1}" stroke="#e3e8ed"/>"##
            ));
            line(format!(
                r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                low - 8.0,
                py + 4.0,
                short(v)
            ));
        }
        let (middle, bottom) = ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14.0);
        line(format!(
            r#"<text x="{middle:.1}" y="{bottom:.1}" text-anchor="middle">{}</text>"#,
            escaped(&self.x)
        ));
        let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        line(format!(
            r#"<text transform="translate(18 {middle:.1}) rotate(-90)" text-anchor="middle">{}</text>"#,
            escaped(&self.y)
        ));
        for p in &self.points {
            let (px, py) = (at_x(p.x), at_y(p.y));
            let radius = 3.0 + 9.0 * p.size.clamp(0.0, 1.0).sqrt();
            let (fill, stroke) = if p.marked { ("#2f7fb5", "#1d5a84") } else { ("#ffffff", "#9aa7b3") };
            line(format!(
                r#"<circle cx="{px:.1}" cy="{py:.1}" r="{radius:.1}" fill="{fill}" fill-opacity="0.75" stroke="{stroke}"><title>{}</title></circle>"#,
                escaped(&p.note)
            ));
            line(format!(
                r#"<text x="{:.1}" y="{:.1}">{}</text>"#,
                px + radius + 2.0,
                py - 4.0,
                escaped(&p.label)
            ));
        }
        out.push_str("</svg>\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_drawn_inside_and_nothing_breaks_the_text() {
        let dot = |x, y| Dot { x, y, size: 1.0, label: "a<b".into(), note: "&".into(), marked: x > 1.0 };
        let svg = Scatter {
            title: "t".into(),
            x: "x".into(),
            y: "y".into(),
            points: vec![dot(1.0, 9.0), dot(3.0, 2.0)],
        };
        let text = svg.svg();
        assert_eq!(text.matches("<circle").count(), 2);
        assert!(text.contains("a&lt;b") && text.contains("<title>&amp;</title>") && !text.contains("a<b"));
        assert_eq!(text.matches("#2f7fb5").count(), 1);
        assert_eq!(text, svg.svg());
    }
}
