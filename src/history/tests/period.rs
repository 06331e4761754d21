//! Periods.

use crate::history::{Offset, Period, PeriodError};

fn period(text: &str) -> Period {
    Period::parse(text, Offset::UTC).unwrap()
}

/// An instant as epoch seconds.
fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

#[test]
fn each_form_has_the_ends_of_the_calendar() {
    for (text, from, to, days) in [
        ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 365),
        ("2028", "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", 366),
        ("2026H1", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z", 181),
        ("2026H2", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z", 184),
        ("2026Q1", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", 90),
        ("2026Q2", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z", 91),
        ("2026Q3", "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z", 92),
        ("2026Q4", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z", 92),
        ("2026-02", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", 28),
        ("2028-02", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z", 29),
        ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", 31),
        ("2026-10-01..2026-12-31", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z", 92),
        ("2026-10-01..2026-10-01", "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z", 1),
    ] {
        let period = period(text);
        assert_eq!((period.from, period.to, period.name.as_str()), (at(from), at(to), text), "{text}");
        assert_eq!(period.days().count(), days, "{text}");
    }
}

#[test]
fn what_is_no_period_is_an_error_that_says_how_to_write_one() {
    for text in [
        "",
        "26",
        "2026Q",
        "2026Q0",
        "2026Q5",
        "2026q4",
        "2026H0",
        "2026H3",
        "2026-0",
        "2026-00",
        "2026-13",
        "2026-1",
        "2026é",
        "é",
        "２０２６",
        "2026Q4 ",
        " 2026",
        "+2026",
        "-2026",
        "1969",
        "9999",
        "2026-10-01",
        "2026-02-29..2026-03-01",
        "2026-12-31..2026-10-01",
        "2026-10-01..",
        "..2026-10-01",
        "20261001..20261231",
        "2026-10-01...2026-12-31",
        "2026-10-01T00:00..2026-12-31",
        "2026-Q4",
        "Q4 2026",
        "1969-12-31..1970-01-02",
    ] {
        let error = Period::parse(text, Offset::UTC).unwrap_err();
        assert_eq!(error, PeriodError::Name(text.to_owned()));
        assert_eq!(error.to_string(), format!("`{text}` is not a period"));
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("2026Q4"));
    }
}

#[test]
fn the_end_is_outside_and_the_beginning_inside() {
    let period = period("2026Q4");
    assert!(period.contains(at("2026-10-01T00:00:00Z")) && period.contains(at("2026-12-31T23:59:59Z")));
    assert!(!period.contains(at("2026-09-30T23:59:59Z")) && !period.contains(at("2027-01-01T00:00:00Z")));
}

#[test]
fn days_begin_by_the_offset_and_follow_each_other_without_a_gap() {
    let east = Period::parse("2026Q4", "+01:00".parse().unwrap()).unwrap();
    assert_eq!((east.from, east.to), (at("2026-10-01T00:00:00+01:00"), at("2027-01-01T00:00:00+01:00")));
    let west = Period::parse("2026-10", "-03:30".parse().unwrap()).unwrap();
    assert_eq!(west.from, at("2026-10-01T00:00:00-03:30"));
    for period in [east, west, period("2028-02")] {
        let days: Vec<_> = period.days().collect();
        assert_eq!((days[0].from, days[days.len() - 1].to), (period.from, period.to));
        assert!(days.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].name < pair[1].name));
        assert!(days.iter().all(|day| day.from == at(&format!("{}T00:00:00Z", day.name)) - period.offset.seconds()));
    }
}

#[test]
fn offsets_are_read_as_they_are_written() {
    for text in ["UTC", "+01:00", "-05:00", "+05:45", "-03:30", "+14:00", "-12:00", "+00:30", "-00:30"] {
        assert_eq!(text.parse::<Offset>().unwrap().to_string(), text);
    }
    assert_eq!("+00:00".parse::<Offset>().unwrap(), Offset::UTC);
    assert_eq!("-03:30".parse::<Offset>().unwrap().seconds(), -12_600);
    for text in [
        "",
        "Z",
        "utc",
        "+1",
        "+1:00",
        "01:00",
        "+01",
        "+0100",
        "+01:60",
        "+14:01",
        "-15:00",
        "-00:00",
        "+-1:00",
        "+01:00:00",
        "Europe/Berlin",
        "CET",
        "+０1:00",
    ] {
        let error = text.parse::<Offset>().unwrap_err();
        assert_eq!(error, PeriodError::Offset(text.to_owned()));
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("+01:00"));
    }
}

#[test]
fn the_previous_period_is_of_the_same_kind_and_ends_where_this_one_begins() {
    for (text, before) in [
        ("2026", "2025"),
        ("2026H2", "2026H1"),
        ("2026H1", "2025H2"),
        ("2026Q4", "2026Q3"),
        ("2026Q1", "2025Q4"),
        ("2026-10", "2026-09"),
        ("2026-01", "2025-12"),
        ("2026-03", "2026-02"),
        ("2026-10-01..2026-12-31", "2026-07-01..2026-09-30"),
        ("2026-03-01..2026-03-01", "2026-02-28..2026-02-28"),
    ] {
        let offset = "-08:00".parse().unwrap();
        let period = Period::parse(text, offset).unwrap();
        let previous = period.previous().unwrap();
        assert_eq!(previous, Period::parse(before, offset).unwrap(), "{text}");
        assert_eq!(previous.to, period.from, "{text}");
    }
    for first in ["1970", "1970H1", "1970Q1", "1970-01", "1970-01-01..1970-01-02"] {
        assert_eq!(period(first).previous(), None, "{first}");
    }
}

#[test]
fn a_stored_period_has_its_offset_and_contradicts_itself_nowhere() {
    let period = Period::parse("2026Q4", "+01:00".parse().unwrap()).unwrap();
    let json = serde_json::to_string(&period).unwrap();
    let (from, to) = ("2026-09-30T23:00:00Z", "2026-12-31T23:00:00Z");
    assert_eq!(json, format!(r#"{{"name":"2026Q4","offset":"+01:00","from":"{from}","to":"{to}"}}"#));
    assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
    assert_eq!(period.to_string(), "2026Q4 at +01:00");
    for (old, new) in [("2026Q4", "2026Q3"), ("+01:00", "+02:00"), (to, "2027-01-31T23:00:00Z"), (from, to)] {
        let wrong = serde_json::from_str::<Period>(&json.replacen(old, new, 1)).unwrap_err();
        assert!(wrong.to_string().contains("other ends than it says"), "{wrong}");
    }
    assert!(serde_json::from_str::<Period>(&json.replace("+01:00", "CET")).unwrap_err().to_string().contains("`CET`"));
}
