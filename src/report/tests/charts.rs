//! The charts of sections that are a sentence and a table.

use super::fixture::{empty, hostile, many, rich};
use crate::report::charts::of_section;
use crate::report::model::Report;
use crate::report::remediation::{Closure, Remediation};
use crate::rules::Instant;

const SECTIONS: [&str; 4] = ["in-force", "remediation", "credentials", "reviews"];

fn svg(report: &Report, id: &str) -> String {
    of_section(report, id).unwrap().svg
}

fn at(text: &str) -> Option<Instant> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Instant::from_seconds(at.as_second()))
}

#[test]
fn what_has_nothing_to_show_is_not_drawn() {
    for id in SECTIONS {
        assert!(of_section(&empty(), id).is_none(), "{id}");
        assert!(of_section(&rich(), id).is_some(), "{id}");
    }
    let mut report = rich();
    report.declared.credentials.retain(|own| own.age_days.is_none());
    report.remediations.retain(|own| own.closure != Closure::Open);
    report.records.retain(|own| !own.in_force);
    report.declared.reviews.iter_mut().for_each(|own| own.items = 0);
    for id in SECTIONS {
        assert!(of_section(&report, id).is_none(), "{id}");
    }
    assert!(of_section(&rich(), "systems").is_none());
}

#[test]
fn each_has_a_name_and_the_same_bytes_every_time() {
    for report in [rich(), hostile(), many(500)] {
        for id in SECTIONS {
            let own = svg(&report, id);
            assert_eq!(own, svg(&report, id));
            assert!(own.contains(&format!("aria-labelledby=\"chart-{id}-title chart-{id}-desc\"")), "{id}");
            assert!(!own.contains("<script") && !own.contains("=\"-") && !own.contains("NaN"), "{id}: {own}");
        }
    }
}

#[test]
fn a_credential_that_is_too_old_has_another_shape() {
    let own = svg(&rich(), "credentials");
    assert!(own.contains("<title>intake-2026-10 of service:invoice-bot: 183 days old, may become 90</title>"), "{own}");
    assert!(own.contains("<title>intake-2026-12 of service:invoice-bot: 20 days old, may become 90</title>"));
    assert!(own.contains("2 of 4 credentials, 1 of them older than allowed."));
    // Each once, and once in the legend.
    assert_eq!(own.matches("class=\"dot old\"").count(), 2);
    assert_eq!(own.matches("class=\"dot\"").count(), 2);
    let mut report = rich();
    let one = report.declared.credentials.remove(0);
    report.declared.credentials = vec![one; 23];
    assert!(svg(&report, "credentials").contains("3 more stand in the table"));
    // On the last day that it may live it is not too old; what was made later than now is no day old.
    for own in &mut report.declared.credentials {
        own.age_days = Some(90);
    }
    assert!(svg(&report, "credentials").contains("0 of them older than allowed"));
    report.declared.credentials.iter_mut().for_each(|own| own.age_days = Some(-3));
    assert!(svg(&report, "credentials").contains(": 0 days old"));
}

#[test]
fn open_findings_are_counted_once_by_age_and_severity() {
    let mut report = rich();
    let is_open = |own: &&Remediation| own.closure == Closure::Open;
    let one = report.remediations.iter().find(is_open).unwrap().clone();
    let ages = [(7, "critical", false), (8, "", false), (90, "high", true), (181, "low", true), (400, "low", true)];
    report.remediations.retain(|own| own.closure != Closure::Open);
    report.remediations.extend(ages.map(|(age_days, severity, overdue)| Remediation {
        age_days,
        overdue,
        severity: severity.to_owned(),
        ..one.clone()
    }));
    let drawn = of_section(&report, "remediation").unwrap();
    assert!(drawn.svg.contains("<title>up to 7 days, critical: 1</title>"), "{}", drawn.svg);
    assert!(drawn.svg.contains("<title>8 to 30 days, not known: 1</title>"));
    assert!(drawn.svg.contains("<title>over 180 days, low: 2</title>") && drawn.svg.contains(">2, 2 overdue</text>"));
    assert!(drawn.svg.contains("5 findings of this section open, 3 of them overdue"));
    let rows: Vec<(String, String)> =
        drawn.behind.unwrap().rows.into_iter().map(|(class, cells)| (class, cells.join(" "))).collect();
    let expected = [
        ("up to 7 days", "1 0 0 0 0 1 0"),
        ("8 to 30 days", "0 0 0 0 1 1 0"),
        ("31 to 90 days", "0 1 0 0 0 1 1"),
        ("91 to 180 days", "0 0 0 0 0 0 0"),
        ("over 180 days", "0 0 0 2 0 2 2"),
    ];
    assert_eq!(rows, expected.map(|(class, cells)| (class.to_owned(), cells.to_owned())));
}

#[test]
fn a_review_is_drawn_from_what_was_frozen_to_what_was_carried_out() {
    let drawn = of_section(&rich(), "reviews").unwrap();
    for told in ["9 of 12", "2 of 9", "1 of 2"] {
        assert!(drawn.svg.contains(&format!(">{told}</text>")), "{told}: {}", drawn.svg);
    }
    for told in ["9 decided", "3 undecided although it is late", "1 gone or changed", "1 as they were, past their day"]
    {
        assert!(drawn.svg.contains(&format!("<title>UAR-2026Q4: {told}</title>")), "{told}: {}", drawn.svg);
    }
    let rows = drawn.behind.unwrap().rows;
    assert_eq!(rows, [("UAR-2026Q4".to_owned(), ["12", "9", "3", "2", "1", "1", "1"].map(str::to_owned).into())]);
}

#[test]
fn a_record_is_drawn_until_it_ends_or_is_removed() {
    let mut report = rich();
    let own = svg(&report, "in-force");
    // In force from the day that it names, also where it landed before. Days begin at +01:00.
    assert!(
        own.contains("<title>approval AP-2026-118: from 2026-10-21 01:00, until 2027-01-31 00:59</title>"),
        "{own}"
    );
    assert!(own.contains("<title>exception EX-2026-014: from 2026-10-21 01:00, removed 2026-12-01 11:00</title>"));
    assert!(own.contains("<title>emergency EM-2026-003: from 2026-11-20 23:00, until 2026-11-21 04:59</title>"));
    assert!(!own.contains("EX-2026-002"), "it was not in force");
    assert!(own.contains("1 approval, 1 exception and 1 emergency; 2 of them ended or were removed before"));
    // One goes on and is in the legend, and so with the others.
    for class in ["onward", "ended", "cross"] {
        assert_eq!(own.matches(&format!("class=\"{class}\"")).count(), 2, "{class}");
    }
    let one = report.records[0].clone();
    report.records[0].begins = at("2026-01-01T00:00:00Z");
    report.records[0].landed = at("2026-01-01T00:00:00Z").unwrap();
    report.records[0].ends = None;
    let own = svg(&report, "in-force");
    assert!(own.contains("approval AP-2026-118: from 2026-01-01 01:00, without an end"), "{own}");
    assert_eq!(own.matches("class=\"before\"").count(), 2);
    report.records = vec![one; 30];
    assert!(svg(&report, "in-force").contains("6 more stand in the table"));
}
