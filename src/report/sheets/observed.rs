//! Sections about what no repository shows: the use of access, sessions and applies, as far as exports of them are attached.

use std::collections::BTreeSet;

use super::super::model::Report;
use super::super::words::{Clock, counted};
use super::{Cell, Sheet, number, words};
use crate::evidence::{AttachmentPurpose, AttachmentTier};
use crate::history::ObservedExport;
use crate::rules::Instant;

/// What may be shown, in the order of columns.
const SHOWN: [AttachmentPurpose; 3] =
    [AttachmentPurpose::Usage, AttachmentPurpose::Sessions, AttachmentPurpose::Applies];

/// By system, what is observed and what is not evidenced.
pub(super) fn observed(report: &Report) -> Sheet {
    let in_scope = report.declared.systems.iter().filter(|own| own.in_scope).map(|own| own.id.as_str());
    let told_of = report.observed.iter().flat_map(|own| &own.systems).map(String::as_str);
    let scoped: BTreeSet<&str> = in_scope.collect();
    let systems: BTreeSet<&str> = scoped.iter().copied().chain(told_of).collect();
    let of = |system: &str, shows: AttachmentPurpose| -> Vec<&ObservedExport> {
        let own = report.observed.iter().filter(|own| own.shows == shows);
        own.filter(|own| own.systems.iter().any(|named| named == system)).collect()
    };
    let known = |shows| scoped.iter().filter(|system| !of(system, shows).is_empty()).count();
    let [usage, sessions, applies] = SHOWN.map(known);
    let clock = Clock(report.completeness.frame.period.offset);
    let rows = systems.iter().map(|system| {
        let standing = if scoped.contains(system) { "in scope" } else { "not in scope" };
        let mut row = vec![Cell::text(system), Cell::text(standing)];
        row.extend(SHOWN.map(|shows| Cell::List(told(&of(system, shows), clock))));
        row
    });
    Sheet {
        id: "observed",
        title: "What no repository shows: use, sessions, applies",
        lead: format!(
            "Of {} in scope, the use of access is observed for {usage}, sessions for {sessions}, applies for {applies}, by {} \
             that were attached to the evidence. What is in them nobody looked into here: whoever relies on one reads the \
             file of its digest.",
            counted(scoped.len() as u64, "system", "systems"),
            counted(report.observed.len() as u64, "export", "exports"),
        ),
        caption: "What exports show of each system, and from when to when",
        columns: vec![
            words("System", "system"),
            words("Scope", "scope"),
            words("Use of access", "usage"),
            words("Sessions", "sessions"),
            words("Applies", "applies"),
        ],
        rows: rows.collect(),
        none: "No system is in scope, and no export was attached.".to_owned(),
    }
}

/// From when to when something is shown, and by whom.
fn told(exports: &[&ObservedExport], clock: Clock) -> Vec<String> {
    if exports.is_empty() {
        return vec!["not evidenced".to_owned()];
    }
    let said = exports.iter().map(|own| {
        let by = match own.tier {
            AttachmentTier::Observed => "observed",
            AttachmentTier::Attested => "attested",
        };
        let last = Instant::from_seconds(own.to.seconds().saturating_sub(1));
        format!("{by} {} to {}", clock.day(own.from), clock.day(last))
    });
    said.collect()
}

/// Each export, with where it comes from.
pub(super) fn exports(report: &Report) -> Sheet {
    let row = |own: &ObservedExport| {
        let shows = match own.shows {
            AttachmentPurpose::Night => "night",
            AttachmentPurpose::Usage => "usage",
            AttachmentPurpose::Sessions => "sessions",
            AttachmentPurpose::Applies => "applies",
        };
        let kept = if own.kept { "with the evidence" } else { "by its digest alone" };
        vec![
            Cell::text(shows),
            Cell::List(own.systems.clone()),
            Cell::At(Some(own.from)),
            Cell::Until(Some(own.to)),
            Cell::text(&own.source),
            Cell::maybe(own.query.as_ref()),
            Cell::text(&own.run_by),
            Cell::At(Some(own.run_at)),
            Cell::Number(own.rows.and_then(|rows| i64::try_from(rows).ok())),
            Cell::text(&own.file),
            Cell::Digest(own.digest.clone()),
            Cell::text(kept),
            Cell::count(own.index),
        ]
    };
    Sheet {
        id: "attached",
        title: "Exports of use, sessions and applies",
        lead: format!(
            "{} of the period, each signed into the log by a key that counts.",
            counted(report.observed.len() as u64, "export", "exports")
        ),
        caption: "Where each export comes from",
        columns: vec![
            words("Shows", "shows"),
            words("Systems", "systems"),
            words("From", "from"),
            words("Until", "until"),
            words("Source", "source"),
            words("Query", "query"),
            words("Run by", "run_by"),
            words("Run at", "run_at"),
            number("Rows", "rows"),
            words("File", "file"),
            words("SHA-256", "sha256"),
            words("Kept", "kept"),
            number("Place in the log", "index"),
        ],
        rows: report.observed.iter().map(row).collect(),
        none: "0 exports: countersign evidence attach --purpose usage adds one.".to_owned(),
    }
}
