//! Tables and Markdown.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::fixture::{HOSTILE, empty, hostile, rich};
use crate::report::{csv_files, markdown};

fn read(text: &str) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.into_records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn every_table_is_there_with_a_head_and_its_rows() {
    let report = rich();
    let spans: usize = report.exposures.iter().map(|own| own.spans.len()).sum();
    let requirements: usize = report.frameworks.iter().map(|own| own.requirements.len()).sum();
    let told: Vec<(String, usize)> =
        csv_files(&report).into_iter().map(|(name, text)| (name, read(&text).len() - 1)).collect();
    let expected = [
        ("landings.csv", 60),
        // Five were taken, each once; seven were not, and have a row all the same.
        ("ways.csv", 12),
        ("days.csv", 92),
        ("policies.csv", 20),
        ("exposures.csv", spans),
        ("accepted.csv", 3),
        ("frameworks.csv", requirements),
        ("versions.csv", 3),
        ("comparison.csv", 8),
        // The last had ended before.
        ("in-force.csv", 3),
        ("remediation.csv", report.remediations.len()),
        ("systems.csv", 3),
        ("matrix.csv", 3),
        ("privileged.csv", 1),
        ("services.csv", 2),
        ("credentials.csv", 4),
        ("reviews.csv", 1),
        ("leavers.csv", 1),
        // Three are in scope, and an export tells of one more.
        ("observed.csv", 4),
        ("attached.csv", 3),
        ("changes.csv", 4),
        ("worksheet.csv", 6),
    ];
    assert_eq!(told, expected.map(|(name, rows)| (name.to_owned(), rows)));
    assert_eq!(spans, 16, "one of fifteen came back");
}

#[test]
fn an_empty_report_has_heads_alone() {
    for (name, text) in csv_files(&empty()) {
        let rows = read(&text).len() - 1;
        let expected = match name.as_str() {
            "ways.csv" => 12,
            "days.csv" => 92,
            _ => 0,
        };
        assert_eq!(rows, expected, "{name}");
    }
}

#[test]
fn no_cell_is_a_formula() {
    let files = csv_files(&hostile());
    let mut defused = 0;
    for (name, text) in &files {
        assert!(text.ends_with("\r\n"), "{name} ends its rows as RFC 4180 says");
        for cell in read(text).into_iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{name}: {cell:?}");
            defused += usize::from(cell.starts_with("'=cmd"));
        }
    }
    assert!(defused > 3, "the formula is in it, with an apostrophe: {defused}");
}

#[test]
fn formulas_of_every_kind_are_defused_and_text_is_left_alone() {
    let mut report = rich();
    let subjects = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a=1", "it's", "1-2", ""];
    for (own, subject) in report.completeness.landings.iter_mut().zip(subjects) {
        own.subject = subject.to_owned();
    }
    let files = csv_files(&report);
    let cells: Vec<String> = read(&files[0].1).into_iter().skip(1).map(|row| row[3].clone()).collect();
    let expected = ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "a=1", "it's", "1-2", ""];
    assert_eq!(cells[..10], expected);
}

#[test]
fn a_way_nobody_looked_for_is_not_zero() {
    let files = csv_files(&rich());
    let ways = read(&files[1].1);
    let of = |title: &str| ways.iter().find(|row| row[0] == title).unwrap()[2..4].to_vec();
    assert_eq!(of("a tag was moved"), ["no", "?"]);
    assert_eq!(of("recorded commits are gone from the branch"), ["yes", "0"]);
    assert_eq!(of("the forge let somebody pass by a rule"), ["in_part", "0"]);
}

#[test]
fn the_same_report_gives_the_same_text() {
    assert_eq!(markdown(&rich()), markdown(&rich()));
    assert_eq!(csv_files(&rich()), csv_files(&rich()));
}

#[test]
fn markdown_has_each_section_and_each_finding() {
    let report = rich();
    let text = markdown(&report);
    assert_eq!(text.lines().filter(|line| line.starts_with("## ")).count(), 26);
    for own in &report.exposures {
        assert!(text.contains(&own.fingerprint[..12]), "{}", own.fingerprint);
    }
    for own in report.completeness.landings.iter().filter(|own| own.state.is_ungated()) {
        assert!(text.contains(&own.commit), "{}", own.commit);
    }
}

/// What a reader of Markdown makes of it.
fn events(text: &str) -> Vec<Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES).collect()
}

#[test]
fn every_row_of_a_markdown_table_has_as_many_cells_as_its_head() {
    for report in [rich(), empty(), hostile()] {
        let text = markdown(&report);
        let mut cells = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                cells = None;
                continue;
            }
            let count = line.replace("\\|", "").matches('|').count();
            assert_eq!(*cells.get_or_insert(count), count, "{line}");
        }
    }
}

#[test]
fn markdown_makes_no_markup_of_what_strangers_write() {
    let (text, plain) = (markdown(&hostile()), markdown(&rich()));
    let found = events(&text);
    for event in &found {
        let markup = matches!(
            event,
            Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_) | Tag::Emphasis)
        );
        assert!(!markup, "{event:?}");
    }
    let headings =
        |events: &[Event<'_>]| events.iter().filter(|own| matches!(own, Event::Start(Tag::Heading { .. }))).count();
    assert_eq!(headings(&found), headings(&events(&plain)));
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "no escapes of a terminal");
    let shown: String =
        found.iter().filter_map(|own| if let Event::Text(text) = own { Some(&**text) } else { None }).collect();
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for hostile in HOSTILE {
        let hostile = crate::report::words::visible(hostile);
        assert!(squeezed(&shown).contains(&squeezed(&hostile)), "{hostile} is shown as it is");
    }
}

#[test]
fn an_empty_report_says_zero_of_what() {
    let text = markdown(&empty());
    assert!(text.contains("**Complete:** each of 0 landings"));
    assert!(text.contains("0 records let something pass, among 0 landings and 0 findings."));
    assert!(text.contains("0 of 92 days"));
}
