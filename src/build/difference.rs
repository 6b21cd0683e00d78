//! Where two JSON values first differ.

use serde_json::Value;

/// Path, expected, found.
pub fn first(expected: &Value, found: &Value) -> Option<(String, String, String)> {
    below("", expected, found)
}

fn below(path: &str, expected: &Value, found: &Value) -> Option<(String, String, String)> {
    let nothing = &Value::Null;
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let at = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            let of_expected = a.iter().find_map(|(key, a)| below(&at(key), a, b.get(key).unwrap_or(nothing)));
            of_expected.or_else(|| {
                let (key, more) = b.iter().find(|(key, _)| !a.contains_key(*key))?;
                Some((at(key), "no such key".into(), short(more)))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| below(&format!("{path}[{i}]"), a, b))
        }
        (Value::Array(a), Value::Array(b)) => {
            Some((path.into(), format!("{} entries", a.len()), b.len().to_string()))
        }
        (a, b) if a == b => None,
        (a, b) => Some((path.into(), short(a), short(b))),
    }
}

/// No longer than a line.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named() {
        let a = json!({"b": [1, {"c": 2.5}], "d": null, "e": "x"});
        let differs = |found: Value| {
            first(&a, &found).map(|(path, expected, found)| format!("{path}: {expected}, {found}"))
        };
        assert_eq!(differs(a.clone()), None);
        let said = |text: &str| Some(text.to_string());
        assert_eq!(differs(json!({"b": [1, {"c": 2}], "d": null, "e": "x"})), said("b[1].c: 2.5, 2"));
        assert_eq!(differs(json!({"b": [1], "d": null, "e": "x"})), said("b: 2 entries, 1"));
        assert_eq!(differs(json!({"b": [1, {"c": 2.5}], "d": null})), said("e: \"x\", null"));
        let more = json!({"b": [1, {"c": 2.5, "f": 1}], "d": null, "e": "x"});
        assert_eq!(differs(more), said("b[1].f: no such key, 1"));
        assert_eq!(differs(json!(3)), said(": {\"b\":[1,{\"c\":2.5}],\"d\":null,\"e\":\"x\"}, 3"));
    }
}
