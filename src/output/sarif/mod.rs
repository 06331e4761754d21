//! SARIF 2.1.0, for code scanning.
//!
//! Written for what reads it most: GitHub. It takes at most 25,000 results a run and 1,000 locations a result, wants a
//! location in every result, and ignores `baselineState`, so that a resolved finding would open an alert; those are
//! only counted. Source text is left out: a location may hold a secret.

mod model;

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::brief::way;
use super::check::{CheckReport, ControlReport, FindingReport, LegReport, LocationReport, PolicyReport};
use super::groups::{FindingGroup, part_implied};
use super::words::{capital, count, number, sentence};
use crate::gate::{Change, LocationRole, Outcome, Side, State, SubjectKind};
use crate::rules::{CONFIG_FILE, Enforcement, Severity};
use model::{
    ArtifactLocation, AutomationDetails, BaseId, CodeFlow, Configuration, Driver, Help, Invocation, Level, Location,
    Log, LogicalLocation, Message, Notification, PhysicalLocation, Region, ResultObject, ResultProperties, Rule,
    RuleProperties, Run, RunProperties, Suppression, ThreadFlow, ThreadFlowLocation, Tool, VersionControl,
};

/// Results that GitHub takes in one run.
const RESULTS: usize = 25_000;
/// Locations that GitHub takes in one result, one of them the primary one.
const RELATED: usize = 999;
/// Tags that GitHub takes of one rule.
const TAGS: usize = 20;
/// Notifications about what could not be told.
const NOTIFICATIONS: usize = 1_000;
/// The name of the repository's root.
const ROOT: &str = "%SRCROOT%";

/// Writes the report.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let log = Log { schema: model::SCHEMA, version: model::VERSION, runs: vec![run(report, RESULTS)] };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn run(report: &CheckReport, most: usize) -> Run {
    let (own, implied) = part_implied(&report.findings);
    let live: Vec<&FindingReport> = own.iter().copied().filter(|finding| finding.state != State::Resolved).collect();
    let target = report.base.as_ref().map(|base| base.label.as_str());
    let (rules, index) = rules(report);
    let results = live
        .iter()
        .take(most)
        .filter_map(|finding| Some(result(finding, *index.get(&*finding.policy)?, target, report)))
        .collect();
    let mut notifications: Vec<Notification> = Vec::new();
    if let Some(rest) = live.len().checked_sub(most).filter(|rest| *rest > 0) {
        let text = format!(
            "only the first {} of {} are in this file, the worst first; the json output has the other {}.",
            number(most),
            count(live.len(), "finding", "findings"),
            number(rest)
        );
        notifications.push(Notification { level: Level::Warning, message: message(&text), locations: Vec::new() });
    }
    notifications.extend(report.unresolved.iter().take(NOTIFICATIONS).map(|found| {
        let consequence = if found.consequence.is_empty() { String::new() } else { format!("; {}", found.consequence) };
        Notification {
            level: if found.existing { Level::Note } else { Level::Warning },
            message: message(&sentence(&format!("{}{consequence}", found.reason))),
            locations: found
                .file
                .iter()
                .map(|file| Location { physical_location: physical(file, region(found.line)), ..Location::default() })
                .collect(),
        }
    }));
    if let Some(rest) = report.unresolved.len().checked_sub(NOTIFICATIONS).filter(|rest| *rest > 0) {
        let text = format!("{} more could not be told; the json output has them all.", count(rest, "thing", "things"));
        notifications.push(Notification { level: Level::Note, message: message(&text), locations: Vec::new() });
    }
    Run {
        tool: Tool {
            driver: Driver {
                name: "Countersign",
                semantic_version: report.tool.version.clone(),
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules,
            },
        },
        automation_details: AutomationDetails { id: "countersign/check/" },
        invocations: vec![Invocation {
            execution_successful: !matches!(report.outcome, Outcome::NotEvaluated | Outcome::NothingCollected),
            tool_execution_notifications: notifications,
        }],
        version_control_provenance: provenance(report).into_iter().collect(),
        original_uri_base_ids: BTreeMap::from([(ROOT, BaseId { description: message("The root of the repository.") })]),
        column_kind: "unicodeCodePoints",
        results,
        properties: RunProperties {
            verdict: report.verdict,
            outcome: report.outcome,
            as_of: report.as_of.clone(),
            resolved: report.summary.state.resolved,
            implied: implied.iter().filter(|finding| finding.state != State::Resolved).count(),
        },
    }
}

