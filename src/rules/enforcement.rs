//! What the gate does with introduced findings: a ladder from `record` to `block`, with the days on which it climbs.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::dates::Day;
use super::ruleset::Severity;

/// What the gate does with an introduced finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Kept in the evidence; not shown unless asked for.
    Record,
    /// Shown; does not stop the change.
    Warn,
    /// Stops the change unless an approval covers it.
    Approve,
    /// Stops the change.
    Block,
}

impl Enforcement {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Warn => "warn",
            Self::Approve => "approve",
            Self::Block => "block",
        }
    }
}

/// One step of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the gate does.
    pub enforcement: Enforcement,
    /// The first day on which it does; left out of the first step.
    #[serde(default)]
    pub from: Option<Day>,
}

/// An enforcement, or steps with the days on which they begin: at least one, the first without a day, the others in
/// the order of their days.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Ladder {
    /// Always the same.
    Always(Enforcement),
    /// One after the other.
    Steps(Vec<Step>),
}

impl Ladder {
    /// What it asks for at an instant, in epoch seconds.
    #[must_use]
    pub fn at(&self, instant: i64) -> Enforcement {
        match self {
            Self::Always(enforcement) => *enforcement,
            Self::Steps(steps) => steps
                .iter()
                .rev()
                .find(|step| step.from.is_none_or(|from| from.starts() <= instant))
                .or(steps.first())
                .map_or(Enforcement::Block, |step| step.enforcement),
        }
    }

    /// The next step after an instant.
    #[must_use]
    pub fn after(&self, instant: i64) -> Option<(Enforcement, Day)> {
        let Self::Steps(steps) = self else { return None };
        steps.iter().find_map(|step| Some((step.enforcement, step.from.filter(|from| from.starts() > instant)?)))
    }

    /// The days on which it changes.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        let steps = match self {
            Self::Always(_) => &[][..],
            Self::Steps(steps) => steps,
        };
        steps.iter().filter_map(|step| step.from)
    }
}

impl<'de> Deserialize<'de> for Ladder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> de::Visitor<'de> for V {
            type Value = Ladder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`record`, `warn`, `approve`, `block`, or a list of steps with `enforcement` and `from`")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Ladder, E> {
                Enforcement::deserialize(de::value::StrDeserializer::new(word)).map(Ladder::Always)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Ladder, A::Error> {
                let mut steps: Vec<Step> = Vec::new();
                while let Some(step) = seq.next_element::<Step>()? {
                    match (steps.last(), step.from) {
                        (None, None) => {}
                        (None, Some(_)) => {
                            return Err(de::Error::custom(
                                "the first step has no `from`: it says what holds until then",
                            ));
                        }
                        (Some(_), None) => return Err(de::Error::custom("every step but the first has a `from`")),
                        (Some(last), Some(from)) if last.from.is_some_and(|before| before >= from) => {
                            return Err(de::Error::custom(format!("the steps are in the order of their days; {from}")));
                        }
                        _ => {}
                    }
                    steps.push(step);
                }
                if steps.is_empty() {
                    return Err(de::Error::custom("a ladder has at least one step"));
                }
                Ok(Ladder::Steps(steps))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// What the gate does with introduced findings; the most specific entry wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnforcementConfig {
    /// By conflict id.
    #[serde(default)]
    pub conflicts: BTreeMap<String, Ladder>,
    /// By policy id.
    #[serde(default)]
    pub policies: BTreeMap<String, Ladder>,
    /// By severity; default: critical and high block, medium warns, low records.
    #[serde(default)]
    pub severities: BTreeMap<Severity, Ladder>,
}

/// The default enforcement of a severity.
#[must_use]
pub fn default_enforcement(severity: Severity) -> Enforcement {
    match severity {
        Severity::Critical | Severity::High => Enforcement::Block,
        Severity::Medium => Enforcement::Warn,
        Severity::Low => Enforcement::Record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{decode, parse};

    fn ladder(text: &str) -> Result<Ladder, String> {
        decode(&parse(text.as_bytes()).unwrap()[0]).map_err(|error| error.message)
    }

    #[test]
    fn a_ladder_climbs_on_its_days() {
        let ladder = ladder("[{enforcement: warn}, {enforcement: block, from: 2027-01-01}]").unwrap();
        let new_year = 1_798_761_600;
        assert_eq!((ladder.at(new_year - 1), ladder.at(new_year)), (Enforcement::Warn, Enforcement::Block));
        assert_eq!(ladder.after(new_year - 1).map(|(to, day)| (to, day.to_string())).unwrap().1, "2027-01-01");
        assert_eq!(ladder.after(new_year), None);
    }

    #[test]
    fn a_ladder_is_one_word_or_ordered_steps() {
        assert_eq!(ladder("block").unwrap(), Ladder::Always(Enforcement::Block));
        for (text, message) in [
            ("blok", "unknown value `blok`"),
            ("[]", "at least one step"),
            ("[{enforcement: warn, from: 2027-01-01}]", "the first step has no `from`"),
            ("[{enforcement: warn}, {enforcement: block}]", "every step but the first has a `from`"),
            ("[{enforcement: warn}, {enforcement: block, from: 1.1.2027}]", "`1.1.2027` is not a day"),
            (
                "[{enforcement: warn}, {enforcement: block, from: 2027-01-01}, {enforcement: warn, from: 2026-01-01}]",
                "in the order of their days",
            ),
        ] {
            let error = ladder(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
