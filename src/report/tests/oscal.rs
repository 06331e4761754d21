//! OSCAL: references that resolve, forms that hold, and numbers that are the report's.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Parser, Tag};
use regex::Regex;
use serde_json::Value;

use super::fixture::{empty, hostile, many, rich};
use crate::report::model::Report;
use crate::report::oscal_files;
use crate::report::remediation::Closure;
use crate::rules::Instant;
use crate::store::Digest;

/// A UUID of version 5.
const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// The files of a report, by their names.
fn files(report: &Report) -> BTreeMap<String, Value> {
    let files = oscal_files(report).unwrap();
    files.into_iter().map(|(name, text)| (name, serde_json::from_str(&text).unwrap())).collect()
}

fn results(report: &Report) -> Value {
    files(report)["assessment-results.json"]["assessment-results"].clone()
}

fn plan(report: &Report) -> Value {
    files(report)["poam.json"]["plan-of-action-and-milestones"].clone()
}

/// Every value with the name of its field.
fn walk<'v>(name: &'v str, value: &'v Value, into: &mut Vec<(&'v str, &'v Value)>) {
    into.push((name, value));
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| walk(name, value, into)),
        Value::Array(list) => list.iter().for_each(|value| walk(name, value, into)),
        _ => {}
    }
}

fn all(value: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    walk("", value, &mut found);
    found
}

fn reports() -> [(&'static str, Report); 4] {
    [("rich", rich()), ("empty", empty()), ("hostile", hostile()), ("many", many(300))]
}

#[test]
fn every_uuid_is_there_once_and_every_reference_leads_to_one() {
    let version_5 = Regex::new(UUID).unwrap();
    for (name, report) in reports() {
        for (file, value) in files(&report) {
            let found = all(&value);
            let ids: Vec<&str> =
                found.iter().filter(|own| own.0 == "uuid").map(|own| own.1.as_str().unwrap()).collect();
            let known: BTreeSet<&str> = ids.iter().copied().collect();
            assert!(ids.iter().all(|id| version_5.is_match(id)), "{name} {file}");
            assert_eq!(ids.len(), known.len(), "{name} {file}: a UUID is there twice");
            let named = found.iter().filter(|own| own.0.ends_with("-uuid") && own.1.is_string());
            for (field, id) in named {
                assert!(known.contains(id.as_str().unwrap()), "{name} {file}: {field} {id}");
            }
            for (_, href) in found.iter().filter(|own| own.0 == "href") {
                if let Some(id) = href.as_str().unwrap().strip_prefix('#') {
                    assert!(known.contains(id), "{name} {file}: {href}");
                }
            }
        }
    }
}

/// The forms of NIST's JSON Schema for 1.2.1: `TokenDatatype`, `StringDatatype`, `MarkupLineDatatype`.
#[test]
fn every_text_has_the_form_that_the_schema_asks_for() {
    let token = Regex::new(r"^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$").unwrap();
    let string = Regex::new(r"^\S(.*\S)?$").unwrap();
    let uuid = Regex::new(UUID).unwrap();
    for (name, report) in reports() {
        for (file, value) in files(&report) {
            for (field, value) in all(&value) {
                assert!(!value.is_null(), "{name} {file}: {field}");
                assert!(value.as_array().is_none_or(|list| !list.is_empty()), "{name} {file}: {field} is empty");
                let Some(text) = value.as_str() else { continue };
                let form = match field {
                    "control-id" | "objective-id" | "target-id" | "id" if !uuid.is_match(text) => &token,
                    _ => &string,
                };
                assert!(form.is_match(text) || text.contains("\n\n") || text.starts_with("- "), "{field}: {text:?}");
                assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{field}: {text:?}");
            }
        }
    }
}

#[test]
fn strangers_write_no_markup() {
    for (_, value) in files(&hostile()) {
        for (field, value) in all(&value) {
            let Some(text) = value.as_str() else { continue };
            if !matches!(field, "title" | "description" | "statement" | "remarks" | "prose") {
                continue;
            }
            for event in Parser::new(text) {
                let markup = matches!(
                    event,
                    Event::Html(_)
                        | Event::InlineHtml(_)
                        | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_) | Tag::Heading { .. })
                );
                assert!(!markup, "{field}: {event:?}");
            }
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in reports() {
        assert_eq!(oscal_files(&report).unwrap(), oscal_files(&report.clone()).unwrap(), "{name}");
    }
}

#[test]
fn what_lasts_keeps_its_uuid_and_a_file_has_one_of_its_own() {
    let (one, mut later) = (rich(), rich());
    later.as_of = Instant::from_seconds(later.as_of.seconds() + 60);
    later.log.root = Some(Digest::of(b"grown").to_string());
    let (one, later) = (results(&one), results(&later));
    assert_ne!(one["uuid"], later["uuid"]);
    for list in ["risks", "findings", "observations"] {
        let ids = |of: &Value| {
            let list = of["results"][0][list].as_array().unwrap();
            list.iter().map(|own| own["uuid"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&one), ids(&later), "{list}");
    }
    let mut elsewhere = rich();
    elsewhere.completeness.frame.branch = "release".to_owned();
    assert_ne!(results(&elsewhere)["results"][0]["risks"][0]["uuid"], one["results"][0]["risks"][0]["uuid"]);
}

fn of_kind<'v>(risks: &'v Value, status: &str) -> Vec<&'v Value> {
    risks.as_array().unwrap().iter().filter(|own| own["status"] == status).collect()
}