/// Which revision of which repository was judged, where both are known.
fn provenance(report: &CheckReport) -> Option<VersionControl> {
    Some(VersionControl {
        repository_uri: report.repository.clone().filter(|uri| uri.contains("://"))?,
        revision_id: report.head.commit.clone()?,
        mapped_to: ArtifactLocation { uri: String::new(), uri_base_id: ROOT },
    })
}

/// A rule for every policy that ran, and where each is.
fn rules(report: &CheckReport) -> (Vec<Rule>, BTreeMap<&str, usize>) {
    let mut by_policy: BTreeMap<&str, Vec<&FindingReport>> = BTreeMap::new();
    for finding in &report.findings {
        by_policy.entry(&finding.policy).or_default().push(finding);
    }
    let mut rules = Vec::new();
    let mut index = BTreeMap::new();
    for policy in &report.policies {
        index.insert(&*policy.id, rules.len());
        rules.push(rule(policy, by_policy.get(&*policy.id).map_or(&[][..], Vec::as_slice)));
    }
    (rules, index)
}

fn rule(policy: &PolicyReport, findings: &[&FindingReport]) -> Rule {
    let title = sentence(&capital(&policy.title));
    let remediation = findings.iter().map(|finding| finding.remediation.as_str()).find(|text| !text.is_empty());
    let frameworks = findings.iter().map(|finding| finding.frameworks.as_slice()).find(|list| !list.is_empty());
    let frameworks = frameworks.unwrap_or_default();
    // A finding can be worse than its policy (a conflict has a severity of its own), and GitHub reads the rule's.
    let severity = findings
        .iter()
        .filter(|finding| finding.state != State::Resolved)
        .map(|finding| finding.severity)
        .max()
        .map_or(policy.severity, |worst| worst.max(policy.severity));
    let controls = |controls: &[ControlReport]| -> Vec<String> {
        controls.iter().map(|control| format!("{}/{}", control.framework, control.control)).collect()
    };
    let mut markdown = format!("**{title}**\n");
    if let Some(remediation) = remediation {
        markdown.push_str(&format!("\n{}\n", sentence(remediation)));
    }
    if !frameworks.is_empty() {
        markdown.push_str("\nServes:\n\n");
        for control in frameworks {
            markdown.push_str(&format!("- {} `{}`\n", control.framework, control.control));
        }
    }
    let mut tags = vec!["security".to_owned(), "access-control".to_owned()];
    tags.extend(controls(frameworks));
    tags.truncate(TAGS);
    Rule {
        id: policy.id.clone(),
        name: pascal(&policy.title),
        short_description: message(&title),
        full_description: message(&title),
        help: Help { text: remediation.map_or_else(|| title.clone(), sentence), markdown },
        default_configuration: Configuration {
            level: match policy.severity {
                Severity::Critical | Severity::High => Level::Error,
                Severity::Medium => Level::Warning,
                Severity::Low => Level::Note,
            },
        },
        properties: RuleProperties {
            tags,
            precision: "very-high",
            security_severity: match severity {
                Severity::Critical => "9.5",
                Severity::High => "8.0",
                Severity::Medium => "5.5",
                Severity::Low => "2.0",
            },
        },
    }
}

