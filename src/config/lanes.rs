//! A number of lanes: the user's, or left to the generator.

#[cfg(feature = "cli")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// `gate_lanes = 8` or `gate_lanes = "auto"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lanes {
    /// The fewest with which reading a stage's outputs takes no longer than converting them.
    Auto,
    /// So many.
    Count(usize),
}

impl Lanes {
    /// The lanes of a design.
    ///
    /// # Panics
    /// If they were never decided (`crossbar::balance`).
    pub fn count(self) -> usize {
        match self {
            Lanes::Count(count) => count,
            Lanes::Auto => panic!("lanes are balanced before a design is made"),
        }
    }
}

impl From<usize> for Lanes {
    fn from(count: usize) -> Lanes {
        Lanes::Count(count)
    }
}

impl Serialize for Lanes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Lanes::Auto => serializer.serialize_str("auto"),
            Lanes::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

#[cfg(feature = "cli")]
impl JsonSchema for Lanes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Lanes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let auto = "The fewest with which reading a stage's outputs takes no longer than converting them.";
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 1 },
            { "type": "string", "const": "auto", "description": auto },
        ] })
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lanes, D::Error> {
        deserializer.deserialize_any(LanesVisitor)
    }
}

struct LanesVisitor;

impl Visitor<'_> for LanesVisitor {
    type Value = Lanes;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number of lanes or \"auto\"")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<Lanes, E> {
        usize::try_from(count)
            .map(Lanes::Count)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(count), &self))
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Lanes, E> {
        usize::try_from(count)
            .map(Lanes::Count)
            .map_err(|_| E::invalid_value(Unexpected::Signed(count), &self))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Lanes, E> {
        if word == "auto" { Ok(Lanes::Auto) } else { Err(E::invalid_value(Unexpected::Str(word), &self)) }
    }
}
