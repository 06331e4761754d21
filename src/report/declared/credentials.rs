//! The credentials, how old they are and how long they live. Never a secret.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Tip, at};
use crate::access::Site;
use crate::facts::{CredentialFact, Lifetime, Native};
use crate::rules::Instant;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// A declared credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CredentialReport {
    /// Its name in its system.
    pub id: String,
    /// Whose it is.
    pub holder: String,
    /// What it is: `access_key`, `token` …
    pub kind: String,
    /// The system that it opens.
    pub system: String,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Instant>,
    /// When it was last replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<Instant>,
    /// Whole days since it was made or last replaced, until now or until it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    /// How long it lives: `temporary`, `until`, `for`, `unbounded` or `unknown`.
    pub lifetime: String,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// How many days it may live, by the configuration.
    pub limit_days: u32,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl CredentialReport {
    /// Whether it is issued anew for minutes or hours, so that its age says nothing.
    #[must_use]
    pub fn is_issued_anew(&self) -> bool {
        self.lifetime == "temporary"
    }

    /// Whether it is older than it may be.
    #[must_use]
    pub fn is_old(&self) -> bool {
        !self.is_issued_anew() && self.age_days.is_some_and(|age| age > i64::from(self.limit_days))
    }
}

/// Every credential once, by system and name.
pub(super) fn credentials(tip: &Tip<'_>) -> Vec<CredentialReport> {
    let mut all: BTreeMap<(&Native, String), (&CredentialFact, Site)> = BTreeMap::new();
    for (unit, facts) in (0u32..).zip(tip.graph.units.iter().map(|unit| &unit.facts)) {
        for fact in &facts.credentials {
            let site = Site { unit, origin: fact.origin };
            all.entry((&fact.id, fact.holder.to_string())).or_insert((fact, site));
        }
    }
    all.into_iter().map(|((_, holder), (fact, site))| one(tip, holder, fact, site)).collect()
}

fn one(tip: &Tip<'_>, holder: String, fact: &CredentialFact, site: Site) -> CredentialReport {
    let (lifetime, expires) = match fact.lifetime {
        Lifetime::Temporary => ("temporary", None),
        Lifetime::Until(end) => ("until", Some(end)),
        Lifetime::For(seconds) => ("for", fact.created.map(|made| made.saturating_add(seconds))),
        Lifetime::Unbounded => ("unbounded", None),
        Lifetime::Unknown => ("unknown", None),
    };
    let made = fact.detail.rotated.or(fact.created);
    let end = expires.map_or(tip.as_of, |end| end.min(tip.as_of));
    CredentialReport {
        id: fact.id.name.to_string(),
        holder,
        kind: fact.kind.as_str().to_owned(),
        system: fact.id.system.to_string(),
        created: fact.created.map(Instant::from_seconds),
        rotated: fact.detail.rotated.map(Instant::from_seconds),
        age_days: made.map(|made| end.saturating_sub(made).div_euclid(DAY)),
        lifetime: lifetime.to_owned(),
        expires: expires.map(Instant::from_seconds),
        limit_days: tip.rules.config.credentials.days(fact.kind),
        place: at(tip, site),
    }
}