fn result(finding: &FindingReport, rule_index: usize, target: Option<&str>, report: &CheckReport) -> ResultObject {
    let in_head = |place: &&LocationReport| place.side == Side::Head;
    let mut places = finding.locations.iter().filter(in_head).peekable();
    let primary = places.next_if(|place| place.role == LocationRole::Primary).map(|place| Location {
        physical_location: physical(&place.file, place_region(place)),
        message: Some(message(&escape(&place.text))),
        ..Location::default()
    });
    // What has no place of its own is held by the file that governs the gate: a result without a file is not shown.
    let mut primary =
        primary.unwrap_or_else(|| Location { physical_location: physical(CONFIG_FILE, None), ..Location::default() });
    // The same goes for a region: without one, nothing is marked.
    primary.physical_location.region.get_or_insert(Region {
        start_line: 1,
        start_column: Some(1),
        end_line: Some(1),
        end_column: Some(1),
    });
    primary.logical_locations = vec![LogicalLocation {
        name: finding.subject.name.clone(),
        fully_qualified_name: finding.subject.id.clone(),
        kind: kind(finding.subject.kind),
    }];
    let related: Vec<Location> = (1..)
        .zip(places.take(RELATED))
        .map(|(id, place)| Location {
            id: Some(id),
            physical_location: physical(&place.file, place_region(place)),
            message: Some(message(&escape(&place.text))),
            ..Location::default()
        })
        .collect();
    let fingerprint = finding.fingerprint.to_string();
    // GitHub tells alerts apart by this one. It is a hash of a line elsewhere; here it is of the meaning, so that an
    // alert survives when the file is moved or edited.
    let short = format!("{}:1", fingerprint.get(..16).unwrap_or_default());
    ResultObject {
        rule_id: finding.policy.clone(),
        rule_index,
        level: match finding.decision {
            ref decision if decision.blocks => Level::Error,
            ref decision if decision.enforcement == Enforcement::Warn => Level::Warning,
            _ => Level::Note,
        },
        message: message(&text(finding, related.len(), report.reproduce.as_deref())),
        baseline_state: target.is_some().then_some(match (finding.state, finding.change) {
            (State::Introduced, Some(Change::Widened)) | (State::Lapsed, _) => "updated",
            (State::Introduced, _) => "new",
            (State::Existing | State::Escaped | State::Revealed, _) => "unchanged",
            (State::Resolved, _) => "absent",
        }),
        locations: vec![primary],
        related_locations: related,
        code_flows: finding.path.iter().filter_map(flow).collect(),
        partial_fingerprints: BTreeMap::from([("countersign/v1", fingerprint), ("primaryLocationLineHash", short)]),
        suppressions: finding
            .decision
            .record
            .iter()
            .filter(|_| !finding.decision.blocks && !finding.decision.lapsed)
            .map(|record| Suppression {
                kind: "external",
                status: "accepted",
                justification: format!("{record}: {}", finding.decision.because),
            })
            .collect(),
        properties: ResultProperties {
            subject: finding.subject.id.clone(),
            severity: finding.severity.as_str(),
            cause: finding.cause,
            enforcement: finding.decision.enforcement.as_str(),
            blocks: finding.decision.blocks,
            conflict: finding.conflict.as_ref().map(|conflict| conflict.id.clone()),
            explained_by: finding.explained_by.clone(),
        },
    }
}

/// What a reader of an alert needs, in a few sentences, with links to the other places.
fn text(finding: &FindingReport, related: usize, again: Option<&str>) -> String {
    let mut text = sentence(&escape(&capital(&finding.message)));
    let mut add = |more: &str| {
        text.push(' ');
        text.push_str(more);
    };
    let others: Vec<String> = finding
        .locations
        .iter()
        .filter(|place| place.side == Side::Head)
        .filter(|place| place.role == LocationRole::Related)
        .take(related.min(5))
        .enumerate()
        .map(|(number, place)| format!("[{}]({})", escape(&place.text), number + 1))
        .collect();
    if !others.is_empty() {
        add(&format!("See also: {}.", others.join("; ")));
    }
    if let Some(conflict) = finding.conflict.as_ref().filter(|conflict| !conflict.risk.is_empty()) {
        add(&sentence(&escape(&conflict.risk)));
    }
    if !finding.implies.is_empty() {
        let what = count(finding.implies.len(), "duty or conflict", "duties and conflicts");
        add(&format!("It implies {what}."));
    }
    if let Some(fix) = &finding.fix {
        add(&sentence(&format!("To clear it, {}", escape(&fix.text))));
    }
    if finding.decision.blocks {
        let (who, ask) = way(&FindingGroup::one(finding));
        if let Some(who) = who {
            add(&sentence(&format!("Or {}", escape(&who))));
        }
        if let Some(command) = ask {
            add(&format!("To ask for that: `{}`.", escape(&command)));
        }
    }
    let because = &finding.decision.because;
    let verb = if finding.decision.blocks { "It stops this change, since" } else { "It does not stop this change:" };
    add(&sentence(&format!("{verb} {}", escape(because))));
    if let Some(command) = again.filter(|_| finding.decision.blocks) {
        add(&format!("To see it again: `{}`.", escape(command)));
    }
    text
}