fn value<'v>(of: &'v Value, name: &str) -> Option<&'v str> {
    of["props"].as_array()?.iter().find(|own| own["name"] == name)?["value"].as_str()
}

#[test]
fn every_finding_is_a_risk_and_what_is_open_is_in_the_plan() {
    let report = rich();
    let (found, plan) = (results(&report), plan(&report));
    let risks = &found["results"][0]["risks"];
    let end = report.completeness.frame.period.to - 1;
    let there = |accepted: bool| report.exposures.iter().filter(|own| own.at(end) && own.accepted == accepted).count();
    let taken: usize = report.completeness.ways.iter().map(|own| own.taken.len()).sum();
    assert_eq!(of_kind(risks, "deviation-approved").len(), there(true));
    assert_eq!(of_kind(risks, "open").len(), there(false) + taken);
    let gone = report.exposures.iter().filter(|own| !own.at(end)).count();
    assert_eq!(of_kind(risks, "closed").len(), gone);
    assert!(gone > 0 && taken > 0 && there(true) > 0, "the example has each");
    assert_eq!(plan["poam-items"].as_array().unwrap().len(), there(true) + there(false) + taken);
    assert_eq!(of_kind(&plan["risks"], "closed").len(), 0);
    // Of an exception the end is known, of the approval of the example it is not.
    let expires: BTreeMap<_, _> = report.accepted.iter().map(|own| (own.record.as_str(), own.expires)).collect();
    for risk in of_kind(risks, "deviation-approved") {
        let record = value(risk, "accepted-by").unwrap();
        assert_eq!(risk["deadline"], serde_json::to_value(expires[record]).unwrap(), "{record}");
        assert_eq!(value(risk, "accepted"), Some("yes"));
    }
    // Until when an open one is to be mended, the register says; of a way around the gate it says nothing.
    let due: BTreeMap<_, _> = report.remediations.iter().map(|own| (own.fingerprint.as_str(), own.due)).collect();
    for risk in of_kind(risks, "open") {
        let due = value(risk, "fingerprint").and_then(|own| due.get(own).copied().flatten());
        assert_eq!(risk["deadline"], serde_json::to_value(due).unwrap(), "{risk}");
    }
}

#[test]
fn the_plan_names_the_results_by_their_digest() {
    let files = oscal_files(&rich()).unwrap();
    let [(_, results), (_, plan)] = files.as_slice() else { panic!("two files") };
    let plan: Value = serde_json::from_str(plan).unwrap();
    let resource = &plan["plan-of-action-and-milestones"]["back-matter"]["resources"][0]["rlinks"][0];
    assert_eq!(resource["href"], "assessment-results.json");
    assert_eq!(resource["hashes"][0]["value"], Digest::of(results.as_bytes()).to_string());
}

#[test]
fn where_nothing_is_open_there_is_no_plan() {
    assert_eq!(files(&empty()).keys().collect::<Vec<_>>(), ["assessment-results.json"]);
}

#[test]
fn nothing_is_satisfied_that_was_not_tested_or_that_failed_anywhere() {
    let mut report = rich();
    let pattern = report.policies[0].clone();
    let policies = [("none", 0, 0), ("clean", 9, 0), ("stopped", 9, 2), ("there", 9, 2)];
    report.policies = policies
        .map(|(id, subjects, failed)| {
            let mut own = pattern.clone();
            (own.id, own.subjects, own.failed, own.open) = (id.to_owned(), subjects, failed, 0);
            own
        })
        .into();
    report.exposures.truncate(1);
    report.exposures[0].policy = "there".to_owned();
    let found = results(&report);
    let told: Vec<(String, String, String)> = found["results"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            let status = &own["target"]["status"];
            assert!(status["remarks"].as_str().unwrap().ends_with("management concludes."), "{status}");
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (value(own, "policy").unwrap_or("completeness").to_owned(), text(&status["state"]), text(&status["reason"]))
        })
        .collect();
    let told: Vec<(&str, &str, &str)> = told.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
    assert_eq!(
        told,
        [
            ("completeness", "not-satisfied", "fail"),
            ("none", "not-satisfied", "other"),
            ("clean", "satisfied", "pass"),
            ("stopped", "not-satisfied", "other"),
            ("there", "not-satisfied", "fail"),
        ]
    );
    let nothing = &results(&empty())["results"][0]["findings"][0]["target"]["status"];
    assert_eq!((&nothing["state"], &nothing["reason"]), (&"not-satisfied".into(), &"other".into()));
}

