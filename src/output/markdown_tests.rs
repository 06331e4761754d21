//! The comment: what it says, what it may be made of, and how long.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options as Dialect, Parser, Tag, TagEnd};

use super::fixture::{self, Fixture, painted};
use super::*;
use crate::gate::{Outcome, Verdict};

fn comment(report: &CheckReport) -> String {
    let mut out = Vec::new();
    markdown::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn of(fixture: &Fixture) -> String {
    comment(&fixture.report())
}

#[test]
fn a_comment_of_a_blocked_change() {
    insta::assert_snapshot!(of(&fixture::blocked()));
}

#[test]
fn a_comment_when_there_is_little_to_say() {
    let not_evaluated = {
        let mut fixture = fixture::blocked();
        fixture.judgement.findings.retain(|judged| &*judged.finding.policy == "CS-COVER-001");
        let findings = std::mem::take(&mut fixture.judgement.findings);
        fixture::with(findings, Verdict::Error, Outcome::NotEvaluated)
    };
    let pages = [
        ("clean", fixture::clean()),
        ("nothing new", fixture::nothing_new()),
        ("only warnings", fixture::warned()),
        ("nothing to judge", fixture::nothing_to_judge()),
        ("nothing collected", fixture::nothing_collected()),
        ("not evaluated", not_evaluated),
    ];
    let text: String = pages.iter().map(|(name, fixture)| format!("===== {name} =====\n{}", of(fixture))).collect();
    insta::assert_snapshot!(text);
}

/// What a comment is made of, without what it says. Whatever the reader can switch on is switched on.
fn structure(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for event in Parser::new_ext(text, Dialect::all() - Dialect::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => parts.push("block of code".to_owned()),
            Event::Start(tag) => parts.push(format!("{tag:?}")),
            Event::End(tag) => parts.push(format!("end of {tag:?}")),
            Event::Code(_) => parts.push("code".to_owned()),
            Event::Text(_) => {}
            other => parts.push(format!("{other:?}")),
        }
    }
    parts
}

/// What a forge would find in the text of a comment that is no code.
fn found(text: &str) -> Option<String> {
    let mut block = false;
    let mut said = String::new();
    for event in Parser::new_ext(text, Dialect::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block = true,
            Event::End(TagEnd::CodeBlock) => block = false,
            Event::Text(text) if !block => said.push_str(&text),
            _ => said.push(' '),
        }
    }
    let mark = regex::Regex::new(r"[@#][0-9A-Za-z]|[!$%~&^][0-9A-Za-z]|://|(?i:www\.[a-z]|gh-\d)").unwrap();
    mark.find(&said).map(|found| found.as_str().to_owned())
}

fn hostile(text: &str) -> String {
    comment(&painted(fixture::blocked().report(), text))
}

#[test]
fn no_name_is_more_than_a_name() {
    let plain = structure(&hostile("x"));
    assert!(plain.len() > 300, "{}", plain.len());
    for name in [
        "a|b",
        "a\\|b",
        "a\\\\|b",
        "`|`",
        "``x``",
        "```",
        "~~~",
        "@octocat",
        "#12",
        "!12",
        "$5",
        "$x$",
        "GH-12",
        "[click](https://evil.example)",
        "![x](https://evil.example/p.png)",
        "[x]",
        "[[x]]",
        "[^1]",
        "- [ ] x",
        "<img src=x onerror=alert(1)>",
        "</details><script>alert(1)</script>",
        "<!-- x",
        "-->",
        "https://evil.example",
        "<https://evil.example>",
        "www.evil.example",
        "a@evil.example",
        "line\nbreak\r\n\n# heading",
        "\n```\n# x\n",
        "**bold** _it_ ~~no~~ ^up^ ||x||",
        "&lt;b&gt;",
        "&#64;x",
        "\u{202e}txt.exe",
        "\\",
        "x\\",
        "# x",
        "1. x",
        "> x",
        "---",
        "===",
        "    x",
        ": x",
        "{#id}",
        ":::",
        "/close",
        ":key:",
        "x\u{0}y",
        "'",
        "a'b\n",
        "\u{2028}x",
    ] {
        let text = hostile(name);
        assert_eq!(structure(&text), plain, "{name:?}:\n{text}");
        assert_eq!(found(&text), None, "{name:?}:\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_has_a_structure(text in r"[-`|\\<>\[\]()!@#*_~&;:/.a1 \n\t'{}$^=+\u{202e}\u{0}]{1,12}") {
        prop_assume!(!text.trim().is_empty());
        let page = hostile(&text);
        prop_assert_eq!(structure(&page), structure(&hostile("x")));
        prop_assert_eq!(found(&page), None);
    }
}

#[test]
fn what_has_no_room_is_left_off_by_whole_findings_and_counted() {
    let text = of(&fixture::many(2_000));
    let length = text.encode_utf16().count();
    assert!((50_000..60_000).contains(&length), "{length}");
    let shown = text.lines().filter(|line| line.starts_with("#### ")).count();
    assert!(shown > 10, "{shown}");
    let left = format!("**{} findings that block are left off for want of room**", words::number(2_000 - shown));
    assert!(text.contains(&left), "{left}");
    assert!(text.contains("1,970 more that block are not in this table."), "{text}");
    assert_eq!(text.matches("```sh\n").count(), shown);
    assert_eq!(text.matches("\n```\n").count(), shown);
    assert!(text.ends_with("</sub>\n"));
    // What is long because of one text is left off just so.
    let text = hostile(&"x ".repeat(40_000));
    assert!(text.encode_utf16().count() < 60_000);
    assert!(text.contains("left off for want of room"), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn every_finding_that_blocks_says_who_can_unblock_it_and_how_to_see_it() {
    let text = of(&fixture::blocked());
    let findings: Vec<&str> = text.split("\n#### ").skip(1).collect();
    assert_eq!(findings.len(), 5);
    for finding in findings {
        let broken = finding.contains("`CS-COVER-001`");
        assert_eq!(finding.contains("nobody can let it pass as it is"), broken, "{finding}");
        assert_eq!(
            finding.contains("\ncountersign exception new ") || finding.contains("\ncountersign approval new "),
            !broken
        );
        assert!(finding.contains("\ncountersign check --base "), "{finding}");
        assert!(finding.contains("- **It stops this change**, since "), "{finding}");
    }
}
