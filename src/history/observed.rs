//! What others showed of systems: who used which access, what happened in sessions, that something was applied.
//!
//! No repository knows it. Exports that are attached to the evidence are told with where they come from; what is in them
//! nobody looks into here.

use schemars::JsonSchema;
use serde::Serialize;

use super::period::Period;
use crate::evidence::{Attached, AttachmentPurpose, AttachmentTier};
use crate::rules::Instant;

/// An export that was attached, by a key that counts, about a time within a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObservedExport {
    /// What it shows.
    pub shows: AttachmentPurpose,
    /// Whether a system itself shows it, or a person says so.
    pub tier: AttachmentTier,
    /// The systems that it tells of.
    pub systems: Vec<String>,
    /// From when on it tells of them.
    pub from: Instant,
    /// The first instant after that time.
    pub to: Instant,
    /// The system that it was taken from.
    pub source: String,
    /// The query, report or call that gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Who ran it.
    pub run_by: String,
    /// When.
    pub run_at: Instant,
    /// How many rows it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// What the file is called.
    pub file: String,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub digest: String,
    /// Whether it is kept with the evidence. Else whoever has it shows by its digest that it is the one.
    pub kept: bool,
    /// The place of the statement about it in the log.
    pub index: u64,
}

/// The exports that tell of a time within a period, in the order of the log; of what does not say of which time it is,
/// when it was run counts.
#[must_use]
pub fn observed_exports(told: &[Attached], period: &Period) -> Vec<ObservedExport> {
    let within = |from: i64, to: i64| from < period.to && to > period.from;
    let of = |own: &Attached| {
        let (from, to) = own.covers.unwrap_or((own.run_at, own.run_at.saturating_add(1)));
        (own.purpose != AttachmentPurpose::Night && within(from, to)).then(|| ObservedExport {
            shows: own.purpose,
            tier: own.tier,
            systems: own.systems.clone(),
            from: Instant::from_seconds(from),
            to: Instant::from_seconds(to),
            source: own.source.clone(),
            query: own.query.clone(),
            run_by: own.run_by.clone(),
            run_at: Instant::from_seconds(own.run_at),
            rows: own.rows,
            file: own.name.clone(),
            digest: own.file.to_string(),
            kept: own.kept,
            index: own.index,
        })
    };
    told.iter().filter_map(of).collect()
}
