//! Annotations, Code Quality and JUnit: what they say, and what their readers take. Each of them is made of every case
//! under `testdata` too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use rayon::prelude::*;
use serde_json::Value;

use super::fixture::{self, Fixture, painted};
use super::*;
use crate::gate::judging::{CASES, Case, Judged, Opened};
use crate::gate::{Outcome, Side, State, Verdict};
use crate::source::Comparison;
use crate::syntax::Span;

fn written(format: Format, report: &CheckReport) -> String {
    let mut out = Vec::new();
    render(format, report, &NoTexts, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn of(format: Format, fixture: &Fixture) -> String {
    written(format, &fixture.report())
}

struct NoTexts;

impl Texts for NoTexts {
    fn bytes(&self, _: Side, _: &str) -> Option<Arc<[u8]>> {
        None
    }
}

struct Of<'a>(&'a Comparison);

impl Texts for Of<'_> {
    fn bytes(&self, side: Side, path: &str) -> Option<Arc<[u8]>> {
        let tree = match side {
            Side::Head => &self.0.head,
            Side::Base => self.0.base.as_ref()?,
        };
        tree.get(path)?.bytes().cloned()
    }
}

fn report_of(judged: &Judged) -> CheckReport {
    CheckReport::new(&judged.record.judgement, &fixture::run_info(), &Of(&judged.opened.comparison))
}

fn case(folder: &str) -> CheckReport {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
    report_of(&Opened::case(&folder).and_then(Judged::of).unwrap())
}

/// The cases that people would read, in one format. Digests of policies change with each edit of one, and are left out.
fn cases(format: Format) -> String {
    let mut out = String::new();
    for folder in [
        "acme",
        "check/sod-two-harmless-files",
        "check/file-broken-introduced",
        "check/leaver-imported",
        "check/outcome-nothing-there",
    ] {
        out.push_str(&format!("===== {folder} =====\n{}", written(format, &case(folder))));
    }
    let digest = regex::Regex::new("sha256:[0-9a-f]{64}").unwrap();
    digest.replace_all(&out, "sha256:…").into_owned()
}

/// A run that ends with status 4.
fn not_evaluated() -> Fixture {
    let mut findings = fixture::blocked().judgement.findings;
    findings.retain(|judged| &*judged.finding.policy == "CS-COVER-001");
    fixture::with(findings, Verdict::Error, Outcome::NotEvaluated)
}

fn fixtures() -> Vec<Fixture> {
    vec![
        fixture::blocked(),
        fixture::clean(),
        fixture::nothing_new(),
        fixture::warned(),
        fixture::nothing_to_judge(),
        fixture::nothing_collected(),
        fixture::many(30),
        not_evaluated(),
        fixture::pointing_at(b"", Span::new(0, 0)),
    ]
}

/// A command as a runner reads it.
#[derive(Debug)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

/// Reads what is printed as a runner does: a line that starts with `::` is a command, up to the next `::`.
fn commands(text: &str) -> (Vec<Command>, Vec<String>) {
    let back = |text: &str| {
        text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    };
    let (mut commands, mut lines) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let Some((head, message)) = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::")) else {
            lines.push(line.to_owned());
            continue;
        };
        let (name, properties) = head.split_once(' ').unwrap();
        let properties = properties
            .split(',')
            .map(|pair| pair.split_once('=').unwrap_or_else(|| panic!("{pair:?} of {line}")))
            .map(|(name, value)| (name.to_owned(), back(value)))
            .collect();
        commands.push(Command { name: name.to_owned(), properties, message: back(message) });
    }
    (commands, lines)
}

fn count(commands: &[Command], name: &str) -> usize {
    commands.iter().filter(|command| command.name == name).count()
}

#[test]
fn annotations_of_a_blocked_change() {
    insta::assert_snapshot!(of(Format::Github, &fixture::blocked()));
}

#[test]
fn annotations_of_cases() {
    insta::assert_snapshot!(cases(Format::Github));
}

#[test]
fn code_quality_of_a_blocked_change() {
    insta::assert_snapshot!(of(Format::Gitlab, &fixture::blocked()));
}