/// The way to one duty, as far as it is written in files.
fn flow(leg: &LegReport) -> Option<CodeFlow> {
    let locations: Vec<ThreadFlowLocation> = leg
        .steps
        .iter()
        .filter(|step| step.side == Some(Side::Head))
        .filter_map(|step| {
            let region = step.line.map(|line| Region {
                start_line: line,
                start_column: step.column,
                end_line: None,
                end_column: None,
            });
            Some(ThreadFlowLocation {
                location: Location {
                    physical_location: physical(step.file.as_ref()?, region),
                    message: Some(message(&escape(&step.text))),
                    ..Location::default()
                },
            })
        })
        .collect();
    (!locations.is_empty()).then(|| CodeFlow {
        message: message(&sentence(&escape(&capital(&format!("{} in {}", leg.title, leg.system))))),
        thread_flows: vec![ThreadFlow { locations }],
    })
}

fn physical(file: &str, region: Option<Region>) -> PhysicalLocation {
    PhysicalLocation { artifact_location: ArtifactLocation { uri: uri(file), uri_base_id: ROOT }, region }
}

fn region(line: Option<u32>) -> Option<Region> {
    line.map(|line| Region { start_line: line, start_column: None, end_line: None, end_column: None })
}

fn place_region(place: &LocationReport) -> Option<Region> {
    place.line.map(|line| Region {
        start_line: line,
        start_column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    })
}

/// What kind of thing a subject is, in the standard's words where it has one.
fn kind(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Person => "person",
        SubjectKind::Service => "service identity",
        SubjectKind::Account => "account",
        SubjectKind::Group => "group",
        SubjectKind::Role => "role",
        SubjectKind::Credential => "credential",
        SubjectKind::Secret => "secret",
        SubjectKind::Document
        | SubjectKind::Configuration
        | SubjectKind::System
        | SubjectKind::Ruleset
        | SubjectKind::Record
        | SubjectKind::Repository => "resource",
    }
}

fn message(text: &str) -> Message {
    Message { text: text.to_owned() }
}

/// Text as it stands in a message, where brackets make links and braces make placeholders.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A title as an identifier, without articles: `PrivilegedDutyIsHeld`.
fn pascal(title: &str) -> String {
    title
        .replace('\'', "")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !["a", "an", "the"].contains(word))
        .filter_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/@!$&'()*+,;=".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_uris() {
        assert_eq!(uri("a b/ü:c#d%.yaml"), "a%20b/%C3%BC%3Ac%23d%25.yaml");
    }

    #[test]
    fn brackets_and_braces_are_not_markup() {
        assert_eq!(escape("a[0] ${b}"), r"a\[0\] ${{b}}");
    }

    #[test]
    fn locations_and_tags_stay_within_what_github_takes() {
        let mut report = crate::output::fixture::blocked().report();
        let place = report.findings.iter().find_map(|finding| finding.locations.first().cloned()).unwrap();
        let control = |number: usize| ControlReport { framework: "house".to_owned(), control: number.to_string() };
        report.findings[0].locations = vec![place; 1_500];
        report.findings[0].frameworks = (0..40).map(control).collect();
        let run = run(&report, RESULTS);
        let result = &run.results[0];
        assert_eq!(result.locations.len() + result.related_locations.len(), 1_000);
        assert_eq!(run.tool.driver.rules.iter().map(|rule| rule.properties.tags.len()).max(), Some(20));
    }

    #[test]
    fn what_github_would_not_take_is_cut_and_said() {
        let report = crate::output::fixture::blocked().report();
        let run = run(&report, 3);
        assert_eq!(run.results.len(), 3);
        let notification = &run.invocations[0].tool_execution_notifications[0];
        assert!(notification.message.text.starts_with("only the first 3 of "), "{}", notification.message.text);
    }
}
