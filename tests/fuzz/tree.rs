//! Changes of values within values: keys, numbers and words of JSON, TOML and CBOR, so that an input stays one
//! that its reader looks into.

use ciborium::Value;
use hvae_mnn::model::Random;

/// Changes one place of `tree`.
pub fn change(tree: &mut Value, random: &mut Random) {
    if let Value::Text(text) = tree
        && random.below(2) == 0
        && within(text, random)
    {
        return;
    }
    // The longer the way down, the less likely: what stands above decides what is below.
    let descend = random.below(8) != 0;
    match tree {
        Value::Array(all) if descend && !all.is_empty() => {
            let at = random.below(all.len());
            change(&mut all[at], random);
        }
        Value::Map(all) if descend && !all.is_empty() => {
            let at = random.below(all.len());
            change(&mut all[at].1, random);
        }
        Value::Array(all) => reshape(all, random, edge),
        Value::Map(all) => {
            let known: Vec<Value> = all.iter().map(|(key, _)| key.clone()).collect();
            match (random.below(4), known.is_empty()) {
                // Another name, or that of a neighbour.
                (0, false) => {
                    let at = random.below(all.len());
                    all[at].0 = match random.below(3) {
                        0 => known[random.below(known.len())].clone(),
                        _ => Value::Text(word(random)),
                    };
                }
                // Two neighbours change places.
                (1, false) => {
                    let (a, b) = (random.below(all.len()), random.below(all.len()));
                    let value = all[a].1.clone();
                    all[a].1 = std::mem::replace(&mut all[b].1, value);
                }
                _ => reshape(all, random, |random| (Value::Text(word(random)), edge(random))),
            }
        }
        leaf => *leaf = other(leaf, random),
    }
}

/// JSON within a text.
fn within(text: &mut String, random: &mut Random) -> bool {
    let Ok(mut tree) = serde_json::from_str::<Value>(text) else { return false };
    if !matches!(tree, Value::Map(_) | Value::Array(_)) {
        return false;
    }
    change(&mut tree, random);
    match serde_json::to_string(&tree) {
        Ok(changed) => {
            *text = changed;
            true
        }
        Err(_) => false,
    }
}

/// One element less, twice, many times, or a new one.
fn reshape<T: Clone>(all: &mut Vec<T>, random: &mut Random, mut new: impl FnMut(&mut Random) -> T) {
    let some = |all: &Vec<T>, random: &mut Random| random.below(all.len().max(1));
    match random.below(8) {
        0..=2 if !all.is_empty() => drop(all.remove(some(all, random))),
        3 if !all.is_empty() => {
            let again = all[some(all, random)].clone();
            all.insert(some(all, random), again);
        }
        4 if !all.is_empty() => {
            let again = all[some(all, random)].clone();
            all.extend(std::iter::repeat_n(again, 1 << random.below(11)));
        }
        5 => all.clear(),
        6 if !all.is_empty() => {
            let at = some(all, random);
            all[at] = new(random);
        }
        _ => {
            let at = random.below(all.len() + 1);
            all.insert(at, new(random));
        }
    }
}

/// Another leaf than this one, often one like it.
fn other(leaf: &Value, random: &mut Random) -> Value {
    match leaf {
        Value::Integer(number) if random.below(3) != 0 => {
            let number = i128::from(*number);
            let near =
                [number + 1, number - 1, -number, 2 * number, number / 2, number ^ 1 << random.below(40)];
            integer(near[random.below(near.len())])
        }
        Value::Float(number) if random.below(3) != 0 => {
            let near = [-number, number * 2.0, number / 3.0, number + 1.0, number * 1e9, number * 1e-9];
            Value::Float(near[random.below(near.len())])
        }
        Value::Bool(switch) if random.below(3) != 0 => Value::Bool(!switch),
        Value::Text(text) if random.below(3) != 0 => {
            let mut bytes = text.clone().into_bytes();
            super::bytes::change(&mut bytes, &[], random);
            Value::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => edge(random),
    }
}

fn integer(number: i128) -> Value {
    number.try_into().map_or(Value::Null, Value::Integer)
}

/// Values that have broken programs before.
fn edge(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => Value::Bool(random.below(2) == 0),
        2 => Value::Text(word(random)),
        3 => Value::Array(Vec::new()),
        4 => Value::Map(Vec::new()),
        5 => {
            let all = [f64::NAN, f64::INFINITY, -0.0, 1e308, -1e308, 1e-308, 0.5, -1.5, 1e9, 9.1e18];
            Value::Float(all[random.below(all.len())])
        }
        6 => {
            // Values within values within values.
            let deep = 1 << random.below(9);
            (0..deep).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
        }
        7 => Value::Array(vec![integer(number(random)); 1 << random.below(12)]),
        _ => integer(number(random)),
    }
}

/// Ends of the ranges of numbers, and small ones.
pub fn number(random: &mut Random) -> i128 {
    match random.below(4) {
        0 => random.below(130) as i128 - 2,
        1 => (1 << random.below(65)) - 1,
        2 => -(1 << random.below(64)),
        _ => 1 << random.below(64),
    }
}

fn word(random: &mut Random) -> String {
    let all = [
        "",
        "x",
        "auto",
        "w4",
        "../x",
        "a\u{0}b",
        "é\u{202e}",
        "a b",
        "a.b",
        "\n",
        "0",
        "-1",
        "<eos>",
        "\"'`",
    ];
    match random.below(all.len() + 1) {
        at if at < all.len() => all[at].into(),
        _ => "long".repeat(1 << random.below(13)),
    }
}
