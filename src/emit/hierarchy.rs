//! Which modules a design is made of: those that are named to begin with, and those that these name.

use std::collections::{BTreeMap, BTreeSet};

/// Of `modules`, name and text, those that `roots` reach.
pub fn reachable<'a>(roots: &[&'a str], modules: &BTreeMap<&'a str, &'a str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting = roots.to_vec();
    while let Some(name) = waiting.pop() {
        if let Some(text) = modules.get(name)
            && reached.insert(name)
        {
            waiting.extend(words(text).filter_map(|word| modules.get_key_value(word).map(|(name, _)| *name)));
        }
    }
    reached
}

/// The names in a text, those in its comments left out.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_followed_and_comments_are_not() {
        let modules = BTreeMap::from([
            ("top", "module top;\n  a u_a ();  // not c\nendmodule"),
            ("a", "module a;\n  generate if (X) b #(.N(1)) u_b (.x(y)); endgenerate\nendmodule"),
            ("b", "module b; endmodule"),
            ("c", "module c; b u_b (); endmodule"),
        ]);
        assert_eq!(reachable(&["top"], &modules), BTreeSet::from(["top", "a", "b"]));
    }
}
