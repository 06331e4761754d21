//! What became of findings: who answers for each, by when, what closed it, and whether a tracker says the same.
//!
//! Closure is computed from the branch and never taken from a ticket.

mod tickets;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::tickets::{Ticket, TicketError, TicketState, Tickets};
use super::declared::Declared;
use crate::evidence::RecordId;
use crate::history::{Exposure, LandingReport};
use crate::rules::{Instant, Severity, remediation_days};

/// The seconds of a day.
const DAY: i64 = 86_400;

/// How a finding was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Closure {
    /// It is there, and nothing lets it pass.
    Open,
    /// What brought it is gone.
    Removed,
    /// It is there, and an exception with a compensating control lets it pass.
    Mitigated,
    /// It is there, and another record lets it pass.
    RiskAccepted,
}

/// Where the branch and the tracker disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disagreement {
    /// The ticket is closed, and what it is about is there and nothing lets it pass.
    ClosedNotFixed,
    /// What the ticket is about is gone, and it is open.
    FixedNotClosed,
}

/// What became of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remediation {
    /// The finding.
    pub fingerprint: String,
    /// Its policy.
    pub policy: String,
    /// How severe it is.
    pub severity: String,
    /// Whom or what it is about.
    pub subject: String,
    /// Since when it was there the last time.
    pub since: Instant,
    /// Who answers for it: as the ticket says, else the owner of its system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The first second after the day by which it is due: the ticket's, else by its severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The ticket's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_state: Option<TicketState>,
    /// What closed it.
    pub closure: Closure,
    /// The record that lets it pass, where one does.
    pub records: Vec<String>,
    /// When it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Instant>,
    /// With which commit; nothing where no landing removed it, such as what an imported export showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_commit: Option<String>,
    /// Who made that commit.
    pub implementers: Vec<String>,
    /// The evaluation that no longer had it: nobody of the implementers, but the program with the rules of the branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<RecordId>,
    /// Whole days from its beginning to its end or to now.
    pub age_days: i64,
    /// Whether it was or is there after it was due.
    pub overdue: bool,
    /// How often it came back after having been removed.
    pub recurrences: u64,
    /// Where the tracker says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<Disagreement>,
}

/// What became of each finding of the period that blocks by its severity or that a record let pass, or of which there is a
/// ticket; the longest overdue first.
pub(super) fn remediations(
    exposures: &[Exposure],
    landings: &[LandingReport],
    declared: &Declared,
    tickets: &Tickets,
    as_of: i64,
) -> Vec<Remediation> {
    let landed: BTreeMap<&str, &LandingReport> = landings.iter().map(|own| (own.commit.as_str(), own)).collect();
    let blocks = |own: &&Exposure| {
        matches!(own.severity.as_str(), "critical" | "high")
            || !own.accepted_by.is_empty()
            || tickets.of(&own.fingerprint).is_some()
    };
    let told = exposures.iter().filter(blocks).filter_map(|own| one(own, &landed, declared, tickets, as_of));
    let mut all: Vec<Remediation> = told.collect();
    all.sort_by_key(|own| (own.closure, !own.overdue, own.due.map(Instant::seconds), own.fingerprint.clone()));
    all
}

fn one(
    own: &Exposure,
    landed: &BTreeMap<&str, &LandingReport>,
    declared: &Declared,
    tickets: &Tickets,
    as_of: i64,
) -> Option<Remediation> {
    let last = own.spans.last()?;
    let ticket = tickets.of(&own.fingerprint);
    let since = last.from.seconds();
    let severity = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let severity = severity.into_iter().find(|known| known.as_str() == own.severity);
    let by_severity = severity.and_then(remediation_days).map(|days| since.saturating_add(i64::from(days) * DAY));
    let due = ticket.and_then(|own| own.due).or(by_severity);
    let ended = last.to.map(Instant::seconds);
    let closure = match (ended, own.accepted) {
        (Some(_), _) => Closure::Removed,
        (None, true) if own.accepted_by.iter().any(|record| record.starts_with("exception ")) => Closure::Mitigated,
        (None, true) => Closure::RiskAccepted,
        (None, false) => Closure::Open,
    };
    let state = ticket.map(|own| own.state);
    let owner_of = |system: &String| declared.systems.iter().find(|own| own.id == *system)?.owner.clone();
    let closing = last.to_commit.as_deref().and_then(|commit| landed.get(commit));
    Some(Remediation {
        fingerprint: own.fingerprint.clone(),
        policy: own.policy.clone(),
        severity: own.severity.clone(),
        subject: own.subject.clone(),
        since: last.from,
        owner: ticket.and_then(|own| own.owner.clone()).or_else(|| own.systems.iter().find_map(owner_of)),
        due: due.map(Instant::from_seconds),
        ticket: ticket.map(|own| own.ticket.clone()),
        ticket_state: state,
        closure,
        records: if own.accepted { own.accepted_by.clone() } else { Vec::new() },
        removed: last.to,
        removed_commit: last.to_commit.clone(),
        implementers: closing.map(|own| own.authors.clone()).unwrap_or_default(),
        verified: last.to_record.or_else(|| closing?.evaluation),
        age_days: (ended.unwrap_or(as_of).saturating_sub(since)).div_euclid(DAY),
        overdue: matches!(closure, Closure::Open | Closure::Removed)
            && due.is_some_and(|due| ended.unwrap_or(as_of) >= due),
        recurrences: own.spans.len().saturating_sub(1) as u64,
        disagreement: match (closure, state) {
            (Closure::Open, Some(TicketState::Closed)) => Some(Disagreement::ClosedNotFixed),
            (Closure::Removed, Some(TicketState::Open)) => Some(Disagreement::FixedNotClosed),
            _ => None,
        },
    })
}
