//! Tensors of a file that are not those of a network: all of them at once, with the renames that may mend it.

use super::{ModelError, Network};
use ndarray::ArrayD;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Names up to which a message stays on one line.
const ON_A_LINE: usize = 3;

/// Refuses anything but the tensors of `network`, each of its shape.
///
/// # Errors
///
/// Every tensor that is missing, left over or of another shape.
pub fn check_tensors(
    file: &str,
    tensors: &BTreeMap<String, ArrayD<f32>>,
    network: &Network,
) -> Result<(), ModelError> {
    let expected = network.tensors();
    let known: BTreeSet<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    let missing: Vec<_> = expected.iter().filter(|(name, _)| !tensors.contains_key(name)).collect();
    let unknown: Vec<_> = tensors
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, tensor)| (name.clone(), tensor.shape().to_vec()))
        .collect();
    let reshaped: Vec<_> = expected
        .iter()
        .filter_map(|(name, shape)| Some((name, shape, tensors.get(name)?.shape())))
        .filter(|(_, shape, found)| shape != found)
        .collect();
    if missing.is_empty() && unknown.is_empty() && reshaped.is_empty() {
        return Ok(());
    }
    let many = missing.len() + unknown.len() + reshaped.len() > ON_A_LINE;
    let named = |(name, shape): &(String, Vec<usize>)| format!("{name} {shape:?}");
    let mut groups = Vec::new();
    let mut group = |title: &str, names: Vec<String>| {
        if !names.is_empty() {
            let between = if many { "\n    " } else { " " };
            let separator = if many { "\n    " } else { ", " };
            groups.push(format!("{title}{between}{}", names.join(separator)));
        }
    };
    group("without", missing.iter().map(|pair| named(pair)).collect());
    group("and with", unknown.iter().map(named).collect());
    let other = |(name, shape, found): &(&String, &Vec<usize>, &[usize])| {
        format!("{name} {found:?} and not {shape:?}")
    };
    group("and of another shape", reshaped.iter().map(other).collect());
    let got = format!("{} tensors{}{}", tensors.len(), if many { "\n  " } else { ", " }, {
        let text = groups.join(if many { "\n  " } else { ", " });
        text.strip_prefix("and ").map(str::to_string).unwrap_or(text)
    });
    let renames = guess(&unknown, &missing.iter().map(|&pair| pair.clone()).collect::<Vec<_>>());
    let remedy = match (renames.is_empty(), missing.is_empty(), reshaped.is_empty()) {
        (false, ..) => {
            let words = renames.iter().fold(String::new(), |mut words, (from, to)| {
                let _ = write!(words, " --rename {from}={to}");
                words
            });
            format!("shapes and names suggest{words}")
        }
        (_, false, _) => "export every parameter of the network (both biases of each cell)".into(),
        (_, _, false) => "make [model] say the sizes the file was trained with".into(),
        _ => "remove what is left over, or map its name with a prefix".into(),
    };
    let expected = format!("the {} tensors of the network", expected.len());
    Err(ModelError::new(file, expected, got, remedy))
}

/// Tensors that go together: those of a block, or of a level of a stack of PyTorch.
#[derive(Debug, Clone, PartialEq)]
struct Unit {
    /// What their names begin with.
    prefix: String,
    /// Of a stack: the ending that each has.
    level: usize,
    reverse: bool,
    /// By the rest of their names, with the level 0: whole name and shape.
    tensors: BTreeMap<String, (String, Vec<usize>)>,
}

impl Unit {
    /// What it may be called, for comparing names.
    fn label(&self) -> String {
        let direction = if self.reverse { "backwards" } else { "" };
        let level = match self.level {
            0 => String::new(),
            level => (level + 1).to_string(),
        };
        format!("{}{direction}{level}", self.prefix.trim_end_matches('.'))
    }

    fn shapes(&self) -> BTreeMap<&str, &[usize]> {
        self.tensors.iter().map(|(suffix, (_, shape))| (suffix.as_str(), shape.as_slice())).collect()
    }

