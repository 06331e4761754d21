//! The comment on a pull request: what it may be made of, and how long.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::super::check::{StepReport, Tool, UnresolvedReport};
use super::super::run::Revision;
use super::*;
use crate::duties::Respect;
use crate::facts::Gap;

fn step(text: &str) -> StepReport {
    StepReport {
        text: text.to_owned(),
        side: Some(Side::Head),
        file: Some("grants.yaml".to_owned()),
        line: Some(3),
        column: Some(1),
    }
}

fn part(entity: &str) -> PartDiff {
    PartDiff {
        scope: BTreeMap::from([("legal_entity".to_owned(), vec![entity.to_owned()])]),
        held: Certainty::Certain,
        conditions: BTreeSet::new(),
        from: None,
        until: None,
    }
}

fn duty(principal: &str, duty: &str, alike: &str) -> DutyDiff {
    DutyDiff {
        principal: principal.to_owned(),
        kind: crate::gate::SubjectKind::Person,
        change: ShiftKind::Gained,
        respects: BTreeSet::new(),
        duty: duty.to_owned(),
        title: "execute supplier payments".to_owned(),
        privileged: false,
        system: "sap".to_owned(),
        before: Vec::new(),
        after: vec![part("DE01")],
        along: None,
        because: Some(BecauseDiff { step: step("somebody is granted payer"), alike: alike.to_owned() }),
        path: vec![step("somebody is granted payer"), step("payer permits PAY")],
    }
}

fn report(duties: Vec<DutyDiff>) -> DiffReport {
    let revision = |label: &str| Revision { label: label.to_owned(), commit: None, tree: None };
    DiffReport {
        schema: DIFF_SCHEMA,
        tool: Tool { name: "countersign", version: "0.0.0".to_owned() },
        as_of: "2026-11-21T00:00:00Z".to_owned(),
        base: revision("main"),
        head: revision("work tree"),
        merge: None,
        outcome: if duties.is_empty() { DiffOutcome::Unchanged } else { DiffOutcome::Changed },
        counted: Counted { principals: 5, principals_before: 5, touched: 1, grants: 9, grants_before: 9 },
        duties,
        conflicts: Vec::new(),
        escalations: Vec::new(),
        permissions: Vec::new(),
        accounts: Vec::new(),
        not_told: Vec::new(),
        told_now: 0,
        rules: RulesDiff::default(),
    }
}

/// Names that would be something else in a comment.
const HOSTILE: &[&str] = &[
    "a|b",
    "a\\|b",
    "a\\\\|b",
    "`|`",
    "``x``",
    "@octocat",
    "#12",
    "[click](https://evil.example)",
    "![x](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "</details><script>alert(1)</script>",
    "https://evil.example",
    "www.evil.example",
    "line\nbreak\r\n\n# heading",
    "**bold** _it_ ~~no~~",
    "-->",
    "&lt;b&gt;",
    "\u{202e}txt.exe",
    "",
    " ",
    "\\",
    "x\\",
];

#[test]
fn no_name_is_more_than_a_name() {
    for name in HOSTILE {
        let mut own = duty(name, name, &format!("by membership of {name}"));
        own.title = (*name).to_owned();
        own.system = (*name).to_owned();
        own.after = vec![part(name)];
        own.path = vec![step(name)];
        own.path[0].file = Some((*name).to_owned());
        let mut report = report(vec![own, duty("person:other", "PAY", "by a grant of payer")]);
        report.base.label = (*name).to_owned();
        report.accounts.push(AccountDiff {
            what: BesideKind::Membership,
            change: ShiftKind::Gained,
            who: (*name).to_owned(),
            of: Some((*name).to_owned()),
            side: None,
            file: None,
            line: None,
        });
        report.not_told.push(UnresolvedReport {
            gap: Gap::Broken,
            reason: (*name).to_owned(),
            consequence: (*name).to_owned(),
            file: Some((*name).to_owned()),
            line: Some(1),
            existing: false,
        });
        report.rules.rules.push((*name).to_owned());
        let text = diff_markdown(&report);
        let (mut cells, mut rows) = (0, 0);
        let mut in_code = 0;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    let own = ["<details><summary>", "</details>", "<sub>", "</sub>"];
                    assert!(own.iter().any(|own| html.trim().starts_with(own)), "{name:?}: {html}\n{text}");
                }
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("{name:?} is a link:\n{text}"),
                Event::Start(Tag::TableCell) => cells += 1,
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Code(_) => in_code += 1,
                Event::Text(text) => {
                    for mark in ["@octocat", "#12"] {
                        assert!(!text.contains(mark), "{name:?}: {text}");
                    }
                }
                _ => {}
            }
        }
        assert_eq!((rows, cells), (2, 15), "{name:?}:\n{text}");
        assert!(in_code > 10, "{name:?}:\n{text}");
    }
}

