//! `hvae keys`

use super::Failure;
use super::out::say;
use hvae_mnn::config::{self, Config, Family, Key, Model};
use hvae_mnn::crossbar::{Drift, PRESETS, Preset};
use hvae_mnn::model::Network;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  hvae keys crossbar\n  hvae keys adc\n  hvae keys z-forcing\n  hvae keys --markdown > config.md\n  hvae keys --schema > hvae.schema.json"
)]
pub struct Args {
    /// A section, a key or part of one, or a family of networks (the keys of [model] that it reads); none: every key
    #[arg(value_name = "SECTION|KEY|FAMILY")]
    about: Option<String>,
    /// The same as a page
    #[arg(long, conflicts_with_all = ["about", "schema"])]
    markdown: bool,
    /// A JSON Schema, with which an editor completes and explains keys
    #[arg(long, conflicts_with = "about")]
    schema: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.schema {
        let text = serde_json::to_string_pretty(&config::schema()).expect("a schema is plain data");
        return say!("{text}");
    }
    let sections = config::keys();
    let readers = readers(&sections);
    if args.markdown {
        return say!("{}", page(&sections, &readers).trim_end());
    }
    let about = args.about.as_deref().unwrap_or_default();
    let mut text = String::new();
    for (section, purpose, keys) in &sections {
        let family = |key: &&Key| section == "model" && readers[&key.name].contains(about);
        let of_section = about.is_empty() || about.trim_matches(['[', ']']) == section;
        let named = |key: &&Key| of_section || format!("{section}.{}", key.name).contains(about);
        let is_family = readers.values().any(|families| families.contains(about));
        let found: Vec<&Key> = keys.iter().filter(|k| if is_family { family(k) } else { named(k) }).collect();
        if found.is_empty() {
            continue;
        }
        let _ = writeln!(text, "[{section}]  {purpose}\n");
        found.iter().for_each(|key| plain(&mut text, key, &readers));
    }
    if text.is_empty() {
        let known: Vec<&str> = sections.iter().map(|(section, ..)| section.as_str()).collect();
        return Err(Failure::input(format!(
            "{about}: expected a section ({}), part of a key or a family, found none; `hvae keys` lists all",
            known.join(", ")
        )));
    }
    say!("{}", text.trim_end())
}

type Sections = [(String, String, Vec<Key>)];

/// By key of `[model]`: the families whose network changes with it.
type Readers = BTreeMap<String, BTreeSet<&'static str>>;

/// Tried out: a key is read by a family if another value of it makes another network, with the defaults or with one other key
/// changed (a prior of what has none says nothing).
fn readers(sections: &Sections) -> Readers {
    let (_, _, keys) = sections.iter().find(|(section, ..)| section == "model").expect("a section");
    let tried: Vec<(&str, String)> =
        keys.iter().flat_map(|key| others(key).into_iter().map(move |v| (key.name.as_str(), v))).collect();
    let mut readers: Readers = keys.iter().map(|key| (key.name.clone(), BTreeSet::new())).collect();
    for family in Family::ALL.into_iter().filter(|family| *family != Family::Custom) {
        let network = |set: &[&(&str, String)]| {
            let lines: String = set.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
            let read = Config::understood("", &format!("[model]\n{lines}")).ok()?;
            let model = Model { family, ..read.model };
            Network::describe(&model, 1.0).ok().map(|network| network.to_text())
        };
        let bases: Vec<Vec<&(&str, String)>> =
            std::iter::once(Vec::new()).chain(tried.iter().map(|one| vec![one])).collect();
        for base in bases {
            let Some(before) = network(&base) else { continue };
            for other in &tried {
                let again = base.iter().any(|(key, _)| *key == other.0);
                let known = readers[other.0].contains(family.name());
                if again || known {
                    continue;
                }
                let with: Vec<_> = base.iter().copied().chain([other]).collect();
                if network(&with).is_some_and(|after| after != before) {
                    readers.get_mut(other.0).expect("a key").insert(family.name());
                }
            }
        }
    }
    readers
}

/// Values of a key of `[model]` beside its default.
fn others(key: &Key) -> Vec<String> {
    let default = key.default.as_deref();
    let words = key.words.iter().map(|(word, _)| word.clone());
    let all: Vec<String> = match key.takes.as_str() {
        _ if ["family", "description", "network"].contains(&key.name.as_str()) => Vec::new(),
        "true or false" => vec!["true".into(), "false".into()],
        "whole number" => default.and_then(|n| n.parse::<usize>().ok()).map_or(Vec::new(), |n| {
            // One more, and a frame that is a page wide.
            vec![(n + 1).to_string(), (n + 20).to_string()]
        }),
        takes if takes.starts_with("list") => words.map(|word| format!("[{word}]")).collect(),
        _ => words.collect(),
    };
    all.into_iter().filter(|value| Some(value.as_str()) != default).collect()
}