#[test]
fn each_policy_has_a_finding_for_each_requirement_with_its_counts() {
    let report = rich();
    let found = results(&report);
    let findings = found["results"][0]["findings"].as_array().unwrap();
    for policy in &report.policies {
        let own: Vec<&Value> = findings.iter().filter(|own| value(own, "policy") == Some(&policy.id)).collect();
        assert_eq!(own.len(), policy.requirements.len(), "{}", policy.id);
        let open = policy.open.to_string();
        assert_eq!(value(own[0], "findings-open-at-the-end"), Some(open.as_str()), "{}", policy.id);
        let evaluations = policy.evaluations.to_string();
        assert_eq!(value(own[0], "evaluations"), Some(evaluations.as_str()), "{}", policy.id);
    }
    // A policy that no framework speaks of has one too.
    let mut alone = rich();
    alone.policies[0].requirements.clear();
    let found = results(&alone);
    assert_eq!(found["results"][0]["findings"][1]["target"]["target-id"], "countersign_obj.cs-cover-001");
}

#[test]
fn every_landing_of_the_period_is_in_the_log() {
    let found = results(&many(300));
    assert_eq!(found["results"][0]["assessment-log"]["entries"].as_array().unwrap().len(), 300);
}

#[test]
fn instants_outside_of_the_calendar_are_an_error_and_no_panic() {
    let mut report = rich();
    report.completeness.landings[0].at = Instant::from_seconds(i64::MAX);
    assert!(oscal_files(&report).is_err());
}

#[test]
fn a_plan_says_who_answers_and_until_when() {
    let mut report = rich();
    report.remediations.iter_mut().find(|own| own.closure == Closure::Open).unwrap().ticket = None;
    let plan = plan(&report);
    let risks = plan["risks"].as_array().unwrap();
    let of = |fingerprint: &str| {
        let named = |risk: &&Value| {
            let props = risk["props"].as_array().unwrap();
            props.iter().any(|prop| prop["name"] == "fingerprint" && prop["value"] == fingerprint)
        };
        risks.iter().find(named)
    };
    let open = report.remediations.iter().filter(|own| own.closure == Closure::Open);
    let (mut planned, mut recommended) = (0, 0);
    for own in open {
        let risk = of(&own.fingerprint).unwrap();
        let answer = &risk["remediations"][0];
        match own.ticket {
            Some(_) => planned += usize::from(answer["lifecycle"] == "planned"),
            None => recommended += usize::from(answer["lifecycle"] == "recommendation"),
        }
        let due = own.due.map(|due| serde_json::to_value(due).unwrap());
        assert_eq!(risk.get("deadline"), due.as_ref(), "{}", own.fingerprint);
        let props = answer["props"].as_array().unwrap();
        let owner = props.iter().find(|prop| prop["name"] == "owner").map(|prop| prop["value"].as_str().unwrap());
        assert_eq!(owner, own.owner.as_deref());
    }
    let open = report.remediations.iter().filter(|own| own.closure == Closure::Open).count();
    assert!(planned > 0 && recommended > 0, "{planned} planned, {recommended} recommended");
    assert_eq!(planned + recommended, open);
    // What a record lets pass has its record, and no remediation.
    for own in
        report.remediations.iter().filter(|own| matches!(own.closure, Closure::Mitigated | Closure::RiskAccepted))
    {
        assert!(of(&own.fingerprint).is_none_or(|risk| risk.get("remediations").is_none()));
    }
}

#[test]
fn the_examples_are_read_as_they_were_written() {
    // `.ci/oscal.py` has another program validate these.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-page/oscal");
    for (name, report) in reports() {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        for (file, text) in oscal_files(&report).unwrap() {
            std::fs::write(folder.join(name).join(&file), &text).unwrap();
            assert_eq!(std::fs::read_to_string(folder.join(name).join(file)).unwrap(), text);
        }
    }
}
