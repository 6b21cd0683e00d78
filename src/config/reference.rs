//! Every key of `hvae.toml` for a person who asks: what its documentation, its type, its default and its bounds say. Nothing of it
//! is written a second time.

use super::{Config, check::Bound};
use serde_json::Value;

/// A key of `hvae.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its section.
    pub section: String,
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// The kind of value, in words.
    pub takes: String,
    /// Words that it may be, and what each means; none where any value of its kind may stand.
    pub words: Vec<(String, String)>,
    /// What it is where the file does not have it, as the file would have it; `None`: nothing.
    pub default: Option<String>,
    /// What its values may be.
    pub bounds: Vec<Bound>,
}

/// Every section, with what it is for, and its keys, in the order of the structs.
pub fn keys() -> Vec<(String, String, Vec<Key>)> {
    let schema = schema();
    let (default, bounds) = (Config::default(), Config::bounds());
    let table = toml::Table::try_from(&default).expect("a configuration is plain data");
    let sections = shown_fields(&default);
    let section = |(name, shown): (String, String)| {
        let described = &schema["properties"][&name];
        let keys = shown_fields_of(&shown)
            .into_iter()
            .map(|(key, shown)| {
                let property = &described["properties"][&key];
                let written = table[&name].get(&key).map(ToString::to_string);
                let words = words(property);
                let default = first_default(&default, &name, &key, shown, written, &words);
                let of_key = |b: &&Bound| b.section == name && b.key.split(" + ").any(|part| part == key);
                Key {
                    meaning: text(property),
                    takes: takes(property),
                    words,
                    default,
                    bounds: bounds.iter().filter(of_key).cloned().collect(),
                    section: name.clone(),
                    name: key,
                }
            })
            .collect();
        let meaning = text(described);
        let (_, purpose) = meaning.split_once(": ").unwrap_or(("", &meaning));
        (name, purpose.to_string(), keys)
    };
    sections.into_iter().map(section).collect()
}

/// The JSON Schema of `hvae.toml` (draft 2020-12), for editors that complete and explain keys.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Config>().to_value()
}

/// What is documented, on one line.
fn text(schema: &Value) -> String {
    let words = schema["description"].as_str().unwrap_or_default().split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// The alternatives of a value; itself where there is one.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let listed = ["oneOf", "anyOf"].iter().find_map(|kind| schema.get(kind).and_then(Value::as_array));
    match listed {
        Some(listed) => listed.iter().flat_map(alternatives).collect(),
        None => vec![schema],
    }
}

/// The kinds of a schema but for "null", which stands for an absent key.
fn kinds(schema: &Value) -> Vec<&str> {
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect::<Vec<_>>(),
    };
    kinds.into_iter().filter(|kind| *kind != "null").collect()
}

/// The words that a value, or each of a list, may be.
fn words(schema: &Value) -> Vec<(String, String)> {
    let word = |s: &Value| s["const"].as_str().map(|word| (format!("\"{word}\""), text(s)));
    let plain = |s: &Value| -> Vec<(String, String)> {
        let listed = s["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        listed.map(|word| (format!("\"{word}\""), String::new())).collect()
    };
    let own = |s: &Value| word(s).into_iter().chain(plain(s)).collect::<Vec<_>>();
    let all = alternatives(schema);
    all.iter().flat_map(|s| if s["items"].is_object() { words(&s["items"]) } else { own(s) }).collect()
}

/// The kind of a value.
fn takes(schema: &Value) -> String {
    let mut said: Vec<String> = Vec::new();
    for one in alternatives(schema) {
        for kind in kinds(one) {
            let kind = match kind {
                "integer" => "whole number".into(),
                "boolean" => "true or false".into(),
                "string" if one["const"].is_string() || one["enum"].is_array() => "word".into(),
                "string" => "text".into(),
                "array" => format!("list of {}", many(&takes(&one["items"]))),
                "object" => {
                    let keys = one["properties"].as_object().map_or(Vec::new(), |keys| keys.keys().collect());
                    format!("table of {}", keys.into_iter().cloned().collect::<Vec<_>>().join(", "))
                }
                kind => kind.into(),
            };
            if !said.contains(&kind) {
                said.push(kind);
            }
        }
    }
    said.join(" or ")
}

/// Several of a kind.
fn many(kind: &str) -> String {
    match kind.split_once(' ') {
        Some(("table", rest)) => format!("tables {rest}"),
        _ => format!("{kind}s"),
    }
}

/// Of all that may be the default, the first that is: a file that says so is the default configuration.
fn first_default(
    default: &Config,
    section: &str,
    key: &str,
    shown: String,
    written: Option<String>,
    words: &[(String, String)],
) -> Option<String> {
    let words = words.iter().map(|(word, _)| word.clone());
    std::iter::once(shown).chain(written).chain(words).find(|value| {
        let file = format!("[{section}]\n{key} = {value}\n");
        Config::understood("", &file).is_ok_and(|read| read == *default)
    })
}

/// The fields of a struct and their values as `Debug` shows them: all, in their order, those too that are not written to files.
fn shown_fields(value: &impl std::fmt::Debug) -> Vec<(String, String)> {
    shown_fields_of(&format!("{value:#?}"))
}

fn shown_fields_of(shown: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in shown.lines() {
        let Some(inner) = line.strip_prefix("    ") else { continue };
        match inner.split_once(": ").filter(|_| !inner.starts_with([' ', '}', ']'])) {
            Some((name, value)) => fields.push((name.into(), value.into())),
            None => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('\n');
                    value.push_str(inner);
                }
            }
        }
    }
    fields.iter_mut().for_each(|(_, value)| value.truncate(value.trim_end_matches(',').len()));
    fields
}
