//! Why points are not reached, as people wrote it down.

use super::points::{Kind, Point, Points};
use crate::common::matches;
use std::collections::{BTreeMap, BTreeSet};

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

/// `tests/coverage/untoggled.txt`: `module signal bits` a line, `*` for any letters, bits as `high:low`, `upper` for those above
/// the highest that toggles, or none for all.
pub struct Toggles(Vec<Group>);

struct Group {
    line: String,
    module: String,
    signal: String,
    bits: Bits,
}

/// Of a vector.
enum Bits {
    All,
    /// Those above the highest that toggles.
    Upper,
    Within(u64, u64),
}

/// The bit of a toggle.
fn bit(point: &Point) -> Option<u64> {
    point.what.strip_prefix('[').and_then(|b| b.split_once(']')).and_then(|(b, _)| b.parse().ok())
}

impl Group {
    fn parse(line: &str) -> Group {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |n: &str| n.parse().unwrap_or_else(|_| panic!("untoggled.txt: {line}"));
        let bits = match words.get(2) {
            None => Bits::All,
            Some(&"upper") => Bits::Upper,
            Some(range) => {
                let (high, low) = range.split_once(':').unwrap_or((range, range));
                Bits::Within(number(high), number(low))
            }
        };
        assert!((2..=3).contains(&words.len()), "untoggled.txt: {line}");
        Group { line: line.into(), module: words[0].into(), signal: words[1].into(), bits }
    }

    /// `highest` bit that toggles, by module and signal.
    fn holds(&self, point: &Point, highest: &BTreeMap<(&str, &str), u64>) -> bool {
        let named = matches(&self.module, &point.module) && matches(&self.signal, &point.text);
        named
            && match (&self.bits, bit(point)) {
                (Bits::All, _) => true,
                (Bits::Within(high, low), Some(bit)) => (*low..=*high).contains(&bit),
                (Bits::Upper, Some(bit)) => {
                    highest.get(&(&*point.module, &*point.text)).is_none_or(|highest| bit > *highest)
                }
                (Bits::Within(..) | Bits::Upper, None) => false,
            }
    }
}

impl Toggles {
    pub fn parse(text: &str) -> Toggles {
        Toggles(entries(text).map(Group::parse).collect())
    }

    /// Toggles in no group, and groups without one.
    pub fn wrong(&self, points: &Points) -> Vec<String> {
        let found = points.unreached(&[Kind::Toggle]);
        let mut highest: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for point in points.toggled() {
            let top = highest.entry((&point.module, &point.text)).or_default();
            *top = (*top).max(bit(point).unwrap_or(0));
        }
        let new = found.iter().filter(|p| !self.0.iter().any(|group| group.holds(p, &highest)));
        let new = new.map(|p| format!("never toggled, and in no group: {} {} {}", p.module, p.text, p.what));
        let old = self.0.iter().filter(|group| !found.iter().any(|p| group.holds(p, &highest)));
        let old = old.map(|group| format!("a group of nothing: {}", group.line));
        new.chain(old).collect()
    }
}