    fn is_plain(&self) -> bool {
        self.level == 0 && !self.reverse
    }
}

/// The parts of a name: prefix, rest with the level 0, level, direction.
fn parts(name: &str) -> (String, String, usize, bool) {
    let (prefix, last) = match name.rsplit_once('.') {
        Some((prefix, last)) => (format!("{prefix}."), last),
        None => (String::new(), name),
    };
    let (of_cell, reverse) = match last.strip_suffix("_reverse") {
        Some(rest) => (rest, true),
        None => (last, false),
    };
    let cell = ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"];
    let level = cell.iter().find_map(|stem| Some((stem, of_cell.strip_prefix(stem)?.parse::<usize>().ok()?)));
    if let Some((stem, level)) = level {
        return (prefix, format!("{stem}0"), level, reverse);
    }
    // Both heads of a Gaussian are one block.
    for head in ["mean.", "log_variance."] {
        if let Some(before) = prefix.strip_suffix(head) {
            return (before.to_string(), format!("{head}{last}"), 0, false);
        }
    }
    (prefix, last.to_string(), 0, false)
}

fn units(tensors: &[(String, Vec<usize>)]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for (name, shape) in tensors {
        let (prefix, rest, level, reverse) = parts(name);
        let fits = |u: &&mut Unit| u.prefix == prefix && u.level == level && u.reverse == reverse;
        let tensor = (name.clone(), shape.clone());
        match units.iter_mut().find(fits) {
            Some(unit) => drop(unit.tensors.insert(rest, tensor)),
            None => units.push(Unit { prefix, level, reverse, tensors: [(rest, tensor)].into() }),
        }
    }
    units
}

/// Renames that make tensors `missing` of tensors `unknown`, where shapes are the same and names alike; longer ones
/// first, since the first that fits is taken.
fn guess(unknown: &[(String, Vec<usize>)], missing: &[(String, Vec<usize>)]) -> Vec<(String, String)> {
    let (theirs, ours) = (units(unknown), units(missing));
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, their) in theirs.iter().enumerate() {
        for (j, our) in ours.iter().enumerate() {
            if their.shapes() == our.shapes() {
                let likeness = strsim::jaro_winkler(&their.label(), &our.label());
                pairs.push((likeness, i, j));
            }
        }
    }
    // The most alike first; of equals those that stand first in both.
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let (mut taken, mut given) = (BTreeSet::new(), BTreeSet::new());
    pairs.retain(|(_, i, j)| {
        let free = !taken.contains(i) && !given.contains(j);
        if free {
            taken.insert(*i);
            given.insert(*j);
        }
        free
    });
    pairs.sort_by_key(|(_, i, _)| *i);
    let pairs: Vec<(&Unit, &Unit)> = pairs.iter().map(|(_, i, j)| (&theirs[*i], &ours[*j])).collect();
    if let Some(one) = one_prefix(&pairs, unknown) {
        return vec![one];
    }
    let mut renames = Vec::new();
    for (their, our) in pairs {
        // A prefix that is no other unit's as well.
        let alone = unknown.iter().filter(|(name, _)| name.starts_with(&their.prefix)).count();
        if their.is_plain() && our.is_plain() && alone == their.tensors.len() && !their.prefix.is_empty() {
            renames.push((their.prefix.clone(), our.prefix.clone()));
            continue;
        }
        let whole =
            |(rest, (name, _)): (&String, &(String, Vec<usize>))| (name.clone(), our.tensors[rest].0.clone());
        renames.extend(their.tensors.iter().map(whole));
    }
    renames.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    renames
}

