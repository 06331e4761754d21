//! A timeline as comma-separated values (RFC 4180): a row for each time that something was there.

use super::{TimelineReport, TimelineSpan};
use crate::rules::Instant;
use crate::syntax::{CsvTable, RowEnd};

const HEADER: [&str; 20] = [
    "kind",
    "subject",
    "conflict",
    "duties",
    "title",
    "severity",
    "policy",
    "systems",
    "held",
    "from",
    "from_commit",
    "since_before",
    "after_gap",
    "to",
    "to_commit",
    "days",
    "not_known",
    "records",
    "days_without_record",
    "fingerprint",
];

/// The timeline as a table.
#[must_use]
pub fn timeline_csv(report: &TimelineReport) -> String {
    let mut table = CsvTable::new(&HEADER, RowEnd::Lf);
    for item in &report.items {
        for span in &item.spans {
            let asks = item.days_without_record.is_some();
            let without: u64 = span.without_record.iter().map(|own| own.days).sum();
            let row = [
                item.kind.as_str().to_owned(),
                item.subject.clone(),
                item.conflict.clone().unwrap_or_default(),
                item.duties.join(" "),
                item.title.clone(),
                item.severity.map(|own| own.as_str().to_owned()).unwrap_or_default(),
                item.policy.clone().unwrap_or_default(),
                item.systems.join(" "),
                item.held.as_str().to_owned(),
                span.from.to_string(),
                span.from_commit.clone().unwrap_or_default(),
                span.since_before.to_string(),
                span.after_gap.to_string(),
                span.to.map(|own| own.to_string()).unwrap_or_default(),
                span.to_commit.clone().unwrap_or_default(),
                span.days.to_string(),
                parts(span.not_known.iter().map(|own| (String::new(), own.from, own.to))),
                records(span),
                if asks { without.to_string() } else { String::new() },
                item.fingerprint.clone().unwrap_or_default(),
            ];
            table.row(&row);
        }
    }
    table.finish()
}

fn records(span: &TimelineSpan) -> String {
    parts(span.records.iter().map(|own| (format!("{} ", own.record), own.from, own.to)))
}

fn parts(all: impl Iterator<Item = (String, Instant, Option<Instant>)>) -> String {
    let part = |(what, from, to): (String, Instant, Option<Instant>)| {
        format!("{what}{from}/{}", to.map(|own| own.to_string()).unwrap_or_default())
    };
    all.map(part).collect::<Vec<_>>().join("; ")
}
