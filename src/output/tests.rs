//! Each renderer on the shared judgements.

use std::collections::BTreeSet;

use super::fixture::{self, Fixture};
use super::*;
use crate::syntax::Span;

fn rendered(format: Format, fixture: &Fixture, options: &Options) -> String {
    let mut out = Vec::new();
    render(format, &fixture.report(), &fixture.texts, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn human(fixture: &Fixture) -> String {
    rendered(Format::Human, fixture, &Options { width: 100, ..Options::default() })
}

#[test]
fn human_blocked() {
    insta::assert_snapshot!(human(&fixture::blocked()));
}

#[test]
fn human_blocked_narrow_ascii() {
    let options = Options { width: 60, unicode: false, ..Options::default() };
    let text = rendered(Format::Human, &fixture::blocked(), &options);
    assert!(text.is_ascii(), "not ascii: {text}");
    insta::assert_snapshot!(text);
}

#[test]
fn human_blocked_in_colour_with_links() {
    let options =
        Options { colour: true, links: Some("/home/kim/my access".to_owned()), width: 100, ..Options::default() };
    let text = rendered(Format::Human, &fixture::blocked(), &options);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn human_everything_shown() {
    let show: BTreeSet<Group> = GROUPS.iter().map(|(group, ..)| *group).collect();
    insta::assert_snapshot!(rendered(
        Format::Human,
        &fixture::blocked(),
        &Options { width: 100, show, ..Options::default() }
    ));
}

#[test]
fn human_when_there_is_little_to_say() {
    let pages = [
        ("clean", fixture::clean()),
        ("nothing new", fixture::nothing_new()),
        ("only warnings", fixture::warned()),
        ("nothing to judge", fixture::nothing_to_judge()),
        ("nothing collected", fixture::nothing_collected()),
    ];
    let text: String = pages.iter().map(|(name, fixture)| format!("===== {name} =====\n{}", human(fixture))).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn human_odd_sources() {
    let long = format!("{{\"a\": \"{}\", \"role\": \"admin\", \"b\": \"{}\"}}", "x".repeat(3_000), "y".repeat(3_000));
    let at = long.find("\"role\"").unwrap();
    let pages = [
        (
            "wide characters",
            fixture::pointing_at("名前: 田中太郎 # 経理\n役割: 支払実行\n".as_bytes(), Span::new(38, 50)),
        ),
        ("tabs", fixture::pointing_at(b"a:\n\trole:\tadmin\n\tb: 1\n", Span::new(4, 15))),
        ("CRLF", fixture::pointing_at(b"a: 1\r\nrole: admin\r\nb: 2\r\n", Span::new(6, 17))),
        ("a long line", fixture::pointing_at(long.as_bytes(), Span::new(at, at + 15))),
        ("several lines", fixture::pointing_at(b"- a\n- b: 1\n  c: 2\n  d: 3\n  e: 4\n  f: 5\n", Span::new(6, 38))),
        ("beyond the end", fixture::pointing_at(b"a: 1\n", Span::new(900, 950))),
        ("an empty file", fixture::pointing_at(b"", Span::new(0, 0))),
        ("not UTF-8", fixture::pointing_at(b"a: \xff\xfe\nrole: admin\n", Span::new(6, 17))),
        (
            "tricks",
            fixture::pointing_at("a: \u{1b}[2J\u{202e}x\nrole: \u{1b}]8;;x\u{7}admin\n".as_bytes(), Span::new(12, 30)),
        ),
        ("a missing file", {
            let mut fixture = fixture::pointing_at(b"x", Span::new(0, 1));
            fixture.texts.head.remove("odd.yaml");
            fixture
        }),
    ];
    let snippet = |fixture: &Fixture| -> String {
        let page = human(fixture);
        assert!(!page.contains('\u{1b}'), "an escape came through: {page:?}");
        page.lines().skip(2).take_while(|line| !line.starts_with("   risk")).map(|line| format!("{line}\n")).collect()
    };
    let text: String =
        pages.iter().map(|(name, fixture)| format!("===== {name} =====\n{}", snippet(fixture))).collect();
    insta::assert_snapshot!(text);
}

/// Every text of a report can come from a repository. None of them may reach the terminal as a command.
#[test]
fn no_text_of_a_repository_commands_the_terminal() {
    let mut fixture = fixture::blocked();
    let trick = "\u{1b}[31mred\u{7}\u{202e}\r\n";
    for judged in &mut fixture.judgement.findings {
        let finding = &mut judged.finding;
        finding.message.push_str(trick);
        finding.subject.name = format!("{}{trick}", finding.subject.name).into();
        finding.remediation = trick.into();
        judged.decision.because.push_str(trick);
        finding.explained_by = finding.explained_by.as_ref().map(|role| format!("{role}{trick}").into());
        finding.implied.push(trick.into());
        for location in &mut finding.locations {
            location.text.push_str(trick);
        }
        for step in finding.legs.iter_mut().flat_map(|leg| &mut leg.steps) {
            step.text.push_str(trick);
            if let Some((_, place)) = &mut step.place {
                place.file = format!("{}{trick}", place.file).into();
            }
        }
        if let Some(conflict) = &mut finding.conflict {
            conflict.risk = trick.into();
            conflict.owner = trick.into();
            conflict.ruleset = trick.into();
        }
        if let Some(fix) = &mut judged.fix {
            fix.text.push_str(trick);
        }
    }
    for found in &mut fixture.judgement.unresolved {
        found.reason.push_str(trick);
        found.consequence.push_str(trick);
    }
    fixture.run.head.label.push_str(trick);
    fixture.run.reproduce = Some(trick.to_owned());
    let show: BTreeSet<Group> = GROUPS.iter().map(|(group, ..)| *group).collect();
    let text = rendered(Format::Human, &fixture, &Options { show, ..Options::default() });
    let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(bad, None);
}

#[test]
fn ten_thousand_findings_are_cut_and_said() {
    let fixture = fixture::many(10_000);
    let start = std::time::Instant::now();
    let text = human(&fixture);
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
    assert!(text.lines().count() < 1_500, "{} lines", text.lines().count());
    assert!(text.contains("and 9,925 more that block"), "{text}");
    assert!(text.contains("blocked: 10,000 findings must be cleared"), "{text}");
}

#[test]
fn a_megabyte_on_one_line_does_not_slow_many_places_down() {
    let mut line = b"[".to_vec();
    line.extend("\"role\", ".repeat(500_000).as_bytes());
    let mut fixture = fixture::many(5_000);
    fixture.texts.head.insert("big.json", line.into());
    for (number, judged) in fixture.judgement.findings.iter_mut().enumerate() {
        for location in &mut judged.finding.locations {
            location.place.file = "big.json".into();
            location.place.span = Span::new(1 + number * 8, 7 + number * 8);
        }
    }
    let start = std::time::Instant::now();
    let report = fixture.report();
    assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
    assert_eq!(report.findings[1].locations[0].column, Some(10));
}

#[test]
fn json_blocked() {
    insta::assert_snapshot!(rendered(Format::Json, &fixture::blocked(), &Options::default()));
}

#[test]
fn json_little() {
    insta::assert_snapshot!(rendered(Format::Json, &fixture::nothing_to_judge(), &Options::default()));
}

#[test]
fn sarif_blocked() {
    insta::assert_snapshot!(rendered(Format::Sarif, &fixture::blocked(), &Options::default()));
}

#[test]
fn sarif_little() {
    insta::assert_snapshot!(rendered(Format::Sarif, &fixture::nothing_to_judge(), &Options::default()));
}

/// The published schema: a change here is a change of the format.
#[test]
fn the_schema() {
    insta::assert_json_snapshot!(schema());
}

#[test]
fn reports_are_valid() {
    let validator = jsonschema::validator_for(&serde_json::to_value(schema()).unwrap()).unwrap();
    let fixtures = [
        fixture::blocked(),
        fixture::clean(),
        fixture::warned(),
        fixture::nothing_to_judge(),
        fixture::nothing_collected(),
        fixture::pointing_at(b"", Span::new(0, 0)),
    ];
    for fixture in fixtures {
        let report = serde_json::to_value(fixture.report()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        assert!(!report.to_string().contains("null"), "nothing is null");
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema": "countersign.dev/check/v2"})));
}

#[test]
fn the_order_does_not_depend_on_the_judgement() {
    let mut fixture = fixture::blocked();
    let one = rendered(Format::Json, &fixture, &Options::default());
    fixture.judgement.findings.reverse();
    fixture.judgement.unresolved.reverse();
    assert_eq!(one, rendered(Format::Json, &fixture, &Options::default()));
}

#[test]
fn a_finding_that_blocks_is_never_left_to_one_that_does_not() {
    let mut fixture = fixture::blocked();
    for judged in &mut fixture.judgement.findings {
        let wide = &*judged.finding.policy == "CS-GRANT-001" && &*judged.finding.subject.id == "person:kim.alvarez";
        if wide {
            judged.decision.blocks = false;
        }
        if judged.finding.under.is_some() {
            judged.decision.blocks = true;
            judged.decision.enforcement = crate::rules::Enforcement::Block;
        }
    }
    assert!(human(&fixture).contains("kim.alvarez would hold conflicting duties"));
}

#[test]
fn outputs_are_parsed() {
    let to = |format, path: Option<&str>| Output { format, path: path.map(PathBuf::from) };
    assert_eq!("json".parse(), Ok(to(Format::Json, None)));
    assert_eq!("sarif=out/a=b.sarif".parse(), Ok(to(Format::Sarif, Some("out/a=b.sarif"))));
    assert_eq!("human=-".parse(), Ok(to(Format::Human, None)));
    let error = |text: &str| text.parse::<Output>().unwrap_err().to_string();
    assert_eq!(error("jsn"), "`jsn` is not a format; there are: human, json, sarif, github, gitlab, junit, markdown");
    assert_eq!(error("json="), "a path is missing behind `json=`");
    assert_eq!(
        "all".parse::<Group>().unwrap_err().to_string(),
        "`all` cannot be shown; there are: existing, resolved, recorded, implied, holders, records, unresolved, source"
    );
}
