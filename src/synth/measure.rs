//! What the tools report, as numbers.

use super::step::SynthError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a flow found; the fields scripts rely on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SynthReport {
    /// Its name.
    pub flow: String,
    /// Part, cell library or abstraction that the numbers are for.
    pub device: String,
    /// Look-up tables.
    pub lut: Option<u64>,
    /// Flip-flops.
    pub ff: Option<u64>,
    /// Block memories.
    pub bram: Option<u64>,
    /// Multipliers.
    pub dsp: Option<u64>,
    /// Of the clock, after place and route.
    pub fmax_mhz: Option<f64>,
    /// Digital cells; tile cores are black boxes.
    pub area_um2: Option<f64>,
    /// Tile cores that are black boxes (flow asic).
    pub macros: Option<u64>,
    /// Clock that was asked for.
    pub clock_mhz: f64,
    /// Wall seconds of each step, when it was last run.
    pub seconds: BTreeMap<String, f64>,
    /// The modules with the most cells, instances of a module together.
    pub modules: Vec<ModuleCells>,
}

/// Cells of all instances of one module, without those of modules inside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModuleCells {
    /// Its name.
    pub module: String,
    /// In the whole design.
    pub instances: u64,
    /// Look-up tables.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
}

/// Module: its own cells by type, instances of other modules among them.
type Modules = BTreeMap<String, BTreeMap<String, u64>>;

/// `stat -json` of yosys.
pub(super) struct Stat {
    modules: Modules,
    /// Each module before those that stand in it.
    order: Vec<String>,
    pub area: Option<f64>,
}

impl Stat {
    pub fn parse(path: &str, text: &str) -> Result<Stat, SynthError> {
        let wrong = |problem: String| SynthError::Report { path: path.into(), problem };
        let start = text.find('{').ok_or_else(|| wrong("expected JSON, found none".into()))?;
        let json: Value = serde_json::from_str(&text[start..]).map_err(|e| wrong(e.to_string()))?;
        let modules = json["modules"].as_object().ok_or_else(|| wrong("expected \"modules\"".into()))?;
        let counts = |module: &Value| {
            let cells = module["num_cells_by_type"].as_object().into_iter().flatten();
            cells.filter_map(|(name, n)| Some((name.clone(), n.as_u64()?))).collect()
        };
        let modules: Modules = modules.iter().map(|(name, m)| (name.clone(), counts(m))).collect();
        let order =
            order(&modules).ok_or_else(|| wrong("expected modules, found some within themselves".into()))?;
        let area = &json["design"]["area"];
        let area = area.as_f64().or_else(|| area.as_str()?.parse().ok());
        Ok(Stat { modules, order, area })
    }

    /// How often each module stands in the design below `top`.
    fn instances(&self, top: &str) -> BTreeMap<&str, u64> {
        let mut counts: BTreeMap<&str, u64> =
            known(&self.modules, top).map(|top| (top, 1)).into_iter().collect();
        for module in &self.order {
            let Some(&times) = counts.get(module.as_str()) else { continue };
            for (cell, &n) in &self.modules[module] {
                if let Some(inner) = known(&self.modules, cell) {
                    let count = counts.entry(inner).or_default();
                    *count = count.saturating_add(times.saturating_mul(n));
                }
            }
        }
        counts
    }

    /// Cells of the whole design whose type `wanted` takes.
    pub fn cells(&self, top: &str, wanted: impl Fn(&str) -> u64) -> u64 {
        self.instances(top)
            .into_iter()
            .map(|(module, times)| times.saturating_mul(own(&self.modules[module], &wanted)))
            .fold(0, u64::saturating_add)
    }

    /// The largest modules first.
    pub fn largest(
        &self,
        top: &str,
        lut: impl Fn(&str) -> u64,
        ff: impl Fn(&str) -> u64,
    ) -> Vec<ModuleCells> {
        let mut by_name: BTreeMap<String, ModuleCells> = BTreeMap::new();
        for (module, times) in self.instances(top) {
            let name = plain(module);
            let entry = by_name.entry(name.clone()).or_insert(ModuleCells {
                module: name,
                instances: 0,
                lut: 0,
                ff: 0,
            });
            let add = |to: &mut u64, each: u64| *to = to.saturating_add(times.saturating_mul(each));
            add(&mut entry.instances, 1);
            add(&mut entry.lut, own(&self.modules[module], &lut));
            add(&mut entry.ff, own(&self.modules[module], &ff));
        }
        let mut all: Vec<ModuleCells> = by_name.into_values().collect();
        let size = |m: &ModuleCells| m.lut.saturating_add(m.ff);
        all.sort_by(|a, b| size(b).cmp(&size(a)).then(a.module.cmp(&b.module)));
        all
    }
}

fn own(cells: &BTreeMap<String, u64>, wanted: &impl Fn(&str) -> u64) -> u64 {
    cells.iter().map(|(cell, n)| n.saturating_mul(wanted(cell))).fold(0, u64::saturating_add)
}

