//! The service identities, from approval to end.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::privileged::PrivilegedReport;
use super::{Tip, at};
use crate::access::{Site, reach};
use crate::facts::{Holder, ServiceFact, ServiceKind, Stage, Tag};
use crate::rules::Instant;

/// A bot, an integration, an agent. What nobody declares is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServiceReport {
    /// Its id: `service:ID`.
    pub id: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `bot`, `integration` or `ai_agent`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Who approved that it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Instant>,
    /// `test` or `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Who looked at it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<Instant>,
    /// By when somebody looks at it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_by: Option<Instant>,
    /// The first second at which it is to be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// When it was retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<Instant>,
    /// What is special about it.
    pub tags: Vec<String>,
    /// The control that makes up for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensating_control: Option<String>,
    /// How many accounts it has.
    pub accounts: u64,
    /// How many credentials.
    pub credentials: u64,
    /// How many grants reach it.
    pub grants: u64,
    /// How many privileged duties it holds.
    pub privileged: u64,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// Every service identity once, by id.
pub(super) fn services(tip: &Tip<'_>, privileged: &[PrivilegedReport]) -> Vec<ServiceReport> {
    let mut all: BTreeMap<&str, (&ServiceFact, Site)> = BTreeMap::new();
    for (unit, facts) in (0u32..).zip(tip.graph.units.iter().map(|unit| &unit.facts)) {
        for fact in &facts.services {
            all.entry(&fact.id).or_insert((fact, Site { unit, origin: fact.origin }));
        }
    }
    all.into_values().map(|(fact, site)| one(tip, fact, site, privileged)).collect()
}

fn one(tip: &Tip<'_>, fact: &ServiceFact, site: Site, privileged: &[PrivilegedReport]) -> ServiceReport {
    let holder = Holder::Service(fact.id.clone());
    let id = holder.to_string();
    let person = |id: &crate::facts::Text| format!("person:{id}");
    let life = &fact.lifecycle;
    let credentials = tip.graph.units.iter().flat_map(|unit| &unit.facts.credentials);
    let grants = tip.graph.find(&holder).map_or(0, |node| reach(tip.graph, node, tip.as_of).held.len());
    ServiceReport {
        name: fact.name.as_ref().map(ToString::to_string),
        kind: fact.kind.map(|kind| ServiceKind::as_str(kind).to_owned()),
        owner: fact.owner.as_ref().map(|(owner, _)| person(owner)),
        purpose: fact.purpose.as_ref().map(ToString::to_string),
        approved_by: life.approved.as_ref().map(|own| person(&own.by)),
        approved_at: life.approved.as_ref().map(|own| Instant::from_seconds(own.at)),
        stage: life.stage.map(|stage| Stage::as_str(stage).to_owned()),
        reviewed_by: life.reviewed.as_ref().map(|(by, _)| person(by)),
        reviewed_at: life.reviewed.as_ref().map(|(_, at)| Instant::from_seconds(*at)),
        review_by: fact.review_by.map(Instant::from_seconds),
        until: life.until.map(Instant::from_seconds),
        retired: life.retired.map(Instant::from_seconds),
        tags: life.tags.iter().copied().map(|tag| Tag::as_str(tag).to_owned()).collect(),
        compensating_control: life.control.as_ref().map(|own| own.id.to_string()),
        accounts: fact.accounts.len() as u64,
        credentials: credentials.filter(|own| own.holder == holder).count() as u64,
        grants: grants as u64,
        privileged: privileged.iter().filter(|own| own.principal == id).count() as u64,
        place: at(tip, site),
        id,
    }
}
