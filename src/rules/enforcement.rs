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
    /// What the rules say that these extend, the first of them first. The stricter of all of them holds.
    #[serde(skip)]
    extended: Vec<EnforcementConfig>,
}

/// What a finding is of, as far as enforcement asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnforcedOn<'a> {
    /// Its conflict.
    pub conflict: Option<&'a str>,
    /// Its policy.
    pub policy: &'a str,
    /// Its severity.
    pub severity: Severity,
}

/// What the gate does with a finding, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enforced<'a> {
    /// What it does.
    pub enforcement: Enforcement,
    /// The entry that decides.
    pub by: EnforcedBy<'a>,
    /// The next step of that entry.
    pub next: Option<(Enforcement, Day)>,
    /// Whether rules say so that the configuration extends.
    pub extended: bool,
}

/// The entry that decides what the gate does with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnforcedBy<'a> {
    /// That of a conflict.
    Conflict(&'a str),
    /// That of a policy.
    Policy(&'a str),
    /// None: an approval answers such a finding.
    Approval,
    /// None: what is held indirectly warns, at most.
    Indirect,
    /// That of a severity.
    Severity(Severity),
    /// None: the default of the severity.
    Default(Severity),
}

impl EnforcementConfig {
    /// What the gate does with a finding at an instant. The most specific entry wins: by conflict, then by policy, then
    /// by severity. Of rules that are extended the stricter wins.
    #[must_use]
    pub fn decide<'a>(&'a self, on: EnforcedOn<'a>, instant: i64) -> Enforced<'a> {
        let with = |by, ladder: &Ladder, extended| Enforced {
            enforcement: ladder.at(instant),
            by,
            next: ladder.after(instant),
            extended,
        };
        let first = self.extended.first();
        let extended = first.is_some();
        let bottom = first.unwrap_or(self);
        // Silence in the bottommost is the default; silence above it adds nothing.
        let mut strictest = match bottom.entry(on) {
            Some((by, ladder)) => with(by, ladder, extended),
            None if answered_by_approval(on) => {
                Enforced { enforcement: Enforcement::Approve, by: EnforcedBy::Approval, next: None, extended }
            }
            None if is_indirect(on) => {
                let enforcement = default_enforcement(on.severity).min(Enforcement::Warn);
                Enforced { enforcement, by: EnforcedBy::Indirect, next: None, extended }
            }
            None => {
                let by = EnforcedBy::Default(on.severity);
                Enforced { enforcement: default_enforcement(on.severity), by, next: None, extended }
            }
        };
        let above = self.extended.iter().skip(1).map(|config| (config, true));
        for (config, extended) in above.chain(first.map(|_| (self, false))) {
            if let Some((by, ladder)) = config.entry(on)
                && ladder.at(instant) > strictest.enforcement
            {
                strictest = with(by, ladder, extended);
            }
        }
        strictest
    }

    /// The most specific entry of its own about a finding.
    fn entry<'a>(&'a self, on: EnforcedOn<'a>) -> Option<(EnforcedBy<'a>, &'a Ladder)> {
        let conflict = on.conflict.and_then(|id| Some((EnforcedBy::Conflict(id), self.conflicts.get(id)?)));
        let policy = || Some((EnforcedBy::Policy(on.policy), self.policies.get(on.policy)?));
        let severity = || Some((EnforcedBy::Severity(on.severity), self.severities.get(&on.severity)?));
        if is_indirect(on) {
            return policy();
        }
        conflict.or_else(policy).or_else(|| if answered_by_approval(on) { None } else { severity() })
    }

    /// The same where approvals answer the findings of a policy again, of which it asks for less at an instant: what is
    /// tolerated without an approval may have one all the same.
    #[must_use]
    pub fn with_approvals_of(mut self, policy: &str, instant: i64) -> Self {
        let softer = |ladder: &mut Ladder| ladder.at(instant) < Enforcement::Approve;
        for config in &mut self.extended {
            config.policies.retain(|own, ladder| own != policy || !softer(ladder));
        }
        self.policies.retain(|own, ladder| own != policy || !softer(ladder));
        self
    }

    /// Whether a finding is answered for its policy rather than for its severity.
    pub(super) fn by_policy(&self, on: EnforcedOn<'_>) -> bool {
        let layers = self.extended.iter().chain(std::iter::once(self));
        answered_by_approval(on)
            || is_indirect(on)
            || layers.into_iter().any(|config| config.policies.contains_key(on.policy))
    }

    /// This, under which another one may only say more.
    #[must_use]
    pub(super) fn bind(mut self, mut own: Self) -> Self {
        let below = std::mem::take(&mut self.extended);
        own.extended = below.into_iter().chain(std::iter::once(self)).collect();
        own
    }

    /// What the rules say that these extend; `None` when there are none.
    pub(super) fn under(&self) -> Option<Self> {
        let mut extended = self.extended.clone();
        let last = extended.pop()?;
        Some(Self { extended, ..last })
    }

    /// The days on which something changes by itself.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        let layers = self.extended.iter().chain(std::iter::once(self));
        let ladders = layers.flat_map(|config| {
            config.conflicts.values().chain(config.policies.values()).chain(config.severities.values())
        });
        ladders.flat_map(Ladder::days)
    }
}

/// Whether an approval answers the findings of a policy, by default: privileged duties, and changed rules once somebody
/// owns them.
fn answered_by_approval(on: EnforcedOn<'_>) -> bool {
    matches!(on.policy, "CS-GRANT-001" | "CS-GRANT-003") || on.policy == "CS-GATE-001" && on.severity >= Severity::High
}

/// Whether a finding is of conflicts that are held indirectly: only an entry for the policy itself asks for more than a
/// warning.
fn is_indirect(on: EnforcedOn<'_>) -> bool {
    on.policy == "CS-SOD-003"
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
    fn what_is_held_indirectly_warns_unless_the_policy_itself_is_given_more() {
        let config = |text: &str| -> EnforcementConfig { decode(&parse(text.as_bytes()).unwrap()[0]).unwrap() };
        let of = |text: &str, severity| {
            let on = EnforcedOn { conflict: Some("P2P-01"), policy: "CS-SOD-003", severity };
            config(text).decide(on, 0).enforcement
        };
        assert_eq!(of("{}", Severity::Critical), Enforcement::Warn);
        assert_eq!(of("{}", Severity::Low), Enforcement::Record);
        let raised = "{conflicts: {P2P-01: block}, severities: {critical: block, low: block}}";
        assert_eq!(of(raised, Severity::Critical), Enforcement::Warn);
        assert_eq!(of(raised, Severity::Low), Enforcement::Record);
        assert_eq!(of("{policies: {CS-SOD-003: block}}", Severity::Low), Enforcement::Block);
        assert_eq!(of("{policies: {CS-SOD-003: record}}", Severity::Critical), Enforcement::Record);
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