/// The families that a key is for, unless all of them read it.
fn families(key: &Key, readers: &Readers) -> Option<String> {
    let of = readers.get(&key.name).filter(|of| key.section == "model" && !of.is_empty())?;
    let all = Family::ALL.len() - 1;
    (of.len() < all).then(|| of.iter().copied().collect::<Vec<_>>().join(", "))
}

/// Kind and bounds of the values of a key, in words.
fn values(key: &Key) -> String {
    let bounds = key.bounds.iter().map(|bound| match bound.key == key.name {
        true => format!("{} ({})", bound.expected, bound.hint),
        false => format!("{} {} ({})", bound.key, bound.expected, bound.hint),
    });
    // A list of words says it all.
    let kind = Some(key.takes.clone()).filter(|takes| takes != "word");
    kind.into_iter().chain(bounds).collect::<Vec<_>>().join("; ")
}

fn plain(text: &mut String, key: &Key, readers: &Readers) {
    let default = key.default.as_deref().map_or(String::new(), |value| format!(" = {value}"));
    let _ = writeln!(text, "{}{default}\n    {}", key.name, key.meaning);
    if key.words.is_empty() || !key.bounds.is_empty() {
        let _ = writeln!(text, "    {}", values(key));
    }
    for (word, meaning) in &key.words {
        let _ = writeln!(text, "    {word}  {meaning}");
    }
    if let Some(of) = families(key, readers) {
        let _ = writeln!(text, "    read by {of}");
    }
    text.push('\n');
}

/// `docs/config.md`.
fn page(sections: &Sections, readers: &Readers) -> String {
    let mut text = String::from(
        "# Every key of hvae.toml\n\nWritten by `hvae keys --markdown`, from the documentation, the defaults and the bounds of the program \
         itself; a test holds this page to them. `hvae keys adc` shows the keys with that word in a terminal. `hvae keys --schema > \
         hvae.schema.json` writes a JSON Schema: with `#:schema ./hvae.schema.json` on the first line of `hvae.toml`, editors that know TOML \
         (Even Better TOML, Taplo) complete and explain keys.\n\nEvery section and every key may be left out; what is in brackets behind a key is \
         then its value. Unknown keys are refused. Where a bound depends on other keys, it is shown for their defaults.\n",
    );
    for (section, purpose, keys) in sections {
        let _ = writeln!(text, "\n## [{section}]\n\n{}\n", capital(purpose));
        for key in keys {
            let default = key.default.as_deref().map_or(String::new(), |value| format!(" (`{value}`)"));
            let of = families(key, readers).map_or(String::new(), |of| format!(" Read by {of}."));
            let allowed = match key.words.is_empty() || !key.bounds.is_empty() {
                true => format!(" *{}.*", capital(&values(key)).replace('<', "\\<")),
                false => String::new(),
            };
            let _ = writeln!(text, "- **`{}`**{default}: {}{allowed}{of}", key.name, key.meaning);
            for (word, meaning) in &key.words {
                let meaning = if meaning.is_empty() { String::new() } else { format!(": {meaning}") };
                let _ = writeln!(text, "  - `{word}`{meaning}");
            }
        }
        if section == "device" {
            presets(&mut text);
        }
    }
    text
}

/// What the presets give where a key is left out.
fn presets(text: &mut String) {
    text.push_str(
        "\nWhat the presets give where a key is left out. The deviation is that at the time of programming. In all of them cells are \
         written once, and `nl2_us_per_v` and `nl3_us_per_v2` are 0.\n\n| preset | G in µS | deviation, µS | stuck on, off | drift | V | \
         `level_shift` | source |\n|---|---|---|---|---|---|---|---|\n",
    );
    for preset in PRESETS {
        let Preset { name, g_min_us, g_max_us, stuck_on, stuck_off, read_volts, level_shift, source, .. } =
            preset;
        let at = |share: f64| preset.sigma_us(share * g_max_us, 0.0);
        let sigma = match preset.sigma.is_empty() {
            true => "0".into(),
            false => format!("{:.2} at G = 0, {:.2} at half, {:.2} at `g_max_us`", at(0.0), at(0.5), at(1.0)),
        };
        let drift = match preset.drift {
            Drift::None => "none".into(),
            Drift::Same { nu, sigma, t0_s } => format!("nu {nu} ± {sigma}, from {t0_s} s"),
            Drift::ByLogarithm { nu: [_, _, least, most], t0_s, .. } => {
                format!("nu {least} to {most}, less for large G, from {t0_s} s")
            }
        };
        let range = format!("{} to {}", (g_min_us * 1000.0).round() / 1000.0, g_max_us);
        let _ = writeln!(
            text,
            "| `{name}` | {range} | {sigma} | {stuck_on}, {stuck_off} | {drift} | {read_volts} | {level_shift} | {source} |"
        );
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
