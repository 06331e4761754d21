//! Who holds what is privileged, and where that is granted.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Holder, Tip};
use crate::duties::{HeldDuty, Support};
use crate::rules::Instant;

/// A privileged duty that somebody holds in a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PrivilegedReport {
    /// The principal.
    pub principal: String,
    /// What it is.
    pub kind: String,
    /// The duty.
    pub duty: String,
    /// In words.
    pub title: String,
    /// How bad it is without an approval.
    pub severity: String,
    /// The system that confers it.
    pub system: String,
    /// On what.
    pub scope: String,
    /// `certain`, `conditional` or `unknown`.
    pub held: String,
    /// The first second at which it is no longer held; absent where it does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Where it is granted: a file and a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// The privileged duties of all, by principal and duty. What only comes along with another privileged duty of the same
/// grant is not listed apart.
pub(super) fn privileged(tip: &Tip<'_>, holders: &[Holder]) -> Vec<PrivilegedReport> {
    let mut all: Vec<PrivilegedReport> = holders
        .iter()
        .flat_map(|holder| holder.holdings.duties.iter().filter_map(move |duty| one(tip, holder, duty)))
        .collect();
    all.sort_by(|a, b| (&a.principal, &a.duty, &a.system).cmp(&(&b.principal, &b.duty, &b.system)));
    all
}

fn one(tip: &Tip<'_>, holder: &Holder, held: &HeldDuty) -> Option<PrivilegedReport> {
    let duty = tip.catalogue.duty(held.duty)?;
    let severity = duty.privileged?;
    let supports: Vec<&Support> = held.supports.iter().filter(|support| support.under.is_none()).collect();
    let strongest = supports.first()?;
    let scopes: BTreeSet<String> = supports.iter().map(|support| support.scope.to_string()).collect();
    let everywhere = scopes.iter().any(String::is_empty);
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let ends: Option<Vec<i64>> = supports.iter().map(|support| support.validity.until).collect();
    let steps = crate::gate::path(tip.graph, tip.matches, &holder.holdings, strongest);
    let granted = steps.iter().rev().nth(1).or(steps.last()).and_then(|step| step.place.as_ref());
    Some(PrivilegedReport {
        principal: holder.id.clone(),
        kind: holder.kind.to_owned(),
        duty: duty.id.to_string(),
        title: duty.title.to_string(),
        severity: severity.as_str().to_owned(),
        system: tip.graph.systems.get(held.system).map(|system| system.id.to_string()).unwrap_or_default(),
        scope: if everywhere { "everything".to_owned() } else { scopes.join("; ") },
        held: strongest.certainty.as_str().to_owned(),
        until: ends.and_then(|ends| ends.into_iter().max()).map(Instant::from_seconds),
        place: granted.and_then(|(_, place)| {
            let bytes = tip.files.get(&place.file)?.bytes()?;
            let line = crate::syntax::LineIndex::new(bytes).position(place.span.start).line;
            Some(format!("{}:{line}", place.file))
        }),
    })
}
