//! A timeline as comma-separated values (RFC 4180): a row for each time that something was there.

use super::{TimelineReport, TimelineSpan};
use crate::rules::Instant;

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
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail, and rows are all as long as the header.
    let _ = writer.write_record(HEADER);
    for item in &report.items {
        for span in &item.spans {
            let asks = item.days_without_record.is_some();
            let without: u64 = span.without_record.iter().map(|own| own.days).sum();
            let row = [
                item.kind.as_str().to_owned(),
                safe(&item.subject),
                safe(item.conflict.as_deref().unwrap_or_default()),
                safe(&item.duties.join(" ")),
                safe(&item.title),
                item.severity.map(|own| own.as_str().to_owned()).unwrap_or_default(),
                safe(item.policy.as_deref().unwrap_or_default()),
                safe(&item.systems.join(" ")),
                item.held.as_str().to_owned(),
                span.from.to_string(),
                span.from_commit.clone().unwrap_or_default(),
                span.since_before.to_string(),
                span.after_gap.to_string(),
                span.to.map(|own| own.to_string()).unwrap_or_default(),
                span.to_commit.clone().unwrap_or_default(),
                span.days.to_string(),
                parts(span.not_known.iter().map(|own| (String::new(), own.from, own.to))),
                safe(&records(span)),
                if asks { without.to_string() } else { String::new() },
                item.fingerprint.clone().unwrap_or_default(),
            ];
            let _ = writer.write_record(row);
        }
    }
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
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

/// A text that no spreadsheet takes for a formula.
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
