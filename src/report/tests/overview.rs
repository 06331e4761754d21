//! One report of many repositories.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::fixture::{HOSTILE, empty, hostile, rich};
use super::pages::{between, data, markup};
use crate::history::{CloneAnswer, reconcile};
use crate::report::model::Report;
use crate::report::{Overview, Part, Whole, overview, overview_csv, overview_html, overview_markdown};
use crate::store::Digest;

fn of(reports: &[(&str, &Report)]) -> Overview {
    let part = |(name, report): &(&str, &Report)| Part::of(report, (name, name), &[], Digest::of(b"").to_string());
    let answer = |(name, report): &(&str, &Report)| CloneAnswer {
        folder: (*name).to_owned(),
        name: None,
        answer: Ok(report.completeness.clone()),
    };
    let lost = CloneAnswer { folder: "lost".to_owned(), name: None, answer: Err("it is no repository".to_owned()) };
    let answers = reports.iter().map(answer).chain([lost]).collect();
    let frame = &rich().completeness.frame;
    let as_of = rich().as_of.seconds();
    let population = reconcile(&frame.period, as_of, None, answers);
    let whole = Whole { entity: "Example", version: "0.1.0", as_of, judged: false, files: Vec::new() };
    overview(population, reports.iter().map(part).collect(), whole)
}

#[test]
fn numbers_are_the_sums_of_the_reports() {
    let rich = rich();
    let one = of(&[("access", &rich)]);
    let both = of(&[("access", &rich), ("erp", &rich), ("new", &empty())]);
    assert_eq!(one.position, rich.position);
    assert_eq!(both.position.closing, 2 * rich.position.closing);
    assert_eq!(both.position.days, 2 * rich.position.days);
    let severities = |own: &Overview| own.by_severity.iter().map(|own| own.position.closing).sum::<u64>();
    assert_eq!(severities(&both), both.position.closing);
    assert_eq!(both.population.landed, 2 * rich.completeness.landed);
    assert_eq!(both.ungated.len() as u64, both.population.ungated);
    assert_eq!(both.open.len() as u64, both.position.closing);
    let accepted = both.open.iter().filter(|own| !own.accepted_by.is_empty()).count() as u64;
    assert_eq!(accepted, both.position.closing_accepted);
    assert!(!both.population.complete, "a repository that cannot be read is not complete");
}

#[test]
fn who_has_findings_in_several_repositories_is_named() {
    let rich = rich();
    assert!(of(&[("access", &rich)]).across.is_empty());
    let both = of(&[("access", &rich), ("erp", &rich)]);
    let subjects: BTreeSet<&str> = both.open.iter().map(|own| own.subject.as_str()).collect();
    assert_eq!(both.across.iter().map(|own| own.subject.as_str()).collect::<BTreeSet<_>>(), subjects);
    assert!(both.across.iter().all(|own| own.repositories == ["access", "erp"]));
}

#[test]
fn the_most_severe_and_the_oldest_stand_first() {
    let all = of(&[("access", &rich()), ("erp", &rich())]).open;
    let rank = |severity: &str| ["critical", "high", "medium", "low"].iter().position(|own| *own == severity);
    for pair in all.windows(2) {
        let key = |own: &crate::report::OpenFinding| (rank(&own.severity), own.since);
        assert!(key(&pair[0]) <= key(&pair[1]), "{pair:?}");
    }
}

#[test]
fn a_repository_that_cannot_be_read_is_in_the_table_with_its_reason() {
    let files = overview_csv(&of(&[("access", &rich())]));
    let (_, table) = files.iter().find(|(name, _)| name == "repositories.csv").unwrap();
    assert!(table.contains("lost,it is no repository,0,0,,,"), "{table}");
}

#[test]
fn the_page_is_whole_and_strangers_write_no_markup() {
    let made = of(&[(HOSTILE[0], &hostile()), (HOSTILE[2], &hostile())]);
    let page = overview_html(&made).unwrap();
    let found: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
    assert_eq!(found, serde_json::to_value(&made).unwrap());
    let page = markup(&page);
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    for tag in between(&page, "<", ">") {
        let bare: String = tag.split('"').step_by(2).collect();
        assert!(!bare.to_lowercase().contains(" on"), "{tag}");
    }
    let ids: BTreeSet<&str> = between(&page, " id=\"", "\"").into_iter().collect();
    assert_eq!(ids.len(), between(&page, " id=\"", "\"").len());
    for href in between(&page, "href=\"", "\"") {
        assert!(href == "data:," || ids.contains(href.strip_prefix('#').unwrap()), "{href}");
    }
}

#[test]
fn the_markdown_has_each_table_and_strangers_write_no_markup() {
    let made = of(&[(HOSTILE[0], &hostile()), (HOSTILE[2], &hostile())]);
    let text = overview_markdown(&made);
    let events: Vec<Event<'_>> = Parser::new_ext(&text, Options::ENABLE_TABLES).collect();
    for event in &events {
        let markup = matches!(
            event,
            Event::Html(_)
                | Event::InlineHtml(_)
                | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))
        );
        assert!(!markup, "{event:?}");
    }
    let headings = events.iter().filter(|own| matches!(own, Event::Start(Tag::Heading { .. }))).count();
    // The title, seven tables, and what it cannot show.
    assert_eq!(headings, 9, "{text}");
    let rows = |id: &str| overview_csv(&made).iter().find(|(name, _)| name == id).unwrap().1.lines().count();
    let of_section = |title: &str| {
        let section = text.split("\n## ").find(|own| own.starts_with(title)).unwrap();
        section.lines().filter(|line| line.starts_with('|')).count()
    };
    // Two lines are the head here, and one there.
    assert_eq!(of_section("Repositories"), rows("repositories.csv") + 1);
}

/// It stands where `.ci/report_page.py` opens it in a browser.
#[test]
fn the_example_is_written_for_a_browser() {
    let page = overview_html(&of(&[("acme/access", &rich()), ("acme/erp", &rich()), ("acme/new", &empty())])).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-page");
    fs::create_dir_all(&folder).unwrap();
    assert!(page.trim_end().ends_with("</html>"));
    fs::write(folder.join("overview.html"), page).unwrap();
}