#[test]
fn code_quality_of_cases() {
    insta::assert_snapshot!(cases(Format::Gitlab));
}

#[test]
fn junit_of_a_blocked_change() {
    insta::assert_snapshot!(of(Format::Junit, &fixture::blocked()));
}

#[test]
fn junit_of_cases() {
    insta::assert_snapshot!(cases(Format::Junit));
}

#[test]
fn comments_of_cases() {
    insta::assert_snapshot!(cases(Format::Markdown));
}

#[test]
fn formats_when_nothing_is_found() {
    let fixture = fixture::clean();
    assert_eq!(of(Format::Github, &fixture), "Countersign: pass: nothing found\n");
    assert_eq!(of(Format::Gitlab, &fixture), "[]\n");
    let junit = Report::deserialize_from_str(&of(Format::Junit, &fixture)).unwrap();
    assert_eq!((junit.failures, junit.errors, junit.skipped), (0, 0, 0));
    assert_eq!(junit.tests, fixture.judgement.policies.len() + 1);
    let existing = of(Format::Github, &fixture::nothing_new());
    assert_eq!(existing, "Countersign: pass: nothing new; 3 existing findings do not block\n");
}

#[test]
fn a_definition_that_could_not_be_evaluated_fails_in_every_format() {
    let fixture = not_evaluated();
    let (commands, _) = commands(&of(Format::Github, &fixture));
    let [error] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((&*error.name, &*error.properties["file"]), ("error", "erp/roles/broken.yaml"));
    assert!(error.message.contains("nobody can let it pass as it is"), "{}", error.message);
    let list: Value = serde_json::from_str(&of(Format::Gitlab, &fixture)).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["severity"]), (1, &Value::from("blocker")));
    let junit = Report::deserialize_from_str(&of(Format::Junit, &fixture)).unwrap();
    assert_eq!((junit.failures, junit.errors), (0, 1));
    // Nothing collected is an error too, of no policy.
    let junit = Report::deserialize_from_str(&of(Format::Junit, &fixture::nothing_collected())).unwrap();
    assert_eq!((junit.failures, junit.errors), (0, 1));
    let (commands, _) = self::commands(&of(Format::Github, &fixture::nothing_collected()));
    assert_eq!(count(&commands, "error"), 1);
    let junit = Report::deserialize_from_str(&of(Format::Junit, &fixture::nothing_to_judge())).unwrap();
    assert_eq!((junit.failures, junit.errors), (0, 0));
    assert!(junit.skipped > 0);
}

#[test]
fn more_than_github_shows_is_counted_and_placed() {
    let text = of(Format::Github, &fixture::many(30));
    let (commands, lines) = commands(&text);
    assert_eq!(lines, Vec::<String>::new());
    assert_eq!((count(&commands, "error"), count(&commands, "warning")), (10, 0));
    assert!(count(&commands, "notice") <= 10, "{text}");
    let last = &commands.last().unwrap().message;
    let words = "blocked: 30 findings must be cleared; 20 that block had no room, at erp/grants/treasury.yaml:";
    assert!(last.starts_with(words), "{last}");
}

#[test]
fn the_weightiest_is_annotated_first() {
    let (commands, _) = commands(&of(Format::Github, &fixture::blocked()));
    let titles: Vec<&str> =
        commands.iter().filter(|own| own.name == "error").map(|own| &*own.properties["title"]).collect();
    let rank = |title: &&str| {
        ["critical", "high", "medium", "low"]
            .iter()
            .position(|word| title.split(' ').nth(1) == Some(&format!("{word}:")))
            .unwrap()
    };
    assert_eq!(titles.len(), 5);
    assert!(titles.is_sorted_by_key(rank), "{titles:?}");
}

const HOSTILE: &[&str] = &[
    "a,b=c:d",
    "50%",
    "%0A::error::x",
    "\n::error file=x::y",
    "\r\n::stop-commands::x",
    "::set-output name=x::y",
    "##[error]x",
    "a::b",
    "::",
    "<x>&\"'",
    "]]>",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{0}",
    "\u{202e}x",
    "\u{ffff}",
    "x\ty",
];