#[test]
fn it_fits_into_a_comment_and_counts_what_does_not() {
    let many = (0..3_000).map(|n| duty(&format!("person:p{n}"), &format!("D{n}"), &format!("by a grant of role-{n}")));
    let text = diff_markdown(&report(many.collect()));
    assert!(text.encode_utf16().count() < 65_536, "{}", text.len());
    let left: usize = text
        .lines()
        .find_map(|line| {
            line.strip_suffix(" entries were left out for want of room; `countersign diff --format json` has them all.")
        })
        .unwrap_or_else(|| panic!("{text}"))
        .replace(',', "")
        .parse()
        .unwrap();
    // Of every block there is a row and a path.
    let rows = text.lines().filter(|line| line.starts_with("| ➕")).count();
    let paths = text.lines().filter(|line| line.starts_with("- `person:")).count();
    assert_eq!(left, 6_000 - rows - paths);
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn one_line_says_that_nothing_changes() {
    let text = diff_markdown(&report(Vec::new()));
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("no effective access changes"), "{text}");
}

#[test]
fn who_has_it_alike_is_told_once() {
    let people = (0..14).map(|n| duty(&format!("person:p{n:02}"), "PAY", "by membership of group:sap/payers"));
    let mut report = report(people.collect());
    report.duties.push(duty("person:x", "PAY", "by a grant of payer"));
    let along = report.duties.iter().take(14).map(|own| DutyDiff {
        duty: "VIEW".to_owned(),
        along: Some("PAY".to_owned()),
        ..own.clone()
    });
    let along: Vec<DutyDiff> = along.collect();
    report.duties.extend(along);
    let blocks = blocks(&report);
    let told: Vec<(usize, usize, usize, &str)> =
        blocks.iter().map(|block| (block.who.len(), block.rows.len(), block.along, &*block.alike)).collect();
    assert_eq!(told, [(14, 1, 1, "by membership of group:sap/payers"), (1, 1, 0, "by a grant of payer")]);
    assert_eq!(headline(&report), "15 principals gain duties");
}

#[test]
fn what_differs_is_said_before_and_now() {
    let told = |respect: Respect, before: PartDiff, after: PartDiff| {
        extent(ShiftKind::Changed, &BTreeSet::from([respect]), &[before], &[after])
    };
    let doubtful = || PartDiff { held: Certainty::Conditional, conditions: ["mfa".to_owned()].into(), ..part("DE01") };
    let ending = || PartDiff { until: Some("2027-01-01T00:00:00Z".to_owned()), ..part("DE01") };
    assert_eq!(told(Respect::Wider, part("DE01"), part("US01")), "on legal entity US01, before on legal entity DE01");
    assert_eq!(
        told(Respect::MoreCertain, doubtful(), part("DE01")),
        "on legal entity DE01; certain, before only if mfa"
    );
    assert_eq!(
        told(Respect::Longer, ending(), part("DE01")),
        "on legal entity DE01; without end, before until 2027-01-01"
    );
}