/// One prefix for all, as of a model that is part of another.
fn one_prefix(pairs: &[(&Unit, &Unit)], unknown: &[(String, Vec<usize>)]) -> Option<(String, String)> {
    let (their, our) = pairs.first()?;
    let (from, to) = match (their.prefix.strip_suffix(&our.prefix), our.prefix.strip_suffix(&their.prefix)) {
        (Some(from), _) => (from.to_string(), String::new()),
        (_, Some(to)) => (String::new(), to.to_string()),
        _ => return None,
    };
    let same = |(their, our): &(&Unit, &Unit)| {
        their.is_plain() && their.prefix.strip_prefix(&from) == our.prefix.strip_prefix(&to)
    };
    let all = pairs.len() > 1 && pairs.iter().all(same);
    (all && unknown.iter().all(|(name, _)| name.starts_with(&from))).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(prefix: &str, level: &str, hidden: usize, inputs: usize) -> Vec<(String, Vec<usize>)> {
        let of = |name: &str, shape: &[usize]| (format!("{prefix}{name}_l{level}"), shape.to_vec());
        vec![
            of("weight_ih", &[3 * hidden, inputs]),
            of("weight_hh", &[3 * hidden, hidden]),
            of("bias_ih", &[3 * hidden]),
            of("bias_hh", &[3 * hidden]),
        ]
    }

    fn linear(prefix: &str, outputs: usize, inputs: usize) -> Vec<(String, Vec<usize>)> {
        vec![(format!("{prefix}weight"), vec![outputs, inputs]), (format!("{prefix}bias"), vec![outputs])]
    }

    fn guessed(unknown: &[Vec<(String, Vec<usize>)>], missing: &[Vec<(String, Vec<usize>)>]) -> String {
        let renames = guess(&unknown.concat(), &missing.concat());
        renames.iter().map(|(from, to)| format!("{from}={to}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_prefix_before_all_is_one_rename() {
        let both = |before: &str| {
            [cell(&format!("{before}enc1."), "0", 4, 3), linear(&format!("{before}vocab."), 9, 4)]
        };
        assert_eq!(guessed(&both("module."), &both("")), "module.=");
        assert_eq!(guessed(&both(""), &both("module.")), "=module.");
        // Another rename where one of them is called something else as well.
        let [first, _] = both("module.");
        assert_eq!(
            guessed(&[first, linear("module.decoder.", 9, 4)], &both("")),
            "module.decoder.=vocab. module.enc1.=enc1."
        );
    }

    #[test]
    fn levels_of_a_stack_become_blocks() {
        let theirs = [cell("rnn.", "0", 4, 4), cell("rnn.", "1", 4, 4)];
        let ours = [cell("level1.", "0", 4, 4), cell("level2.", "0", 4, 4)];
        let all = guessed(&theirs, &ours);
        for level in [0, 1] {
            for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
                let rename = format!("rnn.{name}_l{level}=level{}.{name}_l0", level + 1);
                assert!(all.split(' ').any(|r| r == rename), "{rename}: {all}");
            }
        }
        let both = [cell("rnn.", "0", 4, 3), cell("rnn.", "0_reverse", 4, 3)];
        let all = guessed(&both, &[cell("bwd1.", "0", 4, 3), cell("fwd1.", "0", 4, 3)]);
        assert!(all.contains("rnn.weight_ih_l0_reverse=bwd1.weight_ih_l0"), "{all}");
        // What is longer is taken first: the other is how it begins.
        let at = |rename: &str| all.find(rename).unwrap();
        assert!(at("rnn.weight_ih_l0_reverse=") < at("rnn.weight_ih_l0="), "{all}");
    }

    #[test]
    fn other_shapes_are_no_guess() {
        assert_eq!(guessed(&[linear("head.", 9, 4)], &[linear("vocab.", 9, 5)]), "");
        assert_eq!(guessed(&[linear("head.", 9, 4)], &[linear("vocab.", 9, 4)]), "head.=vocab.");
        // Of two that fit the one with a like name.
        let ours = [linear("init1.", 4, 4), linear("init2.", 4, 4)];
        let all = guessed(&[linear("start2.", 4, 4), linear("start1.", 4, 4)], &ours);
        assert_eq!(all, "start2.=init2. start1.=init1.");
    }
}