#[test]
fn no_text_of_a_repository_is_a_command_of_a_runner() {
    let plain = commands(&written(Format::Github, &painted(fixture::blocked().report(), "x")));
    for text in HOSTILE {
        let report = painted(fixture::blocked().report(), text);
        let (own, lines) = commands(&written(Format::Github, &report));
        assert_eq!(lines.len(), plain.1.len(), "{text:?}: {lines:?}");
        let names = |all: &[Command]| -> Vec<(String, Vec<String>)> {
            all.iter().map(|own| (own.name.clone(), own.properties.keys().cloned().collect())).collect()
        };
        assert_eq!(names(&own), names(&plain.0), "{text:?}");
        for file in own.iter().filter_map(|own| own.properties.get("file")) {
            assert_eq!(file, text);
        }
    }
}

#[test]
fn no_text_of_a_repository_is_markup_of_junit() {
    let shape = |text: &str| {
        let report = painted(fixture::blocked().report(), text);
        let junit = Report::deserialize_from_str(&written(Format::Junit, &report)).unwrap();
        let suites: Vec<(String, usize, usize)> = junit
            .test_suites
            .iter()
            .map(|own| (own.name.to_string(), own.test_cases.len(), own.properties.len()))
            .collect();
        (junit.tests, junit.failures, junit.errors, junit.skipped, suites)
    };
    let plain = shape("x");
    for text in HOSTILE {
        assert_eq!(shape(text), plain, "{text:?}");
    }
}

/// What a reader of JUnit counts, counted here.
fn hold_junit(name: &str, report: &CheckReport) {
    let text = written(Format::Junit, report);
    let junit = Report::deserialize_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut counted = [0; 4];
    for suite in &junit.test_suites {
        let mut own = [0; 4];
        for case in &suite.test_cases {
            own[0] += 1;
            match &case.status {
                TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => own[1] += 1,
                TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => own[2] += 1,
                TestCaseStatus::Skipped { .. } => own[3] += 1,
                TestCaseStatus::Success { .. } => {}
            }
        }
        assert_eq!(own, [suite.tests, suite.failures, suite.errors, suite.skipped], "{name}: {}", suite.name.as_str());
        counted = std::array::from_fn(|at| counted[at] + own[at]);
    }
    assert_eq!(counted, [junit.tests, junit.failures, junit.errors, junit.skipped], "{name}");
    let names: BTreeSet<String> = junit.test_suites.iter().skip(1).map(|suite| suite.name.to_string()).collect();
    assert_eq!(names, report.policies.iter().map(|policy| policy.id.clone()).collect(), "{name}");
    let blocking = groups::part_implied(&report.findings).0.iter().filter(|finding| finding.decision.blocks).count();
    let nothing = usize::from(report.outcome == Outcome::NothingCollected);
    assert_eq!(junit.failures + junit.errors, blocking + nothing, "{name}");
    assert_eq!(junit.failures + junit.errors > 0, report.verdict != Verdict::Pass, "{name}");
}

