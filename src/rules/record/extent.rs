//! How far a record goes, as it is written.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};

use crate::facts::scope::{Dimension, Scope, Values};
use crate::rules::dates::Instant;

/// A value or a list of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// Each value.
    #[must_use]
    pub fn each(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> de::Visitor<'de> for V {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(value.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<OneOrMany, E> {
                Err(E::custom("write the number in quotes, so that zeros at its start are kept"))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = seq.next_element()? {
                    all.push(value);
                }
                Ok(OneOrMany::Many(all))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// A scope as it is written: by dimension a value, a list, or `*`. A dimension that is left out is not limited.
#[must_use]
pub fn scope(written: &BTreeMap<String, OneOrMany>) -> Scope {
    written.iter().fold(Scope::unknown(), |scope, (dimension, values)| {
        scope.with(Dimension::new(dimension), Values::of(values.each()))
    })
}

/// How certainly something is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HeldWord {
    /// It cannot be told.
    Unknown,
    /// Under conditions.
    Conditional,
    /// For certain.
    #[default]
    Certain,
}

/// One way in which a finding holds, as a record writes it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtentEntry {
    /// On what: by dimension a value, a list, or `*`.
    #[serde(default)]
    pub scope: BTreeMap<String, OneOrMany>,
    /// How certainly at most. Default: `certain`.
    #[serde(default)]
    pub held: HeldWord,
    /// Under which conditions at least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Which thing, where a finding counts several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Until when at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}
