//! What a manifest says of the life of a service identity, and of what a system means for the company's reporting.

use schemars::JsonSchema;
use serde::Deserialize;

use super::schema::{ServiceIdentitySpec, SystemSpec};
use super::values::{Date, Many, Name, PersonRef};
use crate::facts::{Approved, Assertion, ControlFact, Lifecycle, ProcessFact, Reporting, Text};
use crate::formats::{Lowering, text};
use crate::rules::Frequency;
use crate::syntax::Spanned;

/// Who approved that a service identity exists.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovedSpec {
    /// Who; neither the owner nor an operator.
    pub(super) by: Spanned<PersonRef>,
    /// On which day.
    pub(super) on: Date,
    /// The ticket in which it was asked for.
    #[serde(default)]
    pub(super) ticket: Option<String>,
}

/// Who looked at it last.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReviewedSpec {
    /// Who.
    pub(super) by: PersonRef,
    /// On which day.
    pub(super) on: Date,
}

/// A control that makes up for something.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ControlSpec {
    /// Its id in the company's own list.
    pub(super) id: Name,
    /// Who answers for it.
    pub(super) owner: PersonRef,
    /// Who does it.
    pub(super) monitor: PersonRef,
    /// How often.
    pub(super) frequency: Frequency,
    /// The last day on which it was done.
    #[serde(default)]
    pub(super) last_operated: Option<Date>,
    /// Whether it works. Left out: it does.
    #[serde(default)]
    pub(super) effective: Option<bool>,
}

/// A process that a system carries.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessSpec {
    /// Its name, such as `purchase to pay`.
    pub(super) name: Name,
    /// The significant accounts that it books on.
    #[serde(default)]
    pub(super) accounts: Many<Name>,
    /// What of these accounts it bears on.
    #[serde(default)]
    pub(super) assertions: Vec<Assertion>,
    /// The clause of the company's policy that asks for control over it.
    #[serde(default)]
    pub(super) clause: Option<String>,
}

/// Why a system is left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExcludedSpec {
    /// In a sentence.
    pub(super) reason: Name,
}

pub(super) fn lifecycle(lowering: &Lowering<'_>, spec: &ServiceIdentitySpec) -> Lifecycle {
    Lifecycle {
        approved: spec.approved.as_ref().map(|own| Approved {
            by: text(&own.by.value.0),
            at: own.on.start,
            ticket: own.ticket.as_deref().map(Text::from),
            origin: lowering.at(own.by.span),
        }),
        stage: spec.stage,
        until: spec.until.map(|date| date.end),
        retired: spec.retired.map(|date| date.start),
        reviewed: spec.reviewed.as_ref().map(|own| (text(&own.by.0), own.on.start)),
        tags: sorted(&spec.tags),
        control: spec.compensating_control.as_ref().map(control),
    }
}

pub(super) fn reporting(spec: &SystemSpec) -> Reporting {
    let process = |own: &Spanned<ProcessSpec>| ProcessFact {
        name: text(&own.value.name.0),
        accounts: own.value.accounts.0.iter().map(|account| text(&account.value.0)).collect(),
        assertions: sorted(&own.value.assertions),
        clause: own.value.clause.as_deref().map(Text::from),
    };
    Reporting {
        processes: spec.processes.0.iter().map(process).collect(),
        excluded: spec.excluded.as_ref().map(|own| text(&own.reason.0)),
        tags: sorted(&spec.tags),
        control: spec.compensating_control.as_ref().map(control),
    }
}

fn control(spec: &ControlSpec) -> ControlFact {
    ControlFact {
        id: text(&spec.id.0),
        owner: text(&spec.owner.0),
        monitor: text(&spec.monitor.0),
        every_days: spec.frequency.days(),
        last_operated: spec.last_operated.map(|date| date.start),
        effective: spec.effective.unwrap_or(true),
    }
}

fn sorted<T: Ord + Copy>(written: &[T]) -> Vec<T> {
    let mut all = written.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}