/// The module that a cell is an instance of; names of instances carry no backslash in some versions.
fn known<'a>(modules: &'a Modules, cell: &str) -> Option<&'a str> {
    let found = modules.get_key_value(cell).or_else(|| modules.get_key_value(&format!("\\{cell}")));
    found.map(|(name, _)| name.as_str())
}

/// All modules, each before those that stand in it; `None`: some stand within themselves.
fn order(modules: &Modules) -> Option<Vec<String>> {
    let inner = |module: &str| modules[module].keys().filter_map(|cell| known(modules, cell));
    let mut above: BTreeMap<&str, usize> = modules.keys().map(|name| (name.as_str(), 0)).collect();
    modules.keys().flat_map(|name| inner(name)).for_each(|name| *above.entry(name).or_default() += 1);
    let mut next: Vec<&str> = above.iter().filter(|(_, above)| **above == 0).map(|(name, _)| *name).collect();
    let mut order = Vec::new();
    while let Some(module) = next.pop() {
        for name in inner(module) {
            let left = above.entry(name).or_default();
            *left -= 1;
            if *left == 0 {
                next.push(name);
            }
        }
        order.push(module.to_string());
    }
    (order.len() == modules.len()).then_some(order)
}

/// `$paramod$<hash>\hvae_tile` is an `hvae_tile`.
fn plain(module: &str) -> String {
    let name = module.rsplit('\\').find(|part| part.starts_with("hvae_")).unwrap_or(module);
    name.to_string()
}

/// `--report` of nextpnr: used cells by type, and the clock that was reached.
pub(super) struct Routed {
    json: Value,
}

impl Routed {
    pub fn parse(path: &str, text: &str) -> Result<Routed, SynthError> {
        let json = serde_json::from_str(text)
            .map_err(|e| SynthError::Report { path: path.into(), problem: e.to_string() })?;
        Ok(Routed { json })
    }

    pub fn used(&self, cell: &str) -> Option<u64> {
        self.json["utilization"][cell]["used"].as_u64()
    }

    /// The slowest clock.
    pub fn fmax_mhz(&self) -> Option<f64> {
        let clocks = self.json["fmax"].as_object()?;
        clocks.values().filter_map(|c| c["achieved"].as_f64()).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_through_the_hierarchy() {
        let text = r#"log { "modules": {
            "\\top": { "num_cells_by_type": { "$paramod$1\\hvae_a": 3, "LUT4": 5, "TRELLIS_FF": 1 } },
            "$paramod$1\\hvae_a": { "num_cells_by_type": { "LUT4": 2, "\\hvae_b": 2 } },
            "\\hvae_b": { "num_cells_by_type": { "TRELLIS_FF": 7 } } }, "design": { "area": 2.5 } }"#;
        let stat = Stat::parse("s", text.trim_start_matches("log ")).unwrap();
        let is = |wanted: &'static str| move |cell: &str| u64::from(cell == wanted);
        // Names of instances carry no backslash in some versions.
        assert_eq!(stat.cells("top", is("LUT4")), 5 + 3 * 2);
        assert_eq!(stat.cells("top", is("TRELLIS_FF")), 1 + 3 * 2 * 7);
        assert_eq!(stat.area, Some(2.5));
        let largest = stat.largest("top", is("LUT4"), is("TRELLIS_FF"));
        assert_eq!((largest[0].module.as_str(), largest[0].instances, largest[0].ff), ("hvae_b", 6, 42));
    }

    #[test]
    fn modules_within_themselves_are_refused_and_many_of_many_are_counted() {
        let stat = |text: &str| Stat::parse("s", text);
        let within = r#"{ "modules": { "a": { "num_cells_by_type": { "b": 1 } }, "b": { "num_cells_by_type": { "a": 1 } } } }"#;
        let refused = stat(within).err().expect("refused").to_string();
        assert!(refused.contains("found some within themselves"), "{refused}");
        // Two of two of two: more paths than anybody could walk.
        let pair = |i: usize| {
            let inner = i + 1;
            format!(r#""\\m{i}": {{ "num_cells_by_type": {{ "m{inner}": 2, "\\m{inner}": 2 }} }}"#)
        };
        let many: Vec<String> = (0..70).map(pair).collect();
        let last = r#""\\m70": { "num_cells_by_type": { "LUT4": 1 } }"#;
        let text = format!(r#"{{ "modules": {{ {}, {last} }} }}"#, many.join(", "));
        assert_eq!(stat(&text).unwrap().cells("m0", |cell| u64::from(cell == "LUT4")), u64::MAX);
        assert_eq!(stat(&text).unwrap().cells("m60", |cell| u64::from(cell == "LUT4")), 1 << 20);
    }

    #[test]
    fn the_slowest_clock_counts() {
        let text = r#"{"fmax": {"a": {"achieved": 90.5}, "b": {"achieved": 81.25}},
            "utilization": {"DP16KD": {"used": 12, "available": 208}}}"#;
        let routed = Routed::parse("r", text).unwrap();
        assert_eq!(
            (routed.fmax_mhz(), routed.used("DP16KD"), routed.used("x")),
            (Some(81.25), Some(12), None)
        );
    }
}