/// The fields that GitLab documents, and that each violation is one of its own.
fn hold_gitlab(name: &str, report: &CheckReport) {
    let list: Value = serde_json::from_str(&written(Format::Gitlab, report)).unwrap();
    let mut known = BTreeSet::new();
    let mut blockers = 0;
    for own in list.as_array().unwrap() {
        let keys: BTreeSet<&str> = own.as_object().unwrap().keys().map(String::as_str).collect();
        let documented = ["check_name", "description", "fingerprint", "location", "severity"];
        assert_eq!(keys, BTreeSet::from(documented), "{name}");
        assert!(known.insert(own["fingerprint"].as_str().unwrap().to_owned()), "{name}: {own}");
        let severity = own["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity), "{name}: {severity}");
        blockers += usize::from(severity == "blocker");
        let path = own["location"]["path"].as_str().unwrap();
        assert!(!path.is_empty() && !path.starts_with("./") && !path.starts_with('/'), "{name}: {path}");
        assert!(own["location"]["lines"]["begin"].as_u64().unwrap() >= 1, "{name}");
        assert!(!own["description"].as_str().unwrap().contains('\n'), "{name}");
    }
    let blocking = groups::part_implied(&report.findings).0.iter().filter(|finding| finding.decision.blocks).count();
    assert_eq!(blockers, blocking, "{name}");
}

fn hold_github(name: &str, report: &CheckReport) {
    let text = written(Format::Github, report);
    let (commands, lines) = commands(&text);
    for kind in ["error", "warning", "notice"] {
        assert!(count(&commands, kind) <= 10, "{name}: {text}");
    }
    assert!(lines.len() <= 1 && lines.iter().all(|line| line.starts_with("Countersign: ")), "{name}: {lines:?}");
    assert_eq!(count(&commands, "error") > 0, report.verdict != Verdict::Pass, "{name}: {text}");
    for command in &commands {
        assert!(command.message.chars().count() <= 4_096, "{name}");
        if command.name == "error" && command.properties.contains_key("file") {
            assert!(command.message.contains("\nTo see it again: countersign check "), "{name}: {command:?}");
            assert!(command.message.contains("\nOr: "), "{name}: {command:?}");
        }
    }
    let places: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|own| own.state != State::Resolved)
        .flat_map(|own| own.locations.iter().map(|place| &*place.file))
        .chain(report.unresolved.iter().filter_map(|own| own.file.as_deref()))
        .collect();
    for file in commands.iter().filter_map(|own| own.properties.get("file")) {
        assert!(places.contains(&**file), "{name}: {file}");
    }
}

#[test]
fn every_case_is_what_each_reader_takes() {
    let cases: &[Case] = &CASES;
    let tried = cases
        .par_iter()
        .filter_map(|case| Some((case, case.judged.as_ref().ok()?)))
        .map(|(case, judged)| {
            let (name, report) = (case.folder.display().to_string(), report_of(judged));
            hold_junit(&name, &report);
            hold_gitlab(&name, &report);
            hold_github(&name, &report);
        })
        .count();
    assert!(tried > 200, "{tried}");
    for (number, fixture) in fixtures().iter().enumerate() {
        let (name, report) = (format!("fixture {number}"), fixture.report());
        hold_junit(&name, &report);
        hold_gitlab(&name, &report);
        hold_github(&name, &report);
    }
}

#[test]
fn fingerprints_of_code_quality_stay_when_lines_move() {
    let prints = |report: &CheckReport| -> Vec<Value> {
        let list: Value = serde_json::from_str(&written(Format::Gitlab, report)).unwrap();
        list.as_array().unwrap().iter().map(|own| own["fingerprint"].clone()).collect()
    };
    let fixture = fixture::blocked();
    let mut moved = fixture.report();
    for place in moved.findings.iter_mut().flat_map(|own| &mut own.locations) {
        place.line = place.line.map(|line| line + 7);
    }
    for found in &mut moved.unresolved {
        found.line = found.line.map(|line| line + 7);
    }
    assert_eq!(prints(&moved), prints(&fixture.report()));
    // Five charts of one reason in files of their own, and again what has the same file and reason.
    moved.unresolved.iter_mut().for_each(|found| found.file = Some("one.yaml".to_owned()));
    hold_gitlab("one file", &moved);
}

#[test]
fn what_only_a_person_at_a_terminal_may_read_is_in_no_format() {
    let mut fixture = fixture::blocked();
    for judged in &mut fixture.judgement.findings {
        judged.finding.private = Some("left 11 days ago".to_owned());
    }
    for (format, ..) in FORMATS {
        assert!(!of(*format, &fixture).contains("11 days"), "{format}");
    }
    let report = case("check/leaver-imported");
    assert!(report.findings.iter().any(|finding| finding.private.is_some()));
    for private in report.findings.iter().filter_map(|finding| finding.private.as_ref()) {
        for (format, ..) in FORMATS {
            assert!(!written(*format, &report).contains(private.as_str()), "{format}");
        }
    }
}
