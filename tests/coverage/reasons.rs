//! Why points are not reached, as people wrote it down.

use super::points::{Kind, Point, Points};
use std::collections::BTreeSet;

/// `tests/coverage/unreached.txt`: `module: text [what]` a line, the reason indented below one or more of them.
pub struct Unreached(BTreeSet<String>);

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|l| !l.is_empty() && !l.starts_with([' ', '#']))
}

fn name(point: &Point) -> String {
    format!("{}: {} [{}]", point.module, point.text, point.what)
}

impl Unreached {
    pub fn parse(text: &str) -> Unreached {
        Unreached(entries(text).map(String::from).collect())
    }

    /// Points without a reason, and reasons without a point.
    pub fn wrong(&self, points: &Points) -> Vec<String> {
        let found: BTreeSet<String> =
            points.unreached(&[Kind::Line, Kind::Branch]).into_iter().map(name).collect();
        let new = found.difference(&self.0).map(|p| format!("not reached, and no reason: {p}"));
        let old = self.0.difference(&found).map(|p| format!("a reason, but it is reached or gone: {p}"));
        new.chain(old).collect()
    }
}

/// `tests/coverage/untoggled.txt`: `module signal bits` a line, `*` for any letters, bits as `high:low` or none for
/// all.
pub struct Toggles(Vec<Group>);

struct Group {
    line: String,
    module: String,
    signal: String,
    bits: Option<(u64, u64)>,
}

/// `*` stands for any letters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => {
            let Some(rest) = text.strip_prefix(head) else { return false };
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))
        }
    }
}

impl Group {
    fn parse(line: &str) -> Group {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |n: &str| n.parse().unwrap_or_else(|_| panic!("untoggled.txt: {line}"));
        let bits = words.get(2).map(|range| {
            let (high, low) = range.split_once(':').unwrap_or((range, range));
            (number(high), number(low))
        });
        assert!((2..=3).contains(&words.len()), "untoggled.txt: {line}");
        Group { line: line.into(), module: words[0].into(), signal: words[1].into(), bits }
    }

    fn holds(&self, point: &Point) -> bool {
        let bit =
            point.what.strip_prefix('[').and_then(|b| b.split_once(']')).and_then(|(b, _)| b.parse().ok());
        let inside = |(high, low): (u64, u64)| bit.is_some_and(|bit: u64| (low..=high).contains(&bit));
        matches(&self.module, &point.module)
            && matches(&self.signal, &point.text)
            && self.bits.is_none_or(inside)
    }
}

impl Toggles {
    pub fn parse(text: &str) -> Toggles {
        Toggles(entries(text).map(Group::parse).collect())
    }

    /// Toggles in no group, and groups without one.
    pub fn wrong(&self, points: &Points) -> Vec<String> {
        let found = points.unreached(&[Kind::Toggle]);
        let new = found.iter().filter(|p| !self.0.iter().any(|group| group.holds(p)));
        let new = new.map(|p| format!("never toggled, and in no group: {} {} {}", p.module, p.text, p.what));
        let old = self.0.iter().filter(|group| !found.iter().any(|p| group.holds(p)));
        let old = old.map(|group| format!("a group of nothing: {}", group.line));
        new.chain(old).collect()
    }
}
